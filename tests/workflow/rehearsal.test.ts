import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { writeRegionFolder } from '../../rehearsal/region-files';
import { rehearse, type RehearsalResult, type RehearseOptions } from '../../rehearsal/rehearse';
import type { ReturnRow, Summary } from '../../rehearsal/summary';
import { publishedPolicyText } from '../support/published';
import { regionOf } from '../support/stage';

// Two policy years of a small region, against numbers worked out by hand (新医保发〔2025〕50号 四(一)).

const LARGE = 'H65077700001';
const SPLIT = 'H65077700002';
const TINY = 'H65077700003';
const DEFAULTING = 'H65077700004';

/**
 * 12,345,678.91 × 50 % = 6,172,839.46; 2,000.00 × 50 % = 1,000.00; 0.26 × 50 % = 0.13; 12,345,678.91 × 60 % =
 * 7,407,407.35. The employee pool has 6,172,839.46 + 999.94, so that the second body draws 0.06 from the resident pool.
 */
const REGION = regionOf(
  '650777',
  [
    { institution: LARGE, baseFen: 1_234_567_891n },
    { institution: SPLIT, baseFen: 200_000n },
    { institution: TINY, baseFen: 26n },
    { institution: DEFAULTING, baseFen: 1_234_567_891n, threeFlows: true },
  ],
  { budgets: { employee: 617_283_946n + 99_994n, resident: 900_000_000n } },
);
/** Next year's base is what was bought in 2026. */
const BOUGHT_2026 = [LARGE, DEFAULTING].map((institution) => ({
  year: 2026,
  institution,
  category: 'vbp-national' as const,
  channel: 'online' as const,
  amountFen: 200_000n,
}));

const SCENARIO = `
institutions:
  ${TINY}:
    return: { 2026-05: 2026-05-31 }
  ${SPLIT}:
    return: { 2026-07: never }
    correct: { prepayment-not-returned/2026-07: 2026-09-10 }
  ${DEFAULTING}:
    return: { 2026-11: never }
`;

/** A made-up second version: 40 % instead of 50 %, from the middle of the year. */
const SECOND_VERSION = publishedPolicyText('xinjiang-2025-50')
  .replace("version: '1'", "version: '2'")
  .replace('from: 2025-12-23', 'from: 2026-07-01')
  .replace("ratio: { value: '0.5', clause: 四(一) }", "ratio: { value: '0.4', clause: 四(一) }");

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'settle 演练-'));
  await writeRegionFolder(join(directory, 'region'), { ...REGION, purchases: [...REGION.purchases, ...BOUGHT_2026] });
  writeFileSync(join(directory, 'scenario.yaml'), SCENARIO);
  mkdirSync(join(directory, 'policies'));
  writeFileSync(join(directory, 'policies', 'second.yaml'), SECOND_VERSION);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function run(out: string, changes: Partial<RehearseOptions> = {}): Promise<RehearsalResult> {
  return rehearse({
    regions: [join(directory, 'region')],
    from: '2026-01',
    to: '2027-02',
    policies: [join(directory, 'policies', 'second.yaml')],
    scenario: join(directory, 'scenario.yaml'),
    seed: 1,
    out: join(directory, out),
    provisionalCalendar: true,
    documents: false,
    webUi: false,
    progress: () => undefined,
    log: pino({ level: 'silent' }),
    ...changes,
  });
}

const read = (out: string, file: string): string => readFileSync(join(directory, out, file), 'utf8');

