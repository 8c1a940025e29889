import type { Client } from '@temporalio/client';
import pino from 'pino';
import { createClearingActivities } from '../../activities/fund/clearing';
import { confirmTransfers } from '../../db/fund/transfers';
import { postJournals } from '../../db/ledger';
import { loadPayments } from '../../db/payments';
import { saveCalendarYear, savePolicy } from '../../db/register';
import { verify } from '../../db/verify';
import { atPhase, Phase } from '../../domain/business-time';
import { period, plainDate, type Period } from '../../domain/plain-date';
import { approveCollectionOf, proposeCollection, recordCollection } from '../../operator/commands/collect-balance';
import type { CommandContext } from '../../operator/commands/context';
import { reopenClaimsOf } from '../../operator/commands/reopen-claims';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk, raisedOf, type FundDesk } from '../support/fund-desk';
import { claim, hospitalOf, openFundRegion, review, suspend, type ClaimOf } from '../support/fund-stage';
import { refusalOf } from '../support/ledger';
import { publishedPolicy, publishedYears } from '../support/published';

// A month that is settled for some while others wait – for money, for the bank's word, for a decision – overtakes nobody: what is
// late is settled once, in its order, and nothing of it twice (宿迁 2025-06-13 三(二)). Numbers by hand, in fen.

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
});
afterAll(() => database.drop());

const [JANUARY, FEBRUARY, MARCH] = [period('2026-01'), period('2026-02'), period('2026-03')];
const at = (on: string) => atPhase(plainDate(on), Phase.ApprovalsAndBank);
const contextOn = (on: string): CommandContext => ({
  db: database.app,
  client: {} as Client,
  log: pino({ level: 'silent' }),
  clock: { now: () => at(on) },
});
const broken = async (code: string) => (await verify(database.app, code)).filter(({ ok }) => !ok);
const aheadOf = (code: string, month: Period, number = 1, pool = 'employee') =>
  `fund/${code}/${month}/${hospitalOf(code, number)}/${pool}/preallocation`;
/** Everything that the bank has booked for a hospital. */
const paidTo = (desk: FundDesk, code: string, number = 1): bigint =>
  desk.bookings
    .filter(({ paymentId }) => paymentId.includes(hospitalOf(code, number)))
    .reduce((sum, { amountFen }) => sum + amountFen, 0n);

async function claimed(code: string, month: Period, on: string, claims: readonly ClaimOf[]): Promise<void> {
  if (claims.length > 0) await claim(database.owner, code, month, claims);
  else
    await database.owner('settle.claim_files').insert({
      region: code,
      period: month,
      sha256: 'a'.repeat(64),
      claims: 0,
      declared_fen: 0n,
      deducted_fen: 0n,
      imported_by: `${code}-officer`,
      imported_on: on,
      at_time: '10:00',
    });
  await review(database.owner, code, month, on);
}

async function settle(
  desk: FundDesk,
  code: string,
  month: Period,
  on: string,
  claims: readonly ClaimOf[],
): Promise<string> {
  const caseId = await desk.open(month);
  await claimed(code, month, on, claims);
  await desk.run(caseId, 'settlement', on);
  return caseId;
}

/** Money comes into the residents' account. */
const residentsGet = (code: string, amountFen: bigint) =>
  postJournals(database.app, code, [
    {
      book: 'fund',
      key: 'elsewhere',
      event: 'suspense-received',
      reference: 'elsewhere',
      caseId: `fund/${code}/2026-01`,
      date: plainDate('2026-03-16'),
      policy: { id: 'suqian-2025', version: '1', sha256: 'a'.repeat(64) },
      transfers: [{ debit: 'fund/cash/resident', credit: 'fund/suspense', amountFen }],
    },
  ]);

