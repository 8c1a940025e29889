import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lowRates, supplyRates } from '../../domain/enterprise';
import { formatYuan } from '../../domain/money';
import { isPrepaymentPool, type PrepaymentPool } from '../../domain/pools';
import { planPrepayments } from '../../domain/prepayment';
import { judgeEligibility } from '../../domain/fund/eligibility';
import { period } from '../../domain/plain-date';
import type { Region } from '../../domain/region';
import { readClaims, readSpending, readStandings } from '../../operator/files/fund-data';
import { createFileFindings } from '../../operator/files/findings';
import { readRegionFolder } from '../../operator/files/region-folder';
import { SUPPLY_COLUMNS } from '../../operator/files/region-folder/tables';
import { readScenario } from '../../operator/files/scenario';
import { readTable } from '../../operator/files/table';
import { publishedPolicy } from '../support/published';

const SAMPLE = join(__dirname, '../../rehearsal/sample');
const CODES = ['650100', '650400', '650500'];
const WITH_FUNDS = ['321300', '650500'];
const NAMED = ['H65010000001', 'H65010000002'];

async function read(code: string): Promise<Region> {
  const { region, findings } = await readRegionFolder(join(SAMPLE, code), { applicationRows: true });
  expect(findings).toEqual([]);
  return region!;
}

function plan(region: Region) {
  const budgets: Partial<Record<PrepaymentPool, bigint>> = {};
  for (const { pool, prepaymentBudgetFen } of region.funds)
    if (isPrepaymentPool(pool)) budgets[pool] = prepaymentBudgetFen;
  const policy = publishedPolicy('xinjiang-2025-50').policy.prepayment!;
  return planPrepayments({ ...region, budgets, policy, year: 2026 });
}

