import type { Knex } from 'knex';
import type { Ratio } from '../../domain/money';
import { yearOf, type Period, type PlainDate } from '../../domain/plain-date';
import type { FundPolicy } from '../../domain/policy';
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

/**
 * The ratio that was decided for a row of spending `s` in a month: the most special decision, of those the newest; none below what the
 * policy in force allows. As SQL over :ratioMinimum.
 */
export const ratioDecided = (region: string, period: string): string => `
  select x.ratio from settle.standard_decisions x
   where x.region = ${region} and x.approved_on is not null and x.from_period <= ${period}
     and coalesce(x.institution = s.institution, true) and coalesce(x.pool = s.pool, true)
     and x.ratio::numeric >= cast(:ratioMinimum as numeric)
   order by x.institution nulls last, x.pool nulls last, x.from_period desc, x.approved_on desc, x.decision_id desc limit 1`;

/** A twelfth of spending `s` times the ratio, rounded half up once: of twice the amount, by whole numbers. As SQL over :ratio. */
export const STANDARD_FEN = `div(2 * s.amount_fen * coalesce(d.ratio, :ratio)::numeric + 12, 24)::bigint`;

/** The monthly standard of an institution and pool, whether or not it is eligible in the month. */
export interface MonthlyStandard {
  institution: string;
  pool: string;
  spendingFen: bigint;
  ratio: Ratio;
  standardFen: bigint;
}

/** The standards of a month by what is known and decided now (月核定, 宿迁 2025-06-13 三(二)1), in order of institution and pool. */
export async function loadMonthlyStandards(
  db: Knex,
  { region, period, policy, institution }: { region: string; period: Period; policy: FundPolicy; institution?: string },
): Promise<MonthlyStandard[]> {
  const { ratio, ratioMinimum, spendingYearsBack } = policy.preallocation;
  const { rows } = await db.raw<{ rows: MonthlyStandard[] }>(
    `select s.institution, s.pool, s.amount_fen as "spendingFen", coalesce(d.ratio, :ratio) as ratio, ${STANDARD_FEN} as "standardFen"
       from settle.spending s left join lateral (${ratioDecided(':region', ':period')}) d on true
      where s.region = :region and s.year = :year and s.pool = any(cast(:pools as text[]))
        and s.institution = coalesce(:institution, s.institution)
      order by 1, 2`,
    {
      region,
      period,
      ratio,
      ratioMinimum,
      year: yearOf(period) - spendingYearsBack,
      pools: [...policy.pools],
      institution: institution ?? null,
    } as never,
  );
  return rows;
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
