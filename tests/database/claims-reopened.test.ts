import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import pino from 'pino';
import { saveCalendarYear, savePolicy } from '../../db/register';
import { period as toPeriod, plainDate } from '../../domain/plain-date';
import type { CommandContext } from '../../operator/commands/context';
import { importClaims } from '../../operator/commands/import-claims';
import { reopenClaimsOf } from '../../operator/commands/reopen-claims';
import { reviewClaims } from '../../operator/commands/review-claims';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk, raisedOf, type FundDesk } from '../support/fund-desk';
import { hospitalOf, openFundRegion } from '../support/fund-stage';
import { refusalOf } from '../support/ledger';
import { publishedPolicy, publishedYears } from '../support/published';

// A settlement that is rejected for a wrong claim is put right: the re-check is taken back, and both reviews are done again (DESIGN 5.3).

const REGION = '321300';
const JANUARY = { region: REGION, period: toPeriod('2026-01') };
const person = (role: string): string => `${REGION}-${role}`;
let database: TestDatabase;
let desk: FundDesk;
let context: CommandContext;
let today: string;
let directory: string;

beforeEach(async () => {
  database = await createTestDatabase();
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
  await savePolicy(database.owner, { ...publishedPolicy('suqian-2025'), sha256: '5'.repeat(64) });
  // 1,200.00 in 2025: 30.00 a month are paid ahead.
  await openFundRegion(database, REGION, {}, [{ amountFen: 120_000n }]);
  desk = createFundDesk(database.app, REGION);
  const clock = { now: () => ({ date: plainDate(today), time: '10:00' }) };
  context = { db: database.app, client: {} as Client, log: pino({ level: 'silent' }), clock };
  directory = mkdtempSync(join(tmpdir(), 'settle-reopened-'));
});
afterEach(async () => {
  rmSync(directory, { recursive: true });
  await database.drop();
});

async function take(amount: string, replace = false): Promise<void> {
  const path = join(directory, 'claims-2026-01.csv');
  writeFileSync(path, `institution,pool,declared,deducted\n${hospitalOf(REGION)},employee,${amount},0\n`);
  await importClaims(context, path, { region: REGION, person: person('officer'), replace });
}

async function reviewed(on: string): Promise<void> {
  today = on;
  await reviewClaims(context, { ...JANUARY, step: 'first-review', person: person('officer') });
  await reviewClaims(context, { ...JANUARY, step: 're-check', person: person('business-head') });
}

const reopen = (role = 'business-head', reason = '示例：一笔申报金额有误') =>
  reopenClaimsOf(context, { ...JANUARY, person: person(role), reason });

async function rows() {
  return database
    .app('settle.settlements')
    .where(JANUARY)
    .select<object[]>('payable_fen as payable', 'paid_fen as paid', 'settled_on as settledOn');
}

it('claims that are opened again make the settlement void; it is prepared anew after their next re-check, and paid once', async () => {
  const caseId = await desk.open(JANUARY.period);
  await desk.run(caseId, 'preallocation', '2026-01-04');
  today = '2026-02-09';
  await take('100.00');
  await reviewed('2026-02-10');
  const first = raisedOf(await desk.prepare(caseId, 'settlement', '2026-02-11'));
  today = '2026-02-11';
  await reopen();
  // Nobody approves what was worked out from them.
  expect(await refusalOf(desk.approve(caseId, first, '2026-02-11'))).toBe('ApprovalContentChanged');
  await desk.reject(caseId, first, '2026-02-11');
  // What the case prepares at once after the rejection is nothing, and its stage goes back.
  expect(await desk.prepare(caseId, 'settlement', '2026-02-11')).toBeNull();
  expect(await rows()).toEqual([]);
  expect(await desk.look(caseId, '2026-02-12')).toMatchObject({
    stage: 'preallocation',
    prepares: false,
    hasMore: true,
  });

  today = '2026-02-12';
  await take('90.00', true);
  await reviewed('2026-02-12');
  expect(await desk.look(caseId, '2026-02-13')).toMatchObject({ stage: 'settlement', prepares: true });
  await desk.run(caseId, 'settlement', '2026-02-13');
  // 90.00 less the 30.00 of the pre-allocation.
  expect(await rows()).toEqual([{ payable: 9_000n, paid: 6_000n, settledOn: '2026-02-13' }]);
  expect(desk.bookings.map(({ amountFen }) => amountFen)).toEqual([3_000n, 6_000n]);
  expect(await refusalOf(reopen())).toBe('CaseStateInvalid');
});

it('deductions are corrected on the same file: both reviews are done again, and a review of before counts no more', async () => {
  today = '2026-02-09';
  await take('100.00');
  const off = (deductedFen: bigint) => [
    { institution: hospitalOf(REGION), pool: 'employee' as const, deductedFen, reason: '示例：超限定支付范围' },
  ];
  await reviewClaims(context, { ...JANUARY, step: 'first-review', person: person('officer'), deductions: off(4_000n) });
  expect(await refusalOf(reopen())).toBe('CaseStateInvalid');
  await reviewClaims(context, { ...JANUARY, step: 're-check', person: person('business-head') });
  expect(await refusalOf(reopen('officer'))).toBe('ApprovalRoleMissing');
  expect(await refusalOf(reopen('business-head', ' '))).toBe('ReasonMissing');
  await reopen();
  expect(
    await refusalOf(reviewClaims(context, { ...JANUARY, step: 're-check', person: person('business-head') })),
  ).toBe('ApprovalOutOfOrder');
  const again = { ...JANUARY, step: 'first-review' as const, person: person('officer') };
  expect(await reviewClaims(context, { ...again, deductions: off(1_000n) })).toMatchObject({ deductedFen: 1_000n });
});

it('each of them stands in the history, also where one is as another was in the same minute', async () => {
  const caseId = await desk.open(JANUARY.period);
  today = '2026-02-09';
  await take('100.00');
  await take('90.00', true);
  await take('100.00', true);
  await reviewed('2026-02-09');
  await reopen();
  await reviewed('2026-02-09');
  await reopen();
  const told = await database
    .app('settle.case_events')
    .where('case_id', caseId)
    .orderBy('event_id')
    .pluck<string[]>('event');
  const round = ['claims-reviewed', 'claims-re-checked', 'claims-reopened'];
  expect(told.filter((event) => event.startsWith('claims-'))).toEqual([
    'claims-imported',
    'claims-imported',
    'claims-imported',
    ...round,
    ...round,
  ]);
});

it('a settlement that has all its approvals is not opened again, by raw SQL either', async () => {
  const caseId = await desk.open(JANUARY.period);
  await desk.run(caseId, 'preallocation', '2026-01-04');
  today = '2026-02-09';
  await take('100.00');
  await reviewed('2026-02-10');
  const raised = raisedOf(await desk.prepare(caseId, 'settlement', '2026-02-11'));
  await desk.approve(caseId, raised, '2026-02-11');
  const reopening = { ...JANUARY, reason: '示例', reopened_on: '2026-02-11', at_time: '16:00' };
  expect(
    await refusalOf(
      database.app('settle.claim_reopenings').insert({ ...reopening, reopened_by: person('business-head') }),
    ),
  ).toBe('CaseStateInvalid');
  await desk.release(caseId, raised, '2026-02-11');
  await desk.exchange(caseId, '2026-02-11');
  expect(await rows()).toEqual([{ payable: 10_000n, paid: 7_000n, settledOn: '2026-02-11' }]);
});
