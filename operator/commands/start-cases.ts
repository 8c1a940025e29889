import type { Knex } from 'knex';
import { findPolicyWith } from '../../db/region-policy';
import { caseIds } from '../../domain/ids';
import { monthOf, periodOf, yearOf, type PlainDate } from '../../domain/plain-date';
import { scheduleOf } from '../../domain/policy';
import { Refusal } from '../../domain/refusal';
import type { CaseInput } from '../../workflows/messages';

/** A case that the calendar starts. */
export interface CaseToStart {
  caseId: string;
  workflowType: 'prepaymentDisbursement' | 'prepaymentReturn';
  kind: string;
  input: Omit<CaseInput, 'offsetMs'>;
}

/**
 * What begins on the first of a month in a region. Schedules, backfill and the rehearsal's conductor ask the same
 * question; starting is by case id, so asking twice starts nothing twice.
 */
export async function casesToStart(db: Knex, region: string, firstOfMonth: PlainDate): Promise<CaseToStart[]> {
  const month = periodOf(firstOfMonth);
  const cases: CaseToStart[] = [];
  const policy = await findPolicyWith(db, region, 'prepayment', firstOfMonth);
  const year = yearOf(firstOfMonth);
  if (policy && disbursesIn(policy.policy.prepayment!, year, monthOf(firstOfMonth)))
    cases.push({
      caseId: caseIds.prepayment(region, year),
      workflowType: 'prepaymentDisbursement',
      kind: 'prepayment',
      input: { region, period: String(year) },
    });
  if (policy && (await hasOutstanding(db, region)))
    cases.push({
      caseId: caseIds.prepaymentReturn(region, month),
      workflowType: 'prepaymentReturn',
      kind: 'return',
      input: { region, period: month },
    });
  return cases;
}

function disbursesIn(prepayment: Parameters<typeof scheduleOf>[0], year: number, month: number): boolean {
  try {
    return scheduleOf(prepayment, year).disbursement.month === month;
  } catch (error) {
    // A policy that says nothing about the year disburses nothing in it.
    if (error instanceof Refusal && error.code === 'PolicyNotInForce') return false;
    throw error;
  }
}

/** The agency moves returns on for as long as an advance is outstanding, after November too (DESIGN 5.1). */
async function hasOutstanding(db: Knex, region: string): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `select 1 from ledger.account a join ledger.balance b using (region, account_id)
      where a.region = ? and a.path like 'fund/advance/vbp/%' and b.balance_fen > 0 limit 1`,
    [region],
  );
  return rows.length > 0;
}
