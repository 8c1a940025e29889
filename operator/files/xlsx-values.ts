import Decimal from 'decimal.js';
import { addDays, plainDate } from '../../domain/plain-date';

/** What spreadsheet programs show and keep of a number. */
const SIGNIFICANT_DIGITS = 15;
const PLAIN = /^-?\d+(\.\d+)?$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/;
const MAX_NUMBER_CHARACTERS = 64;

/**
 * A number as the decimal text that the file has; one with an exponent, or with more digits than a spreadsheet shows, is
 * rounded to 15 significant ones: 0.30000000000000004 is 0.3. Undefined when it is no number.
 */
export function decimalText(written: string): string | undefined {
  if (written.length > MAX_NUMBER_CHARACTERS || !NUMBER.test(written)) return undefined;
  if (PLAIN.test(written) && written.length <= SIGNIFICANT_DIGITS) return written;
  if (PLAIN.test(written) && new Decimal(written).precision() <= SIGNIFICANT_DIGITS) return written;
  return new Decimal(written).toSignificantDigits(SIGNIFICANT_DIGITS, Decimal.ROUND_HALF_UP).toFixed();
}

const DAY_ZERO = plainDate('1899-12-30');
/** Serial 60 is 1900-02-29, a day that never was; from the next on all serials count from 1899-12-30. */
const LEAP_BUG = 60;
const LAST_DAY = 2_958_465;
const SECONDS_OF_DAY = 86_400;

/** The day of a serial number in the 1900 date system; with its time where it has one, and undefined where there is no such day. */
export function dateText(written: string): string | undefined {
  const serial = Number(written);
  if (!(serial >= 1 && serial < LAST_DAY + 1)) return undefined;
  const totalSeconds = Math.round(serial * SECONDS_OF_DAY);
  const days = Math.floor(totalSeconds / SECONDS_OF_DAY);
  if (days === LEAP_BUG || days > LAST_DAY) return undefined;
  const day = addDays(DAY_ZERO, days < LEAP_BUG ? days + 1 : days);
  const seconds = totalSeconds % SECONDS_OF_DAY;
  if (seconds === 0) return day;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${day} ${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Built-in formats with a day, a month or a year, those of Chinese spreadsheets too (ECMA-376 18.8.30). */
const DATE_FORMATS = new Set([14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58]);

/** Whether a number format shows a date: by its code where the workbook defines it, else by its number. */
export function isDateFormat(id: number, code: string | undefined): boolean {
  if (code === undefined) return DATE_FORMATS.has(id);
  const shown = code.replace(/"[^"]*"|\[[^\]]*\]|\\.|_.|\*./g, '').split(';')[0]!;
  return /[yd]/i.test(shown);
}
