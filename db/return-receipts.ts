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

/** What has arrived up to a day and is not on its way to the fund account, by institution, pool and year of the advance. */
export async function loadUnmoved(
  db: Knex,
  region: string,
  upTo: PlainDate,
): Promise<{ institution: string; pool: string; year: number; amountFen: bigint }[]> {
  const { rows } = await db.raw<{ rows: { institution: string; pool: string; year: number; amount_fen: bigint }[] }>(
    `select c.institution, s.pool, r.year, sum(s.amount_fen)::bigint as amount_fen
       from settle.return_receipts c join settle.return_receipt_pools s using (receipt_id)
       join settle.return_plan r using (region, institution, period)
      where c.region = ? and c.received_on <= ? and s.payment_id is null
      group by c.institution, s.pool, r.year order by c.institution, s.pool, r.year`,
    [region, upTo],
  );
  return rows.map((row) => ({
    institution: row.institution,
    pool: row.pool,
    year: row.year,
    amountFen: row.amount_fen,
  }));
}

/** Ties what has arrived to the transfers that move it on; `paymentIdOf` in SQL, since it is a row per receipt. */
export async function markReceiptsMoving(
  db: Knex,
  input: {
    region: string;
    upTo: PlainDate;
    payments: readonly { paymentId: string; institution: string; pool: string; year: number }[];
  },
): Promise<void> {
  await db.raw(
    `update settle.return_receipt_pools s set payment_id = m.payment_id
       from settle.return_receipts c, settle.return_plan r,
            unnest(?::text[], ?::text[], ?::text[], ?::int[]) m (payment_id, institution, pool, year)
      where c.receipt_id = s.receipt_id and r.region = c.region and r.institution = c.institution and r.period = c.period
        and c.region = ? and c.received_on <= ? and s.payment_id is null
        and m.institution = c.institution and m.pool = s.pool and m.year = r.year`,
    [
      input.payments.map(({ paymentId }) => paymentId),
      input.payments.map(({ institution }) => institution),
      input.payments.map(({ pool }) => pool),
      input.payments.map(({ year }) => year),
      input.region,
      input.upTo,
    ],
  );
}

/** Frees the receipts of transfers that will not happen, so that the next month's move takes them. */
export async function markReceiptsUnmoved(db: Knex, paymentIds: readonly string[]): Promise<void> {
  await db.raw('update settle.return_receipt_pools set payment_id = null where payment_id = any(?::text[])', [
    [...paymentIds],
  ]);
}
