import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { bankUrlOf, createBank } from '../activities/bank/bank-address';
import { messageLimits } from '../activities/bank/message-limits';
import { connect } from '../db/connect';
import { applicationUrl } from '../db/roles';
import { createLogger } from './logging';
import { projectRoot } from './services/project-root';
import { temporalAddress } from './temporal-connection';
import { installTemporalLogger } from './temporal-logger';
import { EXIT_ON_STDIN_CLOSE } from './spawn-worker';
import { createWorker, DATABASE_POOL } from './worker';

const BANK_TIMEOUT_MS = 15_000;
/** Its Temporal server has gone with whoever started it: a shutdown in order would wait for answers that do not come. */
const ORPHANED_ENDS_WITHIN_MS = 5_000;

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set`);
  return value;
}

function bankUrl(): string {
  const url = bankUrlOf(process.env);
  if (url === undefined) throw new Error('neither SETTLE_BANK_URL nor SETTLE_BANK_DIRECTORY is set');
  return url;
}

/** As the application role, whose URL follows from the owner's where only that is named. */
function databaseUrl(): string {
  return process.env.SETTLE_DATABASE_URL || applicationUrl(required('DATABASE_URL'));
}

/**
 * The worker as a process of its own: it takes its addresses from the environment, says `{"worker":"ready"}` on standard
 * output when it polls, and on SIGTERM or SIGINT lets running steps end. With `--exit-on-stdin-close` the end of its standard
 * input is such a sign too: whoever started it is gone.
 */
async function main(): Promise<void> {
  const log = createLogger('worker');
  installTemporalLogger(log);
  const db = connect(databaseUrl(), { poolSize: DATABASE_POOL, applicationName: 'settle-worker' });
  const connection = await NativeConnection.connect(temporalAddress(required('TEMPORAL_ADDRESS'), process.env));
  const worker = await createWorker({
    connection,
    namespace: process.env.TEMPORAL_NAMESPACE || 'settle',
    bundle: { codePath: join(projectRoot(), 'dist', 'workflow-bundle.js') },
    db,
    bank: createBank({
      url: bankUrl(),
      timeoutMs: BANK_TIMEOUT_MS,
      limits: messageLimits(process.env),
      log,
    }),
    log,
  });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    worker.shutdown();
  };
  const orphaned = (): void => {
    stop();
    setTimeout(() => process.exit(1), ORPHANED_ENDS_WITHIN_MS).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (process.argv.includes(EXIT_ON_STDIN_CLOSE))
    // Watched, but no reason to live on.
    process.stdin.on('end', orphaned).on('error', orphaned).resume().unref();
  const running = worker.run();
  process.stdout.write('{"worker":"ready"}\n');
  try {
    await running;
  } finally {
    await connection.close();
    await db.destroy();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
