import type { Knex } from 'knex';
import { differences, newStandings, saveStandings } from '../../db/fund/standings';
import type { RegisterChange } from '../../db/region-import';
import type { Spending } from '../../domain/fund/spending';
import type { Standing } from '../../domain/fund/eligibility';
import type { PlainDate } from '../../domain/plain-date';
import type { RegionFiles } from '../../domain/region';
import { readSpending, readStandings } from '../files/fund-data';

/** What a region folder says for monthly funds: last years' spending, and what is known of each institution. */
export interface FundData {
  readonly spending: readonly Spending[];
  readonly standings: readonly Standing[];
}

/** @throws Refusal `FileInvalid` */
export async function readFundData(files: RegionFiles): Promise<FundData> {
  return { spending: await readSpending(files.spending), standings: await readStandings(files.eligibility) };
}

/** What of the standings is new on a day, for people. Nothing stored is changed: what was known stays known of its time. */
export async function standingChanges(
  db: Knex,
  region: string,
  standings: readonly Standing[],
  on: PlainDate,
): Promise<RegisterChange[]> {
  return (await newStandings(db, region, standings, on)).map(({ standing, before }) => ({
    change: before === undefined ? 'added' : 'changed',
    kind: 'standing',
    id: standing.institution,
    columns:
      before === undefined
        ? []
        : differences(before, standing).map((column) => ({
            column,
            from: String(before[column] ?? '–'),
            to: String(standing[column] ?? '–'),
          })),
  }));
}

/** Writes what is new, as known from the day (宿迁 2025-06-13 二(三)): the months that began before it are judged by what was known. */
export async function importStandings(
  owner: Knex,
  region: string,
  standings: readonly Standing[],
  on: PlainDate,
): Promise<void> {
  const fresh = (await newStandings(owner, region, standings, on)).map(({ standing }) => standing);
  if (fresh.length > 0) await saveStandings(owner, region, fresh, on);
}
