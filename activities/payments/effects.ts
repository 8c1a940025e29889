import type { Knex } from 'knex';
import type { PaymentRecord } from '../../db/payments';
import { markReceiptsUnmoved } from '../../db/return-receipts';
import { reopenStatementParts } from '../../db/statement-reversal';
import { holdWhatIsCancelled } from '../fund/effects';
import { refreshReturnPlans } from '../prepayment/return-plans';
import type { BusinessMoment } from '../../domain/business-time';
import type { PaymentKind } from '../../domain/payment';

/** What follows in the same transaction when payments of a kind came to an end, or came back from one. */
type Effect = (trx: Knex, payments: readonly PaymentRecord[], at: BusinessMoment) => Promise<void>;

/** The return plan is fixed when the disbursement is booked, and follows a part that is returned or cancelled. */
const fixPlans: Effect = (trx, payments) => refreshReturnPlans(trx, payments);

export const AFTER_SUCCESS: Partial<Record<PaymentKind, Effect>> = { disbursement: fixPlans };
export const AFTER_RETURN: Partial<Record<PaymentKind, Effect>> = { disbursement: fixPlans };
export const AFTER_CANCEL: Partial<Record<PaymentKind, Effect>> = {
  // Nobody knew before what is to be returned: no month that is past is due.
  disbursement: (trx, payments, at) => refreshReturnPlans(trx, payments, at.date),
  fund: (trx, payments, at) => holdWhatIsCancelled(trx, payments, at),
  payment: (trx, payments, at) => reopenStatementParts(trx, payments, at),
  // What was to be moved lies in the ledger as it came, and the next run moves it.
  'agency-return': (trx, payments) =>
    markReceiptsUnmoved(
      trx,
      payments.map(({ paymentId }) => paymentId),
    ),
};

export async function applyEffect(
  effects: Partial<Record<PaymentKind, Effect>>,
  trx: Knex,
  payments: readonly PaymentRecord[],
  at: BusinessMoment,
): Promise<void> {
  const kinds = new Set(payments.map(({ kind }) => kind));
  for (const kind of kinds)
    await effects[kind]?.(
      trx,
      payments.filter((payment) => payment.kind === kind),
      at,
    );
}
