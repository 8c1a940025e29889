import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const guardFile = fileURLToPath(new URL('../guard.mjs', import.meta.url));
const LAST_LINES = 15;
const GRACE_MS = 3_000;

/**
 * Runs a command that ends with this process at the latest, and gives each line of its output to `onLine`.
 * Rejects with the last lines when it fails.
 */
export async function run(command, args, { cwd, env = process.env, onLine = () => {} } = {}) {
  const guard = spawn(process.execPath, [guardFile], { detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
  guard.stdin.on('error', () => {});
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
      onLine(line);
    });
  }
  if (child.pid) guard.stdin.write(`${JSON.stringify({ add: child.pid, signal: 'SIGTERM', graceMs: GRACE_MS })}\n`);
  try {
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`${command} ${args[0]} failed (${signal ?? code}):\n${lines.join('\n')}`));
      });
    });
  } finally {
    if (child.pid) guard.stdin.write(`${JSON.stringify({ remove: child.pid })}\n`);
    guard.stdin.end();
  }
}
