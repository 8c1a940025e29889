import { join } from 'node:path';
import { projectRoot } from './services/project-root';
import { spawnService, type Service } from './services/spawn-service';

/** Lets a worker end with the process that started it, also when that one's guard was killed with it. */
export const EXIT_ON_STDIN_CLOSE = '--exit-on-stdin-close';

export interface WorkerProcessOptions {
  /** As the application role. */
  databaseUrl: string;
  bankUrl: string;
  temporalAddress: string;
  namespace: string;
  logFile: string;
  logLevel?: string;
}

/** Starts the worker as a process that lives at most as long as this one, and waits until it polls. @throws ServiceFailure */
export function spawnWorker(options: WorkerProcessOptions): Promise<Service<true>> {
  return spawnService({
    name: 'the worker',
    command: process.execPath,
    args: [join(projectRoot(), 'dist', 'workers', 'main.js'), EXIT_ON_STDIN_CLOSE],
    env: {
      ...process.env,
      SETTLE_DATABASE_URL: options.databaseUrl,
      SETTLE_BANK_URL: options.bankUrl,
      // Where it was named so, the URL is that of the directory.
      SETTLE_BANK_DIRECTORY: '',
      TEMPORAL_ADDRESS: options.temporalAddress,
      TEMPORAL_NAMESPACE: options.namespace,
      SETTLE_LOG_LEVEL: process.env.SETTLE_LOG_LEVEL ?? options.logLevel ?? 'info',
    },
    logFile: options.logFile,
    readyLine: (line) => (line === '{"worker":"ready"}' ? true : undefined),
    ending: { signal: 'SIGTERM', graceMs: 15_000 },
  });
}
