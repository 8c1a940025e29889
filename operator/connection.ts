import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Knex } from 'knex';
import { connect } from '../db/connect';
import { developmentNow, findDevelopmentClock } from '../db/development-clock';
import { applicationUrl } from '../db/roles';
import { fromEpochMs } from '../domain/business-time';
import { Refusal } from '../domain/refusal';
import { createLogger } from '../workers/logging';
import { temporalAddress } from '../workers/temporal-connection';
import type { ClockPort } from './clock';
import type { CommandContext } from './commands/context';
import { dataDirectory } from './files/data-directory';
import { readRunState } from './run-state';

/** The running system, as a command reaches it. `db` is connected as the application role. */
export interface RunningConnection extends CommandContext {
  /** As the owner, connected when it is first asked for: registers and policies are written with it. */
  ownerDb(): Knex;
  readonly bankUrl: string;
  /** The bank is the simulator: accounts are opened there by the engine. */
  readonly simulatedBank: boolean;
  readonly namespace: string;
  close(): Promise<void>;
}

/** Addresses of the services: of a running `settle up`, or of real ones that the environment names. */
export interface RunningServices {
  ownerUrl: string;
  appUrl: string;
  temporalAddress: string;
  namespace: string;
  bankUrl: string;
  simulatedBank: boolean;
}

const COMMAND_POOL = 4;
const CONNECT_WITHIN = '5 seconds';
const REAL = ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'SETTLE_BANK_URL'] as const;

function fromEnvironment(env: NodeJS.ProcessEnv): RunningServices {
  const missing = REAL.filter((name) => !env[name]);
  if (missing.length > 0)
    throw new Refusal('NotRunning', `real services are named in part only: ${missing.join(', ')} is not set`, {
      missing,
    });
  const ownerUrl = env.DATABASE_URL!;
  return {
    ownerUrl,
    appUrl: env.SETTLE_DATABASE_URL || applicationUrl(ownerUrl),
    temporalAddress: env.TEMPORAL_ADDRESS!,
    namespace: env.TEMPORAL_NAMESPACE || 'settle',
    bankUrl: env.SETTLE_BANK_URL!,
    simulatedBank: false,
  };
}

/**
 * Where the services are: those that `DATABASE_URL`, `TEMPORAL_ADDRESS` and `SETTLE_BANK_URL` name, else those of `settle up`
 * on this data directory.
 * @throws Refusal `NotRunning`
 */
export function findRunning(env: NodeJS.ProcessEnv): RunningServices {
  const state = readRunState(dataDirectory(env));
  if (REAL.slice(0, 2).some((name) => env[name])) return fromEnvironment(env);
  if (state) return state;
  throw new Refusal('NotRunning', `nothing runs on the data directory ${dataDirectory(env)}`, {
    dataDirectory: dataDirectory(env),
  });
}

/**
 * Connects a command to the running system; `close` when it is done.
 * @throws Refusal `NotRunning` when nothing runs or nothing answers; `DevelopmentClockForbidden` when the books of a
 *   development clock stand beside a real bank
 */
export async function connectRunning(env: NodeJS.ProcessEnv): Promise<RunningConnection> {
  const services = findRunning(env);
  const { namespace, bankUrl } = services;
  const connection = await reachTemporal(services.temporalAddress, env);
  const db = connect(services.appUrl, { poolSize: COMMAND_POOL, applicationName: 'settle-command' });
  let owner: Knex | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([db.destroy(), owner?.destroy(), connection.close()]);
  };
  try {
    await reachDatabase(db, services.appUrl);
    return {
      db,
      client: new Client({ connection, namespace }),
      clock: await clockOf(db, services),
      log: createLogger('command', { file: join(dataDirectory(env), 'log', 'settle.log') }),
      ownerDb: () => (owner ??= connect(services.ownerUrl, { poolSize: 2, applicationName: 'settle-command' })),
      bankUrl,
      simulatedBank: services.simulatedBank,
      namespace,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The host's clock, or that of development. */
async function clockOf(db: Knex, { simulatedBank }: RunningServices): Promise<ClockPort> {
  const development = await findDevelopmentClock(db);
  if (!development) return { now: () => fromEpochMs(Date.now()) };
  if (!simulatedBank)
    throw new Refusal(
      'DevelopmentClockForbidden',
      'these books were kept by a development clock, and the bank is real',
    );
  return { now: () => developmentNow(development, Date.now()) };
}

async function reachTemporal(address: string, env: NodeJS.ProcessEnv): Promise<Connection> {
  try {
    return await Connection.connect({ ...temporalAddress(address, env), connectTimeout: CONNECT_WITHIN });
  } catch (error) {
    throw new Refusal('NotRunning', `Temporal does not answer at ${address}: ${(error as Error).message}`, { address });
  }
}

async function reachDatabase(db: Knex, url: string): Promise<void> {
  try {
    await db.raw('select 1');
  } catch (error) {
    const { hostname, port, pathname } = new URL(url);
    const database = `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
    throw new Refusal('NotRunning', `the database ${database} does not answer: ${(error as Error).message}`, {
      database,
    });
  }
}
