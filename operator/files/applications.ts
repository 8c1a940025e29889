import { CATEGORIES } from '../../domain/region';
import { LINE_KINDS, VERIFIERS, type ApplicationLine } from '../../domain/window/line-check';
import { date, Mismatch, oneOf, optional, quantity, signedYuan, text, unitPrice } from './cells';
import type { FileFindings } from './findings';
import { readCsvRecords, type FileRecord } from './records';
import { column, describeMismatch, extraColumn, locateColumns, type Columns, type LocatedColumns } from './table';

/**
 * The columns of an application file as an import reads them (新医保发〔2025〕50号 四(二)). Parties are any text here: one that is
 * not registered is `unknown-institution` or `unknown-enterprise`, whatever it looks like.
 */
const COLUMNS = {
  line: column(text),
  order: column(text),
  institution: column(text),
  enterprise: column(text),
  drug: column(text),
  category: column(oneOf(CATEGORIES)),
  kind: column(oneOf(LINE_KINDS)),
  quantity: column(quantity),
  unit_price: column(unitPrice),
  amount: column(signedYuan),
  received_on: column(date),
  applied_on: column(date),
  verified_by: column(optional(oneOf(VERIFIERS))),
  invoice: extraColumn(optional(text)),
  ordered_on: extraColumn(optional(date)),
} as const satisfies Columns;

/** A row of an application file: the line that it is, or why it is none. */
export type ApplicationRow = { readonly rowNo: number } & (
  | { readonly line: ApplicationLine }
  | { readonly unreadable: { readonly line: string; readonly amountFen: bigint | undefined; readonly detail: string } }
);

/**
 * The rows of an application file in batches, with constant memory. A row whose cells cannot be read is handed out as such;
 * what makes the whole file unusable (encoding, header, quotes) is a finding, and nothing may be taken from the file then.
 */
export async function* readApplications(path: string, findings: FileFindings): AsyncGenerator<ApplicationRow[]> {
  let header: LocatedColumns | undefined;
  for await (const records of readCsvRecords(path, findings)) {
    const first = header === undefined ? records.shift() : undefined;
    if (first) header = locateColumns(COLUMNS, first.cells, first.line, findings);
    if (header?.usable === false) return;
    if (header) yield records.map((record) => readRow(header!, record));
  }
  if (header === undefined && findings.count === 0)
    findings.add('csv-empty', 'the file is empty: not even a header is there', { line: 1 });
}

function readRow({ names, positions }: LocatedColumns, { cells, line: rowNo }: FileRecord): ApplicationRow {
  if (cells.length !== names.length) {
    const detail = `the header has ${names.length} columns, this line has ${cells.length}`;
    return unreadable(rowNo, cells[names.indexOf('line')] ?? '', undefined, detail);
  }
  const values: Record<string, unknown> = {};
  let wrong: string | undefined;
  for (const { name, cell, index } of positions) {
    const value = cell(index < 0 ? '' : cells[index]!);
    if (value instanceof Mismatch) wrong ??= describeMismatch(name, cells[index] ?? '', value);
    else values[name] = value;
  }
  if (wrong !== undefined)
    return unreadable(rowNo, cells[names.indexOf('line')]!, values.amount as bigint | undefined, wrong);
  return { rowNo, line: lineOf(values as unknown as Values) };
}

const MAX_ID = 200;

function unreadable(rowNo: number, line: string, amountFen: bigint | undefined, detail: string): ApplicationRow {
  return { rowNo, unreadable: { line: line.slice(0, MAX_ID), amountFen, detail } };
}

type Values = { [K in keyof typeof COLUMNS]: Exclude<ReturnType<(typeof COLUMNS)[K]['cell']>, Mismatch> };

function lineOf(values: Values): ApplicationLine {
  return {
    line: values.line,
    order: values.order,
    institution: values.institution,
    enterprise: values.enterprise,
    drug: values.drug,
    category: values.category,
    kind: values.kind,
    quantity: values.quantity,
    unitPrice: values.unit_price,
    amountFen: values.amount,
    orderedOn: values.ordered_on,
    receivedOn: values.received_on,
    appliedOn: values.applied_on,
    verifiedBy: values.verified_by ?? '',
    invoice: values.invoice ?? '',
  };
}
