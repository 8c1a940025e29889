import { join } from 'node:path';
import { freePort } from './free-port';
import { processGuard } from './guard';
import type { ServiceLog } from './service-log';
import { ServiceFailure, spawnService } from './spawn-service';
import type { Service, ServiceProcess } from './spawn-service';
import { temporalArguments } from './temporal-arguments';
import type { TemporalMode, TemporalSettings } from './temporal-arguments';
import { findTemporal } from './temporal-program';
import type { TemporalProgram } from './temporal-program';

const PORT_TRIES = 5;
const PORT_TAKEN = 'address already in use';
// What the module and the command line tool print when they answer.
const READY = /^\{"frontend":|Server:\s+\S+:\d+/;

export interface TemporalOptions {
  readonly mode: TemporalMode;
  readonly webUi: boolean;
  /** SQLite file to keep everything in; without it nothing outlives the server. */
  readonly dbFile?: string;
  /** Ports on 127.0.0.1; by default free ones. */
  readonly port?: number;
  readonly uiPort?: number;
  readonly logFile?: string;
  readonly log?: ServiceLog;
}

export interface RunningTemporal {
  /** `host:port` of the frontend. */
  readonly address: string;
  readonly webUiUrl: string | undefined;
  /** The process, where it was started here. */
  readonly process: ServiceProcess | undefined;
  stop(): Promise<void>;
}

async function chooseSettings(options: TemporalOptions): Promise<TemporalSettings> {
  return {
    mode: options.mode,
    dbFile: options.dbFile,
    port: options.port ?? (await freePort()),
    uiPort: options.webUi ? (options.uiPort ?? (await freePort())) : undefined,
  };
}

function launch(program: TemporalProgram, settings: TemporalSettings, logFile: string): Promise<Service<true>> {
  return spawnService({
    name: 'the Temporal server',
    command: program.command,
    args: temporalArguments(program, settings),
    logFile,
    readyLine: (line) => READY.test(line) || undefined,
    // In memory there is nothing to put in order.
    ending: settings.dbFile === undefined ? { signal: 'SIGKILL', graceMs: 0 } : { signal: 'SIGTERM', graceMs: 10_000 },
  });
}

async function launchOnFreePorts(
  program: TemporalProgram,
  options: TemporalOptions,
  logFile: string,
): Promise<{ service: Service<true>; settings: TemporalSettings }> {
  for (let attempt = 1; ; attempt += 1) {
    const settings = await chooseSettings(options);
    try {
      return { service: await launch(program, settings, logFile), settings };
    } catch (error) {
      const taken = error instanceof ServiceFailure && error.lastLines.includes(PORT_TAKEN);
      // A port that the caller insists on does not become free by asking again.
      if (!taken || options.port !== undefined || attempt === PORT_TRIES) throw error;
    }
  }
}

/**
 * Starts a Temporal server on 127.0.0.1 with the project's search attributes and dynamic configuration.
 * It never outlives this process.
 * @throws ServiceFailure when it does not come up
 */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const began = performance.now();
  const program = await findTemporal();
  if (!program) throw new Error('no Temporal server is there yet: run `node scripts/setup.mjs` first');
  const guard = processGuard();
  const temporary = guard.temporaryDirectory('settle-temporal-');
  try {
    const logFile = options.logFile ?? join(temporary, 'temporal.log');
    const { service, settings } = await launchOnFreePorts(program, options, logFile);
    const address = `127.0.0.1:${settings.port}`;
    options.log?.info(
      { address, program: program.kind, tookMs: Math.round(performance.now() - began) },
      'Temporal is up',
    );
    return {
      address,
      webUiUrl: settings.uiPort === undefined ? undefined : `http://127.0.0.1:${settings.uiPort}`,
      process: { name: 'Temporal', pid: service.pid, exited: service.exited },
      async stop() {
        await service.stop();
        guard.discard(temporary);
      },
    };
  } catch (error) {
    guard.discard(temporary);
    throw error;
  }
}
