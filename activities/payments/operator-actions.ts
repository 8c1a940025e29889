import type { Knex } from 'knex';
import { addAlert, addEvents, hasEvent } from '../../db/cases';
import { leaveOut } from '../../db/left-out-payments';
import { changePayments, loadPayments, type PaymentRecord } from '../../db/payments';
import { loadStaff } from '../../db/register';
import { hasRole } from '../../domain/approval';
import type { BusinessMoment } from '../../domain/business-time';
import { fundPurposeOf } from '../../domain/fund/ids';
import type { OperatorAction, OperatorInput, PaymentState } from '../../domain/payment';
import { Refusal } from '../../domain/refusal';
import type { ActivityDependencies } from '../dependencies';
import { withholdSuspended } from '../fund/effects';
import type { PaymentActivities, RaisedRequest } from '../types';
import { AFTER_CANCEL, applyEffect } from './effects';
import { findOpenRequest, nextRevision, raisePayments } from './prepare';

/** What an operator may act on (DESIGN 5.4): a case's own preparation is not theirs to cancel. */
const OPEN_TO: Record<OperatorAction, readonly PaymentState[]> = {
  retry: ['failed', 'returned'],
  // What was held since the register has another payee now.
  correct: ['failed', 'returned', 'held'],
  // What is prepared leaves its batch when that is prepared anew: content under approval does not change.
  cancel: ['failed', 'returned', 'held', 'prepared'],
};

const TARGET = { retry: 'released', correct: 'prepared', cancel: 'cancelled' } as const;

/**
 * What an operator does about payments that did not arrive: another attempt of the same payment, a corrected account,
 * which goes through approval again, or an end with a reason (DESIGN 5.4). All payments named, or none.
 */
export function createOperatorActivities({
  db,
  log,
}: Pick<ActivityDependencies, 'db' | 'log'>): Pick<PaymentActivities, 'applyOperatorAction'> {
  return {
    async applyOperatorAction({ caseId, at, operator: named, nextRevision: atLeast }) {
      const raised = await db.transaction(async (trx) => {
        const paymentIds = [...new Set(named.paymentIds)];
        const operator = { ...named, paymentIds };
        const payments = await loadPayments(trx, { caseId, paymentIds });
        checkNamed(operator, payments, caseId);
        await checkOperator(trx, payments[0]!.region, operator.person, at);
        if (await hasEvent(trx, caseId, eventKey(operator, payments[0]!)))
          return operator.action === 'correct' ? findOpenRequest(trx, caseId) : null;
        checkStates(operator, payments);
        if (operator.action === 'correct') return correct(trx, payments, caseId, at, operator, atLeast);

        // Who is suspended by now is not sent anything again.
        const withheld =
          operator.action === 'retry' ? await withholdSuspended(trx, { paymentIds: operator.paymentIds }, at) : [];
        const open = operator.paymentIds.filter((paymentId) => !withheld.includes(paymentId));
        const prepared = payments.filter(({ state }) => state === 'prepared');
        if (prepared.length > 0) await markLeftOut(trx, prepared, caseId, at, operator);
        const ending = payments.filter(({ paymentId, state }) => state !== 'prepared' && open.includes(paymentId));
        await changePayments(trx, idsOf(ending), {
          to: TARGET[operator.action],
          at,
          actor: operator.person,
          reason: operator.reason,
        });
        if (operator.action === 'cancel') await applyEffect(AFTER_CANCEL, trx, ending, at);
        await tell(trx, payments, caseId, at, operator);
        return null;
      });
      log.info({ caseId, action: named.action, payments: named.paymentIds.length }, 'operator acted on payments');
      return raised;
    },
  };
}

function idsOf(payments: readonly PaymentRecord[]): string[] {
  return payments.map(({ paymentId }) => paymentId);
}

/** They stay in the request that is open, and the levels are told: one that rejects it has it prepared without them. */
async function markLeftOut(
  trx: Knex,
  payments: readonly PaymentRecord[],
  caseId: string,
  at: BusinessMoment,
  { person, reason }: OperatorInput,
): Promise<void> {
  await leaveOut(trx, idsOf(payments), { person, reason, at });
  const detail = `${payments.length} payments are to be left out, ${reason}: a level that rejects the request has it prepared without them`;
  await addAlert(trx, { caseId, kind: 'payments-left-out', on: at.date, detail });
}

