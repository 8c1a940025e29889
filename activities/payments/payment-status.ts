import type { Knex } from 'knex';
import { loadCase } from '../../db/cases';
import { hasFreshTransfer } from '../../db/fund/transfers';
import { countPayments } from '../../db/payments';
import { loadCalendar } from '../../db/register';
import { atPhase, Phase, type BusinessMoment } from '../../domain/business-time';
import type { Calendar } from '../../domain/calendar';
import { waitsForBank } from '../../domain/payment';
import { addDays, addMonths, firstDayOf, periodOf, type PlainDate } from '../../domain/plain-date';
import { windowDates } from '../../domain/policy';
import { Refusal } from '../../domain/refusal';
import { policyOfCase } from '../prepayment/disbursement';
import type { PaymentStatus } from '../types';

/**
 * How the case stands, and when the bank is asked next: on the next working day while it holds an answer back, and once
 * more on the day after the last booking, when what could not be credited has come back.
 */
export async function statusOf(db: Knex, caseId: string, at: BusinessMoment): Promise<PaymentStatus> {
  const { region, kind } = await loadCase(db, caseId);
  const counts = await countPayments(db, caseId);
  const more = kind === 'fund' && (await hasFreshTransfer(db, caseId)) ? { prepareNow: true } : {};
  const fresh = await db('settle.payments')
    .where({ case_id: caseId, state: 'succeeded' })
    .where('paid_on', '>=', at.date)
    .first<{ payment_id: string } | undefined>('payment_id');
  const asks = waitsForBank(counts) || counts.released || fresh;
  if (!asks && !counts.held) return { counts, askAgainOn: null, ...more };
  const calendar = await loadCalendar(db, region);
  const resumption = counts.held ? await resumptionOf(db, caseId, calendar, at) : {};
  return { counts, askAgainOn: null, ...more, ...resumption, ...(asks ? { askAgainOn: askAgain(calendar, at) } : {}) };
}

function askAgain(calendar: Calendar, at: Pick<BusinessMoment, 'date'>): PlainDate {
  const tomorrow = addDays(at.date, 1);
  try {
    return calendar.firstWorkingDayOnOrAfter(tomorrow);
  } catch (error) {
    // Past the published calendars the bank is asked every day: a question needs no working day.
    if (isUnpublished(error)) return tomorrow;
    throw error;
  }
}

/**
 * Held payments are looked at again on the batch day of the next window (DESIGN 5.5: paid in the next run), which is today's as
 * long as it has not been 14:00; those of a monthly fund, which has no windows, on the next working day. Months are asked for one by one: the year after may not be published when this run is.
 */
async function resumptionOf(
  db: Knex,
  caseId: string,
  calendar: Calendar,
  { date, time }: BusinessMoment,
): Promise<Partial<Pick<PaymentStatus, 'askAgainOn' | 'resumeHeldOn'>>> {
  const { kind } = await loadCase(db, caseId);
  if (kind === 'fund') return { resumeHeldOn: askAgain(calendar, { date }) };
  const { window } = (await policyOfCase(db, caseId)).policy;
  const month = periodOf(date);
  try {
    const run = windowDates(window!, month, calendar).batchOn;
    const isAhead = run > date || (run === date && time < atPhase(run, Phase.ApprovalsAndBank).time);
    return { resumeHeldOn: isAhead ? run : windowDates(window!, addMonths(month, 1), calendar).batchOn };
  } catch (error) {
    // Asked again when the next month begins: the calendar may be there by then.
    if (isUnpublished(error)) return { askAgainOn: firstDayOf(addMonths(month, 1)) };
    throw error;
  }
}

function isUnpublished(error: unknown): boolean {
  return error instanceof Refusal && error.code === 'CalendarNotPublished';
}
