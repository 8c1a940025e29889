import Decimal from 'decimal.js';
import { Exact, type Ratio } from '../money';
import type { FundPolicy } from '../policy';
import { Refusal } from '../refusal';

const MONTHS_A_YEAR = 12;
const RULE = '宿迁 2025-06-13 三(二)2';

/**
 * The monthly standard (月预拨标准) of an institution and pool: last year's spending × ratio ÷ 12, exact until its one rounding,
 * half up to the fen.
 *
 * @param yearSpendingFen what the pool paid the institution in the year the policy looks back to
 */
export function monthlyStandard(yearSpendingFen: bigint, ratio: Ratio): bigint {
  const exact = new Exact(yearSpendingFen.toString()).times(ratio).div(MONTHS_A_YEAR);
  return BigInt(exact.toFixed(0, Decimal.ROUND_HALF_UP));
}

/**
 * The ratio that a decision sets, during the year too.
 *
 * @throws Refusal `RatioTooLow` below what the policy allows
 */
export function checkedRatio(policy: FundPolicy, ratio: Ratio): Ratio {
  const { ratioMinimum } = policy.preallocation;
  if (new Exact(ratio).lt(ratioMinimum))
    throw new Refusal('RatioTooLow', `a ratio of ${ratio} is below ${ratioMinimum}, which no decision may go below`, {
      rule: RULE,
      ratio,
      ratioMinimum,
    });
  return ratio;
}
