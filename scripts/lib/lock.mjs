import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { say } from './progress.mjs';

const POLL_MS = 200;
const TOUCH_MS = 5_000;
// Only judges holders on other hosts that share the directory; on this host the process itself is asked.
const STALE_MS = 60_000;
const LIMIT_MS = 30 * 60_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function isStale(path) {
  try {
    const { mtimeMs } = statSync(path);
    const [host, pid] = readFileSync(join(path, 'holder'), 'utf8').split('\n');
    if (host === hostname()) return !isAlive(Number(pid));
    return Date.now() - mtimeMs > STALE_MS;
  } catch {
    // Released in the meantime, or taken a moment ago and not signed yet: look again.
    return false;
  }
}

function take(path) {
  // Signed before it becomes visible, and renaming onto a lock that is held fails since it is not empty.
  const signed = `${path}.${process.pid}`;
  mkdirSync(signed, { recursive: true });
  writeFileSync(join(signed, 'holder'), `${hostname()}\n${process.pid}\n`);
  try {
    renameSync(signed, path);
    return true;
  } catch {
    rmSync(signed, { recursive: true, force: true });
    return false;
  }
}

/** Runs `work` while nobody else holds the lock at `path`. A lock whose holder died is taken over. */
export async function withLock(path, waitingFor, work) {
  mkdirSync(dirname(path), { recursive: true });
  const deadline = performance.now() + LIMIT_MS;
  for (let waited = false; !take(path); waited = true) {
    if (isStale(path)) rmSync(path, { recursive: true, force: true });
    else if (!waited) say(`waiting for ${waitingFor}`);
    if (performance.now() > deadline) throw new Error(`${path} is still held: remove it if nobody uses it`);
    await pause(POLL_MS);
  }
  const touch = setInterval(() => utimesSync(path, new Date(), new Date()), TOUCH_MS);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    rmSync(path, { recursive: true, force: true });
  }
}
