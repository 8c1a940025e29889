import { join } from 'node:path';
import { createCalendar, type Calendar, type CalendarYear } from '../domain/calendar';
import {
  addDays,
  dayOfWeek,
  firstDayOf,
  lastDayOf,
  periodsBetween,
  yearOf,
  type Period,
  type PlainDate,
} from '../domain/plain-date';
import { policiesOfRegion, scheduleOf, type PolicyBook } from '../domain/policy';
import { planPrepayments } from '../domain/prepayment';
import { Refusal } from '../domain/refusal';
import type { Region } from '../domain/region';
import { EMPTY_SCENARIO, type Scenario } from '../domain/scenario';
import { readCalendarYears } from '../operator/files/calendar-files';
import { dataDirectory } from '../operator/files/data-directory';
import { loadPolicyBook } from '../operator/files/policy-files';
import { loadRegion } from '../operator/files/region-folder';
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
  from: Period;
  to: Period;
}): Promise<RehearsalInputs> {
  const files = options.policies.filter((policy) => /[/\\.]/.test(policy));
  const named = options.policies.filter((policy) => !files.includes(policy));
  const policies = await loadPolicyBook(join(projectRoot(), 'policies'), files);
  for (const id of named) assertKnown(policies, id);
  const chosen = [
    ...named,
    ...policies
      .list()
      .filter((file) => files.includes(file.fileName))
      .map(({ policy }) => policy.id),
  ];

  const regions: RehearsalInputs['regions'] = [];
  for (const directory of options.regions) {
    const region = await loadRegion(directory);
    if (regions.some((each) => each.region.code === region.code))
      throw new Refusal('UsageInvalid', `region ${region.code} is given twice`, { place: { file: directory } });
    const own = policiesOfRegion({
      policies: region.policies,
      hasPurchases: region.purchases.length > 0,
      hasClaims: region.files.claims.length > 0,
    });
    const ids = chosen.length > 0 ? [...new Set(chosen)] : own;
    ids.forEach((id) => assertKnown(policies, id));
    if (ids.length === 0)
      throw new Refusal('PolicyUnknown', `region ${region.code} has neither purchases nor claims: no policy applies`, {
        place: { file: join(directory, 'region.yaml') },
      });
    regions.push({ region, policies: ids, directory });
  }
  const calendars = await readCalendarYears([
    join(projectRoot(), 'policies', 'calendar'),
    join(dataDirectory(), 'calendar'),
  ]);
  const calendar = createCalendar(calendars, { provisional: options.provisionalCalendar });
  for (const { region, policies: ids, directory } of regions)
    checkBudgets(region, directory, ids, policies, options.from, options.to);
  const scenario = options.scenario
    ? await loadScenario(
        options.scenario,
        regions.map(({ region }) => region),
      )
    : EMPTY_SCENARIO;
  return { regions, policies, calendars, calendar, scenario };
}

function assertKnown(policies: PolicyBook, id: string): void {
  const known = policies.list().map(({ policy }) => policy.id);
  if (known.includes(id)) return;
  throw new Refusal('PolicyUnknown', `no policy ${id} is known (known: ${[...new Set(known)].join(', ')})`, { id });
}

/** Plans each year's prepayment as the case will: a base below zero or a budget that does not reach is named with its file. */
function checkBudgets(
  region: Region,
  directory: string,
  ids: readonly string[],
  policies: PolicyBook,
  from: Period,
  to: Period,
): void {
  for (const month of periodsBetween(`${yearOf(from)}-01` as Period, to)) {
    const inForce = policies
      .list()
      .filter(
        ({ policy }) => ids.includes(policy.id) && policy.prepayment && policy.effective.from <= firstDayOf(month),
      )
      .filter(({ policy }) => policy.effective.to === undefined || policy.effective.to >= firstDayOf(month))
      .at(-1);
    const prepayment = inForce?.policy.prepayment;
    if (!prepayment) continue;
    const year = yearOf(month);
    try {
      if (scheduleOf(prepayment, year).disbursement.month !== Number(month.slice(5))) continue;
      planPrepayments({
        institutions: region.institutions,
        purchases: region.purchases,
        budgets: Object.fromEntries(region.funds.map(({ pool, prepaymentBudgetFen }) => [pool, prepaymentBudgetFen])),
        policy: prepayment,
        year,
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === 'PolicyNotInForce') continue;
      const place = error.details.place ?? { file: 'region.yaml', column: 'prepaymentBudget' };
      throw new Refusal(error.code, `${region.code}: ${error.message}`, {
        ...error.details,
        place: { ...place, file: join(directory, place.file) },
      });
    }
  }
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
