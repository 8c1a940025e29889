import type { RegionFiles } from '../../../domain/region';
import type { FileFindings } from '../findings';
import { readTable } from '../table';
import { checkDateOrder, checkKnown, type Known } from './registers';
import {
  APPLICATION_COLUMNS,
  CATALOGUE_COLUMNS,
  CLAIM_COLUMNS,
  ELIGIBILITY_COLUMNS,
  ENTRUSTMENT_COLUMNS,
  SPENDING_COLUMNS,
  SUPPLY_COLUMNS,
} from './tables';

export interface BulkCheck {
  readonly files: RegionFiles;
  readonly institutions: Known;
  readonly enterprises: Known;
  readonly findingsOf: (path: string) => FileFindings;
  /** Application lines are judged one by one when they are imported; without them only the header is checked here. */
  readonly applicationRows: boolean;
}

/**
 * Checks the files that later work reads, row by row in constant memory: columns, formats and, except for application
 * lines (where an unknown party is a rejection of that line), who is named.
 */
export async function checkBulkFiles(check: BulkCheck): Promise<void> {
  const { files, findingsOf } = check;
  for (const { path } of files.applications) {
    await readTable(path, APPLICATION_COLUMNS, findingsOf(path), () => undefined, {
      headerOnly: !check.applicationRows,
    });
  }
  await checkInstitutionTables(check);
  for (const { path } of files.supply) {
    const findings = findingsOf(path);
    const once = createOnce('enterprise', findings);
    await readTable(path, SUPPLY_COLUMNS, findings, (row, line) => {
      checkKnown(check.enterprises, 'enterprise', row.enterprise, line, findings);
      once(row.enterprise, line);
    });
  }
  if (files.catalogue !== undefined) {
    const findings = findingsOf(files.catalogue);
    const listedOnce = createListedOnce(findings);
    await readTable(files.catalogue, CATALOGUE_COLUMNS, findings, (row, line) => {
      checkDateOrder(row.from, row.to, line, findings);
      listedOnce(row, line);
    });
  }
}

async function checkInstitutionTables({ files, institutions, findingsOf }: BulkCheck): Promise<void> {
  for (const { path } of [...files.claims, ...files.spending]) {
    const findings = findingsOf(path);
    const columns = files.claims.some((file) => file.path === path) ? CLAIM_COLUMNS : SPENDING_COLUMNS;
    await readTable(path, columns, findings, (row, line) => {
      checkKnown(institutions, 'institution', row.institution, line, findings);
    });
  }
  if (files.eligibility !== undefined) {
    const findings = findingsOf(files.eligibility);
    const once = createOnce('institution', findings);
    await readTable(files.eligibility, ELIGIBILITY_COLUMNS, findings, (row, line) => {
      checkKnown(institutions, 'institution', row.institution, line, findings);
      once(row.institution, line);
    });
  }
  if (files.entrustments !== undefined) {
    const findings = findingsOf(files.entrustments);
    await readTable(files.entrustments, ENTRUSTMENT_COLUMNS, findings, (row, line) => {
      checkKnown(institutions, 'institution', row.institution, line, findings);
      checkDateOrder(row.from, row.to, line, findings);
    });
  }
}

interface Listing {
  readonly drug: string;
  readonly category: string;
  readonly from: string;
  readonly to?: string | null | undefined;
}

/** A drug stands under a category once on any day: of two listings that share a day, the later line is told. */
function createListedOnce(findings: FileFindings): (listing: Listing, line: number) => void {
  const listings = new Map<string, { from: string; to: string; line: number }[]>();
  return ({ drug, category, from, to }, line) => {
    const key = `${drug}\n${category}`;
    const earlier = listings.get(key) ?? [];
    const until = to ?? LAST_DAY;
    const double = earlier.find((each) => each.from <= until && from <= each.to);
    if (double !== undefined) {
      const days = `${double.from} to ${double.to === LAST_DAY ? 'no end' : double.to}`;
      findings.add('duplicate', `${drug} is already listed under ${category} on line ${double.line}, ${days}`, {
        line,
        column: 'from',
      });
    }
    listings.set(key, [...earlier, { from, to: until, line }]);
  };
}

/** Of a listing without an end. */
const LAST_DAY = '9999-12-31';

function createOnce(column: string, findings: FileFindings): (key: string, line: number) => void {
  const lines = new Map<string, number>();
  return (key, line) => {
    const first = lines.get(key);
    if (first === undefined) lines.set(key, line);
    else
      findings.add('duplicate', `${column} ${key} already stands on line ${first}: leave one of them`, {
        line,
        column,
      });
  };
}
