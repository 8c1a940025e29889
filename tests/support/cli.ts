import type { RehearsalResult, RehearseOptions } from '../../rehearsal/rehearse';
import { Refusal } from '../../domain/refusal';
import { runCli } from '../../operator/cli/program';
import type { Running } from '../../operator/cli/running';

export interface CliRun {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface CliRunOptions {
  env?: NodeJS.ProcessEnv;
  rehearse?: (options: RehearseOptions) => Promise<RehearsalResult>;
  stop?: AbortSignal;
  /** The running system; without one, nothing runs. */
  running?: Omit<Running, 'close'>;
}

/** Runs a command line in this process, with memory for its output and nothing of this process's environment. */
export async function cli(argv: readonly string[], options: CliRunOptions = {}): Promise<CliRun> {
  const run: CliRun = { exitCode: -1, stdout: '', stderr: '' };
  run.exitCode = await runCli(argv, {
    stdout: { write: (text) => void (run.stdout += text) },
    stderr: { write: (text) => void (run.stderr += text) },
    env: options.env ?? {},
    connect: async () => {
      if (options.running) return { ...options.running, close: async () => undefined };
      throw new Refusal('NotRunning', 'nothing runs in this test');
    },
    stop: options.stop ?? new AbortController().signal,
    rehearse: options.rehearse ?? (() => Promise.reject(new Error('no rehearsal in this test'))),
  });
  return run;
}

/** What a run with `--json` printed on standard output. */
export function dataOf(run: CliRun): unknown {
  return JSON.parse(run.stdout) as unknown;
}

/** The failure that a run with `--json` printed on standard error. */
export function failureOf(run: CliRun): { error: Record<string, unknown> } {
  return JSON.parse(run.stderr) as { error: Record<string, unknown> };
}
