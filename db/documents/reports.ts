import type { Knex } from 'knex';
import { evaluation, stageReport } from '../../domain/documents/reports';
import {
  addMonths,
  firstDayOf,
  monthOf,
  periodOf,
  periodsBetween,
  yearOf,
  type Period,
  type PlainDate,
} from '../../domain/plain-date';
import { periodOfYear } from '../../domain/policy';
import { loadCalendar, loadRegion } from '../register';
import { findPolicyWith } from '../region-policy';
import { monthFigures, stageDetails, yearFigures } from './months';
import type { DueKey } from './statements';

const DECEMBER = 12;

/**
 * Stage reports (三(二)), due on the policy's working day of the next month, and with December's the evaluation of the year
 * (三(三); interpretation: the text names no day). Each says how things stood on its day.
 */
export async function dueReports(db: Knex, region: string, upTo: PlainDate): Promise<DueKey[]> {
  const file = await findPolicyWith(db, region, 'window', upTo);
  const window = file?.policy.window;
  if (!window || window.stageReportWorkingDay === undefined || periodOf(upTo) < window.firstPeriod) return [];
  const calendar = await loadCalendar(db, region);
  const { name: regionName } = await loadRegion(db, region);
  const due: DueKey[] = [];
  for (const period of periodsBetween(window.firstPeriod, periodOf(upTo))) {
    const next = addMonths(period, 1);
    // A year without a calendar has no working days yet; its reports come when it has.
    if (!calendar.covers(firstDayOf(next))) break;
    const date = calendar.workingDayOf(next, window.stageReportWorkingDay);
    if (date > upTo) break;
    due.push({ about: `stage-report/${region}/${period}`, load: () => stage(db, region, regionName, period, date) });
    if (monthOf(firstDayOf(period)) === DECEMBER)
      due.push({
        about: `evaluation/${region}/${yearOf(firstDayOf(period))}`,
        load: () => year(db, region, regionName, window.firstPeriod, period, date),
      });
  }
  return due;
}

async function stage(
  db: Knex,
  region: string,
  regionName: string,
  period: Period,
  date: PlainDate,
): ReturnType<DueKey['load']> {
  const month = await monthFigures(db, region, period, date);
  const model = stageReport({ regionName, date, month, ...(await stageDetails(db, region, period, date)) });
  return { region, about: `stage-report/${region}/${period}`, subject: '', period, model };
}

async function year(
  db: Knex,
  region: string,
  regionName: string,
  first: Period,
  december: Period,
  date: PlainDate,
): ReturnType<DueKey['load']> {
  const number = yearOf(firstDayOf(december));
  const january = periodOfYear(number, 1);
  const months = [];
  for (const period of periodsBetween(first > january ? first : january, december))
    months.push(await monthFigures(db, region, period, date));
  const figures = await yearFigures(db, region, number);
  const model = evaluation({ regionName, date, year: number, months, ...figures });
  return { region, about: `evaluation/${region}/${number}`, subject: '', period: december, model };
}
