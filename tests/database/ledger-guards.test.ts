import { supervisedAccounts as supervised } from '../../domain/ledger/chart';
import { postJournals } from '../../db/ledger';
import { prepareDatabase } from '../../db/roles';
import { connect } from '../../db/connect';
import { createTestDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { HOSPITAL, REGION, journal, refusalOf, transfer } from '../support/ledger';

const own = supervised.own(HOSPITAL);
const prepayment = supervised.prepayment(HOSPITAL);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await postJournals(database.app, REGION, [
    journal('start', 'disbursement-booked', [transfer('supervised/cash', prepayment, 1000n)]),
    journal('own', 'top-up', [transfer('supervised/cash', own, 100n)]),
  ]);
});
afterAll(() => database.drop());

const TABLES = [
  'journal',
  'transfer',
  'account',
  'balance',
  'chain_head',
  'policy_stamp',
  'posting_rule',
  'account_kind',
];
const COLUMN: Readonly<Record<string, string>> = {
  journal: 'key',
  transfer: 'amount_fen',
  account: 'path',
  balance: 'balance_fen',
  chain_head: 'journal_count',
  policy_stamp: 'policy_id',
  posting_rule: 'event',
  account_kind: 'template',
};
const changes = TABLES.flatMap((table) => [
  [`UPDATE ledger.${table} SET ${COLUMN[table]!} = ${COLUMN[table]!}`],
  [`DELETE FROM ledger.${table}`],
  [`TRUNCATE ledger.${table} CASCADE`],
]);

describe('the ledger is append-only', () => {
  it.each(changes)('for the application: %s', async (statement) => {
    expect(await refusalOf(database.app.raw(statement))).toBe('42501');
  });

  it.each(changes)('for the owner of the database: %s', async (statement) => {
    expect(await refusalOf(database.owner.raw(statement))).toBe('AppendOnly');
  });

  it.each(TABLES)('and the application inserts nothing itself: %s', async (table) => {
    expect(await refusalOf(database.app.raw(`INSERT INTO ledger.${table} DEFAULT VALUES`))).toBe('42501');
  });

  it('and the application can neither set up tables nor run the inner functions', async () => {
    expect(await refusalOf(database.app.raw('CREATE TABLE ledger.mine ()'))).toBe('42501');
    expect(
      await refusalOf(
        database.app.raw(`SELECT ledger.open_accounts('650500', '{fund/suspense}', '{fund/cash/employee}')`),
      ),
    ).toBe('42501');
    expect(await refusalOf(database.app.raw(`SELECT ledger.move_balances('650500', '{1}', '{1}')`))).toBe('42501');
    expect(await refusalOf(database.app.raw(`CALL ledger.grant_to_app('ALL ON ALL TABLES IN SCHEMA ledger')`))).toBe(
      '42501',
    );
  });

  it('and temporary tables of the application stand in for nothing that a function of the owner reads', async () => {
    const { rows } = await database.owner.raw<{ rows: unknown[] }>(`
      SELECT p.oid::regprocedure::text AS routine, p.proconfig
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
       WHERE n.nspname IN ('settle', 'ledger') AND p.prosecdef
         AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS c (setting) WHERE c.setting ~ '^search_path=.*, pg_temp$')`);
    expect(rows).toEqual([]);
    const trx = await database.app.transaction();
    for (const name of TABLES) await trx.raw('CREATE TEMP TABLE ?? (path int) ON COMMIT DROP', [name]);
    const moved = transfer('supervised/cash', prepayment, 7n);
    await postJournals(trx, REGION, [journal('beside', 'disbursement-booked', [moved])]);
    const { rows: balances } = await trx.raw<{ rows: unknown[] }>(
      `SELECT b.balance_fen FROM ledger.balance b JOIN ledger.account a USING (account_id) WHERE a.path = ?`,
      [prepayment],
    );
    await trx.rollback();
    expect(balances).toEqual([{ balance_fen: -1007n }]);
  });
});

/** `ledger.post` as raw SQL, one journal with one transfer. */
const rawPost = (key: string, event: string, debit: string, credit: string, fen: number): string => `
  SELECT * FROM ledger.post('650500', '{supervised}', '{${key}}', '{2026-03-02}', '{${event}}', '{r}', '{c}', '{1}',
    '{p}', '{1}', '{${'b'.repeat(64)}}', '{1}', '{${debit}}', '{${credit}}', '{${fen}}')`;

