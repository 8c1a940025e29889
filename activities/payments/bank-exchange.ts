import type { Knex } from 'knex';
import type { AttemptRecord, MessageRecord } from '../../db/bank-messages';
import { claimMessage, loadAttempts, loadMessages, setMessageState, storeMessage } from '../../db/bank-messages';
import { addAlert, addEvents, loadCase } from '../../db/cases';
import type { PaymentRecord } from '../../db/payments';
import { changePayments, loadPayments } from '../../db/payments';
import { toRefusal } from '../../db/refusals';
import { loadRegion } from '../../db/register';
import type { BusinessMoment } from '../../domain/business-time';
import { formatYuan, sum } from '../../domain/money';
import { Refusal } from '../../domain/refusal';
import { endToEndIdFor, messageIdFor } from '../bank/ids';
import { cutIntoMessages, DEFAULT_LIMITS } from '../bank/message-limits';
import { BankTimeout, BankUnreachable, type PaymentAnswer, type Remittance } from '../bank/port';
import type { ActivityDependencies } from '../dependencies';
import type { PaymentActivities, PaymentStatus } from '../types';
import { withholdUndelivered } from '../fund/effects';
import { holdUndelivered } from '../window/held';
import { applyAnswers } from './bank-answers';
import { statusOf } from './payment-status';
import { postStage } from './post-stage';

/**
 * Sending and asking (DESIGN 5.4). A message and its ids are stored before anything leaves; what is unknown is asked
 * about and never sent again; `succeeded` comes only from the bank's evidence.
 */
