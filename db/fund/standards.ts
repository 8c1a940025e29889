import type { Knex } from 'knex';
import type { Ratio } from '../../domain/money';
import type { Period, PlainDate } from '../../domain/plain-date';
import type { Pool } from '../../domain/pools';
import { refusing } from '../refusals';

/** Another ratio of the monthly standard, from a month on; for all institutions or pools where none is named. */
export interface StandardDecision {
  decisionId: string;
  region: string;
  institution: string | null;
  pool: Pool | null;
  ratio: Ratio;
  fromPeriod: Period;
  reason: string;
  proposedBy: string;
  proposedOn: PlainDate;
  approvedBy: string | null;
  approvedOn: PlainDate | null;
  /** Withdrawn before it was approved. */
  withdrawnOn: PlainDate | null;
}

/** The decisions of a region, in the order of their months and ids. */
export async function loadStandardDecisions(
  db: Knex,
  region: string,
  filter: { decisionId?: string } = {},
): Promise<StandardDecision[]> {
  const rows = await db('settle.standard_decisions as d')
    .leftJoin('settle.decision_withdrawals as w', 'w.decision_id', 'd.decision_id')
    .where({ 'd.region': region, ...(filter.decisionId === undefined ? {} : { 'd.decision_id': filter.decisionId }) })
    .orderBy(['d.from_period', 'd.decision_id'])
    .select('d.*', 'w.withdrawn_on');
  return rows.map((row) => ({
    decisionId: row.decision_id,
    region,
    institution: row.institution,
    pool: row.pool as Pool | null,
    ratio: row.ratio,
    fromPeriod: row.from_period as Period,
    reason: row.reason,
    proposedBy: row.proposed_by,
    proposedOn: row.proposed_on,
    approvedBy: row.approved_by,
    approvedOn: row.approved_on,
    withdrawnOn: row.withdrawn_on,
  }));
}

/** @throws Refusal `PersonUnknown`, `ApprovalRoleMissing`, `NotFound`, `CaseStateInvalid` */
export async function insertStandardDecision(
  trx: Knex,
  decision: Omit<StandardDecision, 'approvedBy' | 'approvedOn' | 'withdrawnOn'>,
): Promise<void> {
  await refusing(
    trx('settle.standard_decisions').insert({
      decision_id: decision.decisionId,
      region: decision.region,
      institution: decision.institution,
      pool: decision.pool,
      ratio: decision.ratio,
      from_period: decision.fromPeriod,
      reason: decision.reason,
      proposed_by: decision.proposedBy,
      proposed_on: decision.proposedOn,
    }),
  );
}

/** @throws Refusal `AppendOnly`, `ApprovalByPreparer`, `PersonUnknown`, `ApprovalRoleMissing`, `CaseStateInvalid` */
export async function approveStandardDecision(
  trx: Knex,
  decisionId: string,
  { person, on }: { person: string; on: PlainDate },
): Promise<void> {
  await refusing(
    trx('settle.standard_decisions')
      .where({ decision_id: decisionId })
      .update({ approved_by: person, approved_on: on }),
  );
}