describe('a policy year', () => {
  let summary: Summary;
  beforeAll(async () => {
    const result = await run('first');
    expect(result.ok).toBe(true);
    summary = result.summaries[0]!;
  }, 180_000);

  const returnsOf = (institution: string, year = '2026'): ReturnRow[] =>
    summary.returns.filter((row) => row.institution === institution && row.period.startsWith(year));
  const returnOf = (institution: string, period: string): ReturnRow =>
    summary.returns.find((row) => row.institution === institution && row.period === period)!;
  const amountsOf = (institution: string): string[] => returnsOf(institution).map(({ amount }) => amount);
  const sevenTimes = (amount: string): string[] => Array.from({ length: 7 }, () => amount);
  const timeline = (): string[] => read('first', 'timeline.csv').split('\n');

  it('every invariant holds, on a calendar that is marked as provisional', () => {
    expect(summary.invariants.filter(({ ok }) => !ok)).toEqual([]);
    expect(summary.invariants.length).toBeGreaterThan(5);
    expect(summary.calendar.provisional).toBe(true);
  });

  it('prepays half of the base, three-flow bodies 60 %, from the pools in their order', () => {
    const pools = { employee: '0.00', resident: '0.00', 'employee-large': '0.00' };
    expect(summary.prepayments.filter(({ disbursedOn }) => disbursedOn! < '2027')).toEqual([
      {
        institution: LARGE,
        base: '12345678.91',
        ratio: '0.5',
        amount: '6172839.46',
        pools: { ...pools, employee: '6172839.46' },
        disbursedOn: '2026-03-02',
      },
      {
        institution: SPLIT,
        base: '2000.00',
        ratio: '0.5',
        amount: '1000.00',
        pools: { ...pools, employee: '999.94', resident: '0.06' },
        disbursedOn: '2026-03-02',
      },
      {
        institution: TINY,
        base: '0.26',
        ratio: '0.5',
        amount: '0.13',
        pools: { ...pools, resident: '0.13' },
        disbursedOn: '2026-03-02',
      },
      {
        institution: DEFAULTING,
        base: '12345678.91',
        ratio: '0.6',
        amount: '7407407.35',
        pools: { ...pools, resident: '7407407.35' },
        disbursedOn: '2026-03-02',
      },
    ]);
  });

  it('gets a tenth back by the 20th of each month from April, and the rest in November', () => {
    expect(amountsOf(LARGE)).toEqual([...sevenTimes('617283.95'), '1851851.81']);
    expect(amountsOf(SPLIT)).toEqual([...sevenTimes('100.00'), '300.00']);
    expect(amountsOf(TINY)).toEqual([...sevenTimes('0.01'), '0.06']);
    expect(amountsOf(DEFAULTING)).toEqual([...sevenTimes('740740.74'), '2222222.17']);
    expect(returnsOf(LARGE).map(({ dueOn }) => dueOn)).toEqual(
      ['04', '05', '06', '07', '08', '09', '10', '11'].map((month) => `2026-${month}-20`),
    );
  });

  it('takes from no pool more than it has outstanding', () => {
    const parts = returnsOf(SPLIT).map(({ pools }) => [pools.employee, pools.resident]);
    // In proportion to what is outstanding, remainders to the larger, ties to the employee pool.
    expect(parts).toEqual([
      ['99.99', '0.01'],
      ['99.99', '0.01'],
      ['100.00', '0.00'],
      ['99.99', '0.01'],
      ['100.00', '0.00'],
      ['99.99', '0.01'],
      ['100.00', '0.00'],
      ['299.98', '0.02'],
    ]);
  });

  it('a return on the 15th is on time and moved on with the month’s last working day', () => {
    expect(returnOf(LARGE, '2026-05')).toMatchObject({
      receivedOn: '2026-05-15',
      state: 'on-time',
      toFundOn: '2026-05-29',
    });
  });

  it('one that arrives on Sunday 2026-05-31 is late, no breach, and moved on 2026-06-30', () => {
    expect(returnOf(TINY, '2026-05')).toMatchObject({
      receivedOn: '2026-05-31',
      state: 'late',
      toFundOn: '2026-06-30',
    });
    const ofMay = summary.alerts.filter((alert) => alert.case === 'return/650777/2026-05');
    expect(ofMay).toEqual([{ kind: 'return-late', case: 'return/650777/2026-05', on: '2026-05-21' }]);
  });

  it('one that has not come when the month ends is missing, also when it is made good', () => {
    expect(returnOf(SPLIT, '2026-07')).toMatchObject({
      receivedOn: '2026-09-10',
      state: 'missing',
      toFundOn: '2026-09-30',
    });
    expect(summary.alerts).toContainEqual({
      kind: 'prepayment-not-returned',
      case: 'return/650777/2026-07',
      on: '2026-08-01',
    });
    // What stays due beside it is paid on its own day.
    expect(returnOf(SPLIT, '2026-08')).toMatchObject({ receivedOn: '2026-08-15', state: 'on-time' });
  });

  it('takes November from unused prepayment, and what is left is the institution’s own', () => {
    // Nothing was spent: 6,172,839.46 unused, 1,851,851.81 returned, 4,320,987.65 moved to own money.
    expect(returnOf(LARGE, '2026-11')).toMatchObject({
      amount: '1851851.81',
      fromUnused: '1851851.81',
      state: 'on-time',
    });
    expect(returnOf(LARGE, '2026-10').fromUnused).toBe('0.00');
    const own = summary.balances.find(({ account }) => account === `supervised/ledger/${LARGE}/own`);
    expect(own).toEqual({ book: 'supervised', account: `supervised/ledger/${LARGE}/own`, balance: '-4320987.65' });
    const advance = summary.balances.find(({ account }) => account === `fund/advance/vbp/employee/${LARGE}/2026`);
    expect(advance?.balance ?? '0.00').toBe('0.00');
  });

  it('prepays nothing to a body that is overdue, while the others get the next year’s', () => {
    expect(returnOf(DEFAULTING, '2026-11')).toMatchObject({ receivedOn: null, state: 'missing', toFundOn: null });
    const next = summary.prepayments.filter(({ disbursedOn }) => disbursedOn! >= '2027');
    expect(next.map(({ institution, disbursedOn }) => [institution, disbursedOn])).toEqual([[LARGE, '2027-01-01']]);
    expect(timeline()).toContainEqual(expect.stringContaining(`no-prepayment,engine,${DEFAULTING}: overdue`));
    const outstanding = `fund/advance/vbp/resident/${DEFAULTING}/2026`;
    expect(summary.balances.find(({ account }) => account === outstanding)?.balance).toBe('2222222.17');
  });

  it('a version that takes over in July decides new cases only', () => {
    expect(summary.policies.map(({ version }) => version)).toEqual(['1', '2']);
    const opened = timeline().filter((line) => line.includes(',opened,'));
    const versionOf = (caseId: string): string | undefined =>
      opened.find((line) => line.includes(`,${caseId},`))?.slice(-1);
    expect(versionOf('prepayment/650777/2026')).toBe('1');
    expect(versionOf('return/650777/2026-06')).toBe('1');
    expect(versionOf('return/650777/2026-07')).toBe('2');
    expect(versionOf('prepayment/650777/2027')).toBe('2');
    // 40 % from 2027; the returns of 2026 stay those of the plan that the first version fixed.
    expect(summary.prepayments.at(1)).toMatchObject({ institution: LARGE, ratio: '0.4', amount: '800.00' });
    expect(returnOf(LARGE, '2027-02')).toMatchObject({
      amount: '80.00',
      receivedOn: '2027-02-15',
      toFundOn: '2027-02-26',
    });
  });
});

