import pino from 'pino';
import { createFundActivities } from '../../activities/fund';
import { createOperatorActivities } from '../../activities/payments/operator-actions';
import { statusOf } from '../../activities/payments/payment-status';
import { findRequest } from '../../activities/payments/prepare';
import { balanceOf } from '../../db/ledger';
import { saveCalendarYear, savePolicy } from '../../db/register';
import { verify } from '../../db/verify';
import { atPhase, Phase } from '../../domain/business-time';
import { period, plainDate } from '../../domain/plain-date';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk, raisedOf } from '../support/fund-desk';
import { claim, openFundRegion, review } from '../support/fund-stage';
import { refusalOf } from '../support/ledger';
import { publishedPolicy, publishedYears } from '../support/published';

// Transfers from the fiscal deposit (宿迁 2025-06-13 四). 1,200.00 a year is 30.00 a month; numbers by hand, in fen.

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
}, 60_000);
afterAll(() => database.drop());

const JANUARY = period('2026-01');
const at = (on: string) => atPhase(plainDate(on), Phase.ApprovalsAndBank);
const dependencies = () => ({
  db: database.app,
  log: pino({ level: 'silent' }),
  heartbeat: () => undefined,
  bank: {} as never,
});
const payments = (code: string, like: string) =>
  database.app('settle.payments').where({ region: code }).whereLike('payment_id', `%${like}%`).orderBy('payment_id');
const broken = async (code: string) => (await verify(database.app, code)).filter(({ ok }) => !ok);
const alerts = (code: string) => database.app('settle.alerts').where({ region: code }).pluck('kind');

/** 10.00 in the account and 30.00 needed: 20.00 have to come from the fiscal deposit. */
async function short(code: string, rejects?: Parameters<typeof createFundDesk>[2]) {
  await openFundRegion(database, code, { cashFen: 1_000n, depositFen: 100_000n });
  const desk = createFundDesk(database.app, code, rejects);
  const january = await desk.open(JANUARY);
  const raised = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
  return { desk, january, raised };
}

const refuse = (code: string, caseId: string, requestId: string, on: string, person = `${code}-treasury`) =>
  createFundActivities(dependencies()).recordTransferRefusal({
    caseId,
    at: at(on),
    refusal: { requestId, person, reason: '示例：专户余额另有安排' },
  });

describe('money of the fiscal deposit', () => {
  it('goes to no account that an operator names', async () => {
    const code = '321701';
    const { desk, january, raised } = await short(code, (paymentId) => paymentId.includes('/transfer/'));
    await desk.approve(january, raised, '2026-01-04');
    await desk.confirm(january, raised, '2026-01-04');
    await desk.release(january, raised, '2026-01-04');
    await desk.exchange(january, '2026-01-04');
    const [transfer] = await payments(code, '/transfer/');
    expect(transfer).toMatchObject({ state: 'failed', payee_account: `${code}-FUND-EMPLOYEE` });
    const corrected = createOperatorActivities(dependencies()).applyOperatorAction({
      caseId: january,
      at: at('2026-01-05'),
      nextRevision: 2,
      operator: {
        actionId: 'typed',
        action: 'correct',
        paymentIds: [transfer.payment_id],
        person: `${code}-operator`,
        reason: '示例',
        account: { name: '别家', account: '9999', bankCode: '999' },
      },
    });
    expect(await refusalOf(corrected)).toBe('PayeeDiffers');
    expect(await payments(code, '/transfer/')).toMatchObject([
      { state: 'failed', payee_account: `${code}-FUND-EMPLOYEE` },
    ]);
  });

  it.each([
    ['to another account', { payee_account: '9999' }],
    ['to another bank', { payee_bank_code: '999' }],
    ['under the name of an institution', { institution: 'H32170200001' }],
    ['as another kind of payment', { kind: 'disbursement' }],
    ['under an id that is no transfer', { payment_id: 'fund/321702/2026-01/elsewhere/employee' }],
  ])('is paid by raw SQL neither %s', async (_, changed) => {
    const code = '321702';
    if (!(await database.app('settle.regions').where({ region: code }).first()))
      await openFundRegion(database, code, { depositFen: 100_000n }).then(() =>
        createFundDesk(database.app, code).open(JANUARY),
      );
    const row = {
      payment_id: `fund/${code}/2026-01/transfer/employee/9`,
      region: code,
      case_id: `fund/${code}/2026-01`,
      kind: 'fund',
      period: '2026-01',
      pool: 'employee',
      amount_fen: 100n,
      debtor_account: `${code}-FISCAL-DEPOSIT`,
      payee_name: '支出户 employee',
      payee_account: `${code}-FUND-EMPLOYEE`,
      payee_bank_code: `${code}000000`,
      request_id: 'r',
    };
    expect(await refusalOf(Promise.resolve(database.app('settle.payments').insert({ ...row, ...changed })))).toBe(
      'PayeeDiffers',
    );
  });

  it('is confirmed by nobody when the transfer is written', async () => {
    const code = '321703';
    const { january, raised } = await short(code);
    const [transfer] = await database.app('settle.fiscal_transfers').where({ region: code });
    const written = (row: object) =>
      refusalOf(Promise.resolve(database.app('settle.fiscal_transfers').insert({ ...transfer, ...row })));
    expect(await written({ transfer_id: 'x', confirmed_on: '2026-01-04', confirmed_by: 'x', evidence: 'x' })).toBe(
      'ApprovalIncomplete',
    );
    // Nor is it another one than its payment.
    expect(await written({ transfer_id: 'x' })).toBe('ApprovalContentChanged');
    expect(await written({ amount_fen: 1n })).toBe('ApprovalContentChanged');
    expect(await findRequest(database.app, raised.requestId)).toMatchObject({ revision: 1 });
    expect(january).toBe(`fund/${code}/2026-01`);
  });

  it('is not released without the confirmation of that payment', async () => {
    const code = '321704';
    const { desk, january, raised } = await short(code);
    await desk.approve(january, raised, '2026-01-04');
    expect(await refusalOf(desk.release(january, raised, '2026-01-04'))).toBe('ApprovalIncomplete');
  });
});

