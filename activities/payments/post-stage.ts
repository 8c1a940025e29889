import type { Knex } from 'knex';
import { loadCase } from '../../db/cases';
import { settledAdvances } from '../../db/fund/preallocations';
import { postJournals } from '../../db/ledger';
import type { PaymentRecord } from '../../db/payments';
import type { BusinessMoment } from '../../domain/business-time';
import type { PlainDate } from '../../domain/plain-date';
import { journalsFor } from './postings';

/** Posts one stage of payments of a case, under its policy; on a day for each, or on the day itself. */
export async function postStage(
  trx: Knex,
  payments: readonly PaymentRecord[],
  stage: Parameters<typeof journalsFor>[1],
  at: BusinessMoment,
  dateOf: (payment: PaymentRecord) => PlainDate = () => at.date,
): Promise<void> {
  if (payments.length === 0) return;
  const { policy, region } = await loadCase(trx, payments[0]!.caseId);
  const settled = await settledAdvances(trx, payments);
  await postJournals(
    trx,
    region,
    payments.flatMap((payment) => journalsFor(payment, stage, dateOf(payment), policy, settled.has(payment.paymentId))),
  );
}
