import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { exampleStaff } from '../../domain/region';
import { writeRegionFolder } from '../../rehearsal/region-files';
import { rehearse, type RehearsalResult } from '../../rehearsal/rehearse';
import { fundRegionOf, hospitalOf, type FundRegionOptions } from '../support/fund-stage';

// Months in which something stays open past the last working day for it (宿迁 2025-06-13 三(二), 四), rehearsed with people and a bank
// that do what a scenario says. 1,200,000.00 a year is 30,000.00 a month; days and amounts by hand.

/** A payment of January fails, and nobody sends it again. */
const LEFT = '321731';
/** 10,000.00 in the employees' account: the rest of every month's 30,000.00 has to come from the fiscal deposit. */
const SHORT = '321732';

let directory: string;
let result: RehearsalResult;

async function writeFolder(
  code: string,
  options: FundRegionOptions,
  claims: Record<string, string[]>,
): Promise<string> {
  const folder = join(directory, code);
  const region = { ...fundRegionOf(code, options), staff: exampleStaff(code), staffIsExample: true };
  await writeRegionFolder(folder, region);
  const write = (name: string, header: string, rows: string[]): void =>
    writeFileSync(join(folder, name), `${[header, ...rows.map((row) => `${hospitalOf(code)},${row}`)].join('\n')}\n`);
  write('eligibility.csv', 'institution,score,major_violation_on,traceability,active,cooperates', [
    '90,,true,true,true',
  ]);
  write('spending-2025.csv', 'institution,pool,amount', ['employee,1200000.00']);
  for (const [month, rows] of Object.entries(claims))
    write(`claims-${month}.csv`, 'institution,pool,declared,deducted,paying_region', rows);
  return folder;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'settle-funds-'));
  const scenario = join(directory, 'scenario.yaml');
  writeFileSync(
    scenario,
    `bank: [{ kind: fund, period: 2026-01, institution: ${hospitalOf(LEFT)}, pool: resident, outcome: rejected }]
transfers: { 2026-01: { employee: never }, 2026-02: { employee: 2026-02-06 } }
`,
  );
  result = await rehearse({
    regions: [
      await writeFolder(
        LEFT,
        {},
        {
          '2026-01': ['employee,50000.00,0.00,', 'resident,300.00,0.00,'],
          '2026-02': ['employee,40000.00,0.00,'],
        },
      ),
      await writeFolder(
        SHORT,
        { cashFen: 1_000_000n, depositFen: 100_000_000n },
        { '2026-01': ['employee,0.00,0.00,', 'resident,300.00,0.00,'], '2026-02': ['employee,30000.00,0.00,'] },
      ),
    ],
    from: '2026-01',
    to: '2026-03',
    policies: [],
    scenario,
    seed: 1,
    provisionalCalendar: false,
    documents: false,
    webUi: false,
    progress: () => undefined,
    log: pino({ level: 'silent' }),
  });
}, 240_000);
afterAll(async () => {
  await result.stop();
  rmSync(directory, { recursive: true, force: true });
});

const settled = (region: number) =>
  result.summaries[region]!.settlements.map(({ period, pool, paid, paidOn }) => [period, pool, paid, paidOn]);
const ahead = (region: number) =>
  result.summaries[region]!.preallocations.map(({ period, paidOn }) => [period, paidOn]);
const alerts = (region: number) => result.summaries[region]!.alerts.map(({ kind, case: id, on }) => [kind, id, on]);

it('every invariant holds', () => {
  expect(result.ok).toBe(true);
});

it('a payment that nobody sends again stops no day and no other month', () => {
  expect(settled(0)).toEqual([
    ['2026-01', 'employee', '20000.00', '2026-02-14'],
    ['2026-02', 'employee', '10000.00', '2026-03-16'],
    ['2026-01', 'resident', '300.00', null],
  ]);
  // The day after working day 20 of February, which is 5 March.
  expect(alerts(0)).toContainEqual(['settlement-overdue', `fund/${LEFT}/2026-01`, '2026-03-06']);
});

it('a transfer is confirmed on the day that the scenario says, or never, and keeps nothing else waiting', () => {
  const confirmed = { pool: 'employee', state: 'succeeded', confirmedBy: expect.any(String) as string };
  expect(result.transfers[1]).toMatchObject([
    { period: '2026-01', pool: 'employee', state: 'cancelled', confirmedBy: null, bookedOn: null, amount: '20000.00' },
    { ...confirmed, period: '2026-02', bookedOn: '2026-02-06', amount: '20000.00' },
    { ...confirmed, period: '2026-03', bookedOn: '2026-03-02', amount: '30000.00' },
  ]);
  expect(ahead(1)).toEqual([
    ['2026-01', null],
    ['2026-02', '2026-02-06'],
    ['2026-03', '2026-03-02'],
  ]);
  expect(settled(1)).toEqual([
    ['2026-01', 'employee', '0.00', null],
    ['2026-02', 'employee', '0.00', null],
    ['2026-01', 'resident', '300.00', '2026-02-14'],
  ]);
  expect(alerts(1)).toEqual([
    ['preallocation-overdue', `fund/${SHORT}/2026-01`, '2026-01-13'],
    ['preallocation-withdrawn', `fund/${SHORT}/2026-01`, '2026-02-14'],
  ]);
});
