import { fundAccounts as fund, supervisedAccounts as supervised } from '../../domain/ledger/chart';
import { postJournals } from '../../db/ledger';
import { createTestDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { HOSPITAL as H, REGION, journal, transfer, verifyLedger } from '../support/ledger';

const cash = fund.cash('employee');
const vbp = fund.advanceVbp('employee', H, 2026);
const transit = fund.transit('employee', H);
const own = supervised.own(H);
const prepayment = supervised.prepayment(H);
const returning = supervised.returning(H);

async function seed(database: TestDatabase, region: string): Promise<void> {
  await postJournals(database.app, region, [
    journal('opening', 'opening', [transfer(cash, fund.opening('employee'), 1000_00n)]),
    journal('sent', 'disbursement-sent', [transfer(vbp, transit, 600_00n)]),
    journal('booked', 'disbursement-booked', [transfer(transit, cash, 600_00n)]),
    journal('booked', 'disbursement-booked', [transfer('supervised/cash', prepayment, 600_00n)]),
    journal('hold', 'hold', [transfer(fund.memoHeld('employee', H), fund.memoContra('employee'), 12_00n)]),
  ]);
  await postJournals(database.app, region, [
    journal('back', 'return-received', [transfer('supervised/cash', returning, 60_00n)]),
    journal('move', 'return-move-sent', [transfer(returning, supervised.transitToFund(H), 60_00n)]),
    journal('moved', 'return-move-booked', [transfer(supervised.transitToFund(H), 'supervised/cash', 60_00n)]),
    journal('moved', 'return-move-booked', [transfer(cash, vbp, 60_00n)]),
    journal('own', 'top-up', [transfer('supervised/cash', own, 5_00n)]),
    journal('confirm', 'confirm', [
      transfer(prepayment, supervised.payable(H, 'E0001'), 40_00n),
      transfer(own, supervised.payable(H, 'E0001'), 1_00n),
    ]),
  ]);
}

const NAMES = [
  'every book sums to zero',
  'stored balance = sum of entries',
  'supervised cash = ledgers, payables, transit and suspense',
  'advance outstanding = disbursed − moved back',
  'memo accounts mirror each other',
  'cash and institution ledgers never below zero',
  'prepayment pays direct settlement only',
  'chain intact',
];

/** As somebody with all rights and bad intentions: past every trigger, in one session. */
async function tamper(database: TestDatabase, region: string, statements: readonly string[]): Promise<void> {
  await database.superuser.transaction(async (trx) => {
    await trx.raw('SET LOCAL session_replication_role = replica');
    for (const statement of statements) await trx.raw(statement.replaceAll('$REGION', region));
  });
}

const account = (path: string): string =>
  `(SELECT account_id FROM ledger.account WHERE region = '$REGION' AND path = '${path}')`;
const of = (key: string, book = 'supervised'): string =>
  `(region, sequence) = (SELECT region, sequence FROM ledger.journal WHERE region = '$REGION' AND key = '${key}' AND book = '${book}')`;
const addToBalance = (path: string, fen: bigint): string =>
  `UPDATE ledger.balance SET balance_fen = balance_fen + ${fen} WHERE account_id = ${account(path)}`;

describe('verify', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await seed(database, REGION);
  });
  afterAll(() => database.drop());

  it('finds nothing in what was posted, and tells the figures', async () => {
    expect(await verifyLedger(database.app, REGION)).toEqual(
      [
        'fund: 10 entries, 0.00, supervised: 14 entries, 0.00',
        '12 accounts',
        'cash 605.00 = ledgers 564.00 + payables 41.00 + transit 0.00 + suspense 0.00',
        '540.00 = 600.00 − 60.00',
        'employee 12.00',
        'after every transaction',
        'payables, returns and the rest after the last return',
        '11 journals',
      ].map((detail, index) => ({ name: NAMES[index], ok: true, detail })),
    );
  });

  it('holds for a ledger without postings, and names the region when there are several', async () => {
    expect((await verifyLedger(database.app, '650100')).every((row) => row.ok)).toBe(true);
    await postJournals(database.app, '650100', [
      journal('o', 'opening', [transfer(cash, fund.opening('employee'), 1n)]),
    ]);
    const rows = await verifyLedger(database.app);
    expect(rows.every((row) => row.ok)).toBe(true);
    expect(rows[7]!.detail).toBe('650100: 1 journals | 650500: 11 journals');
  });

  const cases: readonly (readonly [broken: string, how: string, statements: readonly string[], detail: string])[] = [
    [
      NAMES[0]!,
      'a transfer was turned into the other book',
      [
        `UPDATE ledger.transfer SET debit_account_id = ${account(cash)} WHERE ${of('own')}`,
        addToBalance(cash, 5_00n),
        addToBalance('supervised/cash', -5_00n),
      ],
      'fund sums to 5.00; 1 entries of fund belong to journals of another book; supervised sums to -5.00',
    ],
    [
      NAMES[1]!,
      'a stored balance was changed',
      [addToBalance(cash, 1n)],
      'fund/cash/employee is stored as 460.01, its entries add up to 460.00',
    ],
    [
      NAMES[2]!,
      'supervised cash was taken against an account outside the chart',
      [
        `INSERT INTO ledger.account (region, path, kind, book) VALUES ('$REGION', 'supervised/pocket', 'supervised/suspense', 'supervised')`,
        `INSERT INTO ledger.balance SELECT region, account_id, 0, 'free' FROM ledger.account WHERE region = '$REGION' AND path = 'supervised/pocket'`,
        `UPDATE ledger.transfer SET credit_account_id = ${account('supervised/pocket')} WHERE ${of('own')}`,
      ],
      'cash 605.00 ≠ ledgers 559.00 + payables 41.00 + transit 0.00 + suspense 0.00',
    ],
    [
      NAMES[3]!,
      'an advance was written off by another event',
      [`UPDATE ledger.journal SET event = 'suspense-resolved' WHERE ${of('moved', 'fund')}`],
      `${vbp} has 540.00, but 600.00 was disbursed and 0.00 moved back; return-move-booked of ${H}: 0.00 in the fund book, 60.00 in the supervised book`,
    ],
    [
      NAMES[4]!,
      'held money lost its counterpart',
      [
        `UPDATE ledger.transfer SET credit_account_id = ${account(fund.opening('employee'))} WHERE ${of('hold', 'fund')}`,
      ],
      'employee: held 12.00, contra 0.00',
    ],
    [
      NAMES[5]!,
      'an account was overdrawn and covered later',
      [
        `UPDATE ledger.transfer SET amount_fen = 700000 WHERE ${of('own')}`,
        `UPDATE ledger.transfer SET debit_account_id = ${account(own)}, credit_account_id = ${account(returning)} WHERE ${of('back')}`,
        `UPDATE ledger.journal SET recorded_at = recorded_at - interval '1 minute' WHERE ${of('back')}`,
      ],
      `${own} went to -60.00`,
    ],
    [
      NAMES[6]!,
      'prepayment went into own money',
      [`UPDATE ledger.transfer SET credit_account_id = ${account(own)} WHERE ${of('confirm')} AND ordinal = 1`],
      `confirm (confirm) moved 40.00 from ${prepayment} to ${own}`,
    ],
    [
      NAMES[7]!,
      'an amount was changed in an old journal',
      [`UPDATE ledger.transfer SET amount_fen = amount_fen + 1 WHERE ${of('own')}`],
      'journal own of the supervised book: its content is not what was posted',
    ],
    [
      NAMES[7]!,
      'a journal was rewritten together with its hash',
      [`UPDATE ledger.journal SET date = '2026-05-01', content_hash = sha256('x') WHERE ${of('own')}`],
      'journal own of the supervised book: its content is not what was posted',
    ],
    [
      NAMES[7]!,
      'a link was replaced',
      [`UPDATE ledger.journal SET chain_hash = sha256('x') WHERE ${of('hold', 'fund')}`],
      'journal hold of the fund book: its hash does not continue the chain; journal back of the supervised book: its hash does not continue the chain',
    ],
    [
      NAMES[7]!,
      'a journal was removed from the middle',
      [
        `DELETE FROM ledger.transfer WHERE ${of('hold', 'fund')}`,
        `DELETE FROM ledger.journal WHERE ${of('hold', 'fund')}`,
      ],
      'journal back of the supervised book: a journal before it is missing; 10 journals are there, the head of the chain counts 11',
    ],
    [
      NAMES[7]!,
      'the last journal was removed',
      [`DELETE FROM ledger.transfer WHERE ${of('confirm')}`, `DELETE FROM ledger.journal WHERE ${of('confirm')}`],
      '10 journals are there, the head of the chain counts 11',
    ],
    [
      NAMES[7]!,
      'the last journal was removed and the head set back',
      [
        `DELETE FROM ledger.transfer WHERE ${of('confirm')}`,
        `DELETE FROM ledger.journal WHERE ${of('confirm')}`,
        `UPDATE ledger.chain_head SET journal_count = 10 WHERE region = '$REGION'`,
      ],
      'the last journal is not the one that the head of the chain names',
    ],
    [
      NAMES[7]!,
      'a transfer was removed',
      [`DELETE FROM ledger.transfer WHERE ${of('confirm')} AND ordinal = 2`],
      'journal confirm of the supervised book: its transfers are not those it was posted with',
    ],
    [
      NAMES[7]!,
      'a transfer was added to no journal',
      [
        `INSERT INTO ledger.transfer SELECT region, 99, 1, debit_account_id, credit_account_id, 1 FROM ledger.transfer WHERE ${of('own')}`,
      ],
      '1 transfers belong to no journal',
    ],
    [
      NAMES[7]!,
      'the policy a journal was made under was changed',
      [`UPDATE ledger.policy_stamp SET policy_version = '2' WHERE region = '$REGION'`],
      'journal opening of the fund book: its content is not what was posted; journal sent of the fund book: its content is not what was posted; journal booked of the fund book: its content is not what was posted; journal booked of the supervised book: its content is not what was posted; journal hold of the fund book: its content is not what was posted; 6 more',
    ],
  ];

  it.each(cases.map((each, index) => [...each, String(100_000 + index)] as const))(
    '"%s" fails when %s',
    async (broken, _, statements, detail, region) => {
      await seed(database, region);
      await tamper(database, region, statements);
      const rows = await verifyLedger(database.app, region);
      expect(rows.find((row) => row.name === broken)).toEqual({ name: broken, ok: false, detail });
    },
  );

  it('has a test that breaks each invariant', () => {
    expect(new Set(cases.map(([name]) => name))).toEqual(new Set(NAMES));
  });
});
