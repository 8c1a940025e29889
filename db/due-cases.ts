import type { Knex } from 'knex';
import { quarterOf } from '../domain/fund/ids';
import { caseIds } from '../domain/ids';
import {
  addMonths,
  firstDayOf,
  lastDayOf,
  monthOf,
  periodOf,
  yearOf,
  type Period,
  type PlainDate,
} from '../domain/plain-date';
import { scheduleOf } from '../domain/policy';
import { Refusal } from '../domain/refusal';
import { findPolicyWith } from './region-policy';

/** A case that the calendar starts. */
export interface CaseToStart {
  caseId: string;
  workflowType:
    | 'prepaymentDisbursement'
    | 'prepaymentReturn'
    | 'settlementWindow'
    | 'monitoring'
    | 'monthlyFund'
    | 'quarterlyClearing';
  kind: string;
  input: { region: string; period: string };
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
  const window = await findPolicyWith(db, region, 'window', firstOfMonth);
  if (window && month >= window.policy.window!.firstPeriod)
    cases.push({
      caseId: caseIds.window(region, month),
      workflowType: 'settlementWindow',
      kind: 'window',
      input: { region, period: month },
    });
  const watched = addMonths(month, -1);
  const watching = await findPolicyWith(db, region, 'breach', firstOfMonth);
  const watchedWindow = await findPolicyWith(db, region, 'window', firstDayOf(watched));
  if (watching && watchedWindow && watched >= watchedWindow.policy.window!.firstPeriod)
    cases.push({
      caseId: caseIds.monitoring(region, watched),
      workflowType: 'monitoring',
      kind: 'monitoring',
      input: { region, period: watched },
    });
  return [...cases, ...(await fundCasesToStart(db, region, month))];
}

/** The month's fund, and the clearing of what ended with the month before, where a policy on funds holds in the month. */
async function fundCasesToStart(db: Knex, region: string, month: Period): Promise<CaseToStart[]> {
  const cases: CaseToStart[] = [];
  if (await findPolicyWith(db, region, 'fund', firstDayOf(month)))
    cases.push({
      caseId: caseIds.fund(region, month),
      workflowType: 'monthlyFund',
      kind: 'fund',
      input: { region, period: month },
    });
  const last = addMonths(month, -1);
  const settled = await findPolicyWith(db, region, 'fund', firstDayOf(last));
  const isDue = settled && monthOf(last) % settled.policy.fund!.clearingEveryMonths === 0;
  // What was settled before the engine ran is cleared outside of it.
  if (isDue && (await isCaseOpened(db, caseIds.fund(region, last)))) {
    const quarter = quarterOf(last);
    cases.push({
      caseId: caseIds.clearing(region, quarter),
      workflowType: 'quarterlyClearing',
      kind: 'clearing',
      input: { region, period: quarter },
    });
  }
  return cases;
}

/** A case that another case or an officer began: written down first, started by its id afterwards. */
export interface PlannedCase {
  caseId: string;
  workflowType: string;
  kind: string;
  input: { region: string; period: string };
}

/** Planned cases that have not begun, in order; of all regions where none is named. */
export async function plannedCases(db: Knex, regions?: readonly string[]): Promise<PlannedCase[]> {
  const { rows } = await db.raw<{
    rows: { case_id: string; workflow_type: string; kind: string; input: PlannedCase['input'] }[];
  }>(
    `select p.case_id, p.workflow_type, p.kind, p.input from settle.planned_cases p
      where (cast(:regions as text[]) is null or p.region = any(cast(:regions as text[])))
        and not exists (select from settle.cases c where c.case_id = p.case_id)
      order by p.planned_on, p.case_id collate "C"`,
    { regions: regions ? [...regions] : null } as never,
  );
  return rows.map((row) => ({
    caseId: row.case_id,
    workflowType: row.workflow_type,
    kind: row.kind,
    input: row.input,
  }));
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

/**
 * The agency moves returns on for as long as an advance is outstanding, after November too (DESIGN 5.1). A disbursement that
 * waits for approval or an operator over the end of a month may be paid, and have its first return due, within the next one.
 */
async function hasOutstanding(db: Knex, region: string): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `select 1 from ledger.account a join ledger.balance b using (region, account_id)
      where a.region = :region and a.path like 'fund/advance/vbp/%' and b.balance_fen > 0
     union all
     select 1 from settle.payments
      where region = :region and kind = 'disbursement' and state not in ('succeeded', 'cancelled') limit 1`,
    { region },
  );
  return rows.length > 0;
}

/**
 * The prepayment that the return of a month in the past waits for: one of that year that was to begin in an earlier month and
 * has not ended. Caught up at once, the return would end with nothing to move. A month that still goes on does not wait: its
 * return has until the month's last working day.
 */
export async function awaitedPrepayment(
  db: Knex,
  region: string,
  firstOfMonth: PlainDate,
  today: PlainDate,
): Promise<string | undefined> {
  if (lastDayOf(periodOf(firstOfMonth)) >= today) return undefined;
  const policy = await findPolicyWith(db, region, 'prepayment', firstOfMonth);
  const year = yearOf(firstOfMonth);
  if (!policy || disbursesIn(policy.policy.prepayment!, year, monthOf(firstOfMonth))) return undefined;
  const caseId = caseIds.prepayment(region, year);
  const open = await db('settle.cases').where({ case_id: caseId }).whereNull('closed_on').first('case_id');
  return open === undefined ? undefined : caseId;
}

/** Cases of a list that have ended in their books: Temporal forgets them after its retention, and they do not begin again. */
export async function endedCases(db: Knex, caseIdsToLookUp: readonly string[]): Promise<Set<string>> {
  const ids = await db('settle.cases')
    .whereIn('case_id', [...caseIdsToLookUp])
    .whereNotNull('closed_on')
    .whereNot('state', 'refused')
    .pluck<string[]>('case_id');
  return new Set(ids);
}

export async function isCaseOpened(db: Knex, caseId: string): Promise<boolean> {
  return (await db('settle.cases').where({ case_id: caseId }).first('case_id')) !== undefined;
}
