import { startPostgres } from '../../workers/services/postgres';
import type { RunningPostgres } from '../../workers/services/postgres';

declare global {
  var settleTestPostgres: RunningPostgres | undefined;
}

/**
 * One throw-away PostgreSQL for the whole run; each test file makes databases of its own in it.
 * DATABASE_URL is not used: tests must not touch anybody's data.
 */
export default async function startTestPostgres(): Promise<void> {
  const postgres = await startPostgres({ durable: false });
  globalThis.settleTestPostgres = postgres;
  process.env['SETTLE_TEST_DATABASE_URL'] = postgres.url;
}
