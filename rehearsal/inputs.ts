import { join } from 'node:path';
import { createCalendar, type Calendar, type CalendarYear } from '../domain/calendar';
import {
  addDays,
  dayOfWeek,
  firstDayOf,
  lastDayOf,
  periodsBetween,
  type Period,
  type PlainDate,
} from '../domain/plain-date';
import type { PolicyBook } from '../domain/policy';
import { isRefusalCode, Refusal } from '../domain/refusal';
import type { Region } from '../domain/region';
import { EMPTY_SCENARIO, type Scenario } from '../domain/scenario';
import { readCalendarYears } from '../operator/files/calendar-files';
import { dataDirectory } from '../operator/files/data-directory';
import { choosePolicies } from '../operator/files/policy-choice';
import { loadRegion } from '../operator/files/region-folder';
import { checkPolicies, type CheckFinding } from '../operator/files/region-policy-check';
import { loadScenario } from '../operator/files/scenario';
import { projectRoot } from '../workers/services';

export interface RehearsalInputs {
  regions: { region: Region; policies: readonly string[]; directory: string }[];
  policies: PolicyBook;
  calendars: CalendarYear[];
  calendar: Calendar;
  scenario: Scenario;
}

/**
 * Reads and checks everything before anything is started: a region whose budget does not reach is refused here, with its
 * file, and not in March.
 */
export async function readInputs(options: {
  regions: readonly string[];
  policies: readonly string[];
  scenario?: string;
  provisionalCalendar: boolean;
  from: string;
  to: string;
}): Promise<RehearsalInputs> {
  const choice = await choosePolicies(join(projectRoot(), 'policies'), options.policies);
  const simulated = (year: number): boolean =>
    Number(options.from.slice(0, 4)) <= year && year <= Number(options.to.slice(0, 4));
  const regions: RehearsalInputs['regions'] = [];
  for (const directory of options.regions) {
    const region = await loadRegion(directory);
    if (regions.some((each) => each.region.code === region.code))
      throw new Refusal('UsageInvalid', `region ${region.code} is given twice`, { place: { file: directory } });
    const { policies, findings } = await checkPolicies(directory, region, choice, simulated);
    refuseFirst(findings);
    if (policies.length === 0)
      throw new Refusal('PolicyUnknown', `region ${region.code} has neither purchases nor claims: no policy applies`, {
        place: { file: join(directory, 'region.yaml') },
      });
    regions.push({ region, policies, directory });
  }
  const calendars = await readCalendarYears([
    join(projectRoot(), 'policies', 'calendar'),
    join(dataDirectory(), 'calendar'),
  ]);
  const calendar = createCalendar(calendars, { provisional: options.provisionalCalendar });
  const scenario = options.scenario
    ? await loadScenario(
        options.scenario,
        regions.map(({ region }) => region),
      )
    : EMPTY_SCENARIO;
  return { regions, policies: choice.book, calendars, calendar, scenario };
}

function refuseFirst([first, ...more]: readonly CheckFinding[]): void {
  if (!first) return;
  const { file, line, column, code, rule, message } = first;
  const place = { file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
  throw new Refusal(isRefusalCode(code) ? code : 'FileInvalid', message, { rule, place, findings: [first, ...more] });
}

/** Every day of the months reported, for the calendar of the report. */
export function calendarDays(calendar: Calendar, from: Period, to: Period): { date: string; workingDay: boolean }[] {
  const days: { date: string; workingDay: boolean }[] = [];
  for (const month of periodsBetween(from, to)) {
    // A year without a notice is shown by its weekdays; the cases that need it wait.
    const published = calendar.covers(firstDayOf(month)) || calendar.isProvisional(firstDayOf(month));
    const working = new Set<PlainDate>(published ? calendar.workingDays(month) : []);
    for (let date = firstDayOf(month); date <= lastDayOf(month); date = addDays(date, 1))
      days.push({ date, workingDay: published ? working.has(date) : dayOfWeek(date) <= 5 });
  }
  return days;
}
