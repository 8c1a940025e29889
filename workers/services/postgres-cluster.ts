import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, fillOnce } from './directories';
import { closedToOthers, postgresUser } from './service-user';

const run = promisify(execFile);

const SUPERUSER = 'postgres';
// Kept inside the data directory, which PostgreSQL itself guards with mode 700.
const PASSWORD_FILE = 'settle-password';
// Raise when the way in which clusters are initialised changes: older templates are then left alone.
const TEMPLATE_VERSION = 1;

/** Environment for PostgreSQL's programs: nothing of ours, such as DATABASE_URL, reaches them. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/** What to add to a spawn, so that the process runs as PostgreSQL's account. */
export function asPostgresUser(): { uid?: number; gid?: number } {
  const user = postgresUser();
  return user ? { uid: user.uid, gid: user.gid } : {};
}

function handOver(path: string): void {
  const user = postgresUser();
  if (user) chownSync(path, user.uid, user.gid);
}

async function initialise(binaries: string, directory: string, durable: boolean): Promise<void> {
  const password = randomBytes(18).toString('base64url');
  const work = mkdtempSync(join(dirname(directory), '.initdb-'));
  try {
    handOver(work);
    const passwordFile = join(work, 'password');
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    handOver(passwordFile);
    const options = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', `--username=${SUPERUSER}`];
    await run(
      join(binaries, 'bin', 'initdb'),
      [`--pgdata=${directory}`, `--pwfile=${passwordFile}`, ...options, ...(durable ? [] : ['--no-sync'])],
      { env: postgresEnvironment(), cwd: work, ...asPostgresUser() },
    );
    const kept = join(directory, PASSWORD_FILE);
    writeFileSync(kept, password, { mode: 0o600 });
    handOver(kept);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** An initialised cluster to copy: initdb takes over a second, the copy a few hundredths. */
export async function clusterTemplate(binaries: string): Promise<string> {
  const user = postgresUser()?.name ?? 'self';
  const holder = join(cacheDirectory(), `${basename(binaries)}-template-${TEMPLATE_VERSION}-${user}`);
  const template = join(holder, 'data');
  if (!existsSync(holder)) {
    await fillOnce(holder, async (directory) => {
      handOver(directory);
      await initialise(binaries, join(directory, 'data'), false);
    });
  }
  return template;
}

/** Fills an ephemeral data directory from the template. */
export async function copyTemplate(binaries: string, dataDirectory: string): Promise<void> {
  const template = await clusterTemplate(binaries);
  // cp shares the blocks where the file system can, and keeps owners and modes.
  await run('cp', ['-a', ...(process.platform === 'linux' ? ['--reflink=auto'] : []), template, dataDirectory]);
}

/** Initialises a durable data directory unless it is one already. */
export async function ensureCluster(binaries: string, dataDirectory: string): Promise<void> {
  if (existsSync(join(dataDirectory, 'PG_VERSION'))) return;
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  handOver(dataDirectory);
  const closed = postgresUser() && closedToOthers(dirname(dataDirectory));
  if (closed) throw new Error(`PostgreSQL's account cannot enter ${closed}, where its data is to be kept`);
  await initialise(binaries, dataDirectory, true);
}

/** Connection URL of the cluster's superuser. */
export function superuserUrl(dataDirectory: string, port: number): string {
  const password = readFileSync(join(dataDirectory, PASSWORD_FILE), 'utf8');
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
}
