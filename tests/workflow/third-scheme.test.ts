import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { compareSummaries } from '../../rehearsal/compare';
import { writeRegionFolder } from '../../rehearsal/region-files';
import { rehearse, type RehearsalResult } from '../../rehearsal/rehearse';
import { regionOf } from '../support/stage';

// A made-up third scheme as a policy file and nothing else: applications by the 3rd, confirmation by the 8th, payment within ten
// working days, 30 % ahead, back in one sum in December, three levels, five working days to correct. Numbers and days by hand.

const FIRST = 'H65077700001';
const SECOND = 'H65077700002';
const THIRD = join(__dirname, '../fixtures/third-scheme.yaml');
const HEADER =
  'line,order,institution,enterprise,drug,category,kind,quantity,unit_price,amount,received_on,applied_on,verified_by';

/** Two whole years are played. */
const TWO_YEARS_MS = 240_000;

let directory: string;
let third: RehearsalResult;
let xinjiang: RehearsalResult;

const line = (id: string, institution: string, amount: string, on: string): string =>
  `${id},O-${id},${institution},E0001,示例药,vbp-national,delivery,1,${amount},${amount},${on},${on},both`;

function applications(period: string, ...lines: string[]): void {
  writeFileSync(join(directory, 'region', `applications-${period}.csv`), `${[HEADER, ...lines].join('\n')}\n`);
}

function run(policy: string): Promise<RehearsalResult> {
  return rehearse({
    regions: [join(directory, 'region')],
    from: '2026-01',
    to: '2026-12',
    policies: [policy],
    scenario: join(directory, 'scenario.yaml'),
    seed: 1,
    provisionalCalendar: false,
    documents: false,
    webUi: false,
    progress: () => undefined,
    log: pino({ level: 'silent' }),
  });
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'settle-third-'));
  const region = regionOf('650777', [
    { institution: FIRST, baseFen: 100_000_000n },
    { institution: SECOND, baseFen: 10_000_000n },
  ]);
  const funds = region.funds.map((fund) => ({ ...fund, prepaymentBudgetFen: 100_000_000n }));
  const enterprises = [{ enterprise: 'E0001', name: '示例医药', account: '00009990001', bankCode: '000000999000' }];
  await writeRegionFolder(join(directory, 'region'), { ...region, funds, enterprises });
  applications('2026-02', line('A1', FIRST, '1000.00', '2026-02-02'), line('A2', FIRST, '5.00', '2026-02-04'));
  applications('2026-03', line('B1', SECOND, '500.00', '2026-03-03'));
  applications('2026-04', line('C1', SECOND, '700.00', '2026-04-01'));
  // The second body says nothing in March, and confirms with April's window.
  writeFileSync(join(directory, 'scenario.yaml'), `institutions:\n  ${SECOND}:\n    confirm: { 2026-03: never }\n`);
  third = await run(THIRD);
  xinjiang = await run('xinjiang-2025-50');
}, TWO_YEARS_MS);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a third scheme that is a policy file alone', () => {
  it('pays 30 % ahead on the third working day of February, the resident pool first, and has it back in one sum', () => {
    const [summary] = third.summaries;
    expect(third.ok).toBe(true);
    expect(summary!.prepayments).toMatchObject([
      {
        institution: FIRST,
        ratio: '0.3',
        amount: '300000.00',
        pools: { resident: '300000.00' },
        disbursedOn: '2026-02-04',
      },
      { institution: SECOND, amount: '30000.00', disbursedOn: '2026-02-04' },
    ]);
    expect(summary!.returns).toMatchObject([
      {
        institution: FIRST,
        period: '2026-12',
        dueOn: '2026-12-15',
        amount: '300000.00',
        fromUnused: '0.00',
        state: 'on-time',
        toFundOn: '2026-12-31',
      },
      { institution: SECOND, period: '2026-12', amount: '30000.00', receivedOn: '2026-12-15' },
    ]);
  });

  it('takes applications by the 3rd, has them confirmed by the 8th and pays on the next working day', () => {
    const [summary] = third.summaries;
    expect(summary!.rejectedLines).toEqual([{ period: '2026-02', line: 'A2', code: 'after-cutoff' }]);
    expect(summary!.statements).toMatchObject([
      // Sunday the 8th; paid on Monday.
      {
        institution: FIRST,
        period: '2026-02',
        net: '1000.00',
        fromPrepayment: '1000.00',
        confirmedOn: '2026-02-08',
        paidOn: '2026-02-09',
      },
      { institution: SECOND, period: '2026-04', net: '1200.00', confirmedOn: '2026-04-08', paidOn: '2026-04-09' },
    ]);
    expect(summary!.alerts).toEqual([]);
  });

  it('asks three levels, and gives five working days to correct', () => {
    const approved = third.timelines[0]!.filter(
      ({ case: id, event }) => id === 'window/650777/2026-02' && event === 'approved',
    );
    expect(approved).toHaveLength(3);
    // Noticed on 1 April; 4 to 6 April are the holiday of Qingming: 2, 3, 7, 8 and 9 April.
    expect(third.summaries[0]!.breaches).toMatchObject([
      {
        institution: SECOND,
        kind: 'late-reconciliation',
        period: '2026-03',
        noticeOn: '2026-04-01',
        deadline: '2026-04-09',
        correctedOn: '2026-04-08',
        state: 'closed',
      },
    ]);
  });

  it('compares with the published scheme row by row, and by what leaves each month', () => {
    const { totals, differences, cash } = compareSummaries(xinjiang.summaries[0]!, third.summaries[0]!);
    expect(totals.find(({ part }) => part === 'prepayments')).toEqual({
      part: 'prepayments',
      rows: { a: 2, b: 2 },
      // 50 % and 30 % of 1,100,000.00.
      amount: { a: '550000.00', b: '330000.00' },
      differing: 2,
    });
    expect(differences).toContainEqual({
      part: 'prepayments',
      row: SECOND,
      field: 'disbursedOn',
      a: '2026-03-02',
      b: '2026-02-04',
    });
    expect(differences).toContainEqual({
      part: 'breaches',
      row: `${SECOND} late-reconciliation 2026-03`,
      field: 'deadline',
      a: '2026-04-16',
      b: '2026-04-09',
    });
    const of = (month: string) => cash.find(({ period }) => period === month)!;
    expect(of('2026-02').fund).toEqual({ a: '0.00', b: '330000.00', difference: '330000.00' });
    expect(of('2026-03').fund).toEqual({ a: '550000.00', b: '0.00', difference: '-550000.00' });
    expect(of('2026-04').fund).toEqual({ a: '-55000.00', b: '0.00', difference: '55000.00' });
    expect(of('2026-12').fund).toEqual({ a: '0.00', b: '-330000.00', difference: '-330000.00' });
    expect(of('2026-02').enterprises).toEqual({ a: '0.00', b: '1000.00', difference: '1000.00' });
  });
});
