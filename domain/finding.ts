/**
 * What a check of a file found wrong, one entry per fault. A check collects them all and never stops at the first; `code`
 * is what tests and machines use, `rule` the sentence of the format that is broken, `message` says what was found and
 * what to do. Lines count from 1, the header included.
 */
export interface Finding {
  readonly file: string;
  readonly line?: number;
  /** Column of a CSV file, or the path of a key in a YAML file (`funds[0].pool`). */
  readonly column?: string;
  readonly code: FindingCode;
  readonly rule: string;
  readonly message: string;
}

/** Every rule a file can break, as one closed set. */
export const FINDING_RULES = {
  'file-missing':
    'A region folder has region.yaml and institutions.csv, and enterprises.csv where lines or supply name one.',
  'file-unreadable': 'Every file of the folder can be read.',
  'file-changed': 'A file is complete when it is imported, and stays as it is while it is read.',
  'file-name': 'A file of a month is named like claims-2026-04.csv, one of a year like purchases-2025.csv.',
  encoding: 'Files are UTF-8 (with or without BOM) or GB18030 from the first byte to the last.',
  'csv-empty': 'A CSV file starts with a header.',
  'csv-damaged': 'Quotes are closed, and a quote inside a quoted cell is doubled.',
  'csv-columns': 'Every line has as many cells as the header.',
  'xlsx-damaged': 'A workbook is whole, and within the limits of spreadsheet programs.',
  'xlsx-unsupported': 'A workbook is an .xlsx without a password and counts days from 1900.',
  'column-missing': 'The header has every column of the format; further columns are ignored.',
  'column-twice': 'A column is named once in the header.',
  required: 'The value is not left empty.',
  'id-pattern': 'Ids have the form the format gives them.',
  boolean: 'Booleans are written true or false.',
  amount: 'Amounts are yuan with at most two decimals and without separators, such as 600000.00.',
  'amount-negative': 'The amount is zero or more.',
  'deducted-too-much': 'What is deducted is not more than what is declared.',
  number: 'Numbers are plain decimals without separators.',
  date: 'Dates exist and are written YYYY-MM-DD, months YYYY-MM.',
  'date-order': 'The first day is not after the last.',
  'value-unknown': 'The value is one of the list.',
  duplicate: 'A key stands once in its file.',
  'cashier-accountant': 'Nobody is cashier and accountant on one day (会计、出纳分设; 新医保发〔2025〕50号 六(二)).',
  'reference-unknown': 'Who is named is in the file that lists them.',
  'settles-through-self': 'An institution that settles for itself leaves settles_through empty.',
  'settles-through-chain':
    'A settlement body settles for itself: it does not settle through another (新医保发〔2025〕50号 三(一)).',
  'base-negative': 'Purchases are zero or more: they are the base of the prepayment (新医保发〔2025〕50号 四(一)).',
  'pool-not-prepaid': 'Prepayment draws on employee, resident and employee-large only (新医保发〔2025〕50号 四(一)).',
  'yaml-damaged': 'The file is YAML that can be read, each key once.',
  'key-unknown': 'Only the keys of the format are used.',
  'key-missing': 'Every key the format asks for is there.',
  'value-type': 'The value has the shape of the format: a text, a list or keys.',
  'more-findings': 'Only the first findings of a file are listed.',
} as const satisfies Record<string, string>;

export type FindingCode = keyof typeof FINDING_RULES;

/** One line for a terminal: `file:line: message [code: rule]`; the message names the column. */
export function formatFinding(finding: Finding): string {
  const line = finding.line === undefined ? '' : `:${finding.line}`;
  return `${finding.file}${line}: ${finding.message} [${finding.code}: ${finding.rule}]`;
}
