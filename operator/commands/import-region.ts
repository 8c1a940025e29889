import type { Knex } from 'knex';
import { requireClosedBodies } from '../../db/body-changes';
import { regionChanges, writeRegion, type RegisterChange } from '../../db/region-import';
import { saveCalendarYear, savePolicy } from '../../db/register';
import { sayBusinessDate } from '../../db/staff';
import type { CalendarYear } from '../../domain/calendar';
import { isRefusalCode, Refusal } from '../../domain/refusal';
import type { Region } from '../../domain/region';
import { readCatalogue } from '../files/catalogue';
import type { PolicyChoice } from '../files/policy-choice';
import { loadRegion } from '../files/region-folder';
import { checkPolicies } from '../files/region-policy-check';
import type { CommandContext } from './context';
import { importStandings, readFundData, standingChanges } from './import-fund-data';
import { openOnce } from './opening';

export interface ImportInput {
  dir: string;
  choice: PolicyChoice;
  calendars: readonly CalendarYear[];
  /** Takes the folder's values where others are stored. */
  replace: boolean;
  dryRun: boolean;
}

export interface Imported {
  region: Region;
  policies: readonly string[];
  changes: RegisterChange[];
  /** Opening balances posted now: one a pool, once in a region's life. */
  opened: number;
}

/**
 * Takes a region folder into the running system: policies, calendars, registers and, the first time, opening balances. The same
 * folder again changes nothing.
 * @param owner connected as the owner: the application may not write who approves and by which rules
 * @throws Refusal of the folder's files and policies; `ImportDiffers` where other values are stored, without `replace`;
 * `SettlementBodyOpen`, of a trial run too
 */
export async function importRegion(
  { db, clock }: CommandContext,
  owner: Knex,
  { dir, choice, calendars, replace, dryRun }: ImportInput,
): Promise<Imported> {
  const region = await loadRegion(dir);
  const policies = await checkedPolicies(dir, region, choice);
  const catalogue = await readCatalogue(region.files.catalogue);
  const { spending, standings } = await readFundData(region.files);
  const options = { policies, provisionalCalendar: false, catalogue, spending };
  const today = clock.now().date;
  const changes = [
    ...(await regionChanges(owner, region, options)),
    ...(await standingChanges(owner, region.code, standings, today)),
  ];
  const isNew = changes.some(({ kind, change }) => kind === 'region' && change === 'added');
  if (dryRun) {
    await owner.transaction((trx) => requireClosedBodies(trx, region.code, region.institutions));
    return { region, policies, changes, opened: 0 };
  }
  if (!isNew && changes.length > 0 && !replace)
    throw new Refusal(
      'ImportDiffers',
      `region ${region.code} is stored with other values than ${dir}:${listed(changes)}`,
      {
        region: region.code,
        place: { file: dir },
        changes,
      },
    );
  await owner.transaction(async (trx) => {
    await sayBusinessDate(trx, today);
    await requireClosedBodies(trx, region.code, region.institutions);
    for (const file of choice.book.list()) await savePolicy(trx, file);
    for (const year of calendars) await saveCalendarYear(trx, year);
    await writeRegion(trx, region, options);
    await importStandings(trx, region.code, standings, today);
  });
  const opened = await openOnce(db, region, choice.book, policies, today);
  return { region, policies, changes, opened };
}

async function checkedPolicies(dir: string, region: Region, choice: PolicyChoice): Promise<readonly string[]> {
  const { policies, findings } = await checkPolicies(dir, region, choice);
  const [first] = findings;
  if (first) {
    const { file, line, column, code, rule, message } = first;
    const place = { file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
    throw new Refusal(isRefusalCode(code) ? code : 'FileInvalid', message, { rule, place, findings });
  }
  if (policies.length === 0)
    throw new Refusal('PolicyUnknown', `region ${region.code} has neither purchases nor claims: no policy applies`, {
      place: { file: dir },
    });
  return policies;
}

const MOST_LISTED = 20;

function listed(changes: readonly RegisterChange[]): string {
  const lines = changes.slice(0, MOST_LISTED).map((change) => `\n  ${changeText(change)}`);
  const more = changes.length - lines.length;
  return lines.join('') + (more > 0 ? `\n  … and ${more} more` : '');
}

/** `~ institution H65050200001: level 二级甲等 → 三级甲等` */
export function changeText({ change, kind, id, columns }: RegisterChange): string {
  if (change === 'added') return `+ ${kind} ${id}`;
  if (change === 'missing') return `- ${kind} ${id} (not in the folder)`;
  return `~ ${kind} ${id}: ${columns.map(({ column, from, to }) => `${column} ${from} → ${to}`).join('; ')}`;
}
