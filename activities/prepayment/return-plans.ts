import type { Knex } from 'knex';
import { loadCase } from '../../db/cases';
import type { PaymentRecord } from '../../db/payments';
import { loadDisbursed, saveReturnPlans } from '../../db/prepayments';
import { loadPolicyBook } from '../../db/register';
import type { PlainDate } from '../../domain/plain-date';
import { sumPools } from '../../domain/pools';
import { planReturns } from '../../domain/return-plan';

/**
 * Fixes the return plan of every institution whose disbursement is complete: on what the bank has booked, so a part that
 * was cancelled or came back is not to be returned. A plan for which something has come stays as it is. Returns begin after the
 * booking, or after the day on which the last part was cancelled where a plan is fixed by that.
 */
export async function refreshReturnPlans(
  trx: Knex,
  payments: readonly PaymentRecord[],
  cancelledOn?: PlainDate,
): Promise<void> {
  const first = payments[0];
  if (!first) return;
  const { policy: stamp, region } = await loadCase(trx, first.caseId);
  const year = first.advanceYear!;
  const policy = (await loadPolicyBook(trx)).get(stamp.id, stamp.version).policy.prepayment!;
  const institutions = [...new Set(payments.map(({ institution }) => institution!))].sort();
  const disbursed = await loadDisbursed(trx, region, year, institutions);
  const plans = disbursed
    .filter(({ complete, hasPlan, hasReceipts }) => !hasReceipts && (complete || hasPlan))
    .map(({ institution, pools, complete, disbursedOn, hasPlan }) => {
      const amountFen = complete ? sumPools(pools) : 0n;
      const known = !hasPlan && cancelledOn !== undefined && cancelledOn > disbursedOn! ? cancelledOn : disbursedOn!;
      const returns = amountFen === 0n ? [] : planReturns({ amountFen, pools, policy, year, notBefore: known });
      return { institution, returns };
    });
  if (plans.length > 0) await saveReturnPlans(trx, region, year, plans);
}
