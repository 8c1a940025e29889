import { posix } from 'node:path';
import { attribute, createXmlScanner, type XmlHandlers } from './xml-scanner';
import { isDateFormat } from './xlsx-values';
import { WorkbookFault, type ZipArchive } from './zip';

const MAX_PART_BYTES = 16 * 1024 * 1024;
const MAX_STRINGS_BYTES = 512 * 1024 * 1024;
/** The shared strings are in memory: so much of text (UTF-8), and so many. */
const MAX_STRINGS_TEXT_BYTES = 128 * 1024 * 1024;
const MAX_STRINGS = 5_000_000;
/** As spreadsheet programs have it. */
export const MAX_CELL_CHARACTERS = 32_767;

/** Reads a part through a scanner and stops after each piece. @throws WorkbookFault */
export async function* scanPart(zip: ZipArchive, name: string, maxBytes: number, handlers: XmlHandlers) {
  const scanner = createXmlScanner(name, handlers);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw new WorkbookFault('xlsx-damaged', `${name} is not UTF-8`);
    }
  };
  for await (const bytes of zip.read(name, maxBytes)) {
    scanner.push(decoded(bytes));
    yield;
  }
  scanner.push(decoded());
  scanner.end();
}

async function readPart(zip: ZipArchive, name: string, maxBytes: number, handlers: XmlHandlers): Promise<void> {
  for await (const piece of scanPart(zip, name, maxBytes, handlers)) void piece;
}

const ignore = (): void => undefined;

interface Relation {
  readonly id: string;
  /** The last word of its type, such as `worksheet`. */
  readonly type: string;
  readonly target: string;
}

async function relationsOf(zip: ZipArchive, part: string): Promise<Relation[]> {
  const { dir, base } = posix.parse(part);
  const relations: Relation[] = [];
  await readPart(zip, posix.join(dir, '_rels', `${base}.rels`), MAX_PART_BYTES, {
    open(name, attributes) {
      if (name !== 'Relationship') return;
      const target = attribute(attributes, 'Target') ?? '';
      relations.push({
        id: attribute(attributes, 'Id') ?? '',
        type: posix.basename(attribute(attributes, 'Type') ?? ''),
        target: target.startsWith('/') ? target.slice(1) : posix.join(dir, target),
      });
    },
    close: ignore,
  });
  return relations;
}

/** Where the parts of a workbook are. */
export interface WorkbookParts {
  readonly sheet: string;
  readonly strings: string | undefined;
  readonly styles: string | undefined;
}

/** The first sheet and what it needs. @throws WorkbookFault, also for the 1904 date system */
export async function locateParts(zip: ZipArchive): Promise<WorkbookParts> {
  const root = await relationsOf(zip, '');
  const workbook = root.find(({ type }) => type === 'officeDocument')?.target;
  if (workbook === undefined) throw new WorkbookFault('xlsx-damaged', 'the file is an archive, but no workbook');
  let first: string | undefined;
  await readPart(zip, workbook, MAX_PART_BYTES, {
    open(name, attributes) {
      if (name === 'workbookPr' && /^(1|true)$/.test(attribute(attributes, 'date1904') ?? ''))
        throw new WorkbookFault(
          'xlsx-unsupported',
          'the workbook counts days from 1904: save it with the 1900 date system',
        );
      if (name === 'sheet') first ??= /\s\w+:id\s*=\s*["']([^"']*)["']/.exec(attributes)?.[1];
    },
    close: ignore,
  });
  const relations = await relationsOf(zip, workbook);
  const sheet = relations.find(({ id, type }) => id === first && type === 'worksheet')?.target;
  if (sheet === undefined) throw new WorkbookFault('xlsx-damaged', 'the workbook has no first sheet with cells');
  const part = (wanted: string) => relations.find(({ type }) => type === wanted)?.target;
  return { sheet, strings: part('sharedStrings'), styles: part('styles') };
}

/** For each cell style whether it shows a date. @throws WorkbookFault */
export async function readDateStyles(zip: ZipArchive, part: string | undefined): Promise<boolean[]> {
  const formats: number[] = [];
  const codes = new Map<number, string>();
  let inCellStyles = false;
  if (part === undefined) return [];
  await readPart(zip, part, MAX_PART_BYTES, {
    open(name, attributes) {
      const format = (): number => Number(attribute(attributes, 'numFmtId') ?? 0);
      if (name === 'numFmt') codes.set(format(), attribute(attributes, 'formatCode') ?? '');
      else if (name === 'cellXfs') inCellStyles = true;
      else if (name === 'xf' && inCellStyles) formats.push(format());
    },
    close(name) {
      if (name === 'cellXfs') inCellStyles = false;
    },
  });
  return formats.map((id) => isDateFormat(id, codes.get(id)));
}

/** A workbook's texts by their number; undefined where there is none. */
export type SharedStrings = (index: number) => string | undefined;

/**
 * The shared strings, packed as UTF-8: strings of their own would keep the whole part in memory, and take four times as much.
 *
 * @throws WorkbookFault, also where they are more than the limit
 */
export async function readSharedStrings(zip: ZipArchive, part: string | undefined): Promise<SharedStrings> {
  let packed = Buffer.alloc(64 * 1024);
  let ends = new Uint32Array(1024);
  let used = 0;
  let count = 0;
  const add = (text: string): void => {
    const bytes = Buffer.byteLength(text);
    if (used + bytes > MAX_STRINGS_TEXT_BYTES || count >= MAX_STRINGS)
      throw new WorkbookFault('xlsx-damaged', 'the workbook has more texts than can be read: save the sheet as CSV');
    if (used + bytes > packed.length) packed = Buffer.concat([packed], Math.max(packed.length * 2, used + bytes));
    packed.write(text, used);
    used += bytes;
    if (count === ends.length) {
      const longer = new Uint32Array(count * 2);
      longer.set(ends);
      ends = longer;
    }
    ends[count] = used;
    count += 1;
  };
  if (part !== undefined) await readPart(zip, part, MAX_STRINGS_BYTES, stringHandlers('si', add));
  return (index) =>
    Number.isInteger(index) && index >= 0 && index < count
      ? packed.toString('utf8', index === 0 ? 0 : ends[index - 1], ends[index])
      : undefined;
}

/** Puts the runs of a text together, without the reading aids (`rPh`) that stand among them. */
function stringHandlers(item: string, add: (text: string) => void): XmlHandlers {
  let text = '';
  let inText = false;
  let inAid = false;
  return {
    open(name) {
      if (name === item) text = '';
      else if (name === 't') inText = !inAid;
      else if (name === 'rPh') inAid = true;
    },
    text(part) {
      if (inText) text = joined(text, part);
    },
    close(name) {
      if (name === 't') inText = false;
      else if (name === 'rPh') inAid = false;
      else if (name === item) add(unescaped(text));
    },
  };
}

/** @throws WorkbookFault where a cell becomes longer than one may be */
export function joined(text: string, part: string): string {
  if (text.length + part.length > MAX_CELL_CHARACTERS * 7)
    throw new WorkbookFault('xlsx-damaged', `a text has more than ${MAX_CELL_CHARACTERS} characters`);
  return text + part;
}

/** Characters that XML cannot have are written `_x000D_` (ECMA-376 22.9.2.19). @throws WorkbookFault for a text that is too long */
export function unescaped(text: string): string {
  const whole = text.includes('_x')
    ? text.replace(/_x([0-9a-fA-F]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text;
  if (whole.length > MAX_CELL_CHARACTERS)
    throw new WorkbookFault('xlsx-damaged', `a text has more than ${MAX_CELL_CHARACTERS} characters`);
  return whole;
}
