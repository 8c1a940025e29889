import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { Refusal } from '../domain/refusal';

const Process = z.object({
  name: z.string(),
  pid: z.int().positive(),
  /** Tells the process from a later one of the same id. */
  mark: z.string(),
});

const RunStateFile = z.object({
  /** Of `settle up`. */
  up: Process,
  startedAt: z.string(),
  /** As the owner, who may change the schema and the registers. */
  ownerUrl: z.string(),
  appUrl: z.string(),
  temporalAddress: z.string(),
  namespace: z.string(),
  bankUrl: z.string(),
  /** Whether the bank is the simulator. */
  simulatedBank: z.boolean(),
  /** Where the simulator takes accounts and incoming money. */
  simulatorUrl: z.string().optional(),
  webUiUrl: z.string().optional(),
  services: z.array(Process),
});
/** Where the services of a running `settle up` are. */
export type RunState = z.infer<typeof RunStateFile>;
export type ProcessMark = z.infer<typeof Process>;

const stateFile = (dataDirectory: string): string => join(dataDirectory, 'run.json');
const lockFile = (dataDirectory: string): string => join(dataDirectory, 'up.lock');

/** Where the system does not tell when a process began. */
const UNKNOWN_MARK = 'unknown';

interface Seen {
  /** When the process began, in the kernel's ticks, where the system tells. */
  mark: string;
  /** It has ended, and nobody has asked for its exit code yet. */
  zombie: boolean;
}

function look(pid: number): Seen | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { mark: fields[18] ?? UNKNOWN_MARK, zombie: state === 'Z' };
  } catch {
    return { mark: UNKNOWN_MARK, zombie: false };
  }
}

/** A process of this moment, so that it can be told from a later one of the same id, after a reboot for example. */
export function markProcess(name: string, pid: number): ProcessMark {
  return { name, pid, mark: look(pid)?.mark ?? 'ended' };
}

/** Whether this very process still lives. */
export function lives({ pid, mark }: ProcessMark): boolean {
  const seen = look(pid);
  return seen?.mark === mark && !seen.zombie;
}

/** Whether nothing is left of it, not even its id: PostgreSQL does not start while its predecessor's id is taken. */
export function isGone({ pid, mark }: ProcessMark): boolean {
  return look(pid)?.mark !== mark;
}

/** PostgreSQL ends its sessions and writes a checkpoint on SIGINT; on SIGTERM it waits for its clients. */
const ASKED_TO_END_BY: Readonly<Record<string, NodeJS.Signals>> = { PostgreSQL: 'SIGINT' };

/**
 * Asks a process of an earlier start to end, where that start and its guard were killed together. Only where the system tells
 * that it is this very process and no later one of the same id.
 */
export function askToEnd(left: ProcessMark): void {
  const seen = look(left.pid);
  if (seen?.mark !== left.mark || seen.mark === UNKNOWN_MARK || seen.zombie) return;
  try {
    process.kill(left.pid, ASKED_TO_END_BY[left.name] ?? 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What the last `settle up` on this data directory wrote, whether it lives or was killed. */
function lastRunState(dataDirectory: string): RunState | undefined {
  const text = readOptional(stateFile(dataDirectory));
  return text === undefined ? undefined : RunStateFile.parse(JSON.parse(text));
}

/** The services of the last `settle up` on this data directory; none of them is left where it ran before the machine's last boot. */
export function servicesOfLastRun(dataDirectory: string): readonly ProcessMark[] {
  const state = lastRunState(dataDirectory);
  const bootedAt = Date.now() - uptime() * 1_000;
  return state && Date.parse(state.startedAt) >= bootedAt ? state.services : [];
}

/** The state of a `settle up` that lives; what a killed one left behind counts as nothing. */
export function readRunState(dataDirectory: string): RunState | undefined {
  const state = lastRunState(dataDirectory);
  return state && lives(state.up) ? state : undefined;
}

/** Written whole or not at all, readable by its owner only: it holds passwords. */
export function writeRunState(dataDirectory: string, state: RunState): void {
  const partial = `${stateFile(dataDirectory)}.partial`;
  writeFileSync(partial, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(partial, stateFile(dataDirectory));
}

/**
 * Takes the data directory for this process; the function that is returned gives it back.
 * @throws Refusal `AlreadyRunning` when another `settle up` that lives has it
 */
export function lockDataDirectory(dataDirectory: string): () => void {
  const file = lockFile(dataDirectory);
  const own = JSON.stringify(markProcess('settle up', process.pid));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(file, own, { flag: 'wx', mode: 0o600 });
      return () => {
        rmSync(stateFile(dataDirectory), { force: true });
        rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Process.safeParse(parsed(readOptional(file)));
    if (holder.success && lives(holder.data))
      throw new Refusal(
        'AlreadyRunning',
        `process ${holder.data.pid} runs the engine on the data directory ${dataDirectory}`,
        { dataDirectory, pid: holder.data.pid },
      );
    rmSync(file, { force: true });
  }
  throw new Refusal('AlreadyRunning', `another start is taking the data directory ${dataDirectory}`, { dataDirectory });
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '') as unknown;
  } catch {
    // Half of it, from a process that was killed while it wrote.
    return undefined;
  }
}
