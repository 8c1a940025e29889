import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import pino from 'pino';
import { savePolicy } from '../../db/register';
import { plainDate } from '../../domain/plain-date';
import { REGION, saveSmallRegion } from '../support/approval-case';
import { cli, dataOf, failureOf, type CliRun } from '../support/cli';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { publishedPolicy } from '../support/published';

// A month of claims on the command line: taken, reviewed by two people, looked at; and decisions on the standard.

const FIRST = 'H65050000001';
let database: TestDatabase;
let directory: string;
let settle: (...argv: string[]) => Promise<CliRun>;
const as = (role: string): string[] => ['--as', `${REGION}-${role}`];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'settle-fund-'));
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
  await savePolicy(database.owner, { ...publishedPolicy('suqian-2025'), sha256: '5'.repeat(64) });
  await database.owner('settle.regions').update({ policies: ['suqian-2025'] });
  const clock = { now: () => ({ date: plainDate('2026-05-12'), time: '10:00' }) };
  const log = pino({ level: 'silent' });
  const close = (): Promise<void> => Promise.resolve();
  const running = { db: database.app, client: {} as Client, log, clock, close };
  settle = (...argv) => cli(argv, { running });
});
afterAll(async () => {
  await database.drop();
  rmSync(directory, { recursive: true });
});

it('claims are taken, reviewed with a deduction, re-checked by another person, and shown with the next step', async () => {
  const path = join(directory, 'claims-2026-04.csv');
  const rows = [`${FIRST},employee,1000.00,0,`, `${FIRST},resident,80.00,0,650400`];
  writeFileSync(path, ['institution,pool,declared,deducted,paying_region', ...rows, ''].join('\n'));
  const take = ['fund', 'claims', 'import', path, ...as('officer')];
  expect((await settle(...take, '--dry-run')).stdout).toContain('nothing was taken');
  expect((await settle('fund', 'claims', 'show')).stdout).toContain('there are no claims of 2026-04');
  expect((await settle(...take)).stdout).toContain('next  settle fund review --step first-review --period 2026-04');

  const deduction = `${FIRST}:employee:100.50:示例：重复收费`;
  const review = ['fund', 'review', '--step'];
  expect(failureOf(await settle(...review, 're-check', ...as('business-head'), '--json')).error.code).toBe(
    'ApprovalOutOfOrder',
  );
  const reviewed = await settle(...review, 'first-review', '--deduct', deduction, ...as('officer'), '--json');
  expect(dataOf(reviewed)).toMatchObject({ period: '2026-04', claims: 2, deducted: '100.50' });
  expect((await settle('fund', 'pay')).stdout).toContain('waits for re-check');
  expect((await settle(...review, 're-check', ...as('business-head'))).stdout).toContain('by 650500-business-head');

  const shown = await settle('fund', 'claims', 'show', '--institution', FIRST);
  expect(shown.stdout).toContain('示例：重复收费');
  expect(shown.stdout).toContain('paid by the run of the next working day');
  expect(dataOf(await settle('fund', 'show', '--inter-regional', '--json'))).toEqual([
    { region: REGION, period: '2026-04', payingRegion: '650400', pool: 'resident', claims: 1, payable: '80.00' },
  ]);
});

it('deductions come as a file too, and what is not one is refused', async () => {
  const path = join(directory, 'deductions.csv');
  writeFileSync(path, `institution,pool,deducted,reason\n${FIRST},employee,1.00,\n`);
  const run = await settle(
    'fund',
    'review',
    '--step',
    're-check',
    '--deductions',
    path,
    ...as('business-head'),
    '--json',
  );
  expect(failureOf(run).error.code).toBe('FileInvalid');
  expect(
    (await settle('fund', 'review', '--step', 're-check', '--deduct', 'nothing', ...as('business-head'))).exitCode,
  ).toBe(2);
});

it('a ratio is proposed and approved by two people, and listed', async () => {
  const propose = [
    'fund',
    'standard',
    'propose',
    '--ratio',
    '0.35',
    '--from',
    '2026-07',
    '--reason',
    '示例',
    ...as('business-head'),
  ];
  expect((await settle(...propose)).stdout).toContain('next  a director approves it');
  const id = `standard/${REGION}/2026-07/all/all`;
  expect((await settle('fund', 'standard', 'approve', id, ...as('director'))).stdout).toContain(
    '0.35 counts from 2026-07 on',
  );
  expect(dataOf(await settle('fund', 'standard', 'list', '--json'))).toMatchObject([{ decisionId: id, ratio: '0.35' }]);
  expect((await settle('fund', 'collect', 'list')).stdout).toContain('nothing is collected');
});

it('a month that is not worked out yet says so', async () => {
  expect((await settle('fund', 'preallocate')).stdout).toContain('the standard of 2026-05 is not worked out yet');
  expect((await settle('fund', 'clearing', 'show', '--quarter', '2026-Q1')).stdout).toContain(
    '2026-Q1 is not cleared yet',
  );
  expect((await settle('fund', 'clearing', 'show', '--quarter', '2026-5')).exitCode).toBe(2);
});

it('the standard of a month is shown before its run: a twelfth of last year’s spending times the ratio in force', async () => {
  const standard = (period: string) => settle('fund', 'standard', 'show', '--period', period, '--json');
  expect((await settle('fund', 'standard', 'show')).stdout).toContain('no spending is known');
  await database
    .owner('settle.spending')
    .insert({ region: REGION, year: 2025, institution: FIRST, pool: 'employee', amount_fen: 120_020n });
  // 1,200.20 × 0.30 ÷ 12 = 30.005, half up.
  expect(dataOf(await standard('2026-05'))).toEqual([
    {
      region: REGION,
      period: '2026-05',
      institution: FIRST,
      pool: 'employee',
      spending: '1200.20',
      ratio: expect.stringMatching(/^0\.30?$/) as string,
      standard: '30.01',
    },
  ]);
  const propose = ['--ratio', '0.36', '--from', '2026-09', '--institution', FIRST, '--reason', '示例：运行平稳'];
  const proposed = await settle('fund', 'standard', 'propose', ...propose, ...as('business-head'), '--json');
  const { decisionId } = dataOf(proposed) as { decisionId: string };
  // 0.35 was decided for everybody before: 35.00583…; 1,200.20 × 0.36 ÷ 12 = 36.006 once it is approved.
  expect(dataOf(await standard('2026-09'))).toMatchObject([{ ratio: '0.35', standard: '35.01' }]);
  await settle('fund', 'standard', 'approve', decisionId, ...as('director'));
  expect(dataOf(await standard('2026-09'))).toMatchObject([{ ratio: '0.36', standard: '36.01' }]);
  expect(dataOf(await standard('2026-05'))).toMatchObject([{ standard: '30.01' }]);
});
