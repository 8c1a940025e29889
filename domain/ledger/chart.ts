import { POOLS } from '../pools';
import type { Pool } from '../pools';

/**
 * The chart of accounts (DESIGN 6). An account is a path such as `fund/cash/employee`; its kind says which book it is in,
 * what its path names and on which side its balance must stay. Migration 0002 holds the same rows, and a test compares.
 */
export const Book = { Fund: 'fund', Supervised: 'supervised' } as const;
export type Book = (typeof Book)[keyof typeof Book];

/**
 * Where an account's balance (debit minus credit) may lie at the end of any statement: `debit` never below zero, `credit`
 * never above it (an institution's ledger is money owed to it, so it is a credit), `free` anywhere.
 */
export const Bound = { Debit: 'debit', Credit: 'credit', Free: 'free' } as const;
export type Bound = (typeof Bound)[keyof typeof Bound];

interface AccountKindRow {
  readonly book: Book;
  /** The path; a segment in angle brackets is a name that each account brings along. */
  readonly template: string;
  readonly bound: Bound;
}

export const ACCOUNT_KINDS = {
  'fund/cash': { book: Book.Fund, template: 'fund/cash/<pool>', bound: Bound.Debit },
  'fund/fiscal-deposit': { book: Book.Fund, template: 'fund/fiscal-deposit/<pool>', bound: Bound.Debit },
  'fund/transit': { book: Book.Fund, template: 'fund/transit/<pool>/<institution>', bound: Bound.Credit },
  'fund/advance/vbp': {
    book: Book.Fund,
    template: 'fund/advance/vbp/<pool>/<institution>/<year>',
    bound: Bound.Debit,
  },
  'fund/advance/instant': {
    book: Book.Fund,
    template: 'fund/advance/instant/<pool>/<institution>',
    bound: Bound.Debit,
  },
  'fund/benefit': { book: Book.Fund, template: 'fund/benefit/<pool>', bound: Bound.Free },
  'fund/memo/held': { book: Book.Fund, template: 'fund/memo/held/<pool>/<institution>', bound: Bound.Debit },
  'fund/memo/contra': { book: Book.Fund, template: 'fund/memo/contra/<pool>', bound: Bound.Credit },
  'fund/suspense': { book: Book.Fund, template: 'fund/suspense', bound: Bound.Credit },
  'fund/opening': { book: Book.Fund, template: 'fund/opening/<pool>', bound: Bound.Free },
  'supervised/cash': { book: Book.Supervised, template: 'supervised/cash', bound: Bound.Debit },
  'supervised/ledger/prepayment': {
    book: Book.Supervised,
    template: 'supervised/ledger/<institution>/prepayment',
    bound: Bound.Credit,
  },
  'supervised/ledger/own': {
    book: Book.Supervised,
    template: 'supervised/ledger/<institution>/own',
    bound: Bound.Credit,
  },
  'supervised/ledger/returning': {
    book: Book.Supervised,
    template: 'supervised/ledger/<institution>/returning',
    bound: Bound.Credit,
  },
  'supervised/payable': {
    book: Book.Supervised,
    template: 'supervised/payable/<institution>/<enterprise>',
    bound: Bound.Credit,
  },
  'supervised/transit/enterprise': {
    book: Book.Supervised,
    template: 'supervised/transit/<institution>/<enterprise>',
    bound: Bound.Credit,
  },
  'supervised/transit/fund': {
    book: Book.Supervised,
    template: 'supervised/transit/<institution>/fund',
    bound: Bound.Credit,
  },
  'supervised/suspense': { book: Book.Supervised, template: 'supervised/suspense', bound: Bound.Credit },
} as const satisfies Record<string, AccountKindRow>;
export type AccountKind = keyof typeof ACCOUNT_KINDS;

/** What an account's path names; both sides of a transfer that name one of these must name the same. */
export interface AccountNames {
  readonly pool?: Pool;
  readonly institution?: string;
  readonly enterprise?: string;
  readonly year?: number;
}

const SEGMENTS: Readonly<Record<string, RegExp>> = {
  '<pool>': new RegExp(`^(${POOLS.join('|')})$`),
  '<institution>': /^[HP]\d{11}$/,
  // `fund` is the other end of a transit account, so no enterprise can have that name.
  '<enterprise>': /^(?!fund$)[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/,
  '<year>': /^20\d{2}$/,
};

const KIND_TEMPLATES = Object.entries(ACCOUNT_KINDS).map(([kind, row]) => ({
  kind: kind as AccountKind,
  segments: row.template.split('/'),
}));

/** The kind of an account and what its path names; undefined when the path is not in the chart of accounts. */
export function parseAccount(path: string): (AccountNames & { readonly kind: AccountKind }) | undefined {
  const parts = path.split('/');
  const found = KIND_TEMPLATES.find(
    ({ segments }) =>
      segments.length === parts.length &&
      segments.every((segment, index) => SEGMENTS[segment]?.test(parts[index]!) ?? segment === parts[index]),
  );
  if (!found) return undefined;
  const named = (segment: string): string | undefined => {
    const index = found.segments.indexOf(segment);
    return index < 0 ? undefined : parts[index];
  };
  const year = named('<year>');
  const names = {
    pool: named('<pool>') as Pool | undefined,
    institution: named('<institution>'),
    enterprise: named('<enterprise>'),
    year: year === undefined ? undefined : Number(year),
  };
  return {
    kind: found.kind,
    ...(Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined)) as AccountNames),
  };
}

/** Paths of the fund book, one function per kind of account. */
export const fundAccounts = {
  cash: (pool: Pool) => `fund/cash/${pool}`,
  fiscalDeposit: (pool: Pool) => `fund/fiscal-deposit/${pool}`,
  transit: (pool: Pool, institution: string) => `fund/transit/${pool}/${institution}`,
  advanceVbp: (pool: Pool, institution: string, year: number) => `fund/advance/vbp/${pool}/${institution}/${year}`,
  advanceInstant: (pool: Pool, institution: string) => `fund/advance/instant/${pool}/${institution}`,
  benefit: (pool: Pool) => `fund/benefit/${pool}`,
  memoHeld: (pool: Pool, institution: string) => `fund/memo/held/${pool}/${institution}`,
  memoContra: (pool: Pool) => `fund/memo/contra/${pool}`,
  suspense: () => 'fund/suspense',
  opening: (pool: Pool) => `fund/opening/${pool}`,
} as const;

/** Paths of the supervised book. An institution here is always the settlement body (DESIGN 5.1). */
export const supervisedAccounts = {
  cash: () => 'supervised/cash',
  prepayment: (institution: string) => `supervised/ledger/${institution}/prepayment`,
  own: (institution: string) => `supervised/ledger/${institution}/own`,
  returning: (institution: string) => `supervised/ledger/${institution}/returning`,
  payable: (institution: string, enterprise: string) => `supervised/payable/${institution}/${enterprise}`,
  transitToEnterprise: (institution: string, enterprise: string) => `supervised/transit/${institution}/${enterprise}`,
  transitToFund: (institution: string) => `supervised/transit/${institution}/fund`,
  suspense: () => 'supervised/suspense',
} as const;