describe('the word of the finance department', () => {
  it('is a confirmation once: a repeated one changes nothing, another one is refused with who confirmed', async () => {
    const code = '321705';
    const { desk, january, raised } = await short(code);
    await desk.approve(january, raised, '2026-01-04');
    await desk.confirm(january, raised, '2026-01-04');
    await desk.confirm(january, raised, '2026-01-05');
    expect(await refusalOf(desk.confirm(january, raised, '2026-01-05', `${code}-operator`))).toBe('ApprovalNotOpen');
    expect(await database.app('settle.fiscal_transfers').where({ region: code })).toMatchObject([
      { confirmed_on: '2026-01-04', confirmed_by: `${code}-treasury` },
    ]);
    // What is moved is not refused any more.
    expect(await refusalOf(refuse(code, january, raised.requestId, '2026-01-05'))).toBe('ApprovalNotOpen');
  });

  it('is a refusal that ends the transfer: the next working day raises another one', async () => {
    const code = '321706';
    const { desk, january, raised } = await short(code);
    expect(await refusalOf(refuse(code, january, raised.requestId, '2026-01-04'))).toBe('ApprovalIncomplete');
    await desk.approve(january, raised, '2026-01-04');
    expect(await refusalOf(refuse(code, january, raised.requestId, '2026-01-05', `${code}-cashier`))).toBe(
      'ApprovalRoleMissing',
    );
    expect(await refusalOf(refuse(code, january, raised.requestId, '2026-01-05', `${code}-director`))).toBe(
      'ApprovalSamePerson',
    );
    await refuse(code, january, raised.requestId, '2026-01-05');
    await refuse(code, january, raised.requestId, '2026-01-05');
    expect(await payments(code, '/transfer/')).toMatchObject([{ state: 'cancelled' }]);
    expect(await alerts(code)).toEqual(['transfer-refused']);
    expect(await refusalOf(desk.release(january, raised, '2026-01-05'))).toBe('ApprovalNotOpen');

    await desk.run(january, 'preallocation', '2026-01-06');
    expect(await payments(code, '/transfer/')).toMatchObject([{ state: 'cancelled' }, { state: 'succeeded' }]);
    expect(desk.bookings.map(({ amountFen }) => amountFen)).toEqual([2_000n, 3_000n]);
    expect(await broken(code)).toEqual([]);
  });

  it('is not asked about what is no transfer', async () => {
    const code = '321707';
    await openFundRegion(database, code);
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    const raised = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
    await desk.approve(january, raised, '2026-01-04');
    expect(await refusalOf(refuse(code, january, raised.requestId, '2026-01-05'))).toBe('NotFound');
    const bySql = database.app('settle.request_withdrawals').insert({
      request_id: raised.requestId,
      withdrawn_by: `${code}-treasury`,
      reason: '示例',
      withdrawn_on: '2026-01-05',
      at_time: '10:00',
    });
    expect(await refusalOf(Promise.resolve(bySql))).toBe('NotFound');
  });
});

