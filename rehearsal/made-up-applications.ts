import { formatYuan } from '../domain/money';
import { addDays, addMonths, dayInPeriod, firstDayOf, lastDayOf, plainDate, type Period } from '../domain/plain-date';
import type { Category, Region } from '../domain/region';
import { amountOf, type LineCode } from '../domain/window/line-check';
import { createRandom, type Random } from './made-up-region';

/**
 * Made-up application lines (示例) of a region, any number of them, one after the other: same options, same lines. Each
 * institution applies for about a twelfth of what it bought last year; three lines in a hundred are returns or price
 * adjustments, one in a hundred is wrong, every way in turn, and a few stand twice, with or without a difference.
 */
export interface MadeUpApplicationsOptions {
  readonly period: Period;
  readonly lines: number;
  readonly seed?: number;
  /** Every line is right when this is false. */
  readonly defects?: boolean;
}

/** The cells of one row, in the order of the columns. */
export const MADE_UP_COLUMNS = [
  'line',
  'order',
  'institution',
  'enterprise',
  'drug',
  'category',
  'kind',
  'quantity',
  'unit_price',
  'amount',
  'received_on',
  'applied_on',
  'verified_by',
  'invoice',
  'ordered_on',
] as const;
export type MadeUpRow = Record<(typeof MADE_UP_COLUMNS)[number], string>;

const ORDERED_FROM = plainDate('2026-03-01');
const FIRST_PERIOD = '2026-03';
const IN_SCOPE: readonly Category[] = ['vbp-national', 'vbp-alliance', 'negotiated'];
/** Most of what is bought is procured nationally. */
const CATEGORY_OF_TEN = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2] as const;
const DRUGS = 400;
/** Enterprises that deliver to one institution. */
const SUPPLIERS = 6;
const MONTHS = 12n;

/** Institutions that buy, each with its share of the lines and the mean amount of one. */
interface Buyer {
  readonly institution: string;
  /** Lines of this buyer and of those before it. */
  readonly upTo: number;
  readonly meanFen: number;
}

/** A prime larger than any file has lines: steps of it visit every place of a file once, in no order that shows. */
const STRIDE = 1_299_709;
const MAX_LINES = 50_000_000;

export function* makeApplications(region: Region, options: MadeUpApplicationsOptions): Generator<MadeUpRow> {
  const { lines, defects = true } = options;
  if (lines < 1 || lines > MAX_LINES || lines % STRIDE === 0) throw new RangeError(`not a number of lines: ${lines}`);
  const line = createLines(region, options);
  const earlier =
    options.period > FIRST_PERIOD
      ? createLines(region, { ...options, period: addMonths(options.period, -1) })
      : undefined;
  // Each month at other numbers, so that small files see all of it in a year.
  const month = Number(options.period.slice(5));
  const isTurn = (number: number, every: number): boolean => (number + month * SHIFT) % every === 0;
  for (let number = 1; number <= lines; number += 1) {
    const row = line(number);
    if (!defects) {
      yield row;
      continue;
    }
    const turn = Math.floor(number / DEFECT_EVERY) + month;
    yield isTurn(number, DEFECT_EVERY) ? withDefect(row, turn, region, options.period) : row;
    if (isTurn(number, TWICE_EVERY)) yield { ...row };
    if (isTurn(number, CONFLICT_EVERY)) yield { ...row, order: `${row.order}改` };
    if (isTurn(number, AGAIN_EVERY) && earlier)
      yield { ...earlier(number), applied_on: dayInPeriod(options.period, 4) };
  }
}

const SHIFT = 53;
const DEFECT_EVERY = 100;
const TWICE_EVERY = 461;
const CONFLICT_EVERY = 797;
const AGAIN_EVERY = 599;
const CREDITS_OF_A_HUNDRED = 3;

/** The nth line of a period, whichever were asked for before it. */
function createLines(region: Region, { period, lines, seed = 1 }: MadeUpApplicationsOptions): (n: number) => MadeUpRow {
  const buyers = buyersOf(region, period, lines, seed);
  const month = period.replace('-', '');
  return (number) => {
    const random = createRandom(number * 2_654_435 + Number(month) * 97 + seed * 1_000_003);
    const place = (number * STRIDE) % lines;
    const index = buyerAt(buyers, place);
    const { institution, meanFen } = buyers[index]!;
    const supplier = (index * 5 + random(SUPPLIERS)) % region.enterprises.length;
    const drug = random(DRUGS) + 1;
    const id = `${region.code}${month}${String(number).padStart(7, '0')}`;
    return {
      line: `L${id}`,
      order: `示例订单${id}`,
      institution,
      enterprise: region.enterprises[supplier]!.enterprise,
      drug: `示例药品${String(drug).padStart(3, '0')}`,
      category: IN_SCOPE[CATEGORY_OF_TEN[drug % CATEGORY_OF_TEN.length]!]!,
      ...goods(meanFen, drug, random),
      ...days(period, random),
      invoice: `示例发票${id}`,
    };
  };
}

