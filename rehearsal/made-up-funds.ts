import type { Claim } from '../domain/fund/claims';
import type { Standing } from '../domain/fund/eligibility';
import type { Spending } from '../domain/fund/spending';
import { splitInProportion } from '../domain/money';
import type { Period } from '../domain/plain-date';
import type { Pool } from '../domain/pools';
import type { Region } from '../domain/region';
import { createRandom } from './made-up-region';

/**
 * Made-up spending, standings and claims (示例) of a region of any size: same options, same figures. Hospitals claim from every pool that
 * is asked for, pharmacies from the personal accounts and a little from the employee pool.
 */

/** Shares of a pool by level: a few large hospitals have most of it. */
const WEIGHTS: Readonly<Record<string, bigint>> = {
  三级甲等: 400n,
  三级乙等: 250n,
  二级甲等: 120n,
  二级乙等: 60n,
  一级: 15n,
  零售药店: 8n,
};
const OTHER_WEIGHT = 5n;
const PHARMACY_POOLS: readonly Pool[] = ['employee', 'employee-personal'];

function weightOf(institution: string, level: string, pool: Pool): bigint {
  if (institution.startsWith('P') && !PHARMACY_POOLS.includes(pool)) return 0n;
  return WEIGHTS[level] ?? OTHER_WEIGHT;
}

/** What each pool paid in a year, split over the institutions to the fen. */
export function makeSpending(
  region: Pick<Region, 'institutions'>,
  { year, yearFen }: { year: number; yearFen: Partial<Record<Pool, bigint>> },
): Spending[] {
  const pools = Object.entries(yearFen) as [Pool, bigint][];
  return pools.flatMap(([pool, wholeFen]) => {
    const weights = region.institutions.map(({ institution, level }) => weightOf(institution, level, pool));
    return splitInProportion(wholeFen, weights)
      .map((amountFen, index) => ({ year, institution: region.institutions[index]!.institution, pool, amountFen }))
      .filter(({ amountFen }) => amountFen > 0n);
  });
}

/** All fit, but for one in ten, which fails on its score. */
export function makeStandings(region: Pick<Region, 'institutions'>): Standing[] {
  return region.institutions.map(({ institution }, index) => ({
    institution,
    score: index % 10 === 9 ? '72.5' : String(80 + (index % 20)),
    traceability: true,
    active: true,
    cooperates: true,
    agreementKept: true,
  }));
}

/** What an institution declares is about a twelfth of last year's spending: so many per cent of it at least, and up to so many more. */
const LEAST_PER_CENT = 70;
const MORE_PER_CENT = 50;
/** One claim in fifty is below what was pre-allocated for it, and one in a hundred is not there. */
const LOW_OF = 50;
const LOW_PER_CENT = 12;
const MISSING_OF = 100;
/** A claim in eight has a deduction in its file, of up to three per cent. */
const DEDUCTED_OF = 8;
const DEDUCTED_PER_MILLE = 30;

export interface MadeUpClaimsOptions {
  readonly period: Period;
  readonly seed?: number;
  /** Neighbours whose pools pay a small part of what their people were treated for here. */
  readonly payingRegions?: readonly string[];
}

export function makeClaims(
  region: Pick<Region, 'code'>,
  spending: readonly Spending[],
  { period, seed = 1, payingRegions = [] }: MadeUpClaimsOptions,
): Claim[] {
  const random = createRandom(seed * 7_919 + Number(region.code) + Number(period.replace('-', '')) * 31);
  return spending.flatMap(({ institution, pool, amountFen }, index) => {
    const perCent = random(LOW_OF) === 0 ? LOW_PER_CENT : LEAST_PER_CENT + random(MORE_PER_CENT);
    const missing = random(MISSING_OF) === 0;
    const perMille = random(DEDUCTED_OF) === 0 ? random(DEDUCTED_PER_MILLE) : 0;
    const abroad = payingRegions.length === 0 || institution.startsWith('P') ? undefined : random(12);
    if (missing) return [];
    const declaredFen = (amountFen * BigInt(perCent)) / 1_200n;
    const claim = { institution, pool, payingRegion: region.code, declaredFen };
    const own: Claim = { ...claim, deductedFen: (declaredFen * BigInt(perMille)) / 1_000n };
    if (abroad !== 0) return [own];
    const payingRegion = payingRegions[index % payingRegions.length]!;
    return [own, { ...claim, payingRegion, declaredFen: declaredFen / 40n, deductedFen: 0n }];
  });
}
