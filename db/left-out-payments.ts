import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import { refusing } from './refusals';

/**
 * Marks prepared payments to enterprises: they leave their batch when it is prepared anew. Marked before is marked.
 * @throws Refusal `PaymentStateInvalid`, `OperatorRoleMissing`
 */
export async function leaveOut(
  trx: Knex,
  paymentIds: readonly string[],
  { person, reason, at }: { person: string; reason: string; at: BusinessMoment },
): Promise<void> {
  await refusing(
    trx('settle.left_out_payments')
      .insert(paymentIds.map((payment_id) => ({ payment_id, person, reason, on_date: at.date, at_time: at.time })))
      .onConflict('payment_id')
      .ignore(),
  );
}

/** Prepared payments of a case that are to leave its batch, with who said so and why. */
export async function loadLeftOut(
  trx: Knex,
  caseId: string,
): Promise<{ paymentId: string; person: string; reason: string }[]> {
  return trx('settle.left_out_payments as l')
    .join('settle.payments as p', 'p.payment_id', 'l.payment_id')
    .where({ 'p.case_id': caseId, 'p.state': 'prepared' })
    .orderBy('l.payment_id')
    .select({ paymentId: 'l.payment_id', person: 'l.person', reason: 'l.reason' });
}