function buyersOf(region: Region, period: Period, lines: number, seed: number): Buyer[] {
  const random = createRandom(Number(period.replace('-', '')) * 31 + seed);
  const bought = region.institutions
    .map(({ institution }) => {
      const purchases = region.purchases.filter(
        (each) => each.institution === institution && each.channel === 'online' && IN_SCOPE.includes(each.category),
      );
      const yearFen = purchases.reduce((total, { amountFen }) => total + amountFen, 0n);
      return { institution, monthFen: Number(yearFen / MONTHS) * (0.85 + random(31) / 100) };
    })
    .filter(({ monthFen }) => monthFen > 0);
  const wholeFen = bought.reduce((total, { monthFen }) => total + monthFen, 0);
  let before = 0;
  let beforeFen = 0;
  return bought.map(({ institution, monthFen }, index) => {
    beforeFen += monthFen;
    // Everybody has a line, as far as there are as many.
    const last = index === bought.length - 1;
    const share = Math.max(before + 1, Math.round((beforeFen / wholeFen) * lines));
    const upTo = last ? lines : Math.min(share, Math.max(1, lines - (bought.length - 1 - index)));
    const buyer = { institution, upTo, meanFen: monthFen / Math.max(1, upTo - before) };
    before = upTo;
    return buyer;
  });
}

function buyerAt(buyers: readonly Buyer[], place: number): number {
  let low = 0;
  let high = buyers.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (place < buyers[middle]!.upTo) high = middle;
    else low = middle + 1;
  }
  return low;
}

type Goods = Pick<MadeUpRow, 'kind' | 'quantity' | 'unit_price' | 'amount' | 'verified_by'>;

/** A delivery around the mean, or a credit of a few hundredths of it that both sides have verified. */
function goods(meanFen: number, drug: number, random: Random): Goods {
  // Prices agreed by volume are often a few fen a piece, with four places.
  const price =
    drug % 3 === 0
      ? `${random(9)}.${String(1 + random(9_998)).padStart(4, '0')}`
      : `${8 + random(290)}.${10 + random(90)}`;
  const isCredit = random(100) < CREDITS_OF_A_HUNDRED;
  const wantedFen = (meanFen * (40 + random(121))) / (isCredit ? 2_000 : 100);
  if (isCredit && random(3) === 0) {
    const cut = `-${formatYuan(BigInt(Math.max(1, Math.round(wantedFen))))}`;
    return { kind: 'price-adjustment', quantity: '1', unit_price: cut, amount: cut, verified_by: 'both' };
  }
  const pieces = Math.max(1, Math.round(wantedFen / (Number(price) * 100)));
  const quantity = `${isCredit ? '-' : ''}${pieces}`;
  const amount = formatYuan(amountOf(quantity, price));
  return {
    kind: isCredit ? 'return' : 'delivery',
    quantity,
    unit_price: price,
    amount,
    verified_by: isCredit ? 'both' : '',
  };
}

/** Ordered and received in the month before, and applied for by the 5th; in the first period all of it on its first days. */
function days(period: Period, random: Random): Pick<MadeUpRow, 'ordered_on' | 'received_on' | 'applied_on'> {
  const applied = 1 + random(5);
  const appliedOn = dayInPeriod(period, applied);
  if (period <= FIRST_PERIOD) {
    const receivedOn = dayInPeriod(period, 1 + random(applied));
    return { ordered_on: ORDERED_FROM, received_on: receivedOn, applied_on: appliedOn };
  }
  const orderedOn = dayInPeriod(addMonths(period, -1), 1 + random(20));
  return { ordered_on: orderedOn, received_on: addDays(orderedOn, 1 + random(7)), applied_on: appliedOn };
}

type Defect = (row: MadeUpRow, region: Region, period: Period) => Partial<MadeUpRow>;

/** One way for each code that a row can be wrong in by itself. */
const DEFECTS: Readonly<Partial<Record<LineCode, Defect>>> = {
  'before-window': (_, __, period) => {
    const eve = lastDayOf(addMonths(period, -1));
    return { applied_on: eve, received_on: eve };
  },
  'after-cutoff': (_, __, period) => ({ applied_on: dayInPeriod(period, 6) }),
  'before-direct-settlement': () => ({ ordered_on: addDays(ORDERED_FROM, -1) }),
  'received-after-application': (_, __, period) => ({
    applied_on: firstDayOf(period),
    received_on: dayInPeriod(period, 2),
  }),
  'out-of-scope': () => ({ category: 'vbp-provincial' }),
  'amount-mismatch': ({ amount }) => ({ amount: `${amount.slice(0, -1)}${amount.endsWith('9') ? '8' : '9'}` }),
  'unknown-institution': (_, { code }) => ({ institution: `H${code}99999` }),
  'unknown-enterprise': () => ({ enterprise: 'E0000' }),
  'unverified-credit': ({ quantity, amount, unit_price: price }) => ({
    kind: 'return',
    quantity: quantity.startsWith('-') ? quantity : `-${quantity}`,
    unit_price: price.replace('-', ''),
    amount: amount.startsWith('-') ? amount : `-${amount}`,
    verified_by: 'enterprise',
  }),
};
const DEFECT_LIST = Object.values(DEFECTS);

function withDefect(row: MadeUpRow, turn: number, region: Region, period: Period): MadeUpRow {
  return { ...row, ...DEFECT_LIST[turn % DEFECT_LIST.length]!(row, region, period) };
}
