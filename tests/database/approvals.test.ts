import type { Knex } from 'knex';
import {
  approveLevels,
  LEVELS,
  newCase,
  paymentOf,
  PEOPLE,
  raiseCase,
  rawDecision,
  rawRelease,
  REGION,
  rightDecision,
  saveSmallRegion,
  storedOf,
  type RaisedCase,
  type RawDecision,
} from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
});
afterAll(() => database.drop());

/** Raw SQL is refused whoever asks: as the application role, and as the owner of the tables. */
const ROLES = ['app', 'owner'] as const;

interface DecisionRefusal {
  is: string;
  code: string;
  /** Levels that have approved before. */
  after: number;
  change: Partial<RawDecision>;
  preparedBy?: string;
  before?: (db: Knex, raised: RaisedCase) => Promise<unknown>;
}

const setPayments = (change: object) => (db: Knex, raised: RaisedCase) =>
  db('settle.payments').where({ payment_id: raised.paymentIds[0]! }).update(change);

const DECISIONS: DecisionRefusal[] = [
  {
    is: 'a person without the role of the level',
    code: 'ApprovalRoleMissing',
    after: 0,
    change: { person: PEOPLE.finance },
  },
  { is: 'the role of the level before', code: 'ApprovalRoleMissing', after: 1, change: { person: PEOPLE.preparer } },
  { is: 'an officer at the last level', code: 'ApprovalRoleMissing', after: 3, change: { person: PEOPLE.threeHats } },
  {
    is: 'a role that ended the day before',
    code: 'ApprovalRoleMissing',
    after: 0,
    change: { person: PEOPLE.formerOfficer },
  },
  {
    is: 'a role that begins the day after',
    code: 'ApprovalRoleMissing',
    after: 0,
    change: { person: PEOPLE.futureOfficer },
  },
  {
    is: 'a person whom the staff list does not know',
    code: 'PersonUnknown',
    after: 0,
    change: { person: PEOPLE.nobody },
  },
  {
    is: 'the second level first',
    code: 'ApprovalOutOfOrder',
    after: 0,
    change: { levelNo: 2, level: 'second-review', person: PEOPLE.businessHead },
  },
  {
    is: 'the last level third',
    code: 'ApprovalOutOfOrder',
    after: 2,
    change: { levelNo: 4, level: 'release-approval', person: PEOPLE.director },
  },
  {
    is: 'the level that is through, once more',
    code: 'ApprovalOutOfOrder',
    after: 1,
    change: { levelNo: 1, level: 'first-review', person: PEOPLE.threeHats },
  },
  {
    is: 'the next level’s name under another number',
    code: 'ApprovalOutOfOrder',
    after: 1,
    change: { levelNo: 3, level: 'second-review' },
  },
  {
    is: 'the next number under another level’s name',
    code: 'ApprovalOutOfOrder',
    after: 1,
    change: { level: 'finance-check' },
  },
  { is: 'a level that the policy does not name', code: 'ApprovalOutOfOrder', after: 0, change: { level: 'anybody' } },
  {
    is: 'the preparer',
    code: 'ApprovalByPreparer',
    after: 0,
    change: { person: PEOPLE.preparer },
    preparedBy: PEOPLE.preparer,
  },
  {
    is: 'the same person twice',
    code: 'ApprovalSamePerson',
    after: 0,
    change: { levelNo: 2, level: 'second-review', person: PEOPLE.threeHats },
    before: (db, raised) =>
      rawDecision(db, raised.requestId, { ...rightDecision(raised, 1), person: PEOPLE.threeHats }),
  },
  {
    is: 'a cashier without the role of the level',
    code: 'ApprovalRoleMissing',
    after: 2,
    change: { person: PEOPLE.cashier },
  },
  {
    is: 'another content than the request’s',
    code: 'ApprovalContentChanged',
    after: 0,
    change: { contentSha256: 'f'.repeat(64) },
  },
  {
    is: 'a payee’s account changed since the request',
    code: 'ApprovalContentChanged',
    after: 1,
    change: {},
    before: setPayments({ payee_account: 'ELSEWHERE' }),
  },
  {
    is: 'an amount changed since the request',
    code: 'ApprovalContentChanged',
    after: 3,
    change: {},
    before: setPayments({ amount_fen: 999 }),
  },
  {
    is: 'a payment taken out of the request',
    code: 'ApprovalContentChanged',
    after: 1,
    change: {},
    before: setPayments({ request_id: 'elsewhere' }),
  },
  { is: 'a rejection without a reason', code: 'ReasonMissing', after: 1, change: { decision: 'reject' } },
  {
    is: 'a rejection whose reason is blank',
    code: 'ReasonMissing',
    after: 1,
    change: { decision: 'reject', reason: '  ' },
  },
  {
    is: 'a decision after the fourth',
    code: 'ApprovalNotOpen',
    after: 4,
    change: { levelNo: 5, level: 'release-approval', person: PEOPLE.threeHats },
  },
  {
    is: 'a decision on a rejected request',
    code: 'ApprovalNotOpen',
    after: 1,
    change: { levelNo: 3, level: 'finance-check', person: PEOPLE.finance },
    before: (db, raised) =>
      rawDecision(db, raised.requestId, { ...rightDecision(raised, 2), decision: 'reject', reason: '示例' }),
  },
  {
    is: 'a decision on a released request',
    code: 'ApprovalNotOpen',
    after: 4,
    change: { levelNo: 5, level: 'release-approval', person: PEOPLE.threeHats },
    before: (db, raised) => rawRelease(db, raised),
  },
];

