import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isGone, readRunState, type RunState } from '../../operator/run-state';

/** Daily running as it is built, on a data directory of its own. */
export interface Daily {
  /** For commands on it: nothing of this process's services is named. */
  readonly env: NodeJS.ProcessEnv;
  readonly data: string;
  /** Runs `settle up` until it says that it is up, however often it has run before. */
  up(): Promise<RunningUp>;
  /** Ends whatever runs, and removes the data. */
  discard(): Promise<void>;
}

export interface RunningUp {
  readonly child: ChildProcess;
  readonly state: RunState;
  readonly output: () => string;
  /** Resolves with the exit code when it has ended. */
  readonly ended: Promise<number | null>;
}

export const BUILT_CLI = join(__dirname, '../../dist/operator/cli/main.js');
const UP_WITHIN_MS = 120_000;
const GONE_WITHIN_MS = 60_000;
const NAMED_SERVICES = ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'SETTLE_BANK_URL', 'npm_lifecycle_event'];

/** Polls until it is so, and says whether it came to be. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    if (await condition()) return true;
    await pause(50);
  }
  return condition();
}

export function createDaily(settings: NodeJS.ProcessEnv = {}): Daily {
  const parent = mkdtempSync(join(tmpdir(), 'settle-daily-'));
  // PostgreSQL's account must be able to enter, where tests run as root.
  chmodSync(parent, 0o755);
  const data = join(parent, '数据 data');
  mkdirSync(data);
  const env: NodeJS.ProcessEnv = { ...process.env, SETTLE_DATA: data, NO_COLOR: '1', ...settings };
  for (const name of NAMED_SERVICES) delete env[name];
  let last: ChildProcess | undefined;
  return {
    env,
    data,
    async up() {
      let output = '';
      const child = spawn(process.execPath, [BUILT_CLI, 'up', '--no-web-ui'], { env });
      last = child;
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (part: Buffer) => (output += part.toString()));
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      await until(() => output.includes('✓ Up') || child.exitCode !== null, UP_WITHIN_MS);
      if (!output.includes('✓ Up')) throw new Error(`settle up did not come up:\n${output}`);
      return { child, state: readRunState(data)!, output: () => output, ended };
    },
    async discard() {
      const services = readRunState(data)?.services ?? [];
      last?.kill('SIGTERM');
      await until(() => services.every(isGone), GONE_WITHIN_MS);
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
