import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Knex } from 'knex';
import type { Database } from './connect';

const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/;

/** Found by walking up, since this file runs from the sources in tests and from `dist/` otherwise, where no SQL is. */
function migrationsDirectory(): string {
  for (let directory = __dirname; ; directory = dirname(directory)) {
    const candidate = join(directory, 'db', 'migrations');
    if (existsSync(join(directory, 'package.json')) && existsSync(candidate)) return candidate;
    if (directory === dirname(directory)) throw new Error(`no db/migrations above ${__dirname}`);
  }
}

/** An error names the file and the line, and does not repeat the file's text as knex would. */
async function runFile(trx: Knex, file: string, text: string): Promise<void> {
  try {
    // Question marks are no bindings here.
    await trx.raw(text.replaceAll('?', '\\?'));
  } catch (error) {
    const { message, position } = error as Error & { position?: string };
    const line = position === undefined ? '' : `:${text.slice(0, Number(position)).split('\n').length}`;
    throw new Error(`${file}${line}: ${message.slice(message.lastIndexOf(' - ') + 3)}`, { cause: error });
  }
}

/** The `NNNN_name.sql` files in order of their numbers; each runs in a transaction of its own. */
const sqlFiles: Knex.MigrationSource<string> = {
  getMigrations: () => {
    const files = readdirSync(migrationsDirectory())
      .filter((file) => file.endsWith('.sql'))
      .sort();
    const misnamed = files.find((file) => !FILE_NAME.test(file));
    if (misnamed !== undefined) return Promise.reject(new Error(`${misnamed} is not named NNNN_name.sql`));
    return Promise.resolve(files);
  },
  getMigrationName: (file) => file,
  getMigration: (file) => {
    const text = readFileSync(join(migrationsDirectory(), file), 'utf8');
    return Promise.resolve({
      up: (trx: Knex) => runFile(trx, file, text),
      down: () => Promise.reject(new Error('migrations go forward only: the ledger is append-only')),
    });
  },
};

/**
 * Brings the database to the newest migration, as its owner. The role `<database>_app` must exist, since migrations grant to
 * it. Returns the names of those that ran.
 */
export async function migrate(owner: Database): Promise<string[]> {
  const [, ran] = (await owner.migrate.latest({
    migrationSource: sqlFiles,
    tableName: 'settle_migrations',
    schemaName: 'public',
  })) as [number, string[]];
  return ran;
}
