import type { Knex } from 'knex';

/**
 * Writes rows as they are after a story that the test does not tell, past the triggers that keep the story: as the owner, who
 * may switch them off.
 */
export async function writeByHand(
  owner: Knex,
  table: 'settle.breaches' | 'settle.enterprise_cases',
  write: (trx: Knex) => PromiseLike<unknown>,
): Promise<void> {
  await owner.transaction(async (trx) => {
    await trx.raw('alter table ?? disable trigger user', [table]);
    await write(trx);
    await trx.raw('alter table ?? enable trigger user', [table]);
  });
}
