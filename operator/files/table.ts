import { Mismatch, type Cell } from './cells';
import { createCsvScanner } from './csv';
import { detectEncoding, readChunks } from './encoding';
import type { FileFindings } from './findings';

export interface Column<T> {
  readonly cell: Cell<T>;
  /** The header may lack it; its cells then read as if they were empty, so the cell has to be an optional one. */
  readonly mayBeMissing?: boolean;
}

export type Columns = Readonly<Record<string, Column<unknown>>>;

/** A row with each column under its name as the header has it. */
export type Row<C extends Columns> = { readonly [K in keyof C]: Exclude<ReturnType<C[K]['cell']>, Mismatch> };

export function column<T>(cell: Cell<T>): Column<T> {
  return { cell };
}

export function extraColumn<T>(cell: Cell<T>): Column<T> {
  return { cell, mayBeMissing: true };
}

export interface ReadOptions {
  /** Checks encoding and header only. */
  readonly headerOnly?: boolean;
}

/**
 * Reads a CSV file against its columns, in chunks: every wrong cell becomes a finding, and `onRow` gets the rows in which
 * all is right. Lines that are damaged end the file, since nothing after them can be trusted.
 *
 * @returns false when the file could not be read to its end.
 */
export async function readTable<C extends Columns>(
  path: string,
  columns: C,
  findings: FileFindings,
  onRow: (row: Row<C>, line: number) => void,
  options: ReadOptions = {},
): Promise<boolean> {
  const encoding = await detectTextEncoding(path, findings);
  if (encoding === undefined) return false;
  const state: { reader?: RowReader } = {};
  const scanner = createCsvScanner((cells, line) => {
    if (state.reader === undefined) state.reader = createRowReader(columns, cells, line, findings, onRow as OnAnyRow);
    else if (!options.headerOnly) state.reader.read(cells, line);
  });
  for await (const chunk of readChunks(path, encoding)) {
    if (!scanner.push(chunk) || state.reader?.usable === false || (options.headerOnly && state.reader)) break;
  }
  if (state.reader?.usable === false) return false;
  if (!options.headerOnly) {
    const damage = scanner.end();
    if (damage) {
      findings.add('csv-damaged', `${damage.message}; nothing from here on was read`, { line: damage.line });
      return false;
    }
  } else scanner.end();
  if (state.reader === undefined)
    findings.add('csv-empty', 'the file is empty: not even a header is there', { line: 1 });
  return state.reader?.usable === true;
}

/** The encoding of a text file; without one, a finding that names the line. */
export async function detectTextEncoding(
  path: string,
  findings: FileFindings,
): Promise<'utf-8' | 'gb18030' | undefined> {
  try {
    const encoding = await detectEncoding(path);
    if (typeof encoding === 'string') return encoding;
    const { utf8Line, gb18030Line, mixedLine } = encoding;
    const message =
      gb18030Line === undefined
        ? `line ${utf8Line} is GB18030 and line ${mixedLine} is UTF-8: save the whole file as one of them`
        : `neither UTF-8 (breaks on line ${utf8Line}) nor GB18030 (breaks on line ${gb18030Line}): save it as one of them`;
    findings.add('encoding', message, { line: Math.max(utf8Line, gb18030Line ?? 0) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT') findings.add('file-missing', 'the file is not there');
    else findings.add('file-unreadable', `the file cannot be read: ${message}`);
  }
  return undefined;
}

export interface LocatedColumns {
  readonly names: readonly string[];
  /** `index` is -1 where the header lacks a column that may be missing. */
  readonly positions: readonly { readonly name: string; readonly cell: Cell<unknown>; readonly index: number }[];
  /** False, with findings, when a column is missing or stands twice: rows then cannot be read. */
  readonly usable: boolean;
}

/** Where the columns stand in a header. */
export function locateColumns(
  columns: Columns,
  header: readonly string[],
  headerLine: number,
  findings: FileFindings,
): LocatedColumns {
  const names = header.map((name) => name.trim());
  const wanted = Object.entries(columns);
  let usable = true;
  for (const [name, { mayBeMissing }] of wanted) {
    const first = names.indexOf(name);
    if (first < 0 && !mayBeMissing) {
      usable = false;
      findings.add('column-missing', `the column ${name} is missing; the header has ${names.join(', ')}`, {
        line: headerLine,
        column: name,
      });
    } else if (first >= 0 && names.indexOf(name, first + 1) >= 0) {
      usable = false;
      findings.add('column-twice', `the column ${name} stands twice`, { line: headerLine, column: name });
    }
  }
  return { names, positions: wanted.map(([name, { cell }]) => ({ name, cell, index: names.indexOf(name) })), usable };
}

type OnAnyRow = (row: Record<string, unknown>, line: number) => void;

interface RowReader {
  /** False when a column is missing or stands twice: rows then cannot be read. */
  readonly usable: boolean;
  read(cells: string[], line: number): void;
}

function createRowReader(
  columns: Columns,
  header: string[],
  headerLine: number,
  findings: FileFindings,
  onRow: OnAnyRow,
): RowReader {
  const { names, positions, usable } = locateColumns(columns, header, headerLine, findings);

  function read(cells: string[], line: number): void {
    if (!usable) return;
    if (cells.length !== names.length) {
      findings.add('csv-columns', `the header has ${names.length} columns, this line has ${cells.length}`, { line });
      return;
    }
    const row: Record<string, unknown> = {};
    let right = true;
    for (const { name, cell, index } of positions) {
      const text = index < 0 ? '' : cells[index]!;
      const value = cell(text);
      if (value instanceof Mismatch) {
        right = false;
        findings.add(value.code, describeMismatch(name, text, value), { line, column: name });
      } else row[name] = value;
    }
    if (right) onRow(row, line);
  }
  return { usable, read };
}

const SHOWN_CHARACTERS = 60;

/** What is wrong with a cell, as a sentence for people. */
export function describeMismatch(name: string, text: string, mismatch: Mismatch): string {
  if (mismatch.code === 'required') return `${name} is empty: fill it in`;
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return `${name} is "${shown}", but has to be ${mismatch.expected}`;
}