describe.each(ROLES)('a decision by raw SQL as the %s role is refused', (role) => {
  it.each(DECISIONS)('$is: $code', async ({ code, after, change, preparedBy, before }) => {
    const raised = await raiseCase(database.app, preparedBy);
    await approveLevels(database.app, raised, after);
    await before?.(database.app, raised);
    const stored = await storedOf(database, raised);
    const levelNo = Math.min(after + 1, LEVELS.length);
    const decision = { ...rightDecision(raised, levelNo), ...change };
    expect(await refusalOf(rawDecision(database[role], raised.requestId, decision))).toBe(code);
    expect(await storedOf(database, raised)).toEqual(stored);
  });

  it('a request that does not exist: ApprovalNotOpen', async () => {
    const raised = await raiseCase(database.app);
    const decision = rawDecision(database[role], 'no such request', rightDecision(raised, 1));
    expect(await refusalOf(decision)).toBe('ApprovalNotOpen');
  });
});

interface ReleaseRefusal {
  is: string;
  code: string;
  after: number;
  change: { person?: string; contentSha256?: string; on?: string };
  preparedBy?: string;
  before?: (db: Knex, raised: RaisedCase) => Promise<unknown>;
}

const RELEASES: ReleaseRefusal[] = [
  { is: 'before any level has approved', code: 'ApprovalIncomplete', after: 0, change: {} },
  { is: 'after three of four levels', code: 'ApprovalIncomplete', after: 3, change: {} },
  {
    is: 'after a rejection',
    code: 'ApprovalNotOpen',
    after: 0,
    change: {},
    before: (db, raised) =>
      rawDecision(db, raised.requestId, { ...rightDecision(raised, 1), decision: 'reject', reason: '示例' }),
  },
  {
    is: 'twice',
    code: 'ApprovalNotOpen',
    after: 4,
    change: { person: PEOPLE.threeHats },
    before: (db, raised) => rawRelease(db, raised),
  },
  {
    is: 'by a cashier who approved a level',
    code: 'CashierIsApprover',
    after: 0,
    change: { person: PEOPLE.threeHats },
    before: async (db, raised) => {
      await rawDecision(db, raised.requestId, { ...rightDecision(raised, 1), person: PEOPLE.threeHats });
      for (const levelNo of [2, 3, 4]) await rawDecision(db, raised.requestId, rightDecision(raised, levelNo));
    },
  },
  { is: 'by an approver who is no cashier', code: 'CashierIsApprover', after: 4, change: { person: PEOPLE.director } },
  {
    is: 'by the cashier who prepared it',
    code: 'CashierIsApprover',
    after: 4,
    change: { person: PEOPLE.threeHats },
    preparedBy: PEOPLE.threeHats,
  },
  { is: 'by the accountant', code: 'CashierRoleMissing', after: 4, change: { person: PEOPLE.accountant } },
  {
    is: 'by a cashier whose role has ended',
    code: 'CashierRoleMissing',
    after: 4,
    change: { person: PEOPLE.formerCashier },
  },
  { is: 'by nobody of the staff', code: 'PersonUnknown', after: 4, change: { person: PEOPLE.nobody } },
  { is: 'of another content', code: 'ApprovalContentChanged', after: 4, change: { contentSha256: 'f'.repeat(64) } },
  {
    is: 'when an account has changed since the approvals',
    code: 'ApprovalContentChanged',
    after: 4,
    change: {},
    before: setPayments({ payee_account: 'ELSEWHERE' }),
  },
  {
    is: 'when an amount has changed since the approvals',
    code: 'ApprovalContentChanged',
    after: 4,
    change: {},
    before: setPayments({ amount_fen: 1_001 }),
  },
  {
    is: 'when a bank code has changed since the approvals',
    code: 'ApprovalContentChanged',
    after: 4,
    change: {},
    before: setPayments({ payee_bank_code: '1' }),
  },
  {
    is: 'when a payment has joined since the approvals',
    code: 'ApprovalContentChanged',
    after: 4,
    change: {},
    before: (db, raised) => insertPayment(db, raised.caseId, raised.requestId),
  },
];

