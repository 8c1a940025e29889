import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Knex } from 'knex';
import { bankUrlOf, createBank } from '../activities/bank/bank-address';
import type { Bank } from '../activities/bank/port';
import { connect } from '../db/connect';
import { developmentNow, findDevelopmentClock, type DevelopmentClock } from '../db/development-clock';
import { applicationUrl } from '../db/roles';
import { Refusal } from '../domain/refusal';
import { createLogger } from '../workers/logging';
import { temporalAddress } from '../workers/temporal-connection';
import type { CommandContext } from './commands/context';
import { dataDirectory } from './files/data-directory';
import { readRunState } from './run-state';

/** The running system, as a command reaches it. `db` is connected as the application role. */
export interface RunningConnection extends CommandContext {
  /** As the owner, connected when it is first asked for: registers and policies are written with it. */
  ownerDb(): Knex;
  readonly bankUrl: string;
  connectBank(): Bank;
  /** The bank is the simulator: accounts are opened there by the engine. */
  readonly simulatedBank: boolean;
  /** Where the simulator takes accounts and incoming money; undefined for a real bank. */
  readonly simulatorUrl: string | undefined;
  readonly namespace: string;
  /** Time moves on command, and no schedule starts anything. */
  readonly developmentClock: boolean;
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
  simulatorUrl?: string | undefined;
}

const COMMAND_POOL = 4;
const CONNECT_WITHIN = '5 seconds';
const BANK_TIMEOUT_MS = 60_000;
const REAL = ['DATABASE_URL', 'TEMPORAL_ADDRESS'] as const;

function fromEnvironment(env: NodeJS.ProcessEnv): RunningServices {
  const bankUrl = bankUrlOf(env);
  const missing: string[] = REAL.filter((name) => !env[name]);
  if (bankUrl === undefined) missing.push('SETTLE_BANK_URL');
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
    bankUrl: bankUrl!,
    simulatedBank: false,
  };
}

/**
 * Where the services are: those that `DATABASE_URL`, `TEMPORAL_ADDRESS` and `SETTLE_BANK_URL` or `SETTLE_BANK_DIRECTORY` name, else those of `settle up`
 * on this data directory.
 * @throws Refusal `NotRunning`; `UsageInvalid` where the bank is named twice
 */
export function findRunning(env: NodeJS.ProcessEnv): RunningServices {
  const state = readRunState(dataDirectory(env));
  if (REAL.some((name) => env[name])) return fromEnvironment(env);
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
    const development = await developmentClockOf(db, services);
    const log = createLogger('command', { file: join(dataDirectory(env), 'log', 'settle.log') });
    return {
      db,
      client: new Client({ connection, namespace }),
      clock: { now: () => developmentNow(development ?? REAL_TIME, Date.now()) },
      developmentClock: development !== undefined,
      log,
      ownerDb: () => (owner ??= connect(services.ownerUrl, { poolSize: 2, applicationName: 'settle-command' })),
      bankUrl,
      connectBank: () => createBank({ url: bankUrl, timeoutMs: BANK_TIMEOUT_MS, log }),
      simulatedBank: services.simulatedBank,
      simulatorUrl: services.simulatorUrl,
      namespace,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Business time is the host's. */
const REAL_TIME = { offsetMs: 0 };

/** Undefined where real time counts. @throws Refusal `DevelopmentClockForbidden` */
async function developmentClockOf(db: Knex, { simulatedBank }: RunningServices): Promise<DevelopmentClock | undefined> {
  const development = await findDevelopmentClock(db);
  if (development && !simulatedBank)
    throw new Refusal(
      'DevelopmentClockForbidden',
      'these books were kept by a development clock, and the bank is real',
    );
  return development;
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
