import { fundAccounts as fund, supervisedAccounts as supervised } from '../../domain/ledger/chart';
import type { Journal } from '../../domain/ledger/journal';
import { plainDate } from '../../domain/plain-date';
import { accountEntries, balanceOf, balances, journalRows, postJournals } from '../../db/ledger';
import { createTestDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { HOSPITAL, OTHER_HOSPITAL, POLICY, journal, nonZeroBalances, refusalOf, transfer } from '../support/ledger';

const REGION = '650500';
const own = supervised.own(HOSPITAL);
const prepayment = supervised.prepayment(HOSPITAL);
const payable = supervised.payable(HOSPITAL, 'E0001');
const topUp = (key: string, fen: bigint, account = own): Journal =>
  journal(key, 'top-up', [transfer('supervised/cash', account, fen)]);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await postJournals(database.app, REGION, [
    journal('opening', 'opening', [transfer(fund.cash('employee'), fund.opening('employee'), 1_000_00n)]),
    journal('start', 'disbursement-booked', [transfer('supervised/cash', prepayment, 500_00n)], { reference: 'p1' }),
    topUp('own', 100_00n),
  ]);
});
afterAll(() => database.drop());

describe('a posting is refused with its code, and nothing of the call is posted', () => {
  const good = (): Journal => topUp('good', 1n);
  const t = transfer;
  it.each<[string, string, Journal[]]>([
    [
      'an event that may not post between these kinds',
      'LedgerPostingForbidden',
      [journal('x', 'top-up', [t('supervised/cash', prepayment, 1n)])],
    ],
    [
      'an event of the other book',
      'LedgerPostingForbidden',
      [journal('x', 'opening', [t('supervised/cash', own, 1n)])],
    ],
    ['a journal in the other book than its accounts', 'LedgerPostingForbidden', [{ ...topUp('x', 1n), book: 'fund' }]],
    [
      'accounts of two books',
      'LedgerPostingForbidden',
      [journal('x', 'top-up', [t('supervised/cash', fund.cash('employee'), 1n)])],
    ],
    [
      'an event that is not in the table',
      'LedgerPostingForbidden',
      [journal('x', 'gift' as 'top-up', [t('supervised/cash', own, 1n)])],
    ],
    [
      'an account that is not in the chart',
      'LedgerPostingForbidden',
      [journal('x', 'top-up', [t('supervised/cash', 'supervised/ledger/H1/own', 1n)])],
    ],
    [
      'two institutions in one transfer',
      'LedgerPostingForbidden',
      [journal('x', 'confirm', [t(own, supervised.payable(OTHER_HOSPITAL, 'E0001'), 1n)])],
    ],
    [
      'two pools in one transfer',
      'LedgerPostingForbidden',
      [journal('x', 'opening', [t(fund.cash('resident'), fund.opening('employee'), 1n)])],
    ],
    [
      'two enterprises in one transfer',
      'LedgerPostingForbidden',
      [
        journal('c', 'confirm', [t(own, payable, 1n)]),
        journal('x', 'payment-sent', [t(payable, supervised.transitToEnterprise(HOSPITAL, 'E0002'), 1n)]),
      ],
    ],
    [
      'prepayment debited to own money before the last return',
      'LedgerPostingForbidden',
      [journal('x', 'confirm', [t(prepayment, own, 1n)])],
    ],
    [
      'prepayment paid out of the account',
      'LedgerPostingForbidden',
      [journal('x', 'payment-booked', [t(prepayment, 'supervised/cash', 1n)])],
    ],
    ['more than the account has', 'LedgerInsufficient', [journal('x', 'confirm', [t(own, payable, 100_02n)])]],
    ['a journal without a transfer', 'LedgerUnbalanced', [{ ...topUp('x', 1n), transfers: [] }]],
    ['an amount of zero', 'LedgerUnbalanced', [topUp('x', 0n)]],
    ['an amount below zero', 'LedgerUnbalanced', [topUp('x', -1n)]],
    ['a key used before with another amount', 'IdempotencyConflict', [topUp('own', 100_01n)]],
    [
      'a key used before on another date',
      'IdempotencyConflict',
      [{ ...topUp('own', 100_00n), date: plainDate('2026-03-03') }],
    ],
    [
      'a confirmation taken back into prepaid money that it did not take from there',
      'LedgerPostingForbidden',
      [
        journal('s#1/confirm', 'confirm', [t(own, payable, 100n), t(prepayment, payable, 50n)]),
        journal('s#1/confirm-reversal', 'confirm-reversal', [t(payable, prepayment, 51n), t(payable, own, 99n)]),
      ],
    ],
    [
      'a confirmation of another reference taken back',
      'LedgerPostingForbidden',
      [
        journal('s#1/confirm', 'confirm', [t(prepayment, payable, 50n)]),
        journal('s#1/confirm-reversal', 'confirm-reversal', [t(payable, prepayment, 50n)], { reference: 'other' }),
      ],
    ],
    [
      'what no confirmation posted, taken back into prepaid money',
      'LedgerPostingForbidden',
      [
        journal('s#1/confirm', 'confirm', [t(prepayment, payable, 50n)]),
        journal('s#2/confirm-reversal', 'confirm-reversal', [t(payable, prepayment, 1n)]),
      ],
    ],
    ['a key used twice in one call with other content', 'IdempotencyConflict', [topUp('x', 1n), topUp('x', 2n)]],
  ])('%s: %s', async (_, code, journals) => {
    const before = await balances(database.app, REGION);
    expect(await refusalOf(postJournals(database.app, REGION, [good(), ...journals]))).toBe(code);
    expect(await balances(database.app, REGION)).toEqual(before);
    expect(await database.app('ledger.journal').where({ key: 'good' })).toEqual([]);
  });

  it.each(['65050', 'abcdef', ''])('a region %j that is no code', async (region) => {
    expect(await refusalOf(postJournals(database.app, region, [good()]))).toBe('LedgerPostingForbidden');
  });

  it.each([
    ['key', ''],
    ['key', 'a\tb'],
    ['reference', 'a\nb'],
    ['caseId', ''],
    ['key', 'k'.repeat(201)],
  ])('a %s of %j', async (field, text) => {
    expect(await refusalOf(postJournals(database.app, REGION, [{ ...good(), [field]: text }]))).toBe('23514');
  });

  it('says which account lacks how much', async () => {
    await expect(
      postJournals(database.app, REGION, [journal('x', 'confirm', [t(own, payable, 250_00n)])]),
    ).rejects.toMatchObject({
      name: 'Refusal',
      code: 'LedgerInsufficient',
      message: `${own} of region 650500 has 100.00 and the posting takes 250.00: 150.00 is missing`,
      details: { account: own, balanceFen: '10000', missingFen: '15000' },
    });
  });

  it('cites the clause when prepayment would pay anything else', async () => {
    await expect(
      postJournals(database.app, REGION, [journal('x', 'payment-booked', [t(prepayment, 'supervised/cash', 1n)])]),
    ).rejects.toMatchObject({ details: { rule: '新医保发〔2025〕50号 四(一)' } });
  });
});

