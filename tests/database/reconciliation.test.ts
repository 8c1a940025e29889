import pino from 'pino';
import { createBankActivities } from '../../activities/payments/bank-exchange';
import type { Bank, BankEntry } from '../../activities/bank/port';
import { BankUnreachable } from '../../activities/bank/port';
import { postJournals } from '../../db/ledger';
import { changePayments } from '../../db/payments';
import { loadExceptions, loadLines, loadSignOff } from '../../db/reconciliation';
import { agencyAccounts, saveCalendarYear } from '../../db/register';
import { atPhase, Phase, type BusinessMoment } from '../../domain/business-time';
import type { Journal } from '../../domain/ledger';
import { addDays, plainDate, type PlainDate } from '../../domain/plain-date';
import { closeException, reconcile, signOff } from '../../operator/commands/reconcile';
import {
  approveLevels,
  AT,
  DAY,
  PEOPLE,
  raiseCase,
  rawRelease,
  REGION,
  saveSmallRegion,
  type RaisedCase,
} from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { journal, refusalOf, transfer } from '../support/ledger';
import { publishedYears } from '../support/published';

// The bank's statement is written out by hand here, so that each kind of difference can be made (DESIGN 6).

const FUND = 'fund/cash/employee';
const SUPERVISED = 'supervised/cash';
const FUND_AT_BANK = agencyAccounts.fund(REGION, 'employee');
const SUPERVISED_AT_BANK = agencyAccounts.supervised(REGION);
const HOSPITAL = 'H65050000003';

let database: TestDatabase;
let now: BusinessMoment;
let entries: Record<string, BankEntry[]>;
let openings: Record<string, bigint>;

beforeEach(async () => {
  database = await createTestDatabase();
  now = atPhase(addDays(DAY, 1), Phase.PeopleAct);
  entries = {};
  openings = { [FUND_AT_BANK]: 10_000n };
  await saveSmallRegion(database.owner);
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
  const opening = journal('opening', 'opening', [transfer(FUND, 'fund/opening/employee', 10_000n)], {
    date: '2026-01-01',
    reference: `opening/${REGION}`,
  });
  await postJournals(database.app, REGION, [opening]);
});
afterEach(() => database.drop());

const statements: Pick<Bank, 'statement'> = {
  statement(account, date) {
    const booked = (entries[account] ?? []).filter((entry) => entry.bookedOn === date);
    const openingFen = openings[account] ?? 0n;
    const moved = booked.reduce(
      (sum, each) => sum + (each.direction === 'credit' ? each.amountFen : -each.amountFen),
      0n,
    );
    return Promise.resolve({ account, date, openingFen, closingFen: openingFen + moved, entries: booked });
  },
};

const context = () => ({
  db: database.app,
  bank: statements,
  clock: { now: () => now },
  log: pino({ level: 'silent' }),
});
const run = (date: PlainDate = DAY) => reconcile(context(), { region: REGION, date, person: PEOPLE.accountant });
const sign = (person: string = PEOPLE.accountant, date: PlainDate = DAY) =>
  signOff(context(), { region: REGION, date, person });
const close = (exceptionId: bigint, changes: { person?: string; reason?: string } = {}) =>
  closeException(context(), { exceptionId, person: PEOPLE.accountant, reason: 'bank fee, voucher 12', ...changes });

function onStatement(account: string, entry: Partial<BankEntry> & { bankReference: string; amountFen: bigint }): void {
  const full: BankEntry = { direction: 'debit', bookedOn: DAY, ...entry };
  (entries[account] ??= []).push(full);
}

/** Pays 10.00 and 20.00 to the supervised account, and gives the bank's entries of both sides. */
async function paidCase(): Promise<RaisedCase> {
  const raised = await raiseCase(database.app);
  await approveLevels(database.app, raised);
  await rawRelease(database.app, raised);
  for (const to of ['approved', 'released'] as const)
    await changePayments(database.app, raised.paymentIds, { to, at: AT, actor: 'test' });
  const bank: Bank = {
    ...statements,
    send: (batch) =>
      Promise.resolve({
        messageId: batch.messageId,
        answers: batch.instructions.map(({ endToEndId }) => ({ endToEndId, state: 'accepted' as const })),
      }),
    ask: ({ payments }) =>
      Promise.resolve(
        payments.map(({ endToEndId, amountFen }) => {
          const common = { amountFen, endToEndId };
          onStatement(FUND_AT_BANK, { ...common, bankReference: `B-${endToEndId}` });
          onStatement(SUPERVISED_AT_BANK, { ...common, bankReference: `C-${endToEndId}`, direction: 'credit' });
          return { endToEndId, state: 'booked' as const, bookedOn: DAY, bankReference: `B-${endToEndId}` };
        }),
      ),
  };
  const activities = createBankActivities({ ...context(), bank, heartbeat: () => undefined });
  await activities.sendReleasedPayments({ caseId: raised.caseId, at: AT });
  await activities.askBank({ caseId: raised.caseId, at: AT });
  return raised;
}

