import chineseDays from 'chinese-days';
import { createCalendar, PROVISIONAL_SOURCE } from '../../domain/calendar';
import {
  calendarYearOf,
  formatCalendarYear,
  missingStatutoryHolidays,
  parseCalendarYear,
} from '../../domain/calendar-notice';
import {
  addDays,
  addMonths,
  period,
  periodsBetween,
  plainDate,
  type Period,
  type PlainDate,
} from '../../domain/plain-date';
import { publishedCalendar, publishedYears } from '../support/published';
import { refusalOf } from '../support/refusal';

const calendar = publishedCalendar();
const day = plainDate;
const MONTHS = periodsBetween(period('2024-01'), period('2026-12'));

/** Working days by another source than ours, counted by plain enumeration. */
function independentWorkingDays(from: string, count: number): string[] {
  const days: string[] = [];
  const start = Date.parse(`${from}T00:00:00Z`);
  for (let offset = 0; days.length < count; offset += 1) {
    const date = new Date(start + offset * 86_400_000).toISOString().slice(0, 10);
    if (chineseDays.isWorkday(date)) days.push(date);
  }
  return days;
}

describe('the published years', () => {
  it('agree with an independent source on every day of 2024 to 2026', () => {
    const different: string[] = [];
    for (let date = day('2024-01-01'); date <= '2026-12-31'; date = addDays(date, 1)) {
      if (calendar.isWorkingDay(date) !== chineseDays.isWorkday(date)) different.push(date);
    }
    expect(different).toEqual([]);
  });

  it.each([
    [2024, '国办发明电〔2023〕7号', 28, 8, 251],
    [2025, '国办发明电〔2024〕12号', 28, 5, 248],
    [2026, '国办发明电〔2025〕7号', 33, 6, 248],
  ])('%i comes from %s', (year, source, holidays, workdays, workingDays) => {
    const data = publishedYears().find((published) => published.year === year)!;
    expect(data.holidays).toHaveLength(holidays);
    expect(data.workdays).toHaveLength(workdays);
    expect(calendar.sourceOf(year)).toBe(source);
    expect(calendar.workingDays(year)).toHaveLength(workingDays);
    expect(missingStatutoryHolidays(data)).toEqual([]);
  });

  it.each([
    ['2026-02-14', true, 'a make-up Saturday'],
    ['2026-02-20', false, 'inside the Spring Festival'],
    ['2026-02-28', true, 'a make-up Saturday'],
    ['2026-05-31', false, 'a plain Sunday'],
    ['2026-06-20', false, 'the Dragon Boat Festival'],
    ['2026-09-20', true, 'a working Sunday'],
    ['2026-10-08', true, 'the Thursday after the National Day'],
    ['2026-10-10', true, 'a make-up Saturday'],
  ])('%s is a working day: %s (%s)', (date, expected) => {
    expect(calendar.isWorkingDay(day(date))).toBe(expected);
  });
});

