import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainDate } from '../../domain/plain-date';
import { prepareRegion, type PreparationInput } from '../../domain/preparation';
import type { Purchase } from '../../domain/region';
import { cli, dataOf, failureOf } from '../support/cli';
import { publishedPolicy } from '../support/published';

// What is taken stock of before anything runs (新医保发〔2025〕50号 三(一)), against sums worked out by hand.

const [BODY, MEMBER, OTHER, CLINIC] = ['H65050000001', 'H65050000002', 'H65050000003', 'H65050000004'] as const;
const { policy } = publishedPolicy('xinjiang-2025-50');

const institution = (code: string, settlesThrough?: string) => ({
  institution: code,
  name: `示例 ${code}`,
  threeFlows: code === OTHER,
  executesWell: code !== CLINIC,
  settlesThrough,
});
const bought = (
  code: string,
  year: number,
  category: Purchase['category'],
  amountFen: bigint,
  channel: Purchase['channel'] = 'online',
): Purchase => ({
  year,
  institution: code,
  category,
  channel,
  amountFen,
});

/** 2025: BODY 1,000.00 in the base and 40.00 negotiated, its member 200.00, 7.00 of the province's; OTHER 500.00. */
const INPUT: PreparationInput = {
  institutions: [institution(BODY), institution(MEMBER, BODY), institution(OTHER), institution(CLINIC)],
  purchases: [
    bought(BODY, 2025, 'vbp-national', 100_000n),
    bought(BODY, 2025, 'negotiated', 4_000n),
    bought(BODY, 2025, 'other', 9_900n),
    bought(BODY, 2025, 'vbp-national', 5_500n, 'offline'),
    bought(MEMBER, 2025, 'vbp-alliance', 20_000n),
    bought(MEMBER, 2025, 'vbp-provincial', 700n),
    bought(OTHER, 2025, 'vbp-national', 50_000n),
    bought(CLINIC, 2025, 'vbp-national', 1_000n),
    bought(OTHER, 2024, 'negotiated', 33_300n),
  ],
  // BODY: (1,000 + 200 + 7) × 50 % = 603.50; OTHER: 500 × 60 % = 300.00.
  budgets: { employee: 65_000n, resident: 25_350n },
  policy,
  year: 2026,
  letters: [
    { institution: BODY, number: 'W1', from: plainDate('2026-03-01'), sha256: 'a'.repeat(64) },
    { institution: OTHER, number: 'W2', from: plainDate('2026-03-02'), sha256: 'b'.repeat(64) },
    {
      institution: CLINIC,
      number: 'W3',
      from: plainDate('2026-01-01'),
      to: plainDate('2026-02-28'),
      sha256: 'c'.repeat(64),
    },
  ],
  ledgers: new Set([BODY]),
};