/** What a hospital paid in: 5.00 that were due and 1.00 more, one entry at the bank. */
async function recordedReceipt(receiptId: string, institution = HOSPITAL): Promise<void> {
  const posting = (event: 'return-received' | 'return-excess', credit: string, amountFen: bigint): Journal =>
    journal(`${receiptId}/${event}`, event, [transfer(SUPERVISED, credit, amountFen)], {
      date: DAY,
      reference: receiptId,
    });
  await postJournals(database.app, REGION, [
    posting('return-received', `supervised/ledger/${institution}/returning`, 500n),
    posting('return-excess', `supervised/ledger/${institution}/own`, 100n),
  ]);
}

const paidIn = (changes: Partial<BankEntry>): void =>
  onStatement(SUPERVISED_AT_BANK, { bankReference: 'I1', amountFen: 600n, direction: 'credit', ...changes });

const classes = async (runId: bigint): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await loadLines(database.app, runId)).map((line) => [line.bankReference ?? line.ledgerKey!, line.class]),
  );

describe('a day on which the books and the bank agree', () => {
  it('is matched by the end-to-end ids, on both accounts of a payment', async () => {
    await paidCase();
    const result = await run();
    expect(result.counts).toEqual({
      matched: 4,
      'bank-only': 0,
      'ledger-only': 0,
      'amount-differs': 0,
      'payee-differs': 0,
    });
    expect(result.open).toEqual([]);
    expect(result.accounts).toContainEqual({
      account: FUND,
      bankAccount: FUND_AT_BANK,
      bankClosingFen: 7_000n,
      ledgerClosingFen: 7_000n,
    });
  });

  it('is no match where the bank names another creditor than was approved', async () => {
    await paidCase();
    const [first, ...others] = entries[FUND_AT_BANK]!;
    const approved = { counterpartyAccount: SUPERVISED_AT_BANK };
    entries[FUND_AT_BANK] = [
      { ...first!, counterpartyName: '示例他人', counterpartyAccount: '9999' },
      ...others.map((entry) => ({ ...entry, ...approved })),
    ];
    const { counts, open } = await run();
    expect(counts).toMatchObject({ matched: 3, 'payee-differs': 1 });
    expect(open).toMatchObject([
      {
        class: 'payee-differs',
        bankReference: first!.bankReference,
        bankDetail: `示例他人 · credited to 9999, approved was ${SUPERVISED_AT_BANK}`,
      },
    ]);
  });

  it('is matched by the bank’s own reference where a statement leaves the end-to-end id out', async () => {
    await paidCase();
    entries[FUND_AT_BANK] = entries[FUND_AT_BANK]!.map(({ endToEndId: _, ...entry }) => entry);
    expect((await run()).counts).toMatchObject({ matched: 4 });
  });

  it('holds the opening of the books against the bank’s opening balance', async () => {
    const day = plainDate('2026-01-01');
    expect((await run(day)).counts).toMatchObject({ matched: 1 });
    openings[FUND_AT_BANK] = 9_999n;
    const { open } = await run(day);
    expect(open).toMatchObject([{ class: 'amount-differs', bankAmountFen: 9_999n, ledgerAmountFen: 10_000n }]);
  });

  it.each<[string, Partial<BankEntry>]>([
    ['the receipt in the text', { text: 'receipt/1' }],
    ['the receipt among other words', { text: '返还 2026-03,receipt/1 示例' }],
    ['the institution’s name', { counterpartyName: '医院-3' }],
    ['the institution’s account', { counterpartyAccount: 'of-the-institution' }],
    ['the institution’s code', { counterpartyName: HOSPITAL }],
  ])('matches money that was paid in by %s, a receipt in two parts being one', async (_, changes) => {
    await recordedReceipt('receipt/1');
    await recordedReceipt('receipt/2', 'H65050000004');
    paidIn({ bankReference: 'I2', text: 'receipt/2' });
    const known = await database.app('settle.institutions').where({ region: REGION, institution: HOSPITAL }).first();
    const { counterpartyName: name, counterpartyAccount: account } = changes;
    paidIn({
      ...changes,
      ...(name === '医院-3' && { counterpartyName: known.name }),
      ...(account !== undefined && { counterpartyAccount: known.account }),
    });
    const { runId, open } = await run();
    expect(open).toEqual([]);
    expect(await classes(runId)).toEqual({ I1: 'matched', I2: 'matched' });
  });
});