describe('working-day sums', () => {
  it.each([
    ['2026-01', '2026-01-04', '2026-01-30'],
    ['2026-02', '2026-02-02', '2026-02-28'],
    ['2026-03', '2026-03-02', '2026-03-31'],
    ['2026-05', '2026-05-06', '2026-05-29'],
    ['2026-06', '2026-06-01', '2026-06-30'],
    ['2026-10', '2026-10-08', '2026-10-30'],
    ['2026-11', '2026-11-02', '2026-11-30'],
  ])('%s begins to work on %s and ends on %s', (month, first, last) => {
    expect(calendar.firstWorkingDayOf(period(month))).toBe(first);
    expect(calendar.lastWorkingDayOf(period(month))).toBe(last);
  });

  // First working day after the 20th, on which the payment batch is formed.
  it.each([
    ['2026-02-20', '2026-02-24'],
    ['2026-06-20', '2026-06-22'],
    ['2026-09-20', '2026-09-21'],
    ['2026-09-19', '2026-09-20'],
    ['2026-10-09', '2026-10-10'],
    ['2026-10-20', '2026-10-21'],
  ])('the first working day after %s is %s', (date, expected) => {
    expect(calendar.firstWorkingDayAfter(day(date))).toBe(expected);
  });

  it.each([
    ['2026-01-10', '2026-01-12'],
    ['2026-05-10', '2026-05-11'],
    ['2026-10-10', '2026-10-10'],
  ])('the 10th on %s is moved to %s where the policy moves it', (date, expected) => {
    expect(calendar.firstWorkingDayOnOrAfter(day(date))).toBe(expected);
  });

  // By hand: notice on 2026-05-06; days 1 to 10 are 7, 8, 9 (make-up Saturday), 11–15, 18, 19 May.
  it('counts a deadline from the first working day after the notice', () => {
    expect(calendar.addWorkingDays(day('2026-05-06'), 1)).toBe('2026-05-07');
    expect(calendar.addWorkingDays(day('2026-05-06'), 3)).toBe('2026-05-09');
    expect(calendar.addWorkingDays(day('2026-05-06'), 10)).toBe('2026-05-19');
  });

  // By hand: February 2026 has 16 working days (2–6, 9–14, 24–28), so the 20th is the fourth of March (2, 3, 4, 5).
  it('runs on into the next month when the month is too short: January 2026 is due on 2026-03-05', () => {
    expect(calendar.workingDays(period('2026-02'))).toHaveLength(16);
    expect(calendar.workingDayOf(period('2026-02'), 16)).toBe('2026-02-28');
    expect(calendar.workingDayOf(period('2026-02'), 17)).toBe('2026-03-02');
    expect(calendar.workingDayOf(period('2026-02'), 20)).toBe('2026-03-05');
  });

  it.each(MONTHS)('day 15 and day 20 of %s agree with an independent table', (month: Period) => {
    const table = independentWorkingDays(`${month}-01`, 20);
    expect(calendar.workingDayOf(month, 15)).toBe(table[14]);
    expect(calendar.workingDayOf(month, 20)).toBe(table[19]);
  });

  it.each(MONTHS)('the first and last working day of %s agree with an independent table', (month: Period) => {
    const beginning = (of: Period) => independentWorkingDays(`${of}-01`, 31).filter((date) => date.startsWith(of));
    expect(calendar.workingDays(month)).toEqual(beginning(month));
    expect(calendar.firstWorkingDayOf(month)).toBe(beginning(month)[0]);
    expect(calendar.lastWorkingDayOf(month)).toBe(beginning(month).at(-1));
  });

  it('counts from 1', () => {
    expect(() => calendar.addWorkingDays(day('2026-01-05'), 0)).toThrow(RangeError);
    expect(() => calendar.addWorkingDays(day('2026-01-05'), 1.5)).toThrow(RangeError);
  });
});

describe('a year that is not published', () => {
  it.each([
    ['isWorkingDay', () => calendar.isWorkingDay(day('2027-01-01'))],
    ['firstWorkingDayOf', () => calendar.firstWorkingDayOf(period('2027-01'))],
    ['lastWorkingDayOf', () => calendar.lastWorkingDayOf(period('2027-01'))],
    ['firstWorkingDayAfter', () => calendar.firstWorkingDayAfter(day('2026-12-31'))],
    ['addWorkingDays', () => calendar.addWorkingDays(day('2026-12-30'), 2)],
    ['workingDayOf', () => calendar.workingDayOf(period('2026-12'), 24)],
    ['workingDays', () => calendar.workingDays(2027)],
    ['sourceOf', () => calendar.sourceOf(2027)],
  ])('is refused by %s, naming the year and what to do', (_, call) => {
    const refusal = refusalOf(call);
    expect(refusal.code).toBe('CalendarNotPublished');
    expect(refusal.message).toContain('2027');
    expect(refusal.message).toContain('settle calendar import');
  });

  it('is not asked for by days that lie before it', () => {
    expect(calendar.lastWorkingDayOf(period('2026-12'))).toBe('2026-12-31');
    expect(calendar.covers(day('2026-12-31'))).toBe(true);
    expect(calendar.covers(day('2027-01-01'))).toBe(false);
  });

  it('is assumed from weekends by a provisional calendar, which marks it', () => {
    const provisional = createCalendar(publishedYears(), { provisional: true });
    expect(provisional.isWorkingDay(day('2027-01-01'))).toBe(true);
    expect(provisional.isWorkingDay(day('2027-01-02'))).toBe(false);
    expect(provisional.isProvisional(day('2027-01-01'))).toBe(true);
    expect(provisional.isProvisional(day('2026-12-31'))).toBe(false);
    expect(provisional.covers(day('2027-01-01'))).toBe(false);
    expect(provisional.sourceOf(2027)).toBe(PROVISIONAL_SOURCE);
    expect(calendar.isProvisional(day('2027-01-01'))).toBe(false);
  });
});