async function insertPayment(db: Knex, caseId: string, requestId: string, more: object = {}): Promise<void> {
  const { paymentId, kind, period, amountFen, debtorAccount, payee } = paymentOf(caseId, 9);
  await db('settle.payments').insert({
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
    request_id: requestId,
    ...more,
  });
}

describe.each(ROLES)('a release by raw SQL as the %s role is refused', (role) => {
  it.each(RELEASES)('$is: $code', async ({ code, after, change, preparedBy, before }) => {
    const raised = await raiseCase(database.app, preparedBy);
    await approveLevels(database.app, raised, after);
    await before?.(database.app, raised);
    const stored = await storedOf(database, raised);
    expect(await refusalOf(rawRelease(database[role], raised, change))).toBe(code);
    expect(await storedOf(database, raised)).toEqual(stored);
  });
});

describe('what has been decided stands', () => {
  it('four levels and the cashier are accepted by raw SQL in their order', async () => {
    const raised = await raiseCase(database.app);
    await approveLevels(database.app, raised);
    await rawRelease(database.app, raised);
    const request = await database.app('settle.approval_requests').where({ request_id: raised.requestId }).first();
    expect(request).toMatchObject({ state: 'released', payments: 2, amount_fen: 3_000n });
  });

  it('content that is changed and put back is what was approved', async () => {
    const raised = await raiseCase(database.app);
    await approveLevels(database.app, raised);
    await setPayments({ payee_account: 'ELSEWHERE' })(database.app, raised);
    expect(await refusalOf(rawRelease(database.app, raised))).toBe('ApprovalContentChanged');
    await setPayments({ payee_account: '650500-SUPERVISED' })(database.app, raised);
    await rawRelease(database.app, raised);
  });

  it('a case has one open request', async () => {
    const raised = await raiseCase(database.app);
    const second = database.app.raw('select settle.raise_request(?, ?, 2, ?, ?, ?, ?::jsonb)', [
      `${raised.caseId}#2`,
      raised.caseId,
      'prepayment',
      'engine',
      '2026-03-02',
      JSON.stringify(LEVELS),
    ]);
    expect(await refusalOf(second)).toBe('23505');
  });
});

describe('nobody makes a request easier than the policy has it', () => {
  const raise = async (caseId: string, requestId: string, levels: unknown): Promise<string> =>
    refusalOf(
      database.app.raw('select settle.raise_request(?, ?, 7, ?, ?, ?, ?::jsonb)', [
        requestId,
        caseId,
        'prepayment',
        'engine',
        '2026-03-02',
        JSON.stringify(levels),
      ]),
    );

  it.each([
    ['no level', []],
    ['one level', LEVELS.slice(0, 1)],
    ['the levels in another order', [...LEVELS].reverse()],
    ['another role for a level', LEVELS.map((each) => ({ ...each, role: 'officer' }))],
  ])('with %s', async (_, levels) => {
    const caseId = await newCase(database.app);
    expect(await raise(caseId, `${caseId}#7`, levels)).toBe('ApprovalImpossible');
  });

  it('and no case approves the payments of another one', async () => {
    const caseId = await newCase(database.app);
    const other = await newCase(database.app);
    await insertPayment(database.app, other, `${caseId}#7`);
    expect(await raise(caseId, `${caseId}#7`, LEVELS)).toBe('ApprovalImpossible');
  });

  it('and the application appoints nobody', async () => {
    const appoint = database
      .app('settle.staff')
      .insert({ region: REGION, person: 'me', name: '示例', roles: ['director'] });
    expect(await refusalOf(appoint)).toBe('42501');
    const promote = database.app('settle.staff').update({ roles: ['director'] });
    expect(await refusalOf(promote)).toBe('42501');
  });
});

