import type { Knex } from 'knex';
import type { Period, PlainDate } from '../domain/plain-date';
import { poolFen, type PoolFen } from '../domain/pools';
import type { PlannedPrepayment } from '../domain/prepayment';
import type { PlannedReturn } from '../domain/return-plan';
import { insertAll, poolRows } from './rows';

/** Pool amounts as SQL builds them: `{"employee": "100", …}`, amounts as text since JSON has no bigint. */
function toPoolFen(amounts: Record<string, string> | null): PoolFen {
  return poolFen((pool) => BigInt(amounts?.[pool] ?? 0));
}

/** Replaces a year's prepared prepayments: a rejected request may be prepared anew from corrected data. */
export async function savePrepayments(
  db: Knex,
  input: {
    region: string;
    year: number;
    caseId: string;
    rows: readonly Omit<PlannedPrepayment, 'returns'>[];
    paymentIdOf: (institution: string, pool: string) => string;
  },
): Promise<void> {
  const { region, year, caseId } = input;
  await db('settle.prepayment_pools').where({ region, year }).delete();
  await db('settle.prepayments').where({ region, year }).delete();
  await insertAll(
    db,
    'settle.prepayments',
    input.rows.map((row) => ({
      region,
      year,
      institution: row.institution,
      case_id: caseId,
      base_fen: row.baseFen,
      ratio: row.ratio,
      amount_fen: row.amountFen,
    })),
  );
  await insertAll(
    db,
    'settle.prepayment_pools',
    input.rows.flatMap(({ institution, pools }) =>
      poolRows(pools).map((part) => ({
        region,
        year,
        institution,
        ...part,
        payment_id: input.paymentIdOf(institution, part.pool),
      })),
    ),
  );
}

/** What each institution was disbursed for a year, and how far its parts have come. */
export interface Disbursed {
  institution: string;
  /** Parts that the bank booked, by pool. */
  pools: PoolFen;
  /** Every part succeeded or was cancelled. */
  complete: boolean;
  /** The last part's day. */
  disbursedOn: PlainDate | null;
  hasPlan: boolean;
  hasReceipts: boolean;
}

export async function loadDisbursed(
  db: Knex,
  region: string,
  year: number,
  institutions: readonly string[],
): Promise<Disbursed[]> {
  const { rows } = await db.raw<{
    rows: {
      institution: string;
      pools: Record<string, string> | null;
      complete: boolean;
      disbursed_on: PlainDate | null;
      has_plan: boolean;
      has_receipts: boolean;
    }[];
  }>(
    `select p.institution,
            jsonb_object_agg(p.pool, p.amount_fen::text) filter (where pay.state = 'succeeded') as pools,
            bool_and(pay.state in ('succeeded', 'cancelled')) as complete,
            max(pay.paid_on) as disbursed_on,
            exists (select from settle.return_plan r where r.region = p.region and r.institution = p.institution and r.year = p.year) as has_plan,
            exists (select from settle.return_receipts c join settle.return_plan r using (region, institution, period)
                     where r.region = p.region and r.institution = p.institution and r.year = p.year) as has_receipts
       from settle.prepayment_pools p join settle.payments pay using (payment_id)
      where p.region = ? and p.year = ? and p.institution = any(?::text[])
      group by p.region, p.year, p.institution order by p.institution`,
    [region, year, [...institutions]],
  );
  return rows.map((row) => ({
    institution: row.institution,
    pools: toPoolFen(row.pools),
    complete: row.complete,
    disbursedOn: row.disbursed_on,
    hasPlan: row.has_plan,
    hasReceipts: row.has_receipts,
  }));
}

/** Replaces the return plans of some institutions for a year. */
export async function saveReturnPlans(
  db: Knex,
  region: string,
  year: number,
  plans: readonly { institution: string; returns: readonly PlannedReturn[] }[],
): Promise<void> {
  const institutions = plans.map(({ institution }) => institution);
  await db.raw(
    `delete from settle.return_plan_pools p using settle.return_plan r
      where r.region = p.region and r.institution = p.institution and r.period = p.period
        and r.region = ? and r.year = ? and r.institution = any(?::text[])`,
    [region, year, institutions],
  );
  await db('settle.return_plan')
    .where({ region, year })
    .whereRaw('institution = any(?::text[])', [institutions])
    .delete();
  const returns = plans.flatMap(({ institution, returns }) => returns.map((each) => ({ institution, ...each })));
  await insertAll(
    db,
    'settle.return_plan',
    returns.map(({ institution, period, dueOn, amountFen }) => ({
      region,
      institution,
      period,
      year,
      due_on: dueOn,
      amount_fen: amountFen,
    })),
  );
  await insertAll(
    db,
    'settle.return_plan_pools',
    returns.flatMap(({ institution, period, pools }) =>
      poolRows(pools).map((part) => ({ region, institution, period, ...part })),
    ),
  );
}

