import { writeCamt053 } from '../../activities/bank/iso20022/camt053';
import { writeCamt054 } from '../../activities/bank/iso20022/camt054';
import { writePain002 } from '../../activities/bank/iso20022/pain002';
import type { PaymentStatus, StatusReport } from '../../activities/bank/iso20022/pain002';
import { BankTimeout } from '../../activities/bank/port';
import type { Bank, PaymentAnswer, PaymentBatch, Remittance } from '../../activities/bank/port';
import { addDays, plainDate, type PlainDate } from '../../domain/plain-date';
import { createBankScriptClient } from '../../workers/bank-simulator/script-client';
import { startBankUnderTest, TRANSPORTS, type BankUnderTest } from '../support/bank-process';
import { sampleBatch, samplePayment } from '../support/bank-samples';
import { startScriptedBank, type Script, type ScriptedBank } from '../support/scripted-bank';

// What the engine relies on, whichever way the messages go.

/** Long enough for any answer on a busy machine. */
const PATIENT_MS = 20_000;
const SHORT_MS = 1_000;

describe.each(TRANSPORTS)('a bank over %s that says what it is told to', (transport) => {
  const batch = sampleBatch([samplePayment(), samplePayment({ enterprise: 'E0002' }, '0.01')], 'M1');
  const [first, second] = batch.instructions.map(({ endToEndId }) => endToEndId) as [string, string];
  const question = { messageId: 'M1', payments: batch.instructions, at: batch.createdAt };
  const started: ScriptedBank[] = [];

  async function bankThat(script: Script, timeoutMs = PATIENT_MS): Promise<ScriptedBank> {
    const scripted = await startScriptedBank(transport, script, timeoutMs);
    started.push(scripted);
    return scripted;
  }
  afterEach(async () => {
    for (const scripted of started.splice(0)) await scripted.dispose();
  });

  function report(payments: PaymentStatus[], more: Partial<StatusReport> = {}): string {
    return writePain002({ messageId: 'S1', createdAt: batch.createdAt, originalMessageId: 'M1', payments, ...more });
  }
  const accepted = report([
    { endToEndId: first, status: 'ACSP' },
    { endToEndId: second, status: 'ACSP' },
  ]);
  const entry = {
    amountFen: 123_456n,
    direction: 'debit',
    bookedOn: batch.requestedOn,
    endToEndId: first,
    messageId: 'M1',
  } as const;
  const bookings = (...references: string[]): string => {
    const entries = references.map((bankReference) => ({ ...entry, bankReference }));
    return writeCamt054('N1', batch.createdAt, [{ account: '650500000000000001', entries }]);
  };

  it('answers a batch payment by payment, in the batch’s order', async () => {
    const swapped = report([
      { endToEndId: second, status: 'RJCT', reason: { code: 'AC04' } },
      { endToEndId: first, status: 'ACSP' },
    ]);
    const { bank, seen } = await bankThat({ pain001: () => swapped });
    expect(await bank.send(batch)).toEqual({
      messageId: 'M1',
      answers: [
        { endToEndId: first, state: 'accepted' },
        { endToEndId: second, state: 'rejected', reasonCode: 'AC04' },
      ],
    });
    expect(seen).toEqual(['pain.001']);
  });

  it.each<[string, string | undefined]>([
    ['there is none', undefined],
    ['it ends too early', accepted.slice(0, -30)],
    ['it is no message', '<html>welcome</html>'],
    ['it is empty', ''],
    ['it is about another message', report([], { originalMessageId: 'M2' })],
    ['it has a payment that was not sent', report([{ endToEndId: 'X', status: 'ACSP' }])],
  ])('leaves a batch unknown where of its answer %s', async (_, answer) => {
    const { bank } = await bankThat({ pain001: () => answer }, SHORT_MS);
    await expect(bank.send(batch)).rejects.toBeInstanceOf(BankTimeout);
  });

  it('refuses an id that it knows with other content', async () => {
    const known = report([], { groupStatus: 'RJCT', groupReason: { code: 'DUPL' } });
    const { bank } = await bankThat({ pain001: () => known });
    await expect(bank.send(batch)).rejects.toMatchObject({ code: 'IdempotencyConflict' });
  });

  it('rejects every payment of a batch that it refuses as a whole', async () => {
    const refused = report([], { groupStatus: 'RJCT', groupReason: { code: 'AM04', text: '余额不足' } });
    const { answers } = await (await bankThat({ pain001: () => refused })).bank.send(batch);
    expect(answers.map(({ state, reasonCode }) => [state, reasonCode])).toEqual([
      ['rejected', 'AM04'],
      ['rejected', 'AM04'],
    ]);
  });

  it('is not reached by an invalid payment', async () => {
    const { bank, seen } = await bankThat({ pain001: () => accepted });
    const wrong = sampleBatch([{ ...samplePayment(), creditorAccount: '' }]);
    await expect(bank.send(wrong)).rejects.toMatchObject({ code: 'PaymentInvalid' });
    expect(seen).toEqual([]);
  });

  it('is asked for the status and the bookings, and both are put together', async () => {
    const script: Script = { pacs028: () => accepted, camt054: () => bookings('B1') };
    const { bank } = await bankThat(script);
    expect(await bank.ask(question)).toEqual([
      { endToEndId: first, state: 'booked', bookedOn: '2026-04-21', bankReference: 'B1' },
      { endToEndId: second, state: 'accepted' },
    ]);
  });

  it.each<[string, Script]>([
    ['the booking is of another amount', { camt054: () => bookings('B1').replaceAll('1234.56', '1234.57') }],
    ['the sum of the bookings is wrong', { camt054: () => bookings('B1').replace('<Sum>1234.56', '<Sum>1234.57') }],
    ['the booking is of a payment that was not sent', { camt054: () => bookings('B1').replaceAll(first, 'X') }],
    ['one payment is booked twice', { camt054: () => bookings('B1', 'B2') }],
    ['the bookings are cut', { camt054: () => bookings('B1').slice(0, -25) }],
    ['the status is cut', { pacs028: () => accepted.slice(0, -25) }],
    ['the status is declared in a foreign character set', { pacs028: () => accepted.replace('UTF-8', 'GBK') }],
    ['the status has bytes of a foreign character set', { pacs028: () => gbkBytes(accepted) }],
  ])('has nothing booked where %s; what it says well afterwards counts', async (_, wrong) => {
    const script: Script = { pacs028: () => accepted, ...wrong };
    const { bank } = await bankThat(script, SHORT_MS);
    expect(await bookedBy(bank)).toEqual([]);
    script.pacs028 = () => accepted;
    script.camt054 = () => bookings('B1');
    expect(await bookedBy(bank)).toEqual([first]);
  });

  /** Payments that an answer calls booked; none where the answer is refused or does not come. */
  async function bookedBy(bank: Bank): Promise<string[]> {
    try {
      return (await bank.ask(question)).flatMap(({ state, endToEndId }) => (state === 'booked' ? [endToEndId] : []));
    } catch (error) {
      if (!(error instanceof BankTimeout)) expect(error).toMatchObject({ code: 'BankMessageInvalid' });
      return [];
    }
  }

  it('is not asked about no payment', async () => {
    const { bank, seen } = await bankThat({});
    expect(await bank.ask({ ...question, payments: [] })).toEqual([]);
    expect(seen).toEqual([]);
  });

  it('is asked for a statement by account and day, and one of another account is none', async () => {
    const of = (account: string) => {
      const balances = { openingFen: 5n, closingFen: 5n, entries: [] };
      return writeCamt053(
        'A1',
        { date: batch.requestedOn, time: '23:59' },
        { account, date: batch.requestedOn, ...balances },
      );
    };
    const script: Script = { camt053: () => of('124') };
    const { bank } = await bankThat(script, SHORT_MS);
    await expect(bank.statement('12-3', batch.requestedOn)).rejects.toThrow();
    script.camt053 = () => of('12-3');
    expect((await bank.statement('12-3', batch.requestedOn)).closingFen).toBe(5n);
  });
});

