import type { Knex } from 'knex';
import { loadActs, loadRequests, raiseRequest } from '../../db/approvals';
import { addEvents, loadCase } from '../../db/cases';
import type { NewPayment, PaymentRecord } from '../../db/payments';
import { preparePayments } from '../../db/payments';
import { loadPolicyBook, loadStaff } from '../../db/register';
import { assignPeople } from '../../domain/approval';
import type { BusinessMoment } from '../../domain/business-time';
import { formatYuan } from '../../domain/money';
import type { RaisedRequest } from '../types';

/** A scheduled case is prepared by the engine itself, which is no person (DESIGN 8). */
export const ENGINE = 'engine';

export function requestIdOf(caseId: string, revision: number): string {
  return `${caseId}#${revision}`;
}

/** The request as the workflow needs it; null when it was never raised. */
export async function findRequest(db: Knex, requestId: string): Promise<RaisedRequest | null> {
  const [request] = await loadRequests(db, { requestId });
  if (!request) return null;
  const { revision, contentSha256, preparedBy, levels, markedPayees } = request;
  const marked = markedPayees > 0 ? { markedPayees } : {};
  return { requestId, revision, contentSha256, preparedBy, levels, ...marked };
}

/** Who answers for payments that are prepared again after a rejection: whoever corrected them, else the engine. */
export async function preparerOf(db: Knex, redone: readonly Pick<PaymentRecord, 'requestId'>[]): Promise<string> {
  const before = redone[0] && (await findRequest(db, redone[0].requestId));
  return before?.preparedBy ?? ENGINE;
}

/**
 * Raises a request over payments, within the caller's transaction. Null when there is nothing to pay.
 *
 * @throws Refusal `ApprovalImpossible` when the staff of the day could not decide it: no case is raised that nobody
 * could approve.
 */
export async function raisePayments(
  trx: Knex,
  input: {
    caseId: string;
    revision: number;
    subject: string;
    preparedBy: string;
    payments: readonly NewPayment[];
    at: BusinessMoment;
  },
): Promise<RaisedRequest | null> {
  const { caseId, revision, payments, at } = input;
  const requestId = requestIdOf(caseId, revision);
  const { region } = await loadCase(trx, caseId);
  await preparePayments(trx, { region, caseId, requestId, payments, at });
  if (payments.length === 0) return null;
  return raisePrepared(trx, input);
}

/** Raises a request over the payments that name it already. @throws Refusal as {@link raisePayments} does */
export async function raisePrepared(
  trx: Knex,
  input: { caseId: string; revision: number; subject: string; preparedBy: string; at: BusinessMoment },
): Promise<RaisedRequest | null> {
  const { caseId, revision, at } = input;
  const requestId = requestIdOf(caseId, revision);
  const { region, policy } = await loadCase(trx, caseId);
  const { levels } = (await loadPolicyBook(trx)).get(policy.id, policy.version).policy.approval;
  const taken = { preparedBy: input.preparedBy, acts: await loadActs(trx, caseId) };
  assignPeople(levels, await loadStaff(trx, region), at.date, taken);
  await raiseRequest(trx, {
    requestId,
    caseId,
    revision,
    subject: input.subject,
    preparedBy: input.preparedBy,
    at,
    levels: levels.map(({ level, role }) => ({ level, role })),
  });
  const [raised] = await loadRequests(trx, { requestId });
  await addEvents(trx, caseId, at, [
    {
      key: `${requestId}/prepared`,
      event: 'prepared',
      actor: input.preparedBy,
      detail: `${requestId}: ${raised!.payments} payments, ${formatYuan(raised!.amountFen)}`,
    },
  ]);
  return findRequest(trx, requestId);
}
