import { formatYuan, minimum, multiply, sum, type Ratio } from './money';
import { poolFen, PREPAYMENT_POOLS, type PoolFen, type PrepaymentPool } from './pools';
import type { PrepaymentPolicy } from './policy/schema';
import { Refusal } from './refusal';
import type { Institution, Purchase } from './region';
import { planReturns, type PlannedReturn } from './return-plan';

/** What the sums need of an institution. */
export type PrepaymentInstitution = Pick<Institution, 'institution' | 'threeFlows' | 'executesWell' | 'settlesThrough'>;

/** Another ratio than the policy's for one settlement body, by an approved decision with its reason. */
export interface ApprovedRatio {
  ratio: Ratio;
  reason: string;
}

export interface PlannedPrepayment {
  /** The settlement body. */
  institution: string;
  baseFen: bigint;
  ratio: Ratio;
  amountFen: bigint;
  /** Drawn from each pool; adds up to the amount. */
  pools: PoolFen;
  returns: PlannedReturn[];
}

export type PrepaymentExclusion = 'not-executing-well' | 'no-base' | 'overdue';

export interface PrepaymentPlan {
  /** In code order of the settlement bodies; never with an amount of zero. */
  rows: PlannedPrepayment[];
  excluded: { institution: string; reason: PrepaymentExclusion }[];
}

export interface PrepaymentInput {
  institutions: readonly PrepaymentInstitution[];
  /** Purchases of any years; those of the base year (`policy.base.yearsBack` before `year`) count. */
  purchases: readonly Purchase[];
  /** Fen that each pool may advance; a pool that is left out has nothing. */
  budgets: Readonly<Partial<Record<PrepaymentPool, bigint>>>;
  policy: PrepaymentPolicy;
  year: number;
  approvedRatios?: ReadonlyMap<string, ApprovedRatio>;
  /** Settlement bodies with an earlier prepayment that is overdue. */
  overdue?: ReadonlySet<string>;
}

const RULE = '四(一)';

/**
 * The settlement body of each institution: itself, or the one it settles through.
 *
 * @throws Refusal `FileInvalid` when an institution settles through one that is not in the list, through itself, or
 * through one that settles through another (a chain or a cycle).
 */
export function settlementBodies(
  institutions: readonly Pick<PrepaymentInstitution, 'institution' | 'settlesThrough'>[],
): Map<string, string> {
  const through = new Map(
    institutions.map(({ institution, settlesThrough }) => [institution, settlesThrough || undefined]),
  );
  const bodies = new Map<string, string>();
  for (const [institution, body] of through) {
    if (body === undefined) {
      bodies.set(institution, institution);
      continue;
    }
    if (!through.has(body)) throw consortiumInvalid(institution, `${body}, which is not in the list`);
    if (body === institution) throw consortiumInvalid(institution, 'itself: leave the column empty');
    const next = through.get(body);
    if (next !== undefined) throw consortiumInvalid(institution, `${body}, which itself settles through ${next}`);
    bodies.set(institution, body);
  }
  return bodies;
}

function consortiumInvalid(institution: string, problem: string): Refusal {
  return new Refusal('FileInvalid', `${institution} settles through ${problem}`, {
    institution,
    place: { file: 'institutions.csv', column: 'settles_through' },
    rule: 'a member settles through a settlement body that settles for itself',
  });
}

/**
 * The base of each settlement body in fen, of one year's purchases: those of the policy's categories through its channel by the body and its
 * members. Every body is in the result, with zero where nothing was bought, in code order.
 *
 * @throws Refusal `FileInvalid` for a purchase of an unknown institution, a negative base, or a broken consortium.
 */
export function prepaymentBase(
  purchases: readonly Omit<Purchase, 'year'>[],
  institutions: readonly PrepaymentInstitution[],
  policy: PrepaymentPolicy,
): Map<string, bigint> {
  const bodies = settlementBodies(institutions);
  const base = new Map([...new Set(bodies.values())].sort().map((body) => [body, 0n]));
  for (const { institution, category, channel, amountFen } of purchases) {
    const body = bodies.get(institution);
    if (body === undefined) {
      throw new Refusal('FileInvalid', `purchases name the institution ${institution}, which is not in the list`, {
        institution,
        place: { file: 'purchases', column: 'institution' },
      });
    }
    if (channel !== policy.base.channel || !policy.base.categories.includes(category)) continue;
    base.set(body, base.get(body)! + amountFen);
  }
  for (const [institution, baseFen] of base) {
    if (baseFen >= 0n) continue;
    throw new Refusal(
      'FileInvalid',
      `the purchases of ${institution} add up to ${formatYuan(baseFen)}: a base is never negative`,
      {
        institution,
        place: { file: 'purchases', column: 'amount' },
        rule: RULE,
      },
    );
  }
  return base;
}

