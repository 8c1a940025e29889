import { randomBytes } from 'node:crypto';
import { connect } from '../../db/connect';
import type { Database } from '../../db/connect';
import { applicationUrl, dropStatements } from '../../db/roles';

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

function urlOf(database: string, user?: string, password?: string): string {
  const url = new URL(testServerUrl());
  url.pathname = `/${database}`;
  if (user !== undefined) [url.username, url.password] = [user, password ?? ''];
  return url.toString();
}

/**
 * A copy of the database that the global set-up migrated. Its owner and its
 * application have the privileges of the original's, as members of their roles.
 */
async function copyTemplate(name: string): Promise<{ ownerUrl: string; appUrl: string; drop(): Promise<void> }> {
  const template = process.env['SETTLE_TEST_TEMPLATE'];
  if (!template) throw new Error('SETTLE_TEST_TEMPLATE is not set: jest.config.js names the global set-up that does');
  const ownerUrl = urlOf(name, `${name}_owner`, randomBytes(12).toString('hex'));
  const appUrl = applicationUrl(ownerUrl);
  const statements = [
    ...[ownerUrl, appUrl].map((url) => {
      const { username, password } = new URL(url);
      const role = username.slice(name.length);
      return `CREATE ROLE ${username} LOGIN CREATEROLE PASSWORD '${password}' IN ROLE ${template}${role}`;
    }),
    `ALTER ROLE ${name}_app NOCREATEROLE`,
    // As who created it, so that the owner may prepare the database again.
    `GRANT ${name}_app TO ${name}_owner WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
    `CREATE DATABASE ${name} OWNER ${name}_owner TEMPLATE ${template} STRATEGY FILE_COPY`,
    `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
    `GRANT CONNECT, TEMPORARY ON DATABASE ${name} TO ${name}_app`,
  ];
  await onServer(statements);
  return { ownerUrl, appUrl, drop: () => onServer(dropStatements(name)) };
}

async function onServer(statements: readonly string[]): Promise<void> {
  const server = connect(testServerUrl(), { poolSize: 1 });
  try {
    for (const statement of statements) await server.raw(statement);
  } finally {
    await server.destroy();
  }
}

/** A database of its own with all migrations, for one test file; `drop` in `afterAll`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const database = await copyTemplate(name);
  const pools = {
    app: connect(database.appUrl),
    owner: connect(database.ownerUrl, { poolSize: 2 }),
    superuser: connect(urlOf(name), { poolSize: 2 }),
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

/** Waits until a session of this database waits for an advisory lock that another one holds. */
export async function somebodyWaits(superuser: Database): Promise<void> {
  for (;;) {
    const { rows } = await superuser.raw<{ rows: unknown[] }>(
      `select from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`,
    );
    if (rows.length > 0) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}
