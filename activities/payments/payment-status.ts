import type { Knex } from 'knex';
import { loadCase } from '../../db/cases';
import { countPayments } from '../../db/payments';
import { loadCalendar } from '../../db/register';
import type { BusinessMoment } from '../../domain/business-time';
import { waitsForBank } from '../../domain/payment';
import { addDays } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import type { PaymentStatus } from '../types';

/**
 * How the case stands, and when the bank is asked next: on the next working day while it holds an answer back, and once
 * more on the day after the last booking, when what could not be credited has come back.
 */
export async function statusOf(db: Knex, caseId: string, at: BusinessMoment): Promise<PaymentStatus> {
  const { region } = await loadCase(db, caseId);
  const counts = await countPayments(db, caseId);
  const fresh = await db('settle.payments')
    .where({ case_id: caseId, state: 'succeeded' })
    .where('paid_on', '>=', at.date)
    .first<{ payment_id: string } | undefined>('payment_id');
  if (!waitsForBank(counts) && !counts.released && !fresh) return { counts, askAgainOn: null };
  const calendar = await loadCalendar(db, region);
  const tomorrow = addDays(at.date, 1);
  try {
    return { counts, askAgainOn: calendar.firstWorkingDayOnOrAfter(tomorrow) };
  } catch (error) {
    // Past the published calendars the bank is asked every day: a question needs no working day.
    if (error instanceof Refusal && error.code === 'CalendarNotPublished') return { counts, askAgainOn: tomorrow };
    throw error;
  }
}
