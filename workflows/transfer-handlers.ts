import { setHandler } from '@temporalio/workflow';
import type { ApprovalRequest, RuleFinding } from '../domain/approval';
import {
  checkConfirmation,
  checkTransferRefusal,
  type TransferConfirmation,
  type TransferRefusal,
} from '../domain/fund/transfer';
import { work } from './activities';
import type { BusinessClock } from './business-clock';
import { confirmTransferUpdate, refuseTransferUpdate } from './messages';
import { refusing } from './refusals';

/** What the finance department says to a transfer from the fiscal deposit, as handlers of the case's workflow (宿迁 2025-06-13 四). */
export function handleTransfers(of: {
  caseId: string;
  clock: BusinessClock;
  /** What waits at this moment. */
  request(): ApprovalRequest | undefined;
  refuse(finding: RuleFinding | undefined): void;
  forget(requestId: string): void;
}): void {
  const { caseId, clock, request, refuse } = of;

  setHandler(
    confirmTransferUpdate,
    async ({ at, ...confirmation }) => {
      clock.heard(at);
      await refusing(() => work.recordTransferConfirmation({ caseId, at, confirmation }));
      return { state: 'confirmed', next: 'cashier release' };
    },
    { validator: (confirmation: TransferConfirmation) => refuse(checkConfirmation(request(), confirmation)) },
  );

  setHandler(
    refuseTransferUpdate,
    async ({ at, ...refusal }) => {
      clock.heard(at);
      await refusing(() => work.recordTransferRefusal({ caseId, at, refusal }));
      of.forget(refusal.requestId);
      return { state: 'refused', next: 'prepared again on the next working day' };
    },
    { validator: (refusal: TransferRefusal) => refuse(checkTransferRefusal(request(), refusal)) },
  );
}
