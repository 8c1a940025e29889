import { createHmac, randomBytes } from 'node:crypto';
import { connect } from './connect';
import type { Database } from './connect';
import { migrate } from './migrate';

/** PostgreSQL cuts names at 63 bytes, and the roles' names are the database's with a suffix. */
const DATABASE_NAME = /^[a-z][a-z0-9_]{0,49}$/;

export interface PreparedDatabase {
  /** May change the schema: for migrations and administration only. */
  readonly ownerUrl: string;
  /** What the application uses: it reads, and posts through `ledger.post`. */
  readonly appUrl: string;
  /** Removes the database and its roles. */
  drop(): Promise<void>;
}

const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

function withLogin(url: string, database: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  changed.username = encodeURIComponent(user);
  changed.password = encodeURIComponent(password);
  return changed.toString();
}

function checkName(database: string): void {
  if (!DATABASE_NAME.test(database))
    throw new RangeError(`not a database name (a-z, 0-9, _, at most 50): ${JSON.stringify(database)}`);
}

/** Runs statements on a connection of their own. Names are checked and passwords are hexadecimal, so they need no quoting. */
async function run(url: string, statements: readonly string[]): Promise<void> {
  const database = connect(url, { poolSize: 1, applicationName: 'settle-roles' });
  try {
    for (const statement of statements) await database.raw(statement);
  } finally {
    await database.destroy();
  }
}

/**
 * The application's password: derived from the owner's, so that every process that may prepare the database finds the same
 * one without a place to keep it; random where the owner has none.
 */
function appPassword(ownerUrl: string, database: string): string {
  const secret = decodeURIComponent(new URL(ownerUrl).password);
  if (secret === '') return randomBytes(24).toString('hex');
  return createHmac('sha256', secret).update(`settle app role of ${database}`).digest('hex');
}

/**
 * The application role's URL of a database that was prepared: its password follows from the owner's.
 * @throws RangeError where the owner's URL holds no password, since nothing follows from none
 */
export function applicationUrl(ownerUrl: string): string {
  const database = databaseOf(ownerUrl);
  checkName(database);
  if (new URL(ownerUrl).password === '')
    throw new RangeError("the owner's URL holds no password: name the application's own URL in SETTLE_DATABASE_URL");
  return withLogin(ownerUrl, database, `${database}_app`, appPassword(ownerUrl, database));
}

async function ensureAppRole(owner: Database, role: string, password: string): Promise<void> {
  const { rows } = await owner.raw<{ rows: unknown[] }>('SELECT FROM pg_roles WHERE rolname = ?', [role]);
  const verb = rows.length === 0 ? 'CREATE' : 'ALTER';
  await owner.raw(`${verb} ROLE ${role} LOGIN PASSWORD '${password}'`);
}

/**
 * Makes an existing database ready: the role `<database>_app`, the newest migrations, nothing for PUBLIC. May be run again at
 * any time, by one process at once (an advisory lock sees to it).
 * @param ownerUrl the database's owner, who may create roles (CREATEROLE) the first time
 */
export async function prepareDatabase(ownerUrl: string): Promise<Omit<PreparedDatabase, 'drop'>> {
  const database = databaseOf(ownerUrl);
  checkName(database);
  const role = `${database}_app`;
  const password = appPassword(ownerUrl, database);
  const owner = connect(ownerUrl, { poolSize: 3, applicationName: 'settle-migrate' });
  try {
    await owner.transaction(async (trx) => {
      await trx.raw(`SELECT pg_advisory_xact_lock(hashtext('settle prepare'))`);
      await ensureAppRole(owner, role, password);
      await owner.raw(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
      await owner.raw(`GRANT CONNECT ON DATABASE ${database} TO ${role}`);
      await migrate(owner);
    });
  } finally {
    await owner.destroy();
  }
  return { ownerUrl, appUrl: withLogin(ownerUrl, database, role, password) };
}

/**
 * A database that outlives the process, with an owner and an application role of its own and the newest migrations; made when
 * it is not there. The owner's password follows from the superuser's, so that every start finds the same.
 * @param superuserUrl any database of the server, with the superuser's password
 */
export async function ensureDatabase(superuserUrl: string, name: string): Promise<Omit<PreparedDatabase, 'drop'>> {
  checkName(name);
  const secret = decodeURIComponent(new URL(superuserUrl).password);
  if (secret === '') throw new RangeError("the superuser's URL holds no password");
  const password = createHmac('sha256', secret).update(`settle owner role of ${name}`).digest('hex');
  const owner = `${name}_owner`;
  const server = connect(superuserUrl, { poolSize: 1, applicationName: 'settle-roles' });
  try {
    const has = async (table: string, column: string, value: string): Promise<boolean> =>
      (await server(table).where(column, value).first(column)) !== undefined;
    // One after the other, since a kill may have come between them.
    if (!(await has('pg_roles', 'rolname', owner)))
      await server.raw(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD '${password}'`);
    if (!(await has('pg_database', 'datname', name)))
      await server.raw(`CREATE DATABASE ${name} OWNER ${owner} TEMPLATE template0 ENCODING 'UTF8'`);
  } finally {
    await server.destroy();
  }
  return prepareDatabase(withLogin(superuserUrl, name, owner, password));
}

/** What removes a database and its roles, however far its creation came. */
export function dropStatements(name: string): string[] {
  checkName(name);
  return [
    `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
    `DROP ROLE IF EXISTS ${name}_app`,
    `DROP ROLE IF EXISTS ${name}_owner`,
  ];
}

/**
 * Creates a database with an owner and an application role of its own and the newest migrations.
 * @param superuserUrl any database of the server, as a role that may create databases and roles
 * @throws RangeError for a name that is not `[a-z][a-z0-9_]{0,49}`
 */
export async function createDatabase(superuserUrl: string, name: string): Promise<PreparedDatabase> {
  checkName(name);
  const password = randomBytes(24).toString('hex');
  await run(superuserUrl, [
    `CREATE ROLE ${name}_owner LOGIN CREATEROLE PASSWORD '${password}'`,
    `CREATE DATABASE ${name} OWNER ${name}_owner TEMPLATE template0 ENCODING 'UTF8'`,
  ]);
  const drop = (): Promise<void> => run(superuserUrl, dropStatements(name));
  try {
    const prepared = await prepareDatabase(withLogin(superuserUrl, name, `${name}_owner`, password));
    return { ...prepared, drop };
  } catch (error) {
    await drop();
    throw error;
  }
}
