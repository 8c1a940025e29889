import type { Knex } from 'knex';
import { addAlert, addEvents, hasEvent, loadCase, openCase } from '../../db/cases';
import { loadRequests } from '../../db/approvals';
import type { FundStage } from '../../db/fund/payments';
import { countUnpreparedPreallocations, findMissingSpending } from '../../db/fund/preallocations';
import { findEarlierMonth, isMonthSettled, type EarlierMonth } from '../../db/fund/months';
import { loadReview } from '../../db/fund/reviews';
import { countUnsettled } from '../../db/fund/settlements';
import { loadCalendar } from '../../db/register';
import { policyWith } from '../../db/region-policy';
import { Phase, type DuePoint } from '../../domain/business-time';
import { comparePoints, earliest } from '../../domain/due-points';
import {
  addDays,
  addMonths,
  firstDayOf,
  lastDayOf,
  periodOf,
  type Period,
  type PlainDate,
} from '../../domain/plain-date';
import { preallocationDates } from '../../domain/policy';
import type { ActivityDependencies } from '../dependencies';
import { ENGINE } from '../payments/prepare';
import { knownOrWaiting, policyName, policyOfCase } from '../prepayment/disbursement';
import type { FundActivities, FundLook } from '../types';
import { deadlines, isReached, reminderOf, tellDeadlines, unlessUnpublished, type Month } from './deadlines';
import { RUN_REFUSED } from './run';
import { withdrawStale } from './stale';

/** Opening a month's fund and looking after it: what is to be prepared, what is late, and when to look again. */
export function createFundLookActivities({
  db,
  log,
}: ActivityDependencies): Pick<FundActivities, 'openFund' | 'lookAtFund'> {
  return {
    async openFund({ caseId, at, region, period }) {
      const month = period as Period;
      const policy = await policyWith(db, region, 'fund', firstDayOf(month));
      await openCase(db, { caseId, region, kind: 'fund', period, policy, at });
      const kept = await policyOfCase(db, caseId);
      const calendar = await loadCalendar(db, region);
      return knownOrWaiting(at, () => ({
        policy: policyName(kept),
        startsOn: preallocationDates(kept.policy.fund!, month, calendar).preallocationStartsOn,
      }));
    },

    async lookAtFund({ caseId, at }) {
      const { region, period } = await loadCase(db, caseId);
      const { policy } = await policyOfCase(db, caseId);
      const calendar = await loadCalendar(db, region);
      const month: Month = { caseId, at, region, period: period as Period, policy: policy.fund!, calendar };
      const look = await lookAt(db, month);
      log.info({ caseId, ...look }, 'looked at a monthly fund');
      return look;
    },
  };
}

async function lookAt(db: Knex, month: Month): Promise<FundLook> {
  const { caseId, region, period, policy, at } = month;
  const review = await loadReview(db, region, period);
  const runOn = review.reviewedOn && runDay(month, review.reviewedOn);
  const stage: FundStage =
    runOn && isReached(at, { date: runOn, phase: Phase.ApprovalsAndBank }) ? 'settlement' : 'preallocation';
  const isSettled = await isMonthSettled(db, caseId);
  const unsettled = await countUnsettled(db, { region, period, pools: policy.pools });
  const ahead = isSettled || stage === 'settlement' ? NOTHING_AHEAD : await preallocationsAhead(db, month);
  const hasMore = !isSettled || unsettled > 0;
  const earlier = await findEarlierMonth(db, region, period);
  const mayPrepare = stage === 'settlement' ? hasMore && !earlier : ahead.mayPrepare;
  if (earlier?.isMissing && hasMore && stage === 'settlement') await tellMissing(db, month, earlier);
  if (review.reviewedOn && !runOn) await tellCalendar(db, month);
  await tellDeadlines(db, month, {
    ...review,
    isSettled,
    unsettled,
    ahead: ahead.open,
    ...(earlier ? { earlier } : {}),
  });
  const withdrawn =
    stage === 'settlement' && mayPrepare && at.time >= '14:00' ? await withdrawStale(db, month) : undefined;
  return {
    stage,
    hasMore,
    ...(withdrawn === undefined ? {} : { withdrawn }),
    prepares:
      mayPrepare && at.time >= '14:00' && !(await hasOpenRequest(db, caseId)) && !(await triedToday(db, month, stage)),
    next: nextLook(month, { hasMore, isAheadOpen: ahead.open.length > 0 }),
  };
}

