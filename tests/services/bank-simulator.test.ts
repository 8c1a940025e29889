import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { endToEndIdFor } from '../../activities/bank/ids';
import { BankTimeout, BankUnreachable } from '../../activities/bank/port';
import type { PaymentAnswer, PaymentBatch, PaymentInstruction, Remittance } from '../../activities/bank/port';
import { plainDate } from '../../domain/plain-date';
import { createBankScriptClient } from '../../workers/bank-simulator/script-client';
import type { BankUnderTest } from '../support/bank-process';
import { startBankUnderTest } from '../support/bank-process';
import { sampleBatch, samplePayment } from '../support/bank-samples';

const day = plainDate('2026-04-21');
const nextDay = plainDate('2026-04-22');
const FUND_ACCOUNT = '650500000000000001';

let under: BankUnderTest;
const FAULTS = [
  { enterprise: 'E0010', outcome: 'rejected', retryOn: '2026-04-27' },
  { enterprise: 'E0011', outcome: 'rejected', reasonCode: 'AC06', reason: '账户冻结' },
  { enterprise: 'E0020', outcome: 'timeout-paid' },
  { enterprise: 'E0021', outcome: 'timeout-unpaid' },
  { enterprise: 'E0030', outcome: 'duplicate-reply' },
  { enterprise: 'E0040', outcome: 'late' },
  { enterprise: 'E0041', outcome: 'late', bookedOn: '2026-04-24' },
  { enterprise: 'E0050', outcome: 'returned' },
  { enterprise: 'E0051', outcome: 'returned', returnedOn: '2026-04-28', reasonCode: 'AC01' },
  { enterprise: 'E0060', period: '2026-05', outcome: 'rejected' },
  { kind: 'disbursement', institution: 'H65050100003', pool: 'employee', outcome: 'rejected', retryOn: '2026-03-05' },
];

beforeAll(async () => {
  under = await startBankUnderTest(FAULTS);
});
afterAll(() => under.dispose());

let messages = 0;
function batchTo(enterprises: string[], changes: Partial<Remittance> = {}): PaymentBatch {
  messages += 1;
  // A region of its own for every batch keeps the end-to-end ids of the tests apart.
  const region = String(700_000 + messages);
  return sampleBatch(
    enterprises.map((enterprise) => samplePayment({ enterprise, region, ...changes })),
    `M${messages}`,
  );
}

function ask(
  batch: PaymentBatch,
  date = day,
  instructions: PaymentInstruction[] = batch.instructions,
): Promise<PaymentAnswer[]> {
  return under.bank.ask({ messageId: batch.messageId, payments: instructions, at: { date, time: '14:00' } });
}

const statesOf = (answers: PaymentAnswer[]): string[] => answers.map(({ state }) => state);

describe('without a fault', () => {
  it('a batch is accepted, and booked on the day it asks for', async () => {
    const batch = batchTo(['E0001', 'E0002']);
    expect(statesOf((await under.bank.send(batch)).answers)).toEqual(['accepted', 'accepted']);
    const [first] = await ask(batch);
    expect(first).toMatchObject({ endToEndId: batch.instructions[0]!.endToEndId, state: 'booked', bookedOn: day });
  });

  it('a batch that comes ahead of its day is booked on its day', async () => {
    const batch = { ...batchTo(['E0001']), requestedOn: plainDate('2026-04-23') };
    await under.bank.send(batch);
    expect(statesOf(await ask(batch, nextDay))).toEqual(['accepted']);
    expect(await ask(batch, plainDate('2026-04-23'))).toMatchObject([{ state: 'booked', bookedOn: '2026-04-23' }]);
  });

  it('sent twice is executed once, and answered the same', async () => {
    const batch = batchTo(['E0001', 'E0010']);
    const before = (await under.bank.statement(FUND_ACCOUNT, day)).entries.length;
    const first = await under.bank.send(batch);
    expect(await under.bank.send(batch)).toEqual(first);
    // A later second delivery is the same message still.
    expect(await under.bank.send({ ...batch, createdAt: { date: nextDay, time: '10:00' } })).toEqual(first);
    expect((await under.bank.statement(FUND_ACCOUNT, day)).entries).toHaveLength(before + 1);
    expect((await under.bank.statement(FUND_ACCOUNT, nextDay)).entries).toEqual([]);
  });

  it('the same message id with other content is refused, and nothing of it is executed', async () => {
    const batch = batchTo(['E0001']);
    await under.bank.send(batch);
    const changed = { ...batch, instructions: [{ ...batch.instructions[0]!, amountFen: 1n }] };
    await expect(under.bank.send(changed)).rejects.toMatchObject({ code: 'IdempotencyConflict' });
    expect(statesOf(await ask(batch))).toEqual(['booked']);
    await expect(ask(changed)).rejects.toMatchObject({ code: 'BankMessageInvalid' });
  });

  it('an end-to-end id that was used under another message is rejected', async () => {
    const batch = batchTo(['E0001']);
    await under.bank.send(batch);
    const other = await under.bank.send({ ...batch, messageId: `${batch.messageId}x` });
    expect(other.answers).toMatchObject([{ state: 'rejected', reasonCode: 'DU04' }]);
  });

  it('a message that was never sent is unknown to the bank', async () => {
    expect(await ask(batchTo(['E0001']))).toMatchObject([{ state: 'unknown-to-bank' }]);
  });
});

