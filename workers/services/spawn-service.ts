import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { processGuard } from './guard';
import type { Ending } from './guard';

const POLL_MS = 10;
const READY_WITHIN_MS = 30_000;
const LAST_LINES = 15;
const DEFAULT_ENDING: Ending = { signal: 'SIGTERM', graceMs: 5_000 };

export interface ServiceSpec<Ready> {
  /** For messages: "the bank simulator". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Both standard output and standard error are appended to this file. */
  readonly logFile: string;
  /** Recognises the line that says the service is up; what it returns (not undefined) becomes `ready`. */
  readonly readyLine: (line: string) => Ready | undefined;
  readonly readyWithinMs?: number;
  readonly ending?: Ending;
}

export interface Service<Ready> {
  readonly pid: number;
  readonly ready: Ready;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends the process: politely, and hard when it does not listen. Does nothing when it has ended. */
  stop(): Promise<void>;
}

/** What somebody who looks after a service needs to know of its process. */
export interface ServiceProcess {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<void>;
}

/** The service ended, or did not come up in time. The message ends with the last lines of its log. */
export class ServiceFailure extends Error {
  constructor(
    what: string,
    readonly logFile: string,
    readonly lastLines: string,
  ) {
    super(lastLines === '' ? `${what} (it wrote nothing to its log)` : `${what}; the end of its log:\n${lastLines}`);
    this.name = 'ServiceFailure';
  }
}

/** What a log file got since this start: an earlier one may have written to it, its ready line included. */
function readLog(logFile: string, fromByte: number): string {
  return readFileSync(logFile).subarray(fromByte).toString('utf8');
}

function failure(what: string, logFile: string, fromByte: number): ServiceFailure {
  const lines = readLog(logFile, fromByte).trimEnd().split('\n');
  return new ServiceFailure(what, logFile, lines.slice(-LAST_LINES).join('\n'));
}

/** Reads a log that grows, and offers each complete line once. */
function lineReader(logFile: string, fromByte: number): () => string[] {
  let seen = 0;
  return () => {
    const text = readLog(logFile, fromByte).slice(seen);
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    seen += complete.length;
    return complete.split('\n');
  };
}

async function untilReady<Ready>(spec: ServiceSpec<Ready>, child: ChildProcess, fromByte: number): Promise<Ready> {
  const withinMs = spec.readyWithinMs ?? READY_WITHIN_MS;
  const deadline = performance.now() + withinMs;
  const newLines = lineReader(spec.logFile, fromByte);
  while (performance.now() < deadline) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    for (const line of newLines()) {
      const ready = spec.readyLine(line);
      if (ready !== undefined) return ready;
    }
    if (ended)
      throw failure(
        `${spec.name} ended before it was up (${child.signalCode ?? child.exitCode})`,
        spec.logFile,
        fromByte,
      );
    await pause(POLL_MS);
  }
  throw failure(`${spec.name} was not up within ${withinMs / 1000} s`, spec.logFile, fromByte);
}

async function endProcess(child: ChildProcess, exited: Promise<void>, ending: Ending): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // Until now it did not keep this process alive; the wait for its end must.
  child.ref();
  child.kill(ending.signal);
  const patience = new AbortController();
  const late = pause(ending.graceMs, true, { signal: patience.signal }).catch(() => false);
  if (await Promise.race([exited.then(() => false), late])) child.kill('SIGKILL');
  patience.abort();
  await exited;
}

/**
 * Starts a process that lives at most as long as this one, and waits until it says that it is up.
 * It gets a session of its own, so that Ctrl-C reaches only this process, which then stops things in order.
 * @throws ServiceFailure when it ends early or takes too long
 */
export async function spawnService<Ready>(spec: ServiceSpec<Ready>): Promise<Service<Ready>> {
  const ending = spec.ending ?? DEFAULT_ENDING;
  const log = openSync(spec.logFile, 'a', 0o600);
  const fromByte = fstatSync(log).size;
  const child = spawn(spec.command, spec.args, {
    detached: true,
    // Standard input is never written to; its end is a second sign, beside the guard's, that this process is gone.
    stdio: ['pipe', log, log],
    env: spec.env ?? process.env,
    ...(spec.cwd !== undefined && { cwd: spec.cwd }),
    ...(spec.uid !== undefined && { uid: spec.uid }),
    ...(spec.gid !== undefined && { gid: spec.gid }),
  });
  closeSync(log);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  try {
    // Rejects when the command cannot be run at all.
    await once(child, 'spawn');
  } catch (error) {
    throw new Error(`${spec.name} cannot be started: ${spec.command}`, { cause: error });
  }
  processGuard().watch(child, ending);
  child.unref();
  (child.stdin as Socket).on('error', () => undefined).unref();
  const stop = (): Promise<void> => endProcess(child, exited, ending);
  try {
    const ready = await untilReady(spec, child, fromByte);
    return { pid: child.pid as number, ready, exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
