import type { Knex } from 'knex';
import { addAlert, addEvents, hasEvent } from '../../db/cases';
import { confirmTransfers } from '../../db/fund/transfers';
import { withdrawRequest } from '../../db/fund/withdrawals';
import { Refusal } from '../../domain/refusal';
import type { ActivityDependencies } from '../dependencies';
import type { FundActivities } from '../types';

/** What the finance department says to a transfer from the fiscal deposit: without its confirmation the cashier releases none. */
export function createTransferActivities({
  db,
  log,
}: ActivityDependencies): Pick<FundActivities, 'recordTransferConfirmation' | 'recordTransferRefusal'> {
  return {
    async recordTransferConfirmation({ caseId, at, confirmation }) {
      const { requestId, person, evidence } = confirmation;
      await db.transaction(async (trx) => {
        await requireTransfer(trx, caseId, requestId);
        const confirmed = await confirmTransfers(trx, { requestId, person, evidence, on: at.date });
        if (confirmed.length === 0) return requireSame(trx, confirmation);
        await addEvents(trx, caseId, at, [
          {
            key: `${requestId}/confirmed`,
            event: 'transfer-confirmed',
            actor: person,
            detail: `${requestId}: ${evidence}`,
          },
        ]);
      });
      log.info({ caseId, requestId }, 'the finance department confirmed a transfer');
    },

    async recordTransferRefusal({ caseId, at, refusal }) {
      const { requestId, person, reason } = refusal;
      await db.transaction(async (trx) => {
        await requireTransfer(trx, caseId, requestId);
        const key = `${requestId}/refused`;
        // The activity ran before: what it did stands.
        if (await hasEvent(trx, caseId, key)) return;
        await withdrawRequest(trx, { requestId, person, reason, at });
        const detail = `${requestId}: ${reason}`;
        await addEvents(trx, caseId, at, [{ key, event: 'transfer-refused', actor: person, detail }]);
        await addAlert(trx, { caseId, kind: 'transfer-refused', on: at.date, detail });
      });
      log.info({ caseId, requestId }, 'the finance department refused a transfer');
    },
  };
}

async function requireTransfer(trx: Knex, caseId: string, requestId: string): Promise<void> {
  const known = await trx('settle.fiscal_transfers')
    .where({ request_id: requestId, case_id: caseId })
    .first<object | undefined>('transfer_id');
  if (!known) throw new Refusal('NotFound', `${requestId} contains no transfer from the fiscal deposit`, { requestId });
}

/** A confirmation that stands is not given again by somebody else, or with other evidence. */
async function requireSame(
  trx: Knex,
  { requestId, person, evidence }: { requestId: string; person: string; evidence: string },
): Promise<void> {
  const first = await trx('settle.fiscal_transfers')
    .where({ request_id: requestId })
    .first<{ confirmed_by: string; confirmed_on: string; evidence: string }>(
      'confirmed_by',
      'confirmed_on',
      'evidence',
    );
  if (first.confirmed_by === person && first.evidence === evidence) return;
  throw new Refusal(
    'ApprovalNotOpen',
    `${requestId} was confirmed by ${first.confirmed_by} on ${first.confirmed_on} with ${first.evidence}`,
    { requestId },
  );
}
