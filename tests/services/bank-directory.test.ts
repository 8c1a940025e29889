import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { createDirectoryBank } from '../../activities/bank/directory/directory-bank';
import { dayFolder, fileName, messageFolder, publish } from '../../activities/bank/directory/mailbox';
import { writeCamt053 } from '../../activities/bank/iso20022/camt053';
import { writeCamt054 } from '../../activities/bank/iso20022/camt054';
import { readPain001 } from '../../activities/bank/iso20022/pain001';
import type { StatusCode } from '../../activities/bank/iso20022/pain002';
import { writePain002 } from '../../activities/bank/iso20022/pain002';
import type { Bank, BankEntry, PaymentBatch } from '../../activities/bank/port';
import { BankTimeout, BankUnreachable } from '../../activities/bank/port';
import { plainDate } from '../../domain/plain-date';
import { sampleBatch, samplePayment } from '../support/bank-samples';
import { filesIn, makeBankDirectory, putFile } from '../support/scripted-bank';

// What only a bank over directories has: files that stay, are half there, come late, or come to two readers.

const QUIET_MS = 300;
const SHORT_MS = 300;
const day = plainDate('2026-04-21');
const at = { date: day, time: '14:00' };

let directory: string;
beforeEach(() => {
  directory = makeBankDirectory();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const bank = (timeoutMs = SHORT_MS): Bank =>
  createDirectoryBank({ directory, timeoutMs, quietMs: QUIET_MS, log: pino({ level: 'silent' }) });
const batchOf = (messageId: string, enterprise = 'E0001'): PaymentBatch =>
  sampleBatch([samplePayment({ enterprise }), samplePayment({ enterprise: `${enterprise}b` }, '0.01')], messageId);
const idsOf = ({ instructions }: PaymentBatch): string[] => instructions.map(({ endToEndId }) => endToEndId);
const questionOn = ({ messageId, instructions }: PaymentBatch) => ({ messageId, payments: instructions, at });
const statesOf = async (asked: Promise<{ state: string }[]>): Promise<string[]> =>
  (await asked).map(({ state }) => state);

function report(batch: PaymentBatch, status: StatusCode, code?: string): string {
  const reason = code === undefined ? {} : { reason: { code } };
  const payments = idsOf(batch).map((endToEndId) => ({ endToEndId, status, ...reason }));
  return writePain002({ messageId: 'S1', createdAt: at, originalMessageId: batch.messageId, payments });
}

function bookings(batches: PaymentBatch[], changes: Partial<BankEntry> = {}): string {
  const entries = batches.flatMap(({ messageId, instructions }) =>
    instructions.map(({ endToEndId, amountFen }): BankEntry => ({
      bankReference: `B-${endToEndId.slice(-9)}`,
      amountFen,
      direction: 'debit',
      bookedOn: day,
      endToEndId,
      messageId,
      ...changes,
    })),
  );
  return writeCamt054('N1', at, [{ account: '650500000000000001', entries }]);
}

/** Sends a batch that nobody answers, and has the bank take it. */
async function sent(batch: PaymentBatch): Promise<PaymentBatch> {
  await expect(bank().send(batch)).rejects.toBeInstanceOf(BankTimeout);
  for (const name of filesIn(directory, 'outbox')) rmSync(join(directory, 'outbox', name));
  return batch;
}

const rejectedFiles = (): string[] => (existsSync(join(directory, 'rejected')) ? filesIn(directory, 'rejected') : []);
const archived = (batch: PaymentBatch): string[] => filesIn(directory, 'archive', messageFolder(batch.messageId));

describe('sending', () => {
  it('puts the whole message under a name from its id, and keeps it in the archive', async () => {
    const batch = batchOf('window/650500/2026-04.pay.1');
    await expect(bank().send(batch)).rejects.toBeInstanceOf(BankTimeout);
    expect(filesIn(directory, 'outbox')).toEqual(['pain.001-window_650500_2026-04.pay.1.xml']);
    const file = readFileSync(join(directory, 'outbox', 'pain.001-window_650500_2026-04.pay.1.xml'));
    expect(readPain001(file)).toEqual(batch);
    expect(archived(batch)).toEqual(['pain.001-window_650500_2026-04.pay.1.xml']);
    expect(readdirSync(join(directory, 'outbox'))).toHaveLength(1);
  });

  it('never writes over a file, and refuses other content under an id', async () => {
    const batch = batchOf('M1');
    await expect(bank().send(batch)).rejects.toBeInstanceOf(BankTimeout);
    const before = readFileSync(join(directory, 'outbox', 'pain.001-M1.xml'));
    await expect(bank().send({ ...batch, requestedOn: plainDate('2026-04-22') })).rejects.toMatchObject({
      code: 'IdempotencyConflict',
    });
    expect(await publish(join(directory, 'outbox'), 'pain.001-M1.xml', 'other')).toBe(false);
    expect(readFileSync(join(directory, 'outbox', 'pain.001-M1.xml'))).toEqual(before);
    expect(readdirSync(join(directory, 'outbox'))).toEqual(['pain.001-M1.xml']);
  });

  it('that was killed before the file had its name delivers nothing afterwards, and can be done again', async () => {
    const batch = batchOf('M1');
    const partial = join(directory, 'outbox', '.pain.001-M1.xml.6f1c.partial');
    writeFileSync(partial, '<?xml version="1.0"?><Docu');
    const asked = bank(5_000).ask(questionOn(batch));
    await untilThere('pacs.028-M1.xml');
    // Gone before the question is there: the bank cannot be asked about what could still be delivered.
    expect(existsSync(partial)).toBe(false);
    putFile(directory, 'answer.xml', report(batch, 'RJCT', 'NOOR'));
    expect(await statesOf(asked)).toEqual(['unknown-to-bank', 'unknown-to-bank']);
    rmSync(join(directory, 'outbox', 'pacs.028-M1.xml'));

    // What it said before the message was delivered is no answer to the message.
    await expect(bank().send(batch)).rejects.toBeInstanceOf(BankTimeout);
    expect(filesIn(directory, 'outbox')).toEqual(['pain.001-M1.xml']);
    rmSync(join(directory, 'outbox', 'pain.001-M1.xml'));
    putFile(directory, 'first.xml', report(batch, 'ACSP'));
    expect(await statesOf(bank().ask(questionOn(batch)))).toEqual(['accepted', 'accepted']);
  });

  it('delivers nothing for certain where the disk is not there, and makes nothing in its place', async () => {
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    await expect(bank().send(batchOf('M1'))).rejects.toBeInstanceOf(BankUnreachable);
    await expect(bank().ask(questionOn(batchOf('M1')))).rejects.toBeInstanceOf(BankUnreachable);
    await expect(bank().statement('1', day)).rejects.toBeInstanceOf(BankUnreachable);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('delivers nothing for certain without permission to write', async () => {
    const outbox = join(directory, 'outbox');
    await withoutPrivileges(async () => {
      await expect(bank().send(batchOf('M1'))).rejects.toBeInstanceOf(BankUnreachable);
      expect(readdirSync(outbox)).toEqual([]);
    }, outbox);
    await expect(bank().send(batchOf('M1'))).rejects.toBeInstanceOf(BankTimeout);
    expect(readdirSync(outbox)).toEqual(['pain.001-M1.xml']);
  });
});

describe('an answer', () => {
  it('that comes later is found without a further question', async () => {
    const batch = await sent(batchOf('M1'));
    putFile(directory, '1.xml', report(batch, 'ACSP'));
    putFile(directory, '2.xml', bookings([batch]));
    const engine = bank();
    expect(await statesOf(engine.ask(questionOn(batch)))).toEqual(['booked', 'booked']);
    expect(filesIn(directory, 'outbox')).toEqual([]);
  });

  it('stays in the inbox until it is booked, and is there for the next worker', async () => {
    const batch = await sent(batchOf('M1'));
    putFile(directory, '1.xml', bookings([batch]));
    expect(await statesOf(bank().ask(questionOn(batch)))).toEqual(['booked', 'booked']);
    expect(filesIn(directory, 'inbox')).toEqual(['1.xml']);

    const next = bank();
    expect(await statesOf(next.ask(questionOn(batch)))).toEqual(['booked', 'booked']);
    await next.settled!({ messageId: 'M1' });
    expect(filesIn(directory, 'inbox')).toEqual([]);
    expect(archived(batch).filter((name) => name.endsWith('-1.xml'))).toHaveLength(1);
    await next.settled!({ messageId: 'M1' });

    // A return that comes alone is put together with the booking in the archive.
    const back = { direction: 'credit', bankReference: 'R1', returned: { reasonCode: 'AC04' } } as const;
    const [first] = batch.instructions;
    putFile(directory, '2.xml', bookings([{ ...batch, instructions: [first!] }], back));
    expect(await statesOf(bank().ask(questionOn(batch)))).toEqual(['returned', 'booked']);
  });

  it('that never received a message counts only once the bank has taken it from the outbox', async () => {
    const batch = batchOf('M1');
    await expect(bank().send(batch)).rejects.toBeInstanceOf(BankTimeout);
    await expect(bank().ask(questionOn(batch))).rejects.toThrow(/has not taken M1 from the outbox/);
    expect(filesIn(directory, 'outbox')).toEqual(['pain.001-M1.xml']);
  });

  it('that is there by half is not read; whole, it counts', async () => {
    const batch = await sent(batchOf('M1'));
    const whole = bookings([batch]);
    const path = join(directory, 'inbox', 'growing.xml');
    writeFileSync(path, whole.slice(0, 300));
    const engine = bank(20_000);
    const asked = engine.ask(questionOn(batch));
    for (let size = 600; size < whole.length; size += 300) {
      await pause(QUIET_MS / 4);
      writeFileSync(path, whole.slice(0, size));
    }
    writeFileSync(path, whole);
    putFile(directory, 'status.xml', report(batch, 'ACSP'));
    expect(await statesOf(asked)).toEqual(['booked', 'booked']);
    expect(rejectedFiles()).toEqual([]);
  });

  it('that stays half is rejected with its reason, and nothing of it counts', async () => {
    const batch = await sent(batchOf('M1'));
    writeFileSync(join(directory, 'inbox', 'cut.xml'), bookings([batch]).slice(0, 700));
    await pause(QUIET_MS + 50);
    await expect(bank().ask(questionOn(batch))).rejects.toBeInstanceOf(BankTimeout);
    const [file, reason] = rejectedFiles();
    expect(file).toMatch(/-cut\.xml$/);
    expect(reason).toBe(`${file}.reason`);
    expect(readFileSync(join(directory, 'rejected', reason!), 'utf8')).toMatch(
      /^BankMessageInvalid: .*not well-formed/,
    );
    expect(filesIn(directory, 'inbox')).toEqual([]);
  });

  it.each<[string, (batch: PaymentBatch) => string, RegExp]>([
    ['another amount', (batch) => bookings([batch], { amountFen: 5n }), /is 0\.05, sent was 1234\.56/],
    ['an unknown payment', (batch) => bookings([batch], { endToEndId: 'X' }), /is for X, which M1 does not have/],
    ['an unknown message', (batch) => bookings([{ ...batch, messageId: 'M9' }]), /message M9, which was never sent/],
    ['another kind of message', () => '<Document xmlns="urn:x"></Document>', /neither a pain\.002/],
  ])('about %s is rejected whole', async (_, write, reason) => {
    const batch = await sent(batchOf('M1'));
    putFile(directory, '1.xml', write(batch));
    await expect(bank().ask(questionOn(batch))).rejects.toThrow();
    const [file] = rejectedFiles();
    expect(readFileSync(join(directory, 'rejected', `${file}.reason`), 'utf8')).toMatch(reason);
    expect(filesIn(directory, 'inbox')).toEqual([]);
  });

  it('that contradicts an earlier one is rejected, and the earlier word stands', async () => {
    const batch = await sent(batchOf('M1'));
    putFile(directory, '1.xml', bookings([batch]));
    await pause(20);
    putFile(directory, '2.xml', report(batch, 'RJCT', 'AC04'));
    await expect(bank().ask(questionOn(batch))).rejects.toMatchObject({ code: 'BankMessageInvalid' });
    expect(rejectedFiles()[0]).toMatch(/-2\.xml$/);
    expect(await statesOf(bank().ask(questionOn(batch)))).toEqual(['booked', 'booked']);
  });

  it('that comes twice counts once, before and after it was booked', async () => {
    const batch = await sent(batchOf('M1'));
    putFile(directory, '1.xml', bookings([batch]));
    putFile(directory, 'copy of 1.xml', bookings([batch]));
    const engine = bank();
    expect(await statesOf(engine.ask(questionOn(batch)))).toEqual(['booked', 'booked']);
    await engine.settled!({ messageId: 'M1' });
    putFile(directory, '1.xml', bookings([batch]));
    expect(await statesOf(engine.ask(questionOn(batch)))).toEqual(['booked', 'booked']);
    await engine.settled!({ messageId: 'M1' });
    expect(filesIn(directory, 'inbox')).toEqual([]);
    expect(rejectedFiles()).toEqual([]);
    expect(archived(batch).filter((name) => /^[0-9a-f]{12}-1\.xml$/.test(name))).toHaveLength(1);
  });

  it('is read whatever its name; what is no XML, or is being written, is left alone', async () => {
    const batch = await sent(batchOf('M1'));
    const others = ['说明.txt', '.hidden.xml', 'a.xml.filepart', 'b.xml.tmp'];
    for (const name of others) writeFileSync(join(directory, 'inbox', name), '<');
    await pause(QUIET_MS + 50);
    putFile(directory, '回单 (第一)=.XML', bookings([batch]));
    const engine = bank();
    expect(await statesOf(engine.ask(questionOn(batch)))).toEqual(['booked', 'booked']);
    await engine.settled!({ messageId: 'M1' });
    expect(readdirSync(join(directory, 'inbox')).sort()).toEqual([...others].sort());
    expect(rejectedFiles()).toEqual([]);
  });

  it('about money of others says nothing of payments', async () => {
    const batch = await sent(batchOf('M1'));
    putFile(directory, '1.xml', bookings([{ ...batch, messageId: 'THEIRS' }], { direction: 'credit' }));
    putFile(directory, '2.xml', report(batch, 'ACSP'));
    expect(await statesOf(bank().ask(questionOn(batch)))).toEqual(['accepted', 'accepted']);
    expect(rejectedFiles()).toEqual([]);
    expect(filesIn(directory, 'inbox')).toEqual(['2.xml']);
    expect(filesIn(directory, 'archive', 'others')).toEqual([expect.stringMatching(/-1\.xml$/)]);
  });

  it('about two messages is read by two workers at once, and put away once both have booked it', async () => {
    const batches = [await sent(batchOf('M1', 'E0001')), await sent(batchOf('M2', 'E0002'))];
    putFile(directory, 'cut.xml', 'half');
    putFile(directory, 'both.xml', bookings(batches));
    await pause(QUIET_MS + 50);
    const workers = [bank(5_000), bank(5_000), bank(5_000), bank(5_000)];
    const asked = workers.map((worker, index) => worker.ask(questionOn(batches[index % 2]!)));
    for (const answers of asked) expect(await statesOf(answers)).toEqual(['booked', 'booked']);
    await workers[0]!.settled!({ messageId: 'M1' });
    expect(filesIn(directory, 'inbox')).toEqual(['both.xml']);
    await Promise.all([1, 2, 3].map((index) => workers[index]!.settled!({ messageId: batches[index % 2]!.messageId })));
    expect(filesIn(directory, 'inbox')).toEqual([]);
    for (const batch of batches) expect(archived(batch).filter((name) => name.endsWith('both.xml'))).toHaveLength(1);
    expect(rejectedFiles().filter((name) => name.endsWith('.reason'))).toHaveLength(1);
  });
});

describe('a statement', () => {
  const account = '650500000000000001';
  const of = (closingFen: bigint, time: string, inAnswerTo?: string): string =>
    writeCamt053(`A-${time}`, { date: day, time }, statementOf(closingFen), inAnswerTo);
  const statementOf = (closingFen: bigint) => ({
    account,
    date: day,
    openingFen: closingFen,
    closingFen,
    entries: [],
  });

  it('that the bank sends by itself is not asked for, and is put away once it is reconciled', async () => {
    putFile(directory, 'evening.xml', of(7n, '20:00'));
    const engine = bank();
    expect((await engine.statement(account, day)).closingFen).toBe(7n);
    expect(filesIn(directory, 'outbox')).toEqual([]);
    await engine.settled!({ account, date: day });
    expect(filesIn(directory, 'inbox')).toEqual([]);
    expect(filesIn(directory, 'archive', dayFolder(account, day))).toEqual([expect.stringMatching(/-evening\.xml$/)]);
    expect((await bank().statement(account, day)).closingFen).toBe(7n);
  });

  it('made on request during the day is not the one of its end', async () => {
    putFile(directory, 'noon.xml', of(5n, '12:00', 'Q1'));
    expect((await bank().statement(account, day, { date: day, time: '11:00' })).closingFen).toBe(5n);
    await expect(bank().statement(account, day)).rejects.toBeInstanceOf(BankTimeout);
    expect(filesIn(directory, 'outbox')).toEqual([`camt.060-${account}-2026-04-21.xml`]);
    putFile(directory, 'night.xml', of(6n, '23:59', 'Q2'));
    expect((await bank().statement(account, day)).closingFen).toBe(6n);
  });

  it('of which there are two that differ is refused, and both stay', async () => {
    putFile(directory, '1.xml', of(5n, '20:00'));
    putFile(directory, '2.xml', of(6n, '20:00'));
    await expect(bank().statement(account, day)).rejects.toMatchObject({ code: 'BankMessageInvalid' });
    expect(filesIn(directory, 'inbox')).toEqual(['1.xml', '2.xml']);
  });
});

describe('names', () => {
  it('of two ids are never the same, and never lead out of a folder', () => {
    const ids = ['a/b', 'a_b', 'a=b', 'a:b', '.', '..', '...', 'a.b', '医院', '=2e.', '𠀀'];
    const names = ids.map(fileName);
    expect(new Set(names).size).toBe(ids.length);
    for (const name of names) {
      expect(basename(name)).toBe(name);
      expect(name).toMatch(/^[A-Za-z0-9=_-][A-Za-z0-9.=_-]*$/);
    }
  });
});

async function untilThere(name: string): Promise<void> {
  while (!filesIn(directory, 'outbox').includes(name)) await pause(20);
}

/** Runs without the right to write into a directory; root has it in spite of the mode, so root lays itself down first. */
async function withoutPrivileges(work: () => Promise<void>, readOnly: string): Promise<void> {
  chmodSync(directory, 0o755);
  chmodSync(readOnly, 0o555);
  const user = process.geteuid!();
  if (user === 0) process.seteuid!(65_534);
  try {
    await work();
  } finally {
    if (user === 0) process.seteuid!(user);
    chmodSync(readOnly, 0o755);
  }
}