async function signed(code: string, on: string): Promise<boolean> {
  const clearing = createClearingActivities({ db: database.app, log: pino({ level: 'silent' }) } as never);
  const caseId = `clearing/${code}/2026-Q1`;
  await clearing.openClearing({ caseId, at: at('2026-04-01'), region: code, period: '2026-Q1' });
  return (await clearing.signClearing({ caseId, at: at(on) })).askAgainOn === null;
}

it('what a pool could not pay in January is paid when its money has come, though February was settled for others', async () => {
  const code = '321901';
  // 1,000.00 in each account; the residents' is 500.00 short.
  await openFundRegion(database, code, { cashFen: 100_000n }, []);
  const desk = createFundDesk(database.app, code);
  const january = await settle(desk, code, JANUARY, '2026-02-13', [
    { declaredFen: 5_000n },
    { pool: 'resident', declaredFen: 150_000n },
  ]);
  await settle(desk, code, FEBRUARY, '2026-03-13', [{ declaredFen: 6_000n }]);
  const march = await settle(desk, code, MARCH, '2026-04-14', [
    { declaredFen: 1_000n },
    { pool: 'resident', declaredFen: 7_000n },
  ]);
  // March does not overtake January in the residents' pool, and the quarter waits.
  expect(desk.bookings.map(({ amountFen }) => amountFen)).toEqual([5_000n, 6_000n, 1_000n]);
  expect(await signed(code, '2026-04-15')).toBe(false);
  await residentsGet(code, 900_000n);
  expect(await desk.look(january, '2026-04-15')).toMatchObject({ hasMore: true, prepares: true });
  await desk.run(january, 'settlement', '2026-04-15');
  await desk.run(march, 'settlement', '2026-04-16');
  expect(desk.bookings.slice(3).map(({ amountFen }) => amountFen)).toEqual([150_000n, 7_000n]);
  expect(await signed(code, '2026-04-17')).toBe(true);
  expect(await broken(code)).toEqual([]);
});

it('an advance of which the bank said nothing for months is taken off what comes after it', async () => {
  const code = '321902';
  // 1,200.00 in 2025: 30.00 ahead in January.
  await openFundRegion(database, code, {}, [{ amountFen: 120_000n }]);
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  const raised = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
  await desk.approve(january, raised, '2026-01-04');
  await desk.release(january, raised, '2026-01-04');
  desk.isAway = true;
  await desk.exchange(january, '2026-01-04');
  await claimed(code, JANUARY, '2026-02-12', [{ declaredFen: 0n }, { number: 2, declaredFen: 500n }]);
  const others = raisedOf(await desk.prepare(january, 'settlement', '2026-02-13'));
  await desk.approve(january, others, '2026-02-13');
  await desk.release(january, others, '2026-02-13');
  await settle(desk, code, FEBRUARY, '2026-03-13', [{ number: 2, declaredFen: 600n }]);
  const march = await settle(desk, code, MARCH, '2026-04-13', [{ declaredFen: 5_000n }]);
  // Nobody knows yet whether it has the 30.00.
  expect(paidTo(desk, code)).toBe(0n);
  desk.isAway = false;
  await desk.exchange(january, '2026-04-14');
  await desk.run(january, 'settlement', '2026-04-14');
  await desk.run(march, 'settlement', '2026-04-15');
  // 30.00 ahead of 50.00: 20.00 are left to pay.
  expect(paidTo(desk, code)).toBe(5_000n);
  expect(await broken(code)).toEqual([]);
});

it('a month that is over is paid nothing ahead any more, also when it begins again with money that was short', async () => {
  const code = '321903';
  await openFundRegion(database, code, { cashFen: 10_000n }, [
    { amountFen: 120_000n },
    // 300.00 a month, of which the residents' account has 100.00.
    { number: 2, pool: 'resident', amountFen: 1_200_000n },
  ]);
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  await desk.run(january, 'preallocation', '2026-01-04');
  await settle(desk, code, JANUARY, '2026-02-13', [{ declaredFen: 5_000n }]);
  await settle(desk, code, FEBRUARY, '2026-03-13', [{ declaredFen: 5_000n }]);
  await residentsGet(code, 900_000n);
  await desk.run(january, 'preallocation', '2026-03-17');
  await desk.run(january, 'settlement', '2026-03-18');
  await settle(desk, code, MARCH, '2026-04-14', [{ number: 2, pool: 'resident', declaredFen: 40_000n }]);
  expect(paidTo(desk, code, 2)).toBe(40_000n);
  expect(await broken(code)).toEqual([]);
});

