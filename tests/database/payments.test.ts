import type { Knex } from 'knex';
import { changePayments } from '../../db/payments';
import type { PaymentState } from '../../domain/payment';
import {
  approveLevels,
  AT,
  newCase,
  paymentOf,
  PEOPLE,
  raiseCase,
  rawRelease,
  REGION,
  saveSmallRegion,
  storedOf,
  type RaisedCase,
} from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';

// The states of DESIGN 5.4 under raw SQL: what is not in this table is refused, whoever asks.
const ALLOWED: Record<string, readonly string[]> = {
  new: ['prepared'],
  prepared: ['approved', 'cancelled'],
  approved: ['released', 'held'],
  held: ['approved', 'prepared', 'cancelled'],
  // What did not leave before its enterprise was suspended is held.
  released: ['sent', 'held'],
  sent: ['succeeded', 'failed', 'unknown'],
  unknown: ['succeeded', 'failed'],
  succeeded: ['returned'],
  // An operator's retry, correction and cancellation.
  failed: ['released', 'prepared', 'cancelled', 'held'],
  returned: ['released', 'prepared', 'cancelled'],
  cancelled: [],
};
const STATES = Object.keys(ALLOWED);

/** How a payment comes to each state. */
const PATHS: Record<string, readonly PaymentState[]> = {
  new: [],
  prepared: [],
  approved: ['approved'],
  held: ['approved', 'held'],
  released: ['approved', 'released'],
  sent: ['approved', 'released', 'sent'],
  unknown: ['approved', 'released', 'sent', 'unknown'],
  succeeded: ['approved', 'released', 'sent', 'succeeded'],
  failed: ['approved', 'released', 'sent', 'failed'],
  returned: ['approved', 'released', 'sent', 'succeeded', 'returned'],
  cancelled: ['cancelled'],
};
const EVIDENCE = { references: ['B-1'], bookedOn: [AT.date] };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
});
afterAll(() => database.drop());

let messages = 0;

/** Stores a message id for the payment's attempt, as it is done before anything is sent. */
async function storeMessage(db: Knex, { caseId }: RaisedCase, paymentId: string, attempt = 1): Promise<void> {
  messages += 1;
  await database.app('settle.bank_messages').insert({
    message_id: `m-${messages}`,
    region: REGION,
    case_id: caseId,
    debtor_account: 'A',
    created_on: AT.date,
    created_at_time: AT.time,
  });
  await db('settle.payment_attempts').insert({
    end_to_end_id: `e-${messages}`,
    message_id: `m-${messages}`,
    payment_id: paymentId,
    attempt,
  });
}

const to = (raised: RaisedCase, state: PaymentState): Promise<void> => {
  const evidence = state === 'succeeded' || state === 'returned' ? EVIDENCE : undefined;
  return changePayments(database.app, [raised.paymentIds[0]!], { to: state, at: AT, actor: PEOPLE.operator }, evidence);
};

/** A case whose first payment is in a state; everything up to it happened as it should. */
async function caseWith(state: string): Promise<RaisedCase> {
  const raised = await raiseCase(database.app);
  if (state === 'new') {
    const late = paymentOf(raised.caseId, 3);
    await insertPayment(database.app, raised.caseId, { payment_id: late.paymentId });
    return { ...raised, paymentIds: [late.paymentId] };
  }
  if (PATHS[state]!.includes('approved')) await approveLevels(database.app, raised);
  if (PATHS[state]!.includes('released')) await rawRelease(database.app, raised);
  for (const step of PATHS[state]!) {
    if (step === 'sent') await storeMessage(database.app, raised, raised.paymentIds[0]!);
    await to(raised, step);
  }
  return raised;
}

function insertPayment(db: Knex, caseId: string, more: object = {}): Promise<unknown> {
  const { paymentId, kind, period, amountFen, debtorAccount, payee } = paymentOf(caseId, 9);
  return db('settle.payments').insert({
    payment_id: paymentId,
    region: REGION,
    case_id: caseId,
    kind,
    period,
    amount_fen: amountFen,
    debtor_account: debtorAccount,
    payee_name: payee.name,
    payee_account: payee.account,
    payee_bank_code: payee.bankCode,
    request_id: `${caseId}#1`,
    ...more,
  });
}

interface RawState {
  seq: number;
  from: string;
  to: string;
  attempt: number;
  reference?: string | null;
  booked?: string | null;
  actor?: string;
}

/** A change of state as raw SQL writes it: with the bank's evidence, so that only the step itself is in question. */
function rawState(db: Knex, paymentId: string, row: RawState): Promise<unknown> {
  return db('settle.payment_states').insert({
    payment_id: paymentId,
    seq: row.seq,
    from_state: row.from,
    to_state: row.to,
    attempt: row.attempt,
    on_date: AT.date,
    at_time: AT.time,
    actor: row.actor ?? 'raw',
    bank_reference: row.reference === undefined ? 'B-1' : row.reference,
    booked_on: row.booked === undefined ? AT.date : row.booked,
  });
}

