import type { ApprovalRequest, RuleFinding } from '../approval';
import { requestState } from '../approval';
import { namesOf } from '../staff';

/** The finance department moves money from the fiscal deposit (财政专户) to the pools' accounts, and says so (财政部门确认). */
export interface TransferConfirmation {
  requestId: string;
  /** Of finance, who decided nothing on the request. */
  person: string;
  /** A document's number; it is kept. */
  evidence: string;
}

/** The finance department does not move the money (财政部门不予拨付). */
export interface TransferRefusal {
  requestId: string;
  /** Of finance, who decided nothing on the request. */
  person: string;
  reason: string;
}

/** What is wrong with a confirmation: too early, by somebody who decided on the transfer, or without evidence. */
export function checkConfirmation(
  request: ApprovalRequest | undefined,
  { evidence, ...word }: TransferConfirmation,
): RuleFinding | undefined {
  const finding = checkWord(request, word, 'confirmation');
  if (finding || evidence.trim() !== '') return finding;
  return { code: 'EvidenceMissing', message: `the confirmation of ${word.requestId} names its evidence` };
}

/** What is wrong with a refusal: as with a confirmation, or without a reason. */
export function checkTransferRefusal(
  request: ApprovalRequest | undefined,
  { reason, ...word }: TransferRefusal,
): RuleFinding | undefined {
  const finding = checkWord(request, word, 'word of the finance department');
  if (finding || reason.trim() !== '') return finding;
  return { code: 'ReasonMissing', message: `the refusal of ${word.requestId} says why` };
}

function checkWord(
  request: ApprovalRequest | undefined,
  { requestId, person }: { requestId: string; person: string },
  what: string,
): RuleFinding | undefined {
  if (!request || request.requestId !== requestId)
    return { code: 'ApprovalNotOpen', message: `${requestId} waits for no ${what}` };
  if (requestState(request) !== 'approved')
    return { code: 'ApprovalIncomplete', message: `${requestId} has not passed all levels` };
  if (request.decisions.flatMap(namesOf).includes(person))
    return { code: 'ApprovalSamePerson', message: `${person} has decided on ${requestId}` };
  return undefined;
}