it('what is owed again is paid once, also while two months are being decided', async () => {
  const code = '321904';
  await openFundRegion(database, code, { cashFen: 1_000_000n }, [{ amountFen: 120_000n }]);
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  await desk.run(january, 'preallocation', '2026-01-04');
  await settle(desk, code, JANUARY, '2026-02-13', [{ declaredFen: 3_000n }]);
  // February has nothing of hospital 1, and the residents' account is too small for hospital 2.
  const february = await settle(desk, code, FEBRUARY, '2026-03-13', [
    { number: 2, declaredFen: 700n },
    { number: 2, pool: 'resident', declaredFen: 1_500_000n },
  ]);
  desk.returns(aheadOf(code, JANUARY), '2026-03-16');
  await desk.exchange(january, '2026-03-16');
  await desk.act(january, 'cancel', [aheadOf(code, JANUARY)], '2026-03-16');
  await residentsGet(code, 1_000_000n);
  // The 30.00 are in February's second request, whose levels take their time.
  const first = raisedOf(await desk.prepare(february, 'settlement', '2026-03-17'));
  const march = await desk.open(MARCH);
  await claimed(code, MARCH, '2026-04-10', [{ declaredFen: 5_000n }]);
  expect(await desk.prepare(march, 'settlement', '2026-04-13')).toBeNull();
  await desk.approve(february, first, '2026-04-13');
  await desk.release(february, first, '2026-04-13');
  await desk.exchange(february, '2026-04-13');
  expect(await desk.look(march, '2026-04-14')).toMatchObject({ hasMore: true, prepares: true });
  await desk.run(march, 'settlement', '2026-04-14');
  // 30.00 ahead, which came back, 30.00 again, and March's 50.00.
  expect(paidTo(desk, code)).toBe(11_000n);
  expect(await broken(code)).toEqual([]);
});

it('what an operator corrected in a month before a settled one is raised again after a rejection', async () => {
  const code = '321905';
  await openFundRegion(database, code, { cashFen: 100_000n }, []);
  const rejectsFirst = (paymentId: string, attempt: number) => paymentId.includes('/2026-01/') && attempt === 1;
  const desk = createFundDesk(database.app, code, rejectsFirst);
  const january = await settle(desk, code, JANUARY, '2026-02-13', [{ declaredFen: 5_000n }]);
  await settle(desk, code, FEBRUARY, '2026-03-13', [{ number: 2, declaredFen: 6_000n }]);
  const paymentId = `fund/${code}/2026-01/${hospitalOf(code)}/employee/settlement`;
  const corrected = await desk.correct(january, paymentId, '2026-03-16');
  await desk.reject(january, corrected, '2026-03-16');
  const again = raisedOf(await desk.prepare(january, 'settlement', '2026-03-17'));
  await desk.approve(january, again, '2026-03-17');
  await desk.release(january, again, '2026-03-17');
  await desk.exchange(january, '2026-03-17');
  expect(paidTo(desk, code)).toBe(5_000n);
  expect(await broken(code)).toEqual([]);
});

