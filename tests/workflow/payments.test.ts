import { balances } from '../../db/ledger';
import { Phase } from '../../domain/business-time';
import type { OperatorInput } from '../../domain/payment';
import { exampleStaff } from '../../domain/region';
import { actOnPayments, decide, release } from '../../operator/commands/decisions';
import { refusalOfAsync } from '../support/refusal';
import { regionOf, startTestStage, type TestStage } from '../support/stage';

// What becomes of payments that the bank does not simply book (DESIGN 5.4): one region for each answer of the bank, so
// that each has its own case. Every region prepays 1,000.00 to its first hospital.

const OUTCOMES = {
  '650201': 'rejected',
  '650202': 'rejected',
  '650203': 'rejected',
  '650204': 'timeout-paid',
  '650205': 'timeout-unpaid',
  '650206': 'duplicate-reply',
  '650207': 'late',
  '650208': 'returned',
} as const;
const [RETRIED, CORRECTED, CANCELLED, TIMED_OUT_PAID, TIMED_OUT, DUPLICATE, LATE, RETURNED] = Object.keys(OUTCOMES) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];
const AMOUNT_FEN = 100_000n;
const account = (name: string) => ({ name: '示例监管账户', account: name, bankCode: '650202000000' });

let play: TestStage;
const cases: Record<string, string> = {};
beforeAll(async () => {
  const regions = Object.keys(OUTCOMES).map((code) => {
    // The second hospital's payment of the corrected region arrives as it should.
    const hospitals = [{ institution: `H${code}00001`, baseFen: 200_000n }];
    if (code === CORRECTED) hospitals.push({ institution: `H${code}00002`, baseFen: 400_000n });
    const operator = {
      person: `${code}-operator`,
      name: '示例操作员',
      roles: ['operator', 'officer', 'cashier'] as const,
    };
    return regionOf(code, hospitals, {
      staff: [...exampleStaff(code).filter(({ person }) => person !== operator.person), operator],
    });
  });
  const faults = Object.entries(OUTCOMES).map(([region, outcome]) => ({
    kind: 'disbursement',
    region,
    institution: `H${region}00001`,
    outcome,
  }));
  play = await startTestStage(regions, faults);
  for (const code of Object.keys(OUTCOMES)) {
    const caseId = await play.startPrepayment(code);
    await play.goTo(caseId, '2026-03-02', Phase.ApprovalsAndBank);
    await play.approveAndRelease(caseId);
    cases[code] = caseId;
  }
}, 240_000);
afterAll(() => play?.stop());

async function first(code: string) {
  const payments = await play.payments(cases[code]!);
  return payments.find(({ institution }) => institution === `H${code}00001`)!;
}

async function statesOf(code: string): Promise<string[]> {
  const rows = await play.context
    .db('settle.payment_states')
    .where({ payment_id: (await first(code)).paymentId })
    .orderBy('seq')
    .select('to_state', 'attempt');
  return rows.map((row) => `${row.to_state}#${row.attempt}`);
}

async function messagesOf(code: string): Promise<string[]> {
  const rows = await play.context
    .db('settle.bank_messages')
    .where({ case_id: cases[code] })
    .orderBy('message_id')
    .select('state');
  return rows.map((row: { state: string }) => row.state);
}

/** Accounts of the first hospital that are not zero, and the cash of the supervised book. */
async function booksOf(code: string): Promise<Record<string, bigint>> {
  const rows = await balances(play.context.db, code);
  const wanted = (path: string): boolean => path.includes(`H${code}00001`) || path === 'supervised/cash';
  return Object.fromEntries(
    rows
      .filter(({ account: path, balanceFen }) => wanted(path) && balanceFen !== 0n)
      .map((row) => [row.account, row.balanceFen]),
  );
}

const paidBooks = (code: string): Record<string, bigint> => ({
  [`fund/advance/vbp/employee/H${code}00001/2026`]: AMOUNT_FEN,
  'supervised/cash': AMOUNT_FEN,
  [`supervised/ledger/H${code}00001/prepayment`]: -AMOUNT_FEN,
});

async function act(code: string, action: Pick<OperatorInput, 'action'> & Partial<OperatorInput>): Promise<void> {
  await actOnPayments(play.context, {
    caseId: cases[code]!,
    paymentIds: [(await first(code)).paymentId],
    person: `${code}-operator`,
    reason: '示例：核对无误',
    ...action,
  });
  await play.settle(cases[code]!);
}

async function refusedAct(code: string, action: Partial<OperatorInput>): Promise<string> {
  const refusal = await refusalOfAsync(async () =>
    actOnPayments(play.context, {
      caseId: cases[code]!,
      paymentIds: [(await first(code)).paymentId],
      person: `${code}-operator`,
      action: 'retry',
      reason: '示例',
      ...action,
    }),
  );
  const { rows } = await play.context.db.raw(
    `select outcome from settle.decision_attempts a join settle.decision_outcomes o using (attempt_id)
      where case_id = ? order by attempt_id desc limit 1`,
    [cases[code]!],
  );
  expect(rows).toEqual([{ outcome: refusal.code }]);
  return refusal.code;
}

