import pino from 'pino';
import { createApprovalActivities } from '../../activities/payments/approvals';
import { createOperatorActivities } from '../../activities/payments/operator-actions';
import { statusOf } from '../../activities/payments/payment-status';
import { createHeldActivities } from '../../activities/window/held';
import { loadPayeeFlags } from '../../db/payees';
import { changePayments } from '../../db/payments';
import { saveCalendarYear, savePolicy } from '../../db/register';
import { verify } from '../../db/verify';
import { atPhase, Phase } from '../../domain/business-time';
import { period, plainDate } from '../../domain/plain-date';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk, raisedOf } from '../support/fund-desk';
import { claim, hospitalOf, openFundRegion, review, suspend } from '../support/fund-stage';
import { refusalOf } from '../support/ledger';
import { publishedPolicy, publishedYears } from '../support/published';

// Whom monthly funds pay (错付、串户; 新医保发〔2025〕50号 五(一), 六(三)). 1,200.00 a year is 30.00 a month; in fen.

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
}, 60_000);
afterAll(() => database.drop());

const [JANUARY, FEBRUARY] = [period('2026-01'), period('2026-02')];
const SPENDING = [{ amountFen: 120_000n }, { number: 2, amountFen: 240_000n }];
const at = (on: string) => atPhase(plainDate(on), Phase.ApprovalsAndBank);
const dependencies = () => ({
  db: database.app,
  log: pino({ level: 'silent' }),
  heartbeat: () => undefined,
  bank: {} as never,
});
const payments = (code: string) =>
  database
    .app('settle.payments')
    .where({ region: code })
    .orderBy('payment_id')
    .select<{ state: string; payee_account: string }[]>('state', 'payee_account');
const broken = async (code: string) => (await verify(database.app, code)).filter(({ ok }) => !ok);
const aheadOf = (code: string, number = 1): string =>
  `fund/${code}/2026-01/${hospitalOf(code, number)}/employee/preallocation`;
const institution = (code: string, number = 1) =>
  database.owner('settle.institutions').where({ region: code, institution: hospitalOf(code, number) });
const register = async (code: string, account: string): Promise<void> => {
  await institution(code).update({ account });
};
const accountOf = async (code: string, number = 1): Promise<string> => {
  const row = await institution(code, number).first<{ account: string }>('account');
  return row.account;
};

async function approved(code: string) {
  await openFundRegion(database, code, {}, SPENDING);
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  const raised = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
  await desk.approve(january, raised, '2026-01-04');
  return { desk, january, raised };
}

/** The cashier holds what differs, and releases the others. */
const releaseHolding = (
  code: string,
  caseId: string,
  raised: { requestId: string; contentSha256: string },
  on: string,
) =>
  createApprovalActivities(dependencies()).recordRelease({
    caseId,
    at: at(on),
    release: { ...raised, person: `${code}-cashier`, holdDiffering: true },
  });

