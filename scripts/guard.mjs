// Ends what a process started once that process is gone, however it went: its standard input is a pipe from
// that process, and the end of it is the sign. Runs in a session of its own, where no Ctrl-C reaches it.
//
// Lines on standard input, as JSON:
//   {"add": pid, "signal": "SIGTERM", "graceMs": 5000}   end this process (and its group)
//   {"remove": pid}                                      it ended already
//   {"keep": path} / {"discard": path}                   a temporary directory is gone / is to be removed
//   {"drop": id, "url": url, "statements": [sql]}        a database on somebody's server is to be removed
//   {"dropped": id}                                      it is gone already
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const POLL_MS = 20;
const CONNECT_MS = 5_000;
const children = new Map();
const directories = new Set();
const databases = new Map();

function signalGroup(pid, signal) {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return true;
    } catch {
      // A process that leads no group, or is gone already.
    }
  }
  return false;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function end([pid, { signal, graceMs }]) {
  const deadline = performance.now() + graceMs;
  if (!signalGroup(pid, signal)) return;
  while (performance.now() < deadline) {
    await pause(POLL_MS);
    if (!signalGroup(pid, 0)) return;
  }
  signalGroup(pid, 'SIGKILL');
}

/** A server that ended with the process, as the embedded one does, took its databases along. */
async function drop({ url, statements }) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    for (const statement of statements) await client.query(statement);
  } catch {
    // Nobody is left to be told.
  } finally {
    await client.end().catch(() => {});
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line);
    if (message.add) children.set(message.add, message);
    if (message.remove) children.delete(message.remove);
    if (message.discard) directories.add(message.discard);
    if (message.keep) directories.delete(message.keep);
    if (message.drop) databases.set(message.drop, message);
    if (message.dropped) databases.delete(message.dropped);
  })
  .on('close', async () => {
    await Promise.all([...children].map(end));
    await Promise.all([...databases.values()].map(drop));
    for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    process.exit(0);
  });