describe('a payment that the bank rejected', () => {
  it('waits for an operator, with its money where it was and an alert', async () => {
    expect(await first(RETRIED)).toMatchObject({ state: 'failed', attempt: 1, paidOn: null });
    expect(await booksOf(RETRIED)).toEqual({});
    expect(await play.caseState(cases[RETRIED]!)).toEqual({ state: 'operator', closedOn: null });
    const alerts = await play.context.db('settle.alerts').where({ region: RETRIED }).select('kind', 'on_date');
    expect(alerts).toEqual([{ kind: 'payment-failed', on_date: '2026-03-02' }]);
  });

  it.each([
    ['by nobody of the staff', 'PersonUnknown', { person: '650201-nobody' }],
    ['by a person without the role', 'OperatorRoleMissing', { person: '650201-officer' }],
    ['without a reason', 'ReasonMissing', { reason: ' ' }],
    ['on a payment of another case', 'NotFound', { paymentIds: ['disbursement/650202/2026/H65020200001/employee'] }],
    ['on no payment', 'NotFound', { paymentIds: [] }],
    ['correcting without an account', 'UsageInvalid', { action: 'correct' }],
  ] as const)('is not acted on %s: %s', async (_, code, change) => {
    expect(await refusedAct(RETRIED, change as Partial<OperatorInput>)).toBe(code);
    expect(await first(RETRIED)).toMatchObject({ state: 'failed', attempt: 1 });
  });

  it('is sent again by an operator: a new attempt of the same payment, under the same approval', async () => {
    await play.goTo(cases[RETRIED]!, '2026-03-04', Phase.ApprovalsAndBank);
    await act(RETRIED, { action: 'retry' });
    expect(await first(RETRIED)).toMatchObject({
      state: 'succeeded',
      attempt: 2,
      paidOn: '2026-03-04',
      requestId: `${cases[RETRIED]}#1`,
    });
    expect(await booksOf(RETRIED)).toEqual(paidBooks(RETRIED));
    expect(await statesOf(RETRIED)).toEqual([
      'prepared#1',
      'approved#1',
      'released#1',
      'sent#1',
      'failed#1',
      'released#2',
      'sent#2',
      'succeeded#2',
    ]);
  });

  it('cannot be sent a third time once it has succeeded', async () => {
    expect(await refusedAct(RETRIED, { action: 'retry' })).toBe('PaymentStateInvalid');
    expect(await refusedAct(RETRIED, { action: 'cancel' })).toBe('PaymentStateInvalid');
  });
});

describe('a corrected account', () => {
  it('goes through the four levels again, and only for what was corrected', async () => {
    const arrived = (await play.payments(cases[CORRECTED]!)).find(({ institution }) => institution!.endsWith('2'));
    expect(arrived).toMatchObject({ state: 'succeeded', amountFen: 200_000n });
    await act(CORRECTED, { action: 'correct', account: account('650202-SUPERVISED-2') });
    expect(await first(CORRECTED)).toMatchObject({
      state: 'prepared',
      attempt: 2,
      payee: account('650202-SUPERVISED-2'),
    });
    expect(await play.request(cases[CORRECTED]!)).toMatchObject({
      revision: 2,
      subject: 'corrected account',
      payments: 1,
      amountFen: AMOUNT_FEN,
      preparedBy: '650202-operator',
      decisions: [],
    });
  });

  it('stays its corrector’s when a level rejects it and it is prepared again', async () => {
    const { requestId } = await play.request(cases[CORRECTED]!);
    await decide(play.context, {
      requestId,
      person: '650202-officer',
      decision: 'reject',
      reason: '示例：账户证明未附',
    });
    await play.settle(cases[CORRECTED]!);
    expect(await play.request(cases[CORRECTED]!)).toMatchObject({ revision: 3, preparedBy: '650202-operator' });
    expect(await first(CORRECTED)).toMatchObject({ state: 'prepared', payee: account('650202-SUPERVISED-2') });
  });

  it('is neither approved nor released by who corrected it', async () => {
    const { requestId } = await play.request(cases[CORRECTED]!);
    const approving = () => decide(play.context, { requestId, person: '650202-operator', decision: 'approve' });
    expect((await refusalOfAsync(approving)).code).toBe('ApprovalByPreparer');
    await play.approve(cases[CORRECTED]!);
    const releasing = () => release(play.context, { requestId, person: '650202-operator' });
    expect((await refusalOfAsync(releasing)).code).toBe('CashierIsApprover');
  });

  it('is not corrected again while its request is open', async () => {
    expect(await refusedAct(CORRECTED, { action: 'correct', account: account('X') })).toBe('PaymentStateInvalid');
  });

  it('is paid once the cashier has released it', async () => {
    await play.approveAndRelease(cases[CORRECTED]!);
    expect(await first(CORRECTED)).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect((await statesOf(CORRECTED)).slice(4)).toEqual([
      'failed#1',
      'prepared#2',
      'approved#2',
      'released#2',
      'sent#2',
      'succeeded#2',
    ]);
  });
});