describe('the same input', () => {
  it('and seed give the same bytes; another seed gives the same money', async () => {
    const months = { to: '2026-05', provisionalCalendar: false };
    await run('second', { ...months, seed: 7 });
    await run('third', { ...months, seed: 7 });
    await run('fourth', { ...months, seed: 8 });
    for (const file of ['summary.json', 'journal.csv']) {
      expect(read('third', file)).toBe(read('second', file));
      expect(read('fourth', file)).toBe(read('second', file));
    }
    expect(read('second', 'journal.csv').split('\n').length).toBeGreaterThan(50);
  }, 240_000);
});

describe('a year whose calendar is not published', () => {
  it('makes its cases wait with an alert, and fails nothing', async () => {
    const result = await run('unpublished', { from: '2026-12', provisionalCalendar: false, policies: [] });
    expect(result.ok).toBe(true);
    const [{ alerts, calendar, prepayments }] = result.summaries as [Summary];
    expect(calendar.provisional).toBe(false);
    expect(prepayments).toEqual([]);
    expect(alerts).toContainEqual({ kind: 'calendar-not-published', case: 'prepayment/650777/2027', on: '2027-01-01' });
    // Money is still outstanding, so January has its return case, and that one waits too.
    expect(alerts).toContainEqual({ kind: 'calendar-not-published', case: 'return/650777/2027-01', on: '2027-01-01' });
  }, 180_000);

  it('is refused by name where it is asked for', async () => {
    const missing = run('nothing', { policies: ['no-such-policy'] });
    await expect(missing).rejects.toMatchObject({ code: 'PolicyUnknown' });
  });
});
