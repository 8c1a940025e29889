import fc from 'fast-check';
import { identityHolds, settleMonth, type Cleared } from '../../domain/fund/settlement';
import { judgeEligibility, type Standing } from '../../domain/fund/eligibility';
import { checkedRatio, monthlyStandard } from '../../domain/fund/standard';
import { yuan } from '../../domain/money';
import { period, plainDate } from '../../domain/plain-date';
import { publishedPolicy } from '../support/published';
import { refusalOf } from '../support/refusal';

// 宿迁 2025-06-13; numbers worked out by hand.

const policy = publishedPolicy('suqian-2025').policy.fund!;
const MONTH = period('2026-03');
const GOOD: Standing = {
  institution: 'H32130000001',
  score: '80',
  traceability: true,
  active: true,
  cooperates: true,
  agreementKept: true,
};

describe('eligibility for pre-allocation', () => {
  it('needs a score of at least 80', () => {
    expect(judgeEligibility(GOOD, policy, MONTH).eligible).toBe(true);
    expect(judgeEligibility({ ...GOOD, score: '79.9' }, policy, MONTH).failed).toEqual(['score']);
  });

  it.each([
    ['2024-02-29', true],
    ['2024-03-01', false],
    ['2026-03-01', false],
    ['2026-03-02', true],
  ])('looks at major violations from 2024-03-01 to 2026-03-01: on %s it is %s', (day, eligible) => {
    const result = judgeEligibility({ ...GOOD, majorViolationOn: plainDate(day) }, policy, MONTH);
    expect(result.eligible).toBe(eligible);
    expect(result.failed).toEqual(eligible ? [] : ['major-violation']);
  });

  it('names every condition that is not met, in one order', () => {
    const standing = {
      ...GOOD,
      score: '10',
      traceability: false,
      active: false,
      cooperates: false,
      agreementKept: false,
    };
    expect(judgeEligibility(standing, policy, MONTH).failed).toEqual([
      'score',
      'traceability',
      'active',
      'cooperates',
      'agreement-kept',
    ]);
  });

  it('keeps for each condition what it was judged by', () => {
    const { results } = judgeEligibility({ ...GOOD, majorViolationOn: plainDate('2025-01-31') }, policy, MONTH);
    expect(results.map(({ condition, evidence }) => `${condition}: ${evidence}`)).toEqual([
      'score: 80/80',
      'major-violation: 2025-01-31 (2024-03-01…2026-03-01)',
      'traceability: true',
      'active: true',
      'cooperates: true',
      'agreement-kept: true',
    ]);
  });
});

describe('the monthly standard', () => {
  it.each([
    // 12,000,000 × 30 % ÷ 12 = 300,000
    ['12000000.00', '0.30', '300000.00'],
    // 1,000,000.01 × 30 % ÷ 12 = 25,000.00025
    ['1000000.01', '0.30', '25000.00'],
    // 0.20 × 30 % ÷ 12 = 0.005: half a fen is rounded up once
    ['0.20', '0.30', '0.01'],
    ['0.19', '0.30', '0.00'],
    // 999,999.99 × 35 % ÷ 12 = 29,166.66637…
    ['999999.99', '0.35', '29166.67'],
  ])('of %s at %s is %s', (spent, ratio, standard) => {
    expect(monthlyStandard(yuan(spent), ratio)).toBe(yuan(standard));
  });

  it('follows a decision, but never one below the ratio of the policy', () => {
    expect(checkedRatio(policy, '0.45')).toBe('0.45');
    expect(checkedRatio(policy, '0.3')).toBe('0.3');
    expect(refusalOf(() => checkedRatio(policy, '0.2999'))).toMatchObject({ code: 'RatioTooLow' });
  });
});

describe('the settlement of a month', () => {
  const settle = (payable: string, preallocated: string, carriedIn: string, suspended = false) =>
    settleMonth({
      payableFen: yuan(payable),
      preallocatedFen: yuan(preallocated),
      carriedInFen: yuan(carriedIn),
      suspended,
    });

  it('pays what is payable less what was pre-allocated', () => {
    expect(settle('1000.00', '300.00', '0.00')).toEqual({
      netFen: yuan('700.00'),
      paidFen: yuan('700.00'),
      heldFen: 0n,
      carriedOutFen: 0n,
      offsetFen: yuan('300.00'),
    });
  });

  it('carries a negative result to the next month, where it is worked off', () => {
    expect(settle('120.00', '300.00', '0.00')).toMatchObject({
      paidFen: 0n,
      carriedOutFen: yuan('-180.00'),
      offsetFen: yuan('120.00'),
    });
    expect(settle('900.00', '300.00', '-180.00')).toMatchObject({
      paidFen: yuan('420.00'),
      carriedOutFen: 0n,
      offsetFen: yuan('480.00'),
    });
  });

  it('carries all that was pre-allocated where nothing was claimed', () => {
    expect(settle('0.00', '300.00', '-0.05')).toMatchObject({
      paidFen: 0n,
      carriedOutFen: yuan('-300.05'),
      offsetFen: 0n,
    });
  });

  it('holds what a suspended institution would get, and uses the advance all the same', () => {
    expect(settle('1000.00', '300.00', '0.00', true)).toMatchObject({
      paidFen: 0n,
      heldFen: yuan('700.00'),
      offsetFen: yuan('300.00'),
    });
    expect(settle('100.00', '300.00', '0.00', true)).toMatchObject({ heldFen: 0n, carriedOutFen: yuan('-200.00') });
  });

  it('keeps the identity over any months and suspensions', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });
    const month = fc.record({ payableFen: amount, preallocatedFen: amount, suspended: fc.boolean() });
    fc.assert(
      fc.property(fc.array(month, { maxLength: 24 }), (months) => {
        let soFar: Cleared = { payableFen: 0n, preallocatedFen: 0n, paidFen: 0n, heldFen: 0n, carriedOutFen: 0n };
        let advanceFen = 0n;
        for (const each of months) {
          const settled = settleMonth({ ...each, carriedInFen: soFar.carriedOutFen });
          soFar = {
            payableFen: soFar.payableFen + each.payableFen,
            preallocatedFen: soFar.preallocatedFen + each.preallocatedFen,
            paidFen: soFar.paidFen + settled.paidFen,
            heldFen: soFar.heldFen + settled.heldFen,
            carriedOutFen: settled.carriedOutFen,
          };
          advanceFen += each.preallocatedFen - settled.offsetFen;
          // What is left of the advance in the books is what is carried.
          expect(advanceFen).toBe(-settled.carriedOutFen);
          expect(identityHolds(soFar)).toBe(true);
        }
      }),
    );
  });
});
