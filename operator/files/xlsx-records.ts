import { open, type FileHandle } from 'node:fs/promises';
import type { FileFindings } from './findings';
import type { FileRecord } from './records';
import {
  joined,
  locateParts,
  readDateStyles,
  readSharedStrings,
  scanPart,
  unescaped,
  type SharedStrings,
} from './xlsx-parts';
import { dateText, decimalText } from './xlsx-values';
import { attribute, type XmlHandlers } from './xml-scanner';
import { openZip, WorkbookFault } from './zip';

const MAX_SHEET_BYTES = 2 * 1024 * 1024 * 1024;
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
const SIGNATURES = ['504b0304', '504b0506', 'd0cf11e0'];
const OLD_WORKBOOK = SIGNATURES[2];

/** Whether a file is a workbook by its first bytes or its name; what cannot be opened is none. */
export async function isWorkbook(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    return /\.xlsx?$/i.test(path) || SIGNATURES.includes(await signatureOf(file));
  } finally {
    await file.close();
  }
}

async function signatureOf(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return buffer.toString('hex', 0, bytesRead);
}

/**
 * The rows of the first sheet of a workbook in batches, header first, as a CSV file would have them; `line` is the row's number
 * in the sheet. Only the shared strings are in memory, within a limit. Rows without content are left out, and each is as
 * wide as the header. A workbook that is damaged or of another kind ends with a finding; what came before has been handed
 * out by then.
 */
export async function* readXlsxRecords(path: string, findings: FileFindings): AsyncGenerator<FileRecord[]> {
  const file = await open(path);
  try {
    if ((await signatureOf(file)) === OLD_WORKBOOK)
      throw new WorkbookFault(
        'xlsx-unsupported',
        'it is an .xls, or protected by a password: save it as .xlsx without one',
      );
    yield* sheetRecords(file);
  } catch (error) {
    if (!(error instanceof WorkbookFault)) throw error;
    const position = error.row === undefined ? {} : { line: error.row };
    findings.add(error.code, `${error.message}; nothing was taken from the file`, position);
  } finally {
    await file.close();
  }
}

async function* sheetRecords(file: FileHandle): AsyncGenerator<FileRecord[]> {
  const zip = await openZip(file);
  const parts = await locateParts(zip);
  const dateStyles = await readDateStyles(zip, parts.styles);
  const strings = await readSharedStrings(zip, parts.strings);
  const sheet = createSheet(strings, dateStyles);
  const pieces = scanPart(zip, parts.sheet, MAX_SHEET_BYTES, sheet.handlers);
  for (;;) {
    const { done } = await pieces.next().catch((error: unknown) => {
      if (!(error instanceof WorkbookFault)) throw error;
      throw new WorkbookFault(error.code, error.message, error.row ?? sheet.row());
    });
    const batch = sheet.take();
    if (batch.length > 0) yield batch;
    if (done) return;
  }
}

interface Sheet {
  readonly handlers: XmlHandlers;
  /** The row that was begun last. */
  row(): number;
  /** The rows that are complete, once each. */
  take(): FileRecord[];
}

function createSheet(strings: SharedStrings, dateStyles: readonly boolean[]): Sheet {
  let batch: FileRecord[] = [];
  let width: number | undefined;
  let row = 0;
  let cells: string[] = [];
  let column = -1;
  let cell: CellHead | undefined;
  let text = '';
  let inText = false;
  let inAid = false;

  function openRow(attributes: string): void {
    const number = numberOf(attribute(attributes, 'r')) ?? row + 1;
    if (!(number > row && number <= MAX_ROWS)) throw wrong(`row ${number} cannot follow row ${row}`, row);
    row = number;
    cells = [];
    column = -1;
  }

  function openCell(attributes: string): void {
    const at = columnOf(attribute(attributes, 'r')) ?? column + 1;
    if (!(at > column && at < MAX_COLUMNS)) throw wrong('a cell is not where it can be', row);
    column = at;
    text = '';
    cell = {
      type: attribute(attributes, 't') ?? 'n',
      isDate: dateStyles[Number(attribute(attributes, 's') ?? 0)] === true,
    };
  }

  function closeCell(): void {
    const value = valueOf(cell!, text, strings);
    cell = undefined;
    if (value === undefined) throw wrong('a cell has a value that is not of its type', row);
    if (value === '') return;
    while (cells.length < column) cells.push('');
    cells.push(value);
  }

  function closeRow(): void {
    if (cells.length === 0) return;
    width ??= cells.length;
    while (cells.length < width) cells.push('');
    batch.push({ cells, line: row });
  }

  return {
    handlers: {
      open(name, attributes) {
        if (name === 'c') openCell(attributes);
        else if (name === 'v' || name === 't') inText = cell !== undefined && !inAid;
        else if (name === 'row') openRow(attributes);
        else if (name === 'rPh') inAid = true;
      },
      text(part) {
        if (inText) text = joined(text, part);
      },
      close(name) {
        if (name === 'c') closeCell();
        else if (name === 'v' || name === 't') inText = false;
        else if (name === 'row') closeRow();
        else if (name === 'rPh') inAid = false;
      },
    },
    row: () => row,
    take() {
      const taken = batch;
      batch = [];
      return taken;
    },
  };
}

interface CellHead {
  readonly type: string;
  readonly isDate: boolean;
}

/** What a CSV file would have in the cell; undefined when the cell is not what its type says. */
function valueOf({ type, isDate }: CellHead, text: string, strings: SharedStrings): string | undefined {
  if (text === '') return '';
  switch (type) {
    case 's':
      return strings(numberOf(text.trim()) ?? -1);
    case 'inlineStr':
    case 'str':
      return unescaped(text);
    case 'b':
      return text === '1' ? 'true' : text === '0' ? 'false' : undefined;
    case 'n':
      return (isDate ? dateText(text.trim()) : undefined) ?? decimalText(text.trim());
    case 'd':
      return text.replace(/T00:00(:00(\.0+)?)?Z?$/, '');
    // The error that the cell shows, such as #N/A: no column takes it.
    case 'e':
      return text;
    default:
      return undefined;
  }
}

function wrong(message: string, row: number): WorkbookFault {
  return new WorkbookFault('xlsx-damaged', message, row);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The column of a reference such as `AB12`, from 0. */
function columnOf(reference: string | undefined): number | undefined {
  if (reference === undefined) return undefined;
  let column = 0;
  for (let at = 0; at < reference.length; at += 1) {
    const letter = reference.charCodeAt(at) - 64;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
  }
  return column - 1;
}
