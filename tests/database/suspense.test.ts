import pino from 'pino';
import type { Client } from '@temporalio/client';
import type { Bank, BankEntry } from '../../activities/bank/port';
import { balanceOf, postJournals } from '../../db/ledger';
import { agencyAccounts, saveCalendarYear } from '../../db/register';
import { atPhase, Phase, type BusinessMoment } from '../../domain/business-time';
import { addDays, type PlainDate } from '../../domain/plain-date';
import { reconcile, signOff } from '../../operator/commands/reconcile';
import { receiveSuspense, resolveSuspense, type ResolveCommand } from '../../operator/commands/suspense';
import { DAY, PEOPLE, REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { journal, refusalOf, transfer } from '../support/ledger';
import { publishedYears } from '../support/published';

// Money that nobody can place, against statements written out by hand (DESIGN 6).

const AT_BANK = agencyAccounts.supervised(REGION);
const FUND_AT_BANK = agencyAccounts.fund(REGION, 'employee');
const CASH = 'supervised/cash';
const SUSPENSE = 'supervised/suspense';
const HOSPITAL = 'H65050000003';
const OWN = `supervised/ledger/${HOSPITAL}/own`;
const NEXT_DAY = addDays(DAY, 1);

let database: TestDatabase;
let now: BusinessMoment;
let entries: (BankEntry & { account: string })[];

beforeEach(async () => {
  database = await createTestDatabase();
  now = atPhase(NEXT_DAY, Phase.PeopleAct);
  entries = [];
  await saveSmallRegion(database.owner);
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
  const opening = journal('opening', 'opening', [transfer('fund/cash/employee', 'fund/opening/employee', 10_000n)], {
    date: '2026-01-01',
    reference: `opening/${REGION}`,
  });
  await postJournals(database.app, REGION, [opening]);
});
afterEach(() => database.drop());

const statements: Pick<Bank, 'statement'> = {
  statement(account, date) {
    const signed = (each: BankEntry): bigint => (each.direction === 'credit' ? each.amountFen : -each.amountFen);
    const of = entries.filter((each) => each.account === account);
    const start = account === FUND_AT_BANK ? 10_000n : 0n;
    const openingFen = of.filter((each) => each.bookedOn < date).reduce((sum, each) => sum + signed(each), start);
    const booked = of.filter((each) => each.bookedOn === date);
    const closingFen = booked.reduce((sum, each) => sum + signed(each), openingFen);
    return Promise.resolve({ account, date, openingFen, closingFen, entries: booked });
  },
};

const context = () => ({
  db: database.app,
  bank: statements,
  client: undefined as unknown as Client,
  clock: { now: () => now },
  log: pino({ level: 'silent' }),
});

function arrives(bankReference: string, amountFen: bigint, more: Partial<BankEntry & { account: string }> = {}): void {
  const text = '示例：用途不明';
  entries.push({ account: AT_BANK, direction: 'credit', bookedOn: DAY, bankReference, amountFen, text, ...more });
}

const run = (date: PlainDate = DAY) => reconcile(context(), { region: REGION, date, person: PEOPLE.accountant });
const balance = (account: string): Promise<bigint> => balanceOf(database.app, REGION, account);

/** The number of the exception that the bank's line is. */
async function exceptionOf(bankReference: string, date: PlainDate = DAY): Promise<bigint> {
  const { open } = await run(date);
  return open.find((each) => each.bankReference === bankReference)!.exceptionId;
}

const receive = (exceptionId: bigint, changes: { person?: string; reason?: string; dryRun?: boolean } = {}) =>
  receiveSuspense(context(), {
    exceptionId,
    person: PEOPLE.accountant,
    reason: '示例：已去函查询',
    dryRun: false,
    ...changes,
  });

const resolve = (suspenseId: string, target: ResolveCommand['target'], changes: Partial<ResolveCommand> = {}) =>
  resolveSuspense(context(), {
    suspenseId,
    target,
    person: PEOPLE.accountant,
    reason: '示例：医院来函确认',
    dryRun: false,
    ...changes,
  });

const own = { kind: 'own', institution: HOSPITAL } as const;

it('is booked on the bank’s day, closes its exception, and the day agrees with the bank', async () => {
  arrives('B-1', 700n);
  const exceptionId = await exceptionOf('B-1');
  const item = await receive(exceptionId);
  expect(item).toMatchObject({
    suspenseId: `suspense/${exceptionId}`,
    amountFen: 700n,
    leftFen: 700n,
    receivedOn: DAY,
  });
  expect(await balance(CASH)).toBe(700n);
  expect(await balance(SUSPENSE)).toBe(-700n);
  expect(await run()).toMatchObject({ counts: { matched: 1, 'bank-only': 0, 'ledger-only': 0 }, open: [] });
  await signOff(context(), { region: REGION, date: DAY, person: PEOPLE.accountant });
});

it('is received once: the same again changes nothing, with another reason it is refused', async () => {
  arrives('B-1', 700n);
  const exceptionId = await exceptionOf('B-1');
  await receive(exceptionId);
  await receive(exceptionId);
  expect(await balance(SUSPENSE)).toBe(-700n);
  expect(await refusalOf(receive(exceptionId, { reason: '示例：另一理由' }))).toBe('IdempotencyConflict');
});

it('a dry run leaves the books, the exception and the attempts as they were', async () => {
  arrives('B-1', 700n);
  const exceptionId = await exceptionOf('B-1');
  const attempts = async () => (await database.app('settle.decision_attempts').count())[0]!.count;
  const before = await attempts();
  expect(await receive(exceptionId, { dryRun: true })).toMatchObject({ leftFen: 700n });
  expect(await balance(SUSPENSE)).toBe(0n);
  expect(await attempts()).toBe(before);
  expect((await run()).open).toHaveLength(1);
});

it.each([
  ['without a reason', { reason: ' ' }, 'ReasonMissing'],
  ['by a cashier', { person: PEOPLE.cashier }, 'AccountantRoleMissing'],
  ['by nobody of the staff', { person: PEOPLE.nobody }, 'PersonUnknown'],
])('%s it is refused, and the attempt is kept', async (_, changes, code) => {
  arrives('B-1', 700n);
  const exceptionId = await exceptionOf('B-1');
  expect(await refusalOf(receive(exceptionId, changes))).toBe(code);
  expect(await balance(SUSPENSE)).toBe(0n);
  const attempt = await database.app('settle.decision_outcomes').where({ outcome: code });
  expect(attempt).toHaveLength(1);
});

it('what left the account, what the books have too and what there is not, is no money in suspense', async () => {
  arrives('FEE', 10n, { direction: 'debit', account: FUND_AT_BANK });
  const fee = await exceptionOf('FEE');
  expect(await refusalOf(receive(fee))).toBe('SuspenseInvalid');
  expect(await refusalOf(receive(99n))).toBe('NotFound');
  const raw = database.app('settle.suspense_items').insert({
    suspense_id: 'suspense/raw',
    exception_id: fee.toString(),
    region: REGION,
    account: 'fund/cash/employee',
    bank_reference: 'FEE',
    amount_fen: 10,
    received_on: DAY,
    person: PEOPLE.accountant,
    reason: 'x',
    recorded_on: NEXT_DAY,
    at_time: '10:00',
  });
  expect(await refusalOf(raw)).toBe('SuspenseInvalid');
});

it('nothing is booked to a day that is signed off', async () => {
  arrives('B-1', 700n);
  const exceptionId = await exceptionOf('B-1');
  await database.app('settle.reconciliation_closings').insert({
    exception_id: exceptionId.toString(),
    person: PEOPLE.accountant,
    reason: '示例',
    closed_on: NEXT_DAY,
    at_time: '10:00',
  });
  await signOff(context(), { region: REGION, date: DAY, person: PEOPLE.accountant });
  expect(await refusalOf(receive(exceptionId))).toBe('AppendOnly');
});

it('is placed in parts, none twice and never more than there is', async () => {
  arrives('B-1', 700n);
  const { suspenseId } = await receive(await exceptionOf('B-1'));
  expect(await resolve(suspenseId, own, { amountFen: 200n })).toMatchObject({ item: { leftFen: 500n } });
  await resolve(suspenseId, own, { amountFen: 200n });
  expect(await balance(OWN)).toBe(-200n);
  expect(await refusalOf(resolve(suspenseId, own, { amountFen: 300n }))).toBe('IdempotencyConflict');
  const second = { key: '示例-2', amountFen: 501n };
  expect(await refusalOf(resolve(suspenseId, own, second))).toBe('SuspenseInvalid');
  expect(await resolve(suspenseId, own, { key: '示例-2' })).toMatchObject({
    resolution: { amountFen: 500n },
    item: { leftFen: 0n },
  });
  expect(await balance(OWN)).toBe(-700n);
  expect(await balance(SUSPENSE)).toBe(0n);
  expect(await refusalOf(resolve(suspenseId, own, { key: '示例-3' }))).toBe('SuspenseInvalid');
});

it('goes nowhere without a reason, an accountant, a plan or the right book', async () => {
  arrives('B-1', 700n);
  const { suspenseId } = await receive(await exceptionOf('B-1'));
  expect(await refusalOf(resolve(suspenseId, own, { reason: '' }))).toBe('ReasonMissing');
  expect(await refusalOf(resolve(suspenseId, own, { person: PEOPLE.cashier }))).toBe('AccountantRoleMissing');
  expect(await refusalOf(resolve('suspense/99', own))).toBe('NotFound');
  const unplanned = { kind: 'return', institution: HOSPITAL, period: '2026-04' } as const;
  expect(await refusalOf(resolve(suspenseId, unplanned))).toBe('ReturnNotDue');
  const otherBook = { kind: 'instant', institution: HOSPITAL, pool: 'employee' } as const;
  expect(await refusalOf(resolve(suspenseId, otherBook))).toBe('LedgerPostingForbidden');
  expect(await balance(SUSPENSE)).toBe(-700n);
  expect(await database.app('settle.suspense_resolutions')).toEqual([]);
});

it('leaves the account only where the bank took it back, by the bank’s own line', async () => {
  arrives('B-1', 700n);
  arrives('B-2', 700n, { direction: 'debit', bookedOn: NEXT_DAY });
  arrives('B-3', 699n, { direction: 'debit', bookedOn: NEXT_DAY });
  const { suspenseId } = await receive(await exceptionOf('B-1'));
  now = atPhase(addDays(DAY, 2), Phase.PeopleAct);
  const back = await exceptionOf('B-2', NEXT_DAY);
  const other = await exceptionOf('B-3', NEXT_DAY);
  const taken = (exceptionId: bigint) => ({ kind: 'taken-back', exceptionId }) as const;
  expect(await refusalOf(resolve(suspenseId, taken(other)))).toBe('SuspenseInvalid');
  await resolve(suspenseId, taken(back));
  expect(await balance(CASH)).toBe(0n);
  expect(await balance(SUSPENSE)).toBe(0n);
  const again = await run(NEXT_DAY);
  expect(again.counts).toMatchObject({ matched: 1, 'bank-only': 1, 'ledger-only': 0 });
  expect(again.open.map(({ bankReference }) => bankReference)).toEqual(['B-3']);
});

it.each(['suspense_items', 'suspense_resolutions'])('%s are append-only', async (table) => {
  arrives('B-1', 700n);
  const { suspenseId } = await receive(await exceptionOf('B-1'));
  await resolve(suspenseId, own);
  expect(await refusalOf(database.app.raw(`update settle.${table} set reason = 'x'`))).toBe('42501');
  expect(await refusalOf(database.owner.raw(`update settle.${table} set reason = 'x'`))).toBe('AppendOnly');
  expect(await refusalOf(database.owner.raw(`delete from settle.${table}`))).toBe('AppendOnly');
});
