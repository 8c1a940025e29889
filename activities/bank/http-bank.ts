import type { Logger } from 'pino';
import type { BusinessMoment } from '../../domain/business-time';
import { Refusal } from '../../domain/refusal';
import { answersFromReport, withBookings } from './answers';
import { exchange } from './http-exchange';
import type { ExchangeResult } from './http-exchange';
import { readCamt053 } from './iso20022/camt053';
import { readCamt054 } from './iso20022/camt054';
import { writePacs028 } from './iso20022/pacs028';
import { writePain001 } from './iso20022/pain001';
import { readPain002 } from './iso20022/pain002';
import { formatMoment } from './iso20022/values';
import type { Bank, MessageLimits, PaymentQuestion } from './port';
import { BankTimeout } from './port';
import { hashText } from './ids';

/** Says what business time it is; a real bank passes it over, the simulator lives by it. */
export const BUSINESS_MOMENT_HEADER = 'business-moment';

export interface HttpBankOptions {
  /** `http://127.0.0.1:4711`; the services are `/pain001`, `/pacs028`, `/camt054`, `/camt053` below it. */
  baseUrl: string;
  timeoutMs: number;
  /** What the bank takes in one message. */
  limits?: MessageLimits;
  log: Logger;
}

/** Group-level reasons by which a bank says that it knows the message id with other content. */
const DUPLICATE_MESSAGE = ['DUPL', 'DU01', 'AM05'];

/** The bank over HTTP, in ISO 20022 messages. See {@link Bank} for what its errors mean. */
export function createHttpBank(options: HttpBankOptions): Bank {
  const { timeoutMs, log } = options;
  const base = new URL(options.baseUrl.endsWith('/') ? options.baseUrl : `${options.baseUrl}/`);

  async function call(path: string, at: BusinessMoment, body?: string): Promise<ExchangeResult> {
    const headers = {
      [BUSINESS_MOMENT_HEADER]: formatMoment(at),
      ...(body !== undefined && { 'content-type': 'application/xml; charset=utf-8' }),
    };
    const method = body === undefined ? 'GET' : 'POST';
    const url = new URL(path, base);
    const startedAt = performance.now();
    const result = await exchange({ method, url, headers, timeoutMs, ...(body !== undefined && { body }) });
    const durationMs = Math.round(performance.now() - startedAt);
    log.debug({ service: url.pathname, status: result.status, bytes: result.body.length, durationMs }, 'bank answered');
    return checkStatus(result, url.pathname);
  }

  return {
    ...(options.limits && { limits: options.limits }),

    async send(batch) {
      const message = writePain001(batch);
      const { messageId } = batch;
      const { body } = await call('pain001', batch.createdAt, message);
      const endToEndIds = batch.instructions.map(({ endToEndId }) => endToEndId);
      const { report, answers } = afterSending(messageId, () => {
        const read = readPain002(body);
        return { report: read, answers: answersFromReport(read, messageId, endToEndIds) };
      });
      if (report.groupStatus === 'RJCT' && DUPLICATE_MESSAGE.includes(report.groupReason?.code ?? ''))
        throw new Refusal('IdempotencyConflict', `the bank knows message ${messageId} with other content`, {
          messageId,
        });
      log.info({ messageId, payments: answers.length, states: countStates(answers) }, 'batch sent to the bank');
      return { messageId, answers };
    },

    async ask(question) {
      // A request that names no payment would ask about all of the message.
      if (question.payments.length === 0) return [];
      const request = writeQuestion(question);
      const report = readPain002((await call('pacs028', question.at, request)).body);
      const ids = question.payments.map(({ endToEndId }) => endToEndId);
      const answers = answersFromReport(report, question.messageId, ids);
      // The bookings are asked for second: what is booked between the two questions is found rather than missed.
      const bookings = await call('camt054', question.at, request);
      const notifications = bookings.status === 204 ? [] : readCamt054(bookings.body);
      const final = withBookings(answers, question, notifications);
      log.info({ messageId: question.messageId, payments: ids.length, states: countStates(final) }, 'bank asked');
      return final;
    },

    async statement(account, date, at = { date, time: '23:59' }) {
      const query = new URLSearchParams({ account, date });
      const statements = readCamt053((await call(`camt053?${query.toString()}`, at)).body);
      const found = statements.filter((each) => each.account === account && each.date === date);
      if (found.length !== 1 || statements.length !== 1)
        throw new Refusal('BankMessageInvalid', `asked for one statement of ${date}, the bank sent another or several`);
      return found[0]!;
    },
  };
}

function writeQuestion(question: PaymentQuestion): string {
  const endToEndIds = question.payments.map(({ endToEndId }) => endToEndId);
  const moment = formatMoment(question.at);
  const messageId = `Q${hashText(JSON.stringify([question.messageId, endToEndIds, moment]), 20)}`;
  return writePacs028({ messageId, createdAt: question.at, originalMessageId: question.messageId, endToEndIds });
}

/** 2xx is an answer; 4xx says that the bank refused to read the message; anything else leaves the result open. */
function checkStatus(result: ExchangeResult, service: string): ExchangeResult {
  if (result.status >= 200 && result.status < 300) return result;
  const words = result.body.toString('utf8', 0, 300);
  if (result.status >= 400 && result.status < 500 && result.status !== 408)
    throw new Refusal('BankMessageInvalid', `the bank refused ${service} with status ${result.status}: ${words}`);
  throw new BankTimeout(`${service}: status ${result.status}, which leaves the result unknown`);
}

/** After the request left, an answer that cannot be read is no answer: the payments may have been executed. */
function afterSending<Result>(messageId: string, read: () => Result): Result {
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
