import type { Knex } from 'knex';
import { addAlert, addEvents, hasEvent, loadCase, openCase } from '../../db/cases';
import { loadRequests } from '../../db/approvals';
import { openFundPayments, type FundStage } from '../../db/fund/payments';
import { countUnpreparedPreallocations, findMissingSpending } from '../../db/fund/preallocations';
import { countUnsettled, isMonthSettled } from '../../db/fund/settlements';
import { loadReview } from '../../db/fund/reviews';
import { loadCalendar } from '../../db/register';
import { policyWith } from '../../db/region-policy';
import { nextLevel } from '../../domain/approval';
import { Phase, type BusinessMoment, type DuePoint } from '../../domain/business-time';
import type { Calendar } from '../../domain/calendar';
import { comparePoints, earliest } from '../../domain/due-points';
import { caseIds } from '../../domain/ids';
import { formatYuan } from '../../domain/money';
import {
  addDays,
  addMonths,
  firstDayOf,
  lastDayOf,
  periodOf,
  type Period,
  type PlainDate,
} from '../../domain/plain-date';
import { fundDates, preallocationDates, type FundDates, type FundPolicy } from '../../domain/policy';
import { Refusal } from '../../domain/refusal';
import { holderOf } from '../../domain/window/holder';
import type { ActivityDependencies } from '../dependencies';
import { ENGINE } from '../payments/prepare';
import { RUN_REFUSED } from './run';
import { knownOrWaiting, policyName, policyOfCase } from '../prepayment/disbursement';
import type { FundActivities, FundLook } from '../types';

/** Working days ahead of a deadline on which whoever holds the case is reminded. */
const REMIND_WORKING_DAYS_AHEAD = 2;

interface Month {
  caseId: string;
  at: BusinessMoment;
  region: string;
  period: Period;
  policy: FundPolicy;
  calendar: Calendar;
}

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
  const mayPrepare = stage === 'settlement' ? hasMore && (await isTurn(db, month)) : ahead.mayPrepare;
  await tellDeadlines(db, month, { ...review, isSettled, ahead: ahead.open });
  return {
    stage,
    hasMore,
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
async function preallocationsAhead(db: Knex, { caseId, region, period, policy }: Month): Promise<Ahead> {
  const prepared = await db('settle.case_events')
    .where({ case_id: caseId, event: 'run-prepared', detail: 'preallocation' })
    .first<object | undefined>('event_id');
  if (!prepared) return { open: ['not prepared'], mayPrepare: true };
  const unprepared = await countUnpreparedPreallocations(db, region, period);
  const missing = await findMissingSpending(db, { region, period, policy });
  const open = [
    ...(unprepared > 0 ? [`${unprepared} payments wait for money`] : []),
    ...(missing.unplanned > 0 ? [`${missing.unplanned} payments are not prepared`] : []),
    ...(missing.institutions > 0 ? [`${missing.institutions} institutions wait for spending-${missing.year}.csv`] : []),
  ];
  return { open, mayPrepare: unprepared > 0 || missing.unplanned > 0 };
}

/** Months are settled in their order: what one carries out, the next one carries in. */
async function isTurn(db: Knex, { region, period }: Month): Promise<boolean> {
  const before = caseIds.fund(region, addMonths(period, -1));
  const opened = await db('settle.cases').where({ case_id: before }).first<object | undefined>('case_id');
  return !opened || isMonthSettled(db, before);
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

function isReached(at: BusinessMoment, due: DuePoint): boolean {
  const minutes = Number(at.time.slice(0, 2)) * 60 + Number(at.time.slice(3));
  return at.date > due.date || (at.date === due.date && minutes >= due.phase);
}

function unlessUnpublished<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof Refusal && error.code === 'CalendarNotPublished') return undefined;
    throw error;
  }
}

