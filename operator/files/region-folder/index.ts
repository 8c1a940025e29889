import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../../domain/finding';
import { Refusal } from '../../../domain/refusal';
import { exampleStaff, type Enterprise, type Purchase, type Region } from '../../../domain/region';
import { refusalOf } from '../findings';
import { checkBulkFiles } from './bulk';
import { createFolderFindings, listFolder, type FolderListing } from './folder';
import { readEnterprises, readInstitutions, readPurchases, readStaff } from './registers';
import { readRegionYaml } from './region-yaml';

export interface RegionReading {
  /** Undefined as soon as there is one finding: nothing is taken from a folder that is not right. */
  readonly region?: Region;
  /** In the order of the files, then lines; at most 50 a file and one that counts the rest. */
  readonly findings: readonly Finding[];
}

export interface RegionReadOptions {
  /** Also checks every application line (`region check`); an import judges them one by one anyhow. */
  readonly applicationRows?: boolean;
}

/** Reads and checks a region folder; every fault of every file is reported, none is thrown. */
export async function readRegionFolder(dir: string, options: RegionReadOptions = {}): Promise<RegionReading> {
  const findings = createFolderFindings();
  const listing = await listFolder(dir, findings.of);
  if (listing === undefined) return { findings: findings.list() };
  const region = await readFolder(dir, listing, findings, options.applicationRows ?? false);
  const found = findings.list();
  return found.length === 0 && region !== undefined ? { region, findings: [] } : { findings: found };
}

async function readFolder(
  dir: string,
  listing: FolderListing,
  findings: ReturnType<typeof createFolderFindings>,
  applicationRows: boolean,
): Promise<Region | undefined> {
  const read = <T>(reader: (path: string, file: ReturnType<typeof findings.of>) => Promise<T>, name: string) => {
    const path = join(dir, name);
    return reader(path, findings.of(path));
  };
  const identity = await read(readRegionYaml, 'region.yaml');
  const institutions = await read(readInstitutions, 'institutions.csv');
  const enterprises = needsEnterprises(listing) ? await read(readEnterprises, 'enterprises.csv') : ([] as Enterprise[]);
  const institutionIds = institutions && new Set(institutions.map(({ institution }) => institution));
  const enterpriseIds = enterprises && new Set(enterprises.map(({ enterprise }) => enterprise));
  const purchases: Purchase[] = [];
  for (const file of listing.purchases) {
    await readPurchases(file, institutionIds, findings.of(file.path), (purchase) => purchases.push(purchase));
  }
  const staff = listing.hasStaff ? await read(readStaff, 'staff.csv') : undefined;
  await checkBulkFiles({
    files: listing.files,
    institutions: institutionIds,
    enterprises: enterpriseIds,
    findingsOf: findings.of,
    applicationRows,
  });
  if (identity === undefined || institutions === undefined || enterprises === undefined) return undefined;
  return {
    ...identity,
    institutions,
    enterprises,
    purchases,
    staff: staff ?? exampleStaff(identity.code, { paysClaims: listing.files.claims.length > 0 }),
    staffIsExample: staff === undefined,
    files: listing.files,
  };
}

/** Without applications and supply nobody names an enterprise, so a region of monthly funds needs no such file. */
function needsEnterprises({ hasEnterprises, files }: FolderListing): boolean {
  return hasEnterprises || files.applications.length > 0 || files.supply.length > 0;
}

/**
 * The region of a folder that is right in every file.
 *
 * @throws Refusal `FileMissing` where there is no such folder; `FileInvalid` whose message lists the first findings and
 * whose details carry all of them.
 */
export async function loadRegion(dir: string): Promise<Region> {
  const found = await stat(dir).catch(() => undefined);
  if (!found?.isDirectory())
    throw new Refusal('FileMissing', `there is no region folder ${dir}`, { place: { file: dir } });
  const { region, findings } = await readRegionFolder(dir);
  if (region === undefined) throw refusalOf(dir, findings);
  return region;
}
