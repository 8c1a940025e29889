import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { formatYuan } from '../domain/money';
import type { Region } from '../domain/region';
import { formatCsvLine } from '../operator/files/csv';

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
