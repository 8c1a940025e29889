import type { Knex } from 'knex';
import { policyStamp } from '../../db/cases';
import { postJournals } from '../../db/ledger';
import { agencyAccounts } from '../../db/register';
import { fundAccounts, type Journal } from '../../domain/ledger';
import { sum } from '../../domain/money';
import type { PlainDate } from '../../domain/plain-date';
import type { PolicyBook } from '../../domain/policy';
import type { Region } from '../../domain/region';

/** What a region's funds have when its books begin, one journal a pool. */
export function openingJournals(
  region: Region,
  policies: PolicyBook,
  ids: readonly string[],
  on: PlainDate,
): Journal[] {
  const file = policies.list().find(({ policy }) => ids.includes(policy.id))!;
  return region.funds.flatMap(({ pool, cashFen, fiscalDepositFen }) => {
    const opening = fundAccounts.opening(pool);
    const transfers = [
      { debit: fundAccounts.cash(pool), credit: opening, amountFen: cashFen },
      { debit: fundAccounts.fiscalDeposit(pool), credit: opening, amountFen: fiscalDepositFen },
    ].filter(({ amountFen }) => amountFen > 0n);
    if (transfers.length === 0) return [];
    return {
      book: 'fund' as const,
      key: `opening/${pool}`,
      date: on,
      event: 'opening' as const,
      reference: `opening/${region.code}`,
      caseId: `opening/${region.code}`,
      policy: policyStamp(file),
      transfers,
    };
  });
}

/** Posts the opening balances of the pools that have none yet; gives how many were posted. */
export async function openOnce(
  db: Knex,
  region: Region,
  policies: PolicyBook,
  ids: readonly string[],
  on: PlainDate,
): Promise<number> {
  const journals = openingJournals(region, policies, ids, on);
  const posted = await db('ledger.journal')
    .where({ region: region.code, book: 'fund', event: 'opening' })
    .pluck<string[]>('key');
  const missing = journals.filter(({ key }) => !posted.includes(key));
  if (missing.length > 0) await postJournals(db, region.code, missing);
  return missing.length;
}

/** The agency's own accounts, with what is in them when the books begin. */
export function bankAccounts({ code, funds }: Region): { account: string; openingFen: bigint }[] {
  return [
    ...funds.map(({ pool, cashFen }) => ({ account: agencyAccounts.fund(code, pool), openingFen: cashFen })),
    {
      account: agencyAccounts.fiscalDeposit(code),
      openingFen: sum(funds.map(({ fiscalDepositFen }) => fiscalDepositFen)),
    },
    { account: agencyAccounts.supervised(code), openingFen: 0n },
  ];
}
