import type { Knex } from 'knex';
import type { BusinessMoment } from '../../domain/business-time';
import { refusing } from '../refusals';

/**
 * Withdraws what was proposed: a ratio that is not approved, or a collection that has not come in.
 *
 * @throws Refusal `NotFound`, `CaseStateInvalid`, `PersonUnknown`, `ApprovalRoleMissing`
 */
export async function insertDecisionWithdrawal(
  trx: Knex,
  withdrawal: { decisionId: string; region: string; reason: string; person: string; at: BusinessMoment },
): Promise<void> {
  await refusing(
    trx('settle.decision_withdrawals').insert({
      decision_id: withdrawal.decisionId,
      region: withdrawal.region,
      reason: withdrawal.reason,
      withdrawn_by: withdrawal.person,
      withdrawn_on: withdrawal.at.date,
      at_time: withdrawal.at.time,
    }),
  );
}

/** An id for a proposal where earlier ones of the same id were withdrawn: `…`, `…/2`, `…/3`. */
export function freshId(base: string, withdrawn: number): string {
  return withdrawn === 0 ? base : `${base}/${withdrawn + 1}`;
}