async function nextRow(raised: RaisedCase, target: string): Promise<RawState> {
  const row = await database.app('settle.payments').where({ payment_id: raised.paymentIds[0]! }).first();
  return { seq: row.changes + 1, from: row.state, to: target, attempt: row.attempt };
}

describe.each(STATES)('from %s', (state) => {
  let raised: RaisedCase;
  beforeAll(async () => {
    raised = await caseWith(state);
    expect((await nextRow(raised, '')).from).toBe(state);
  });

  it.each([...STATES, 'paid'].filter((target) => !ALLOWED[state]!.includes(target)))('not to %s', async (target) => {
    const stored = await storedOf(database, raised);
    const row = await nextRow(raised, target);
    for (const attempt of [row.attempt, row.attempt + 1])
      for (const role of ['app', 'owner'] as const) {
        const step = rawState(database[role], raised.paymentIds[0]!, { ...row, attempt });
        // That an attempt succeeds once is an index besides, which speaks first.
        expect(target === 'succeeded' ? ['PaymentStateInvalid', '23505'] : ['PaymentStateInvalid']).toContain(
          await refusalOf(step),
        );
      }
    const asked = changePayments(
      database.app,
      raised.paymentIds,
      { to: target as PaymentState, at: AT, actor: 'a' },
      EVIDENCE,
    );
    expect(await refusalOf(asked)).not.toBe('not refused');
    expect(await storedOf(database, raised)).toEqual(stored);
  });
});

describe.each(STATES.flatMap((from) => ALLOWED[from]!.map((target) => [from, target] as const)))(
  '%s to %s',
  (from, target) => {
    it('is possible', async () => {
      const raised = await caseWith(from);
      if (target === 'approved' && from === 'prepared') await approveLevels(database.app, raised);
      if (target === 'released' && from === 'approved') await rawRelease(database.app, raised);
      if (target === 'sent') await storeMessage(database.app, raised, raised.paymentIds[0]!);
      await to(raised, target as PaymentState);
      const { from: now } = await nextRow(raised, '');
      expect(now).toBe(target);
    });
  },
);

describe('a step that is possible is refused', () => {
  it.each([
    ['from a state that it is not in', { from: 'prepared' }],
    ['with a number that is not the next', { seq: 7 }],
    ['with another attempt', { attempt: 2 }],
  ])('%s', async (_, change) => {
    const raised = await caseWith('sent');
    const step = rawState(database.app, raised.paymentIds[0]!, { ...(await nextRow(raised, 'failed')), ...change });
    expect(await refusalOf(step)).toBe('PaymentStateInvalid');
  });

  it('approved, before all levels have approved: ApprovalIncomplete', async () => {
    const raised = await caseWith('prepared');
    await approveLevels(database.app, raised, 3);
    expect(await refusalOf(to(raised, 'approved'))).toBe('ApprovalIncomplete');
  });

  it('released, before the cashier has released: ApprovalIncomplete', async () => {
    expect(await refusalOf(to(await caseWith('approved'), 'released'))).toBe('ApprovalIncomplete');
  });

  it('sent, without a stored message id: PaymentStateInvalid', async () => {
    expect(await refusalOf(to(await caseWith('released'), 'sent'))).toBe('PaymentStateInvalid');
  });

  it.each([
    ['approved', 'held'],
    ['released', 'approved'],
    ['sent', 'released'],
  ] as const)('%s, when the account has changed since: ApprovalContentChanged', async (target, from) => {
    const raised = await caseWith(from);
    if (target === 'released') await rawRelease(database.app, raised);
    if (target === 'sent') await storeMessage(database.app, raised, raised.paymentIds[0]!);
    await database
      .app('settle.payments')
      .where({ payment_id: raised.paymentIds[0]! })
      .update({ payee_account: 'ELSEWHERE' });
    const stored = await storedOf(database, raised);
    expect(await refusalOf(to(raised, target))).toBe('ApprovalContentChanged');
    expect(await storedOf(database, raised)).toEqual(stored);
  });

  it.each([
    ['succeeded', 'sent', { reference: null }],
    ['succeeded', 'unknown', { booked: null }],
    ['returned', 'succeeded', { reference: null, booked: null }],
  ] as const)('%s, without the bank’s evidence', async (target, from, missing) => {
    const raised = await caseWith(from);
    const row = { ...(await nextRow(raised, target)), ...missing };
    expect(await refusalOf(rawState(database.app, raised.paymentIds[0]!, row))).toBe('23514');
    expect((await nextRow(raised, '')).from).toBe(from);
  });
});

