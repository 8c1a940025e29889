import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './directories';
import { projectRoot } from './project-root';

/** How a child process is ended. */
export interface Ending {
  readonly signal: NodeJS.Signals;
  readonly graceMs: number;
}

/**
 * Makes sure that nothing outlives this process: a second process, in a session of its own, learns of every
 * child, temporary directory and database, and clears them away as soon as this one is gone, even after SIGKILL.
 */
export interface Guard {
  /** Registers a child; it is forgotten again when it ends. */
  watch(child: ChildProcess, ending: Ending): void;
  /** A new directory that goes when this process does. */
  temporaryDirectory(prefix: string): string;
  /** Removes such a directory at once. */
  discard(directory: string): void;
  /** Runs statements on a server when this process is gone; not any more once the function it gives is called. */
  dropDatabase(url: string, statements: readonly string[]): () => void;
}

function startGuard(): Guard {
  const process_ = spawn(process.execPath, [join(projectRoot(), 'scripts', 'guard.mjs')], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const { stdin } = process_;
  // The guard must not keep this process alive. If it is killed, its pipe breaks; then there is nothing to tell it.
  process_.unref();
  (stdin as unknown as { unref(): void }).unref();
  process_.on('error', () => undefined);
  stdin.on('error', () => undefined);
  const tell = (message: object): void => {
    stdin.write(`${JSON.stringify(message)}\n`);
  };
  return {
    watch(child, ending) {
      const { pid } = child;
      if (pid === undefined) return;
      tell({ add: pid, ...ending });
      child.once('exit', () => tell({ remove: pid }));
    },
    temporaryDirectory(prefix) {
      const directory = temporaryDirectory(prefix);
      tell({ discard: directory });
      return directory;
    },
    discard(directory) {
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
      tell({ keep: directory });
    },
    dropDatabase(url, statements) {
      const id = randomUUID();
      tell({ drop: id, url, statements });
      return () => tell({ dropped: id });
    },
  };
}

let shared: Guard | undefined;

/** The guard of this process, started when it is first needed. */
export function processGuard(): Guard {
  shared ??= startGuard();
  return shared;
}
