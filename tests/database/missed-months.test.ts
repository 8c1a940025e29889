import { openCase, publishCase } from '../../db/cases';
import { awaitedByMonth } from '../../db/missed-months';
import { savePrepayments, saveReturnPlans } from '../../db/prepayments';
import { saveCalendarYear } from '../../db/register';
import { insertReceipt } from '../../db/return-receipts';
import { atPhase, Phase } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { firstDayOf, period, plainDate } from '../../domain/plain-date';
import { poolFen } from '../../domain/pools';
import { planReturns } from '../../domain/return-plan';
import { AT, REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { publishedPolicy, publishedYears } from '../support/published';

// Nothing ran in June and July 2026, and it is 5 August when it runs again. One body was prepaid 1,000.00: 100.00 a month.

const POLICY = publishedPolicy('xinjiang-2025-50');
const BODY = 'H65050000001';
const BACK_ON = '2026-08-05';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  const { app, owner } = database;
  await saveSmallRegion(owner);
  for (const year of publishedYears()) await saveCalendarYear(owner, year);
  const caseId = caseIds.prepayment(REGION, 2026);
  await openCase(app, { caseId, region: REGION, kind: 'prepayment', period: '2026', policy: POLICY, at: AT });
  await app('settle.cases').where({ case_id: caseId }).update({ closed_on: '2026-03-03' });
  const pools = poolFen((pool) => (pool === 'employee' ? 100_000n : 0n));
  const rows = [{ institution: BODY, baseFen: 200_000n, ratio: '0.5', amountFen: 100_000n, pools }];
  await savePrepayments(app, { region: REGION, year: 2026, caseId, rows, paymentIdOf: () => 'disbursement' });
  const returns = planReturns({ amountFen: 100_000n, pools, policy: POLICY.policy.prepayment!, year: 2026 });
  await saveReturnPlans(app, REGION, 2026, [{ institution: BODY, returns }]);
  for (const month of ['2026-04', '2026-05']) await receive(month);
});
afterEach(() => database.drop());

const awaited = (month: string, today = BACK_ON): Promise<string | undefined> =>
  awaitedByMonth(database.app, {
    region: REGION,
    firstOfMonth: firstDayOf(period(month)),
    today: plainDate(today),
    since: plainDate(BACK_ON),
  });

async function receive(month: string): Promise<void> {
  await insertReceipt(database.app, {
    receiptId: `receipt/${month}`,
    region: REGION,
    institution: BODY,
    period: month,
    receivedOn: plainDate(`${month}-15`),
    fromUnusedFen: 0n,
    paidInFen: 10_000n,
    excessFen: 0n,
    pools: poolFen((pool) => (pool === 'employee' ? 10_000n : 0n)),
    recordedBy: BODY,
  });
}

/** A return case that began on a day and has not made up its move. */
async function begin(month: string, on: string): Promise<void> {
  const at = atPhase(plainDate(on), Phase.Deadline);
  const caseId = caseIds.prepaymentReturn(REGION, period(month));
  await openCase(database.app, { caseId, region: REGION, kind: 'return', period: month, policy: POLICY, at });
}

const close = (month: string): Promise<unknown> =>
  database
    .app('settle.cases')
    .where({ case_id: `return/${REGION}/${month}` })
    .update({ closed_on: BACK_ON });

it('the first month of a gap waits until every return that fell due is recorded', async () => {
  expect(await awaited('2026-06')).toBe(`receipts/${REGION}/2026-06`);
  await receive('2026-06');
  expect(await awaited('2026-06')).toBe(`receipts/${REGION}/2026-07`);
  await receive('2026-07');
  expect(await awaited('2026-06')).toBeUndefined();
});

it('it waits three days and no longer, with one alert', async () => {
  await awaited('2026-06');
  expect(await awaited('2026-06', '2026-08-07')).toBe(`receipts/${REGION}/2026-06`);
  expect(await awaited('2026-06', '2026-08-08')).toBeUndefined();
  expect(await database.app('settle.alerts').select('kind', 'case_id', 'on_date')).toEqual([
    { kind: 'receipts-awaited', case_id: `prepayment/${REGION}/2026`, on_date: BACK_ON },
  ]);
});

it('a month waits for the move of an earlier one, unless that waits for a calendar', async () => {
  await begin('2026-06', BACK_ON);
  expect(await awaited('2026-07')).toBe(`return/${REGION}/2026-06`);
  const caseId = `return/${REGION}/2026-06`;
  await publishCase(database.app, { caseId, state: 'calendar', nextDue: null }, { run: 'first', step: 1 });
  expect(await awaited('2026-07')).toBeUndefined();
});

it('the later months of a gap wait for no receipts: the first one has', async () => {
  await begin('2026-06', BACK_ON);
  await close('2026-06');
  expect(await awaited('2026-07')).toBeUndefined();
});

it('a month before which nothing is missing waits though the month before it ran', async () => {
  await begin('2026-06', '2026-06-01');
  await close('2026-06');
  await receive('2026-06');
  expect(await awaited('2026-07')).toBe(`receipts/${REGION}/2026-07`);
});

it('a month that has begun, and one whose move lies ahead, wait for no receipts', async () => {
  await begin('2026-06', '2026-06-01');
  expect(await awaited('2026-06')).toBeUndefined();
  await close('2026-06');
  expect(await awaited('2026-08')).toBeUndefined();
});
