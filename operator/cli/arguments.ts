import { InvalidArgumentError } from 'commander';
import { INSTITUTION_RULE, isInstitutionId, isRegionCode, REGION_RULE } from '../../domain/ids';
import { parseYuan } from '../../domain/money';
import { isPeriod, isPlainDate, type Period, type PlainDate } from '../../domain/plain-date';

/** A month, `2026-03`. */
export function periodArgument(text: string): Period {
  if (!isPeriod(text)) throw new InvalidArgumentError('A month is written YYYY-MM, such as 2026-03.');
  return text;
}

/** A day that exists, `2026-03-02`. */
export function dateArgument(text: string): PlainDate {
  if (!isPlainDate(text))
    throw new InvalidArgumentError('A day is written YYYY-MM-DD, such as 2026-03-02, and exists.');
  return text;
}

/** A year as a number, or a month. */
export function yearOrPeriodArgument(text: string): number | Period {
  if (/^[1-9]\d{3}$/.test(text)) return Number(text);
  if (isPeriod(text)) return text;
  throw new InvalidArgumentError('A year is written YYYY and a month YYYY-MM, such as 2026 or 2026-03.');
}

const LARGEST_SEED = 2 ** 32 - 1;

export function seedArgument(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= LARGEST_SEED) return Number(text);
  throw new InvalidArgumentError(`A seed is a whole number from 0 to ${LARGEST_SEED}.`);
}

export function regionArgument(text: string): string {
  if (!isRegionCode(text)) throw new InvalidArgumentError(`A region code is ${REGION_RULE}, such as 650100.`);
  return text;
}

export function institutionArgument(text: string): string {
  if (!isInstitutionId(text)) throw new InvalidArgumentError(`An institution is ${INSTITUTION_RULE}.`);
  return text;
}

/** Zero or more, in fen. */
export function amountArgument(text: string): bigint {
  const fen = parseYuan(text);
  if (fen === undefined || fen < 0n) throw new InvalidArgumentError('An amount is written in yuan, such as 5000.00.');
  return fen;
}

export function databaseUrlArgument(text: string): string {
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('A database is named postgresql://user:password@host:port/database.');
}

export function nonEmptyArgument(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

/** For options that may be given several times. */
export function collect(text: string, before: string[] = []): string[] {
  return [...before, nonEmptyArgument(text)];
}
