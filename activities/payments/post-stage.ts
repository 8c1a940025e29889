import type { Knex } from 'knex';
import { loadCase } from '../../db/cases';
import { postJournals } from '../../db/ledger';
import type { PaymentRecord } from '../../db/payments';
import type { BusinessMoment } from '../../domain/business-time';
import { journalsFor } from './postings';

/** Posts one stage of payments, each under the policy of its case. */
export async function postStage(
  trx: Knex,
  payments: readonly PaymentRecord[],
  stage: Parameters<typeof journalsFor>[1],
  at: BusinessMoment,
): Promise<void> {
  if (payments.length === 0) return;
  const { policy, region } = await loadCase(trx, payments[0]!.caseId);
  await postJournals(
    trx,
    region,
    payments.flatMap((payment) => journalsFor(payment, stage, at.date, policy)),
  );
}
