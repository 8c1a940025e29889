import type { Knex } from 'knex';
import { postJournals } from '../db/ledger';
import { savePolicy, saveCalendarYear, saveRegion } from '../db/register';
import type { CalendarYear } from '../domain/calendar';
import type { PlainDate } from '../domain/plain-date';
import type { PolicyBook } from '../domain/policy';
import type { Region } from '../domain/region';
import { importStandings, readFundData } from '../operator/commands/import-fund-data';
import { bankAccounts, openingJournals } from '../operator/commands/opening';
import { readCatalogue } from '../operator/files/catalogue';
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
    const catalogue = await readCatalogue(region.files.catalogue);
    const { spending, standings } = await readFundData(region.files);
    await saveRegion(owner, region, {
      policies: ids,
      provisionalCalendar: input.provisionalCalendar,
      catalogue,
      spending,
    });
    await importStandings(owner, region.code, standings, on);
    await postJournals(db, region.code, openingJournals(region, policies, ids, on));
    await bank.openAccounts(bankAccounts(region));
  }
}
