import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CalendarYear } from '../../domain/calendar';
import {
  calendarYearOf,
  formatCalendarYear,
  missingStatutoryHolidays,
  parseCalendarYear,
  sameCalendarYear,
  type NoticeLine,
} from '../../domain/calendar-notice';
import type { PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { date, oneOf } from './cells';
import { createFileFindings } from './findings';
import { column, readTable } from './table';

/**
 * The years of several folders of `<year>.yaml`; where two folders have one year, the later folder's counts (imported
 * years before published ones). A folder that is not there has none.
 *
 * @throws Refusal `CalendarInvalid` naming file and line.
 */
export async function readCalendarYears(directories: readonly string[]): Promise<CalendarYear[]> {
  const years = new Map<number, CalendarYear>();
  for (const directory of directories) {
    for (const year of await readCalendarFolder(directory)) years.set(year.year, year);
  }
  return [...years.values()].sort((a, b) => a.year - b.year);
}

async function readCalendarFolder(directory: string): Promise<CalendarYear[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = names.filter((name) => /^\d{4}\.yaml$/.test(name)).sort();
  return Promise.all(
    files.map(async (name) => {
      const path = join(directory, name);
      const year = parseCalendarYear(await readFile(path, 'utf8'), path);
      if (name === `${year.year}.yaml`) return year;
      throw new Refusal('CalendarInvalid', `${path}: holds the year ${year.year}, its name says another`, {
        place: { file: path, column: 'year' },
      });
    }),
  );
}

/**
 * Reads a notice as CSV (`date,kind`, kind `holiday` or `workday`; further columns are ignored).
 *
 * @param source the notice's number.
 * @throws Refusal `CalendarInvalid` naming file, line and column of the first finding; all are in `details.findings`.
 */
export async function readNotice(file: string, source: string): Promise<CalendarYear> {
  const findings = createFileFindings(file);
  const lines: NoticeLine[] = [];
  await readTable(file, { date: column(date), kind: column(oneOf(['holiday', 'workday'])) }, findings, (row, line) =>
    lines.push({ line, date: row.date, kind: row.kind }),
  );
  const [first] = findings.list();
  if (first) {
    const at = first.line === undefined ? file : `${file}:${first.line}`;
    const others = findings.count === 1 ? '' : ` (and ${findings.count - 1} more)`;
    throw new Refusal('CalendarInvalid', `${at}: ${first.message}${others}`, {
      place: {
        file,
        ...(first.line === undefined ? {} : { line: first.line }),
        ...(first.column === undefined ? {} : { column: first.column }),
      },
      rule: first.rule,
      findings: findings.list(),
    });
  }
  return calendarYearOf(lines, source, file);
}

export interface ImportedYear {
  year: CalendarYear;
  /** Where it is kept; undefined where the same year was known already. */
  path: string | undefined;
  /** Days that are holidays by law and that the notice does not list: probably typed incompletely. */
  missingHolidays: PlainDate[];
}

/**
 * Takes a new notice over into `target` as `<year>.yaml`. A year that is known with the same content changes nothing; one
 * with other content is replaced only when asked for, and the published folder is never written.
 *
 * @param input `known` are the folders with the years that are known, `target` (one of them or not) receives the year.
 * @throws Refusal `CalendarInvalid`
 */
export async function importNotice(input: {
  file: string;
  source: string;
  known: readonly string[];
  target: string;
  replace?: boolean;
}): Promise<ImportedYear> {
  const { file, known, target, replace = false } = input;
  const year = await readNotice(file, input.source);
  const missingHolidays = missingStatutoryHolidays(year);
  const before = (await readCalendarYears([...known, target])).find((other) => other.year === year.year);
  if (before && sameCalendarYear(before, year)) return { year, path: undefined, missingHolidays };
  if (before && !replace) {
    throw new Refusal(
      'CalendarInvalid',
      `${file}: the calendar of ${year.year} is known from ${before.source} with other content; --replace takes the new one`,
      { place: { file }, year: year.year, source: before.source },
    );
  }
  const path = join(target, `${year.year}.yaml`);
  await mkdir(target, { recursive: true });
  // Renamed into place, so that a run that reads it at this moment never sees half a year.
  const partial = `${path}.${process.pid}.partial`;
  await writeFile(partial, formatCalendarYear(year));
  await rename(partial, path);
  return { year, path, missingHolidays };
}
