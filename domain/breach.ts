import type { RuleFinding } from './approval';
import type { Calendar } from './calendar';
import { Phase, type DuePoint } from './business-time';
import {
  addDays,
  addMonths,
  dayInPeriod,
  firstDayOf,
  lastDayOf,
  periodOf,
  type Period,
  type PlainDate,
} from './plain-date';
import { correctionDeadline, suspensionDate, type BreachPolicy, type WindowPolicy } from './policy';
import type { BreachKind } from './policy/schema';

/** 违约 (新医保发〔2025〕50号 五(一)): the days that follow from a notice. */
export interface BreachDays {
  noticeOn: PlainDate;
  /** The last day on which a correction closes the breach as corrected in time. */
  deadline: PlainDate;
  /** The day from which, at 00:00, an institution is suspended that has not corrected before it. */
  suspendsOn: PlainDate;
}

/** What follows from a notice on a day, under the version in force on it. @throws Refusal `CalendarNotPublished` */
export function daysAfterNotice(policy: BreachPolicy, noticeOn: PlainDate, calendar: Calendar): BreachDays {
  const deadline = correctionDeadline(policy, noticeOn, calendar);
  return { noticeOn, deadline, suspendsOn: suspensionDate(policy, deadline) };
}

/** The last days on which an institution could have done its part, both to their end. */
export interface WatchedDays {
  /** Of confirming, disputing and topping up for the period's window. */
  confirmationTo: PlainDate;
  /** Of paying the period's return in: late after its due day, a breach only when the month has ended (四(一)). */
  returnTo: PlainDate;
}

export function watchedDays(window: WindowPolicy, period: Period): WatchedDays {
  return { confirmationTo: dayInPeriod(period, window.confirmation.toDay), returnTo: lastDayOf(period) };
}

/** What a settlement body did in a window, at the end of its last day of confirming. */
export interface WindowConduct {
  /** Lines that it could have paid, and neither confirmed nor disputed. */
  payableLines: number;
  /** It agreed, and the confirmation was refused because the money was missing. */
  refusedUnfunded: boolean;
  /** It confirmed something. */
  hasStatement: boolean;
}

/**
 * The breach of one window: one kind at most. Who agreed and had not funded the shortfall has not settled; who did not
 * agree, nor say what it disputes, has reconciled late.
 */
export function windowBreach({
  payableLines,
  refusedUnfunded,
  hasStatement,
}: WindowConduct): Exclude<BreachKind, 'prepayment-not-returned'> | undefined {
  if (payableLines === 0) return undefined;
  return refusedUnfunded && !hasStatement ? 'not-settled' : 'late-reconciliation';
}

export type BreachState = 'noticed' | 'closed' | 'suspended' | 'resumed';

export interface BreachStanding {
  state: BreachState;
  suspendedFrom: PlainDate | null;
  resumedOn: PlainDate | null;
}

/**
 * How a breach stands at the end of a day. Who corrects before the suspension begins was never suspended; a correction on
 * its first day or later ends it, and counts for the whole of its day.
 */
export function breachStanding(
  { suspendsOn, correctedOn }: { suspendsOn: PlainDate; correctedOn: PlainDate | null },
  on: PlainDate,
): BreachStanding {
  const corrected = correctedOn !== null && correctedOn <= on ? correctedOn : null;
  const suspended = suspendsOn <= on && (corrected === null || corrected >= suspendsOn);
  if (suspended)
    return { state: corrected === null ? 'suspended' : 'resumed', suspendedFrom: suspendsOn, resumedOn: corrected };
  return { state: corrected === null ? 'noticed' : 'closed', suspendedFrom: null, resumedOn: null };
}

/** Where a breach's case stands, as far as people's acts on it are concerned. */
export interface BreachFacts {
  correctedOn: PlainDate | null;
  exemptedOn: PlainDate | null;
}

/** Whether an officer may record a correction or force majeure now; undefined where they may. */
export function checkBreachAct(
  { correctedOn, exemptedOn }: BreachFacts,
  { evidence, on }: { evidence: string; on: PlainDate },
  { today, exemptable = true }: { today: PlainDate; exemptable?: boolean },
): RuleFinding | undefined {
  if (evidence.trim() === '') return { code: 'EvidenceMissing', message: 'a breach is changed on evidence only' };
  if (on > today) return { code: 'OutsideWindow', message: `${on} is after today, ${today}` };
  if (exemptedOn) return { code: 'CaseStateInvalid', message: `force majeure has ended this breach on ${exemptedOn}` };
  if (correctedOn) return { code: 'CaseStateInvalid', message: `this breach was corrected on ${correctedOn}` };
  if (!exemptable)
    return { code: 'CaseStateInvalid', message: 'the policy of this breach knows no exemption by force majeure' };
  return undefined;
}

/**
 * When a case of a breach that is not corrected looks next: when its deadline has passed, when its suspension begins, and
 * then on the 1st of each month, since what was found to be payable may no longer be.
 */
export function nextLook({ deadline, suspendsOn }: BreachDays, today: PlainDate): DuePoint {
  if (today <= deadline) return { date: addDays(deadline, 1), phase: Phase.Deadline };
  if (today < suspendsOn) return { date: suspendsOn, phase: Phase.Deadline };
  return { date: firstDayOf(addMonths(periodOf(today), 1)), phase: Phase.Monitoring };
}
