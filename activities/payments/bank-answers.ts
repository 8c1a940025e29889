import type { Knex } from 'knex';
import { addAlert, addEvents, type CaseEvent } from '../../db/cases';
import type { PaymentRecord } from '../../db/payments';
import { changePayments } from '../../db/payments';
import type { BusinessMoment } from '../../domain/business-time';
import { groupBy } from '../../domain/group-by';
import { formatYuan, sum } from '../../domain/money';
import type { PlainDate } from '../../domain/plain-date';
import type { PaymentAnswer } from '../bank/port';
import { AFTER_RETURN, AFTER_SUCCESS, applyEffect } from './effects';
import { postStage } from './post-stage';
import type { BankStage } from './postings';

interface Answered {
  payment: PaymentRecord;
  answer: PaymentAnswer;
}

/** What the bank's word means for a payment in its state; undefined where it says nothing new. */
function stageOf({ payment, answer }: Answered): BankStage | undefined {
  if (payment.state === 'succeeded') return answer.state === 'returned' ? 'returned' : undefined;
  switch (answer.state) {
    case 'booked':
    case 'returned':
      return 'booked';
    case 'rejected':
    case 'unknown-to-bank':
      return 'failed';
    default:
      return undefined;
  }
}

function reasonOf({ answer }: Answered): string {
  if (answer.state === 'unknown-to-bank') return 'the bank never received it';
  return [answer.reasonCode, answer.reason].filter(Boolean).join(' ') || answer.state;
}

/**
 * Applies the bank's answers in one transaction: states, journals, what follows from them, and what people are told. An
 * answer that says nothing new changes nothing, so a repeated question is harmless.
 */
export async function applyAnswers(
  trx: Knex,
  input: {
    caseId: string;
    payments: readonly PaymentRecord[];
    /** End-to-end id of each payment. */
    attempts: ReadonlyMap<string, string>;
    answers: readonly PaymentAnswer[];
    at: BusinessMoment;
  },
): Promise<void> {
  const { caseId, at } = input;
  const answers = new Map(input.answers.map((answer) => [answer.endToEndId, answer]));
  const answered = input.payments.flatMap((payment): Answered[] => {
    const answer = answers.get(input.attempts.get(payment.paymentId) ?? '');
    return answer ? [{ payment, answer }] : [];
  });
  const of = (stage: BankStage): Answered[] => answered.filter((each) => stageOf(each) === stage);

  await applyBooked(trx, caseId, of('booked'), at);
  await applyFailed(trx, caseId, of('failed'), at);
  // A payment that was booked and sent back before anybody asked is booked first, so that both days are in the books.
  const bookedAndBack = of('booked').filter(({ answer }) => answer.state === 'returned');
  await applyReturned(trx, caseId, [...of('returned'), ...bookedAndBack], at);
}

async function applyBooked(trx: Knex, caseId: string, booked: readonly Answered[], at: BusinessMoment): Promise<void> {
  if (booked.length === 0) return;
  await changePayments(trx, idsOf(booked), { to: 'succeeded', at, actor: 'bank' }, evidenceOf(booked));
  await post(trx, booked, 'booked', at, ({ answer }) => answer.bookedOn!);
  await applyEffect(AFTER_SUCCESS, trx, paymentsOf(booked), at);
  const first = booked[0]!.payment;
  await addEvents(trx, caseId, at, [
    {
      key: `${first.paymentId}#${first.attempt}/booked`,
      event: 'booked',
      actor: 'bank',
      detail: `${booked.length} payments, ${formatYuan(sum(booked.map(({ payment }) => payment.amountFen)))}`,
    },
  ]);
}

async function applyFailed(trx: Knex, caseId: string, failed: readonly Answered[], at: BusinessMoment): Promise<void> {
  if (failed.length === 0) return;
  for (const [reason, group] of groupBy(failed, reasonOf))
    await changePayments(trx, idsOf(group), { to: 'failed', at, actor: 'bank', reason });
  await post(trx, failed, 'failed', at, () => at.date);
  await tell(trx, caseId, failed, at, 'payment-failed', reasonOf);
}

async function applyReturned(
  trx: Knex,
  caseId: string,
  returned: readonly Answered[],
  at: BusinessMoment,
): Promise<void> {
  if (returned.length === 0) return;
  for (const [reason, group] of groupBy(returned, reasonOf))
    await changePayments(trx, idsOf(group), { to: 'returned', at, actor: 'bank', reason }, evidenceOf(group));
  await post(trx, returned, 'returned', at, ({ answer }) => answer.returnedOn ?? at.date);
  await applyEffect(AFTER_RETURN, trx, paymentsOf(returned), at);
  await tell(trx, caseId, returned, at, 'payment-returned', reasonOf);
}

/** Whatever needs an operator is named payment by payment, and raises an alert for the day. */
async function tell(
  trx: Knex,
  caseId: string,
  answered: readonly Answered[],
  at: BusinessMoment,
  kind: string,
  reason: (each: Answered) => string,
): Promise<void> {
  const events = answered.map((each): CaseEvent => {
    const { paymentId, attempt, amountFen } = each.payment;
    return {
      key: `${paymentId}#${attempt}/${kind}`,
      event: kind,
      actor: 'bank',
      detail: `${paymentId}, ${formatYuan(amountFen)}: ${reason(each)}`,
    };
  });
  await addEvents(trx, caseId, at, events);
  await addAlert(trx, { caseId, kind, on: at.date, detail: `${answered.length} payments wait for an operator` });
}

async function post(
  trx: Knex,
  answered: readonly Answered[],
  stage: BankStage,
  at: BusinessMoment,
  dateOf: (each: Answered) => PlainDate,
): Promise<void> {
  const dates = new Map(answered.map((each) => [each.payment.paymentId, dateOf(each)]));
  await postStage(trx, paymentsOf(answered), stage, at, ({ paymentId }) => dates.get(paymentId)!);
}

function idsOf(answered: readonly Answered[]): string[] {
  return answered.map(({ payment }) => payment.paymentId);
}

function paymentsOf(answered: readonly Answered[]): PaymentRecord[] {
  return answered.map(({ payment }) => payment);
}

function evidenceOf(answered: readonly Answered[]): { references: string[]; bookedOn: PlainDate[] } {
  return {
    references: answered.map(({ answer }) => answer.bankReference!),
    bookedOn: answered.map(({ answer }) => answer.bookedOn!),
  };
}
