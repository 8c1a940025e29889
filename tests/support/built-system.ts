import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isGone, readRunState, type RunState } from '../../operator/run-state';
import type { CliRun } from './cli';

const MAIN = join(__dirname, '../../dist/operator/cli/main.js');
const UP_WITHIN_MS = 90_000;
const GONE_WITHIN_MS = 40_000;
/** Of the environment of whoever runs the tests, nothing that names services. */
const OURS = ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'SETTLE_BANK_URL', 'SETTLE_PERSON', 'npm_lifecycle_event'];

/** The built command line on a data directory of its own, and the system that it starts there. */
export interface BuiltSystem {
  readonly directory: string;
  /** One command line, as a process of its own. */
  settle(argv: readonly string[], env?: NodeJS.ProcessEnv): CliRun;
  /** Starts `settle up` with these options and waits until it is up; gives what it said. */
  up(argv?: readonly string[]): Promise<string>;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
  state(): RunState;
  /** Ends what runs and removes the directory. */
  remove(): Promise<void>;
}

export function createBuiltSystem(name: string): BuiltSystem {
  const directory = mkdtempSync(join(tmpdir(), `settle-${name}-`));
  // PostgreSQL's account must be able to enter, where tests run as root.
  chmodSync(directory, 0o755);
  const data = join(directory, 'data');
  mkdirSync(data);
  const env: NodeJS.ProcessEnv = { ...process.env, SETTLE_DATA: data, NO_COLOR: '1' };
  for (const each of OURS) delete env[each];
  let running: ChildProcess | undefined;

  async function stop(): Promise<void> {
    const services = readRunState(data)?.services ?? [];
    const child = running;
    running = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    await ended;
    const deadline = performance.now() + GONE_WITHIN_MS;
    while (!services.every(isGone) && performance.now() < deadline) await pause(50);
  }

  return {
    directory,
    stop,
    settle(argv, more = {}) {
      const run = spawnSync(process.execPath, [MAIN, ...argv], { env: { ...env, ...more }, encoding: 'utf8' });
      return { exitCode: run.status ?? -1, stdout: run.stdout, stderr: run.stderr };
    },
    async up(argv = []) {
      let output = '';
      const child = spawn(process.execPath, [MAIN, 'up', '--no-web-ui', ...argv], { env });
      running = child;
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (part: Buffer) => (output += part.toString()));
      const deadline = performance.now() + UP_WITHIN_MS;
      while (!output.includes('✓ Up') && child.exitCode === null && performance.now() < deadline) await pause(50);
      if (!output.includes('✓ Up')) throw new Error(`settle up did not come up:\n${output}`);
      return output;
    },
    state: () => readRunState(data)!,
    async remove() {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
