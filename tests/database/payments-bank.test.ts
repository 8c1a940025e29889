import pino from 'pino';
import { createBankActivities } from '../../activities/payments/bank-exchange';
import {
  BankTimeout,
  BankUnreachable,
  type Bank,
  type PaymentAnswer,
  type PaymentBatch,
} from '../../activities/bank/port';
import { changePayments } from '../../db/payments';
import { postJournals } from '../../db/ledger';
import { saveCalendarYear } from '../../db/register';
import { Refusal } from '../../domain/refusal';
import {
  approveLevels,
  AT,
  raiseCase,
  rawRelease,
  REGION,
  saveSmallRegion,
  type RaisedCase,
} from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { journal, nonZeroBalances, transfer } from '../support/ledger';
import { publishedYears } from '../support/published';

// Sending and asking with a bank that does exactly what a test says, where a simulator is too well-behaved: what is
// unknown is asked about and never sent again (DESIGN 5.4).

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
  await postJournals(database.app, REGION, [
    journal('opening', 'opening', [transfer('fund/cash/employee', 'fund/opening/employee', 10_000n)]),
  ]);
});
afterEach(() => database.drop());

interface ScriptedBank extends Bank {
  sent: PaymentBatch[];
  asked: number;
  /** What happens next, call by call; the last one stays. */
  onSend: ((batch: PaymentBatch) => PaymentAnswer['state'])[];
  onAsk: (() => PaymentAnswer['state'])[];
}

const fail = (error: Error) => (): never => {
  throw error;
};
const next = <T>(steps: T[]): T => (steps.length > 1 ? steps.shift()! : steps[0]!);

function answerOf(endToEndId: string, state: PaymentAnswer['state']): PaymentAnswer {
  const booking = { bookedOn: AT.date, bankReference: `B-${endToEndId}` };
  return { endToEndId, state, ...(state === 'booked' || state === 'returned' ? booking : {}) };
}

function scriptedBank(script: Partial<Pick<ScriptedBank, 'onSend' | 'onAsk'>>): ScriptedBank {
  const bank: ScriptedBank = {
    sent: [],
    asked: 0,
    onSend: [() => 'accepted'],
    onAsk: [() => 'booked'],
    async send(batch) {
      bank.sent.push(batch);
      const state = next(bank.onSend)(batch);
      return {
        messageId: batch.messageId,
        answers: batch.instructions.map((each) => answerOf(each.endToEndId, state)),
      };
    },
    async ask({ payments }) {
      bank.asked += 1;
      const state = next(bank.onAsk)();
      return payments.map(({ endToEndId }) => answerOf(endToEndId, state));
    },
    statement: () => Promise.reject(new Error('nobody asks for statements here')),
    ...script,
  };
  return bank;
}

async function releasedCase(): Promise<RaisedCase> {
  const raised = await raiseCase(database.app);
  await approveLevels(database.app, raised);
  await rawRelease(database.app, raised);
  for (const to of ['approved', 'released'] as const)
    await changePayments(database.app, raised.paymentIds, { to, at: AT, actor: 'test' });
  return raised;
}

function exchangeWith(bank: Bank, { caseId }: RaisedCase) {
  const activities = createBankActivities({
    db: database.app,
    bank,
    log: pino({ level: 'silent' }),
    heartbeat: () => undefined,
  });
  return {
    send: () => activities.sendReleasedPayments({ caseId, at: AT }),
    ask: () => activities.askBank({ caseId, at: AT }),
  };
}

const messages = async (raised: RaisedCase): Promise<string[]> =>
  (await database.app('settle.bank_messages').where({ case_id: raised.caseId })).map(
    (row: { state: string }) => row.state,
  );

const SENT_BOOKS = {
  'fund/cash/employee': 10_000n,
  'fund/opening/employee': -10_000n,
  'fund/advance/vbp/employee/H65050000001/2026': 1_000n,
  'fund/transit/employee/H65050000001': -1_000n,
  'fund/advance/vbp/employee/H65050000002/2026': 2_000n,
  'fund/transit/employee/H65050000002': -2_000n,
};
const PAID_BOOKS = {
  'fund/cash/employee': 7_000n,
  'fund/opening/employee': -10_000n,
  'fund/advance/vbp/employee/H65050000001/2026': 1_000n,
  'fund/advance/vbp/employee/H65050000002/2026': 2_000n,
  'supervised/cash': 3_000n,
  'supervised/ledger/H65050000001/prepayment': -1_000n,
  'supervised/ledger/H65050000002/prepayment': -2_000n,
};
const OPENING_BOOKS = { 'fund/cash/employee': 10_000n, 'fund/opening/employee': -10_000n };

