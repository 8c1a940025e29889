import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const RunStateFile = z.object({
  /** Of `settle up`. */
  pid: z.int().positive(),
  startedAt: z.string(),
  /** As the owner, who may change the schema and the registers. */
  ownerUrl: z.string(),
  appUrl: z.string(),
  temporalAddress: z.string(),
  namespace: z.string(),
  bankUrl: z.string(),
  webUiUrl: z.string().optional(),
  /** Whether the business clock may be moved. */
  developmentClock: z.boolean(),
  services: z.array(z.object({ name: z.string(), pid: z.int().positive() })),
});
/** Where the services of a running `settle up` are. */
export type RunState = z.infer<typeof RunStateFile>;

const fileOf = (dataDirectory: string): string => join(dataDirectory, 'run.json');

/** Whether a process of this id lives, whoever it belongs to. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What a `settle up` on this data directory wrote that still lives; what a killed one left behind counts as nothing. */
export function readRunState(dataDirectory: string): RunState | undefined {
  let text: string;
  try {
    text = readFileSync(fileOf(dataDirectory), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const state = RunStateFile.parse(JSON.parse(text));
  return isAlive(state.pid) ? state : undefined;
}

/** Written whole or not at all, readable by its owner only: it holds passwords. */
export function writeRunState(dataDirectory: string, state: RunState): void {
  const partial = `${fileOf(dataDirectory)}.partial`;
  writeFileSync(partial, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(partial, fileOf(dataDirectory));
}

export function removeRunState(dataDirectory: string): void {
  rmSync(fileOf(dataDirectory), { force: true });
}
