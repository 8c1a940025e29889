import type { Knex } from 'knex';
import type { PlainDate } from '../domain/plain-date';
import type { PoolFen } from '../domain/pools';
import { insertAll, poolRows } from './rows';

/** Money that came for one return on one day. */
export interface NewReceipt {
  receiptId: string;
  region: string;
  institution: string;
  period: string;
  receivedOn: PlainDate;
  fromUnusedFen: bigint;
  paidInFen: bigint;
  excessFen: bigint;
  /** What counts for the return, split over the pools. */
  pools: PoolFen;
  recordedBy: string;
}

/** Records a receipt and what of it counts for each pool. */
export async function insertReceipt(db: Knex, receipt: NewReceipt): Promise<void> {
  await db('settle.return_receipts').insert({
    receipt_id: receipt.receiptId,
    region: receipt.region,
    institution: receipt.institution,
    period: receipt.period,
    received_on: receipt.receivedOn,
    from_unused_fen: receipt.fromUnusedFen,
    paid_in_fen: receipt.paidInFen,
    excess_fen: receipt.excessFen,
    recorded_by: receipt.recordedBy,
  });
  await insertAll(
    db,
    'settle.return_receipt_pools',
    poolRows(receipt.pools).map((part) => ({ receipt_id: receipt.receiptId, ...part })),
  );
}

/** Money that has arrived and is not on its way to the fund account, of an institution, pool and year of the advance. */
export interface Unmoved {
  institution: string;
  pool: string;
  year: number;
  amountFen: bigint;
  /** The receipts that it is the sum of. */
  receiptIds: string[];
}

/** What has arrived up to a day and is not on its way to the fund account. */
export async function loadUnmoved(db: Knex, region: string, upTo: PlainDate): Promise<Unmoved[]> {
  const { rows } = await db.raw<{ rows: Unmoved[] }>(
    `select c.institution, s.pool, r.year, sum(s.amount_fen)::bigint as "amountFen", array_agg(c.receipt_id order by c.receipt_id) as "receiptIds"
       from settle.return_receipts c join settle.return_receipt_pools s using (receipt_id)
       join settle.return_plan r using (region, institution, period)
      where c.region = ? and c.received_on <= ? and s.payment_id is null
      group by c.institution, s.pool, r.year order by c.institution, s.pool, r.year`,
    [region, upTo],
  );
  return rows;
}

/**
 * Ties what has arrived to the transfers that move it on: the receipts that each of them is the sum of, and no other that came
 * meanwhile.
 *
 * @throws where another transfer has taken one of them since it was looked at: all is to be looked at again
 */
export async function markReceiptsMoving(
  db: Knex,
  payments: readonly { paymentId: string; pool: string; receiptIds: readonly string[] }[],
): Promise<void> {
  const marked = payments.flatMap(({ paymentId, pool, receiptIds }) =>
    receiptIds.map((receiptId) => ({ paymentId, pool, receiptId })),
  );
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `update settle.return_receipt_pools s set payment_id = m.payment_id
       from unnest(?::text[], ?::text[], ?::text[]) m (payment_id, pool, receipt_id)
      where s.receipt_id = m.receipt_id and s.pool = m.pool and s.payment_id is null`,
    [
      marked.map(({ paymentId }) => paymentId),
      marked.map(({ pool }) => pool),
      marked.map(({ receiptId }) => receiptId),
    ] as never,
  );
  if (rowCount !== marked.length)
    throw new Error(`${marked.length - rowCount} receipts have been moved on by another transfer meanwhile`);
}

/** Frees the receipts of transfers that will not happen, so that the next month's move takes them. */
export async function markReceiptsUnmoved(db: Knex, paymentIds: readonly string[]): Promise<void> {
  await db.raw('update settle.return_receipt_pools set payment_id = null where payment_id = any(?::text[])', [
    [...paymentIds],
  ]);
}