describe('a worker that ended while it was sending', () => {
  const killed = fail(new Error('the process ended'));

  async function interrupted(bank: ScriptedBank) {
    const raised = await releasedCase();
    const exchange = exchangeWith(bank, raised);
    await expect(exchange.send()).rejects.toThrow('the process ended');
    expect(await messages(raised)).toEqual(['sending']);
    expect(await nonZeroBalances(database.app)).toEqual(SENT_BOOKS);
    // The activity runs again, in another process.
    bank.onSend = [() => 'booked'];
    await exchange.send();
    return { raised, ...exchange };
  }

  it('asks what became of the message, and sends nothing where the bank has paid', async () => {
    const bank = scriptedBank({ onSend: [killed], onAsk: [() => 'booked'] });
    const { ask, send } = await interrupted(bank);
    expect((await ask()).counts).toEqual({ succeeded: 2 });
    await send();
    expect(bank.sent).toHaveLength(1);
    expect(await nonZeroBalances(database.app)).toEqual(PAID_BOOKS);
  });

  it('sends the very same message again where the bank has never received it', async () => {
    const bank = scriptedBank({ onSend: [killed], onAsk: [() => 'unknown-to-bank', () => 'booked'] });
    const { raised, send, ask } = await interrupted(bank);
    expect(bank.sent).toHaveLength(2);
    expect(bank.sent[1]).toEqual(bank.sent[0]);
    expect(await messages(raised)).toEqual(['answered']);
    expect((await ask()).counts).toEqual({ succeeded: 2 });
    await send();
    expect(bank.sent).toHaveLength(2);
    expect(await nonZeroBalances(database.app)).toEqual(PAID_BOOKS);
  });

  it.each([
    ['holds it back', () => 'pending' as const],
    ['does not tell', fail(new BankTimeout('no answer'))],
    ['cannot be reached', fail(new BankUnreachable('no connection'))],
    ['cannot be understood', fail(new Refusal('BankMessageInvalid', 'no answer that can be read'))],
  ])('sends nothing where the bank %s: the payments are unknown', async (_, answer) => {
    const bank = scriptedBank({ onSend: [killed], onAsk: [answer, answer, () => 'booked'] });
    const { raised, send } = await interrupted(bank);
    expect(await messages(raised)).toEqual(['unanswered']);
    expect(await nonZeroBalances(database.app)).toEqual(SENT_BOOKS);
    await send();
    expect(bank.sent).toHaveLength(1);
  });
});

describe('a time-out', () => {
  it('stays unknown for as long as the bank answers no question, with an alert, and nothing is sent', async () => {
    const raised = await releasedCase();
    const silent = fail(new BankTimeout('no answer'));
    const bank = scriptedBank({ onSend: [silent], onAsk: [silent, silent, () => 'booked'] });
    const { send, ask } = exchangeWith(bank, raised);
    for (let round = 0; round < 2; round += 1) {
      await send();
      expect(await ask()).toEqual({ counts: { unknown: 2 }, askAgainOn: '2026-03-03' });
    }
    expect(await nonZeroBalances(database.app)).toEqual(SENT_BOOKS);
    await send();
    expect((await ask()).counts).toEqual({ succeeded: 2 });
    expect(bank.sent).toHaveLength(1);
    expect(await nonZeroBalances(database.app)).toEqual(PAID_BOOKS);
    const alerts = await database.app('settle.alerts').where({ case_id: raised.caseId }).select('kind');
    expect(alerts).toEqual([{ kind: 'bank-unreachable' }]);
  });

  it('counts as not executed only when the bank says that it never received it', async () => {
    const raised = await releasedCase();
    const bank = scriptedBank({
      onSend: [fail(new BankTimeout('no answer'))],
      onAsk: [() => 'pending', () => 'accepted', () => 'unknown-to-bank'],
    });
    const { send, ask } = exchangeWith(bank, raised);
    await send();
    expect((await ask()).counts).toEqual({ unknown: 2 });
    expect((await ask()).counts).toEqual({ unknown: 2 });
    expect(await ask()).toEqual({ counts: { failed: 2 }, askAgainOn: null });
    expect(await nonZeroBalances(database.app)).toEqual(OPENING_BOOKS);
  });
});

describe('a bank that cannot be reached', () => {
  it('is sent the very same message later, since nothing was delivered', async () => {
    const raised = await releasedCase();
    const bank = scriptedBank({ onSend: [fail(new BankUnreachable('no connection')), () => 'accepted'] });
    const { send, ask } = exchangeWith(bank, raised);
    await send();
    expect(await messages(raised)).toEqual(['stored']);
    expect((await ask()).askAgainOn).toBe('2026-03-03');
    await send();
    expect((await ask()).counts).toEqual({ succeeded: 2 });
    expect(bank.sent).toHaveLength(2);
    expect(bank.sent[1]).toEqual(bank.sent[0]);
    expect(await nonZeroBalances(database.app)).toEqual(PAID_BOOKS);
  });
});

