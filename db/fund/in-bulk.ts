import type { Knex } from 'knex';

/**
 * Runs statements over thousands of rows whose number the planner cannot know, since they came a moment ago: joined by hash or
 * merge, so that the time grows with the rows and not with their square. Within a transaction.
 */
export async function inBulk<T>(trx: Knex, run: () => Promise<T>): Promise<T> {
  await trx.raw('set local enable_nestloop = off');
  const result = await run();
  await trx.raw('set local enable_nestloop = on');
  return result;
}
