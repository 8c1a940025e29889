import type { Knex } from 'knex';
import { loadPayments, type PaymentRecord } from '../../db/payments';
import { PaymentState, type OperatorAction, type OperatorInput } from '../../domain/payment';
import { Refusal } from '../../domain/refusal';
import { requireRole } from './capacity';
import type { CommandContext } from './context';
import { actOnPayments, askBankNow } from './decisions';
import { askAboutEnded, cancelInEnded, hasEnded, refuseInEnded } from './ended-cases';

/** What may be done from the command line: the operator's actions, and asking the bank now. */
export type PaymentAction = OperatorAction | 'ask';

/** The states from which each is possible (DESIGN 5.4). */
export const ACTIONABLE: Readonly<Record<PaymentAction, readonly PaymentState[]>> = {
  retry: [PaymentState.Failed, PaymentState.Returned],
  correct: [PaymentState.Failed, PaymentState.Returned],
  // One that is prepared leaves its batch when a level rejects that.
  cancel: [PaymentState.Failed, PaymentState.Returned, PaymentState.Held, PaymentState.Prepared],
  // What was paid may have come back since.
  ask: [PaymentState.Sent, PaymentState.Unknown, PaymentState.Succeeded],
};

/** What is acted on where it is named only: nobody means it by naming a case. */
const NAMED_ONLY: readonly PaymentState[] = [PaymentState.Succeeded, PaymentState.Prepared];

export interface PaymentsWanted {
  paymentIds?: readonly string[];
  caseId?: string;
  region?: string;
  states?: readonly PaymentState[];
}

/**
 * The payments that are meant: all that are named, whatever their state, or those of a case, region or state for which
 * the action is possible. @throws Refusal `NotFound`
 */
export async function selectPayments(
  db: Knex,
  action: PaymentAction,
  wanted: PaymentsWanted,
): Promise<PaymentRecord[]> {
  const { paymentIds, states = ACTIONABLE[action].filter((state) => !NAMED_ONLY.includes(state)), ...rest } = wanted;
  if (paymentIds === undefined || paymentIds.length === 0) {
    const possible = states.filter((state) => ACTIONABLE[action].includes(state));
    return loadPayments(db, { ...rest, states: possible });
  }
  const found = await loadPayments(db, { ...rest, paymentIds, ...(wanted.states ? { states: wanted.states } : {}) });
  const known = new Set(found.map(({ paymentId }) => paymentId));
  const missing = paymentIds.filter((id) => !known.has(id));
  if (missing.length === 0) return found;
  throw new Refusal('NotFound', `there is no payment ${missing.join(', ')}`, { missing });
}

export interface PaymentsCommand {
  action: PaymentAction;
  payments: readonly PaymentRecord[];
  person: string;
  reason: string;
  account?: NonNullable<OperatorInput['account']>;
  updateId?: string;
}

/** Whether all of it would be done; nothing is recorded. @throws Refusal as the action itself would */
export async function checkPaymentAction(context: CommandContext, command: PaymentsCommand): Promise<void> {
  const { action, payments, person } = command;
  for (const region of new Set(payments.map((payment) => payment.region)))
    await requireRole(context, { region }, person, 'operator', 'OperatorRoleMissing');
  for (const { paymentId, state, caseId } of payments) {
    // A case that runs asks about what it has paid by itself.
    const isOver = state !== PaymentState.Succeeded || (await hasEnded(context, caseId));
    if (isOver && ACTIONABLE[action].includes(state)) continue;
    const code = state === PaymentState.Unknown ? 'PaymentUnknown' : 'PaymentStateInvalid';
    throw new Refusal(code, `${paymentId} is ${state}: ${action} is not possible`, { paymentId, state });
  }
  if (action === 'ask' || action === 'cancel') return;
  for (const caseId of new Set(payments.map((payment) => payment.caseId)))
    if (await hasEnded(context, caseId)) refuseInEnded(caseId, action);
}

/** What was done to the payments of one case, or why it was not. */
export interface CaseOutcome {
  caseId: string;
  paymentIds: string[];
  next?: string;
  refusal?: { code: string; message: string };
}

/** Ids in one update: a payload stays far below Temporal's 2 MB. */
const IDS_PER_UPDATE = 1_000;

/**
 * Acts on payments of one or several cases, one update a case and 1,000 payments. What one case refuses does not keep
 * others from being done; a refusal where there is only one update is thrown. @throws Refusal
 */
export async function actOnSelected(context: CommandContext, command: PaymentsCommand): Promise<CaseOutcome[]> {
  const parts = inParts(command.payments);
  const outcomes: CaseOutcome[] = [];
  for (const [index, { caseId, paymentIds, region }] of parts.entries()) {
    const key = command.updateId === undefined ? undefined : `${command.updateId}/${index}`;
    try {
      const next = await actOnPart(context, command, { caseId, paymentIds, region, ...(key ? { updateId: key } : {}) });
      outcomes.push({ caseId, paymentIds, next });
    } catch (error) {
      if (!(error instanceof Refusal) || parts.length === 1) throw error;
      outcomes.push({ caseId, paymentIds, refusal: { code: error.code, message: error.message } });
    }
  }
  return outcomes;
}

interface Part {
  caseId: string;
  region: string;
  paymentIds: string[];
}

function inParts(payments: readonly PaymentRecord[]): Part[] {
  const parts: Part[] = [];
  const open = new Map<string, Part>();
  for (const { caseId, region, paymentId } of payments) {
    let part = open.get(caseId);
    if (!part || part.paymentIds.length === IDS_PER_UPDATE) {
      part = { caseId, region, paymentIds: [] };
      open.set(caseId, part);
      parts.push(part);
    }
    part.paymentIds.push(paymentId);
  }
  return parts;
}

async function actOnPart(
  context: CommandContext,
  { action, person, reason, account }: PaymentsCommand,
  part: Part & { updateId?: string },
): Promise<string> {
  const { region, paymentIds, ...target } = part;
  if (await hasEnded(context, part.caseId)) {
    const command = { ...target, region, person, reason };
    if (action === 'ask') return askAboutEnded(context, command);
    if (action === 'cancel') return cancelInEnded(context, { ...command, paymentIds });
    refuseInEnded(part.caseId, action);
  }
  if (action === 'ask') {
    await askBankNow(context, { ...target, region, person, reason });
    return 'the bank is asked; settle payments list shows what it says';
  }
  const { next } = await actOnPayments(context, {
    ...target,
    action,
    paymentIds,
    person,
    reason,
    ...(account ? { account } : {}),
  });
  const leaving = await loadPayments(context.db, { paymentIds, states: [PaymentState.Prepared] });
  if (action !== 'cancel' || leaving.length === 0) return next;
  return `${leaving.length} leave the batch when a level rejects the request, which is then prepared without them`;
}