function gbkBytes(xml: string): Buffer {
  return Buffer.concat([Buffer.from(xml.slice(0, -12)), Buffer.from([0xd2, 0xbd]), Buffer.from(xml.slice(-12))]);
}

describe.each(TRANSPORTS)('the simulator over %s', (transport) => {
  const FAULTS = [
    { enterprise: 'E0010', outcome: 'rejected' },
    { enterprise: 'E0020', outcome: 'timeout-paid' },
    { enterprise: 'E0021', outcome: 'timeout-unpaid' },
    { enterprise: 'E0030', outcome: 'duplicate-reply' },
    { enterprise: 'E0040', outcome: 'late' },
    { enterprise: 'E0050', outcome: 'returned' },
  ];
  let under: BankUnderTest;
  beforeAll(async () => {
    under = await startBankUnderTest(FAULTS, transport, 5_000);
  });
  afterAll(() => under.dispose());

  let count = 0;
  /** Each on days of its own, later than those before: the day of a bank does not go back. */
  function batchTo(enterprises: string[], changes: Partial<Remittance> = {}) {
    count += 1;
    const day = addDays(plainDate('2026-04-21'), count * 10);
    const payments = enterprises.map((enterprise) =>
      samplePayment({ enterprise, region: String(700_000 + count), ...changes }),
    );
    const batch: PaymentBatch = {
      ...sampleBatch(payments, `case/M${count}`),
      createdAt: { date: day, time: '14:00' },
      requestedOn: day,
    };
    return { batch, day, nextDay: addDays(day, 1) };
  }
  async function ask(batch: PaymentBatch, date: PlainDate): Promise<PaymentAnswer[]> {
    const { messageId, instructions } = batch;
    return under.bank.ask({ messageId, payments: instructions, at: { date, time: '15:00' } });
  }
  const statesOf = (answers: PaymentAnswer[]): string[] => answers.map(({ state }) => state);

  it('accepts a batch, books it, and says the same when it is sent again', async () => {
    const { batch, day } = batchTo(['E0001', 'E0010']);
    const answer = await under.bank.send(batch);
    expect(statesOf(answer.answers)).toEqual(['accepted', 'rejected']);
    expect(await under.bank.send({ ...batch, createdAt: { date: day, time: '14:30' } })).toEqual(answer);
    expect(await ask(batch, day)).toMatchObject([
      { state: 'booked', bookedOn: day },
      { state: 'rejected', reasonCode: 'AC04' },
    ]);
    const account = batch.instructions[0]!.debtorAccount;
    expect((await under.bank.statement(account, day)).entries).toHaveLength(1);
  });

  it('refuses a message id with other content', async () => {
    const { batch, day } = batchTo(['E0001']);
    await under.bank.send(batch);
    const changed = { ...batch, instructions: [{ ...batch.instructions[0]!, amountFen: 1n }] };
    await expect(under.bank.send(changed)).rejects.toMatchObject({ code: 'IdempotencyConflict' });
    expect(statesOf(await ask(batch, day))).toEqual(['booked']);
  });

  it('knows nothing of what was never sent', async () => {
    const { batch, day } = batchTo(['E0001']);
    expect(statesOf(await ask(batch, day))).toEqual(['unknown-to-bank']);
  });

  it('does not answer a batch that it has paid, and finds it booked when asked', async () => {
    const { batch, day } = batchTo(['E0001', 'E0020', 'E0010']);
    await expect(under.bank.send(batch)).rejects.toBeInstanceOf(BankTimeout);
    expect(statesOf(await ask(batch, day))).toEqual(['booked', 'booked', 'rejected']);
  });

  it('does not answer a batch of which it lost a payment, and says so when asked', async () => {
    const { batch, day } = batchTo(['E0001', 'E0021']);
    await expect(under.bank.send(batch)).rejects.toBeInstanceOf(BankTimeout);
    expect(statesOf(await ask(batch, day))).toEqual(['booked', 'unknown-to-bank']);
  });

  it('executes a message that never arrived when the same one comes again, once', async () => {
    const { batch, day } = batchTo(['E0021']);
    await expect(under.bank.send(batch)).rejects.toBeInstanceOf(BankTimeout);
    expect(statesOf(await ask(batch, day))).toEqual(['unknown-to-bank']);
    expect(statesOf((await under.bank.send(batch)).answers)).toEqual(['accepted']);
    expect(statesOf(await ask(batch, day))).toEqual(['booked']);
    const { entries } = await under.bank.statement(batch.instructions[0]!.debtorAccount, day);
    expect(entries).toHaveLength(1);
  });

  it('says everything twice, and it counts once', async () => {
    const { batch, day } = batchTo(['E0030']);
    expect(statesOf((await under.bank.send(batch)).answers)).toEqual(['accepted']);
    expect(await ask(batch, day)).toMatchObject([{ state: 'booked', bookedOn: day }]);
  });

  it('books late, and gives money back', async () => {
    const { batch, day, nextDay } = batchTo(['E0040', 'E0050']);
    await under.bank.send(batch);
    expect(statesOf(await ask(batch, day))).toEqual(['accepted', 'booked']);
    expect(await ask(batch, nextDay)).toMatchObject([
      { state: 'booked', bookedOn: nextDay },
      { state: 'returned', bookedOn: day, returnedOn: nextDay, reasonCode: 'AC04' },
    ]);
  });

  it('knows everything after kill -9 and a new start', async () => {
    const { batch, day, nextDay } = batchTo(['E0001', 'E0040']);
    const answer = await under.bank.send(batch);
    await under.killAndRestart();
    expect(await under.bank.send(batch)).toEqual(answer);
    expect(statesOf(await ask(batch, day))).toEqual(['booked', 'accepted']);
    expect(statesOf(await ask(batch, nextDay))).toEqual(['booked', 'booked']);
    // The same question at the same moment has the same answer, also after the first one is in the books.
    await under.bank.settled?.(batch);
    expect(statesOf(await ask(batch, nextDay))).toEqual(['booked', 'booked']);
  });

  it('gives the statement of a day with what came in and went out', async () => {
    const { batch, day } = batchTo(['E0001']);
    const account = `ACCOUNT-${transport}`;
    const script = createBankScriptClient(under.simulator.ready.url);
    await script.openAccounts([{ account, openingFen: 100_000n }]);
    await script.credit([{ id: 'return-1', account, amountFen: 1n, bookedOn: day, payerName: '示例医院' }]);
    const instructions = batch.instructions.map((each) => ({ ...each, amountFen: 30_000n, debtorAccount: account }));
    await under.bank.send({ ...batch, instructions });
    // By hand: 1,000.00 + 0.01 − 300.00 = 700.01.
    expect(await under.bank.statement(account, day)).toMatchObject({ openingFen: 100_000n, closingFen: 70_001n });
  });
});
