import type { Knex } from 'knex';

/**
 * Locks one window until the transaction ends: what comes in bulk (imports, disputes, confirmations, top-ups) comes one after
 * the other (DESIGN 7). The window's row is made when it is first asked for.
 */
export async function lockWindow(trx: Knex, region: string, period: string): Promise<void> {
  await trx.raw('insert into settle.windows (region, period) values (?, ?) on conflict do nothing', [region, period]);
  await trx('settle.windows').where({ region, period }).forUpdate().first('period');
}