describe('a pool that waits for a transfer', () => {
  it('keeps no other pool waiting: what reaches is paid first', async () => {
    const code = '321708';
    // employee 60.00 and resident 30.00 a month; 40.00 in each account.
    await openFundRegion(database, code, { cashFen: 4_000n, depositFen: 100_000n }, [
      { amountFen: 240_000n },
      { number: 2, pool: 'resident', amountFen: 120_000n },
    ]);
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    const first = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
    expect(await payments(code, '/')).toMatchObject([{ pool: 'resident', amount_fen: 3_000n }]);
    await desk.approve(january, first, '2026-01-04');
    await desk.release(january, first, '2026-01-04');
    // The case prepares the transfer as soon as that request is out.
    await desk.exchange(january, '2026-01-04');
    expect(await statusOf(database.app, january, at('2026-01-04'))).toMatchObject({ prepareNow: true });
    const second = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
    expect(await payments(code, '/transfer/')).toMatchObject([
      { pool: 'employee', amount_fen: 2_000n, request_id: second.requestId },
    ]);
    expect(await statusOf(database.app, january, at('2026-01-04'))).not.toHaveProperty('prepareNow');
    await desk.approve(january, second, '2026-01-04');
    await desk.confirm(january, second, '2026-01-04');
    await desk.release(january, second, '2026-01-04');
    await desk.exchange(january, '2026-01-04');
    expect(await statusOf(database.app, january, at('2026-01-04'))).toMatchObject({ prepareNow: true });
    await desk.run(january, 'preallocation', '2026-01-04');
    expect(desk.bookings.map(({ amountFen }) => amountFen)).toEqual([3_000n, 2_000n, 6_000n]);
    expect(await balanceOf(database.app, code, 'fund/cash/employee')).toBe(0n);
    expect(await broken(code)).toEqual([]);
  });

  it('keeps no other pool from being settled, though that pays nothing', async () => {
    const code = '321709';
    await openFundRegion(database, code, { cashFen: 3_000n, depositFen: 100_000n });
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    await desk.run(january, 'preallocation', '2026-01-04');
    // 10.00 of employee are less than its advance; 50.00 of resident are more than the account has.
    await claim(database.owner, code, '2026-01', [
      { declaredFen: 1_000n },
      { number: 2, pool: 'resident', declaredFen: 5_000n },
    ]);
    await review(database.owner, code, '2026-01', '2026-02-12');
    raisedOf(await desk.prepare(january, 'settlement', '2026-02-13'));
    expect(await payments(code, '/transfer/')).toMatchObject([{ pool: 'resident', amount_fen: 2_000n }]);
    expect(await database.app('settle.settlements').where({ region: code })).toMatchObject([
      { pool: 'employee', carried_out_fen: -2_000n, settled_on: '2026-02-13' },
    ]);
    expect(await broken(code)).toEqual([]);
  });

  it('is withdrawn with its pre-allocations when the month could be settled, unless the finance department has moved it', async () => {
    for (const [code, isMoved] of [
      ['321710', false],
      ['321718', true],
    ] as const) {
      const { desk, january, raised } = await short(code);
      await desk.approve(january, raised, '2026-01-04');
      if (isMoved) await desk.confirm(january, raised, '2026-01-05');
      await claim(database.owner, code, '2026-01', [{ declaredFen: 500n }]);
      await review(database.owner, code, '2026-01', '2026-02-12');
      const look = await desk.look(january, '2026-02-13');
      expect(look.withdrawn).toBe(isMoved ? undefined : raised.requestId);
      expect(look.prepares).toBe(!isMoved);
      expect(await payments(code, '/transfer/')).toMatchObject([{ state: isMoved ? 'approved' : 'cancelled' }]);
    }
  });

  it('is not withdrawn where it is for what is owed', async () => {
    const code = '321719';
    await openFundRegion(database, code, { cashFen: 1_000n, depositFen: 100_000n }, []);
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    await claim(database.owner, code, '2026-01', [{ declaredFen: 3_000n }]);
    await review(database.owner, code, '2026-01', '2026-02-12');
    const raised = raisedOf(await desk.prepare(january, 'settlement', '2026-02-13'));
    expect(await payments(code, '/transfer/')).toMatchObject([{ amount_fen: 2_000n }]);
    const look = await desk.look(january, '2026-02-16');
    expect(look).toMatchObject({ prepares: false });
    expect(look).not.toHaveProperty('withdrawn');
    expect(await findRequest(database.app, raised.requestId)).toMatchObject({ requestId: raised.requestId });
  });
});
