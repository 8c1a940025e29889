import { addEvents } from '../../db/cases';
import { confirmTransfers } from '../../db/fund/transfers';
import { Refusal } from '../../domain/refusal';
import type { ActivityDependencies } from '../dependencies';
import type { FundActivities } from '../types';

/** 财政部门确认: what lets the cashier release a transfer from the fiscal deposit. */
export function createTransferActivities({
  db,
  log,
}: ActivityDependencies): Pick<FundActivities, 'recordTransferConfirmation'> {
  return {
    async recordTransferConfirmation({ caseId, at, confirmation }) {
      const { requestId, person, evidence } = confirmation;
      await db.transaction(async (trx) => {
        const known = await trx('settle.fiscal_transfers')
          .where({ request_id: requestId, case_id: caseId })
          .first<object | undefined>('confirmed_by');
        if (!known)
          throw new Refusal('NotFound', `${requestId} contains no transfer from the fiscal deposit`, { requestId });
        await confirmTransfers(trx, { requestId, person, evidence, on: at.date });
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
  };
}
