import fc from 'fast-check';
import { yuan } from '../../domain/money';
import { NO_POOL_FEN, PREPAYMENT_POOLS, sumPools, type PoolFen, type PrepaymentPool } from '../../domain/pools';
import {
  drawFromPools,
  planPrepayments,
  prepaymentBase,
  settlementBodies,
  type PrepaymentInput,
  type PrepaymentInstitution,
} from '../../domain/prepayment';
import type { Purchase } from '../../domain/region';
import { fixturePolicy, publishedPolicy } from '../support/published';
import { refusalOf } from '../support/refusal';

const policy = publishedPolicy('xinjiang-2025-50').policy.prepayment!;
const A = 'H65050100001';
const B = 'H65050100002';
const C = 'H65050100003';

function institution(id: string, change: Partial<PrepaymentInstitution> = {}): PrepaymentInstitution {
  return { institution: id, threeFlows: false, executesWell: true, settlesThrough: undefined, ...change };
}

function bought(id: string, amount: string, change: Partial<Purchase> = {}): Purchase {
  return {
    year: 2025,
    institution: id,
    category: 'vbp-national',
    channel: 'online',
    amountFen: yuan(amount),
    ...change,
  };
}

const plentiful = { employee: yuan('100000000'), resident: 0n, 'employee-large': 0n };

function plan(change: Partial<PrepaymentInput> = {}) {
  return planPrepayments({ institutions: [], purchases: [], budgets: plentiful, policy, year: 2026, ...change });
}

describe('the base', () => {
  it('counts online purchases of procured categories of the year before, and nothing else', () => {
    const purchases = [
      bought(A, '100.00'),
      bought(A, '20.00', { category: 'vbp-alliance' }),
      bought(A, '3.00', { category: 'vbp-provincial' }),
      bought(A, '-0.50'),
      bought(A, '4000.00', { category: 'negotiated' }),
      bought(A, '50000.00', { category: 'other' }),
      bought(A, '600000.00', { channel: 'offline' }),
    ];
    expect(prepaymentBase(purchases, [institution(A)], policy).get(A)).toBe(yuan('122.50'));
    const otherYears = [bought(A, '7.00', { year: 2024 }), bought(A, '8.00', { year: 2026 })];
    expect(plan({ institutions: [institution(A)], purchases: [...purchases, ...otherYears] }).rows[0]!.baseFen).toBe(
      yuan('122.50'),
    );
  });

  it('of members counts to their settlement body, whose attributes decide', () => {
    const institutions = [
      institution(C, { threeFlows: true }),
      institution(A, { settlesThrough: C, executesWell: false }),
      institution(B, { settlesThrough: C }),
    ];
    const purchases = [bought(A, '10.00'), bought(B, '20.00'), bought(C, '30.00')];
    const { rows, excluded } = plan({ institutions, purchases });
    expect(rows.map(({ institution: id, baseFen, ratio, amountFen }) => ({ id, baseFen, ratio, amountFen }))).toEqual([
      { id: C, baseFen: yuan('60.00'), ratio: '0.6', amountFen: yuan('36.00') },
    ]);
    expect(excluded).toEqual([]);
  });

  it.each<[string, PrepaymentInstitution[], RegExp]>([
    ['nobody in the list', [institution(A, { settlesThrough: B })], /not in the list/],
    ['itself', [institution(A, { settlesThrough: A })], /itself/],
    [
      'one that settles through a third',
      [institution(A, { settlesThrough: B }), institution(B, { settlesThrough: C }), institution(C)],
      /itself settles through/,
    ],
    [
      'one that settles through it',
      [institution(A, { settlesThrough: B }), institution(B, { settlesThrough: A })],
      /itself settles through/,
    ],
  ])('is refused where a member settles through %s', (_, institutions, message) => {
    const refusal = refusalOf(() => settlementBodies(institutions));
    expect(refusal.code).toBe('FileInvalid');
    expect(refusal.message).toMatch(message);
    expect(refusal.details.place).toEqual({ file: 'institutions.csv', column: 'settles_through' });
  });

  it('is refused when it is negative, also where the institution would get nothing', () => {
    const refusal = refusalOf(() =>
      plan({
        institutions: [institution(A, { executesWell: false })],
        purchases: [bought(A, '1.00'), bought(A, '-1.01')],
      }),
    );
    expect(refusal.code).toBe('FileInvalid');
    expect(refusal.message).toContain('-0.01');
  });

  it('is refused when purchases name an institution that is not in the list', () => {
    expect(refusalOf(() => plan({ institutions: [institution(A)], purchases: [bought(B, '1.00')] })).code).toBe(
      'FileInvalid',
    );
  });
});