describe('rejected', () => {
  it('is said at once, with its reason, and stays so; the others are booked', async () => {
    const batch = batchTo(['E0010', 'E0001', 'E0011']);
    const { answers } = await under.bank.send(batch);
    expect(answers).toMatchObject([
      { state: 'rejected', reasonCode: 'AC04' },
      { state: 'accepted' },
      { state: 'rejected', reasonCode: 'AC06', reason: '账户冻结' },
    ]);
    expect(statesOf(await ask(batch, nextDay))).toEqual(['rejected', 'booked', 'rejected']);
  });

  it('hits the first attempt only; the second goes through', async () => {
    const batch = batchTo(['E0010'], { attempt: 2 });
    await under.bank.send(batch);
    expect(statesOf(await ask(batch))).toEqual(['booked']);
  });

  it('hits only what its keys name: another period, another kind go through', async () => {
    expect((await under.bank.send(batchTo(['E0060']))).answers[0]!.state).toBe('accepted');
    expect((await under.bank.send(batchTo(['E0060'], { period: '2026-05' }))).answers[0]!.state).toBe('rejected');
    expect((await under.bank.send(batchTo(['E0010'], { kind: 'fund' }))).answers[0]!.state).toBe('accepted');
    const to = { kind: 'disbursement' as const, institution: 'H65050100003' };
    expect((await under.bank.send(batchTo(['E0001'], { ...to, pool: 'employee' }))).answers[0]!.state).toBe('rejected');
    expect((await under.bank.send(batchTo(['E0001'], { ...to, pool: 'resident' }))).answers[0]!.state).toBe('accepted');
  });
});

describe('a time-out', () => {
  it('that paid: no answer, but the question finds it booked, and the others of the batch too', async () => {
    const batch = batchTo(['E0001', 'E0020', 'E0010']);
    await expect(under.bank.send(batch)).rejects.toBeInstanceOf(BankTimeout);
    expect(statesOf(await ask(batch))).toEqual(['booked', 'booked', 'rejected']);
  });

  it('that did not pay: the bank knows nothing of that payment; the others are booked', async () => {
    const batch = batchTo(['E0001', 'E0021']);
    await expect(under.bank.send(batch)).rejects.toBeInstanceOf(BankTimeout);
    expect(statesOf(await ask(batch))).toEqual(['booked', 'unknown-to-bank']);
    const entries = (await under.bank.statement(FUND_ACCOUNT, day)).entries.filter(
      (each) => each.messageId === batch.messageId,
    );
    expect(entries.map(({ endToEndId }) => endToEndId)).toEqual([batch.instructions[0]!.endToEndId]);
    // Its next attempt, under ids of its own, goes through.
    const { region } = batch.instructions[0]!.remittance;
    const retry = sampleBatch([samplePayment({ enterprise: 'E0021', region, attempt: 2 })], `${batch.messageId}.2`);
    await under.bank.send(retry);
    expect(statesOf(await ask(retry))).toEqual(['booked']);
  });

  it('of a message that never arrived: the same message sent again is executed, once', async () => {
    const batch = batchTo(['E0021']);
    await expect(under.bank.send(batch)).rejects.toBeInstanceOf(BankTimeout);
    expect(statesOf(await ask(batch))).toEqual(['unknown-to-bank']);
    await under.bank.send(batch);
    await under.bank.send(batch);
    expect(statesOf(await ask(batch))).toEqual(['booked']);
  });
});