describe('raw SQL as the application', () => {
  it('posts through the function', async () => {
    const { rows } = await database.app.raw<{ rows: unknown[] }>(rawPost('raw', 'top-up', 'supervised/cash', own, 5));
    expect(rows).toEqual([{ posted: 1, duplicates: [] }]);
  });

  it.each([
    ['LedgerPostingForbidden', rawPost('x', 'top-up', prepayment, own, 5)],
    ['LedgerPostingForbidden', rawPost('x', 'disbursement-returned', prepayment, 'supervised/cash', 999)],
    ['LedgerPostingForbidden', rawPost('x', 'prepayment-rest', prepayment, supervised.own('H65050100002'), 5)],
    ['LedgerInsufficient', rawPost('x', 'prepayment-rest', prepayment, own, 1001)],
    ['IdempotencyConflict', rawPost('own', 'top-up', 'supervised/cash', own, 5)],
    ['LedgerUnbalanced', rawPost('x', 'top-up', 'supervised/cash', own, 0)],
    ['LedgerUnbalanced', rawPost('x', 'top-up', 'supervised/cash', own, 5).replace(`'{5}'`, `'{5,6}'`)],
    [
      'LedgerUnbalanced',
      rawPost('x', 'top-up', 'supervised/cash', own, 5).replace(
        `'{1}', '{supervised/cash}'`,
        `'{2}', '{supervised/cash}'`,
      ),
    ],
    ['23502', rawPost('x', 'top-up', 'supervised/cash', own, 5).replace(`'{r}'`, `'{NULL}'`)],
    ['23502', rawPost('x', 'top-up', 'supervised/cash', own, 5).replace(`'{c}', '{1}'`, `'{c}', '{2}'`)],
  ])('is refused with %s', async (code, statement) => {
    expect(await refusalOf(database.app.raw(statement))).toBe(code);
  });
});

describe('raw SQL as the owner, past the posting function', () => {
  const ZERO = `decode(repeat('00', 32), 'hex')`;
  const insertJournal = (sequence: string, transfers = 1): string => `
    INSERT INTO ledger.journal (region, sequence, book, key, date, event, reference, case_id, policy_stamp_id, transfer_count, content_hash, chain_hash)
    SELECT '650500', ${sequence}, 'supervised', 'forged', '2026-03-02', 'top-up', 'r', 'c', 1, ${transfers}, ${ZERO}, sha256(h.chain_hash || ${ZERO})
    FROM ledger.chain_head h WHERE h.region = '650500'`;
  const next = 'h.journal_count + 1';
  const accounts = (debit: string, credit: string): string =>
    `(SELECT account_id FROM ledger.account WHERE path = '${debit}'), (SELECT account_id FROM ledger.account WHERE path = '${credit}')`;
  const insertTransfer = (sequence: string, debit: string, credit: string, ordinal = 1): string => `
    INSERT INTO ledger.transfer SELECT '650500', ${sequence}, ${ordinal}, ${accounts(debit, credit)}, 1 FROM ledger.chain_head h WHERE h.region = '650500'`;

  it.each([
    ['a journal without its transfers', 'LedgerUnbalanced', insertJournal(next)],
    ['a transfer without a journal', 'LedgerUnbalanced', insertTransfer(next, 'supervised/cash', own)],
    ['a further transfer of an old journal', 'LedgerUnbalanced', insertTransfer('1', 'supervised/cash', own, 2)],
    [
      'a journal that leaves a gap',
      'LedgerPostingForbidden',
      `WITH j AS (${insertJournal('h.journal_count + 2')}) ${insertTransfer('h.journal_count + 2', 'supervised/cash', own)}`,
    ],
    [
      'a journal with a hash off the chain',
      'LedgerPostingForbidden',
      `WITH j AS (${insertJournal(next).replace('sha256(h.chain_hash', 'sha256(h.chain_hash || h.chain_hash')}) ${insertTransfer(next, 'supervised/cash', own)}`,
    ],
    [
      'fewer transfers than the journal says',
      'LedgerUnbalanced',
      `WITH j AS (${insertJournal(next, 2)}) ${insertTransfer(next, 'supervised/cash', own)}`,
    ],
    [
      'a transfer that no rule allows',
      'LedgerPostingForbidden',
      `WITH j AS (${insertJournal(next)}) ${insertTransfer(next, own, 'supervised/cash')}`,
    ],
    [
      'an account that is not there',
      'LedgerPostingForbidden',
      `WITH j AS (${insertJournal(next)}) INSERT INTO ledger.transfer SELECT '650500', ${next}, 1, 999, 998, 1 FROM ledger.chain_head h`,
    ],
  ])('%s is refused', async (_, code, statement) => {
    expect(await refusalOf(database.owner.raw(statement))).toBe(code);
  });

  it('a stored balance that was forged at the account is refused', async () => {
    expect(await refusalOf(database.owner.raw(`INSERT INTO ledger.balance VALUES ('650500', 999, 5, 'free')`))).toBe(
      'AppendOnly',
    );
  });
});

describe('roles', () => {
  it('are named after the database', async () => {
    const { rows } = await database.app.raw<{ rows: { who: string; database: string }[] }>(
      'SELECT current_user AS who, current_database() AS database',
    );
    expect(rows[0]!.who).toBe(`${rows[0]!.database}_app`);
  });

  it('stay usable when the database is prepared again', async () => {
    const again = await prepareDatabase(database.ownerUrl);
    expect(again.appUrl).toBe(database.appUrl);
    const app = connect(again.appUrl, { poolSize: 1 });
    expect(await app('ledger.journal').pluck('key')).toContain('start');
    await app.destroy();
  });
});
