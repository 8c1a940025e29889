import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { resolvePostgres } from './postgres';
import type { ServiceLog } from './service-log';
import { startTemporal } from './temporal';
import type { RunningTemporal } from './temporal';
import type { ServiceProcess } from './spawn-service';
import type { TemporalMode } from './temporal-arguments';

export type { TemporalMode } from './temporal-arguments';
export type { ServiceLog } from './service-log';
export { processGuard } from './guard';
export { projectRoot } from './project-root';
export { searchAttributes } from './temporal-arguments';
export { spawnService, ServiceFailure } from './spawn-service';
export type { Service, ServiceProcess, ServiceSpec } from './spawn-service';

export interface ServicesOptions {
  readonly mode: TemporalMode;
  readonly webUi: boolean;
  /** True keeps the data under `dataDir`; false throws it away at the end. */
  readonly durable: boolean;
  readonly dataDir?: string;
  /** By default free ports. */
  readonly ports?: { readonly postgres?: number; readonly temporal?: number; readonly webUi?: number };
  /** Directory for `postgres.log` and `temporal.log`; by default they go when the services do. */
  readonly logDir?: string;
  readonly log?: ServiceLog;
}

export interface RunningServices {
  /** Superuser's URL of the embedded PostgreSQL, or `DATABASE_URL`. */
  readonly databaseUrl: string;
  /** `host:port`. */
  readonly temporalAddress: string;
  readonly webUiUrl: string | undefined;
  /** The processes that were started here. */
  readonly processes: readonly ServiceProcess[];
  /** Ends what was started here. May be called again. */
  stop(): Promise<void>;
}

interface Stoppable {
  stop(): Promise<void>;
}

function resolveTemporal(options: ServicesOptions): Promise<RunningTemporal> {
  const { mode, webUi, ports, log, dataDir, logDir } = options;
  const address = process.env['TEMPORAL_ADDRESS'];
  // What lets clocks jump needs a server of its own.
  if (address && mode === 'daily')
    return Promise.resolve({ address, webUiUrl: undefined, process: undefined, stop: () => Promise.resolve() });
  return startTemporal({
    mode,
    webUi,
    ...(options.durable && dataDir !== undefined && { dbFile: join(dataDir, 'temporal.sqlite') }),
    ...(ports?.temporal !== undefined && { port: ports.temporal }),
    ...(ports?.webUi !== undefined && { uiPort: ports.webUi }),
    ...(logDir !== undefined && { logFile: join(logDir, 'temporal.log') }),
    ...(log && { log }),
  });
}

async function stopAll(started: readonly Stoppable[]): Promise<void> {
  await Promise.all(started.map((service) => service.stop()));
}

/**
 * Starts PostgreSQL and Temporal side by side. They end with this process at the latest.
 * @throws ServiceFailure when one of them does not come up; the other is stopped then
 */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const { durable, dataDir, logDir, ports, log } = options;
  if (durable && dataDir === undefined) throw new Error('durable services need a data directory');
  for (const directory of [dataDir, logDir]) if (directory !== undefined) mkdirSync(directory, { recursive: true });
  const starting = [
    resolvePostgres({
      durable,
      ...(dataDir !== undefined && { dataDir: join(dataDir, 'postgres') }),
      ...(ports?.postgres !== undefined && { port: ports.postgres }),
      ...(logDir !== undefined && { logFile: join(logDir, 'postgres.log') }),
      ...(log && { log }),
    }),
    resolveTemporal(options),
  ] as const;
  const outcomes = await Promise.allSettled(starting);
  const started = outcomes.flatMap((outcome): Stoppable[] => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    await stopAll(started);
    throw failed.reason;
  }
  const [postgres, temporal] = await Promise.all(starting);
  return {
    databaseUrl: postgres.url,
    temporalAddress: temporal.address,
    webUiUrl: temporal.webUiUrl,
    processes: [postgres.process, temporal.process].filter((each) => each !== undefined),
    stop: () => stopAll(started),
  };
}