it('a duplicate reply counts once', async () => {
  const batch = batchTo(['E0030']);
  expect((await under.bank.send(batch)).answers).toMatchObject([{ state: 'accepted' }]);
  expect(await ask(batch)).toMatchObject([{ state: 'booked', bookedOn: day }]);
  const entries = (await under.bank.statement(FUND_ACCOUNT, day)).entries.filter(
    (each) => each.messageId === batch.messageId,
  );
  expect(entries).toHaveLength(1);
});

it('a late payment is accepted until its day, the next one or the one that is named', async () => {
  const batch = batchTo(['E0040', 'E0041']);
  expect(statesOf((await under.bank.send(batch)).answers)).toEqual(['accepted', 'accepted']);
  expect(statesOf(await ask(batch))).toEqual(['accepted', 'accepted']);
  expect(await ask(batch, nextDay)).toMatchObject([{ state: 'booked', bookedOn: nextDay }, { state: 'accepted' }]);
  expect(await ask(batch, plainDate('2026-04-24'))).toMatchObject([
    { state: 'booked', bookedOn: nextDay },
    { state: 'booked', bookedOn: '2026-04-24' },
  ]);
});

it('a returned payment is booked first and comes back on its day, on the statement too', async () => {
  const batch = batchTo(['E0050', 'E0051']);
  await under.bank.send(batch);
  expect(statesOf(await ask(batch))).toEqual(['booked', 'booked']);
  expect(await ask(batch, nextDay)).toMatchObject([
    { state: 'returned', bookedOn: day, returnedOn: nextDay, reasonCode: 'AC04' },
    { state: 'booked', bookedOn: day },
  ]);
  expect(await ask(batch, plainDate('2026-04-28'))).toMatchObject([
    { state: 'returned' },
    { state: 'returned', returnedOn: '2026-04-28', reasonCode: 'AC01' },
  ]);
  const { entries } = await under.bank.statement(FUND_ACCOUNT, plainDate('2026-04-28'));
  expect(entries).toMatchObject([{ direction: 'credit', amountFen: 123_456n, returned: { reasonCode: 'AC01' } }]);
});

describe('the statement', () => {
  const account = 'ACCOUNT-1';
  const money = (id: string, amountFen: bigint) => ({ id, account, amountFen, bookedOn: day, payerName: '示例医院' });

  it('lists what came in and what went out between its balances, and the next day opens where it closed', async () => {
    const script = createBankScriptClient(under.simulator.ready.url);
    await script.openAccounts([
      { account, openingFen: 100_000n },
      { account: 'ACCOUNT-2', openingFen: 0n },
    ]);
    await script.credit([money('return-1', 1n), { ...money('return-2', 50_000n), payerAccount: '123', text: '返还' }]);
    const draft = batchTo(['E0001', 'E0040']);
    const batch = {
      ...draft,
      instructions: draft.instructions.map((each) => ({
        ...each,
        amountFen: 30_000n,
        debtorAccount: account,
        creditorAccount: 'ACCOUNT-2',
      })),
    };
    await under.bank.send(batch);
    // By hand: 1,000.00 + 0.01 + 500.00 − 300.00 = 1,200.01; the next day − 300.00 = 900.01.
    const first = await under.bank.statement(account, day);
    expect(first).toMatchObject({ openingFen: 100_000n, closingFen: 120_001n });
    expect(first.entries).toHaveLength(3);
    expect(await under.bank.statement(account, nextDay)).toMatchObject({ openingFen: 120_001n, closingFen: 90_001n });
    // The payee's account is held here too, and shows the other side.
    expect(await under.bank.statement('ACCOUNT-2', nextDay)).toMatchObject({
      openingFen: 30_000n,
      closingFen: 60_000n,
    });
  });

  it('does not count the same incoming money twice, and refuses it with another amount', async () => {
    const script = createBankScriptClient(under.simulator.ready.url);
    const before = await under.bank.statement(account, day);
    await script.credit([money('return-1', 1n)]);
    expect(await under.bank.statement(account, day)).toEqual(before);
    await expect(script.credit([money('return-9', 5n), money('return-1', 2n)])).rejects.toMatchObject({
      code: 'IdempotencyConflict',
    });
    expect(await under.bank.statement(account, day)).toEqual(before);
    await expect(script.openAccounts([{ account, openingFen: 7n }])).rejects.toMatchObject({
      code: 'IdempotencyConflict',
    });
  });

  it('of an account that the bank does not hold is refused', async () => {
    await expect(under.bank.statement('NOBODY', day)).rejects.toMatchObject({ code: 'BankMessageInvalid' });
  });
});

