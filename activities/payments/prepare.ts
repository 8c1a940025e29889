import type { Knex } from 'knex';
import { loadActs, loadRequests, raiseRequest } from '../../db/approvals';
import { addEvents, loadCase } from '../../db/cases';
import type { NewPayment, PaymentRecord } from '../../db/payments';
import { loadPayments, preparePayments } from '../../db/payments';
import { loadPolicyBook, loadStaff } from '../../db/register';
import { assignPeople } from '../../domain/approval';
import type { BusinessMoment } from '../../domain/business-time';
import { formatYuan } from '../../domain/money';
import type { Prepared, RaisedRequest } from '../types';

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

/** The request of a case that waits for its levels or for the cashier, with what was decided on it; null where none does. */
export async function findOpenRequest(db: Knex, caseId: string): Promise<RaisedRequest | null> {
  const [request] = await loadRequests(db, { caseId, states: ['open', 'approved'] });
  if (!request) return null;
  const { requestId, decisions } = request;
  return { ...(await findRequest(db, requestId))!, ...(decisions.length > 0 ? { decisions } : {}) };
}

/**
 * Prepares in the caller's transaction, under the number after the last request of the case: a case that began again after a
 * refusal counts from one, and what was decided under a number stays decided. A request that waits is handed out as it stands.
 */
export async function prepareOnce(
  trx: Knex,
  { caseId, revision }: { caseId: string; revision: number },
  prepare: (revision: number) => Promise<RaisedRequest | null>,
): Promise<Prepared> {
  // An activity that timed out may still be preparing it.
  // Others may write the case's events meanwhile.
  await trx.raw('select 1 from settle.cases where case_id = ? for no key update', [caseId]);
  const open = await findOpenRequest(trx, caseId);
  if (open) return open;
  const raised = await prepare(await nextRevision(trx, caseId, revision));
  if (raised) return raised;
  const underWay = await loadPayments(trx, { caseId, states: UNDER_WAY });
  return underWay.length > 0 ? { paymentsUnderWay: true } : null;
}

/** The number of a case's next request, at least the one it counts itself. */
export async function nextRevision(trx: Knex, caseId: string, atLeast: number): Promise<number> {
  const last = await trx('settle.approval_requests')
    .where({ case_id: caseId })
    .max<{ max: number | null }[]>('revision');
  return Math.max(atLeast, (last[0]?.max ?? 0) + 1);
}

/** What has been released and is not at its end. */
const UNDER_WAY = ['held', 'released', 'sent', 'unknown', 'failed', 'returned'] as const;

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