describe('a difference', () => {
  const first = (): BankEntry => entries[FUND_AT_BANK]![0]!;

  it.each<[string, () => void, Record<string, string>]>([
    [
      'a booking of another amount',
      () => (entries[FUND_AT_BANK]![0] = { ...first(), amountFen: first().amountFen + 1n }),
      { 'B-1': 'amount-differs' },
    ],
    ['a booking that is missing at the bank', () => entries[FUND_AT_BANK]!.shift(), { 'ledger 1': 'ledger-only' }],
    [
      'a booking under two references',
      () => onStatement(FUND_AT_BANK, { ...first(), bankReference: 'B-again' }),
      { 'B-again': 'bank-only' },
    ],
    [
      'an id that nobody knows',
      () => onStatement(FUND_AT_BANK, { bankReference: 'B-?', amountFen: 1n, endToEndId: 'P650500.UNKNOWN' }),
      { 'B-?': 'bank-only' },
    ],
    [
      'a fee of one fen',
      () => onStatement(FUND_AT_BANK, { bankReference: 'FEE', amountFen: 1n, text: '手续费' }),
      { FEE: 'bank-only' },
    ],
    [
      'the wrong direction',
      () => (entries[FUND_AT_BANK]![0] = { ...first(), direction: 'credit' }),
      { 'B-1': 'amount-differs' },
    ],
    [
      'money that the bank gave back and the books do not know of',
      () =>
        onStatement(FUND_AT_BANK, {
          ...first(),
          bankReference: 'R-1',
          direction: 'credit',
          returned: { reasonCode: 'AC04' },
        }),
      { 'R-1': 'bank-only' },
    ],
  ])('is found in %s, and everything else is matched', async (_, change, expected) => {
    const { paymentIds } = await paidCase();
    const named = first().bankReference;
    const ofFirst = (await run()).runId;
    const key = (await loadLines(database.app, ofFirst)).find((line) => line.bankReference === named)!.ledgerKey!;
    change();
    const { runId, counts, open } = await run();
    const found = Object.entries(await classes(runId)).filter(([, kind]) => kind !== 'matched');
    const name = (text: string): string => (text === 'B-1' ? named : text === 'ledger 1' ? key : text);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(expected).map(([text, kind]) => [name(text), kind])),
    );
    expect(open).toHaveLength(1);
    expect(counts.matched + 1).toBe(Object.values(counts).reduce((sum, each) => sum + each));
    expect(paymentIds).toHaveLength(2);
  });

  it('in money of the same amount from two hospitals is not mixed up', async () => {
    await recordedReceipt('receipt/1', HOSPITAL);
    paidIn({ counterpartyName: 'H65050000004' });
    const { runId } = await run();
    expect(await classes(runId)).toEqual({ I1: 'bank-only', 'receipt/1': 'ledger-only' });
  });

  it('stays one exception however often the day is reconciled, and when a later run no longer finds it', async () => {
    onStatement(FUND_AT_BANK, { bankReference: 'FEE', amountFen: 1n });
    await run();
    await run();
    entries[FUND_AT_BANK] = [];
    const { counts, open } = await run();
    expect(counts).toMatchObject({ 'bank-only': 0 });
    expect(open).toMatchObject([{ class: 'bank-only', bankReference: 'FEE', bankAmountFen: -1n, closed: null }]);
  });

  it('is not found in a statement that did not come: nothing is kept of the day', async () => {
    const bank = { statement: () => Promise.reject(new BankUnreachable('down')) };
    const command = { region: REGION, date: DAY, person: PEOPLE.accountant };
    await expect(reconcile({ ...context(), bank }, command)).rejects.toBeInstanceOf(BankUnreachable);
    expect(await database.app('settle.reconciliation_runs')).toEqual([]);
  });
});

describe('closing an exception', () => {
  let exceptionId: bigint;
  beforeEach(async () => {
    await paidCase();
    onStatement(FUND_AT_BANK, { bankReference: 'FEE', amountFen: 1n });
    exceptionId = (await run()).open[0]!.exceptionId;
  });

  it('keeps who, when and why, once', async () => {
    await close(exceptionId);
    expect(await refusalOf(close(exceptionId))).toBe('AppendOnly');
    expect(await loadExceptions(database.app, { region: REGION, open: true })).toEqual([]);
    expect(await loadExceptions(database.app, { region: REGION })).toMatchObject([
      { closed: { person: PEOPLE.accountant, reason: 'bank fee, voucher 12', on: '2026-03-03' } },
    ]);
  });

  it.each([
    ['without a reason', { reason: ' ' }, 'ReasonMissing'],
    ['by somebody else', { person: PEOPLE.officer }, 'AccountantRoleMissing'],
    ['by nobody known', { person: 'nobody' }, 'PersonUnknown'],
  ])('is refused %s', async (_, changes, code) => {
    expect(await refusalOf(close(exceptionId, changes))).toBe(code);
  });

  it('is refused where there is none', async () => {
    expect(await refusalOf(close(999n))).toBe('NotFound');
  });
});

