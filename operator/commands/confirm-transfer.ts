import { randomUUID } from 'node:crypto';
import type { ApprovalRequest, RuleFinding } from '../../domain/approval';
import type { BusinessMoment } from '../../domain/business-time';
import { checkConfirmation, checkTransferRefusal } from '../../domain/fund/transfer';
import { Refusal } from '../../domain/refusal';
import { confirmTransferUpdate, refuseTransferUpdate, type ActResult } from '../../workflows/messages';
import { attempted } from './attempts';
import { requireRole } from './capacity';
import type { CommandContext } from './context';
import { openRequest, update } from './decisions';

interface FinanceWord {
  requestId: string;
  /** Of finance, who decided nothing on the request. */
  person: string;
  updateId?: string;
  /** Checks only. */
  dryRun?: boolean;
}

export interface ConfirmTransferCommand extends FinanceWord {
  /** A document's number; it is kept. */
  evidence: string;
}

export interface RefuseTransferCommand extends FinanceWord {
  reason: string;
}

/**
 * Records that the finance department has confirmed a transfer from the fiscal deposit (财政部门确认), after all levels have approved it:
 * the cashier releases it then (宿迁 2025-06-13 四).
 *
 * @throws Refusal `NotFound`, `PersonUnknown`, `ApprovalRoleMissing`, `ApprovalIncomplete`, `ApprovalNotOpen` (confirmed already, too),
 * `ApprovalSamePerson`, `EvidenceMissing`, `CaseClosed`
 */
export async function confirmTransfer(context: CommandContext, command: ConfirmTransferCommand): Promise<ActResult> {
  const { requestId, person, evidence } = command;
  const confirmation = { requestId, person, evidence };
  return sayWord(context, command, {
    action: 'confirm-transfer',
    reason: evidence,
    check: (request) => checkConfirmation(request, confirmation),
    checked: { state: 'approved', next: 'release' },
    run: ({ caseId, updateId, at }) =>
      context.client.workflow
        .getHandle(caseId)
        .executeUpdate(confirmTransferUpdate, { updateId, args: [{ ...confirmation, at }] }),
  });
}

/**
 * Records that the finance department refuses a transfer: the request is over, nothing leaves the fiscal deposit, and what was to be
 * paid from it is looked at again on the next working day.
 *
 * @throws Refusal as {@link confirmTransfer} does, and `ReasonMissing`
 */
export async function refuseTransfer(context: CommandContext, command: RefuseTransferCommand): Promise<ActResult> {
  const { requestId, person, reason } = command;
  const refusal = { requestId, person, reason };
  return sayWord(context, command, {
    action: 'refuse-transfer',
    reason,
    check: (request) => checkTransferRefusal(request, refusal),
    checked: { state: 'approved', next: 'refused' },
    run: ({ caseId, updateId, at }) =>
      context.client.workflow
        .getHandle(caseId)
        .executeUpdate(refuseTransferUpdate, { updateId, args: [{ ...refusal, at }] }),
  });
}

async function sayWord(
  context: CommandContext,
  { requestId, person, updateId = randomUUID(), dryRun = false }: FinanceWord,
  word: {
    action: string;
    reason: string;
    check(request: ApprovalRequest): RuleFinding | undefined;
    checked: ActResult;
    run(input: { caseId: string; updateId: string; at: BusinessMoment }): Promise<ActResult>;
  },
): Promise<ActResult> {
  const request = await openRequest(context, requestId);
  const { caseId, region } = request;
  const at = context.clock.now();
  const run = async (): Promise<ActResult> => {
    await requireRole(context, { region }, person, 'finance', 'ApprovalRoleMissing');
    if (!dryRun) return update(context.client, caseId, () => word.run({ caseId, updateId, at }));
    const finding = word.check(request);
    if (finding) throw new Refusal(finding.code, finding.message, { requestId });
    return word.checked;
  };
  if (dryRun) return run();
  const attempt = { updateId, caseId, requestId, person, action: word.action, reason: word.reason, at };
  return attempted(context, attempt, run);
}