describe('bounds', () => {
  it('are checked at the end of the statement, even if a later statement of the transaction would repair', async () => {
    const confirm = journal('early', 'confirm', [transfer(own, payable, 150_00n)]);
    const repaired = database.app.transaction(async (trx) => {
      await postJournals(trx, REGION, [confirm]);
      await postJournals(trx, REGION, [topUp('late', 50_00n)]);
    });
    expect(await refusalOf(repaired)).toBe('LedgerInsufficient');
  });

  it('let journals of one statement cover each other', async () => {
    const other = supervised.own(OTHER_HOSPITAL);
    await postJournals(database.app, REGION, [
      journal('covered', 'confirm', [transfer(other, supervised.payable(OTHER_HOSPITAL, 'E0001'), 40n)]),
      topUp('cover', 40n, other),
    ]);
    expect(await balanceOf(database.app, REGION, other)).toBe(0n);
  });
});

describe('a business key', () => {
  it('is posted once: the same content again is reported and changes nothing', async () => {
    const first = topUp('once', 7n, supervised.own('H65050100003'));
    const second = topUp('twice', 8n, supervised.own('H65050100003'));
    expect(await postJournals(database.app, REGION, [first])).toEqual({ posted: 1, duplicates: [] });
    expect(await postJournals(database.app, REGION, [first, second, second])).toEqual({
      posted: 1,
      duplicates: [first, second],
    });
    expect(await postJournals(database.app, REGION, [second, first])).toEqual({
      posted: 0,
      duplicates: [second, first],
    });
    expect(await balanceOf(database.app, REGION, supervised.own('H65050100003'))).toBe(-15n);
  });

  it('may be used once in each book and in each region', async () => {
    const inFund = journal('shared', 'opening', [transfer(fund.cash('resident'), fund.opening('resident'), 1n)]);
    expect((await postJournals(database.app, REGION, [inFund, topUp('shared', 1n)])).posted).toBe(2);
    expect((await postJournals(database.app, '650400', [inFund])).posted).toBe(1);
    expect(await nonZeroBalances(database.app, '650400')).toEqual({
      'fund/cash/resident': 1n,
      'fund/opening/resident': -1n,
    });
  });
});

