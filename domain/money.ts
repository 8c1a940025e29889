import Decimal from 'decimal.js';

/**
 * Money is an integer number of fen. Ratios are decimals with 40 digits (decimal.js keeps 20 by default and prints
 * exponents), so a product of any fund's size is exact before its one rounding.
 */
export const Exact = Decimal.clone({ precision: 40, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -40, toExpPos: 40 });

/** A ratio or share as written in a policy file: a plain decimal string such as `"0.5"`. */
export type Ratio = string;

const YUAN = /^(-?)(\d{1,15})(?:\.(\d{1,2}))?$/;

/** Reads yuan (`"600000.00"`, `"-1.5"`, `"3"`) as fen. Returns undefined for anything else, a third decimal included. */
export function parseYuan(text: string): bigint | undefined {
  const match = YUAN.exec(text);
  if (!match) return undefined;
  const fen = BigInt(match[2]!) * 100n + BigInt((match[3] ?? '').padEnd(2, '0'));
  return match[1] ? -fen : fen;
}

/** Like {@link parseYuan}; throws a RangeError for text that is not an amount. For values a schema has checked already. */
export function yuan(text: string): bigint {
  const fen = parseYuan(text);
  if (fen === undefined)
    throw new RangeError(`not an amount in yuan with at most two decimals: ${JSON.stringify(text)}`);
  return fen;
}

/** Fen as yuan with two places, `"-0.05"`: the only form in which money leaves the engine. */
export function formatYuan(fen: bigint): string {
  const digits = (fen < 0n ? -fen : fen).toString().padStart(3, '0');
  return `${fen < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** amount × ratio, rounded half up (away from zero) to the fen once. */
export function multiply(amountFen: bigint, ratio: Ratio): bigint {
  return BigInt(new Exact(amountFen.toString()).times(ratio).toFixed(0, Decimal.ROUND_HALF_UP));
}

export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}

export function minimum(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

/**
 * Splits a non-negative total in proportion to non-negative weights: each part is the floor of its exact share and the
 * fen left over go to the largest remainders, ties to the earlier. The parts always add up to the total, and no part
 * exceeds its weight while the total does not exceed the sum of the weights.
 *
 * @throws RangeError when an argument is negative, or when there is money but no weight to carry it.
 */
export function splitInProportion(totalFen: bigint, weights: readonly bigint[]): bigint[] {
  const whole = sum(weights);
  if (totalFen < 0n || weights.some((weight) => weight < 0n)) throw new RangeError('a split takes no negative amounts');
  if (totalFen === 0n) return weights.map(() => 0n);
  if (whole === 0n) throw new RangeError(`${formatYuan(totalFen)} cannot be split: every weight is zero`);

  const parts = weights.map((weight) => (totalFen * weight) / whole);
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (totalFen * weight) % whole }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  let left = totalFen - sum(parts);
  for (const { index } of byRemainder) {
    if (left === 0n) break;
    parts[index]! += 1n;
    left -= 1n;
  }
  return parts;
}
