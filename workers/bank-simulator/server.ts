import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { z } from 'zod';
import { BUSINESS_MOMENT_HEADER } from '../../activities/bank/http-bank';
import { hashText } from '../../activities/bank/ids';
import { writeCamt053 } from '../../activities/bank/iso20022/camt053';
import { writeCamt054 } from '../../activities/bank/iso20022/camt054';
import type { Notification } from '../../activities/bank/iso20022/camt054';
import { readPacs028 } from '../../activities/bank/iso20022/pacs028';
import type { StatusRequest } from '../../activities/bank/iso20022/pacs028';
import { readPain001 } from '../../activities/bank/iso20022/pain001';
import { writePain002 } from '../../activities/bank/iso20022/pain002';
import type { PaymentStatus } from '../../activities/bank/iso20022/pain002';
import { parseMoment } from '../../activities/bank/iso20022/values';
import type { BusinessMoment } from '../../domain/business-time';
import { formatYuan, parseYuan } from '../../domain/money';
import { isPlainDate } from '../../domain/plain-date';
import type { PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import type { StoredPayment } from './books';
import { debtorEntries } from './books';
import type { BankStore } from './store';

/**
 * The made-up bank's HTTP side. `POST /pain001` → pain.002; `POST /pacs028` (status request) → pain.002; `POST /camt054`
 * (the same request) → camt.054, or 204 where nothing is booked; `GET /camt053?account=…&date=…` → camt.053. For the
 * script: `POST /accounts`, `POST /credit` (JSON lists). The header `Business-Moment` says what time it is.
 */
const MAX_BODY_BYTES = 128 * 1024 * 1024;

interface Reply {
  status: number;
  body: string;
}

class BadRequest extends Error {}

export function createBankServer(dependencies: { store: BankStore; log: Logger }): Server {
  const { store, log } = dependencies;
  return createServer((request, response) => {
    handle(store, request)
      .then((reply) => answer(request, response, reply))
      .catch((error: unknown) => {
        const theirs = error instanceof Refusal || error instanceof BadRequest;
        if (!theirs) log.error({ err: error, url: request.url }, 'request failed');
        answer(request, response, { status: theirs ? 400 : 500, body: (error as Error).message });
      });
  });
}

/** No reply means that the connection breaks, as it does when a bank's gateway times out. */
function answer(request: IncomingMessage, response: ServerResponse, reply: Reply | undefined): void {
  if (!reply) {
    request.socket.destroy();
    return;
  }
  const type = reply.body.startsWith('<') ? 'application/xml; charset=utf-8' : 'text/plain; charset=utf-8';
  response.writeHead(reply.status, { 'content-type': type }).end(reply.body);
}

async function handle(store: BankStore, request: IncomingMessage): Promise<Reply | undefined> {
  const url = new URL(request.url ?? '/', 'http://bank');
  const body = await readBody(request);
  switch (`${request.method} ${url.pathname}`) {
    case 'POST /pain001':
      return receivePain001(store, body, momentOf(request));
    case 'POST /pacs028':
      return reportStatus(store, readPacs028(body), momentOf(request));
    case 'POST /camt054':
      return notifyBookings(store, readPacs028(body), momentOf(request));
    case 'GET /camt053':
      return sendStatement(store, url.searchParams, momentOf(request));
    case 'POST /accounts':
      return store.openAccounts(parseJson(accountsSchema, body)) ? done() : conflict('an account is open already');
    case 'POST /credit':
      return store.credit(parseJson(creditsSchema, body)) ? done() : conflict('a credit is known with other content');
    case 'GET /health':
      return done();
    default:
      return { status: 404, body: 'no such service' };
  }
}

const done = (): Reply => ({ status: 200, body: 'ok' });
const conflict = (why: string): Reply => ({ status: 409, body: why });

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new BadRequest('the message is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function momentOf(request: IncomingMessage): BusinessMoment | undefined {
  const header = request.headers[BUSINESS_MOMENT_HEADER];
  if (header === undefined) return undefined;
  const moment = parseMoment(String(header));
  if (!moment) throw new BadRequest(`${BUSINESS_MOMENT_HEADER} is no date and time`);
  return moment;
}

function receivePain001(store: BankStore, body: Buffer, moment: BusinessMoment | undefined): Reply | undefined {
  const batch = readPain001(body);
  const at = moment ?? batch.createdAt;
  const reception = store.receive(batch, at);
  if (reception.kind === 'no-answer') return undefined;
  const report = {
    messageId: `S${hashText(`${batch.messageId} received`, 16)}`,
    createdAt: at,
    originalMessageId: batch.messageId,
    originalCount: batch.instructions.length,
  };
  if (reception.kind === 'conflict') {
    const groupReason = { code: 'DUPL', text: 'message id is known with other content' };
    return xml(writePain002({ ...report, groupStatus: 'RJCT', groupReason, payments: [] }));
  }
  return xml(writePain002({ ...report, payments: reception.payments.flatMap((payment) => statusOf(payment)) }));
}

function xml(body: string): Reply {
  return { status: 200, body };
}

/** As the first answer where `until` is left out; else as the books stand on that day. */
function statusOf(payment: StoredPayment, until?: PlainDate): PaymentStatus[] {
  const { decision, endToEndId } = payment;
  switch (decision.outcome) {
    case 'lost':
      return [unknownPayment(endToEndId)];
    case 'rejected': {
      const { reasonCode: code, reason: text } = decision;
      return [{ endToEndId, status: 'RJCT', reason: { code, ...(text !== undefined && { text }) } }];
    }
    case 'booked': {
      const booked = until !== undefined && decision.bookedOn <= until;
      const status: PaymentStatus = { endToEndId, status: booked ? 'ACSC' : 'ACSP' };
      return decision.twice ? [status, status] : [status];
    }
  }
}

function unknownPayment(endToEndId: string): PaymentStatus {
  return { endToEndId, status: 'RJCT', reason: { code: 'NOOR', text: 'no original transaction received' } };
}

function reportStatus(store: BankStore, request: StatusRequest, moment: BusinessMoment | undefined): Reply {
  const at = moment ?? request.createdAt;
  const known = new Map(store.payments(request.originalMessageId)?.map((payment) => [payment.endToEndId, payment]));
  const ids = request.endToEndIds.length > 0 ? request.endToEndIds : [...known.keys()];
  const payments = ids.flatMap((id) => {
    const payment = known.get(id);
    return payment ? statusOf(payment, at.date) : [unknownPayment(id)];
  });
  const noSuchMessage = { code: 'NOOR', text: 'no original message received' };
  return xml(
    writePain002({
      messageId: `S${hashText(`${request.messageId} status`, 16)}`,
      createdAt: at,
      originalMessageId: request.originalMessageId,
      ...(known.size === 0 && { groupStatus: 'RJCT', groupReason: noSuchMessage }),
      payments,
    }),
  );
}

function notifyBookings(store: BankStore, request: StatusRequest, moment: BusinessMoment | undefined): Reply {
  const at = moment ?? request.createdAt;
  const wanted = new Set(request.endToEndIds);
  const byAccount = new Map<string, Notification>();
  for (const payment of store.payments(request.originalMessageId) ?? []) {
    if (wanted.size > 0 && !wanted.has(payment.endToEndId)) continue;
    const entries = debtorEntries(payment).filter(({ bookedOn }) => bookedOn <= at.date);
    if (entries.length === 0) continue;
    const { debtorAccount: account } = payment;
    if (!byAccount.has(account)) byAccount.set(account, { account, entries: [] });
    const twice = payment.decision.outcome === 'booked' && payment.decision.twice === true;
    byAccount.get(account)!.entries.push(...entries, ...(twice ? entries : []));
  }
  if (byAccount.size === 0) return { status: 204, body: '' };
  return xml(writeCamt054(`N${hashText(`${request.messageId} bookings`, 16)}`, at, [...byAccount.values()]));
}

function sendStatement(store: BankStore, query: URLSearchParams, moment: BusinessMoment | undefined): Reply {
  const account = query.get('account') ?? '';
  const date = query.get('date') ?? '';
  if (!isPlainDate(date)) throw new BadRequest('date is missing or none');
  const statement = store.statement(account, date);
  if (!statement) return { status: 404, body: 'no such account' };
  const at = moment ?? { date, time: '23:59' };
  return xml(writeCamt053(`A${hashText(`${account} ${date}`, 16)}`, at, statement));
}

const amount = z
  .string()
  .refine((text) => (parseYuan(text) ?? -1n) >= 0n, 'must be yuan')
  .transform((text) => formatYuan(parseYuan(text)!));
const date = z.string().refine(isPlainDate, 'must be a date');
const account = z.string().regex(/^[A-Za-z0-9-]{1,34}$/);

const accountsSchema = z.array(z.strictObject({ account, opening: amount }));
const creditsSchema = z.array(
  z.strictObject({
    id: z.string().min(1).max(200),
    account,
    amount: amount.refine((text) => text !== '0.00', 'must be more than zero'),
    bookedOn: date,
    payerName: z.string().min(1),
    payerAccount: account.optional(),
    text: z.string().optional(),
    remittance: z
      .strictObject({
        kind: z.enum(['payment', 'disbursement', 'agency-return', 'fund']),
        region: z.string(),
        period: z.string(),
        institution: z.string().optional(),
        enterprise: z.string().optional(),
        pool: z.string().optional(),
        attempt: z.number().int().positive(),
      })
      .transform((value) => JSON.parse(JSON.stringify(value)) as NonNullable<StoredPayment['remittance']>)
      .optional(),
  }),
);

function parseJson<Output>(schema: z.ZodType<Output>, body: Buffer): Output {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new BadRequest((error as Error).message);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new BadRequest(`${path.join('.')}: ${message}`);
}
