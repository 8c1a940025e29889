import { Interrupted } from './interrupted';
import { runCli } from './program';

/** What a command started ends within this time of a Ctrl-C, or with the process, as it does at a second Ctrl-C. */
const STOP_WITHIN_MS = 10_000;
/** `up` lets running steps end and PostgreSQL write its checkpoint, which is the sum of what its services are given. */
const UP_STOPS_WITHIN_MS = 60_000;
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** npm runs scripts in the project's folder; paths are meant from where the person typed. */
function goToCaller(): void {
  const { npm_lifecycle_event: script, INIT_CWD: caller } = process.env;
  if (caller === undefined || (script !== 'settle' && script !== 'start')) return;
  try {
    process.chdir(caller);
  } catch {
    // The folder is gone or closed to this user: paths are read from the project's folder then.
  }
}

/** Aborted when the process is asked to end; the command stops what it started and returns. */
function stopSignal(command: string | undefined): AbortSignal {
  const controller = new AbortController();
  const stopWithinMs = command === 'up' ? UP_STOPS_WITHIN_MS : STOP_WITHIN_MS;
  for (const [name, number] of Object.entries(SIGNAL_NUMBERS)) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + number);
      controller.abort(new Interrupted(128 + number));
      setTimeout(() => process.exit(128 + number), stopWithinMs).unref();
    });
  }
  return controller.signal;
}

/** A reader that has seen enough (`| head`) is no failure: the rest is not written, the exit code stays the command's. */
function endQuietlyWithoutReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write('', () => resolve()));

async function main(): Promise<void> {
  endQuietlyWithoutReader(process.stdout);
  endQuietlyWithoutReader(process.stderr);
  goToCaller();
  const { stdout, stderr, env } = process;
  const exitCode = await runCli(process.argv.slice(2), {
    stdout,
    stderr,
    env,
    stop: stopSignal(process.argv[2]),
    // Loaded when it is needed: it brings Temporal's client along, which no other command uses.
    connect: async (services) => (await import('../connection.js')).connectRunning(services),
    rehearse: async (options) => (await import('../../rehearsal/rehearse.js')).rehearse(options),
  });
  await Promise.all([flushed(stdout), flushed(stderr)]);
  // Nothing that a library still holds open keeps a finished command waiting.
  process.exit(exitCode);
}

void main();
