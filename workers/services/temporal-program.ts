import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from './directories';
import { projectRoot } from './project-root';

const run = promisify(execFile);

// The first version with virtual clocks for workflow executions.
const OLDEST_SERVER = [1, 32] as const;
const VERSION_WITHIN_MS = 10_000;
const HASH_LENGTH = 16;
const BUILT_PREFIX = 'temporal-server-';
const UNUSED_FOR_MS = 30 * 24 * 60 * 60 * 1_000;

/** A program that is a Temporal server: Temporal's own command line tool, or the module in `temporal-config/server`. */
export interface TemporalProgram {
  readonly kind: 'cli' | 'module';
  readonly command: string;
}

/** Where the set-up puts a Temporal server that it downloads or builds. */
export interface TemporalPlaces {
  readonly cache: string;
  readonly downloaded: string;
  readonly built: string;
  readonly sources: string;
}

interface KnownVersion {
  readonly file: string;
  readonly mtimeMs: number;
  readonly size: number;
  readonly server: string;
}

function hashOfSources(directory: string): string {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\0`);
  const names = readdirSync(directory).filter((name) => /(?<!_test)\.go$|^go\.(mod|sum)$/.test(name));
  for (const name of names.sort())
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(directory, name)));
  return hash.digest('hex').slice(0, HASH_LENGTH);
}

/** The module's binary is named by the hash of its sources, which include the Go version it asks for. */
export function temporalPlaces(): TemporalPlaces {
  const cache = cacheDirectory();
  const sources = join(projectRoot(), 'temporal-config', 'server');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    cache,
    sources,
    downloaded: join(cache, 'temporal-cli', `temporal${suffix}`),
    built: join(cache, `${BUILT_PREFIX}${hashOfSources(sources)}`, `temporal-server${suffix}`),
  };
}

/** Whether `temporal --version` tells of a server that is new enough. */
export function isNewEnough(versionText: string): boolean {
  const found = /Server (\d+)\.(\d+)/.exec(versionText);
  if (!found) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1]);
}

async function askVersion(file: string): Promise<string> {
  try {
    return (await run(file, ['--version'], { timeout: VERSION_WITHIN_MS })).stdout;
  } catch {
    // Something else by that name: no server for us.
    return '';
  }
}

// Remembered, since asking takes longer than everything else that a set-up with nothing to do does.
async function versionText(file: string, cache: string): Promise<string> {
  const { mtimeMs, size } = statSync(file);
  const note = join(cache, 'temporal-on-path.json');
  if (existsSync(note)) {
    const known = JSON.parse(readFileSync(note, 'utf8')) as KnownVersion;
    if (known.file === file && known.mtimeMs === mtimeMs && known.size === size) return known.server;
  }
  const server = await askVersion(file);
  writeFileSync(note, JSON.stringify({ file, mtimeMs, size, server } satisfies KnownVersion));
  return server;
}

function onPath(name: string): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  return directories.map((directory) => join(directory, name)).find((file) => existsSync(file));
}

/** The Temporal server to start: one on PATH, else the one that the set-up downloaded or built. */
export async function findTemporal(): Promise<TemporalProgram | undefined> {
  const places = temporalPlaces();
  const installed = onPath('temporal');
  if (installed !== undefined && isNewEnough(await versionText(installed, places.cache))) {
    return { kind: 'cli', command: installed };
  }
  if (existsSync(places.downloaded)) return { kind: 'cli', command: places.downloaded };
  if (existsSync(places.built)) {
    noteUse(dirname(places.built));
    return { kind: 'module', command: places.built };
  }
  return undefined;
}

/** The time of a built server's directory says when it was last asked for. */
function noteUse(directory: string): void {
  try {
    const now = new Date();
    utimesSync(directory, now, now);
  } catch {
    // Another account's cache: then that account's use counts, and what is read of the program.
  }
}

/** When somebody used it last: by the note, or by the system's own where an older version of the project takes none. */
function lastUsedMs(directory: string): number {
  const programs = readdirSync(directory).map((name) => statSync(join(directory, name)));
  return Math.max(statSync(directory).mtimeMs, ...programs.flatMap(({ atimeMs, mtimeMs }) => [atimeMs, mtimeMs]));
}

/**
 * Removes servers that were built for other versions of the project, and halves of such, which nobody on this machine has used
 * for 30 days: other clones share the cache. Gives their names.
 */
export function pruneBuiltServers({ cache, built }: Pick<TemporalPlaces, 'cache' | 'built'>, nowMs: number): string[] {
  const current = basename(dirname(built));
  const others = readdirSync(cache).filter((name) => name.startsWith(BUILT_PREFIX) && name !== current);
  return others.filter((name) => {
    const directory = join(cache, name);
    try {
      if (nowMs - lastUsedMs(directory) < UNUSED_FOR_MS) return false;
      rmSync(directory, { recursive: true, force: true });
      return true;
    } catch {
      // Another account's, or gone meanwhile: no reason for a set-up to fail.
      return false;
    }
  });
}
