import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'yaml';
import type { Claim } from '../domain/fund/claims';
import type { Standing } from '../domain/fund/eligibility';
import type { Spending } from '../domain/fund/spending';
import { formatYuan } from '../domain/money';
import type { Period } from '../domain/plain-date';
import type { Region } from '../domain/region';
import { formatCsvLine } from '../operator/files/csv';
import { MADE_UP_COLUMNS, makeApplications, type MadeUpApplicationsOptions } from './made-up-applications';
import type { MadeUpSupply } from './made-up-supply';

/** A region as the files of its folder, name by name: what `readRegionFolder` reads back as the same region. */
export function regionFiles(region: Region): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  files.set('region.yaml', regionYaml(region));
  files.set(
    'institutions.csv',
    csv(
      'institution,name,level,three_flows,executes_well,settles_through,account,bank_code',
      region.institutions.map((each) => [
        each.institution,
        each.name,
        each.level,
        String(each.threeFlows),
        String(each.executesWell),
        each.settlesThrough ?? '',
        each.account,
        each.bankCode,
      ]),
    ),
  );
  files.set(
    'enterprises.csv',
    csv(
      'enterprise,name,account,bank_code',
      region.enterprises.map((each) => [each.enterprise, each.name, each.account, each.bankCode]),
    ),
  );
  for (const year of new Set(region.purchases.map((each) => each.year))) {
    const rows = region.purchases.filter((each) => each.year === year);
    const cells = rows.map((row) => [row.institution, row.category, row.channel, formatYuan(row.amountFen)]);
    files.set(`purchases-${year}.csv`, csv('institution,category,channel,amount', cells));
  }
  if (!region.staffIsExample) {
    const cells = region.staff.map((each) => [
      each.person,
      each.name,
      each.roles.join(';'),
      each.from ?? '',
      each.to ?? '',
    ]);
    files.set('staff.csv', csv('person,name,roles,from,to', cells));
  }
  return files;
}

/** Spending, standings and claims as the files of a region folder, name by name. */
function fundFiles(
  region: Pick<Region, 'code'>,
  { spending, standings, claims }: FundFigures,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const year of new Set(spending.map((each) => each.year))) {
    const rows = spending.filter((each) => each.year === year);
    const cells = rows.map((row) => [row.institution, row.pool, formatYuan(row.amountFen)]);
    files.set(`spending-${year}.csv`, csv('institution,pool,amount', cells));
  }
  if (standings.length > 0)
    files.set(
      'eligibility.csv',
      csv(
        'institution,score,major_violation_on,traceability,active,cooperates,agreement_kept',
        standings.map((each) => [
          each.institution,
          each.score,
          each.majorViolationOn ?? '',
          String(each.traceability),
          String(each.active),
          String(each.cooperates),
          String(each.agreementKept),
        ]),
      ),
    );
  for (const [period, rows] of claims)
    files.set(
      `claims-${period}.csv`,
      csv(
        'institution,pool,declared,deducted,paying_region',
        rows.map((row) => [
          row.institution,
          row.pool,
          formatYuan(row.declaredFen),
          formatYuan(row.deductedFen),
          row.payingRegion === region.code ? '' : row.payingRegion,
        ]),
      ),
    );
  return files;
}

interface FundFigures {
  readonly spending: readonly Spending[];
  readonly standings: readonly Standing[];
  readonly claims: ReadonlyMap<Period, readonly Claim[]>;
}

/** Writes them into a region's folder. */
export async function writeFundFiles(dir: string, region: Pick<Region, 'code'>, figures: FundFigures): Promise<void> {
  for (const [name, text] of fundFiles(region, figures)) await writeFile(join(dir, name), text);
}

/** Writes what the procurement system tells of a month into a region's folder; a column more marks each row as made up. */
export async function writeSupply(dir: string, period: Period, rows: readonly MadeUpSupply[]): Promise<void> {
  const cells = rows.map((row) => [
    row.enterprise,
    String(row.orders),
    String(row.responded),
    row.orderedQuantity,
    row.deliveredQuantity,
    '示例',
  ]);
  const header = 'enterprise,orders,responded,ordered_quantity,delivered_quantity,note';
  await writeFile(join(dir, `supply-${period}.csv`), csv(header, cells));
}

function csv(header: string, rows: string[][]): string {
  return [`${header}\n`, ...rows.map(formatCsvLine)].join('');
}

function regionYaml({ code, name, policies, funds }: Region): string {
  return stringify({
    code,
    name,
    ...(policies === undefined ? {} : { policies }),
    funds: funds.map((fund) => ({
      pool: fund.pool,
      cash: formatYuan(fund.cashFen),
      fiscalDeposit: formatYuan(fund.fiscalDepositFen),
      prepaymentBudget: formatYuan(fund.prepaymentBudgetFen),
    })),
  });
}

/** Writes the files into a folder, which is created; files of other names in it are left alone. */
export async function writeRegionFolder(dir: string, region: Region): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, text] of regionFiles(region)) await writeFile(join(dir, name), text);
}

const ROWS_PER_PIECE = 2_000;

/** Writes a period's made-up applications into the folder, a piece at a time. @returns the path of the file */
export async function writeApplications(
  dir: string,
  region: Region,
  options: MadeUpApplicationsOptions,
): Promise<string> {
  const path = join(dir, `applications-${options.period}.csv`);
  await pipeline(Readable.from(applicationPieces(region, options)), createWriteStream(path));
  return path;
}

function* applicationPieces(region: Region, options: MadeUpApplicationsOptions): Generator<string> {
  let piece = [formatCsvLine(MADE_UP_COLUMNS)];
  for (const row of makeApplications(region, options)) {
    piece.push(formatCsvLine(MADE_UP_COLUMNS.map((column) => row[column])));
    if (piece.length < ROWS_PER_PIECE) continue;
    yield piece.join('');
    piece = [];
  }
  yield piece.join('');
}
