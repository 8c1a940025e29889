import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, failureOf, type CliRun } from '../support/cli';

/** A development clock is refused before anything is started. */
const data = mkdtempSync(join(tmpdir(), 'settle-clock-'));
afterAll(() => rmSync(data, { recursive: true, force: true }));

const up = (argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliRun> =>
  cli(['up', ...argv], { env: { SETTLE_DATA: data, ...env } });

it.each([
  ['SETTLE_BANK_URL', 'http://127.0.0.1:9'],
  ['SETTLE_BANK_DIRECTORY', '/tmp/bank'],
  ['DATABASE_URL', 'postgresql://owner:secret@127.0.0.1:9/settle'],
  ['TEMPORAL_ADDRESS', '127.0.0.1:9'],
])('is refused where %s names something real', async (name, value) => {
  const run = await up(['--development-clock', '2026-02-28'], { [name]: value });
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('DevelopmentClockForbidden');
  expect(run.stderr).toContain(name);
  // As the environment has it, too.
  const fromEnvironment = await up([], { [name]: value, SETTLE_DEVELOPMENT_CLOCK: '2026-02-28' });
  expect(fromEnvironment.stderr).toContain('DevelopmentClockForbidden');
  expect(existsSync(join(data, 'postgres'))).toBe(false);
  expect(existsSync(join(data, 'up.lock'))).toBe(false);
});

it('takes a day that exists, and faults of the bank come with it only', async () => {
  expect(await up(['--development-clock', '2026-02-30'])).toMatchObject({ exitCode: 2 });
  expect((await up([], { SETTLE_DEVELOPMENT_CLOCK: 'tomorrow' })).stderr).toContain('SETTLE_DEVELOPMENT_CLOCK');
  const faults = join(data, 'faults.yaml');
  writeFileSync(faults, 'bank:\n  - { kind: disbursement, institution: H65050200003, outcome: rejected }\n');
  expect(await up(['--bank-faults', faults])).toMatchObject({ exitCode: 2 });
  writeFileSync(faults, 'bank:\n  - { kind: disbursement, institution: H65050200003, outcome: lost }\n');
  const wrong = await up(['--development-clock', '2026-02-28', '--bank-faults', faults]);
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stderr).toContain('FileInvalid');
});

it.each(['2026-02-30', '2026-03', '2026-03-02 10:00', '2026-03-02T24:00', 'tomorrow'])(
  'a move to %s is no moment',
  async (to) => {
    const run = await cli(['clock', 'advance', '--to', to, '--json']);
    expect(run.exitCode).toBe(2);
    expect(failureOf(run).error.code).toBe('UsageInvalid');
  },
);