describe('calendar data', () => {
  it('of one year given twice is refused', () => {
    const years = publishedYears();
    expect(refusalOf(() => createCalendar([...years, years[0]!])).code).toBe('CalendarInvalid');
  });

  it('may move days of the December before, and the later notice counts', () => {
    const moved = calendarYearOf(
      [
        { line: 2, date: '2026-12-26', kind: 'workday' },
        { line: 3, date: '2026-12-31', kind: 'holiday' },
        { line: 4, date: '2027-01-01', kind: 'holiday' },
      ],
      '示例号',
      'notice.csv',
    );
    expect(moved.year).toBe(2027);
    const next = createCalendar([...publishedYears(), moved]);
    expect(next.isWorkingDay(day('2026-12-26'))).toBe(true);
    expect(next.lastWorkingDayOf(period('2026-12'))).toBe('2026-12-30');
    expect(next.isWorkingDay(day('2027-01-01'))).toBe(false);
  });

  it('names the statutory holidays that a notice does not list', () => {
    const short = calendarYearOf([{ line: 2, date: '2027-01-01', kind: 'holiday' }], '示例号', 'notice.csv');
    expect(missingStatutoryHolidays(short)).toEqual(['2027-05-01', '2027-10-01', '2027-10-02', '2027-10-03']);
  });

  it.each(publishedYears())('of $year survives being written and read', (year) => {
    expect(parseCalendarYear(formatCalendarYear(year), 'x.yaml')).toEqual(year);
  });

  it.each<[string, [string, string][], number | undefined, RegExp]>([
    ['no line at all', [], 1, /no day/],
    ['a date that is none', [['2027-02-30', 'holiday']], 2, /not a date/],
    ['another kind', [['2027-01-01', 'rest']], 2, /holiday or workday/],
    [
      'another year',
      [
        ['2027-01-01', 'holiday'],
        ['2025-05-01', 'holiday'],
      ],
      3,
      /does not belong/,
    ],
    [
      'a date twice',
      [
        ['2027-01-01', 'holiday'],
        ['2027-01-01', 'holiday'],
      ],
      3,
      /first on line 2/,
    ],
    [
      'a make-up day on a Monday',
      [
        ['2027-01-01', 'holiday'],
        ['2027-01-04', 'workday'],
      ],
      3,
      /Monday/,
    ],
  ])('with %s is refused with file and line', (_, rows, line, message) => {
    const lines = rows.map(([date, kind], index) => ({ line: index + 2, date, kind }));
    const refusal = refusalOf(() => calendarYearOf(lines, '示例号', 'notice.csv'));
    expect(refusal.code).toBe('CalendarInvalid');
    expect(refusal.message).toMatch(message);
    expect(refusal.details.place).toMatchObject({ file: 'notice.csv', line });
  });

  it.each([
    ['year: 2027\nsource: x\nholidays: []\nworkdays: [2027-01-02]\nother: 1\n', /unknown key other/],
    ['year: 2026\nsource: x\nholidays: [2027-01-01]\nworkdays: []\n', /days are of 2027/],
    ['year: 2027\nholidays: [2027-01-01]\nworkdays: []\n', /source/],
    ['year: 2027\nsource: x\nholidays: 2027-01-01\nworkdays: []\n', /holidays is a list/],
    ['year: 2027\nsource: x\nholidays:\n  - 2027-01-01\n  - 2027-01-32\nworkdays: []\n', /x\.yaml:5: not a date/],
    ['year: [\n', /x\.yaml/],
    ['just text', /not a calendar year/],
  ])('in YAML is strict (%#)', (text, message) => {
    const refusal = refusalOf(() => parseCalendarYear(text, 'x.yaml'));
    expect(refusal.code).toBe('CalendarInvalid');
    expect(refusal.message).toMatch(message);
  });
});

it('months add up to years', () => {
  const all: PlainDate[] = [];
  for (let month = period('2026-01'); month <= '2026-12'; month = addMonths(month, 1))
    all.push(...calendar.workingDays(month));
  expect(all).toEqual(calendar.workingDays(2026));
});