describe('an institution whose account changes between approval and release', () => {
  it('is not paid to the old one, by the cashier as little as by raw SQL', async () => {
    const code = '321711';
    const { desk, january, raised } = await approved(code);
    await register(code, 'NEW-ACCOUNT');
    expect(await refusalOf(desk.release(january, raised, '2026-01-05'))).toBe('PayeeDiffers');
    // The other one leaves; this one is held.
    await releaseHolding(code, january, raised, '2026-01-05');
    await desk.exchange(january, '2026-01-05');
    expect((await payments(code)).map(({ state }) => state)).toEqual(['held', 'succeeded']);
    const bySql = database.app.transaction(async (trx) => {
      for (const to of ['approved', 'released'] as const)
        await changePayments(trx, [aheadOf(code)], { to, at: at('2026-01-05'), actor: 'engine' });
    });
    expect(await refusalOf(bySql)).toBe('PayeeDiffers');
  });

  it('is paid to the new one when an operator has corrected it and it is approved again', async () => {
    const code = '321712';
    const { desk, january, raised } = await approved(code);
    await register(code, 'NEW-ACCOUNT');
    await releaseHolding(code, january, raised, '2026-01-05');
    const { bank_code: bankCode, name } = await database
      .app('settle.institutions')
      .where({ region: code, institution: hospitalOf(code) })
      .first();
    const correct = (actionId: string, account: string) =>
      createOperatorActivities(dependencies()).applyOperatorAction({
        caseId: january,
        at: at('2026-01-06'),
        nextRevision: 2,
        operator: {
          actionId,
          action: 'correct',
          paymentIds: [aheadOf(code)],
          person: `${code}-operator`,
          reason: '示例：账户变更',
          account: { name, account, bankCode },
        },
      });
    expect(await refusalOf(correct('wrong', 'ANOTHER'))).toBe('PayeeDiffers');
    const again = (await correct('right', 'NEW-ACCOUNT'))!;
    await desk.approve(january, again, '2026-01-06');
    await desk.release(january, again, '2026-01-06');
    await desk.exchange(january, '2026-01-06');
    expect(await payments(code)).toMatchObject([
      { state: 'succeeded', payee_account: 'NEW-ACCOUNT' },
      { state: 'succeeded' },
    ]);
    expect(await broken(code)).toEqual([]);
  });

  it('is paid on the next working day where the register has the approved account again', async () => {
    const code = '321713';
    const { january, raised, desk } = await approved(code);
    const before = await accountOf(code);
    await register(code, 'NEW-ACCOUNT');
    await releaseHolding(code, january, raised, '2026-01-05');
    expect(await statusOf(database.app, january, at('2026-01-05'))).toMatchObject({ resumeHeldOn: '2026-01-06' });
    const resume = (on: string) =>
      createHeldActivities(dependencies()).resumeHeldPayments({ caseId: january, at: at(on) });
    await resume('2026-01-06');
    expect(await payments(code)).toMatchObject([{ state: 'held' }, { state: 'released' }]);
    await register(code, before);
    await resume('2026-01-07');
    await desk.exchange(january, '2026-01-07');
    expect(desk.bookings.map(({ amountFen }) => amountFen).sort()).toEqual([3_000n, 6_000n]);
  });

  it('is settled without its pre-allocation where that is still held when the month is settled', async () => {
    const code = '321714';
    const { desk, january, raised } = await approved(code);
    await register(code, 'NEW-ACCOUNT');
    await releaseHolding(code, january, raised, '2026-01-05');
    await desk.exchange(january, '2026-01-05');
    await claim(database.owner, code, '2026-01', [{ declaredFen: 10_000n }]);
    await review(database.owner, code, '2026-01', '2026-02-12');
    await desk.run(january, 'settlement', '2026-02-13');
    expect(
      await database
        .app('settle.settlements')
        .where({ region: code, institution: hospitalOf(code) })
        .first(),
    ).toMatchObject({ preallocated_fen: 0n, paid_fen: 10_000n });
    expect(await broken(code)).toEqual([]);
  });
});

