import writeXlsxFile from 'write-excel-file/node';
import type { DocumentModel, DocumentTable } from '../../domain/documents/model';

/** An amount in yuan as documents print it; the sheet gets it as a number of two places, for sums. */
const AMOUNT = /^-?\d{1,13}\.\d{2}$/;
const NARROW = 14;
const WIDE = 24;
/** A sheet's name has at most 31 characters, and none of these. */
const FORBIDDEN = /[\\/?*[\]:]/g;
const MAX_SHEET_NAME = 31;

type Cell = {
  value: string | number;
  type: StringConstructor | NumberConstructor;
  format?: string;
  fontWeight?: 'bold';
};

/** The document as a workbook: what it says on the first sheet, each table on one of its own. */
export async function renderXlsx(number: string, model: DocumentModel): Promise<Buffer> {
  const first: Cell[][] = [
    [text(model.title, true)],
    [text('编号'), text(number)],
    ...(model.addressee === undefined ? [] : [[text('致'), text(model.addressee)]]),
    ...model.facts.map(([label, value]) => [text(label), cellOf(value)]),
    ...model.paragraphs.map((paragraph) => [text(paragraph)]),
    ...model.basis.map((clause) => [text('依据'), text(clause)]),
    [text(model.issuer), text(model.date)],
  ];
  const sheets = [
    { sheet: sheetName(model.title, 0), data: first, columns: [{ width: WIDE }, { width: WIDE }] },
    ...model.tables.map((table, index) => ({
      sheet: sheetName(table.title, index + 1),
      data: rowsOf(table),
      columns: table.columns.map(({ align }) => ({ width: align === 'right' ? NARROW : WIDE })),
    })),
  ];
  return withoutTimes(await writeXlsxFile(sheets).toBuffer());
}

function rowsOf({ columns, rows, totals }: DocumentTable): Cell[][] {
  return [
    columns.map(({ label }) => text(label, true)),
    ...rows.map((row) => row.map((value) => cellOf(value))),
    ...(totals ? [totals.map((value) => cellOf(value, true))] : []),
  ];
}

function text(value: string, bold = false): Cell {
  return { value, type: String, ...(bold ? { fontWeight: 'bold' } : {}) };
}

function cellOf(value: string, bold = false): Cell {
  if (!AMOUNT.test(value)) return text(value, bold);
  // The only place in which money becomes a float: a spreadsheet knows nothing else, and 15 digits are exact to the fen.
  return { value: Number(value), type: Number, format: '#,##0.00', ...(bold ? { fontWeight: 'bold' } : {}) };
}

/** Names are unique in a workbook; the number in front makes them so. */
function sheetName(title: string, index: number): string {
  return `${index === 0 ? '' : `${index} `}${title.replace(FORBIDDEN, ' ')}`.slice(0, MAX_SHEET_NAME);
}

const END_OF_ZIP = 0x06054b50;
const END_LENGTH = 22;
const ENTRY_LENGTH = 46;
/** 1980-01-01, the first day that a ZIP file can name. */
const FIRST_DAY = 0x0021;

/** Takes out the moment of writing, which a ZIP file has for each file in it: same document, same bytes, same hash. */
function withoutTimes(zip: Buffer): Buffer {
  const end = zip.length - END_LENGTH;
  if (zip.readUInt32LE(end) !== END_OF_ZIP)
    throw new TypeError('a workbook ends with a ZIP directory without a comment');
  let entry = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const local = zip.readUInt32LE(entry + 42);
    for (const at of [entry + 12, local + 10]) {
      zip.writeUInt16LE(0, at);
      zip.writeUInt16LE(FIRST_DAY, at + 2);
    }
    entry += ENTRY_LENGTH + zip.readUInt16LE(entry + 28) + zip.readUInt16LE(entry + 30) + zip.readUInt16LE(entry + 32);
  }
  return zip;
}