describe('the sample', () => {
  it.each([...CODES, '321300'])('%s has no fault', async (code) => {
    expect((await read(code)).code).toBe(code);
  });

  it('has a scenario that fits its regions and touches none of the two named hospitals', async () => {
    const regions = await Promise.all(CODES.map(read));
    const { scenario, findings } = await readScenario(join(SAMPLE, 'scenario.yaml'), regions);
    expect(findings).toEqual([]);
    expect(Object.keys(scenario!.institutions)).not.toEqual(expect.arrayContaining([expect.stringMatching('^H6501')]));
    expect(scenario!.bank.map(({ institution }) => institution)).not.toEqual(
      expect.arrayContaining([expect.stringMatching('^H6501')]),
    );
    // Whoever is suspended delivers to nobody there.
    const named = new Set(regions[0]!.enterprises.map(({ enterprise }) => enterprise));
    expect(Object.keys(scenario!.enterprises).filter((each) => named.has(each))).toEqual([]);
    expect(scenario!.approvals.every(({ case: id }) => !id.includes('650100'))).toBe(true);
    expect(new Set(scenario!.bank.map(({ outcome }) => outcome))).toEqual(
      new Set(['rejected', 'timeout-paid', 'timeout-unpaid', 'duplicate-reply', 'returned', 'late']),
    );
  });

  it('marks every name as made up, and has the two hospitals of the text', async () => {
    for (const code of [...CODES, '321300']) {
      const region = await read(code);
      const names = [region, ...region.institutions, ...region.enterprises, ...region.staff].map(({ name }) => name);
      expect(names.filter((name) => !name.includes('示例'))).toEqual([]);
    }
    expect((await read('650100')).institutions.map(({ institution, name }) => [institution, name])).toEqual([
      [NAMED[0], '新疆医科大学第五附属医院（示例数据）'],
      [NAMED[1], '自治区第三人民医院（示例数据）'],
    ]);
  });

  it('prepays what can be worked out by hand, and splits the body at which the employee pool runs out', async () => {
    const { rows } = plan(await read('650500'));
    const shown = rows.map(({ institution, amountFen, pools }) => [
      institution,
      formatYuan(amountFen),
      formatYuan(pools.employee),
      formatYuan(pools.resident),
    ]);
    expect(shown).toEqual([
      ['H65050200001', '6172839.46', '6172839.46', '0.00'], // 50 % of 12,345,678.91
      ['H65050200002', '5245807.60', '5245807.60', '0.00'], // 60 % of 8,743,012.66
      ['H65050200003', '1709527.89', '1709527.89', '0.00'], // 50 % of 3,419,055.77
      ['H65050200004', '1323889.88', '871825.05', '452064.83'], // 14,000,000.00 − 13,128,174.95 is left in the pool
      ['H65050200006', '156374.53', '0.00', '156374.53'],
      ['H65052100001', '2752920.80', '0.00', '2752920.80'],
      // The consortium: 1,524,608.27 + 183,906.44 + 91,273.50 + 46,188.02, at the body's 50 %.
      ['H65052200001', '922988.12', '0.00', '922988.12'],
    ]);
  });

  it('stays within the employee pool in the other two regions', async () => {
    for (const code of ['650100', '650400']) {
      const { rows } = plan(await read(code));
      expect(rows.every(({ amountFen, pools }) => pools.employee === amountFen)).toBe(true);
    }
  });

  it('650400 has two months in which an enterprise is to be warned of, and one at exactly 80 %, which is not low', async () => {
    const { files } = await read('650400');
    const policy = publishedPolicy('xinjiang-2025-50').policy.enterprise!;
    const low: unknown[] = [];
    const atTheEdge: unknown[] = [];
    for (const { path, period: month } of files.supply) {
      const findings = createFileFindings(path);
      await readTable(path, SUPPLY_COLUMNS, findings, (row) => {
        const figures = {
          orders: Number(row.orders),
          responded: Number(row.responded),
          orderedQuantity: row.ordered_quantity,
          deliveredQuantity: row.delivered_quantity,
        };
        const rates = lowRates(figures, policy);
        if (rates.length > 0) low.push([month, row.enterprise, rates, figures]);
        if (supplyRates(figures).delivery === '0.8000') atTheEdge.push([month, row.enterprise, figures]);
      });
      expect(findings.list()).toEqual([]);
      expect(
        readFileSync(path, 'utf8')
          .trimEnd()
          .split('\n')
          .slice(1)
          .every((row) => row.endsWith(',示例')),
      ).toBe(true);
    }
    expect(files.supply.map(({ period: month }) => month)).toEqual(
      ['03', '04', '05', '06', '07', '08', '09', '10', '11', '12'].map((month) => `2026-${month}`),
    );
    expect(low).toEqual([
      // 148 of 200 is 74 %; 55,016 of 59,800 is 92 %.
      [
        '2026-05',
        'E6503',
        ['response'],
        { orders: 200, responded: 148, orderedQuantity: '59800', deliveredQuantity: '55016' },
      ],
      // 243 of 300 is 81 %; 61,074 of 105,300 is 58 %.
      [
        '2026-07',
        'E6504',
        ['delivery'],
        { orders: 300, responded: 243, orderedQuantity: '105300', deliveredQuantity: '61074' },
      ],
    ]);
    // 80 of 100, and 20,640 of 25,800.
    expect(atTheEdge).toEqual([
      ['2026-10', 'E6502', { orders: 100, responded: 80, orderedQuantity: '25800', deliveredQuantity: '20640' }],
    ]);
  });

  it('has a person of its own for each of the four levels, the cashier, the accountant and the operator', async () => {
    for (const code of CODES) {
      const { staff } = await read(code);
      const inJuly = staff.filter(({ from, to }) => (from ?? '') <= '2026-07-01' && (to ?? '9999') >= '2026-07-01');
      for (const role of [
        'officer',
        'business-head',
        'finance',
        'director',
        'cashier',
        'accountant',
        'operator',
      ] as const) {
        expect(inJuly.filter(({ roles }) => roles.includes(role))).toHaveLength(
          role === 'officer' && code !== '650500' ? 2 : 1,
        );
      }
      expect(inJuly.every(({ roles }) => roles.length === 1)).toBe(true);
    }
  });

  it('has an institution that fails each condition of eligibility, one of them until its violation is two years old', async () => {
    const { files } = await read('321300');
    const policy = publishedPolicy('suqian-2025').policy.fund!;
    const standings = await readStandings(files.eligibility);
    const failedIn = (month: string) =>
      Object.fromEntries(
        standings
          .map((standing) => judgeEligibility(standing, policy, period(month)))
          .filter(({ eligible }) => !eligible)
          .map(({ institution, failed }) => [institution, failed]),
      );
    const always = {
      H32130200001: ['score'],
      H32131100001: ['traceability'],
      H32132300001: ['cooperates'],
      H32132400001: ['active'],
      H32132400002: ['agreement-kept'],
    };
    expect(failedIn('2026-06')).toEqual({ ...always, H32130200002: ['major-violation'] });
    expect(failedIn('2026-07')).toEqual(always);
  });

  it.each(WITH_FUNDS)(
    '%s claims each month from the pools that the policy settles, and spends no more than it has',
    async (code) => {
      const { files, funds, institutions } = await read(code);
      const pools = publishedPolicy('suqian-2025').policy.fund!.pools;
      const spending = await readSpending(files.spending);
      expect([...new Set(spending.map(({ pool }) => pool))]).toEqual(pools);
      const known = new Set(institutions.map(({ institution }) => institution));
      expect(files.claims).toHaveLength(12);
      const paid = new Map<string, bigint>();
      for (const { path } of files.claims)
        for (const { pool, declaredFen, deductedFen } of await readClaims(path, {
          region: code,
          institutions: known,
          pools,
        }))
          paid.set(pool, (paid.get(pool) ?? 0n) + declaredFen - deductedFen);
      for (const { pool, cashFen, fiscalDepositFen } of funds)
        expect(paid.get(pool) ?? 0n).toBeLessThan(cashFen + fiscalDepositFen);
    },
  );
});