interface Ahead {
  /** What keeps pre-allocations from being prepared, in words. */
  open: string[];
  mayPrepare: boolean;
}
const NOTHING_AHEAD: Ahead = { open: [], mayPrepare: false };

/** Pre-allocations that are not prepared yet: since the run was refused, its pool has not the money, or last year's spending is missing. */
async function preallocationsAhead(db: Knex, { caseId, region, period, policy, at }: Month): Promise<Ahead> {
  const prepared = await db('settle.case_events')
    .where({ case_id: caseId, event: 'run-prepared', detail: 'preallocation' })
    .first<object | undefined>('event_id');
  if (!prepared) return { open: ['not prepared'], mayPrepare: true };
  // A month that is over is paid nothing ahead any more.
  if (at.date > lastDayOf(period)) return NOTHING_AHEAD;
  const unprepared = await countUnpreparedPreallocations(db, region, period);
  const missing = await findMissingSpending(db, { region, period, policy });
  const open = [
    ...(unprepared > 0 ? [`${unprepared} payments wait for money`] : []),
    ...(missing.unplanned > 0 ? [`${missing.unplanned} payments are not prepared`] : []),
    ...(missing.institutions > 0 ? [`${missing.institutions} institutions wait for spending-${missing.year}.csv`] : []),
  ];
  return { open, mayPrepare: unprepared > 0 || missing.unplanned > 0 };
}

/** Months are settled in their order: what one carries out, the next one carries in. A month that never began is begun by people. */
async function tellMissing(db: Knex, month: Month, { period }: EarlierMonth): Promise<void> {
  const detail = `${period} was never begun, and ${month.period} is settled after it: catch it up`;
  await tellOnce(db, month, `month-missing/${period}`, { kind: 'month-missing', detail });
}

/** December's claims are paid in a year that may not be published. */
async function tellCalendar(db: Knex, month: Month): Promise<void> {
  const detail = `the claims of ${month.period} are reviewed; the day of their payment is in a year that is not published`;
  await tellOnce(db, month, 'calendar-not-published', { kind: 'calendar-not-published', detail });
}

async function tellOnce(
  db: Knex,
  { caseId, at }: Month,
  key: string,
  { kind, detail }: { kind: string; detail: string },
): Promise<void> {
  if (await hasEvent(db, caseId, key)) return;
  await addEvents(db, caseId, at, [{ key, event: kind, actor: ENGINE, detail }]);
  await addAlert(db, { caseId, kind, on: at.date, detail });
}

async function hasOpenRequest(db: Knex, caseId: string): Promise<boolean> {
  return (await loadRequests(db, { caseId, states: ['open', 'approved'] })).length > 0;
}

async function triedToday(db: Knex, { caseId, at }: Month, stage: FundStage): Promise<boolean> {
  const tried = await db('settle.case_events')
    .where({ case_id: caseId, on_date: at.date, detail: stage })
    .whereIn('event', ['run-prepared', RUN_REFUSED])
    .where('at_time', '>=', '14:00')
    .first<object | undefined>('event_id');
  return tried !== undefined;
}

/** The first working day after the re-check. */
function runDay({ calendar }: Month, reviewedOn: PlainDate): PlainDate | undefined {
  return unlessUnpublished(() => calendar.firstWorkingDayAfter(reviewedOn));
}

/** The next reminder, the day after the next deadline, and each working day on which a run may have to be prepared. */
function nextLook(month: Month, { hasMore, isAheadOpen }: { hasMore: boolean; isAheadOpen: boolean }): DuePoint | null {
  const { at, period } = month;
  const points = deadlines(month).flatMap((deadline) => {
    const remind = reminderOf(month, deadline);
    return [...(remind ? [remind] : []), { date: addDays(deadline.on, 1), phase: Phase.Deadline }];
  });
  if (hasMore)
    points.push(nextWorkingDay(month, isAheadOpen || at.date > lastDayOf(period) ? at.date : lastDayOf(period)));
  return earliest(points.filter((point) => !isReached(at, point)).sort(comparePoints)) ?? null;
}

function nextWorkingDay({ calendar, at }: Month, after: PlainDate): DuePoint {
  const date =
    unlessUnpublished(() => calendar.firstWorkingDayAfter(after)) ??
    // Asked again with the next month: the calendar may be there by then.
    firstDayOf(addMonths(periodOf(after > at.date ? after : at.date), 1));
  return { date, phase: Phase.ApprovalsAndBank };
}