export function createBankActivities(
  dependencies: ActivityDependencies,
): Pick<PaymentActivities, 'sendReleasedPayments' | 'askBank'> {
  const { db, bank, log, heartbeat } = dependencies;

  /** Cuts released payments into messages, by the account they leave, and stores those. */
  async function storeMessages(caseId: string, at: BusinessMoment): Promise<void> {
    const released = await loadPayments(db, { caseId, states: ['released'] });
    const { rows } = await db.raw<{ rows: { payment_id: string }[] }>(
      `select p.payment_id from settle.payments p join settle.payment_attempts a using (payment_id, attempt)
        where p.case_id = ? and p.state = 'released'`,
      [caseId],
    );
    const stored = new Set(rows.map(({ payment_id }) => payment_id));
    const fresh = released.filter(({ paymentId }) => !stored.has(paymentId));
    for (const debtorAccount of new Set(fresh.map((payment) => payment.debtorAccount).sort())) {
      const leaving = fresh.filter((payment) => payment.debtorAccount === debtorAccount);
      for (const part of cutIntoMessages(leaving, bank.limits ?? DEFAULT_LIMITS)) {
        const first = part[0]!;
        // The first payment and its attempt tell this message from every other one of the case.
        const messageId = messageIdFor(caseId, first.paymentId, first.attempt);
        await db.transaction((trx) =>
          storeMessage(
            trx,
            { messageId, region: first.region, caseId, debtorAccount, at },
            part.map((payment) => ({
              endToEndId: endToEndIdFor(remittanceOf(payment), payment.kind === 'fund' ? payment.paymentId : undefined),
              paymentId: payment.paymentId,
              attempt: payment.attempt,
            })),
          ),
        );
        heartbeat({ stored: messageId });
      }
    }
  }

  /** From here on the message may have left: its payments are `sent`, and their money is in transit. Undefined when another run has it. */
  async function markSending(
    message: MessageRecord,
    at: BusinessMoment,
    wasInterrupted: boolean,
  ): Promise<PaymentRecord[] | undefined> {
    return db.transaction(async (trx) => {
      if (!(await claimMessage(trx, message.messageId))) return undefined;
      const attempts = await loadAttempts(trx, message.messageId);
      const paymentIds = attempts.map(({ paymentId }) => paymentId);
      if (!wasInterrupted) {
        const waiting = await loadPayments(trx, { paymentIds, states: ['released', 'sent'] });
        await holdUndelivered(trx, waiting, at, (sent) => postStage(trx, sent, 'failed', at));
        await withholdUndelivered(trx, waiting, at, (sent) => postStage(trx, sent, 'failed', at));
      }
      const released = await loadPayments(trx, { paymentIds, states: ['released'] });
      await changePayments(
        trx,
        released.map(({ paymentId }) => paymentId),
        { to: 'sent', at, actor: 'engine', reason: message.messageId },
      );
      await postStage(trx, released, 'sent', at);
      const amountFen = sum(released.map((payment) => payment.amountFen));
      await addEvents(trx, message.caseId, at, [
        {
          key: `${message.messageId}/sent`,
          event: 'sent',
          actor: 'engine',
          detail: `${message.messageId}: ${released.length} payments, ${formatYuan(amountFen)}`,
        },
      ]);
      return loadPayments(trx, { paymentIds, states: ['sent'] });
    });
  }

  async function markUnknown(message: MessageRecord, at: BusinessMoment, reason: string): Promise<void> {
    await db.transaction(async (trx) => {
      const attempts = await loadAttempts(trx, message.messageId);
      const sent = await loadPayments(trx, {
        paymentIds: attempts.map(({ paymentId }) => paymentId),
        states: ['sent'],
      });
      await changePayments(
        trx,
        sent.map(({ paymentId }) => paymentId),
        { to: 'unknown', at, actor: 'bank', reason },
      );
      await setMessageState(trx, message.messageId, 'unanswered');
      await addEvents(trx, message.caseId, at, [
        {
          key: `${message.messageId}/unanswered`,
          event: 'bank-unanswered',
          actor: 'bank',
          detail: `${message.messageId}: ${sent.length} payments are unknown; the bank is asked, nothing is sent again`,
        },
      ]);
    });
  }

  /** One that was interrupted while it left goes out as the message that it is: its first copy may still arrive. */
  async function deliver(message: MessageRecord, at: BusinessMoment, wasInterrupted: boolean): Promise<void> {
    const payments = await markSending(message, at, wasInterrupted);
    if (!payments) return;
    if (payments.length === 0) return setMessageState(db, message.messageId, 'answered');
    const attempts = new Map(
      (await loadAttempts(db, message.messageId)).map((attempt) => [attempt.paymentId, attempt.endToEndId]),
    );
    const region = await loadRegion(db, payments[0]!.region);
    let answers: readonly PaymentAnswer[];
    try {
      ({ answers } = await bank.send({
        messageId: message.messageId,
        createdAt: message.createdAt,
        requestedOn: message.createdAt.date,
        instructions: payments.map((payment) => ({
          endToEndId: attempts.get(payment.paymentId)!,
          amountFen: payment.amountFen,
          debtorAccount: payment.debtorAccount,
          debtorName: region.name,
          creditorAccount: payment.payee.account,
          creditorName: payment.payee.name,
          creditorBankCode: payment.payee.bankCode,
          purpose: payment.paymentId,
          remittance: remittanceOf(payment),
        })),
      }));
    } catch (error) {
      return afterFailedSend(message, payments, attempts, at, error);
    }
    // The bank has it by now: what the books refuse is not what the bank refused.
    const isBooked = await book(message, at, async (trx) => {
      await applyAnswers(trx, { caseId: message.caseId, payments, attempts, answers, at });
      await setMessageState(trx, message.messageId, 'answered');
    });
    if (isBooked) await bank.settled?.(message);
    else await markUnknown(message, at, 'the books have too little for what the bank did');
  }

  /**
   * Books what the bank did. Where an account of the ledger has too little for it, the payments stay as they are, with an
   * alert: they are no failure, and the case goes on asking until somebody has seen to it. False then.
   */
  async function book(
    { caseId, messageId }: MessageRecord,
    at: BusinessMoment,
    apply: (trx: Knex) => Promise<void>,
  ): Promise<boolean> {
    try {
      await db.transaction(apply);
      return true;
    } catch (error) {
      const refusal = toRefusal(error);
      if (!(refusal instanceof Refusal) || refusal.code !== 'LedgerInsufficient') throw error;
      log.error({ caseId, messageId, code: refusal.code }, 'what the bank did cannot be booked');
      await addAlert(db, { caseId, kind: 'booking-refused', on: at.date, detail: `${messageId}: ${refusal.message}` });
      return false;
    }
  }

  async function afterFailedSend(
    message: MessageRecord,
    payments: readonly PaymentRecord[],
    attempts: ReadonlyMap<string, string>,
    at: BusinessMoment,
    error: unknown,
  ): Promise<void> {
    const { caseId, messageId } = message;
    log.warn({ caseId, messageId, error: (error as Error).name }, 'message was not answered');
    if (error instanceof BankUnreachable) {
      // Certainly not delivered: the same message goes out again with the next round.
      await setMessageState(db, messageId, 'stored');
      await addAlert(db, { caseId, kind: 'bank-unreachable', on: at.date, detail: `${messageId} waits for the bank` });
    } else if (error instanceof BankTimeout) {
      await markUnknown(message, at, 'no answer from the bank');
    } else if (error instanceof Refusal && error.code === 'IdempotencyConflict') {
      // The bank has the id with other content: what it executed under it, only its answer says.
      await markUnknown(message, at, error.message);
      await addAlert(db, { caseId, kind: 'bank-id-conflict', on: at.date, detail: error.message });
    } else if (error instanceof Refusal) {
      // Refused before anything left, or refused by the bank as a whole: nothing of it was executed.
      const answers = [...attempts.values()].map((endToEndId): PaymentAnswer => ({
        endToEndId,
        state: 'rejected',
        reason: error.message,
      }));
      await db.transaction(async (trx) => {
        await applyAnswers(trx, { caseId, payments, attempts, answers, at });
        await setMessageState(trx, messageId, 'answered');
      });
    } else throw error;
  }

  /** What the bank says now about a message's payments that have left; undefined where there is none. */
  async function questionAbout(message: MessageRecord, at: BusinessMoment) {
    const current = await loadAttempts(db, message.messageId);
    const payments = await loadPayments(db, {
      paymentIds: current.map(({ paymentId }) => paymentId),
      states: ['sent', 'unknown', 'succeeded'],
    });
    if (payments.length === 0) return undefined;
    const attempts = new Map(current.map((attempt: AttemptRecord) => [attempt.paymentId, attempt.endToEndId]));
    const answers = await bank.ask({
      messageId: message.messageId,
      payments: payments.map(({ paymentId, amountFen }) => ({ endToEndId: attempts.get(paymentId)!, amountFen })),
      at,
    });
    return { payments, attempts, answers };
  }

  async function askAbout(message: MessageRecord, at: BusinessMoment): Promise<void> {
    const told = await questionAbout(message, at);
    if (told && (await book(message, at, (trx) => applyAnswers(trx, { caseId: message.caseId, ...told, at }))))
      await bank.settled?.(message);
  }

  /**
   * A message left in `sending` by an activity that did not come to its end: nobody here knows whether it went out, so the
   * bank is asked. What it has never received goes out as the message that it is: its id is stored, and the bank executes an
   * id once, should the first copy still arrive. Where the bank does not tell, the payments are unknown.
   */
  async function resume(message: MessageRecord, at: BusinessMoment): Promise<void> {
    try {
      const told = await questionAbout(message, at);
      if (told?.answers.every(({ state }) => state === 'unknown-to-bank') ?? true) {
        log.info({ messageId: message.messageId }, 'the bank never received an interrupted message: it goes out again');
        return await setMessageState(db, message.messageId, 'stored');
      }
    } catch (error) {
      if (!(error instanceof BankTimeout || error instanceof BankUnreachable || error instanceof Refusal)) throw error;
    }
    await markUnknown(message, at, 'interrupted while sending');
  }

  return {
    async sendReleasedPayments({ caseId, at }) {
      await loadCase(db, caseId);
      const interrupted = await loadMessages(db, caseId, ['sending']);
      for (const message of interrupted) await resume(message, at);
      await storeMessages(caseId, at);
      for (const message of await loadMessages(db, caseId, ['stored'])) {
        await deliver(
          message,
          at,
          interrupted.some(({ messageId }) => messageId === message.messageId),
        );
        heartbeat({ delivered: message.messageId });
      }
    },

    async askBank({ caseId, at }): Promise<PaymentStatus> {
      try {
        for (const message of await loadMessages(db, caseId, ['answered', 'unanswered'])) {
          await askAbout(message, at);
          heartbeat({ asked: message.messageId });
        }
      } catch (error) {
        if (!(error instanceof BankTimeout || error instanceof BankUnreachable)) throw error;
        log.warn({ caseId, error: error.name }, 'the bank did not answer a question');
        await addAlert(db, { caseId, kind: 'bank-unreachable', on: at.date, detail: 'the bank answers no question' });
      }
      return statusOf(db, caseId, at);
    },
  };
}

function remittanceOf(payment: PaymentRecord): Remittance {
  const { kind, region, period, institution, enterprise, pool, attempt } = payment;
  return {
    kind,
    region,
    period,
    ...(institution === undefined ? {} : { institution }),
    ...(enterprise === undefined ? {} : { enterprise }),
    ...(pool === undefined ? {} : { pool }),
    attempt,
  };
}
