import type { Logger } from 'pino';
import type { BusinessMoment } from '../../domain/business-time';
import type { PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { answersFromReports, isConflict, withBookings } from './answers';
import { hashText } from './ids';
import type { Notification } from './iso20022/camt054';
import { writePacs028 } from './iso20022/pacs028';
import { writePain001 } from './iso20022/pain001';
import type { StatusReport } from './iso20022/pain002';
import { formatMoment } from './iso20022/values';
import type { Bank, BankStatement, MessageLimits, PaymentBatch, PaymentQuestion, SettledSubject } from './port';
import { BankTimeout } from './port';

/** How ISO 20022 messages come to a bank and its messages back: the part in which HTTP and directories differ. */
export interface BankTransport {
  /** Delivers a pain.001; what the bank reports on it. @throws BankTimeout, BankUnreachable, Refusal as {@link Bank.send} */
  send(batch: PaymentBatch, message: string): Promise<StatusReport[]>;
  /** Puts a pacs.028; reports and bookings of nothing but what it asks about. @throws as {@link Bank.ask} */
  ask(question: PaymentQuestion, message: string): Promise<{ reports: StatusReport[]; notifications: Notification[] }>;
  statement(account: string, date: PlainDate, at: BusinessMoment): Promise<BankStatement[]>;
  settled?(subject: SettledSubject): Promise<void>;
}

/** A bank that speaks ISO 20022, over whatever transport. See {@link Bank} for what its errors mean. */
export function createIsoBank(transport: BankTransport, options: { limits?: MessageLimits; log: Logger }): Bank {
  const { limits, log } = options;
  return {
    ...(limits && { limits }),

    async send(batch) {
      const { messageId } = batch;
      const reports = await transport.send(batch, writePain001(batch));
      const endToEndIds = batch.instructions.map(({ endToEndId }) => endToEndId);
      const answers = afterSending(messageId, () => answersFromReports(reports, messageId, endToEndIds));
      if (reports.some(isConflict))
        throw new Refusal('IdempotencyConflict', `the bank knows message ${messageId} with other content`, {
          messageId,
        });
      log.info({ messageId, payments: answers.length, states: countStates(answers) }, 'batch sent to the bank');
      return { messageId, answers };
    },

    async ask(question) {
      const { messageId, payments } = question;
      // A request that names no payment would ask about all of the message.
      if (payments.length === 0) return [];
      const { reports, notifications } = await transport.ask(question, writeQuestion(question));
      const ids = payments.map(({ endToEndId }) => endToEndId);
      const final = withBookings(answersFromReports(reports, messageId, ids), question, notifications);
      log.info({ messageId, payments: ids.length, states: countStates(final) }, 'bank asked');
      return final;
    },

    async statement(account, date, at = { date, time: '23:59' }) {
      const statements = await transport.statement(account, date, at);
      const found = statements.filter((each) => each.account === account && each.date === date);
      if (found.length !== 1 || statements.length !== 1)
        throw new Refusal('BankMessageInvalid', `asked for one statement of ${date}, the bank sent another or several`);
      return found[0]!;
    },

    async settled(subject) {
      try {
        await transport.settled?.(subject);
      } catch (error) {
        // It is found again, and changes nothing then.
        log.warn({ err: error }, 'answers of the bank could not be put away');
      }
    },
  };
}

function writeQuestion(question: PaymentQuestion): string {
  const endToEndIds = question.payments.map(({ endToEndId }) => endToEndId);
  const moment = formatMoment(question.at);
  const messageId = `Q${hashText(JSON.stringify([question.messageId, endToEndIds, moment]), 20)}`;
  return writePacs028({ messageId, createdAt: question.at, originalMessageId: question.messageId, endToEndIds });
}

/** After the request left, an answer that cannot be read is no answer: the payments may have been executed. */
export function afterSending<Result>(messageId: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new BankTimeout(`the bank's answer to ${messageId} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function countStates(answers: readonly { state: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of answers) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