/** One return of the plan and what has come for it. */
export interface ReturnRecord {
  institution: string;
  period: Period;
  year: number;
  dueOn: PlainDate;
  amountFen: bigint;
  pools: PoolFen;
  receivedFen: bigint;
  receivedPools: PoolFen;
  fromUnusedFen: bigint;
  /** The day on which the sum reached what is due. */
  completeOn: PlainDate | null;
  /** The day on which the last of it was moved on to the fund account. */
  toFundOn: PlainDate | null;
  isFinal: boolean;
}

/** Returns by institution and period. A receipt counts in the order of its day, then of its id. */
export async function loadReturns(
  db: Knex,
  where: { region: string; institution?: string; period?: string; year?: number },
): Promise<ReturnRecord[]> {
  const { rows } = await db.raw<{ rows: RawReturn[] }>(
    `with wanted as (
       select r.*, r.period = max(r.period) over (partition by r.region, r.institution, r.year) as is_final
         from settle.return_plan r
        where r.region = :region and r.institution = coalesce(:institution, r.institution) and r.year = coalesce(:year, r.year)
     ), running as (
       select c.*, sum(c.from_unused_fen + c.paid_in_fen - c.excess_fen)
                     over (partition by c.region, c.institution, c.period order by c.received_on, c.receipt_id) as so_far
         from settle.return_receipts c
        where c.region = :region and c.institution = coalesce(:institution, c.institution)
     )
     select r.institution, r.period, r.year, r.due_on, r.amount_fen, r.is_final,
            (select jsonb_object_agg(p.pool, p.amount_fen::text) from settle.return_plan_pools p
              where p.region = r.region and p.institution = r.institution and p.period = r.period) as pools,
            coalesce((select max(so_far) from running c where c.institution = r.institution and c.period = r.period), 0)::bigint as received_fen,
            coalesce((select sum(from_unused_fen) from running c where c.institution = r.institution and c.period = r.period), 0)::bigint as from_unused_fen,
            (select min(received_on) from running c
              where c.institution = r.institution and c.period = r.period and c.so_far >= r.amount_fen) as complete_on,
            moved.pools as received_pools, moved.to_fund_on
       from wanted r
       left join lateral (
         select jsonb_object_agg(pool, amount_fen::text) as pools,
                case when bool_and(paid_on is not null) then max(paid_on) end as to_fund_on
           from (select s.pool, sum(s.amount_fen) as amount_fen,
                        case when bool_and(pay.paid_on is not null) then max(pay.paid_on) end as paid_on
                   from settle.return_receipts c join settle.return_receipt_pools s using (receipt_id)
                   left join settle.payments pay on pay.payment_id = s.payment_id
                  where c.region = r.region and c.institution = r.institution and c.period = r.period
                  group by s.pool) x) moved on true
      where r.period = coalesce(:period, r.period)
      order by r.institution, r.period`,
    {
      region: where.region,
      institution: where.institution ?? null,
      period: where.period ?? null,
      year: where.year ?? null,
    },
  );
  return rows.map((row) => ({
    institution: row.institution,
    period: row.period,
    year: row.year,
    dueOn: row.due_on,
    amountFen: row.amount_fen,
    pools: toPoolFen(row.pools),
    receivedFen: row.received_fen,
    receivedPools: toPoolFen(row.received_pools),
    fromUnusedFen: row.from_unused_fen,
    completeOn: row.complete_on,
    toFundOn: row.complete_on === null ? null : row.to_fund_on,
    isFinal: row.is_final,
  }));
}

interface RawReturn {
  institution: string;
  period: Period;
  year: number;
  due_on: PlainDate;
  amount_fen: bigint;
  is_final: boolean;
  pools: Record<string, string> | null;
  received_pools: Record<string, string> | null;
  received_fen: bigint;
  from_unused_fen: bigint;
  complete_on: PlainDate | null;
  to_fund_on: PlainDate | null;
}

/** Institutions with a return of an earlier year that has not come though its day is over. */
export async function loadOverdue(db: Knex, region: string, on: PlainDate): Promise<Set<string>> {
  const { rows } = await db.raw<{ rows: { institution: string }[] }>(
    `select distinct r.institution from settle.return_plan r
      where r.region = ? and r.due_on < ?
        and r.amount_fen > coalesce((select sum(c.from_unused_fen + c.paid_in_fen - c.excess_fen) from settle.return_receipts c
                                      where c.region = r.region and c.institution = r.institution and c.period = r.period), 0)`,
    [region, on],
  );
  return new Set(rows.map(({ institution }) => institution));
}
