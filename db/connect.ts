import { knex } from 'knex';
import type { Knex } from 'knex';
import { types } from 'pg';

/** What a repository works on: a connection pool, or a transaction of it. */
export type Database = Knex;

// The driver's types know the scalar types only; text[] is parsed by it all the same.
const TEXT_ARRAY = 1009 as number as Parameters<typeof types.getTypeParser>[0];
const OID = { int8: 20, date: 1082, int8Array: 1016, dateArray: 1182 } as const;
const parseTextArray = types.getTypeParser(TEXT_ARRAY) as (text: string) => string[];

/**
 * BIGINT (fen, counts) arrives as bigint and DATE as the text PostgreSQL writes: the driver's own choices would be text and a
 * Date at midnight of the host's time zone. Set per connection, since the driver's defaults are shared by the whole process.
 */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [OID.int8]: BigInt,
  [OID.date]: (text) => text,
  [OID.int8Array]: (text) => parseTextArray(text).map(BigInt),
  [OID.dateArray]: parseTextArray,
};

export interface ConnectOptions {
  /** Connections at most; a worker has no more activity slots than this. */
  readonly poolSize?: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
}

const DEFAULT_POOL_SIZE = 8;
const ignore = (): void => undefined;

/** A connection pool on a database; `destroy()` closes it. Nothing is connected before the first query. */
export function connect(url: string, options: ConnectOptions = {}): Database {
  return knex({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: options.applicationName ?? 'settle',
      options: '-c timezone=UTC -c datestyle=ISO,YMD -c standard_conforming_strings=on',
      types: {
        getTypeParser: (oid: number, format?: string) =>
          PARSERS[oid] ?? (types.getTypeParser(oid, format as 'text') as (value: string) => unknown),
      },
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max: options.poolSize ?? DEFAULT_POOL_SIZE },
    acquireConnectionTimeout: 30_000,
    // Failures are thrown; knex would print them, whole statements included, on standard output as well.
    log: { warn: ignore, error: ignore, deprecate: ignore, debug: ignore },
  });
}