/** The month's dates as far as the calendar is published: those of December's claims lie in the next year. */
function knownDates({ policy, period, calendar }: Month): Partial<FundDates> {
  return (
    unlessUnpublished(() => fundDates(policy, period, calendar)) ??
    unlessUnpublished(() => preallocationDates(policy, period, calendar)) ??
    {}
  );
}

interface Deadline {
  what: 'preallocation' | 'claims-review' | 'settlement';
  on: PlainDate;
}

function deadlines(month: Month): Deadline[] {
  const { preallocationDueOn, reviewDueOn, payDueOn } = knownDates(month);
  return [
    { what: 'preallocation' as const, on: preallocationDueOn },
    { what: 'claims-review' as const, on: reviewDueOn },
    { what: 'settlement' as const, on: payDueOn },
  ].flatMap(({ what, on }) => (on === undefined ? [] : [{ what, on }]));
}

function reminderOf({ calendar }: Month, { on }: Deadline): DuePoint | undefined {
  const date = unlessUnpublished(() => {
    let day = on;
    for (let ahead = 0; ahead < REMIND_WORKING_DAYS_AHEAD; ahead += 1) {
      day = addDays(day, -1);
      while (!calendar.isWorkingDay(day)) day = addDays(day, -1);
    }
    return day;
  });
  return date && { date, phase: Phase.RunsStart };
}

/** Whoever holds the case is reminded ahead of each deadline, and named to the agency the day after it. */
async function tellDeadlines(
  db: Knex,
  month: Month,
  stand: { reviewedOn: PlainDate | null; waitsFor: string; isSettled: boolean; ahead: readonly string[] },
): Promise<void> {
  const { caseId, at } = month;
  for (const deadline of deadlines(month)) {
    const remind = reminderOf(month, deadline);
    const isLate = at.date > deadline.on;
    if (!isLate && !(remind && isReached(at, remind))) continue;
    const holder = await openOf(db, month, deadline.what, stand);
    if (holder === undefined) continue;
    const event = isLate ? `${deadline.what}-overdue` : 'reminder';
    const detail = `${deadline.what} by ${deadline.on}: ${holder}`;
    const key = `${event}/${deadline.what}`;
    if (await hasEvent(db, caseId, key)) continue;
    await addEvents(db, caseId, at, [{ key, event, actor: ENGINE, detail }]);
    if (isLate) await addAlert(db, { caseId, kind: event, on: at.date, detail });
  }
}

/** What is open of a part, and with whom; undefined where it is done. */
async function openOf(
  db: Knex,
  { caseId }: Month,
  what: Deadline['what'],
  { reviewedOn, waitsFor, isSettled, ahead }: Parameters<typeof tellDeadlines>[2],
): Promise<string | undefined> {
  if (what === 'claims-review') return reviewedOn === null ? waitsFor : undefined;
  if (what === 'preallocation' && isSettled) return undefined;
  const open = await openFundPayments(db, caseId, what);
  const parts = await Promise.all(
    open.map(async ({ state, payments, amountFen, requestId }) => {
      const [request] = await loadRequests(db, { requestId });
      return `${payments} payments, ${formatYuan(amountFen)}: ${holderOf(state, request && nextLevel(request)?.level)}`;
    }),
  );
  if (what === 'preallocation') parts.push(...ahead);
  if (what === 'settlement' && !isSettled && parts.length === 0)
    parts.push(reviewedOn === null ? waitsFor : await keptBy(db, caseId));
  return parts.length === 0 ? undefined : parts.join('; ');
}

/** One request of a case is decided at a time: with whom the one is that keeps the settlement from being prepared. */
async function keptBy(db: Knex, caseId: string): Promise<string> {
  const [request] = await loadRequests(db, { caseId, states: ['open', 'approved'] });
  if (!request) return 'not prepared';
  const level = nextLevel(request)?.level;
  return `not prepared; ${request.requestId} (${request.subject}) ${holderOf(level === undefined ? 'approved' : 'prepared', level)}`;
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
