import type { Knex } from 'knex';
import type { Bank } from '../activities/bank/port';
import type { VerifyRow } from '../db/verify';
import { formatYuan } from '../domain/money';
import type { PlainDate } from '../domain/plain-date';
import { cashAccounts } from '../operator/commands/reconcile';

/** Connections to the bank at one time. */
const AT_ONCE = 8;

interface Closing {
  account: string;
  date: PlainDate;
  balanceFen: bigint;
}

/**
 * Cash accounts agree with the bank's own statements at the end of every day on which the books moved them, and of the last
 * day, to the fen (DESIGN 6). What only the bank moved is seen on the next of these days.
 */
export async function bankAgrees(db: Knex, bank: Bank, region: string, on: PlainDate): Promise<VerifyRow> {
  const pairs = await cashAccounts(db, region);
  const moved = await closings(db, region, on);
  const last = pairs.map(({ account }): Closing => {
    const newest = moved.filter((each) => each.account === account).at(-1);
    return { account, date: on, balanceFen: newest?.balanceFen ?? 0n };
  });
  const all = [...moved.filter(({ date }) => date < on), ...last];
  const atBank = new Map(pairs.map(({ account, bankAccount }) => [account, bankAccount]));
  const differences: string[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const part = all.slice(from, from + AT_ONCE);
    const statements = await Promise.all(
      part.map(({ account, date }) => bank.statement(atBank.get(account) ?? account, date)),
    );
    part.forEach(({ account, date, balanceFen }, index) => {
      const { closingFen } = statements[index]!;
      if (balanceFen !== closingFen)
        differences.push(
          `${account} has ${formatYuan(balanceFen)} on ${date}, the bank says ${formatYuan(closingFen)}`,
        );
    });
  }
  return {
    name: 'cash agrees with the bank',
    ok: differences.length === 0,
    detail: differences.join('; ') || `${pairs.length} accounts on ${all.length} closings, to the fen`,
  };
}

/** Balances of the cash accounts after each day that moved them, up to a day, in the order of days. */
async function closings(db: Knex, region: string, upTo: PlainDate): Promise<Closing[]> {
  const { rows } = await db.raw<{ rows: Closing[] }>(
    `select a.path as account, j.date, sum(sum(e.debit_fen - e.credit_fen)) over (partition by a.path order by j.date)::bigint as "balanceFen"
       from ledger.account a join ledger.entry e using (region, account_id) join ledger.journal j using (region, sequence)
      where a.region = ? and a.kind in ('fund/cash', 'supervised/cash') and j.date <= ?::date
      group by a.path, j.date order by j.date, a.path`,
    [region, upTo],
  );
  return rows;
}
