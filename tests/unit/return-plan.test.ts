import fc from 'fast-check';
import { yuan } from '../../domain/money';
import { period, plainDate } from '../../domain/plain-date';
import { scheduleOf } from '../../domain/policy';
import { addPools, NO_POOL_FEN, PREPAYMENT_POOLS, sumPools, type PoolFen } from '../../domain/pools';
import {
  isOverdue,
  moveDate,
  moveDateOfArrival,
  planReturns,
  returnState,
  splitArrival,
} from '../../domain/return-plan';
import { fixturePolicy, publishedCalendar, publishedPolicy } from '../support/published';
import { refusalOf } from '../support/refusal';

const policy = publishedPolicy('xinjiang-2025-50').policy.prepayment!;
const calendar = publishedCalendar();

function fromEmployee(amountFen: bigint): PoolFen {
  return { ...NO_POOL_FEN, employee: amountFen };
}

function amounts(amountFen: bigint, year = 2026): [string, bigint][] {
  const plan = planReturns({ amountFen, pools: fromEmployee(amountFen), policy, year });
  return plan.map((planned) => [planned.period, planned.amountFen]);
}

describe('the return plan', () => {
  it('of 6,172,839.46 returns 617,283.95 seven times and 1,851,851.81 in November', () => {
    expect(amounts(yuan('6172839.46'))).toEqual([
      ...['2026-04', '2026-05', '2026-06', '2026-07', '2026-08', '2026-09', '2026-10'].map((month) => [
        month,
        yuan('617283.95'),
      ]),
      ['2026-11', yuan('1851851.81')],
    ]);
  });

  it('of 13 fen returns 1 fen seven times and 6 in November', () => {
    expect(amounts(13n).map(([, fen]) => fen)).toEqual([1n, 1n, 1n, 1n, 1n, 1n, 1n, 6n]);
  });

  // 5 fen × 10 % rounds up to 1 fen, so five months return all and nothing is left for the rest.
  it('of 5 fen leaves out the months in which nothing is due', () => {
    expect(amounts(5n)).toEqual([
      ['2026-04', 1n],
      ['2026-05', 1n],
      ['2026-06', 1n],
      ['2026-07', 1n],
      ['2026-08', 1n],
    ]);
  });

  it('of 4 fen returns all in November, since a tenth rounds to nothing', () => {
    expect(amounts(4n)).toEqual([['2026-11', 4n]]);
  });

  it('of 2027 returns a tenth from February to October and the rest in November', () => {
    const plan = amounts(yuan('1000.05'), 2027);
    expect(plan).toHaveLength(10);
    expect(plan[0]).toEqual(['2027-02', yuan('100.01')]);
    expect(plan[8]).toEqual(['2027-10', yuan('100.01')]);
    expect(plan[9]).toEqual(['2027-11', yuan('99.96')]);
  });

  it('is due by the 20th, November included, weekends too', () => {
    const plan = planReturns({ amountFen: 1000n, pools: fromEmployee(1000n), policy, year: 2026 });
    expect(plan.map(({ dueOn }) => dueOn)).toEqual(
      ['04', '05', '06', '07', '08', '09', '10', '11'].map((month) => `2026-${month}-20`),
    );
  });

  // By hand, with 6 fen outstanding in the resident pool: 0.6 of a fen rounds to 1; 0.56 to 1; then 0.5 ties to the earlier
  // pool, 0.57 to 1, 0.5, 0.6 to 1, 0.5 again; November takes the last 2.
  it('of 1,000.00 drawn as 999.94 + 0.06 never takes more from a pool than it has outstanding', () => {
    const pools = { employee: yuan('999.94'), resident: yuan('0.06'), 'employee-large': 0n };
    const plan = planReturns({ amountFen: yuan('1000.00'), pools, policy, year: 2026 });
    expect(plan.map((planned) => planned.pools.resident)).toEqual([1n, 1n, 0n, 1n, 0n, 1n, 0n, 2n]);
    expect(plan.map((planned) => planned.pools.employee)).toEqual([
      9_999n,
      9_999n,
      10_000n,
      9_999n,
      10_000n,
      9_999n,
      10_000n,
      29_998n,
    ]);
  });

  it('is refused for a year before the policy prepays', () => {
    expect(refusalOf(() => scheduleOf(policy, 2025)).code).toBe('PolicyNotInForce');
    expect(scheduleOf(policy, 2040).disbursement.month).toBe(1);
  });

  it('takes no pools that do not add up to the amount', () => {
    expect(() => planReturns({ amountFen: 10n, pools: fromEmployee(9n), policy, year: 2026 })).toThrow(RangeError);
  });

  it('is one sum in December where the policy says so', () => {
    const third = fixturePolicy('third-scheme.yaml').policy.prepayment!;
    expect(planReturns({ amountFen: 999n, pools: fromEmployee(999n), policy: third, year: 2026 })).toEqual([
      { period: '2026-12', dueOn: '2026-12-15', amountFen: 999n, pools: fromEmployee(999n) },
    ]);
  });

  it('gives back to each pool exactly what it gave, never below zero, in any year', () => {
    const fen = fc.oneof(fc.bigInt({ min: 0n, max: 30n }), fc.bigInt({ min: 0n, max: 10n ** 13n }));
    fc.assert(
      fc.property(fen, fen, fen, fc.constantFrom(2026, 2027), (employee, resident, large, year) => {
        const pools = { employee, resident, 'employee-large': large };
        const plan = planReturns({ amountFen: sumPools(pools), pools, policy, year });
        const outstanding = { ...pools };
        for (const planned of plan) {
          expect(planned.amountFen > 0n).toBe(true);
          expect(sumPools(planned.pools)).toBe(planned.amountFen);
          for (const pool of PREPAYMENT_POOLS) {
            outstanding[pool] -= planned.pools[pool];
            expect(planned.pools[pool] >= 0n && outstanding[pool] >= 0n).toBe(true);
          }
        }
        expect(plan.reduce((total, planned) => addPools(total, planned.pools), NO_POOL_FEN)).toEqual(pools);
        expect(plan.map((planned) => planned.period)).toEqual(plan.map((planned) => planned.period).sort());
      }),
    );
  });
});

