import { ACCOUNT_KINDS, parseAccount } from '../../domain/ledger/chart';
import { POSTING_RULES } from '../../domain/ledger/posting-rules';
import { createTestDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';

describe('the chart of accounts is the same in the code and in the database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('has the same kinds with the same book, path and bound', async () => {
    const rows = await database.app('ledger.account_kind').select('kind', 'book', 'template', 'bound').orderBy('kind');
    expect(rows).toEqual(
      Object.entries(ACCOUNT_KINDS)
        .map(([kind, row]) => ({ kind, ...row }))
        .sort((a, b) => (a.kind < b.kind ? -1 : 1)),
    );
  });

  it('has the same posting rules', async () => {
    const rows = await database.app('ledger.posting_rule').select('event', 'debit_kind', 'credit_kind', 'reverses');
    const inDatabase = rows.map((row) => [row.event, row.debit_kind, row.credit_kind, row.reverses].join(' '));
    const inCode = Object.entries(POSTING_RULES).flatMap(([event, rules]) =>
      rules.map((rule) => [event, rule.debit, rule.credit, 'reverses' in rule ? rule.reverses : null].join(' ')),
    );
    expect(inDatabase.sort()).toEqual(inCode.sort());
  });

  it.each([
    ['fund/cash/employee', 'fund/cash'],
    ['fund/cash/employee-personal', 'fund/cash'],
    ['fund/cash/other', undefined],
    ['fund/cash', undefined],
    ['fund/fiscal-deposit/employee', 'fund/fiscal-deposit'],
    ['fund/fiscal-deposit', undefined],
    ['fund/advance/vbp/resident/P65050100001/2026', 'fund/advance/vbp'],
    ['fund/advance/vbp/resident/H6505010001/2026', undefined],
    ['fund/advance/vbp/resident/H65050100001/26', undefined],
    ['supervised/ledger/H65050100001/prepayment', 'supervised/ledger/prepayment'],
    ['supervised/ledger/H65050100001/other', undefined],
    ['supervised/payable/H65050100001/E0001', 'supervised/payable'],
    ['supervised/payable/H65050100001/fund', undefined],
    ['supervised/payable/H65050100001/E 1', undefined],
    ['supervised/transit/H65050100001/E0001', 'supervised/transit/enterprise'],
    ['supervised/transit/H65050100001/fund', 'supervised/transit/fund'],
    ['supervised/transit/H65050100001/fundament', 'supervised/transit/enterprise'],
    ['xfund/suspense', undefined],
    ['fund/suspense\n', undefined],
    ['', undefined],
  ])('reads %j as %s, in the code and in the database', async (path, kind) => {
    expect(parseAccount(path)?.kind).toBe(kind);
    const rows = await database.app('ledger.account_kind').whereRaw('? ~ pattern', [path]).pluck('kind');
    expect(rows).toEqual(kind === undefined ? [] : [kind]);
  });

  it('reads what a path names', () => {
    expect(parseAccount('fund/advance/vbp/resident/P65050100001/2026')).toEqual({
      kind: 'fund/advance/vbp',
      pool: 'resident',
      institution: 'P65050100001',
      year: 2026,
    });
  });
});
