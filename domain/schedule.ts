import { fromEpochMs, Phase, toEpochMs } from './business-time';
import { firstDayOf, periodOf, periodsBetween, type Period, type PlainDate } from './plain-date';

/** A moment around a month's first minute is enough: the schedule has one time a month. */
const MARGIN_MS = 60_000;

/** The first day of the month that a moment lies in where the agencies are: 16:00 UTC of 31 March is 1 April there. */
export function monthBegunAt(epochMs: number): PlainDate {
  return firstDayOf(periodOf(fromEpochMs(epochMs).date));
}

/** When a month's run is due: the first minute of its first day in Asia/Shanghai, in milliseconds since 1970. */
export function runDueAt(month: Period): number {
  return toEpochMs(firstDayOf(month), Phase.Deadline);
}

/** The time range, in milliseconds since 1970, that holds the runs of these months and no other. */
export function backfillRange(from: Period, to: Period): { startMs: number; endMs: number } {
  return { startMs: runDueAt(from) - MARGIN_MS, endMs: runDueAt(to) + MARGIN_MS };
}

/** The months of a backfill whose day has come. */
export function monthsToBackfill(from: Period, to: Period, today: PlainDate): Period[] {
  return periodsBetween(from, to).filter((month) => firstDayOf(month) <= today);
}