describe('an account that is another one than when the institution was last paid, or somebody else’s too', () => {
  it('is confirmed by every level', async () => {
    const code = '321715';
    const { desk, january, raised } = await approved(code);
    const old = await accountOf(code);
    await desk.release(january, raised, '2026-01-04');
    await desk.exchange(january, '2026-01-04');
    await register(code, await accountOf(code, 2));
    const february = await desk.open(FEBRUARY);
    const next = raisedOf(await desk.prepare(february, 'preallocation', '2026-02-02'));
    const flags = (await loadPayeeFlags(database.app, next.requestId)).map(({ flag, detail }) => [flag, detail]);
    expect(flags).toEqual([
      ['payee-changed', expect.stringContaining(`last paid on 2026-01-04 to`)],
      ['shared-account', expect.stringContaining(hospitalOf(code, 2))],
      ['shared-account', expect.stringContaining(hospitalOf(code, 1))],
    ]);
    expect(flags[0]![1]).toContain(old);
    const decide = (payeesConfirmed: boolean) =>
      createApprovalActivities(dependencies()).recordDecision({
        caseId: february,
        at: at('2026-02-02'),
        decision: {
          requestId: next.requestId,
          level: next.levels[0]!.level,
          person: `${code}-${next.levels[0]!.role}`,
          decision: 'approve',
          contentSha256: next.contentSha256,
          reason: '',
          payeesConfirmed,
        },
      });
    expect(await refusalOf(decide(false))).toBe('PayeesUnconfirmed');
    await decide(true);
  });

  it('is no stranger’s where a member is paid to its settlement body', async () => {
    const code = '321716';
    await openFundRegion(database, code, {}, SPENDING);
    const body = await accountOf(code, 2);
    await institution(code).update({ account: '', settles_through: hospitalOf(code, 2) });
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    const raised = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
    expect(raised).not.toHaveProperty('markedPayees');
    expect(await payments(code)).toMatchObject([{ payee_account: body }, { payee_account: body }]);
  });
});

describe('a suspended institution', () => {
  it('is sent nothing by raw SQL either', async () => {
    const code = '321717';
    const { desk, january, raised } = await approved(code);
    await desk.release(january, raised, '2026-01-04');
    await suspend(database.owner, code, { from: '2026-01-05' });
    await database.app('settle.bank_messages').insert({
      message_id: 'M1',
      region: code,
      case_id: january,
      debtor_account: `${code}-FUND-EMPLOYEE`,
      created_on: '2026-01-05',
      created_at_time: '14:00',
    });
    await database
      .app('settle.payment_attempts')
      .insert({ end_to_end_id: 'E1', message_id: 'M1', payment_id: aheadOf(code), attempt: 1 });
    const leave = (on: string) =>
      database.app.transaction((trx) =>
        changePayments(trx, [aheadOf(code)], { to: 'sent', at: at(on), actor: 'engine' }),
      );
    expect(await refusalOf(leave('2026-01-05'))).toBe('PayeeSuspended');
    await leave('2026-01-04');
    expect((await payments(code)).map(({ state }) => state)).toEqual(['sent', 'released']);
  });
});

describe('a corrected payment whose request is rejected', () => {
  it('is prepared again out of the money that is there, which counts once', async () => {
    const code = '321718';
    // 50.00 in the account, one payment of 30.00: nothing has to come from the fiscal deposit.
    await openFundRegion(database, code, { cashFen: 5_000n, depositFen: 100_000n });
    const desk = createFundDesk(database.app, code, (_, attempt) => attempt === 1);
    const january = await desk.open(JANUARY);
    await desk.run(january, 'preallocation', '2026-01-04');
    await register(code, 'NEW-ACCOUNT');
    const { name, bank_code: bankCode } = await institution(code).first<{ name: string; bank_code: string }>();
    const corrected = (await createOperatorActivities(dependencies()).applyOperatorAction({
      caseId: january,
      at: at('2026-01-05'),
      nextRevision: 2,
      operator: {
        actionId: 'corrected',
        action: 'correct',
        paymentIds: [aheadOf(code)],
        person: `${code}-operator`,
        reason: '示例：账户变更',
        account: { name, account: 'NEW-ACCOUNT', bankCode },
      },
    }))!;
    await desk.reject(january, corrected, '2026-01-05');
    const again = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-06'));
    expect(again.preparedBy).toBe(`${code}-operator`);
    expect(await database.app('settle.fiscal_transfers').where({ region: code })).toEqual([]);
    await desk.approve(january, again, '2026-01-06');
    await desk.release(january, again, '2026-01-06');
    await desk.exchange(january, '2026-01-06');
    expect(await payments(code)).toEqual([{ state: 'succeeded', payee_account: 'NEW-ACCOUNT' }]);
    expect(await broken(code)).toEqual([]);
  });
});
