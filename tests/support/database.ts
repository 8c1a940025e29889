import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { connect } from '../../db/connect';
import type { Database } from '../../db/connect';
import { createDatabase } from '../../db/roles';

export interface TestDatabase {
  /** As the application: reads, and posts through `ledger.post`. */
  readonly app: Database;
  readonly owner: Database;
  /** The server's superuser on this database: who tampers with it. */
  readonly superuser: Database;
  readonly ownerUrl: string;
  readonly appUrl: string;
  drop(): Promise<void>;
}

/** The superuser's URL of the throw-away server that jest's global set-up started. */
export function testServerUrl(): string {
  const url = process.env['SETTLE_TEST_DATABASE_URL'];
  if (!url) throw new Error('SETTLE_TEST_DATABASE_URL is not set: jest.config.js names the global set-up that does');
  return url;
}

/** A database of its own with all migrations, for one test file; `drop` in `afterAll`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const database = await createDatabase(testServerUrl(), name);
  const superuserUrl = new URL(testServerUrl());
  superuserUrl.pathname = `/${name}`;
  const pools = {
    app: connect(database.appUrl),
    owner: connect(database.ownerUrl, { poolSize: 2 }),
    superuser: connect(superuserUrl.toString(), { poolSize: 2 }),
  };
  return {
    ...pools,
    ownerUrl: database.ownerUrl,
    appUrl: database.appUrl,
    async drop() {
      await Promise.all(Object.values(pools).map((pool) => pool.destroy()));
      await database.drop();
    },
  };
}

/** Writes as nobody can who is kept to the rules: without any trigger. */
export async function withoutTriggers(
  superuser: Database,
  work: (trx: Knex.Transaction) => Promise<unknown>,
): Promise<void> {
  await superuser.transaction(async (trx) => {
    await trx.raw('set local session_replication_role = replica');
    await work(trx);
  });
}