const APPEND_ONLY = [
  'payment_states',
  'payment_attempts',
  'approval_items',
  'approval_decisions',
  'releases',
  'decision_attempts',
  'decision_outcomes',
  'case_events',
];
const COLUMN: Record<string, string> = {
  payment_states: 'reason',
  payment_attempts: 'attempt',
  approval_items: 'content',
  approval_decisions: 'reason',
  releases: 'person',
  decision_attempts: 'reason',
  decision_outcomes: 'outcome',
  case_events: 'detail',
};

describe('history is append-only', () => {
  beforeAll(async () => {
    const raised = await raiseCase(database.app);
    await approveLevels(database.app, raised);
    await rawRelease(database.app, raised);
    const { rows } = await database.app.raw(
      `insert into settle.decision_attempts (update_id, case_id, person, action, on_date, at_time)
       values ('u', 'c', 'p', 'approve', '2026-03-02', '14:00') returning attempt_id`,
    );
    await database.app('settle.decision_outcomes').insert({ attempt_id: rows[0].attempt_id, outcome: 'accepted' });
  });

  it.each(APPEND_ONLY)('%s, for the application', async (table) => {
    const column = COLUMN[table]!;
    expect(await refusalOf(database.app.raw(`update settle.${table} set ${column} = ${column}`))).toBe('42501');
    expect(await refusalOf(database.app.raw(`delete from settle.${table}`))).toBe('42501');
    expect(await refusalOf(database.app.raw(`truncate settle.${table} cascade`))).toBe('42501');
  });

  it.each(APPEND_ONLY.filter((table) => table !== 'payment_attempts'))('%s, for the owner', async (table) => {
    const column = COLUMN[table]!;
    expect(await refusalOf(database.owner.raw(`update settle.${table} set ${column} = ${column}`))).toBe('AppendOnly');
    expect(await refusalOf(database.owner.raw(`delete from settle.${table}`))).toBe('AppendOnly');
    expect(await refusalOf(database.owner.raw(`truncate settle.${table} cascade`))).toBe('AppendOnly');
  });

  it.each(['approval_requests', 'payments'])('%s are not removed, by nobody', async (table) => {
    expect(await refusalOf(database.app.raw(`delete from settle.${table}`))).toBe('42501');
    expect(await refusalOf(database.app.raw(`truncate settle.${table} cascade`))).toBe('42501');
    expect(await refusalOf(database.owner.raw(`delete from settle.${table}`))).toBe('AppendOnly');
    expect(await refusalOf(database.owner.raw(`truncate settle.${table} cascade`))).toBe('AppendOnly');
  });

  it('a request is raised by its function only, and its state follows from decisions only', async () => {
    const { requestId } = await raiseCase(database.app);
    const insert = (db: Knex): Promise<string> =>
      refusalOf(
        db.raw(
          `insert into settle.approval_requests
             (request_id, case_id, revision, subject, content_sha256, payments, amount_fen, prepared_by, prepared_on, levels, state)
           select request_id || '!', case_id, 9, subject, content_sha256, payments, amount_fen, prepared_by, prepared_on, levels, 'approved'
             from settle.approval_requests where request_id = ?`,
          [requestId],
        ),
      );
    expect(await insert(database.app)).toBe('42501');
    expect(await insert(database.owner)).toBe('ApprovalIncomplete');
    const approve = (db: Knex): Promise<string> =>
      refusalOf(db('settle.approval_requests').where({ request_id: requestId }).update({ state: 'approved' }));
    expect(await approve(database.app)).toBe('42501');
    expect(await approve(database.owner)).toBe('ApprovalIncomplete');
  });
});
