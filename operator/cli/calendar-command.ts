import type { Command } from 'commander';
import type { Calendar } from '../../domain/calendar';
import {
  addDays,
  dayOfWeek,
  firstDayOf,
  lastDayOf,
  yearOf,
  type Period,
  type PlainDate,
} from '../../domain/plain-date';
import { ExitCode } from '../../domain/refusal';
import { importNotice } from '../files/calendar-files';
import { nonEmptyArgument, yearOrPeriodArgument } from './arguments';
import { dayKinds, layOut, monthGrid, monthsOf } from './calendar-grid';
import { action, calendarFolders, examples, loadYears, type CliContext } from './context';

const WEEKDAY_NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

interface JsonOption {
  json?: boolean;
}

export function addCalendarCommands(program: Command, context: CliContext): void {
  const group = program.command('calendar').description('working days by the notices of the State Council · 工作日历');
  examples(
    group
      .command('show')
      .description('a month or a year with its holidays (休) and make-up working days (班)')
      .argument('<year|period>', '2026 or 2026-10', yearOrPeriodArgument)
      .option('--json', 'every day with its kind, as JSON')
      .action(action(context, (within: number | Period, options: JsonOption) => show(context, within, options))),
    'calendar show 2026-10',
    'calendar show 2026 --json',
  );
  examples(
    group
      .command('working-days')
      .description('the working days of a month or a year, one a line')
      .argument('<year|period>', '2026 or 2026-02', yearOrPeriodArgument)
      .option('--json', '{period, source, workingDays}')
      .action(action(context, (within: number | Period, options: JsonOption) => workingDays(context, within, options))),
    'calendar working-days 2026-02',
    'calendar working-days 2026 --json',
  );
  examples(
    group
      .command('import')
      .description("take the State Council's notice for a year over from a CSV file (date,kind: holiday or workday)")
      .argument('<file>', 'the CSV file')
      .requiredOption('--notice <number>', "the notice's number, such as 国办发明电〔2025〕7号", nonEmptyArgument)
      .option('--replace', 'replace a year that is known with other content')
      .option('--json', 'what was taken over, as JSON')
      .action(action(context, (file: string, options: ImportOptions) => importYear(context, file, options))),
    'calendar import holidays-2027.csv --notice 国办发明电〔2026〕9号',
  );
}

/** The notice of the year; the days of a December may be moved by the next year's too. */
function sourceOf(calendar: Calendar, within: number | Period): string {
  return calendar.sourceOf(typeof within === 'number' ? within : yearOf(within));
}

async function show(context: CliContext, within: number | Period, options: JsonOption): Promise<ExitCode> {
  const { years, calendar } = await loadYears(context.env);
  const source = sourceOf(calendar, within);
  const kindOf = dayKinds(years, calendar);
  const workingDayCount = calendar.workingDays(within).length;
  if (options.json) {
    const days = monthsOf(within)
      .flatMap(datesOf)
      .map((date) => ({ date, weekday: dayOfWeek(date), kind: kindOf(date), working: calendar.isWorkingDay(date) }));
    context.output.json({ period: String(within), source, workingDayCount, days });
    return ExitCode.Fine;
  }
  const { paint } = context.output;
  context.output.lines([
    ...layOut(monthsOf(within).map((month) => monthGrid(month, kindOf, paint))),
    '',
    `${workingDayCount} working days · ${workingDayCount} 个工作日   休 holiday   班 make-up working day`,
    `Source · 依据  ${source}`,
  ]);
  return ExitCode.Fine;
}

function datesOf(month: Period): PlainDate[] {
  const dates: PlainDate[] = [];
  for (let day = firstDayOf(month); day <= lastDayOf(month); day = addDays(day, 1)) dates.push(day);
  return dates;
}

async function workingDays(context: CliContext, within: number | Period, options: JsonOption): Promise<ExitCode> {
  const { calendar } = await loadYears(context.env);
  const source = sourceOf(calendar, within);
  const days = calendar.workingDays(within);
  if (options.json) {
    context.output.json({ period: String(within), source, workingDays: days });
    return ExitCode.Fine;
  }
  context.output.lines(days.map((day) => `${day} ${WEEKDAY_NAMES[dayOfWeek(day) - 1]}`));
  context.output.say(`${days.length} working days in ${within}, by ${source}`);
  return ExitCode.Fine;
}

interface ImportOptions extends JsonOption {
  notice: string;
  replace?: boolean;
}

async function importYear(context: CliContext, file: string, options: ImportOptions): Promise<ExitCode> {
  const { known, imported } = calendarFolders(context.env);
  const { year, path, missingHolidays } = await importNotice({
    file,
    source: options.notice,
    known,
    target: imported,
    replace: options.replace ?? false,
  });
  const { output } = context;
  if (missingHolidays.length > 0) {
    const warning = output.paintError('yellow', 'warning');
    output.say(
      `${warning}: the file does not list ${missingHolidays.join(', ')}, holidays by law in every year ` +
        '(全国年节及纪念日放假办法); compare it with the notice',
    );
  }
  if (options.json) {
    output.json({
      year: year.year,
      source: year.source,
      changed: path !== undefined,
      path: path ?? null,
      holidays: year.holidays.length,
      workdays: year.workdays.length,
      missingHolidays,
    });
    return ExitCode.Fine;
  }
  const what = `${year.year}: days off ${year.holidays.length}, make-up working days ${year.workdays.length}, by ${year.source}`;
  output.lines([path === undefined ? `${what}\nknown already, nothing changed` : `${what}\nkept in ${path}`]);
  return ExitCode.Fine;
}
