import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isGone } from '../../operator/run-state';
import { BUILT_CLI, createDaily, until } from '../support/daily';

/** Daily running as it is built: started, killed, started again. */
const SAMPLE = join(__dirname, '../../rehearsal/sample/650400');
const WITHIN_MS = 30_000;
const daily = createDaily();
const { data, env } = daily;
afterAll(() => daily.discard(), 60_000);

function settle(...argv: string[]): string {
  return execFileSync(process.execPath, [BUILT_CLI, ...argv], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
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

it('keeps an agency’s work through a kill of every process, and leaves nothing running when it is stopped', async () => {
  const first = await daily.up();
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
  expect(status().schedules).toMatchObject([{ scheduleId: 'starter/650400', nextRun: { time: '00:00' } }]);

  // March is caught up, and once only: 25,048,732.43 is what the folder's purchases come to under the policy.
  settle('schedules', 'backfill', '--from', '2026-03', '--to', '2026-04');
  await until(() => status().waiting.length > 0, WITHIN_MS);
  const before = status();
  expect(before.deadlines).toMatchObject([{ caseId: 'prepayment/650400/2026', state: 'approval' }]);
  expect(before.waiting).toMatchObject([
    { requestId: 'prepayment/650400/2026#1', waitsFor: 'officer', amount: '25048732.43' },
  ]);

  for (const { pid } of [first.state.up, ...first.state.services]) process.kill(pid, 'SIGKILL');
  await first.ended;
  expect(() => status()).toThrow(/NotRunning/);

  const second = await daily.up();
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

  second.child.kill('SIGINT');
  expect(await second.ended).toBe(0);
  expect(await until(() => second.state.services.every(isGone), WITHIN_MS)).toBe(true);
  expect(existsSync(join(data, 'run.json'))).toBe(false);
  expect(readFileSync(join(data, 'log', 'worker.log'), 'utf8')).not.toContain('"level":50');
}, 300_000);
