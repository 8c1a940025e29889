import type { Knex } from 'knex';
import { groupBy } from '../domain/group-by';
import { sum } from '../domain/money';
import type { Period, PlainDate } from '../domain/plain-date';
import { poolFen, type PoolFen, type PrepaymentPool } from '../domain/pools';
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
  /** No later return is in its plan. */
  isLast: boolean;
}

/** Which returns: of a region, or of one institution, period or year of it. */
interface ReturnsWanted {
  region: string;
  institution?: string;
  period?: string;
  year?: number;
}

/**
 * Returns by institution and period, with what has come for each; a receipt counts in the order of its day, then of its
 * id. Four plain reads put together here: a join of aggregates is at the mercy of the planner's guesses while a table is
 * young.
 */
export async function loadReturns(db: Knex, where: ReturnsWanted): Promise<ReturnRecord[]> {
  const { year, ...matching } = where;
  // Whether a return is the last one shows only beside the others of its plan.
  const { period: _, ...ofPlans } = matching;
  const plans = await db('settle.return_plan').where(ofPlans).orderBy(['institution', 'period']).select<PlanRow[]>('*');
  const parts = await db('settle.return_plan_pools').where(matching).select<PoolRow[]>('*');
  const receipts = await db('settle.return_receipts')
    .where(matching)
    .orderBy(['received_on', 'receipt_id'])
    .select<ReceiptRow[]>('*');
  const receiptParts = await db('settle.return_receipt_pools as s')
    .join('settle.return_receipts as c', 'c.receipt_id', 's.receipt_id')
    .leftJoin('settle.payments as p', 'p.payment_id', 's.payment_id')
    .where(Object.fromEntries(Object.entries(matching).map(([column, value]) => [`c.${column}`, value])))
    .select<PoolRow[]>('c.institution', 'c.period', 's.pool', 's.amount_fen', 'p.paid_on');

  const keyOf = (row: { institution: string; period: string }): string => `${row.institution}/${row.period}`;
  const planned = groupBy(parts, keyOf);
  const came = groupBy(receipts, keyOf);
  const split = groupBy(receiptParts, keyOf);
  const last = new Map(plans.map((row) => [`${row.institution}/${row.year}`, row.period]));
  return plans
    .filter((row) => (where.period ?? row.period) === row.period && (year ?? row.year) === row.year)
    .map((row) => {
      const arrived = came.get(keyOf(row)) ?? [];
      const moved = split.get(keyOf(row)) ?? [];
      const completeOn = completionDay(row.amount_fen, arrived);
      const isMoved = completeOn !== null && moved.every(({ paid_on }) => paid_on !== null);
      return {
        institution: row.institution,
        period: row.period,
        year: row.year,
        dueOn: row.due_on,
        amountFen: row.amount_fen,
        pools: addUp(planned.get(keyOf(row)) ?? []),
        receivedFen: sum(arrived.map(countedFen)),
        receivedPools: addUp(moved),
        fromUnusedFen: sum(arrived.map(({ from_unused_fen }) => from_unused_fen)),
        completeOn,
        toFundOn: isMoved ? latest(moved.map(({ paid_on }) => paid_on!)) : null,
        isLast: last.get(`${row.institution}/${row.year}`) === row.period,
      };
    });
}

interface PlanRow {
  institution: string;
  period: Period;
  year: number;
  due_on: PlainDate;
  amount_fen: bigint;
}

interface PoolRow {
  institution: string;
  period: Period;
  pool: PrepaymentPool;
  amount_fen: bigint;
  paid_on?: PlainDate | null;
}

interface ReceiptRow {
  institution: string;
  period: Period;
  received_on: PlainDate;
  from_unused_fen: bigint;
  paid_in_fen: bigint;
  excess_fen: bigint;
}

function countedFen(receipt: ReceiptRow): bigint {
  return receipt.from_unused_fen + receipt.paid_in_fen - receipt.excess_fen;
}

function completionDay(dueFen: bigint, receipts: readonly ReceiptRow[]): PlainDate | null {
  let soFar = 0n;
  for (const receipt of receipts) {
    soFar += countedFen(receipt);
    if (soFar >= dueFen) return receipt.received_on;
  }
  return null;
}

function addUp(rows: readonly PoolRow[]): PoolFen {
  return poolFen((pool) => sum(rows.filter((row) => row.pool === pool).map(({ amount_fen }) => amount_fen)));
}

function latest(days: readonly PlainDate[]): PlainDate | null {
  return days.reduce<PlainDate | null>((last, day) => (last === null || day > last ? day : last), null);
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
