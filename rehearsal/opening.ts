import type { Knex } from 'knex';
import { postJournals } from '../db/ledger';
import { policyStamp } from '../db/cases';
import { agencyAccounts, savePolicy, saveCalendarYear, saveRegion } from '../db/register';
import type { CalendarYear } from '../domain/calendar';
import { fundAccounts, type Journal } from '../domain/ledger';
import { sum } from '../domain/money';
import type { PlainDate } from '../domain/plain-date';
import type { PolicyBook } from '../domain/policy';
import type { Region } from '../domain/region';
import type { BankScriptClient } from '../workers/bank-simulator/script-client';

export interface OpeningInput {
  owner: Knex;
  db: Knex;
  bank: BankScriptClient;
  regions: readonly { region: Region; policies: readonly string[] }[];
  policies: PolicyBook;
  calendars: readonly CalendarYear[];
  provisionalCalendar: boolean;
  on: PlainDate;
}

/** Writes what is known before the first day: registers, policies, calendars, opening balances in the books and at the bank. */
export async function openBooks(input: OpeningInput): Promise<void> {
  const { owner, db, bank, policies, on } = input;
  for (const file of policies.list()) await savePolicy(owner, file);
  for (const year of input.calendars) await saveCalendarYear(owner, year);
  for (const { region, policies: ids } of input.regions) {
    await saveRegion(owner, region, { policies: ids, provisionalCalendar: input.provisionalCalendar });
    await postJournals(db, region.code, openingJournals(region, policies, ids, on));
    await bank.openAccounts(bankAccounts(region));
  }
}

function openingJournals(region: Region, policies: PolicyBook, ids: readonly string[], on: PlainDate): Journal[] {
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

function bankAccounts({ code, funds }: Region): { account: string; openingFen: bigint }[] {
  return [
    ...funds.map(({ pool, cashFen }) => ({ account: agencyAccounts.fund(code, pool), openingFen: cashFen })),
    {
      account: agencyAccounts.fiscalDeposit(code),
      openingFen: sum(funds.map(({ fiscalDepositFen }) => fiscalDepositFen)),
    },
    { account: agencyAccounts.supervised(code), openingFen: 0n },
  ];
}
