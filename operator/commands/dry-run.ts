import type { Knex } from 'knex';

/** Thrown to take a dry run back. */
class TakenBack extends Error {}

/** Does the work in one transaction. A dry run does it too and is taken back: what it reports is what would happen. */
export async function transactionally<T>(db: Knex, dryRun: boolean, work: (trx: Knex) => Promise<T>): Promise<T> {
  let result: { value: T } | undefined;
  try {
    await db.transaction(async (trx: Knex) => {
      result = { value: await work(trx) };
      if (dryRun) throw new TakenBack();
    });
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
  }
  return result!.value;
}
