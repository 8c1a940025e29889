import type { Knex } from 'knex';
import { PREPAYMENT_POOLS, type PoolFen } from '../domain/pools';

/** Keeps a statement below PostgreSQL's 65,535 parameters for rows of up to 13 columns. */
const ROWS_PER_INSERT = 5_000;

/** Inserts rows of any number, in as many statements as it takes; nothing happens without rows. */
export async function insertAll(db: Knex, table: string, rows: readonly object[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT)
    await db(table).insert(rows.slice(from, from + ROWS_PER_INSERT));
}

/** Amounts per pool as rows, one for each pool that has any. */
export function poolRows(amounts: Readonly<PoolFen>): { pool: string; amount_fen: bigint }[] {
  return PREPAYMENT_POOLS.filter((pool) => amounts[pool] > 0n).map((pool) => ({ pool, amount_fen: amounts[pool] }));
}
