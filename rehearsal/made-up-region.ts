import { POOLS, type Pool } from '../domain/pools';
import {
  CATEGORIES,
  exampleStaff,
  type Enterprise,
  type FundOpening,
  type Institution,
  type Purchase,
  type Region,
} from '../domain/region';

/**
 * A made-up region of any size for benches and tests: same options, same region, byte for byte. Names carry 示例. The
 * mix is that of a real prefecture: few large hospitals, many small ones, about one consortium in twelve, a quarter
 * pharmacies without purchases; budgets reach, and the employee pool runs out before the last body.
 */
export interface MadeUpRegionOptions {
  /** Six digits. */
  readonly code: string;
  readonly institutions: number;
  readonly enterprises?: number;
  /** The year of the purchases; 2025 when left out. */
  readonly year?: number;
  readonly seed?: number;
}

const MAX_INSTITUTIONS = 99_999;
const DEFAULT_ENTERPRISES = 5;
const CONSORTIUM_EVERY = 12;
const CONSORTIUM_MEMBERS = 3;

interface Size {
  readonly level: string;
  readonly smallestFen: number;
  readonly largestFen: number;
}
const SIZES: readonly Size[] = [
  { level: '三级甲等', smallestFen: 1_000_000_000, largestFen: 6_000_000_000 },
  { level: '二级甲等', smallestFen: 150_000_000, largestFen: 900_000_000 },
  { level: '二级乙等', smallestFen: 60_000_000, largestFen: 200_000_000 },
  { level: '一级', smallestFen: 2_000_000, largestFen: 40_000_000 },
];
const SIZE_OF_TEN = [0, 1, 1, 2, 2, 3, 3, 3, 3, 3] as const;

/** @throws RangeError when the options make no region. */
export function makeRegion(options: MadeUpRegionOptions): Region {
  const { code, institutions: count, enterprises = DEFAULT_ENTERPRISES, year = 2025, seed = 1 } = options;
  if (!/^\d{6}$/.test(code)) throw new RangeError(`a region code has six digits: ${code}`);
  if (count < 1 || count > MAX_INSTITUTIONS)
    throw new RangeError(`1 to ${MAX_INSTITUTIONS} institutions, not ${count}`);
  const random = createRandom(seed * 1_000_003 + Number(code));
  const institutions = makeInstitutions(code, count, random);
  const purchases = makePurchases(institutions, year, random);
  return {
    code,
    name: `示例地区${code}`,
    funds: makeFunds(purchases),
    institutions,
    enterprises: makeEnterprises(enterprises),
    purchases,
    staff: exampleStaff(code),
    staffIsExample: true,
    files: { applications: [], claims: [], supply: [], spending: [] },
  };
}

/** Numbers from `below` values, 0 included; mulberry32, which is enough for made-up data. */
export type Random = (below: number) => number;

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

function makeInstitutions(code: string, count: number, random: Random): Institution[] {
  const pharmacies = Math.floor(count / 4);
  const hospitals = Array.from({ length: count - pharmacies }, (_, index): Institution => {
    const place = index % CONSORTIUM_EVERY;
    const isMember = index >= CONSORTIUM_EVERY && place > 0 && place <= CONSORTIUM_MEMBERS;
    const size = isMember ? SIZES.length - 1 : sizeOf(index, place, random);
    return {
      institution: institutionId('H', code, index + 1),
      name: `示例${code}第${index + 1}医院`,
      level: SIZES[size]!.level,
      threeFlows: random(10) < 3,
      executesWell: random(10) > 0,
      settlesThrough: isMember ? institutionId('H', code, index + 1 - place) : undefined,
      account: isMember ? '' : `0000${code}${String(index + 1).padStart(8, '0')}`,
      bankCode: isMember ? '' : `000000${code}`,
    };
  });
  const shops = Array.from({ length: pharmacies }, (_, index): Institution => ({
    institution: institutionId('P', code, index + 1),
    name: `示例${code}第${index + 1}药店`,
    level: '零售药店',
    threeFlows: false,
    executesWell: true,
    settlesThrough: undefined,
    account: `0001${code}${String(index + 1).padStart(8, '0')}`,
    bankCode: `000000${code}`,
  }));
  return [...hospitals, ...shops];
}

/** The head of a consortium is a county's hospital; others are of any size, the first one large. */
function sizeOf(index: number, place: number, random: Random): number {
  if (index === 0) return 0;
  return index >= CONSORTIUM_EVERY && place === 0 ? 2 : SIZE_OF_TEN[random(SIZE_OF_TEN.length)]!;
}

function institutionId(kind: 'H' | 'P', code: string, number: number): string {
  return `${kind}${code}${String(number).padStart(5, '0')}`;
}

function makePurchases(institutions: readonly Institution[], year: number, random: Random): Purchase[] {
  const purchases: Purchase[] = [];
  for (const { institution, level } of institutions) {
    const size = SIZES.find((each) => each.level === level);
    if (size === undefined) continue;
    const wholeFen = size.smallestFen + random(size.largestFen - size.smallestFen);
    for (const category of CATEGORIES) {
      const onlineFen = Math.floor((wholeFen * (10 + random(30))) / 100);
      const offlineFen = random(Math.max(1, Math.floor(onlineFen / 20)));
      purchases.push({ year, institution, category, channel: 'online', amountFen: BigInt(onlineFen) });
      purchases.push({ year, institution, category, channel: 'offline', amountFen: BigInt(offlineFen) });
    }
  }
  return purchases;
}

/** Prepayment takes at most 60 % of three of five categories, so these budgets always reach. */
function makeFunds(purchases: readonly Purchase[]): FundOpening[] {
  const wholeFen = purchases.reduce((total, { amountFen }) => total + amountFen, 0n);
  const budgets: Record<Pool, bigint> = {
    employee: wholeFen / 10n,
    resident: wholeFen / 2n,
    'employee-large': wholeFen / 2n,
    'employee-personal': 0n,
  };
  return POOLS.map((pool) => ({
    pool,
    cashFen: wholeFen,
    fiscalDepositFen: wholeFen,
    prepaymentBudgetFen: budgets[pool],
  }));
}

function makeEnterprises(count: number): Enterprise[] {
  return Array.from({ length: count }, (_, index) => ({
    enterprise: `E${String(index + 1).padStart(4, '0')}`,
    name: `示例第${index + 1}医药有限公司`,
    account: `0000999000${String(index + 1).padStart(8, '0')}`,
    bankCode: '000000999000',
  }));
}