describe('a disbursement that the bank returned', () => {
  const returned = (key: string, fen: bigint, reference: string): Journal =>
    journal(key, 'disbursement-returned', [transfer(prepayment, 'supervised/cash', fen)], { reference });

  it.each([
    ['another amount', 499_99n, 'p1'],
    ['another payment', 500_00n, 'p2'],
  ])('cannot be taken back with %s', async (_, fen, reference) => {
    expect(await refusalOf(postJournals(database.app, REGION, [returned('r', fen, reference)]))).toBe(
      'LedgerPostingForbidden',
    );
  });

  it('is taken back once, exactly', async () => {
    await postJournals(database.app, REGION, [
      journal('more', 'disbursement-booked', [transfer('supervised/cash', prepayment, 500_00n)], { reference: 'p9' }),
    ]);
    expect((await postJournals(database.app, REGION, [returned('r1', 500_00n, 'p9')])).posted).toBe(1);
    expect(await refusalOf(postJournals(database.app, REGION, [returned('r2', 500_00n, 'p9')]))).toBe(
      'LedgerPostingForbidden',
    );
  });
});

describe('what the ledger tells', () => {
  const region = '650100';
  beforeAll(async () => {
    await postJournals(database.app, region, [
      topUp('b', 300n),
      { ...topUp('a', 200n), date: plainDate('2026-04-01') },
      {
        ...journal('c', 'confirm', [transfer(own, payable, 150n), transfer(own, payable, 50n)]),
        date: plainDate('2026-04-01'),
      },
    ]);
  });

  it('balances now and on a day', async () => {
    const rows = (cash: bigint, ownFen: bigint, payableFen?: bigint): object[] => [
      { book: 'supervised', account: 'supervised/cash', balanceFen: cash },
      { book: 'supervised', account: own, balanceFen: ownFen },
      ...(payableFen === undefined ? [] : [{ book: 'supervised', account: payable, balanceFen: payableFen }]),
    ];
    expect(await balances(database.app, region)).toEqual(rows(500n, -300n, -200n));
    expect(await balances(database.app, region, { on: plainDate('2026-04-01') })).toEqual(rows(500n, -300n, -200n));
    expect(await balances(database.app, region, { on: plainDate('2026-03-31') })).toEqual(rows(300n, -300n));
    expect(await balances(database.app, region, { on: plainDate('2026-03-01') })).toEqual([]);
    expect(await balanceOf(database.app, region, 'supervised/suspense')).toBe(0n);
  });

  it('the rows of journal.csv by date, book, key and account, with the legs of one account added up', async () => {
    const rows = await journalRows(database.app, region, plainDate('2026-03-02'), plainDate('2026-04-01'));
    expect(rows.map((row) => [row.date, row.journal, row.account, row.debitFen, row.creditFen])).toEqual([
      ['2026-03-02', 'b', 'supervised/cash', 300n, 0n],
      ['2026-03-02', 'b', own, 0n, 300n],
      ['2026-04-01', 'a', 'supervised/cash', 200n, 0n],
      ['2026-04-01', 'a', own, 0n, 200n],
      ['2026-04-01', 'c', own, 200n, 0n],
      ['2026-04-01', 'c', payable, 0n, 200n],
    ]);
    expect(rows[0]).toMatchObject({ book: 'supervised', event: 'top-up', reference: 'payment/1' });
    expect(await journalRows(database.app, region, plainDate('2026-04-02'), plainDate('2026-12-31'))).toEqual([]);
  });

  it('what moved an account, in the order of posting, a page at a time', async () => {
    const entries = await accountEntries(database.app, region, own);
    expect(entries.map((entry) => [entry.journal, entry.debitFen, entry.creditFen])).toEqual([
      ['b', 0n, 300n],
      ['a', 0n, 200n],
      ['c', 200n, 0n],
    ]);
    expect(await accountEntries(database.app, region, own, { after: entries[0]!.sequence, limit: 1 })).toEqual([
      entries[1],
    ]);
  });

  it('under which policy each journal was made', async () => {
    const row = await database
      .app('ledger.journal')
      .join('ledger.policy_stamp', 'ledger.policy_stamp.policy_stamp_id', 'ledger.journal.policy_stamp_id')
      .where({ 'ledger.journal.region': region, key: 'a' })
      .first();
    expect(row).toMatchObject({
      policy_id: POLICY.id,
      policy_version: POLICY.version,
      policy_sha256: POLICY.sha256,
      case_id: 'prepayment/650500/2026',
    });
  });
});
