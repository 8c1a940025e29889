import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { createHttpBank } from '../../activities/bank/http-bank';
import { writeCamt053 } from '../../activities/bank/iso20022/camt053';
import { writeCamt054 } from '../../activities/bank/iso20022/camt054';
import { writePain002 } from '../../activities/bank/iso20022/pain002';
import type { PaymentStatus, StatusReport } from '../../activities/bank/iso20022/pain002';
import type { Bank, PaymentQuestion } from '../../activities/bank/port';
import { BankTimeout, BankUnreachable } from '../../activities/bank/port';
import { sampleBatch, samplePayment } from '../support/bank-samples';

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

const batch = sampleBatch([samplePayment(), samplePayment({ enterprise: 'E0002' }, '0.01')], 'M1');
const [first, second] = batch.instructions.map(({ endToEndId }) => endToEndId) as [string, string];
const question: PaymentQuestion = { messageId: 'M1', payments: batch.instructions, at: batch.createdAt };

const servers: Server[] = [];
const logged: string[] = [];

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function connect(baseUrl: string, timeoutMs = 5_000): Bank {
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  return createHttpBank({ baseUrl, timeoutMs, log });
}

/** A bank that behaves as it is told, after it has read the whole request. */
async function bankThat(behave: Behaviour, timeoutMs?: number): Promise<Bank> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => behave(request, response));
  });
  return connect(await listen(server), timeoutMs);
}

const says =
  (body: string, status = 200): Behaviour =>
  (_, response) =>
    response.writeHead(status).end(body);

function report(payments: PaymentStatus[], more: Partial<StatusReport> = {}): string {
  return writePain002({ messageId: 'S1', createdAt: batch.createdAt, originalMessageId: 'M1', payments, ...more });
}

const accepted = report([
  { endToEndId: first, status: 'ACSP' },
  { endToEndId: second, status: 'ACSP' },
]);

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    (server as { closeAllConnections?: () => void }).closeAllConnections?.();
  }
});

