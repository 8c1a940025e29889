import { execFileSync } from 'node:child_process';
import { isGone, lives } from '../../operator/run-state';
import { createDaily, until } from '../support/daily';

/** `settle up` and the guard that ends its services, both killed at once: what the out-of-memory killer can do. */
const BY_ITSELF_WITHIN_MS = 45_000;
const daily = createDaily();
afterAll(() => daily.discard(), 60_000);

function guardOf(pid: number): number {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  const rows = table.split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line));
  const guard = rows.find((row) => Number(row?.[2]) === pid && row?.[3]?.includes('guard.mjs'));
  return Number(guard![1]);
}

it('what lives on when a start and its guard are killed together ends by itself or at the next start', async () => {
  const first = await daily.up();
  const guard = guardOf(first.child.pid!);
  process.kill(guard, 'SIGKILL');
  first.child.kill('SIGKILL');
  await first.ended;

  const others = first.state.services.filter(({ name }) => name !== 'PostgreSQL');
  expect(others.map(({ name }) => name)).toEqual(['Temporal', 'the bank simulator', 'the worker']);
  expect(await until(() => others.every(isGone), BY_ITSELF_WITHIN_MS)).toBe(true);

  // Nothing tells PostgreSQL; the next start ends it before it opens the same data.
  const postgres = first.state.services.find(({ name }) => name === 'PostgreSQL')!;
  expect(lives(postgres)).toBe(true);
  const second = await daily.up();
  expect(second.output()).toContain('waiting for what was left of the last run to end');
  expect(isGone(postgres)).toBe(true);
  second.child.kill('SIGINT');
  expect(await second.ended).toBe(0);
}, 240_000);
