import type { Knex } from 'knex';
import { loadRequests } from '../../db/approvals';
import { addAlert, addEvents, hasEvent } from '../../db/cases';
import { openFundPayments } from '../../db/fund/payments';
import { loadReview } from '../../db/fund/reviews';
import type { EarlierMonth } from '../../db/fund/months';
import { awaitsConfirmation } from '../../db/fund/transfers';
import { nextLevel } from '../../domain/approval';
import { Phase, type BusinessMoment, type DuePoint } from '../../domain/business-time';
import type { Calendar } from '../../domain/calendar';
import { formatYuan } from '../../domain/money';
import { addDays, type Period, type PlainDate } from '../../domain/plain-date';
import { fundDates, preallocationDates, type FundDates, type FundPolicy } from '../../domain/policy';
import { Refusal } from '../../domain/refusal';
import { holderOf } from '../../domain/window/holder';
import { ENGINE } from '../payments/prepare';

/** Working days ahead of a deadline on which whoever holds the case is reminded. */
const REMIND_WORKING_DAYS_AHEAD = 2;

/** A month's fund as a look sees it. */
export interface Month {
  caseId: string;
  at: BusinessMoment;
  region: string;
  period: Period;
  policy: FundPolicy;
  calendar: Calendar;
}

export function isReached(at: BusinessMoment, due: DuePoint): boolean {
  const minutes = Number(at.time.slice(0, 2)) * 60 + Number(at.time.slice(3));
  return at.date > due.date || (at.date === due.date && minutes >= due.phase);
}

export function unlessUnpublished<T>(ask: () => T): T | undefined {
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

export interface Deadline {
  what: 'preallocation' | 'claims-review' | 'settlement';
  on: PlainDate;
}

export function deadlines(month: Month): Deadline[] {
  const { preallocationDueOn, reviewDueOn, payDueOn } = knownDates(month);
  return [
    { what: 'preallocation' as const, on: preallocationDueOn },
    { what: 'claims-review' as const, on: reviewDueOn },
    { what: 'settlement' as const, on: payDueOn },
  ].flatMap(({ what, on }) => (on === undefined ? [] : [{ what, on }]));
}

export function reminderOf({ calendar }: Month, { on }: Deadline): DuePoint | undefined {
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

/** How far a month is. */
interface Stand {
  reviewedOn: PlainDate | null;
  /** With whom its review is. */
  waitsFor: string;
  /** Whether a run has made final what could be worked out. */
  isSettled: boolean;
  /** Institutions and pools that are not settled. */
  unsettled: number;
  /** What keeps pre-allocations from being prepared. */
  ahead: readonly string[];
  /** The month that is settled before it. */
  earlier?: EarlierMonth;
}

/** Whoever holds the case is reminded ahead of each deadline, and named to the agency the day after it. */
export async function tellDeadlines(db: Knex, month: Month, stand: Stand): Promise<void> {
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
  { reviewedOn, waitsFor, isSettled, unsettled, ahead, earlier }: Stand,
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
  if (what === 'preallocation' && ahead.length > 0) {
    // The transfer for them has its own holder: a level, the finance department, or the cashier.
    const own = await requestOf(db, caseId);
    parts.push(...ahead, ...(own ? [own] : []));
  }
  if (what === 'settlement' && !isSettled && parts.length === 0)
    parts.push(reviewedOn === null ? waitsFor : await keptBy(db, caseId, earlier));
  if (what === 'settlement' && isSettled && unsettled > 0)
    parts.push(`${unsettled} institutions and pools wait for money, or for the bank's word on what was paid ahead`);
  return parts.length === 0 ? undefined : parts.join('; ');
}

/**
 * One request of a case is decided at a time, and one month is settled after the other: with whom the request, or the earlier
 * month, is that keeps the settlement from being prepared.
 */
async function keptBy(db: Knex, caseId: string, earlier?: EarlierMonth): Promise<string> {
  const own = await requestOf(db, caseId);
  if (own) return `not prepared; ${own}`;
  if (!earlier) return 'not prepared';
  if (earlier.isMissing) return `waits for ${earlier.period}, which was never begun`;
  const request = await requestOf(db, earlier.caseId);
  if (request) return `waits for ${earlier.caseId}; ${request}`;
  const { reviewedOn, waitsFor } = await loadReview(db, earlier.region, earlier.period);
  return `waits for ${earlier.caseId}; ${reviewedOn === null ? waitsFor : 'not prepared'}`;
}

async function requestOf(db: Knex, caseId: string): Promise<string | undefined> {
  const [request] = await loadRequests(db, { caseId, states: ['open', 'approved'] });
  if (!request) return undefined;
  const level = nextLevel(request)?.level;
  const holder =
    level === undefined && (await awaitsConfirmation(db, request.requestId))
      ? 'waits for the finance department'
      : holderOf(level === undefined ? 'approved' : 'prepared', level);
  return `${request.requestId} (${request.subject}) ${holder}`;
}