describe('the daily sign-off', () => {
  it('is the accountant’s, of a reconciled day without open exceptions, and stands once', async () => {
    await paidCase();
    onStatement(FUND_AT_BANK, { bankReference: 'FEE', amountFen: 1n });
    expect(await refusalOf(sign())).toBe('ReconciliationOpen');
    const { open } = await run();
    expect(await refusalOf(sign())).toBe('ReconciliationOpen');
    await close(open[0]!.exceptionId);
    expect(await refusalOf(sign(PEOPLE.officer))).toBe('AccountantRoleMissing');
    await sign();
    expect(await loadSignOff(database.app, REGION, DAY)).toMatchObject({ person: PEOPLE.accountant, on: '2026-03-03' });
    expect(await refusalOf(sign())).toBe('AppendOnly');
  });

  it('is refused to whoever released payments of that day, also as an accountant', async () => {
    await paidCase();
    await run();
    // Cashier of that day, accountant from the next one on.
    await database.owner.transaction(async (trx) => {
      await trx.raw(`select set_config('settle.business_date', '2026-03-03', true)`);
      await trx('settle.staff')
        .where({ person: PEOPLE.cashier })
        .update({ roles: ['accountant'], valid_from: '2026-03-03' });
    });
    expect(await refusalOf(sign(PEOPLE.cashier))).toBe('AccountantIsCashier');
    await sign();
  });

  it('is refused after something was posted to the day’s cash, until it is reconciled again', async () => {
    await paidCase();
    await run();
    await recordedReceipt('receipt/1');
    paidIn({ text: 'receipt/1' });
    expect(await refusalOf(sign())).toBe('ReconciliationOpen');
    await run();
    // Another part of a receipt that was there already.
    const more = transfer(SUPERVISED, `supervised/ledger/${HOSPITAL}/own`, 7n);
    const late = journal('receipt/1/more', 'return-excess', [more], { date: DAY, reference: 'receipt/1' });
    await postJournals(database.app, REGION, [late]);
    expect(await refusalOf(sign())).toBe('ReconciliationOpen');
    const { open } = await run();
    expect(open).toMatchObject([{ class: 'amount-differs', bankAmountFen: 600n, ledgerAmountFen: 607n }]);
    await close(open[0]!.exceptionId);
    await sign();
  });

  it('closes the day to what people record as paid in; the next day takes it, and so does suspense', async () => {
    await paidCase();
    await run();
    await sign();
    const own = `supervised/ledger/${HOSPITAL}/own`;
    const post = (key: string, event: Journal['event'], date: PlainDate, debit = SUPERVISED, credit = own) =>
      postJournals(database.app, REGION, [
        journal(key, event, [transfer(debit, credit, 7n)], { date, reference: key }),
      ]);
    const onDay = () => database.app('ledger.journal').where({ region: REGION, date: DAY }).count();
    const before = await onDay();
    expect(await refusalOf(post('T1', 'top-up', DAY))).toBe('AppendOnly');
    expect(await refusalOf(post('R1', 'return-excess', DAY))).toBe('AppendOnly');
    const returning = `supervised/ledger/${HOSPITAL}/returning`;
    expect(await refusalOf(post('R2', 'return-received', DAY, SUPERVISED, returning))).toBe('AppendOnly');
    await post('T1', 'top-up', addDays(DAY, 1));
    await post('S1', 'suspense-received', addDays(DAY, 1), SUPERVISED, 'supervised/suspense');
    expect(await onDay()).toEqual(before);
  });

  it('cannot be had for a day to come', async () => {
    expect(await refusalOf(run(addDays(DAY, 2)))).toBe('ReconciliationOpen');
  });
});

it.each(['runs', 'accounts', 'lines', 'exceptions', 'closings', 'sign_offs'])(
  'what was reconciled stays as it was: %s',
  async (name) => {
    await paidCase();
    onStatement(FUND_AT_BANK, { bankReference: 'FEE', amountFen: 1n });
    await close((await run()).open[0]!.exceptionId);
    await sign();
    const table = `settle.reconciliation_${name}`;
    expect(await refusalOf(database.owner(table).delete())).toBe('AppendOnly');
    expect(await refusalOf(database.owner.raw(`truncate ${table} cascade`))).toBe('AppendOnly');
    expect(await database.owner(table)).not.toEqual([]);
  },
);
