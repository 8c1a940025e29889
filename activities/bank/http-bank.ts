import type { Logger } from 'pino';
import type { BusinessMoment } from '../../domain/business-time';
import { Refusal } from '../../domain/refusal';
import { exchange } from './http-exchange';
import type { ExchangeResult } from './http-exchange';
import { readCamt053 } from './iso20022/camt053';
import { readCamt054 } from './iso20022/camt054';
import { readPain002 } from './iso20022/pain002';
import { formatMoment } from './iso20022/values';
import { afterSending, createIsoBank } from './iso-bank';
import type { Bank, MessageLimits } from './port';
import { BankTimeout } from './port';

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

  return createIsoBank(
    {
      async send({ messageId, createdAt }, message) {
        const { body } = await call('pain001', createdAt, message);
        return afterSending(messageId, () => [readPain002(body)]);
      },

      async ask({ at }, message) {
        const report = readPain002((await call('pacs028', at, message)).body);
        // The bookings are asked for second: what is booked between the two questions is found rather than missed.
        const bookings = await call('camt054', at, message);
        return { reports: [report], notifications: bookings.status === 204 ? [] : readCamt054(bookings.body) };
      },

      async statement(account, date, at) {
        const query = new URLSearchParams({ account, date });
        return readCamt053((await call(`camt053?${query.toString()}`, at)).body);
      },
    },
    options,
  );
}

/** 2xx is an answer; 4xx says that the bank refused to read the message; anything else leaves the result open. */
function checkStatus(result: ExchangeResult, service: string): ExchangeResult {
  if (result.status >= 200 && result.status < 300) return result;
  const words = result.body.toString('utf8', 0, 300);
  if (result.status >= 400 && result.status < 500 && result.status !== 408)
    throw new Refusal('BankMessageInvalid', `the bank refused ${service} with status ${result.status}: ${words}`);
  throw new BankTimeout(`${service}: status ${result.status}, which leaves the result unknown`);
}
