import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { strToU8, Zip, ZipDeflate } from 'fflate';
import type { MadeUpRow } from '../../rehearsal/made-up-applications';
import { MADE_UP_COLUMNS } from '../../rehearsal/made-up-applications';

/** How a workbook keeps its texts: once each in a part of their own, as spreadsheet programs do, or in their cells. */
export type TextPlace = 'shared' | 'inline';

const NUMBERS = new Set<string>(['quantity', 'unit_price', 'amount']);
const DATES = new Set<string>(['received_on', 'applied_on', 'ordered_on']);
const DAY_ZERO = Date.UTC(1899, 11, 30);
const DAY_MS = 86_400_000;
const ROWS_PER_PIECE = 1_000;
const COMPRESSION = { level: 3 } as const;

const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const relation = (id: string, type: string, target: string): string =>
  `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`;

const FIXED_PARTS = {
  '_rels/.rels': `<Relationships>${relation('r1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`,
  'xl/workbook.xml': '<workbook><sheets><sheet name="示例" sheetId="1" r:id="r1"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels': `<Relationships>${relation('r1', 'worksheet', 'sheet1.xml')}${relation('r2', 'styles', 'styles.xml')}${relation('r3', 'sharedStrings', 'sharedStrings.xml')}</Relationships>`,
  'xl/styles.xml': '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
} as const;

/** Writes rows as a workbook, dates as dates and numbers as numbers, a piece at a time. */
export async function writeWorkbook(path: string, rows: Iterable<MadeUpRow>, place: TextPlace): Promise<void> {
  const file = createWriteStream(path);
  const zip = new Zip((error, bytes, last) => {
    if (error) throw error;
    file.write(bytes);
    if (last) file.end();
  });
  for (const [name, text] of Object.entries(FIXED_PARTS)) addPart(zip, name).push(strToU8(text), true);
  const strings = new Map<string, number>();
  const cell = place === 'shared' ? (text: string): string => sharedCell(strings, text) : inlineCell;
  const sheet = addPart(zip, 'xl/sheet1.xml');
  for (const piece of pieces(sheetRows(rows, cell), '<worksheet><sheetData>', '</sheetData></worksheet>'))
    await pushPiece(sheet, piece, file);
  sheet.push(new Uint8Array(), true);
  const table = addPart(zip, 'xl/sharedStrings.xml');
  for (const piece of pieces(sharedItems(strings), '<sst>', '</sst>')) await pushPiece(table, piece, file);
  table.push(new Uint8Array(), true);
  zip.end();
  await finished(file);
}

function addPart(zip: Zip, name: string): ZipDeflate {
  const part = new ZipDeflate(name, COMPRESSION);
  zip.add(part);
  return part;
}

async function pushPiece(part: ZipDeflate, piece: string, file: WriteStream): Promise<void> {
  part.push(strToU8(piece));
  if (file.writableNeedDrain) await once(file, 'drain');
}

function* pieces(items: Iterable<string>, head: string, tail: string): Generator<string> {
  let piece = [head];
  for (const item of items) {
    piece.push(item);
    if (piece.length < ROWS_PER_PIECE) continue;
    yield piece.join('');
    piece = [];
  }
  yield `${piece.join('')}${tail}`;
}

function* sheetRows(rows: Iterable<MadeUpRow>, cell: (text: string) => string): Generator<string> {
  yield `<row>${MADE_UP_COLUMNS.map(cell).join('')}</row>`;
  for (const row of rows) {
    const cells = MADE_UP_COLUMNS.map((column) => {
      const text = row[column];
      if (text === '') return '<c/>';
      if (DATES.has(column) && !Number.isNaN(Date.parse(text)))
        return `<c s="1"><v>${(Date.parse(text) - DAY_ZERO) / DAY_MS}</v></c>`;
      return NUMBERS.has(column) && !Number.isNaN(Number(text)) ? `<c><v>${text}</v></c>` : cell(text);
    });
    yield `<row>${cells.join('')}</row>`;
  }
}

function* sharedItems(strings: ReadonlyMap<string, number>): Generator<string> {
  for (const text of strings.keys()) yield `<si><t>${escaped(text)}</t></si>`;
}

function sharedCell(strings: Map<string, number>, text: string): string {
  const index = strings.get(text) ?? strings.size;
  strings.set(text, index);
  return `<c t="s"><v>${index}</v></c>`;
}

function inlineCell(text: string): string {
  return `<c t="inlineStr"><is><t>${escaped(text)}</t></is></c>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
