import { isWeekend, type Calendar, type CalendarYear } from '../../domain/calendar';
import {
  addDays,
  dayOfWeek,
  firstDayOf,
  lastDayOf,
  monthOf,
  period,
  periodsBetween,
  yearOf,
  type Period,
  type PlainDate,
} from '../../domain/plain-date';
import type { Paint } from './output';
import { pad } from './table';

/** What a day is in the notices: a holiday wins over the weekend it falls on. */
export type DayKind = 'working' | 'weekend' | 'holiday' | 'make-up';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = ['一', '二', '三', '四', '五', '六', '日'];
const MARKS: Record<DayKind, string> = { working: '', weekend: '', holiday: '休', 'make-up': '班' };
const CELL = 5;
const MONTH_WIDTH = CELL * WEEKDAYS.length;
const GAP = '    ';

/** The months of a year, or the one that is named. */
export function monthsOf(within: number | Period): Period[] {
  return typeof within === 'number' ? periodsBetween(period(`${within}-01`), period(`${within}-12`)) : [within];
}

/** What each day is, by the notices; a later year's notice counts where two mark one day. */
export function dayKinds(years: readonly CalendarYear[], calendar: Calendar): (date: PlainDate) => DayKind {
  const holidays = new Set(years.flatMap((year) => year.holidays));
  return (date) => {
    if (calendar.isWorkingDay(date)) return isWeekend(date) ? 'make-up' : 'working';
    return holidays.has(date) ? 'holiday' : 'weekend';
  };
}

function cell(date: PlainDate, kind: DayKind, paint: Paint): string {
  const text = pad(` ${String(Number(date.slice(8))).padStart(2)}${MARKS[kind]}`, CELL);
  if (kind === 'holiday') return paint('red', text);
  if (kind === 'make-up') return paint('cyan', text);
  return kind === 'weekend' ? paint('dim', text) : text;
}

/** One month as lines of equal width: title, weekdays, then the weeks, Monday first. */
export function monthGrid(month: Period, kindOf: (date: PlainDate) => DayKind, paint: Paint): string[] {
  const title = `${yearOf(month)}年${monthOf(month)}月 · ${MONTHS[monthOf(month) - 1]} ${yearOf(month)}`;
  const lines = [
    paint('bold', pad(title, MONTH_WIDTH, 'middle')),
    WEEKDAYS.map((day) => pad(` ${day}`, CELL)).join(''),
  ];
  let week = ' '.repeat(CELL * (dayOfWeek(firstDayOf(month)) - 1));
  for (let day = firstDayOf(month); day <= lastDayOf(month); day = addDays(day, 1)) {
    week += cell(day, kindOf(day), paint);
    if (dayOfWeek(day) < 7 && day < lastDayOf(month)) continue;
    lines.push(pad(week, MONTH_WIDTH));
    week = '';
  }
  return lines;
}

/** Months side by side, two in a row, with an empty line between the rows. */
export function layOut(grids: readonly (readonly string[])[]): string[] {
  const lines: string[] = [];
  for (let index = 0; index < grids.length; index += 2) {
    const [left, right = []] = [grids[index]!, grids[index + 1]];
    if (index > 0) lines.push('');
    for (let line = 0; line < Math.max(left.length, right.length); line += 1) {
      lines.push(`${pad(left[line] ?? '', MONTH_WIDTH)}${GAP}${right[line] ?? ''}`.trimEnd());
    }
  }
  return lines;
}
