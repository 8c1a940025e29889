import type { Knex } from 'knex';
import type { Bank } from '../activities/bank/port';
import { balanceOf } from '../db/ledger';
import { loadFundAccounts, loadRegion } from '../db/register';
import type { VerifyRow } from '../db/verify';
import { fundAccounts, supervisedAccounts } from '../domain/ledger';
import { formatYuan } from '../domain/money';
import type { PlainDate } from '../domain/plain-date';
import type { Pool } from '../domain/pools';

/** Cash accounts agree with the bank's own statement, to the fen (DESIGN 6). */
export async function bankAgrees(db: Knex, bank: Bank, region: string, on: PlainDate): Promise<VerifyRow> {
  const { supervisedAccount } = await loadRegion(db, region);
  const funds = await loadFundAccounts(db, region);
  const pairs = [
    ...[...funds].map(([pool, account]) => ({ account, path: fundAccounts.cash(pool as Pool) })),
    { account: supervisedAccount, path: supervisedAccounts.cash() },
  ];
  const differences: string[] = [];
  for (const { account, path } of pairs) {
    const [booked, { closingFen }] = await Promise.all([balanceOf(db, region, path), bank.statement(account, on)]);
    if (booked !== closingFen)
      differences.push(`${path} has ${formatYuan(booked)}, the bank says ${formatYuan(closingFen)}`);
  }
  return {
    name: 'cash agrees with the bank',
    ok: differences.length === 0,
    detail: differences.join('; ') || `${pairs.length} accounts, to the fen`,
  };
}