it('what cannot be read is refused, and nothing of it is executed', async () => {
  const post = async (body: string | Buffer): Promise<number> =>
    (await fetch(`${under.simulator.ready.url}/pain001`, { method: 'POST', body: new Uint8Array(Buffer.from(body)) }))
      .status;
  expect(await post('<Document/>')).toBe(400);
  expect(await post(Buffer.from([0xca, 0xbe, 0xc0, 0xfd]))).toBe(400);
  expect(await post('')).toBe(400);
});

describe('after kill -9 and a new start', () => {
  it('the bank knows everything it had answered, and executes nothing twice', async () => {
    const batch = batchTo(['E0001', 'E0010', 'E0041', 'E0051']);
    const lost = batchTo(['E0021']);
    const first = await under.bank.send(batch);
    await expect(under.bank.send(lost)).rejects.toBeInstanceOf(BankTimeout);
    const answers = await ask(batch, plainDate('2026-04-28'));
    const statement = await under.bank.statement(FUND_ACCOUNT, day);
    await under.killAndRestart();
    expect(await under.bank.send(batch)).toEqual(first);
    expect(await ask(batch, plainDate('2026-04-28'))).toEqual(answers);
    expect(await under.bank.statement(FUND_ACCOUNT, day)).toEqual(statement);
    await under.bank.send(lost);
    expect(statesOf(await ask(lost))).toEqual(['booked']);
  });

  it('a last line that the crash left torn is cut: that message never arrived, and can be sent again', async () => {
    const batch = batchTo(['E0001', 'E0002']);
    await under.bank.send(batch);
    const journal = join(under.dataDirectory, 'bank.jsonl');
    process.kill(under.simulator.pid, 'SIGSTOP');
    truncateSync(journal, readFileSync(journal).length - 20);
    await under.killAndRestart();
    expect(statesOf(await ask(batch))).toEqual(['unknown-to-bank', 'unknown-to-bank']);
    await under.bank.send(batch);
    expect(statesOf(await ask(batch))).toEqual(['booked', 'booked']);
    await under.killAndRestart();
    expect(statesOf(await ask(batch))).toEqual(['booked', 'booked']);
  });

  it('a journal that is damaged in the middle is not guessed at: the bank does not start', async () => {
    const broken = await startBankUnderTest();
    appendFileSync(join(broken.dataDirectory, 'bank.jsonl'), '{"type":\n');
    await expect(broken.killAndRestart()).rejects.toThrow(/bank\.jsonl line 1 is damaged/);
    await broken.dispose();
  });
});

it('while the bank is down, nothing is delivered for certain', async () => {
  const down = await startBankUnderTest();
  await down.simulator.stop();
  const batch = batchTo(['E0001']);
  await expect(down.bank.send(batch)).rejects.toBeInstanceOf(BankUnreachable);
  const question = { messageId: batch.messageId, payments: batch.instructions, at: batch.createdAt };
  await expect(down.bank.ask(question)).rejects.toBeInstanceOf(BankUnreachable);
  await expect(down.bank.statement(FUND_ACCOUNT, day)).rejects.toBeInstanceOf(BankUnreachable);
  await down.dispose();
});

it('10,000 payments to 1,000 institutions go out in one message and are found booked', async () => {
  const instructions = Array.from({ length: 10_000 }, (_, index): PaymentInstruction => {
    const remittance: Remittance = {
      kind: 'payment',
      region: '650600',
      period: '2026-04',
      institution: `H650600${String(index % 1_000).padStart(5, '0')}`,
      enterprise: `E${String(Math.floor(index / 1_000)).padStart(4, '0')}`,
      attempt: 1,
    };
    return {
      ...samplePayment(),
      remittance,
      endToEndId: endToEndIdFor(remittance),
      debtorAccount: 'BULK',
      amountFen: BigInt(index + 1),
    };
  });
  const batch = sampleBatch(instructions, 'BULK-1');
  await under.bank.send(batch);
  expect(new Set(statesOf(await ask(batch)))).toEqual(new Set(['booked']));
  // 0.01 + 0.02 + … + 100.00 = 10,000 × 10,001 ÷ 2 fen.
  expect(await under.bank.statement('BULK', day)).toMatchObject({ openingFen: 0n, closingFen: -50_005_000n });
});