describe('an arrival', () => {
  it('is split in proportion to what is outstanding, ties to the earlier pool', () => {
    expect(splitArrival(3n, { employee: 5n, resident: 5n, 'employee-large': 0n })).toEqual({
      employee: 2n,
      resident: 1n,
      'employee-large': 0n,
    });
  });

  it('of more than is outstanding is not split', () => {
    expect(() => splitArrival(11n, { employee: 5n, resident: 5n, 'employee-large': 0n })).toThrow(RangeError);
  });

  it('of no more than is outstanding never takes more than a pool has', () => {
    const fen = fc.bigInt({ min: 0n, max: 10n ** 12n });
    fc.assert(
      fc.property(fen, fen, fen, fc.bigInt({ min: 0n, max: 1000n }), (employee, resident, large, permille) => {
        const outstanding = { employee, resident, 'employee-large': large };
        const amountFen = (sumPools(outstanding) * permille) / 1000n;
        const parts = splitArrival(amountFen, outstanding);
        expect(sumPools(parts)).toBe(amountFen);
        for (const pool of PREPAYMENT_POOLS) expect(parts[pool] >= 0n && parts[pool] <= outstanding[pool]).toBe(true);
      }),
    );
  });
});

describe('the outcome of a return', () => {
  const may = { period: period('2026-05'), dueOn: plainDate('2026-05-20') };

  it.each([
    ['2026-04-30', 'on-time'],
    ['2026-05-15', 'on-time'],
    ['2026-05-20', 'on-time'],
    ['2026-05-21', 'late'],
    ['2026-05-31', 'late'],
    ['2026-06-01', 'missing'],
    [undefined, 'missing'],
  ])('that arrived on %s is %s', (arrivedOn, state) => {
    expect(returnState(may, arrivedOn === undefined ? undefined : plainDate(arrivedOn))).toBe(state);
  });

  it('is overdue from the day after the due day', () => {
    expect(isOverdue(may, plainDate('2026-05-20'))).toBe(false);
    expect(isOverdue(may, plainDate('2026-05-21'))).toBe(true);
  });
});

describe('the move to the fund account', () => {
  it.each([
    ['2026-04', '2026-04-30'],
    ['2026-05', '2026-05-29'],
    ['2026-06', '2026-06-30'],
    ['2026-10', '2026-10-30'],
    ['2026-11', '2026-11-30'],
  ])('of %s is on %s', (month, date) => {
    expect(moveDate(period(month), calendar)).toBe(date);
  });

  it.each([
    ['2026-05-15', '2026-05-29'],
    ['2026-05-29', '2026-05-29'],
    ['2026-05-30', '2026-06-30'],
    ['2026-05-31', '2026-06-30'],
    ['2026-12-31', '2026-12-31'],
  ])('takes what arrived on %s on %s', (arrivedOn, date) => {
    expect(moveDateOfArrival(plainDate(arrivedOn), calendar)).toBe(date);
  });

  it('takes a return that arrives on Sunday 2026-05-31 on 2026-06-30, as late and no breach', () => {
    const planned = { period: period('2026-05'), dueOn: plainDate('2026-05-20') };
    const sunday = plainDate('2026-05-31');
    expect(returnState(planned, sunday)).toBe('late');
    expect(moveDateOfArrival(sunday, calendar)).toBe('2026-06-30');
  });
});
