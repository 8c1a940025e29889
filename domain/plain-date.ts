/**
 * Business dates are plain dates without a time (`2026-04-20`), periods are months (`2026-04`). Both compare correctly as
 * strings. The civil-calendar sums use `Date.UTC` as arithmetic only; nothing here reads a clock.
 */
export type PlainDate = string & { readonly __plainDate: unique symbol };
export type Period = string & { readonly __period: unique symbol };

const DAY_MS = 86_400_000;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const PERIOD = /^(\d{4})-(0[1-9]|1[0-2])$/;

function toDayNumber(date: PlainDate): number {
  return Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8, 10))) / DAY_MS;
}

function fromDayNumber(days: number): PlainDate {
  return new Date(days * DAY_MS).toISOString().slice(0, 10) as PlainDate;
}

export function isPlainDate(text: string): text is PlainDate {
  const match = DATE.exec(text);
  return match !== null && fromDayNumber(toDayNumber(text as PlainDate)) === text;
}

export function isPeriod(text: string): text is Period {
  return PERIOD.test(text);
}

/** @throws RangeError when the text is no date of the civil calendar (`2026-02-30`). */
export function plainDate(text: string): PlainDate {
  if (!isPlainDate(text)) throw new RangeError(`not a date (YYYY-MM-DD): ${JSON.stringify(text)}`);
  return text;
}

/** @throws RangeError when the text is no month (`2026-13`). */
export function period(text: string): Period {
  if (!isPeriod(text)) throw new RangeError(`not a month (YYYY-MM): ${JSON.stringify(text)}`);
  return text;
}

export function addDays(date: PlainDate, days: number): PlainDate {
  return fromDayNumber(toDayNumber(date) + days);
}

/** Days from `from` to `to`; negative when `to` is the earlier. */
export function daysBetween(from: PlainDate, to: PlainDate): number {
  return toDayNumber(to) - toDayNumber(from);
}

/** 1 is Monday, 7 is Sunday. */
export function dayOfWeek(date: PlainDate): number {
  return ((((toDayNumber(date) + 3) % 7) + 7) % 7) + 1;
}

export function yearOf(value: PlainDate | Period): number {
  return Number(value.slice(0, 4));
}

export function monthOf(value: PlainDate | Period): number {
  return Number(value.slice(5, 7));
}

export function periodOf(date: PlainDate): Period {
  return date.slice(0, 7) as Period;
}

/** The given day of a month; a day past the month's end becomes its last day. */
export function dayInPeriod(month: Period, day: number): PlainDate {
  const last = lastDayOf(month);
  return day >= Number(last.slice(8)) ? last : (`${month}-${String(day).padStart(2, '0')}` as PlainDate);
}

export function firstDayOf(month: Period): PlainDate {
  return `${month}-01` as PlainDate;
}

export function lastDayOf(month: Period): PlainDate {
  return addDays(firstDayOf(addMonths(month, 1)), -1);
}

export function addMonths(month: Period, months: number): Period {
  const index = yearOf(month) * 12 + monthOf(month) - 1 + months;
  return `${String(Math.floor(index / 12)).padStart(4, '0')}-${String((index % 12) + 1).padStart(2, '0')}` as Period;
}

/** The months from `from` to `to`, both included; empty when `to` is the earlier. */
export function periodsBetween(from: Period, to: Period): Period[] {
  const months: Period[] = [];
  for (let month = from; month <= to; month = addMonths(month, 1)) months.push(month);
  return months;
}