/**
 * Who gets how much from which pool, and when it comes back. Settlement bodies draw in code order from the policy's pools
 * in their order, each pool until its budget is used up (新医保发〔2025〕50号 四(一)).
 *
 * @throws Refusal `BudgetInsufficient` naming the missing amount; `FileInvalid` as {@link prepaymentBase};
 * `PolicyNotInForce` for a year without a schedule; `PolicyInvalid` where the policy allows no ratio by decision.
 */
export function planPrepayments(input: PrepaymentInput): PrepaymentPlan {
  const { institutions, policy, year, overdue } = input;
  const attributes = new Map(institutions.map((row) => [row.institution, row]));
  const excluded: PrepaymentPlan['excluded'] = [];
  const wanted: Pick<PlannedPrepayment, 'institution' | 'baseFen' | 'ratio' | 'amountFen'>[] = [];
  const purchases = input.purchases.filter((purchase) => purchase.year === year - policy.base.yearsBack);
  for (const [institution, baseFen] of prepaymentBase(purchases, institutions, policy)) {
    const ratio = ratioOf(attributes.get(institution)!, input);
    const amountFen = multiply(baseFen, ratio);
    if (policy.requiresGoodExecution && !attributes.get(institution)!.executesWell) {
      excluded.push({ institution, reason: 'not-executing-well' });
    } else if (amountFen === 0n) {
      excluded.push({ institution, reason: 'no-base' });
    } else if (overdue?.has(institution)) {
      excluded.push({ institution, reason: 'overdue' });
    } else {
      wanted.push({ institution, baseFen, ratio, amountFen });
    }
  }
  const drawn = drawFromPools(
    wanted.map(({ amountFen }) => amountFen),
    input.budgets,
    policy.poolOrder,
  );
  const rows = wanted.map((row, index) => {
    const pools = drawn[index]!;
    return { ...row, pools, returns: planReturns({ amountFen: row.amountFen, pools, policy, year }) };
  });
  return { rows, excluded };
}

function ratioOf(institution: PrepaymentInstitution, { policy, approvedRatios }: PrepaymentInput): Ratio {
  const approved = approvedRatios?.get(institution.institution);
  if (approved) {
    if (!/^(0|1)(\.\d{1,10})?$/.test(approved.ratio) || Number(approved.ratio) > 1) {
      throw new RangeError(`a ratio is a decimal from 0 to 1, not ${approved.ratio}`);
    }
    if (policy.ratioByDecision) return approved.ratio;
    throw new Refusal('PolicyInvalid', `${institution.institution}: the policy allows no ratio by decision`, {
      institution: institution.institution,
      rule: RULE,
    });
  }
  return institution.threeFlows && policy.threeFlowsRatio !== undefined ? policy.threeFlowsRatio : policy.ratio;
}

/**
 * Draws the amounts, in their order, from the pools in their order, each pool until its budget is used up. One amount may
 * be split over pools.
 *
 * @throws Refusal `BudgetInsufficient` with `missingFen` (yuan in the message) when the budgets do not reach for all.
 */
export function drawFromPools(
  amounts: readonly bigint[],
  budgets: Readonly<Partial<Record<PrepaymentPool, bigint>>>,
  order: readonly PrepaymentPool[],
): PoolFen[] {
  const left = poolFen((pool) => (order.includes(pool) ? (budgets[pool] ?? 0n) : 0n));
  for (const pool of PREPAYMENT_POOLS) {
    if (left[pool] < 0n) throw new RangeError(`the budget of ${pool} is negative: ${formatYuan(left[pool])}`);
  }
  const needed = sum(amounts);
  const available = sum(Object.values(left));
  if (needed > available) {
    const missing = formatYuan(needed - available);
    throw new Refusal(
      'BudgetInsufficient',
      `prepayments need ${formatYuan(needed)} and the budgets of ${order.join(', ')} have ${formatYuan(available)}: ` +
        `${missing} is missing, nothing is paid`,
      { missing, needed: formatYuan(needed), available: formatYuan(available), rule: RULE },
    );
  }
  return amounts.map((amountFen) => {
    const parts = poolFen(() => 0n);
    let rest = amountFen;
    for (const pool of order) {
      const part = minimum(rest, left[pool]);
      parts[pool] = part;
      left[pool] -= part;
      rest -= part;
    }
    return parts;
  });
}
