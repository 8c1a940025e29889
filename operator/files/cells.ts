import type { FindingCode } from '../../domain/finding';
import { ENTERPRISE_RULE, INSTITUTION_RULE, isEnterpriseId, isInstitutionId } from '../../domain/ids';
import { parseYuan } from '../../domain/money';
import { isPeriod, isPlainDate, type PlainDate } from '../../domain/plain-date';

/** Why a cell is not what its column asks for; `expected` ends the sentence "… is not". */
export class Mismatch {
  constructor(
    readonly code: FindingCode,
    readonly expected: string,
  ) {}
}

/** Reads the text of one cell. Cells are shared constants: the same text always reads as the same value. */
export type Cell<T> = (text: string) => T | Mismatch;

const EMPTY = new Mismatch('required', 'left empty');
const MAX_TEXT = 200;

function matching(pattern: RegExp, code: FindingCode, expected: string): Cell<string> {
  const mismatch = new Mismatch(code, expected);
  return (text) => (text === '' ? EMPTY : pattern.test(text) ? text : mismatch);
}

function checked(isRight: (text: string) => boolean, expected: string): Cell<string> {
  const mismatch = new Mismatch('id-pattern', expected);
  return (text) => (text === '' ? EMPTY : isRight(text) ? text : mismatch);
}

/** The cell, or undefined where it is empty. */
export function optional<T>(cell: Cell<T>): Cell<T | undefined> {
  return (text) => (text === '' ? undefined : cell(text));
}

export function oneOf<const T extends string>(values: readonly T[]): Cell<T> {
  const known = new Map<string, T>(values.map((value) => [value, value]));
  const mismatch = new Mismatch('value-unknown', `one of ${values.join(', ')}`);
  return (text) => (text === '' ? EMPTY : (known.get(text) ?? mismatch));
}

const CONTROL = /[\u0000-\u001f\u007f]/;
const NOT_TEXT = new Mismatch('id-pattern', `1 to ${MAX_TEXT} characters without control characters`);
/** Characters count as people count them: one outside the basic plane, such as a rare ideograph, is one. */
export const text: Cell<string> = (value) => {
  if (value === '') return EMPTY;
  const fits = value.length <= MAX_TEXT || [...value].length <= MAX_TEXT;
  return fits && !CONTROL.test(value) ? value : NOT_TEXT;
};
export const institutionId = checked(isInstitutionId, INSTITUTION_RULE);
const RESERVED_ENTERPRISE = 'fund';
/** `fund` is a word of the chart of accounts (`supervised/transit/<institution>/fund`), so no enterprise has it as its id. */
export const enterpriseId = checked(
  (id) => isEnterpriseId(id) && id !== RESERVED_ENTERPRISE,
  `${ENTERPRISE_RULE}, and not "${RESERVED_ENTERPRISE}"`,
);
export const personId = matching(/^[^\s/,;|、]{1,64}$/u, 'id-pattern', '1 to 64 characters without blanks, / , ; or |');
/** Lengths as ISO 20022 has them: other account identification, and clearing-system member. */
export const accountNumber = matching(/^[0-9A-Za-z-]{1,34}$/, 'id-pattern', '1 to 34 letters, digits or hyphens');
export const bankCode = matching(/^[0-9A-Za-z]{1,35}$/, 'id-pattern', '1 to 35 letters or digits');
export const sha256 = matching(/^[0-9a-fA-F]{64}$/, 'id-pattern', '64 hexadecimal digits');
export const regionCode = matching(/^\d{6}$/, 'id-pattern', 'six digits');

const NOT_BOOLEAN = new Mismatch('boolean', 'true or false');
export const bool: Cell<boolean> = (value) =>
  value === 'true' ? true : value === 'false' ? false : value === '' ? EMPTY : NOT_BOOLEAN;

const NOT_AMOUNT = new Mismatch('amount', 'an amount in yuan with at most two decimals, such as 600000.00');
const NEGATIVE = new Mismatch('amount-negative', 'zero or more');
const NEGATIVE_BASE = new Mismatch('base-negative', 'zero or more, as a base for prepayment has to be');

/** Yuan with a sign, as fen. */
export const signedYuan: Cell<bigint> = (value) => (value === '' ? EMPTY : (parseYuan(value) ?? NOT_AMOUNT));

function nonNegative(mismatch: Mismatch): Cell<bigint> {
  return (value) => {
    const fen = signedYuan(value);
    return fen instanceof Mismatch || fen >= 0n ? fen : mismatch;
  };
}
export const yuanOrMore = nonNegative(NEGATIVE);
export const purchaseYuan = nonNegative(NEGATIVE_BASE);

const NOT_DATE = new Mismatch('date', 'a date of the calendar, written YYYY-MM-DD');
const MAX_KNOWN_DAYS = 4096;
/** A file of a million lines has few days; those seen are remembered, since checking one costs more than the line. */
const knownDays = new Set<string>();
export const date: Cell<PlainDate> = (value) => {
  if (knownDays.has(value)) return value as PlainDate;
  if (value === '') return EMPTY;
  if (!isPlainDate(value)) return NOT_DATE;
  if (knownDays.size < MAX_KNOWN_DAYS) knownDays.add(value);
  return value;
};
const NOT_PERIOD = new Mismatch('date', 'a month, written YYYY-MM');
export const month: Cell<string> = (value) => (value === '' ? EMPTY : isPeriod(value) ? value : NOT_PERIOD);

export const count = matching(/^\d{1,15}$/, 'number', 'a whole number of zero or more');
export const quantityOrMore = matching(/^\d{1,15}(\.\d{1,4})?$/, 'number', 'a number of zero or more');
export const quantity = matching(/^-?\d{1,15}(\.\d{1,4})?$/, 'number', 'a number with at most four decimals');
export const unitPrice = matching(/^-?\d{1,15}(\.\d{1,4})?$/, 'number', 'a price with at most four decimals');

/** Several values of a list in one cell, separated by `;` (`|`, `/`, `、`, a comma in quotes or a blank do as well). */
export function someOf<const T extends string>(values: readonly T[]): Cell<T[]> {
  const one = oneOf(values);
  return (value) => {
    const parts = value.split(/[;|/、,\s]+/u).filter((part) => part !== '');
    if (parts.length === 0) return EMPTY;
    const read: T[] = [];
    for (const part of parts) {
      const known = one(part);
      if (known instanceof Mismatch) return known;
      if (!read.includes(known)) read.push(known);
    }
    return read;
  };
}
