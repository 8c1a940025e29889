import type { Knex } from 'knex';
import { formatYuan } from '../../domain/money';
import { quarterOf } from '../../domain/fund/ids';
import type { Period } from '../../domain/plain-date';
import type { ClearingRow, SettlementRow, Summary } from '../summary';

export interface FundRows {
  eligibility: Summary['eligibility'];
  preallocations: Summary['preallocations'];
  settlements: SettlementRow[];
  clearings: ClearingRow[];
}

/** Everything about monthly funds of these months; clearings of the quarters that end with one of them or lie between. */
export async function fundRows(db: Knex, region: string, from: Period, to: Period): Promise<FundRows> {
  return {
    eligibility: await eligibilityRows(db, region, from, to),
    preallocations: await preallocationRows(db, region, from, to),
    settlements: await settlementRows(db, region, from, to),
    clearings: await clearingRows(db, region, from, to),
  };
}

async function eligibilityRows(db: Knex, region: string, from: Period, to: Period): Promise<FundRows['eligibility']> {
  return db('settle.eligibility')
    .where({ region })
    .whereBetween('period', [from, to])
    .orderByRaw('institution collate "C", period collate "C"')
    .select<FundRows['eligibility']>('institution', 'period', 'eligible', 'failed');
}

async function preallocationRows(
  db: Knex,
  region: string,
  from: Period,
  to: Period,
): Promise<FundRows['preallocations']> {
  const { rows } = await db.raw<{
    rows: { institution: string; pool: string; period: string; amount_fen: bigint; paid_on: string | null }[];
  }>(
    `select a.institution, a.pool, a.period, a.amount_fen, p.paid_on from settle.preallocations a left join settle.payments p using (payment_id)
      where a.region = ? and a.period between ? and ? order by a.institution, a.pool, a.period`,
    [region, from, to],
  );
  return rows.map(({ amount_fen, paid_on, ...row }) => ({ ...row, amount: formatYuan(amount_fen), paidOn: paid_on }));
}

interface RawSettlement {
  institution: string;
  pool: string;
  period: string;
  payable_fen: bigint;
  preallocated_fen: bigint;
  carried_in_fen: bigint;
  collected_fen: bigint;
  beyond_fen: bigint;
  returned_fen: bigint;
  paid_fen: bigint;
  held_fen: bigint;
  released_fen: bigint;
  carried_out_fen: bigint;
  reviewed_on: string | null;
  paid_on: string | null;
  released_on: string | null;
}

/**
 * `paid` is what the month's own run was to pay; what was held is `released` with the day on which the bank booked that. What came
 * back in the month – collected, or sent back by the bank after its own month – is taken off what was pre-allocated, so that the
 * sums are the identity of DESIGN 5.7, and what is carried in is what the month before carried out.
 */
async function settlementRows(db: Knex, region: string, from: Period, to: Period): Promise<SettlementRow[]> {
  const { rows } = await db.raw<{ rows: RawSettlement[] }>(
    `select s.*, case when r.state = 'succeeded' then s.held_fen else 0 end::bigint as released_fen, v.reviewed_on, p.paid_on, r.paid_on as released_on
       from settle.settlements s
       left join settle.payments p on p.payment_id = s.payment_id
       left join settle.payments r on r.payment_id = s.release_payment_id
       left join settle.current_claim_reviews v on v.region = s.region and v.period = s.period and v.step = 're-check'
      where s.region = ? and s.period between ? and ? and s.settled_on is not null
      order by s.institution, s.pool, s.period`,
    [region, from, to],
  );
  return rows.map((row) => ({
    institution: row.institution,
    pool: row.pool,
    period: row.period,
    payable: formatYuan(row.payable_fen),
    preallocated: formatYuan(row.preallocated_fen - row.collected_fen - row.returned_fen),
    carriedIn: formatYuan(row.carried_in_fen - row.collected_fen + row.beyond_fen),
    paid: formatYuan(row.paid_fen),
    held: formatYuan(row.held_fen),
    released: formatYuan(row.released_fen),
    carriedOut: formatYuan(row.carried_out_fen),
    reviewedOn: row.reviewed_on,
    paidOn: row.paid_on,
    releasedOn: row.released_on,
  }));
}

async function clearingRows(db: Knex, region: string, from: Period, to: Period): Promise<ClearingRow[]> {
  const rows = await db('settle.clearings')
    .where({ region })
    .whereBetween('quarter', [quarterOf(from), quarterOf(to)])
    .orderBy(['institution', 'pool', 'quarter'])
    .select<(Record<'institution' | 'pool' | 'quarter' | 'signed_on', string> & Record<`${string}_fen`, bigint>)[]>(
      '*',
    );
  return rows.map((row) => ({
    institution: row.institution,
    pool: row.pool,
    quarter: row.quarter,
    payable: formatYuan(row['payable_fen']!),
    preallocated: formatYuan(row['preallocated_fen']!),
    paid: formatYuan(row['paid_fen']!),
    held: formatYuan(row['held_fen']!),
    carriedOut: formatYuan(row['carried_out_fen']!),
    signedOn: row.signed_on,
  }));
}

/** A transfer from the fiscal deposit into a pool's account; `period` is the month of the case that asked for it. */
export interface FiscalTransfer {
  readonly period: Period;
  readonly pool: string;
  /** Yuan. */
  readonly amount: string;
  /** By whom of the finance department, with which document; null until then. */
  readonly confirmedBy: string | null;
  readonly evidence: string | null;
  /** Of its payment: only what has succeeded is in the pool's account. */
  readonly state: string;
  readonly bookedOn: string | null;
}

/** Transfers of these months' cases, in the order of months and pools. */
export async function fiscalTransferRows(
  db: Knex,
  { region, from, to }: { region: string; from: Period; to: Period },
): Promise<FiscalTransfer[]> {
  const { rows } = await db.raw<{ rows: (Omit<FiscalTransfer, 'amount'> & { amount_fen: bigint })[] }>(
    `select split_part(t.case_id, '/', 3) as period, t.pool, t.amount_fen, t.confirmed_by as "confirmedBy", t.evidence, p.state, p.paid_on as "bookedOn"
       from settle.fiscal_transfers t join settle.payments p on p.payment_id = t.transfer_id
      where t.region = ? and split_part(t.case_id, '/', 3) between ? and ?
      order by 1, t.pool, t.transfer_id`,
    [region, from, to],
  );
  return rows.map(({ amount_fen, ...row }) => ({ ...row, amount: formatYuan(amount_fen) }));
}
