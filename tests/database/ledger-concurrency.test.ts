import { supervisedAccounts as supervised } from '../../domain/ledger/chart';
import type { Journal } from '../../domain/ledger/journal';
import { balances, postJournals } from '../../db/ledger';
import { createTestDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { journal, refusalOf, transfer, verifyLedger } from '../support/ledger';

const institution = (n: number): string => `H6505${String(n).padStart(7, '0')}`;
const topUp = (key: string, n: number, fen: bigint): Journal =>
  journal(key, 'top-up', [transfer('supervised/cash', supervised.own(institution(n)), fen)]);

describe('several posters at once', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('neither deadlock nor tear the chain when they touch the same accounts in opposite orders', async () => {
    const calls = Array.from({ length: 40 }, (_, call) => {
      const accounts = Array.from({ length: 10 }, (_each, n) => n);
      if (call % 2 === 1) accounts.reverse();
      return accounts.map((n) => topUp(`${call}/${n}`, n, 3n));
    });
    const results = await Promise.all(calls.map((journals) => postJournals(database.app, '650500', journals)));
    expect(results.every((result) => result.posted === 10)).toBe(true);
    const rows = await balances(database.app, '650500');
    expect(rows.map((row) => row.balanceFen)).toEqual([1200n, ...Array.from({ length: 10 }, () => -120n)]);
    expect((await verifyLedger(database.app, '650500')).filter((row) => !row.ok)).toEqual([]);
  });

  it('post the same key once', async () => {
    const results = await Promise.all(
      Array.from({ length: 16 }, () => postJournals(database.app, '650501', [topUp('same', 1, 9n)])),
    );
    expect(results.filter((result) => result.posted === 1)).toHaveLength(1);
    expect(results.filter((result) => result.duplicates.length === 1)).toHaveLength(15);
  });

  it('cannot spend the same money twice', async () => {
    await postJournals(database.app, '650502', [topUp('start', 1, 100n)]);
    const spend = (n: number): Promise<string> =>
      refusalOf(
        postJournals(database.app, '650502', [
          journal(`spend/${n}`, 'confirm', [
            transfer(supervised.own(institution(1)), supervised.payable(institution(1), `E${n}`), 60n),
          ]),
        ]),
      );
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, n) => spend(n)));
    expect(outcomes.sort()).toEqual([...Array.from({ length: 7 }, () => 'LedgerInsufficient'), 'not refused']);
  });

  it('of different regions do not wait for each other', async () => {
    const first = await database.app.transaction();
    await postJournals(first, '650503', [topUp('a', 1, 1n)]);
    await postJournals(database.app, '650400', [topUp('a', 1, 1n)]);
    await first.rollback();
    expect(await balances(database.app, '650503')).toEqual([]);
  });
});
