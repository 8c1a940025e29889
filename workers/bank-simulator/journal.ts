import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** An append-only file of JSON lines: the simulator's only storage. One line is one fact, there whole or not at all. */
export interface Journal {
  /** Returns when the line is on the disk (without `fsync`: handed to the system, which a kill of the process survives). */
  append(record: unknown): void;
  close(): void;
}

/**
 * Opens or creates the journal, gives every record to `replay`, and cuts a last line that a crash left torn.
 *
 * @throws Error when a line before the last is damaged: that is no crash, and the simulator does not guess.
 */
export function openJournal(file: string, options: { fsync: boolean }, replay: (record: unknown) => void): Journal {
  mkdirSync(dirname(file), { recursive: true });
  const existed = existsSync(file);
  const content = existed ? readFileSync(file) : Buffer.alloc(0);
  const whole = content.lastIndexOf(0x0a) + 1;
  const lines = content.subarray(0, whole).toString('utf8').split('\n');
  lines.pop();
  lines.forEach((line, index) => {
    try {
      replay(JSON.parse(line));
    } catch (error) {
      throw new Error(`${file} line ${index + 1} is damaged: ${(error as Error).message}`, { cause: error });
    }
  });

  const handle = openSync(file, existed ? 'r+' : 'w+');
  ftruncateSync(handle, whole);
  let position = whole;
  return {
    append(record) {
      const bytes = Buffer.from(`${JSON.stringify(record)}\n`, 'utf8');
      for (let written = 0; written < bytes.length;)
        written += writeSync(handle, bytes, written, bytes.length - written, position + written);
      position += bytes.length;
      if (options.fsync) fsyncSync(handle);
    },
    close() {
      closeSync(handle);
    },
  };
}
