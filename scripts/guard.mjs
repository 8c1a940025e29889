// Ends what a process started once that process is gone, however it went: its standard input is a pipe from
// that process, and the end of it is the sign. Runs in a session of its own, where no Ctrl-C reaches it.
//
// Lines on standard input, as JSON:
//   {"add": pid, "signal": "SIGTERM", "graceMs": 5000}   end this process (and its group)
//   {"remove": pid}                                      it ended already
//   {"keep": path} / {"discard": path}                   a temporary directory is gone / is to be removed
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const POLL_MS = 20;
const children = new Map();
const directories = new Set();

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

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line);
    if (message.add) children.set(message.add, message);
    if (message.remove) children.delete(message.remove);
    if (message.discard) directories.add(message.discard);
    if (message.keep) directories.delete(message.keep);
  })
  .on('close', async () => {
    await Promise.all([...children].map(end));
    for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    process.exit(0);
  });
