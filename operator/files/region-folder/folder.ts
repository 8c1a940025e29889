import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isPeriod } from '../../../domain/plain-date';
import type { PeriodFile, RegionFiles, YearFile } from '../../../domain/region';
import { createFileFindings, type FileFindings } from '../findings';

/** What a folder holds, by the names of its files. Files of other names are left alone. */
export interface FolderListing {
  readonly purchases: readonly YearFile[];
  readonly files: RegionFiles;
  readonly hasEnterprises: boolean;
  readonly hasStaff: boolean;
}

const DATED = /^(purchases|spending|applications|claims|supply)\b(.*)\.csv$/;
const YEAR = /^-(\d{4})$/;
/** The same as a workbook, which `applications import` takes, but a folder does not. */
const WORKBOOK = /^((?:purchases|spending|applications|claims|supply)-\d{4}(?:-\d{2})?)\.xlsx?$/i;
/** What an import of applications writes beside the file it read. */
const REJECTION_FILE = /\.rejected\.csv$/;

/**
 * @returns undefined, with a finding, when the folder cannot be listed. A file whose name begins like a dated one but
 * carries no year or month is a finding too, and so is a workbook without the CSV file of its name: it would be left out in
 * silence otherwise.
 */
export async function listFolder(
  dir: string,
  findingsOf: (path: string) => FileFindings,
): Promise<FolderListing | undefined> {
  let names: string[];
  try {
    names = (await readdir(dir)).sort();
  } catch (error) {
    findingsOf(dir).add('file-unreadable', `the folder cannot be listed: ${(error as Error).message}`);
    return undefined;
  }
  const years = { purchases: [] as YearFile[], spending: [] as YearFile[] };
  const periods = { applications: [] as PeriodFile[], claims: [] as PeriodFile[], supply: [] as PeriodFile[] };
  for (const name of names) {
    if (REJECTION_FILE.test(name)) continue;
    const workbook = WORKBOOK.exec(name)?.[1];
    if (workbook !== undefined && !names.includes(`${workbook}.csv`))
      findingsOf(join(dir, name)).add('file-name', `a region's folder takes CSV: save the sheet as ${workbook}.csv`);
    const [, kind, suffix] = DATED.exec(name) ?? [];
    if (kind === undefined || suffix === undefined) continue;
    const path = join(dir, name);
    if (kind === 'purchases' || kind === 'spending') {
      const year = YEAR.exec(suffix)?.[1];
      if (year !== undefined) years[kind].push({ year: Number(year), path });
      else findingsOf(path).add('file-name', `no year in the name: name it like ${kind}-2025.csv`);
    } else {
      const month = suffix.slice(1);
      if (suffix.startsWith('-') && isPeriod(month))
        periods[kind as keyof typeof periods].push({ period: month, path });
      else findingsOf(path).add('file-name', `no month in the name: name it like ${kind}-2026-04.csv`);
    }
  }
  const single = (name: 'eligibility' | 'catalogue' | 'entrustments') =>
    names.includes(`${name}.csv`) ? { [name]: join(dir, `${name}.csv`) } : {};
  return {
    purchases: years.purchases,
    files: {
      ...periods,
      spending: years.spending,
      ...single('eligibility'),
      ...single('catalogue'),
      ...single('entrustments'),
    },
    hasEnterprises: names.includes('enterprises.csv'),
    hasStaff: names.includes('staff.csv'),
  };
}

/** Findings per file, in the order in which the files were first looked at. */
export function createFolderFindings() {
  const byFile = new Map<string, FileFindings>();
  return {
    of: (path: string): FileFindings => {
      let findings = byFile.get(path);
      if (findings === undefined) byFile.set(path, (findings = createFileFindings(path)));
      return findings;
    },
    list: () => [...byFile.values()].flatMap((findings) => findings.list()),
  };
}