describe('claims of a month that is final', () => {
  const reopened = (code: string, month: Period, on: string) =>
    refusalOf(
      reopenClaimsOf(contextOn(on), {
        region: code,
        period: month,
        person: `${code}-business-head`,
        reason: '示例：迟报',
      }),
    );

  it('are not opened again where nobody claimed', async () => {
    const code = '321906';
    await openFundRegion(database, code, {}, []);
    const desk = createFundDesk(database.app, code);
    await settle(desk, code, JANUARY, '2026-02-11', []);
    expect(await reopened(code, JANUARY, '2026-02-12')).toBe('CaseStateInvalid');
  });

  it('are not opened again where held money was released only', async () => {
    const code = '321907';
    await openFundRegion(database, code, {}, []);
    const desk = createFundDesk(database.app, code);
    await suspend(database.owner, code, { from: '2026-02-01', correctedOn: '2026-03-05' });
    await settle(desk, code, JANUARY, '2026-02-13', [{ declaredFen: 8_000n }]);
    await settle(desk, code, FEBRUARY, '2026-03-13', []);
    expect(paidTo(desk, code)).toBe(8_000n);
    expect(await reopened(code, FEBRUARY, '2026-03-16')).toBe('CaseStateInvalid');
  });
});

it('money for a balance waits while a settlement that takes the balance off is being decided, which is released as it is', async () => {
  const code = '321908';
  await openFundRegion(database, code);
  const desk = createFundDesk(database.app, code);
  await desk.run(await desk.open(JANUARY), 'preallocation', '2026-01-04');
  const february = await desk.open(FEBRUARY);
  await settle(desk, code, JANUARY, '2026-02-13', [{ declaredFen: 0n }]);
  const about = { region: code, institution: hospitalOf(code), pool: 'employee' as const };
  const { collectionId: id } = await proposeCollection(contextOn('2026-02-20'), {
    ...about,
    reason: '示例：退出即时结算',
    person: `${code}-business-head`,
  });
  await approveCollectionOf(contextOn('2026-02-20'), { region: code, id, person: `${code}-director` });
  await claimed(code, FEBRUARY, '2026-03-12', [{ declaredFen: 5_000n }, { number: 2, declaredFen: 90_000n }]);
  const raised = raisedOf(await desk.prepare(february, 'settlement', '2026-03-13'));
  const record = () =>
    refusalOf(
      recordCollection(contextOn('2026-03-13'), {
        region: code,
        id,
        person: `${code}-operator`,
        receiptId: `R-${code}`,
        receivedOn: plainDate('2026-03-13'),
      }),
    );
  expect(await record()).toBe('CaseStateInvalid');
  await desk.approve(february, raised, '2026-03-13');
  await desk.release(february, raised, '2026-03-13');
  await desk.exchange(february, '2026-03-13');
  // 30.00 ahead of 50.00, and hospital 2's 900.00; nothing is owed any more.
  expect([paidTo(desk, code), paidTo(desk, code, 2)]).toEqual([5_000n, 90_000n]);
  expect(await record()).toBe('CaseStateInvalid');
  expect(await broken(code)).toEqual([]);
});

it('a transfer that the finance department is confirming is not withdrawn by the engine meanwhile', async () => {
  const code = '321909';
  await openFundRegion(database, code, { cashFen: 1_000n, depositFen: 100_000n });
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  const { requestId, ...raised } = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
  await desk.approve(january, { requestId, ...raised }, '2026-01-04');
  await claimed(code, JANUARY, '2026-02-12', [{ declaredFen: 500n }]);
  const confirming = await database.app.transaction();
  const person = `${code}-treasury`;
  await confirmTransfers(confirming, { requestId, person, evidence: '示例拨款凭证', on: '2026-02-13' });
  // The look at 14:00 withdraws what the month is settled without.
  const looking = desk.look(january, '2026-02-13');
  await new Promise((done) => setTimeout(done, 300));
  await confirming.commit();
  await looking;
  const request = await database.app('settle.approval_requests').where({ request_id: requestId }).first('state');
  expect(request).toEqual({ state: 'approved' });
  expect((await loadPayments(database.app, { requestId })).map(({ state }) => state)).toEqual(['approved']);
});
