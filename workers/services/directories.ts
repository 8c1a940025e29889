import { chownSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedToOthers, postgresUser } from './service-user';

const SHARED_TEMPORARY_DIRECTORY = '/tmp';

function cachePath(): string {
  const { SETTLE_CACHE: chosen, XDG_CACHE_HOME: caches } = process.env;
  if (chosen) return chosen;
  // Not under root's home, which PostgreSQL's account could not enter.
  if (process.getuid?.() === 0) return '/var/cache/settle';
  return join(caches || join(homedir(), '.cache'), 'settle');
}

/** Runs `make` so that every account may read what it makes, whatever the umask. */
export function readableByAll<Made>(make: () => Made): Made {
  const umask = process.umask(0o022);
  try {
    return make();
  } finally {
    process.umask(umask);
  }
}

/**
 * Directory that keeps what is expensive to make (binaries, the database template) between runs and clones.
 * `SETTLE_CACHE` overrides it.
 */
export function cacheDirectory(): string {
  const directory = cachePath();
  try {
    readableByAll(() => mkdirSync(directory, { recursive: true }));
  } catch (error) {
    throw new Error(`cannot write the cache ${directory}: set SETTLE_CACHE to a directory that can be written`, {
      cause: error,
    });
  }
  const closed = postgresUser() && closedToOthers(directory);
  if (closed) {
    throw new Error(
      `PostgreSQL's account cannot enter ${closed}: set SETTLE_CACHE to a directory that every account may enter`,
    );
  }
  return directory;
}

/** A new temporary directory, owned by the account that PostgreSQL runs as. */
export function temporaryDirectory(prefix: string): string {
  const user = postgresUser();
  const parent = user && closedToOthers(tmpdir()) ? SHARED_TEMPORARY_DIRECTORY : tmpdir();
  const directory = mkdtempSync(join(parent, prefix));
  if (user) chownSync(directory, user.uid, user.gid);
  return directory;
}

/**
 * Makes `target` by filling a directory beside it and renaming that, so nobody ever sees half of it. When
 * two processes do so at once the first wins and the other takes its result.
 */
export async function fillOnce(target: string, fill: (directory: string) => Promise<void>): Promise<void> {
  const partial = mkdtempSync(`${target}.partial-`);
  try {
    await fill(partial);
    renameSync(partial, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
