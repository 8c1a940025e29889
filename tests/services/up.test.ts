import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isGone, readRunState, type RunState } from '../../operator/run-state';

/** Daily running as it is built: started, killed, started again. */
const ROOT = join(__dirname, '../..');
const MAIN = join(ROOT, 'dist/operator/cli/main.js');
const SAMPLE = join(ROOT, 'rehearsal/sample/650500');
const UP_WITHIN_MS = 90_000;
const GONE_WITHIN_MS = 30_000;

const parent = mkdtempSync(join(tmpdir(), 'settle-up-'));
const data = join(parent, '数据 data');
const env: NodeJS.ProcessEnv = { ...process.env, SETTLE_DATA: data, NO_COLOR: '1' };
for (const name of ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'SETTLE_BANK_URL', 'npm_lifecycle_event']) delete env[name];

/** Ends whatever a failed test left running. */
let last: ChildProcess | undefined;

beforeAll(() => {
  // PostgreSQL's account must be able to enter, where tests run as root.
  chmodSync(parent, 0o755);
  mkdirSync(data);
});
afterAll(async () => {
  const services = readRunState(data)?.services ?? [];
  last?.kill('SIGTERM');
  await until(() => services.every(isGone));
  rmSync(parent, { recursive: true, force: true });
}, 60_000);

async function until(condition: () => boolean, withinMs = GONE_WITHIN_MS): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!condition() && performance.now() < deadline) await pause(50);
  return condition();
}

function settle(...argv: string[]): string {
  return execFileSync(process.execPath, [MAIN, ...argv], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Status {
  ok: boolean;
  services: { name: string; up: boolean }[];
  workers: unknown[];
  schedules: { scheduleId: string; nextRun: { date: string; time: string } }[];
  deadlines: { caseId: string; state: string }[];
  waiting: { requestId: string; waitsFor: string; amount: string }[];
}
const status = (): Status => JSON.parse(settle('status', '--json')) as Status;

async function up(): Promise<{ child: ChildProcess; state: RunState; output: () => string }> {
  let output = '';
  const child = spawn(process.execPath, [MAIN, 'up', '--no-web-ui'], { env });
  last = child;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part.toString()));
  await until(() => output.includes('✓ Up') || child.exitCode !== null, UP_WITHIN_MS);
  expect(output).toContain('✓ Up');
  return { child, state: readRunState(data)!, output: () => output };
}

it('keeps an agency’s work through a kill of every process, and leaves nothing running when it is stopped', async () => {
  const first = await up();
  expect(statSync(join(data, 'run.json')).mode & 0o777).toBe(0o600);
  expect(first.state.services.map(({ name }) => name)).toEqual([
    'PostgreSQL',
    'Temporal',
    'the bank simulator',
    'the worker',
  ]);

  // A second one on the same data is refused.
  expect(() => settle('up')).toThrow(/AlreadyRunning/);

  // A region comes in once; the same again changes nothing.
  const imported = JSON.parse(settle('import', SAMPLE, '--json')) as { opened: number; changes: unknown[] };
  expect(imported.opened).toBe(4);
  expect(JSON.parse(settle('import', SAMPLE, '--json'))).toMatchObject({ opened: 0, changes: [] });
  expect(status().schedules).toMatchObject([{ scheduleId: 'starter/650500', nextRun: { time: '00:00' } }]);

  // March is caught up, and once only: 18,284,348.28 is what the folder's purchases come to under the policy.
  settle('schedules', 'backfill', '--from', '2026-03', '--to', '2026-04');
  await until(() => status().waiting.length > 0);
  const before = status();
  expect(before.deadlines).toMatchObject([{ caseId: 'prepayment/650500/2026', state: 'approval' }]);
  expect(before.waiting).toMatchObject([
    { requestId: 'prepayment/650500/2026#1', waitsFor: 'officer', amount: '18284348.28' },
  ]);

  const ended = new Promise((resolve) => first.child.once('close', resolve));
  for (const { pid } of [first.state.up, ...first.state.services]) process.kill(pid, 'SIGKILL');
  await ended;
  expect(() => status()).toThrow(/NotRunning/);

  const second = await up();
  const after = status();
  expect(after.services.every((each) => each.up)).toBe(true);
  expect(after.workers).toHaveLength(1);
  expect({ deadlines: after.deadlines, waiting: after.waiting }).toEqual({
    deadlines: before.deadlines,
    waiting: before.waiting,
  });
  expect(JSON.parse(settle('verify', '--database-url', second.state.appUrl, '--json'))).toMatchObject({ ok: true });

  // A run that has happened is not repeated.
  settle('schedules', 'backfill', '--from', '2026-03', '--to', '2026-03');
  await pause(2_000);
  expect(status().waiting).toEqual(before.waiting);

  const stopped = new Promise<number | null>((resolve) => second.child.once('close', resolve));
  second.child.kill('SIGINT');
  expect(await stopped).toBe(0);
  expect(await until(() => second.state.services.every(isGone))).toBe(true);
  expect(existsSync(join(data, 'run.json'))).toBe(false);
  expect(readFileSync(join(data, 'log', 'worker.log'), 'utf8')).not.toContain('"level":50');
}, 300_000);
