import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../services/project-root';
import type { Service } from '../services/spawn-service';
import { spawnService } from '../services/spawn-service';

export interface BankSimulatorOptions {
  /** Keeps the bank's journal; the same directory again is the same bank. */
  dataDirectory: string;
  /** Of this start; that of the start before is kept beside it as `….previous`. */
  logFile: string;
  /** Scripted faults, shaped like a scenario's `bank:` entries; written to `faults.json` in the data directory. */
  faults?: readonly object[];
  /** Where it takes files and puts its answers, beside HTTP: see `watchDirectory`. */
  directory?: string;
  /** Off only for rehearsals, whose data nobody needs after a power failure. Default on. */
  fsync?: boolean;
  /** 0, the default, takes a free port. */
  port?: number;
  /** What Node is given to run; the compiled entry in `dist/` by default. */
  entry?: readonly string[];
}

export type BankSimulator = Service<{ url: string }>;

/** Starts the simulator as a process that lives at most as long as this one. `ready.url` is its base URL. @throws ServiceFailure */
export function startBankSimulator(options: BankSimulatorOptions): Promise<BankSimulator> {
  const { dataDirectory, logFile, directory, faults, fsync = true, port = 0 } = options;
  const entry = options.entry ?? [join(projectRoot(), 'dist', 'workers', 'bank-simulator', 'main.js')];
  const args = [...entry, '--data', dataDirectory, '--port', String(port)];
  if (faults !== undefined && faults.length > 0) {
    const faultsFile = join(dataDirectory, 'faults.json');
    writeFileSync(faultsFile, JSON.stringify(faults, undefined, 2));
    args.push('--faults', faultsFile);
  }
  if (directory !== undefined) args.push('--directory', directory);
  if (!fsync) args.push('--no-fsync');
  // A log of its own for every start: the ready line of an earlier one must not be taken for this one's.
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.previous`);
  return spawnService({
    name: 'the bank simulator',
    command: process.execPath,
    args: [...args, '--exit-on-stdin-close'],
    logFile,
    readyLine,
  });
}

function readyLine(line: string): { url: string } | undefined {
  const url = /^\{"url":"(http:[^"]+)"\}$/.exec(line)?.[1];
  return url === undefined ? undefined : { url };
}