describe('a payment is sent once', () => {
  it.each(['prepared', 'approved', 'held', 'succeeded', 'failed', 'returned', 'cancelled'])(
    'no attempt is stored for one that is %s: PaymentStateInvalid',
    async (state) => {
      const raised = await caseWith(state);
      expect(await refusalOf(storeMessage(database.app, raised, raised.paymentIds[0]!, 2))).toBe('PaymentStateInvalid');
    },
  );

  it('nor while its result is unknown: PaymentUnknown', async () => {
    const raised = await caseWith('unknown');
    expect(await refusalOf(storeMessage(database.app, raised, raised.paymentIds[0]!, 2))).toBe('PaymentUnknown');
    expect(await refusalOf(to(raised, 'released'))).toBe('PaymentStateInvalid');
  });

  it('nor twice for one attempt', async () => {
    const raised = await caseWith('released');
    await storeMessage(database.app, raised, raised.paymentIds[0]!);
    expect(await refusalOf(storeMessage(database.app, raised, raised.paymentIds[0]!))).toBe('23505');
    expect(await refusalOf(storeMessage(database.app, raised, raised.paymentIds[0]!, 2))).toBe('PaymentStateInvalid');
  });

  it('and succeeds once, also when two say so at the same moment', async () => {
    const raised = await caseWith('sent');
    const row = await nextRow(raised, 'succeeded');
    const both = await Promise.all([1, 2].map(() => refusalOf(rawState(database.app, raised.paymentIds[0]!, row))));
    expect(both.sort()[1]).toBe('not refused');
    expect(['23505', 'PaymentStateInvalid']).toContain(both[0]);
  });

  it('a change of several payments is made for all or none', async () => {
    const raised = await caseWith('sent');
    const change = changePayments(database.app, raised.paymentIds, { to: 'failed', at: AT, actor: 'bank' });
    expect(await refusalOf(change)).toBe('PaymentStateInvalid');
    expect((await nextRow(raised, '')).from).toBe('sent');
  });
});

describe('a payment is not written past its history', () => {
  it.each([
    ['state', { state: 'approved' }],
    ['attempt', { attempt: 2 }],
    ['number of changes', { changes: 1 }],
    ['day on which it was paid', { paid_on: '2026-03-02' }],
  ])('none begins with another %s', async (_, advanced) => {
    const caseId = await newCase(database.app);
    expect(await refusalOf(insertPayment(database.app, caseId, advanced))).toBe('42501');
    expect(await refusalOf(insertPayment(database.owner, caseId, advanced))).toBe('PaymentStateInvalid');
  });

  it.each([
    ['state', { state: 'succeeded' }],
    ['attempt', { attempt: 2 }],
    ['number of changes', { changes: 9 }],
    ['day on which it was paid', { paid_on: '2026-03-02' }],
  ])('its %s is not set', async (_, change) => {
    const raised = await caseWith('sent');
    const update = (db: Knex): Promise<string> =>
      refusalOf(db('settle.payments').where({ payment_id: raised.paymentIds[0]! }).update(change));
    expect(await update(database.app)).toBe('42501');
    expect(await update(database.owner)).toBe('PaymentStateInvalid');
  });

  it.each(['sent', 'unknown', 'succeeded', 'failed', 'returned', 'cancelled'])(
    'what was to be paid is not rewritten once it is %s',
    async (state) => {
      const raised = await caseWith(state);
      const stored = await storedOf(database, raised);
      for (const change of [{ amount_fen: 1 }, { payee_account: 'X' }, { payee_name: 'X' }, { request_id: 'X' }])
        for (const role of ['app', 'owner'] as const) {
          const update = database[role]('settle.payments').where({ payment_id: raised.paymentIds[0]! }).update(change);
          expect(await refusalOf(update)).toBe('AppendOnly');
        }
      expect(await storedOf(database, raised)).toEqual(stored);
    },
  );

  it.each([0, -1])('and no payment is of %d fen', async (amount_fen) => {
    expect(await refusalOf(insertPayment(database.app, await newCase(database.app), { amount_fen }))).toBe('23514');
  });
});

describe('what did not arrive is an operator’s, whoever writes it', () => {
  const WAYS = [
    { from: 'failed', to: 'released', attempt: 2 },
    { from: 'failed', to: 'prepared', attempt: 2 },
    { from: 'failed', to: 'cancelled', attempt: 1 },
    { from: 'returned', to: 'released', attempt: 2 },
    { from: 'returned', to: 'prepared', attempt: 2 },
    { from: 'returned', to: 'cancelled', attempt: 1 },
    { from: 'held', to: 'cancelled', attempt: 1 },
  ];
  const WHO = [
    { is: 'a cashier', actor: PEOPLE.cashier, code: 'OperatorRoleMissing' },
    { is: 'a director', actor: PEOPLE.director, code: 'OperatorRoleMissing' },
    { is: 'the engine', actor: 'engine', code: 'PersonUnknown' },
    { is: 'nobody of the staff', actor: PEOPLE.nobody, code: 'PersonUnknown' },
  ];

  it.each(WAYS.flatMap((way) => WHO.map((who) => ({ ...way, ...who }))))(
    '$from to $to by $is: $code',
    async ({ from, to: target, attempt, actor, code }) => {
      const raised = await caseWith(from);
      const stored = await storedOf(database, raised);
      const seq = PATHS[from]!.length + 2;
      for (const db of [database.app, database.owner]) {
        const write = rawState(db, raised.paymentIds[0]!, { seq, from, to: target, attempt, actor });
        expect(await refusalOf(write)).toBe(code);
      }
      expect(await storedOf(database, raised)).toEqual(stored);
    },
  );
});
