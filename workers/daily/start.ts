import { mkdirSync, rmSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bankUrlOf } from '../../activities/bank/bank-address';
import { connect } from '../../db/connect';
import { beginDevelopmentClock, findDevelopmentClock } from '../../db/development-clock';
import { ensureDatabase, prepareDatabase } from '../../db/roles';
import type { DuePoint } from '../../domain/business-time';
import { Refusal } from '../../domain/refusal';
import { startBankSimulator } from '../bank-simulator/start';
import { startServices, type ServiceLog, type ServiceProcess } from '../services';
import { spawnWorker } from '../spawn-worker';

/** Everything that daily running needs, up. */
export interface DailySystem {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly bankUrl: string;
  /** The bank is the simulator. */
  readonly simulatedBank: boolean;
  /** Where the simulator takes accounts and incoming money. */
  readonly simulatorUrl: string | undefined;
  readonly webUiUrl: string | undefined;
  /** Whether time moves on command. */
  readonly developmentClock: boolean;
  /** The processes that were started here. */
  readonly processes: readonly ServiceProcess[];
  /** Ends what was started here, the worker first. May be called again. */
  stop(): Promise<void>;
}

export interface DailyOptions {
  readonly dataDirectory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly webUi: boolean;
  /** Reach the simulator over directories below the data directory, instead of over HTTP. */
  readonly bankOverDirectory?: boolean;
  /** Development only: a clock that begins here and moves on command, and what goes wrong at the simulated bank. */
  readonly development?: { readonly start: DuePoint; readonly bankFaults: readonly object[] };
  readonly log: ServiceLog;
  progress(message: string): void;
}

/** The one database of daily use. */
const DATABASE = 'settle';
const EMBEDDED_NAMESPACE = 'default';

/**
 * Starts what the environment does not name (`DATABASE_URL`, `TEMPORAL_ADDRESS`, a bank), with its data under the
 * data directory, and a worker. What was there before a stop, a kill or a reboot goes on where it stood.
 * @throws ServiceFailure when one of them does not come up; what was started is ended then
 * @throws Refusal `DevelopmentClockForbidden`, `DevelopmentClockOn` where the clock that is asked for is not that of the data
 */
export async function startDaily(options: DailyOptions): Promise<DailySystem> {
  const { dataDirectory, env, development, progress } = options;
  if (development) refuseRealServices(env);
  const endings: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (let ending = endings.pop(); ending; ending = endings.pop()) await ending().catch(() => undefined);
  };
  try {
    return await build();
  } catch (error) {
    await stop();
    throw error;
  }

  async function build(): Promise<DailySystem> {
    const logDir = join(dataDirectory, 'log');
    mkdirSync(logDir, { recursive: true });
    forgetBeforeBoot(join(dataDirectory, 'postgres', 'postmaster.pid'));
    progress('starting PostgreSQL and Temporal');
    const services = await startServices({
      mode: development ? 'development' : 'daily',
      webUi: options.webUi,
      durable: true,
      dataDir: dataDirectory,
      logDir,
      log: options.log,
    });
    endings.push(() => services.stop());
    progress('preparing the database');
    const { ownerUrl, appUrl } = env.DATABASE_URL
      ? await prepareDatabase(env.DATABASE_URL)
      : await ensureDatabase(services.databaseUrl, DATABASE);
    await settleClock(ownerUrl, development?.start);
    const bank = await resolveBank(options, logDir);
    if (bank.stop) endings.push(bank.stop);
    progress('starting the worker');
    const namespace = env.TEMPORAL_ADDRESS ? env.TEMPORAL_NAMESPACE || 'settle' : EMBEDDED_NAMESPACE;
    const { temporalAddress } = services;
    const addresses = { databaseUrl: appUrl, bankUrl: bank.url, temporalAddress, namespace };
    const worker = await spawnWorker({ ...addresses, logFile: join(logDir, 'worker.log') });
    endings.push(() => worker.stop());
    return {
      ownerUrl,
      appUrl,
      temporalAddress,
      namespace,
      bankUrl: bank.url,
      simulatedBank: bank.simulatorUrl !== undefined,
      simulatorUrl: bank.simulatorUrl,
      webUiUrl: services.webUiUrl,
      developmentClock: development !== undefined,
      processes: [
        ...services.processes,
        ...bank.processes,
        { name: 'the worker', pid: worker.pid, exited: worker.exited },
      ],
      stop,
    };
  }
}

const REAL_SERVICES = ['SETTLE_BANK_URL', 'SETTLE_BANK_DIRECTORY', 'DATABASE_URL', 'TEMPORAL_ADDRESS'] as const;

/** No clock but the real one where money or books may be real. */
function refuseRealServices(env: NodeJS.ProcessEnv): void {
  const named = REAL_SERVICES.filter((name) => env[name]);
  if (named.length > 0)
    throw new Refusal('DevelopmentClockForbidden', `a development clock is refused where ${named.join(', ')} is set`, {
      named,
    });
}

/** Data that is worked on by one kind of clock is never opened with the other. */
async function settleClock(ownerUrl: string, start: DuePoint | undefined): Promise<void> {
  const owner = connect(ownerUrl, { poolSize: 1, applicationName: 'settle-up' });
  try {
    if (start) return await beginDevelopmentClock(owner, start, Date.now());
    const clock = await findDevelopmentClock(owner);
    if (clock)
      throw new Refusal(
        'DevelopmentClockOn',
        `this data has a development clock: start with --development-clock ${clock.beganOn}, or use another data directory`,
        { beganOn: clock.beganOn },
      );
  } finally {
    await owner.destroy();
  }
}

/** After a reboot the id in PostgreSQL's lock file may be another process's; nothing of before the boot still runs. */
function forgetBeforeBoot(lockFile: string): void {
  const written = statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs;
  if (written !== undefined && written < Date.now() - uptime() * 1_000) rmSync(lockFile, { force: true });
}

interface ResolvedBank {
  readonly url: string;
  /** Undefined for a real bank. */
  readonly simulatorUrl?: string;
  readonly processes: readonly ServiceProcess[];
  readonly stop?: () => Promise<void>;
}

/** The bank that `SETTLE_BANK_URL` or `SETTLE_BANK_DIRECTORY` names, or else the simulator, whose books outlive it. */
async function resolveBank(
  { dataDirectory, env, development, bankOverDirectory }: DailyOptions,
  logDir: string,
): Promise<ResolvedBank> {
  const named = bankUrlOf(env);
  if (named !== undefined && bankOverDirectory)
    throw new Refusal('UsageInvalid', '--bank directory is for the simulator, and the environment names a real bank');
  if (named !== undefined) return { url: named, processes: [] };
  const directory = join(dataDirectory, 'bank-files');
  const books = join(dataDirectory, 'bank');
  mkdirSync(books, { recursive: true });
  const bank = await startBankSimulator({
    dataDirectory: books,
    logFile: join(logDir, 'bank.log'),
    faults: development?.bankFaults ?? [],
    ...(bankOverDirectory && { directory }),
  });
  return {
    url: bankOverDirectory ? pathToFileURL(directory).href : bank.ready.url,
    simulatorUrl: bank.ready.url,
    processes: [{ name: 'the bank simulator', pid: bank.pid, exited: bank.exited }],
    stop: () => bank.stop(),
  };
}
