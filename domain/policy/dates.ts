import type { Calendar } from '../calendar';
import {
  addMonths,
  dayInPeriod,
  firstDayOf,
  lastDayOf,
  period,
  periodOf,
  type Period,
  type PlainDate,
} from '../plain-date';
import { Refusal } from '../refusal';
import type { BreachPolicy, FundPolicy, PrepaymentPolicy, PrepaymentSchedule, WindowPolicy } from './schema';

/** `2026`, 3 → `2026-03`. */
export function periodOfYear(year: number, month: number): Period {
  return period(`${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`);
}

/**
 * The months in which a year's prepayment is disbursed and returned.
 *
 * @throws Refusal `PolicyNotInForce` for a year that the policy has no schedule for.
 */
export function scheduleOf(prepayment: PrepaymentPolicy, year: number): PrepaymentSchedule {
  const schedule = prepayment.schedules.find(({ years }) => years.from <= year && year <= (years.to ?? year));
  if (schedule) return schedule;
  throw new Refusal('PolicyNotInForce', `the policy has no prepayment schedule for ${year}`, { year });
}

/** The day on which a year's disbursement starts. */
export function disbursementDate(prepayment: PrepaymentPolicy, year: number, calendar: Calendar): PlainDate {
  const { month, workingDay } = scheduleOf(prepayment, year).disbursement;
  return calendar.workingDayOf(periodOfYear(year, month), workingDay);
}

/** The days of one settlement window; all of them run to the end of the day. */
export interface WindowDates {
  applicationFrom: PlainDate;
  applicationTo: PlainDate;
  confirmationFrom: PlainDate;
  confirmationTo: PlainDate;
  /** The day on which the payment batch is formed. */
  batchOn: PlainDate;
  payBy: PlainDate;
}

export function windowDates(window: WindowPolicy, month: Period, calendar: Calendar): WindowDates {
  const confirmationTo = dayInPeriod(month, window.confirmation.toDay);
  const { deadline, batchWorkingDay } = window.payment;
  return {
    applicationFrom: dayInPeriod(month, window.application.fromDay),
    applicationTo: dayInPeriod(month, window.application.toDay),
    confirmationFrom: dayInPeriod(month, window.confirmation.fromDay),
    confirmationTo,
    batchOn: calendar.addWorkingDays(confirmationTo, batchWorkingDay),
    payBy: deadline.kind === 'month-end' ? lastDayOf(month) : calendar.addWorkingDays(confirmationTo, deadline.days),
  };
}

/** The day on which breaches of a month are noticed: in the next month. */
export function noticeDate(breach: BreachPolicy, month: Period, calendar: Calendar): PlainDate {
  return calendar.workingDayOf(addMonths(month, 1), breach.noticeWorkingDay);
}

/** The last day on which a noticed breach can be corrected without suspension being certain. */
export function correctionDeadline(breach: BreachPolicy, noticeOn: PlainDate, calendar: Calendar): PlainDate {
  return calendar.addWorkingDays(noticeOn, breach.deadlineWorkingDays);
}

/** The day from which an institution that corrected nothing before it is suspended. */
export function suspensionDate(breach: BreachPolicy, deadline: PlainDate): PlainDate {
  const { monthsAfterDeadline, day } = breach.suspension;
  return dayInPeriod(addMonths(periodOf(deadline), monthsAfterDeadline), day);
}

/** The days of one month's pre-allocation; the last one is in the same month, moved on a day off where the policy says so. */
export interface PreallocationDates {
  preallocationStartsOn: PlainDate;
  preallocationDueOn: PlainDate;
}

export function preallocationDates(fund: FundPolicy, month: Period, calendar: Calendar): PreallocationDates {
  const { startWorkingDay, dueDay, dueDayMoves } = fund.preallocation;
  const due = dayInPeriod(month, dueDay);
  return {
    preallocationStartsOn: calendar.workingDayOf(month, startWorkingDay),
    preallocationDueOn: dueDayMoves === 'next-working-day' ? calendar.firstWorkingDayOnOrAfter(due) : due,
  };
}

/** The days of one month of fund settlement. */
export interface FundDates extends PreallocationDates {
  /** The month's claims are reviewed and paid in the next month. */
  reviewDueOn: PlainDate;
  payDueOn: PlainDate;
}

export function fundDates(fund: FundPolicy, month: Period, calendar: Calendar): FundDates {
  const next = addMonths(month, 1);
  return {
    ...preallocationDates(fund, month, calendar),
    reviewDueOn: calendar.workingDayOf(next, fund.settlement.reviewWorkingDays),
    payDueOn: calendar.workingDayOf(next, fund.settlement.payWorkingDays),
  };
}

/** The first day on which a major violation still excludes: two years before the 1st of the month, in Suqian's file. */
export function majorViolationFrom(fund: FundPolicy, month: Period): PlainDate {
  return firstDayOf(addMonths(month, -12 * fund.eligibility.majorViolationYears));
}