describe('sending', () => {
  it('gives one answer for each payment, in the batch’s order', async () => {
    const swapped = report([
      { endToEndId: second, status: 'RJCT', reason: { code: 'AC04' } },
      { endToEndId: first, status: 'ACSP' },
    ]);
    const answer = await (await bankThat(says(swapped))).send(batch);
    expect(answer).toEqual({
      messageId: 'M1',
      answers: [
        { endToEndId: first, state: 'accepted' },
        { endToEndId: second, state: 'rejected', reasonCode: 'AC04' },
      ],
    });
  });

  it('takes the business moment and the message to the bank', async () => {
    let seen: IncomingMessage | undefined;
    await (
      await bankThat((request, response) => {
        seen = request;
        response.end(accepted);
      })
    ).send(batch);
    expect(seen).toMatchObject({ method: 'POST', url: '/pain001' });
    expect(seen!.headers).toMatchObject({
      'business-moment': '2026-04-21T14:00:00+08:00',
      'content-type': 'application/xml; charset=utf-8',
    });
  });

  it.each<[string, Behaviour]>([
    ['the connection is reset', (request) => request.socket.resetAndDestroy()],
    ['the connection is closed', (request) => request.socket.end()],
    [
      'the answer is cut',
      (request, response) => {
        response.writeHead(200, { 'content-length': String(Buffer.byteLength(accepted)) });
        response.write(accepted.slice(0, 200), () => request.socket.destroy());
      },
    ],
    ['the answer ends too early', says(accepted.slice(0, -30))],
    ['the answer is no message', says('<html>welcome</html>')],
    ['the answer is empty', says('')],
    ['the answer is about another message', says(report([], { originalMessageId: 'M2' }))],
    ['the answer has a payment that was not sent', says(report([{ endToEndId: 'X', status: 'ACSP' }]))],
    ['the bank fails', says('down', 500)],
    ['the bank’s gateway gives up', says('slow', 504)],
    ['the bank is redirecting', says('', 302)],
    ['the bank took too long to read', says('', 408)],
  ])('is unknown when %s', async (_, behave) => {
    await expect((await bankThat(behave)).send(batch)).rejects.toBeInstanceOf(BankTimeout);
  });

  it('is unknown when no answer comes in time, and the answer is not waited for longer', async () => {
    const bank = await bankThat(() => undefined, 150);
    const startedAt = performance.now();
    await expect(bank.send(batch)).rejects.toThrow(/not within 150 ms/);
    await expect(bank.send(batch)).rejects.toBeInstanceOf(BankTimeout);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it('is unknown when the answer trickles past the time-out', async () => {
    const bank = await bankThat((_, response) => {
      response.write('<?xml ');
      void pause(400).then(() => response.end(accepted));
    }, 150);
    await expect(bank.send(batch)).rejects.toBeInstanceOf(BankTimeout);
  });

  it('is unknown when the bank breaks off while the message is on its way', async () => {
    const server = createTcpServer((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const many = Array.from({ length: 3_000 }, (_, index) => samplePayment({ enterprise: `E${index}` }));
    await expect(connect(await listen(server)).send(sampleBatch(many))).rejects.toBeInstanceOf(BankTimeout);
  });

  it.each([
    ['nobody listens', 'http://127.0.0.1:1'],
    ['there is no such host', 'http://bank.invalid:80'],
  ])('delivered nothing for certain when %s', async (_, url) => {
    await expect(connect(url).send(batch)).rejects.toBeInstanceOf(BankUnreachable);
  });

  it('over TLS delivered nothing for certain when the handshake never ends', async () => {
    const url = await listen(createTcpServer((socket) => socket.on('error', () => undefined).resume()));
    await expect(connect(url.replace('http:', 'https:'), 200).send(batch)).rejects.toBeInstanceOf(BankUnreachable);
  });

  it('of a message that the bank refuses to read is a refusal with the bank’s words', async () => {
    await expect((await bankThat(says('PmtInf: unknown debtor', 400))).send(batch)).rejects.toMatchObject({
      code: 'BankMessageInvalid',
      message: expect.stringContaining('unknown debtor'),
    });
  });

  it('of an id that the bank knows with other content is refused', async () => {
    const known = report([], { groupStatus: 'RJCT', groupReason: { code: 'DUPL' } });
    await expect((await bankThat(says(known))).send(batch)).rejects.toMatchObject({ code: 'IdempotencyConflict' });
  });

  it('of a batch that is refused as a whole rejects every payment', async () => {
    const refused = report([], { groupStatus: 'RJCT', groupReason: { code: 'AM04', text: '余额不足' } });
    const { answers } = await (await bankThat(says(refused))).send(batch);
    expect(answers.map(({ state, reasonCode }) => [state, reasonCode])).toEqual([
      ['rejected', 'AM04'],
      ['rejected', 'AM04'],
    ]);
  });

  it('of an invalid payment reaches no bank', async () => {
    const wrong = sampleBatch([{ ...samplePayment(), creditorAccount: '' }]);
    await expect(connect('http://127.0.0.1:1').send(wrong)).rejects.toMatchObject({ code: 'PaymentInvalid' });
  });
});

describe('asking', () => {
  const entry = { amountFen: 123_456n, direction: 'debit', bookedOn: batch.requestedOn, endToEndId: first } as const;
  const bookings = (...references: string[]): string => {
    const entries = references.map((bankReference) => ({ ...entry, bankReference }));
    return writeCamt054('N1', batch.createdAt, [{ account: '650500000000000001', entries }]);
  };
  const answering =
    (status: string, booked: string | undefined): Behaviour =>
    (request, response) => {
      if (request.url === '/pacs028') response.end(status);
      else if (booked === undefined) response.writeHead(204).end();
      else response.end(booked);
    };

  it('puts the status and the bookings together', async () => {
    expect(await (await bankThat(answering(accepted, bookings('B1')))).ask(question)).toEqual([
      { endToEndId: first, state: 'booked', bookedOn: '2026-04-21', bankReference: 'B1' },
      { endToEndId: second, state: 'accepted' },
    ]);
    expect(await (await bankThat(answering(accepted, undefined))).ask(question)).toEqual([
      { endToEndId: first, state: 'accepted' },
      { endToEndId: second, state: 'accepted' },
    ]);
  });

  it.each<[string, string, string]>([
    ['the booking is of another amount', accepted, bookings('B1').replaceAll('1234.56', '1234.57')],
    ['the sum of the bookings is wrong', accepted, bookings('B1').replace('<Sum>1234.56', '<Sum>1234.57')],
    ['the booking is of a payment nobody asked about', accepted, bookings('B1').replaceAll(first, 'X')],
    ['one payment is booked twice', accepted, bookings('B1', 'B2')],
    ['the bookings are cut', accepted, bookings('B1').slice(0, -25)],
    ['the status is cut', accepted.slice(0, -25), bookings('B1')],
    ['the status is declared in a foreign character set', accepted.replace('UTF-8', 'GBK'), bookings('B1')],
  ])('is refused whole when %s', async (_, status, booked) => {
    await expect((await bankThat(answering(status, booked))).ask(question)).rejects.toMatchObject({
      code: 'BankMessageInvalid',
    });
  });

  it('about no payment needs no bank', async () => {
    expect(await connect('http://127.0.0.1:1').ask({ ...question, payments: [] })).toEqual([]);
  });

  it('may be done again when there was no answer', async () => {
    const bank = await bankThat((request) => request.socket.destroy());
    await expect(bank.ask(question)).rejects.toBeInstanceOf(BankTimeout);
  });
});

describe('a statement', () => {
  const of = (account: string, date = batch.requestedOn): string =>
    writeCamt053('A1', batch.createdAt, { account, date, openingFen: 5n, closingFen: 5n, entries: [] });

  it('is asked for by account and date', async () => {
    let url: string | undefined;
    const bank = await bankThat((request, response) => {
      url = request.url;
      response.end(of('12-3'));
    });
    expect((await bank.statement('12-3', batch.requestedOn)).closingFen).toBe(5n);
    expect(url).toBe('/camt053?account=12-3&date=2026-04-21');
  });

  it('of another account or day is refused', async () => {
    await expect((await bankThat(says(of('124')))).statement('123', batch.requestedOn)).rejects.toMatchObject({
      code: 'BankMessageInvalid',
    });
  });
});

it('no account number and no name is in the log', () => {
  const log = logged.join('');
  expect(log).toContain('batch sent to the bank');
  for (const { debtorAccount, creditorAccount, creditorName } of batch.instructions)
    for (const secret of [debtorAccount, creditorAccount, creditorName]) expect(log).not.toContain(secret);
});
