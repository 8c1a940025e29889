import type { Knex } from 'knex';
import { loadEntrustments } from '../../db/entrustments';
import { findPolicyWith } from '../../db/region-policy';
import { loadBudgets, loadInstitutionNames, loadInstitutions, loadPurchases, loadRegion } from '../../db/register';
import { lastDayOf, period, type PlainDate } from '../../domain/plain-date';
import { periodOfYear, scheduleOf, type PolicyFile } from '../../domain/policy';
import { prepareRegion, type Preparation } from '../../domain/preparation';
import { settlementBodies } from '../../domain/prepayment';
import { Refusal } from '../../domain/refusal';
import type { Region } from '../../domain/region';
import { readEntrustments } from '../files/entrustments';
import { policyIdsOf, type PolicyChoice } from '../files/policy-choice';
import { budgetsOf } from '../files/region-policy-check';

export interface RegionPreparation extends Preparation {
  region: string;
  name: string;
  policy: { id: string; version: string; sha256: string };
}

type PolicyOn = (day: PlainDate) => PolicyFile | undefined | Promise<PolicyFile | undefined>;

/**
 * Takes stock of a region folder before anything runs (新医保发〔2025〕50号 三(一)). @throws Refusal `PolicyNotInForce` where no
 * policy of the region prepays in that year, and those of the files
 */
export async function prepareFolder(
  region: Region,
  choice: PolicyChoice,
  givenYear?: number,
): Promise<RegionPreparation> {
  const year =
    givenYear ??
    nextYear(
      region.purchases.map((each) => each.year),
      region.code,
    );
  const file = await prepayingPolicy(year, region.code, (day) =>
    choice.book
      .list()
      .filter(({ policy }) => policyIdsOf(region, choice).includes(policy.id) && policy.prepayment !== undefined)
      .find(({ policy }) => policy.effective.from <= day && choice.book.inForce(policy.id, day).policy === policy),
  );
  const { entrustments } = region.files;
  const preparation = prepareRegion({
    institutions: region.institutions,
    purchases: region.purchases,
    budgets: budgetsOf(region),
    policy: file.policy,
    year,
    letters: entrustments === undefined ? [] : await readEntrustments(entrustments),
    ledgers: new Set(),
  });
  return { region: region.code, name: region.name, policy: stampOf(file), ...preparation };
}

/** The same of a region that is imported: its letters are those on file, and its virtual ledgers are open. @throws Refusal */
export async function prepareStored(db: Knex, region: string, givenYear?: number): Promise<RegionPreparation> {
  const { name } = await loadRegion(db, region);
  const years = await db('settle.purchases').where({ region }).distinct('year').pluck<number[]>('year');
  const year = givenYear ?? nextYear(years, region);
  const file = await prepayingPolicy(year, region, (day) => findPolicyWith(db, region, 'prepayment', day));
  const names = await loadInstitutionNames(db, region);
  const institutions = (await loadInstitutions(db, region)).map((each) => ({
    ...each,
    name: names.get(each.institution)!,
  }));
  const preparation = prepareRegion({
    institutions,
    purchases: [...(await loadPurchases(db, region, year - 2)), ...(await loadPurchases(db, region, year - 1))],
    budgets: await loadBudgets(db, region),
    policy: file.policy,
    year,
    letters: await loadEntrustments(db, region),
    ledgers: new Set(settlementBodies(institutions).values()),
  });
  return { region, name, policy: stampOf(file), ...preparation };
}

function nextYear(years: readonly number[], region: string): number {
  if (years.length > 0) return Math.max(...years) + 1;
  throw new Refusal('NotFound', `region ${region} has no purchases: name the year with --year`, { region });
}

/** The version in force when the year's prepayment is disbursed. */
async function prepayingPolicy(year: number, region: string, policyOn: PolicyOn): Promise<PolicyFile> {
  const january = await policyOn(lastDayOf(period(`${year}-01`)));
  const month = january?.policy.prepayment && scheduleOf(january.policy.prepayment, year).disbursement.month;
  const found = month === undefined ? undefined : await policyOn(lastDayOf(periodOfYear(year, month)));
  if (found) return found;
  throw new Refusal('PolicyNotInForce', `no policy of region ${region} prepays in ${year}`, { region, year });
}

function stampOf({ policy, sha256 }: PolicyFile): RegionPreparation['policy'] {
  return { id: policy.id, version: policy.version, sha256 };
}
