import { formatYuan, sum, yuan } from '../domain/money';
import { periodsBetween, period, type Period } from '../domain/plain-date';
import type { Summary } from './summary';

/** Parts of a result that are compared row by row: what tells a row, and what of it is compared. */
const PARTS = {
  prepayments: { key: ['institution'], fields: ['ratio', 'amount', 'disbursedOn'], amount: 'amount' },
  returns: {
    key: ['institution', 'period'],
    fields: ['dueOn', 'amount', 'receivedOn', 'state', 'toFundOn'],
    amount: 'amount',
  },
  rejectedLines: { key: ['period', 'line', 'code'], fields: [], amount: undefined },
  statements: {
    key: ['institution', 'period'],
    fields: ['net', 'fromPrepayment', 'fromOwn', 'topUp', 'confirmedOn', 'paidOn'],
    amount: 'net',
  },
  payments: { key: ['institution', 'enterprise', 'period'], fields: ['amount', 'state', 'paidOn'], amount: 'amount' },
  breaches: {
    key: ['institution', 'kind', 'period'],
    fields: ['noticeOn', 'deadline', 'correctedOn', 'suspendedFrom', 'resumedOn', 'state'],
    amount: undefined,
  },
  alerts: { key: ['kind', 'case'], fields: ['on'], amount: undefined },
  eligibility: { key: ['institution', 'period'], fields: ['eligible', 'failed'], amount: undefined },
  preallocations: { key: ['institution', 'pool', 'period'], fields: ['amount', 'paidOn'], amount: 'amount' },
  settlements: {
    key: ['institution', 'pool', 'period'],
    fields: ['payable', 'preallocated', 'paid', 'held', 'carriedOut', 'reviewedOn', 'paidOn', 'releasedOn'],
    amount: 'paid',
  },
  clearings: {
    key: ['institution', 'pool', 'quarter'],
    fields: ['payable', 'preallocated', 'paid', 'held', 'carriedOut', 'signedOn'],
    amount: 'payable',
  },
} as const satisfies Partial<
  Record<keyof Summary, { key: readonly string[]; fields: readonly string[]; amount: string | undefined }>
>;
type Part = keyof typeof PARTS;

interface Difference {
  part: Part;
  /** `H65050200001 2026-04`. */
  row: string;
  /** `row` where only one side has it. */
  field: string;
  a: string | null;
  b: string | null;
}

interface PartTotals {
  part: Part;
  rows: { a: number; b: number };
  /** Sum of the part's amounts, in yuan; null where it has none. */
  amount: { a: string; b: string } | null;
  differing: number;
}

/** What leaves in a month, by the day on which the bank booked it, in yuan. */
export interface CashMonth {
  period: Period;
  /** From the fund accounts, less what is moved back to them; below zero where more comes back. */
  fund: { a: string; b: string; difference: string };
  /** From the supervised accounts to enterprises. */
  enterprises: { a: string; b: string; difference: string };
}

export interface Comparison {
  totals: PartTotals[];
  differences: Difference[];
  cash: CashMonth[];
}

type Rows = Readonly<Record<string, unknown>>[];

/** What differs between two results of the same region and months. */
export function compareSummaries(a: Summary, b: Summary): Comparison {
  const differences: Difference[] = [];
  const totals = (Object.keys(PARTS) as Part[]).map((part): PartTotals => {
    const found = differencesOf(part, a[part] as Rows, b[part] as Rows);
    differences.push(...found);
    return {
      part,
      rows: { a: a[part].length, b: b[part].length },
      amount: amountsOf(part, a, b),
      differing: new Set(found.map(({ row }) => row)).size,
    };
  });
  return { totals, differences, cash: cashMonths(a, b) };
}

function differencesOf(part: Part, left: Rows, right: Rows): Difference[] {
  const { key, fields } = PARTS[part];
  const nameOf = (row: Rows[number]): string => key.map((column) => shown(row[column])).join(' ');
  const before = new Map(left.map((row) => [nameOf(row), row]));
  const after = new Map(right.map((row) => [nameOf(row), row]));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((row): Difference[] => {
    const was = before.get(row);
    const is = after.get(row);
    if (!was || !is) {
      const of = (side: Rows[number] | undefined): string | null => (side ? rowText(part, side) : null);
      return [{ part, row, field: 'row', a: of(was), b: of(is) }];
    }
    return fields
      .map((field) => ({ part, row, field, a: text(was[field]), b: text(is[field]) }))
      .filter((each) => each.a !== each.b);
  });
}

/** Its amount, or that it is there. */
function rowText(part: Part, row: Rows[number]): string {
  const { amount } = PARTS[part];
  return amount === undefined ? 'there' : shown(row[amount]);
}

function text(value: unknown): string | null {
  return value === null || value === undefined ? null : shown(value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function amountsOf(part: Part, a: Summary, b: Summary): PartTotals['amount'] {
  const { amount } = PARTS[part];
  if (amount === undefined) return null;
  const of = (summary: Summary): string =>
    formatYuan(sum((summary[part] as Rows).map((row) => yuan(shown(row[amount])))));
  return { a: of(a), b: of(b) };
}

function cashMonths(a: Summary, b: Summary): CashMonth[] {
  const [fundA, fundB] = [fundOut(a), fundOut(b)];
  const [paidA, paidB] = [byMonth(a.payments, 'paidOn', 'amount'), byMonth(b.payments, 'paidOn', 'amount')];
  return periodsBetween(period(a.from), period(a.to)).map((month) => ({
    period: month,
    fund: pair(fundA.get(month), fundB.get(month)),
    enterprises: pair(paidA.get(month), paidB.get(month)),
  }));
}

function pair(a = 0n, b = 0n): CashMonth['fund'] {
  return { a: formatYuan(a), b: formatYuan(b), difference: formatYuan(b - a) };
}

function fundOut(summary: Summary): Map<string, bigint> {
  const months = new Map<string, bigint>();
  const add = (amounts: Map<string, bigint>, sign: 1n | -1n): void => {
    for (const [month, fen] of amounts) months.set(month, (months.get(month) ?? 0n) + sign * fen);
  };
  add(byMonth(summary.prepayments, 'disbursedOn', 'amount'), 1n);
  add(byMonth(summary.returns, 'toFundOn', 'amount'), -1n);
  add(byMonth(summary.preallocations, 'paidOn', 'amount'), 1n);
  add(byMonth(summary.settlements, 'paidOn', 'paid'), 1n);
  add(byMonth(summary.settlements, 'releasedOn', 'released'), 1n);
  return months;
}

function byMonth<R, D extends keyof R, A extends keyof R>(rows: readonly R[], day: D, amount: A): Map<string, bigint> {
  const months = new Map<string, bigint>();
  for (const row of rows) {
    const on = row[day] as string | null;
    if (on === null) continue;
    const month = on.slice(0, 7);
    months.set(month, (months.get(month) ?? 0n) + yuan(row[amount] as string));
  }
  return months;
}
