import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { period as toPeriod } from '../../domain/plain-date';
import type { CommandContext } from '../../operator/commands/context';
import { importApplications, type ImportedApplications } from '../../operator/commands/import-applications';
import { formatCsvLine } from '../../operator/files/csv';
import { REGION } from './window';

export const APPLICATION_COLUMNS = [
  'line',
  'order',
  'institution',
  'enterprise',
  'drug',
  'category',
  'kind',
  'quantity',
  'unit_price',
  'amount',
  'received_on',
  'applied_on',
  'verified_by',
  'invoice',
  'ordered_on',
] as const;

/** The cells of one row as text. */
export type Cells = Record<(typeof APPLICATION_COLUMNS)[number], string>;

/** A good line of 2026-04: ten packs at 12.50 yuan. */
export function cellsOf(line: string, more: Partial<Cells> = {}): Cells {
  return {
    line,
    order: `示例订单${line}`,
    institution: `H${REGION}00001`,
    enterprise: 'E0001',
    drug: '示例药品',
    category: 'vbp-national',
    kind: 'delivery',
    quantity: '10',
    unit_price: '12.50',
    amount: '125.00',
    received_on: '2026-03-28',
    applied_on: '2026-04-03',
    verified_by: 'both',
    invoice: '',
    ordered_on: '2026-03-20',
    ...more,
  };
}

export function csvOf(rows: readonly Cells[]): string {
  return [APPLICATION_COLUMNS, ...rows.map((row) => APPLICATION_COLUMNS.map((name) => row[name]))]
    .map(formatCsvLine)
    .join('');
}

/** A folder of files that are imported into one database. */
export function createImports(context: () => CommandContext) {
  const directory = mkdtempSync(join(tmpdir(), 'settle-applications-'));
  let files = 0;
  const write = (content: string | Buffer, name = `file-${(files += 1)}.csv`): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  return {
    directory,
    write,
    file: (path: string, more: { period?: string; dryRun?: boolean; rejectedPath?: string } = {}) => {
      const { period, ...rest } = more;
      const options = { ...rest, ...(period === undefined ? {} : { period: toPeriod(period) }) };
      return importApplications(context(), { region: REGION, path, person: '650500-operator', ...options });
    },
    rows(rows: readonly Cells[], period = '2026-04'): Promise<ImportedApplications> {
      return this.file(write(csvOf(rows)), { period });
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** What was made of the rows of all files, by line id: `accepted`, `repeated` or the code, in the order of file and row. */
export async function fates(db: Knex): Promise<Record<string, string[]>> {
  const { rows } = await db.raw<{ rows: { line: string; fates: string[] }[] }>(
    `select line, array_agg(fate order by file_id, row_no) as fates from (
       select line, file_id, row_no, 'accepted' as fate from settle.application_lines
        where line_id not in (select line_id from settle.line_withdrawals)
       union all
       select line, file_id, row_no, 'repeated' from settle.repeated_lines r
        where not exists (select from settle.rejected_lines x where (x.file_id, x.row_no) = (r.file_id, r.row_no))
       union all select line, file_id, row_no, code from settle.rejected_rows) all_rows
      group by line order by line`,
  );
  return Object.fromEntries(rows.map((row) => [row.line, row.fates]));
}

/** Takes everything of windows away, so that tests can share a database: only the superuser can do that. */
export async function clearLines(superuser: Knex): Promise<void> {
  await superuser.raw(
    `set session_replication_role = replica;
     truncate settle.application_lines, settle.application_files, settle.line_withdrawals, settle.repeated_lines, settle.rejected_lines,
       settle.settled_lines, settle.line_disputes, settle.catalogue, settle.enterprise_cases cascade;
     reset session_replication_role`,
  );
}
