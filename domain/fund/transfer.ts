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

/** What is wrong with a confirmation: too early, by somebody who decided on the transfer, or without evidence. */
export function checkConfirmation(
  request: ApprovalRequest | undefined,
  { requestId, person, evidence }: TransferConfirmation,
): RuleFinding | undefined {
  if (!request || request.requestId !== requestId)
    return { code: 'ApprovalNotOpen', message: `${requestId} waits for no confirmation` };
  if (requestState(request) !== 'approved')
    return { code: 'ApprovalIncomplete', message: `${requestId} has not passed all levels` };
  if (request.decisions.flatMap(namesOf).includes(person))
    return { code: 'ApprovalSamePerson', message: `${person} has decided on ${requestId}` };
  if (evidence.trim() === '')
    return { code: 'EvidenceMissing', message: `the confirmation of ${requestId} names its evidence` };
  return undefined;
}