describe('what is taken stock of before anything runs', () => {
  const found = prepareRegion(INPUT);
  const bodyOf = (code: string) => found.bodies.find((each) => each.institution === code)!;

  it('is per settlement body, with its members', () => {
    expect(found.bodies.map(({ institution: code, members }) => [code, members])).toEqual([
      [BODY, [MEMBER]],
      [OTHER, []],
      [CLINIC, []],
    ]);
  });

  it('are purchases of two years: what settles directly, online, and all', () => {
    // 1,000 + 40 + 200 directly; 7.00 of the province, 99.00 of others and 55.00 offline besides.
    expect(bodyOf(BODY).purchases).toEqual([
      { year: 2024, directFen: 0n, allFen: 0n },
      { year: 2025, directFen: 124_000n, allFen: 140_100n },
    ]);
    expect(bodyOf(OTHER).purchases[0]).toEqual({ year: 2024, directFen: 33_300n, allFen: 33_300n });
  });

  it('of a year without data nothing is known', () => {
    const { bodies } = prepareRegion({ ...INPUT, purchases: INPUT.purchases.filter(({ year }) => year === 2025) });
    expect(bodies[0]!.purchases[0]).toEqual({ year: 2024, directFen: null, allFen: null });
  });

  it('are base, ratio, prepayment and pools, or why there is none', () => {
    expect(bodyOf(BODY)).toMatchObject({
      prepayment: { baseFen: 120_700n, ratio: '0.5', amountFen: 60_350n },
      pools: { employee: 60_350n, resident: 0n },
    });
    expect(bodyOf(OTHER)).toMatchObject({
      prepayment: { baseFen: 50_000n, ratio: '0.6', amountFen: 30_000n },
      pools: { employee: 4_650n, resident: 25_350n },
    });
    expect(bodyOf(CLINIC)).toMatchObject({ excluded: 'not-executing-well' });
  });

  it('is how far the budgets reach', () => {
    expect(found).toMatchObject({
      totalFen: 90_350n,
      missingFen: 0n,
      budgets: [
        { pool: 'employee', budgetFen: 65_000n, drawnFen: 65_000n },
        { pool: 'resident', budgetFen: 25_350n, drawnFen: 25_350n },
        { pool: 'employee-large', budgetFen: 0n, drawnFen: 0n },
      ],
    });
    const short = prepareRegion({ ...INPUT, budgets: { employee: 65_000n, resident: 25_349n } });
    expect(short).toMatchObject({ totalFen: 90_350n, missingFen: 1n });
    expect(short.bodies[0]).toMatchObject({ prepayment: { amountFen: 60_350n } });
    expect(short.bodies[0]!.pools).toBeUndefined();
  });

  it('is the letter that is current when the first window opens', () => {
    expect(found.firstWindowOn).toBe('2026-03-01');
    expect(found.bodies.map(({ letter }) => letter)).toEqual(['W1', undefined, undefined]);
    const next = prepareRegion({ ...INPUT, year: 2027 });
    expect(next.firstWindowOn).toBe('2027-01-01');
    expect(next.bodies.map(({ letter }) => letter)).toEqual(['W1', 'W2', undefined]);
  });

  it('is whether its virtual ledger is open', () => {
    expect(found.bodies.map(({ ledgerOpen }) => ledgerOpen)).toEqual([true, false, false]);
  });
});

describe('settle prepare', () => {
  const SAMPLE = join(__dirname, '../../rehearsal/sample/650400');
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'settle-prepare-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('reports on a folder before anything is imported, in a terminal, as JSON, CSV and HTML', async () => {
    const run = await cli(['prepare', '--region', SAMPLE]);
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toContain('✗ 缺委托书');
    expect(run.stdout).toContain('✗ 账簿未建');
    const report = dataOf(await cli(['prepare', '--region', SAMPLE, '--json'])) as {
      bodies: { institution: string; base: string | null; ledgerOpen: boolean }[];
      lettersMissing: string[];
    };
    expect(report).toMatchObject({ region: '650400', year: 2026, reaches: true, missing: '0.00' });
    expect(report.lettersMissing).toEqual(report.bodies.map(({ institution: code }) => code));

    const csv = join(directory, 'report.csv');
    await cli(['prepare', '--region', SAMPLE, '--out', csv]);
    const rows = readFileSync(csv, 'utf8').trimEnd().split('\n');
    expect(rows).toHaveLength(report.bodies.length + 1);
    expect(rows[0]).toContain('direct_2024,purchases_2024,direct_2025,purchases_2025,base');

    const page = join(directory, 'report.html');
    await cli(['prepare', '--region', SAMPLE, '--out', page]);
    const text = readFileSync(page, 'utf8');
    for (const { institution: code } of report.bodies) expect(text).toContain(code);
    expect(text).not.toMatch(/<script|src=|href=/);
  });

  it.each([
    ['a code while nothing runs', ['--region', '650400'], 'NotRunning'],
    ['a folder that is not there', ['--region', '/nowhere'], 'FileMissing'],
    ['a year in which no policy prepays', ['--region', SAMPLE, '--year', '2020'], 'PolicyNotInForce'],
    ['a report of another form', ['--region', SAMPLE, '--out', 'report.pdf'], 'UsageInvalid'],
    ['another policy for an imported region', ['--region', '650400', '--policy', 'suqian-2025'], 'UsageInvalid'],
  ])('refuses %s', async (_, argv, code) => {
    expect(failureOf(await cli(['prepare', ...argv, '--json'])).error.code).toBe(code);
  });
});