describe('a cancelled payment', () => {
  it('ends with its reason, leaves the books as they were and no return to be made', async () => {
    await act(CANCELLED, { action: 'cancel', reason: '示例：机构已停业' });
    expect(await first(CANCELLED)).toMatchObject({ state: 'cancelled', paidOn: null });
    expect(await booksOf(CANCELLED)).toEqual({});
    expect(await play.context.db('settle.return_plan').where({ region: CANCELLED })).toEqual([]);
    const [event] = await play.context
      .db('settle.case_events')
      .where({ case_id: cases[CANCELLED], event: 'operator-cancel' });
    expect(event).toMatchObject({ actor: '650203-operator' });
    expect(event.detail).toContain('示例：机构已停业');
    expect((await play.caseState(cases[CANCELLED]!)).closedOn).toBe('2026-03-02');
  });
});

describe('a payment whose sending was not answered', () => {
  it('is unknown, asked about, and booked where the bank has paid: sent once', async () => {
    expect(await statesOf(TIMED_OUT_PAID)).toEqual([
      'prepared#1',
      'approved#1',
      'released#1',
      'sent#1',
      'unknown#1',
      'succeeded#1',
    ]);
    expect(await messagesOf(TIMED_OUT_PAID)).toHaveLength(1);
    expect(await booksOf(TIMED_OUT_PAID)).toEqual(paidBooks(TIMED_OUT_PAID));
  });

  it('has failed where the bank has nothing, and is sent again only by an operator', async () => {
    expect(await statesOf(TIMED_OUT)).toEqual([
      'prepared#1',
      'approved#1',
      'released#1',
      'sent#1',
      'unknown#1',
      'failed#1',
    ]);
    await play.goTo(cases[TIMED_OUT]!, '2026-03-06', Phase.ApprovalsAndBank);
    expect(await messagesOf(TIMED_OUT)).toHaveLength(1);
    await act(TIMED_OUT, { action: 'retry' });
    expect(await first(TIMED_OUT)).toMatchObject({ state: 'succeeded', attempt: 2, paidOn: '2026-03-06' });
    expect(await messagesOf(TIMED_OUT)).toHaveLength(2);
    expect(await booksOf(TIMED_OUT)).toEqual(paidBooks(TIMED_OUT));
  });
});

describe('a payment', () => {
  it('that the bank reports twice is booked once', async () => {
    await play.goTo(cases[DUPLICATE]!, '2026-03-03', Phase.ApprovalsAndBank);
    expect((await statesOf(DUPLICATE)).filter((state) => state.startsWith('succeeded'))).toHaveLength(1);
    expect(await booksOf(DUPLICATE)).toEqual(paidBooks(DUPLICATE));
    expect(await play.caseState(cases[DUPLICATE]!)).toEqual({ state: 'settled', closedOn: '2026-03-03' });
  });

  it('that is booked a day late is sent until then, in transit, and paid on the bank’s date', async () => {
    expect(await first(LATE)).toMatchObject({ state: 'sent', paidOn: null });
    expect(await booksOf(LATE)).toEqual({
      [`fund/advance/vbp/employee/H${LATE}00001/2026`]: AMOUNT_FEN,
      [`fund/transit/employee/H${LATE}00001`]: -AMOUNT_FEN,
    });
    await play.goTo(cases[LATE]!, '2026-03-03', Phase.ApprovalsAndBank);
    expect(await first(LATE)).toMatchObject({ state: 'succeeded', attempt: 1, paidOn: '2026-03-03' });
    expect(await booksOf(LATE)).toEqual(paidBooks(LATE));
  });

  it('that came back is taken out of the books, and retried it is paid again', async () => {
    expect(await first(RETURNED)).toMatchObject({ state: 'succeeded', paidOn: '2026-03-02' });
    expect(await play.context.db('settle.return_plan').where({ region: RETURNED })).toHaveLength(8);
    await play.goTo(cases[RETURNED]!, '2026-03-03', Phase.ApprovalsAndBank);
    expect(await first(RETURNED)).toMatchObject({ state: 'returned', paidOn: null });
    expect(await booksOf(RETURNED)).toEqual({});
    expect(await play.context.db('settle.return_plan').where({ region: RETURNED })).toEqual([]);

    await act(RETURNED, { action: 'retry' });
    expect(await first(RETURNED)).toMatchObject({ state: 'succeeded', attempt: 2, paidOn: '2026-03-03' });
    expect(await booksOf(RETURNED)).toEqual(paidBooks(RETURNED));
    expect(await play.context.db('settle.return_plan').where({ region: RETURNED })).toHaveLength(8);
  });
});