describe('a bank that paid more than the books have', () => {
  it.each(['booked', 'accepted'] as const)(
    'is asked again, with an alert, and booked once there is enough; nothing failed, nothing is sent again (%s)',
    async (answer) => {
      const raised = await releasedCase();
      await postJournals(database.app, REGION, [
        journal('spent', 'preallocation-sent', [
          transfer('fund/advance/instant/employee/H65050000003', 'fund/transit/employee/H65050000003', 9_000n),
        ]),
        journal('spent/booked', 'preallocation-booked', [
          transfer('fund/transit/employee/H65050000003', 'fund/cash/employee', 9_000n),
        ]),
      ]);
      const bank = scriptedBank({ onSend: [() => answer] });
      const { send, ask } = exchangeWith(bank, raised);
      await send();
      const waiting = answer === 'booked' ? { unknown: 2 } : { sent: 2 };
      expect(await ask()).toEqual({ counts: waiting, askAgainOn: '2026-03-03' });
      const alerts = await database.app('settle.alerts').where({ case_id: raised.caseId }).select('kind');
      expect(alerts).toEqual([{ kind: 'booking-refused' }]);
      await postJournals(database.app, REGION, [
        journal('more', 'opening', [transfer('fund/cash/employee', 'fund/opening/employee', 2_000n)]),
      ]);
      await send();
      expect((await ask()).counts).toEqual({ succeeded: 2 });
      expect(bank.sent).toHaveLength(1);
    },
  );
});

describe('what the bank says', () => {
  it('a message that it refuses whole has failed', async () => {
    const raised = await releasedCase();
    const bank = scriptedBank({ onSend: [fail(new Refusal('BankMessageInvalid', 'unreadable'))] });
    const { send, ask } = exchangeWith(bank, raised);
    await send();
    expect(await ask()).toEqual({ counts: { failed: 2 }, askAgainOn: null });
    expect(await nonZeroBalances(database.app)).toEqual(OPENING_BOOKS);
  });

  it('accepting is not paying: a payment succeeds by its booking only, once however often it is told', async () => {
    const raised = await releasedCase();
    const bank = scriptedBank({ onAsk: [() => 'accepted', () => 'pending', () => 'booked'] });
    const { send, ask } = exchangeWith(bank, raised);
    await send();
    expect((await ask()).counts).toEqual({ sent: 2 });
    expect((await ask()).counts).toEqual({ sent: 2 });
    for (let again = 0; again < 3; again += 1) expect((await ask()).counts).toEqual({ succeeded: 2 });
    expect(await nonZeroBalances(database.app)).toEqual(PAID_BOOKS);
  });

  it('two who ask at the same moment book once', async () => {
    const raised = await releasedCase();
    const { send, ask } = exchangeWith(scriptedBank({}), raised);
    await send();
    await Promise.allSettled([ask(), ask(), ask()]);
    expect((await ask()).counts).toEqual({ succeeded: 2 });
    expect(await nonZeroBalances(database.app)).toEqual(PAID_BOOKS);
  });

  it('two who send at the same moment send once', async () => {
    const raised = await releasedCase();
    const bank = scriptedBank({});
    const { send, ask } = exchangeWith(bank, raised);
    await Promise.allSettled(Array.from({ length: 6 }, send));
    await send();
    await ask();
    expect(bank.sent.length).toBeLessThanOrEqual(1);
    expect(await nonZeroBalances(database.app)).toEqual(PAID_BOOKS);
  });
});

describe('a bank with a limit', () => {
  it.each([
    ['of payments', { maxPayments: 1 }],
    ['of a message’s amount', { maxPayments: 1_000, maxAmountFen: 2_999n }],
  ])('%s gets a batch over it in parts, each under an id of its own', async (_, limits) => {
    const raised = await releasedCase();
    const bank: ScriptedBank = { ...scriptedBank({}), limits };
    const { send, ask } = exchangeWith(bank, raised);
    await send();
    expect(await messages(raised)).toEqual(['answered', 'answered']);
    const { rows } = await database.app.raw<{ rows: { payments: bigint }[] }>(
      'select count(*) as payments from settle.payment_attempts group by message_id',
    );
    expect(rows).toEqual([{ payments: 1n }, { payments: 1n }]);
    expect((await ask()).counts).toEqual({ succeeded: 2 });
    expect(await nonZeroBalances(database.app)).toEqual(PAID_BOOKS);
  });
});