describe('the amount', () => {
  it.each([
    ['12345678.91', false, '0.5', '6172839.46'],
    ['12345678.91', true, '0.6', '7407407.35'],
    ['1200000.00', false, '0.5', '600000.00'],
    ['0.01', false, '0.5', '0.01'],
  ])('of a base of %s (three flows: %s) at %s is %s', (base, threeFlows, ratio, amount) => {
    const [row] = plan({ institutions: [institution(A, { threeFlows })], purchases: [bought(A, base)] }).rows;
    expect(row).toMatchObject({ ratio, amountFen: yuan(amount), baseFen: yuan(base) });
    expect(sumPools(row!.pools)).toBe(yuan(amount));
  });

  it('follows an approved decision instead of the policy', () => {
    const approvedRatios = new Map([[A, { ratio: '0.55', reason: '示例决定' }]]);
    const [row] = plan({
      institutions: [institution(A, { threeFlows: true })],
      purchases: [bought(A, '100.00')],
      approvedRatios,
    }).rows;
    expect(row).toMatchObject({ ratio: '0.55', amountFen: yuan('55.00') });
  });

  it.each(['1.01', '-0.1', 'half', ''])('follows no decision of "%s"', (ratio) => {
    const approvedRatios = new Map([[A, { ratio, reason: '示例决定' }]]);
    expect(() => plan({ institutions: [institution(A)], purchases: [bought(A, '1.00')], approvedRatios })).toThrow(
      RangeError,
    );
  });

  it('follows no decision where the policy allows none', () => {
    const third = fixturePolicy('third-scheme.yaml').policy.prepayment!;
    const approvedRatios = new Map([[A, { ratio: '0.55', reason: '示例决定' }]]);
    const call = () =>
      plan({ institutions: [institution(A)], purchases: [bought(A, '1.00')], approvedRatios, policy: third });
    expect(refusalOf(call).code).toBe('PolicyInvalid');
  });

  it('is no row for who does not execute well, has no base, or owes an earlier prepayment', () => {
    const institutions = [institution(C), institution(B), institution(A, { executesWell: false })];
    const purchases = [bought(A, '1.00'), bought(C, '1.00')];
    expect(plan({ institutions, purchases, overdue: new Set([C]) })).toEqual({
      rows: [],
      excluded: [
        { institution: A, reason: 'not-executing-well' },
        { institution: B, reason: 'no-base' },
        { institution: C, reason: 'overdue' },
      ],
    });
  });
});

describe('pools', () => {
  const institutions = [institution(C), institution(A), institution(B)];
  const purchases = [bought(A, '1200.00'), bought(B, '1000.00'), bought(C, '800.00')];

  // 600 + 500 + 400: the employee pool's 800 give 600 to A and 200 to B, the resident pool's 450 give 300 to B and 150 to
  // C, and the last 250 of C come from the large-amount pool.
  it('are drawn in code order, each until its budget is used up', () => {
    const budgets = { employee: yuan('800.00'), resident: yuan('450.00'), 'employee-large': yuan('250.00') };
    expect(
      plan({ institutions, purchases, budgets }).rows.map(({ institution: id, pools }) => ({ id, pools })),
    ).toEqual([
      { id: A, pools: { employee: 60_000n, resident: 0n, 'employee-large': 0n } },
      { id: B, pools: { employee: 20_000n, resident: 30_000n, 'employee-large': 0n } },
      { id: C, pools: { employee: 0n, resident: 15_000n, 'employee-large': 25_000n } },
    ]);
  });

  it('that do not reach are refused with the missing amount', () => {
    const budgets = { employee: yuan('800.00'), resident: yuan('450.00'), 'employee-large': yuan('249.99') };
    const refusal = refusalOf(() => plan({ institutions, purchases, budgets }));
    expect(refusal.code).toBe('BudgetInsufficient');
    expect(refusal.message).toContain('0.01 is missing');
    expect(refusal.details.missing).toBe('0.01');
  });

  it('that the policy does not name give nothing', () => {
    const third = fixturePolicy('third-scheme.yaml').policy.prepayment!;
    const budgets = { 'employee-large': yuan('1000000.00') };
    expect(refusalOf(() => plan({ institutions, purchases, budgets, policy: third })).code).toBe('BudgetInsufficient');
  });

  it('never give more than their budget, and what they give adds up', () => {
    const fen = fc.bigInt({ min: 0n, max: 10n ** 12n });
    const order = fc.shuffledSubarray([...PREPAYMENT_POOLS], { minLength: 1 });
    fc.assert(
      fc.property(fc.array(fen, { maxLength: 20 }), fc.tuple(fen, fen, fen), order, (amounts, [x, y, z], pools) => {
        const budgets: Record<PrepaymentPool, bigint> = { employee: x, resident: y, 'employee-large': z };
        const needed = amounts.reduce((total, amount) => total + amount, 0n);
        const available = pools.reduce((total, pool) => total + budgets[pool], 0n);
        if (needed > available) {
          expect(refusalOf(() => drawFromPools(amounts, budgets, pools)).code).toBe('BudgetInsufficient');
          return;
        }
        const drawn = drawFromPools(amounts, budgets, pools);
        expect(drawn.map(sumPools)).toEqual(amounts);
        const taken = (pool: PrepaymentPool) => drawn.reduce((total, parts) => total + parts[pool], 0n);
        for (const pool of PREPAYMENT_POOLS) {
          expect(drawn.every((parts: PoolFen) => parts[pool] >= 0n)).toBe(true);
          expect(taken(pool) <= (pools.includes(pool) ? budgets[pool] : 0n)).toBe(true);
        }
        // A later pool is touched only when all before it are empty.
        pools.forEach((pool, index) => {
          if (taken(pool) > 0n)
            expect(pools.slice(0, index).every((before) => taken(before) === budgets[before])).toBe(true);
        });
      }),
    );
  });
});

it('the plan of a region adds up, whatever its purchases', () => {
  const ids = [A, B, C];
  const rows = fc.array(fc.tuple(fc.constantFrom(...ids), fc.bigInt({ min: 0n, max: 10n ** 11n })), { maxLength: 12 });
  fc.assert(
    fc.property(rows, fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), (amounts, flows) => {
      const purchases = amounts.map(([id, amountFen]) => bought(id, '0.00', { amountFen }));
      const institutions = ids.map((id, index) => institution(id, { threeFlows: flows[index]! }));
      const budgets = { employee: 10n ** 11n, resident: 10n ** 11n, 'employee-large': 10n ** 13n };
      for (const row of plan({ institutions, purchases, budgets }).rows) {
        expect(sumPools(row.pools)).toBe(row.amountFen);
        expect(row.returns.reduce((total, planned) => total + planned.amountFen, 0n)).toBe(row.amountFen);
      }
    }),
  );
  expect(sumPools(NO_POOL_FEN)).toBe(0n);
});
