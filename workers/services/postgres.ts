import { join } from 'node:path';
import { freePort } from './free-port';
import { processGuard } from './guard';
import { postgresBinaries } from './postgres-binaries';
import {
  asPostgresUser,
  clusterTemplate,
  copyTemplate,
  ensureCluster,
  postgresEnvironment,
  superuserUrl,
} from './postgres-cluster';
import type { ServiceLog } from './service-log';
import { ServiceFailure, spawnService } from './spawn-service';
import type { Service, ServiceProcess } from './spawn-service';

const PORT_TRIES = 5;
const READY = 'database system is ready to accept connections';
const PORT_TAKEN = 'Address already in use';

// For 2 cores and a machine that also runs Temporal, a worker and the bank simulator.
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '512MB',
  effective_cache_size: '4GB',
  work_mem: '32MB',
  maintenance_work_mem: '256MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  // Settlement statements are short and set-based: compiling them costs more than it gains.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

// A cluster that is thrown away gains nothing from surviving a power cut.
const EPHEMERAL_SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

export interface PostgresOptions {
  /** True keeps every guard against loss on, and the data; false is for rehearsals and tests. */
  readonly durable: boolean;
  /** Where the data is kept; needed when durable. */
  readonly dataDir?: string;
  /** Port on 127.0.0.1; by default a free one. */
  readonly port?: number;
  readonly logFile?: string;
  readonly log?: ServiceLog;
}

export interface RunningPostgres {
  /** Superuser's URL, database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** The process, where it was started here. */
  readonly process: ServiceProcess | undefined;
  stop(): Promise<void>;
}

interface Placement {
  readonly binaries: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly durable: boolean;
}

async function place(options: PostgresOptions): Promise<Placement & { readonly discard: () => void }> {
  const binaries = await postgresBinaries();
  const guard = processGuard();
  const temporary = guard.temporaryDirectory('settle-postgres-');
  const logFile = options.logFile ?? join(temporary, 'postgres.log');
  const discard = (): void => guard.discard(temporary);
  try {
    if (!options.durable) {
      const dataDirectory = join(temporary, 'data');
      await copyTemplate(binaries, dataDirectory);
      return { binaries, dataDirectory, logFile, durable: false, discard };
    }
    if (options.dataDir === undefined) throw new Error('a durable PostgreSQL needs a data directory');
    await ensureCluster(binaries, options.dataDir);
    return { binaries, dataDirectory: options.dataDir, logFile, durable: true, discard };
  } catch (error) {
    discard();
    throw error;
  }
}

function launch(placement: Placement, port: number): Promise<Service<true>> {
  const settings = { ...SETTINGS, ...(placement.durable ? {} : EPHEMERAL_SETTINGS) };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return spawnService({
    name: 'PostgreSQL',
    command: join(placement.binaries, 'bin', 'postgres'),
    args: ['-D', placement.dataDirectory, '-p', String(port), ...flags],
    env: postgresEnvironment(),
    cwd: placement.dataDirectory,
    ...asPostgresUser(),
    logFile: placement.logFile,
    readyLine: (line) => line.includes(READY) || undefined,
    // SIGINT ends sessions and writes a checkpoint; SIGQUIT just ends, which is right for data that is thrown away.
    ending: placement.durable ? { signal: 'SIGINT', graceMs: 30_000 } : { signal: 'SIGQUIT', graceMs: 5_000 },
  });
}

async function launchOnFreePort(placement: Placement): Promise<{ service: Service<true>; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { service: await launch(placement, port), port };
    } catch (error) {
      const taken = error instanceof ServiceFailure && error.lastLines.includes(PORT_TAKEN);
      if (!taken || attempt === PORT_TRIES) throw error;
    }
  }
}

/**
 * Starts the embedded PostgreSQL, on TCP at 127.0.0.1 only. It never outlives this process.
 * @throws ServiceFailure when it does not come up
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const began = performance.now();
  const placement = await place(options);
  try {
    const { service, port } =
      options.port === undefined
        ? await launchOnFreePort(placement)
        : { service: await launch(placement, options.port), port: options.port };
    options.log?.info(
      { port, durable: options.durable, tookMs: Math.round(performance.now() - began) },
      'PostgreSQL is up',
    );
    return {
      url: superuserUrl(placement.dataDirectory, port),
      port,
      process: { name: 'PostgreSQL', pid: service.pid, exited: service.exited },
      async stop() {
        await service.stop();
        placement.discard();
      },
    };
  } catch (error) {
    placement.discard();
    throw error;
  }
}

/**
 * The PostgreSQL to use: the one that `DATABASE_URL` names, or else the embedded one, started.
 */
export async function resolvePostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const url = process.env['DATABASE_URL'];
  if (!url) return startPostgres(options);
  return { url, port: Number(new URL(url).port || 5432), process: undefined, stop: () => Promise.resolve() };
}

/** Gets PostgreSQL's programs and the template of a cluster ready, so that starting one takes a fraction of a second. */
export async function preparePostgres(): Promise<void> {
  await clusterTemplate(await postgresBinaries());
}