function eventKey({ actionId }: OperatorInput, { paymentId }: PaymentRecord): string {
  return `${actionId}/${paymentId}`;
}

function checkNamed(operator: OperatorInput, payments: readonly PaymentRecord[], caseId: string): void {
  const known = new Set(payments.map(({ paymentId }) => paymentId));
  const missing = operator.paymentIds.filter((paymentId) => !known.has(paymentId));
  if (operator.paymentIds.length === 0 || missing.length > 0)
    throw new Refusal('NotFound', `${caseId} has no payment ${missing.join(', ') || '(none was named)'}`, { missing });
  if (operator.action === 'correct' && !operator.account)
    throw new Refusal('UsageInvalid', 'a correction names the account as it should be', { caseId });
}

function checkStates(operator: OperatorInput, payments: readonly PaymentRecord[]): void {
  const settled = payments.find(({ state }) => !OPEN_TO[operator.action].includes(state));
  if (settled)
    throw new Refusal(
      'PaymentStateInvalid',
      `${settled.paymentId} is ${settled.state}: an operator can ${operator.action} what is ${OPEN_TO[operator.action].join(' or ')}`,
      { paymentId: settled.paymentId },
    );
}

async function checkOperator(trx: Knex, region: string, person: string, at: BusinessMoment): Promise<void> {
  const staff = (await loadStaff(trx, region)).find((each) => each.person === person);
  if (!staff) throw new Refusal('PersonUnknown', `${person} is not on the staff list of ${region}`, { person });
  if (!hasRole(staff, 'operator', at.date))
    throw new Refusal('OperatorRoleMissing', `${person} has not the role operator on ${at.date}`, { person });
}

/** What waits for approval already is prepared again or decided first: a correction's request would leave it out. */
async function refuseOthersPrepared(trx: Knex, caseId: string): Promise<void> {
  const [waiting] = await loadPayments(trx, { caseId, states: ['prepared'] });
  if (waiting)
    throw new Refusal('PaymentStateInvalid', `${waiting.paymentId} waits for approval: ${caseId} decides that first`, {
      paymentId: waiting.paymentId,
    });
}

/**
 * The fiscal deposit pays a pool's own account and nobody else (宿迁 2025-06-13 四): a transfer is sent again or cancelled, and the next
 * run raises another one, to the account of that day, for the finance department to confirm.
 */
function refuseTransfers(payments: readonly PaymentRecord[]): void {
  const transfer = payments.find(({ kind, paymentId }) => kind === 'fund' && fundPurposeOf(paymentId) === 'transfer');
  if (transfer)
    throw new Refusal(
      'PayeeDiffers',
      `${transfer.paymentId} goes to the pool's own account: it is sent again or cancelled, not corrected`,
      { paymentId: transfer.paymentId, rule: '宿迁 2025-06-13 四' },
    );
}

async function correct(
  trx: Knex,
  payments: readonly PaymentRecord[],
  caseId: string,
  at: BusinessMoment,
  operator: OperatorInput,
  atLeast: number,
): Promise<RaisedRequest | null> {
  refuseTransfers(payments);
  await refuseOthersPrepared(trx, caseId);
  await changePayments(trx, operator.paymentIds, {
    to: 'prepared',
    at,
    actor: operator.person,
    reason: operator.reason,
  });
  await tell(trx, payments, caseId, at, operator);
  return raisePayments(trx, {
    caseId,
    revision: await nextRevision(trx, caseId, atLeast),
    subject: 'corrected account',
    preparedBy: operator.person,
    payments: payments.map((payment) => ({ ...payment, payee: operator.account! })),
    at,
  });
}

async function tell(
  trx: Knex,
  payments: readonly PaymentRecord[],
  caseId: string,
  at: BusinessMoment,
  operator: OperatorInput,
): Promise<void> {
  await addEvents(
    trx,
    caseId,
    at,
    payments.map((payment) => ({
      key: eventKey(operator, payment),
      event: `operator-${operator.action}`,
      actor: operator.person,
      detail: `${payment.paymentId}: ${operator.reason}`,
    })),
  );
}
