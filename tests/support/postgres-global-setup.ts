import { createDatabase } from '../../db/roles';
import { startPostgres } from '../../workers/services/postgres';
import type { RunningPostgres } from '../../workers/services/postgres';

declare global {
  var settleTestPostgres: RunningPostgres | undefined;
}

const TEMPLATE = 'settle_template';

/**
 * One throw-away PostgreSQL for the whole run, with one migrated database; each test file makes copies of it for itself.
 * DATABASE_URL is not used: tests must not touch anybody's data.
 */
export default async function startTestPostgres(): Promise<void> {
  const postgres = await startPostgres({ durable: false });
  globalThis.settleTestPostgres = postgres;
  await createDatabase(postgres.url, TEMPLATE);
  process.env['SETTLE_TEST_DATABASE_URL'] = postgres.url;
  process.env['SETTLE_TEST_TEMPLATE'] = TEMPLATE;
}
