import { CATEGORIES } from '../../domain/region';
import { LINE_KINDS, VERIFIERS, type ApplicationLine } from '../../domain/window/line-check';
import { date, Mismatch, oneOf, optional, quantity, signedYuan, text, unitPrice } from './cells';
import type { FileFindings } from './findings';
import { readRecords, type FileRecord } from './records';
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
  for await (const records of readRecords(path, findings)) {
    const first = header === undefined ? records.shift() : undefined;
    if (first) header = locateColumns(COLUMNS, first.cells, first.line, findings);
    if (header?.usable === false) return;
    if (header) yield records.map((record) => readRow(header!, record));
  }
  if (header === undefined && findings.count === 0)
    findings.add('csv-empty', 'the file is empty: not even a header is there', { line: 1 });
}

function readRow(header: LocatedColumns, { cells, line: rowNo }: FileRecord): ApplicationRow {
  if (cells.length !== header.names.length) {
    const detail = `the header has ${header.names.length} columns, this line has ${cells.length}`;
    return unreadable(header, cells, rowNo, detail);
  }
  const line = readLine(header, cells);
  return line ? { rowNo, line } : unreadable(header, cells, rowNo, firstMismatch(header, cells));
}

/**
 * The line that cells say; undefined when one of them cannot be read. Written out cell by cell: a million lines go through
 * here, and this takes a third of what a loop over the columns takes.
 */
function readLine({ positions }: LocatedColumns, cells: readonly string[]): ApplicationLine | undefined {
  const at = (column: number): string => cells[positions[column]!.index] ?? '';
  const line = text(at(0));
  const order = text(at(1));
  const institution = text(at(2));
  const enterprise = text(at(3));
  const drug = text(at(4));
  const category = COLUMNS.category.cell(at(5));
  const kind = COLUMNS.kind.cell(at(6));
  const pieces = quantity(at(7));
  const price = unitPrice(at(8));
  const amountFen = signedYuan(at(9));
  const receivedOn = date(at(10));
  const appliedOn = date(at(11));
  const verifiedBy = COLUMNS.verified_by.cell(at(12));
  const invoice = COLUMNS.invoice.cell(at(13));
  const orderedOn = COLUMNS.ordered_on.cell(at(14));
  if (
    line instanceof Mismatch ||
    order instanceof Mismatch ||
    institution instanceof Mismatch ||
    enterprise instanceof Mismatch ||
    drug instanceof Mismatch ||
    category instanceof Mismatch ||
    kind instanceof Mismatch ||
    pieces instanceof Mismatch ||
    price instanceof Mismatch ||
    amountFen instanceof Mismatch ||
    receivedOn instanceof Mismatch ||
    appliedOn instanceof Mismatch ||
    verifiedBy instanceof Mismatch ||
    invoice instanceof Mismatch ||
    orderedOn instanceof Mismatch
  )
    return undefined;
  return {
    line,
    order,
    institution,
    enterprise,
    drug,
    category,
    kind,
    quantity: pieces,
    unitPrice: price,
    amountFen,
    orderedOn,
    receivedOn,
    appliedOn,
    verifiedBy: verifiedBy ?? '',
    invoice: invoice ?? '',
  };
}

function firstMismatch({ positions }: LocatedColumns, cells: readonly string[]): string {
  for (const { name, cell, index } of positions) {
    const value = cell(cells[index] ?? '');
    if (value instanceof Mismatch) return describeMismatch(name, cells[index] ?? '', value);
  }
  return '';
}

const MAX_ID = 200;

function unreadable(header: LocatedColumns, cells: readonly string[], rowNo: number, detail: string): ApplicationRow {
  const line = cells[header.names.indexOf('line')] ?? '';
  const amountFen = signedYuan(cells[header.names.indexOf('amount')] ?? '');
  return {
    rowNo,
    unreadable: {
      line: line.slice(0, MAX_ID),
      amountFen: amountFen instanceof Mismatch ? undefined : amountFen,
      detail,
    },
  };
}
