import { parseDocument } from 'yaml';
import { isWeekend, type CalendarYear } from './calendar';
import { dayOfWeek, isPlainDate, monthOf, yearOf, type PlainDate } from './plain-date';
import { Refusal, type FilePlace } from './refusal';

/** One line of a notice as a person types it into `date,kind`; `line` counts from 1, the header included. */
export interface NoticeLine {
  line: number;
  date: string;
  kind: string;
}

const KINDS = ['holiday', 'workday'] as const;
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

function invalid(message: string, place: FilePlace): Refusal {
  const at = place.line === undefined ? place.file : `${place.file}:${place.line}`;
  return new Refusal('CalendarInvalid', `${at}: ${message}`, { place });
}

/**
 * A notice's days as a calendar year. The year is that of the latest date; days of the December before are taken too.
 *
 * @param source the notice's number, such as `国办发明电〔2025〕7号`.
 * @throws Refusal `CalendarInvalid` with file and line: no date, unknown kind, another year, a date twice, or a make-up
 * working day that is no weekend day.
 */
export function calendarYearOf(lines: readonly NoticeLine[], source: string, file: string): CalendarYear {
  if (source.trim() === '') throw invalid("the notice's number is missing", { file });
  if (lines.length === 0) throw invalid('no day is listed', { file, line: 1 });
  const days = lines.map((line) => checkLine(line, file));
  const year = Math.max(...days.map(({ date }) => yearOf(date)));
  const seen = new Map<PlainDate, number>();
  for (const { date, line } of days) {
    if (yearOf(date) !== year && !(yearOf(date) === year - 1 && monthOf(date) === 12)) {
      throw invalid(`${date} does not belong to the notice for ${year}`, { file, line, column: 'date' });
    }
    const earlier = seen.get(date);
    if (earlier !== undefined) {
      throw invalid(`${date} is listed twice (first on line ${earlier})`, { file, line, column: 'date' });
    }
    seen.set(date, line);
  }
  const ofKind = (wanted: string) =>
    days
      .filter(({ kind }) => kind === wanted)
      .map(({ date }) => date)
      .sort();
  return { year, source: source.trim(), holidays: ofKind('holiday'), workdays: ofKind('workday') };
}

function checkLine({ line, date, kind }: NoticeLine, file: string): { line: number; date: PlainDate; kind: string } {
  if (!isPlainDate(date)) throw invalid(`not a date (YYYY-MM-DD): "${date}"`, { file, line, column: 'date' });
  if (!KINDS.some((known) => known === kind)) {
    throw invalid(`kind is holiday or workday, not "${kind}"`, { file, line, column: 'kind' });
  }
  if (kind === 'workday' && !isWeekend(date)) {
    const weekday = WEEKDAYS[dayOfWeek(date) - 1];
    throw invalid(`${date} is a ${weekday}; only a Saturday or Sunday can be a make-up working day`, {
      file,
      line,
      column: 'date',
    });
  }
  return { line, date, kind };
}

/**
 * Reads a year from YAML: `year`, `source`, `holidays`, `workdays`, nothing else.
 *
 * @throws Refusal `CalendarInvalid` naming file and key or line.
 */
export function parseCalendarYear(text: string, file: string): CalendarYear {
  const document = parseDocument(text);
  const broken = document.errors[0];
  if (broken) throw invalid(broken.message, { file, line: broken.linePos?.[0].line ?? 1 });
  const data: unknown = document.toJS();
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw invalid('not a calendar year', { file });
  const { year, source, holidays, workdays, ...unknown } = data as Record<string, unknown>;
  const extra = Object.keys(unknown)[0];
  if (extra !== undefined) throw invalid(`unknown key ${extra}`, { file, column: extra });
  if (typeof source !== 'string') throw invalid('source is the number of the notice', { file, column: 'source' });
  const read = calendarYearOf(
    [...linesOf(holidays, 'holiday', file), ...linesOf(workdays, 'workday', file)],
    source,
    file,
  );
  if (read.year !== year)
    throw invalid(`the days are of ${read.year}, the year says ${String(year)}`, { file, column: 'year' });
  return read;

  function linesOf(list: unknown, kind: 'holiday' | 'workday', from: string): NoticeLine[] {
    const key = `${kind}s`;
    if (!Array.isArray(list)) throw invalid(`${key} is a list of dates`, { file: from, column: key });
    return list.map((date, index) => ({ line: lineOf(key, index), date: String(date), kind }));
  }
  function lineOf(key: string, index: number): number {
    const node = document.getIn([key, index], true) as { range?: [number, number, number] } | undefined;
    return text.slice(0, node?.range?.[0] ?? 0).split('\n').length;
  }
}

/** A year as YAML, in the shape of `policies/calendar/<year>.yaml`; equal years give equal bytes. */
export function formatCalendarYear(year: CalendarYear): string {
  const list = (days: readonly PlainDate[]) =>
    days.length === 0 ? ' []\n' : `\n${days.map((day) => `  - ${day}\n`).join('')}`;
  return `year: ${year.year}\nsource: ${JSON.stringify(year.source)}\nholidays:${list(year.holidays)}workdays:${list(year.workdays)}`;
}

/** Equal days from an equal source. */
export function sameCalendarYear(left: CalendarYear, right: CalendarYear): boolean {
  return formatCalendarYear(left) === formatCalendarYear(right);
}

/**
 * Days that are holidays by law in every year (全国年节及纪念日放假办法: 1 January, 1 May, 1 to 3 October) and that the
 * notice does not list: a sign that it was typed incompletely.
 */
export function missingStatutoryHolidays(year: CalendarYear): PlainDate[] {
  const listed = new Set<string>(year.holidays);
  return ['01-01', '05-01', '10-01', '10-02', '10-03']
    .map((day) => `${year.year}-${day}` as PlainDate)
    .filter((day) => !listed.has(day));
}
