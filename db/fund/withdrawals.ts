import type { Knex } from 'knex';
import { changePayments, loadPayments } from '../payments';
import type { BusinessMoment } from '../../domain/business-time';

/**
 * Ends a request that no level rejected, with all its payments: the finance department refuses its transfers, or the engine withdraws
 * pre-allocations that the month is settled without.
 *
 * @throws Refusal of the database: `ApprovalNotOpen` (released, rejected, confirmed, or money that is owed), `ApprovalIncomplete`,
 * `ApprovalSamePerson`, `ApprovalRoleMissing`, `NotFound` (no transfer)
 */
export async function withdrawRequest(
  trx: Knex,
  { requestId, person, reason, at }: { requestId: string; person: string; reason: string; at: BusinessMoment },
): Promise<void> {
  await trx('settle.request_withdrawals').insert({
    request_id: requestId,
    withdrawn_by: person,
    reason,
    withdrawn_on: at.date,
    at_time: at.time,
  });
  const payments = await loadPayments(trx, { requestId, states: ['prepared', 'approved'] });
  // The engine ends them: whoever refuses is no operator.
  const change = { at, actor: 'engine', reason };
  const approved = payments.filter(({ state }) => state === 'approved').map(({ paymentId }) => paymentId);
  await changePayments(trx, approved, { to: 'held', ...change });
  await changePayments(
    trx,
    payments.map(({ paymentId }) => paymentId),
    { to: 'cancelled', ...change },
  );
}
