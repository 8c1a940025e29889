import { Refusal } from './refusal';
import {
  addDays,
  addMonths,
  dayOfWeek,
  firstDayOf,
  lastDayOf,
  period,
  periodsBetween,
  yearOf,
  type Period,
  type PlainDate,
} from './plain-date';

/**
 * One yearly notice of the State Council on holidays, as dated data (policies/calendar). It may also move days of the
 * December before: the notice for 2019 made 2018-12-29 a working day.
 */
export interface CalendarYear {
  year: number;
  /** Number of the notice, such as `国办发明电〔2025〕7号`. */
  source: string;
  /** Days off, those that fall on a weekend included. */
  holidays: readonly PlainDate[];
  /** Make-up Saturdays and Sundays that are working days. */
  workdays: readonly PlainDate[];
}

/** Working days by the published notices. Every question about an unpublished year is refused (`CalendarNotPublished`). */
export interface Calendar {
  isWorkingDay(date: PlainDate): boolean;
  firstWorkingDayOf(month: Period): PlainDate;
  lastWorkingDayOf(month: Period): PlainDate;
  firstWorkingDayAfter(date: PlainDate): PlainDate;
  firstWorkingDayOnOrAfter(date: PlainDate): PlainDate;
  /** The nth working day after `date`; working day 1 is the first one after it. `n` is at least 1. */
  addWorkingDays(date: PlainDate, n: number): PlainDate;
  /** The nth working day counted from the month's 1st; a month that is too short runs on into the next ones. */
  workingDayOf(month: Period, n: number): PlainDate;
  /** All working days of a month or a year, in order. */
  workingDays(within: Period | number): PlainDate[];
  /** The notice a year's days come from, or a text that says they are assumed. */
  sourceOf(year: number): string;
  /** True where the year is published. */
  covers(date: PlainDate): boolean;
  /** True where the answer is an assumption (weekends only) because no notice is loaded. */
  isProvisional(date: PlainDate): boolean;
}

/** What `sourceOf` says for a year that a provisional calendar assumes. */
export const PROVISIONAL_SOURCE = 'provisional: weekends only, no State Council notice';

/** No wait in any policy is longer; a count beyond it is a mistake in the caller. */
const MAX_WORKING_DAYS = 1_000;

/** Longer than any run of days off; a search that goes on longer means damaged data. */
const MAX_DAYS_OFF = 31;

/**
 * @param years published years, at most one notice each. Where two notices mark one day, the later year's counts.
 * @param options `provisional` (rehearsal only) answers unpublished years from weekends alone, marked by `isProvisional`.
 * @throws Refusal `CalendarInvalid` when a year is given twice.
 */
export function createCalendar(years: readonly CalendarYear[], options: { provisional?: boolean } = {}): Calendar {
  const sources = new Map<number, string>();
  const working = new Map<PlainDate, boolean>();
  for (const year of [...years].sort((a, b) => a.year - b.year)) {
    if (sources.has(year.year)) {
      throw new Refusal('CalendarInvalid', `the calendar year ${year.year} is given twice`, { year: year.year });
    }
    sources.set(year.year, year.source);
    for (const date of year.holidays) working.set(date, false);
    for (const date of year.workdays) working.set(date, true);
  }

  function requireYear(year: number): void {
    if (!sources.has(year) && !options.provisional) throw notPublished(year, [...sources.keys()]);
  }
  function isWorkingDay(date: PlainDate): boolean {
    requireYear(yearOf(date));
    return working.get(date) ?? dayOfWeek(date) <= 5;
  }
  function firstWorkingDayOnOrAfter(date: PlainDate): PlainDate {
    return search(date, 1, isWorkingDay);
  }
  const firstWorkingDayAfter = (date: PlainDate): PlainDate => firstWorkingDayOnOrAfter(addDays(date, 1));
  function addWorkingDays(date: PlainDate, n: number): PlainDate {
    if (!Number.isInteger(n) || n < 1 || n > MAX_WORKING_DAYS) {
      throw new RangeError(`working days are counted from 1 to ${MAX_WORKING_DAYS}, not ${n}`);
    }
    let day = date;
    for (let counted = 0; counted < n; counted += 1) day = firstWorkingDayAfter(day);
    return day;
  }

  return {
    isWorkingDay,
    firstWorkingDayOf: (month) => firstWorkingDayOnOrAfter(firstDayOf(month)),
    lastWorkingDayOf: (month) => search(lastDayOf(month), -1, isWorkingDay),
    firstWorkingDayAfter,
    firstWorkingDayOnOrAfter,
    addWorkingDays,
    workingDayOf: (month, n) => addWorkingDays(lastDayOf(addMonths(month, -1)), n),
    workingDays: (within) => daysOf(within).filter(isWorkingDay),
    sourceOf(year) {
      requireYear(year);
      return sources.get(year) ?? PROVISIONAL_SOURCE;
    },
    covers: (date) => sources.has(yearOf(date)),
    isProvisional: (date) => options.provisional === true && !sources.has(yearOf(date)),
  };
}

function search(from: PlainDate, step: 1 | -1, isWorkingDay: (date: PlainDate) => boolean): PlainDate {
  let day = from;
  for (let tried = 0; tried <= MAX_DAYS_OFF; tried += 1) {
    if (isWorkingDay(day)) return day;
    day = addDays(day, step);
  }
  throw new Refusal('CalendarInvalid', `the calendar has no working day within ${MAX_DAYS_OFF} days of ${from}`);
}

function daysOf(within: Period | number): PlainDate[] {
  const year = String(within).padStart(4, '0');
  const months = typeof within === 'number' ? periodsBetween(period(`${year}-01`), period(`${year}-12`)) : [within];
  return months.flatMap((month) => {
    const days: PlainDate[] = [];
    for (let day = firstDayOf(month); day <= lastDayOf(month); day = addDays(day, 1)) days.push(day);
    return days;
  });
}

function notPublished(year: number, published: number[]): Refusal {
  const known = published.length > 0 ? published.join(', ') : 'none';
  return new Refusal(
    'CalendarNotPublished',
    `the calendar of ${year} is not published here (published: ${known}); import the State Council's notice for ${year} ` +
      `with \`settle calendar import FILE\``,
    { year, published, rule: 'working days follow the yearly notice of the State Council' },
  );
}

/** True for a day that can be a make-up working day: a Saturday or Sunday. */
export function isWeekend(date: PlainDate): boolean {
  return dayOfWeek(date) >= 6;
}
