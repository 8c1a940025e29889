import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { z } from 'zod';
import { BUSINESS_MOMENT_HEADER } from '../../activities/bank/http-bank';
import { readPacs028 } from '../../activities/bank/iso20022/pacs028';
import { readPain001 } from '../../activities/bank/iso20022/pain001';
import { parseMoment } from '../../activities/bank/iso20022/values';
import type { BusinessMoment } from '../../domain/business-time';
import { formatYuan, parseYuan } from '../../domain/money';
import { isPlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import type { StoredPayment } from './books';
import { bookings, firstReport, statement, statusReport } from './messages';
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
      return xml(firstReport(store, readPain001(body), momentOf(request)));
    case 'POST /pacs028':
      return xml(statusReport(store, readPacs028(body), momentOf(request)));
    case 'POST /camt054':
      return xml(bookings(store, readPacs028(body), momentOf(request))) ?? { status: 204, body: '' };
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

function xml(body: string): Reply;
function xml(body: string | undefined): Reply | undefined;
function xml(body: string | undefined): Reply | undefined {
  return body === undefined ? undefined : { status: 200, body };
}

function sendStatement(store: BankStore, query: URLSearchParams, moment: BusinessMoment | undefined): Reply {
  const account = query.get('account') ?? '';
  const date = query.get('date') ?? '';
  if (!isPlainDate(date)) throw new BadRequest('date is missing or none');
  const found = statement(store, { account, date }, moment ?? { date, time: '23:59' });
  return xml(found) ?? { status: 404, body: 'no such account' };
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
