import { createHash, randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { RequestRecord } from '../../db/approvals';
import { loadRequests } from '../../db/approvals';
import { findAttempt, type Attempt } from '../../db/attempts';
import { nextLevel, type Decision } from '../../domain/approval';
import type { OperatorInput } from '../../domain/payment';
import { isRefusalCode, Refusal } from '../../domain/refusal';
import type { DecisionResult, OperatorResult } from '../../workflows/messages';
import { actOnPaymentsUpdate, askBankNowUpdate, decideUpdate, releaseUpdate } from '../../workflows/messages';
import { attempted } from './attempts';
import { decidingCapacity, releasingCapacity, requireRole } from './capacity';
import type { CommandContext } from './context';

/** A retried update that the caller repeats under its id is answered with the first result. */
interface UpdateIdentity {
  /** By default a new one: give it to make a repeated command harmless. */
  updateId?: string;
}

export interface DecideCommand extends UpdateIdentity {
  requestId: string;
  person: string;
  decision: Decision;
  /** By default the level that is next, which is what the person is asked for. */
  level?: string;
  /** What the person has read. By default what is open now. */
  contentSha256?: string;
  reason?: string;
  /** The payees that the request marks were looked at. */
  payeesConfirmed?: boolean;
}

/**
 * One of the four levels approves or rejects (新医保发〔2025〕50号 六(二)). The attempt is recorded before anything is
 * decided, and its outcome after, refusals included.
 *
 * @throws Refusal of the approval rules
 */
export async function decide(context: CommandContext, command: DecideCommand): Promise<DecisionResult> {
  const request = await openRequest(context, command.requestId);
  const contentSha256 = command.contentSha256 ?? request.contentSha256;
  const updateId = command.updateId ?? randomUUID();
  // A repeated command means the level that it decided the first time, not the one that is next by now.
  const level =
    command.level ??
    (await findAttempt(context.db, updateId))?.level ??
    nextLevel(request)?.level ??
    request.levels.at(-1)!.level;
  const at = context.clock.now();
  const reason = command.reason ?? '';
  const attempt: Attempt = {
    updateId,
    caseId: request.caseId,
    requestId: request.requestId,
    person: command.person,
    action: command.decision,
    level,
    contentSha256,
    reason,
    at,
  };
  return attempted(context, attempt, async () => {
    const { requestId, decision } = { ...command, requestId: request.requestId };
    const capacity = await decidingCapacity(context, request, command.person, level);
    const confirmed = command.payeesConfirmed ? { payeesConfirmed: true } : {};
    const result = await update(context.client, request.caseId, () =>
      handleOf(context.client, request.caseId).executeUpdate(decideUpdate, {
        updateId,
        args: [{ requestId, ...capacity, decision, level, contentSha256, reason, ...confirmed, at }],
      }),
    );
    return sameContent(result, contentSha256);
  });
}

export interface ReleaseCommand extends UpdateIdentity {
  requestId: string;
  person: string;
  contentSha256?: string;
  /** Holds payments whose payee is no longer who was approved, and releases the others. */
  holdDiffering?: boolean;
}

/** The cashier releases an approved request to the bank. @throws Refusal of the approval rules */
export async function release(context: CommandContext, command: ReleaseCommand): Promise<DecisionResult> {
  const request = await openRequest(context, command.requestId);
  const contentSha256 = command.contentSha256 ?? request.contentSha256;
  const updateId = command.updateId ?? randomUUID();
  const at = context.clock.now();
  const { requestId, caseId } = request;
  const { person } = command;
  return attempted(context, { updateId, caseId, requestId, person, action: 'release', contentSha256, at }, async () => {
    const capacity = await releasingCapacity(context, request, person);
    const held = command.holdDiffering ? { holdDiffering: true } : {};
    const result = await update(context.client, caseId, () =>
      handleOf(context.client, caseId).executeUpdate(releaseUpdate, {
        updateId,
        args: [{ requestId, ...capacity, contentSha256, ...held, at }],
      }),
    );
    return sameContent(result, contentSha256);
  });
}

export interface PaymentCommand extends Omit<OperatorInput, 'actionId'>, UpdateIdentity {
  caseId: string;
}

/** An operator retries, corrects or cancels payments that did not arrive. @throws Refusal */
export async function actOnPayments(context: CommandContext, command: PaymentCommand): Promise<OperatorResult> {
  const { caseId, updateId = randomUUID(), ...operator } = command;
  const at = context.clock.now();
  const { person, action, reason, paymentIds, account } = operator;
  const contentSha256 = createHash('sha256')
    .update(JSON.stringify([paymentIds, account ?? null]))
    .digest('hex');
  return attempted(context, { updateId, caseId, person, action, reason, contentSha256, at }, () =>
    update(context.client, caseId, () =>
      handleOf(context.client, caseId).executeUpdate(actOnPaymentsUpdate, {
        updateId,
        args: [{ ...operator, actionId: updateId, at }],
      }),
    ),
  );
}

export interface AskCommand extends UpdateIdentity {
  caseId: string;
  region: string;
  person: string;
  reason: string;
}

/**
 * Asks the bank now about payments whose end is not known, rather than on the day on which the case asks by itself; what
 * is released and was not sent goes out with it, as it does then. @throws Refusal
 */
export async function askBankNow(context: CommandContext, command: AskCommand): Promise<void> {
  const { caseId, person, reason, updateId = randomUUID() } = command;
  const at = context.clock.now();
  await attempted(context, { updateId, caseId, person, action: 'ask', reason, at }, async () => {
    await requireRole(context, command, person, 'operator', 'OperatorRoleMissing');
    await update(context.client, caseId, () =>
      handleOf(context.client, caseId).executeUpdate(askBankNowUpdate, { updateId }),
    );
  });
}

function handleOf(client: Client, caseId: string): ReturnType<Client['workflow']['getHandle']> {
  return client.workflow.getHandle(caseId);
}

/** The request with its decisions. @throws Refusal `NotFound` */
export async function openRequest({ db }: CommandContext, requestId: string): Promise<RequestRecord> {
  const [request] = await loadRequests(db, { requestId });
  if (request) return request;
  throw new Refusal('NotFound', `there is no approval request ${requestId}`, { requestId });
}

/** Turns Temporal's wrappings of a refusal back into the refusal. */
export async function update<T>(client: Client, caseId: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : error;
    if (cause instanceof ApplicationFailure && cause.type && isRefusalCode(cause.type))
      throw new Refusal(cause.type, cause.message, (cause.details?.[0] ?? {}) as Record<string, unknown>);
    if (error instanceof WorkflowNotFoundError)
      throw new Refusal('CaseClosed', `${caseId} is not running: it has ended, or never began`, { caseId });
    throw error;
  }
}

/** Temporal answers a repeated update id with the first result, whatever was asked the second time. */
function sameContent(result: DecisionResult, contentSha256: string): DecisionResult {
  if (result.contentSha256 === contentSha256) return result;
  throw new Refusal('IdempotencyConflict', 'this update id was used for a decision on other content', {
    requestId: result.requestId,
  });
}
