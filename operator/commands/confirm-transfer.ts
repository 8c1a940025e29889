import { randomUUID } from 'node:crypto';
import { checkConfirmation } from '../../domain/fund/transfer';
import { Refusal } from '../../domain/refusal';
import { confirmTransferUpdate, type ActResult } from '../../workflows/messages';
import { attempted } from './attempts';
import { requireRole } from './capacity';
import type { CommandContext } from './context';
import { openRequest, update } from './decisions';

export interface ConfirmTransferCommand {
  requestId: string;
  /** Of finance, who decided nothing on the request. */
  person: string;
  /** A document's number; it is kept. */
  evidence: string;
  updateId?: string;
  /** Checks only. */
  dryRun?: boolean;
}

/**
 * Records that the finance department has confirmed a transfer from the fiscal deposit (财政部门确认), after all levels have approved it:
 * the cashier releases it then (宿迁 2025-06-13 四).
 *
 * @throws Refusal `NotFound`, `PersonUnknown`, `ApprovalRoleMissing`, `ApprovalIncomplete`, `ApprovalNotOpen`, `ApprovalSamePerson`,
 * `EvidenceMissing`, `CaseClosed`
 */
export async function confirmTransfer(context: CommandContext, command: ConfirmTransferCommand): Promise<ActResult> {
  const { requestId, person, evidence, updateId = randomUUID(), dryRun = false } = command;
  const request = await openRequest(context, requestId);
  const { caseId, region } = request;
  const at = context.clock.now();
  const confirmation = { requestId, person, evidence };
  const run = async (): Promise<ActResult> => {
    await requireRole(context, { region }, person, 'finance', 'ApprovalRoleMissing');
    if (dryRun) {
      const finding = checkConfirmation(request, confirmation);
      if (finding) throw new Refusal(finding.code, finding.message, { requestId });
      return { state: 'approved', next: 'release' };
    }
    return update(context.client, caseId, () =>
      context.client.workflow
        .getHandle(caseId)
        .executeUpdate(confirmTransferUpdate, { updateId, args: [{ ...confirmation, at }] }),
    );
  };
  if (dryRun) return run();
  const attempt = { updateId, caseId, requestId, person, action: 'confirm-transfer', reason: evidence, at };
  return attempted(context, attempt, run);
}
