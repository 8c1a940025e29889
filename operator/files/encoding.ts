import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { changedFile } from './findings';

/**
 * Files come as UTF-8 or, from older systems, as GB18030. Which of the two is decided by the whole file, strictly: a
 * file that is valid UTF-8 is UTF-8, else one that is valid GB18030 is that, else it is refused. So is one with lines of both:
 * nearly all UTF-8 is some GB18030, too, and would be taken for other characters. Reading happens in chunks, so a file may
 * be of any size.
 */
export type Encoding = 'utf-8' | 'gb18030';

export interface UndecodableText {
  /** Where UTF-8 breaks; with `mixedLine`, where it is GB18030. Lines count from 1. */
  readonly utf8Line: number;
  /** Where GB18030 breaks. */
  readonly gb18030Line?: number;
  /** The first line that is UTF-8, in a file that would be GB18030 as a whole. */
  readonly mixedLine?: number;
}

/** What is read from the disk at once. */
const CHUNK_BYTES = 1_048_576;
/** What is handed on at once: the rows of more than this outlive a collection of young garbage, and are copied by it. */
const PIECE_BYTES = 32 * 1024;
/** A longer line is no text. */
const MAX_LINE_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;
const NUL = 0x00;

function openFile(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
}

/** @throws the error of the file system (`ENOENT`, `EISDIR`, …) when the file cannot be read. */
export async function detectEncoding(path: string): Promise<Encoding | UndecodableText> {
  return (await isValidUtf8(path)) ? 'utf-8' : judgeLines(path);
}

async function isValidUtf8(path: string): Promise<boolean> {
  for await (const piece of wholeCharacters(path)) if (!isUtf8(piece) || piece.includes(NUL)) return false;
  return true;
}

/** The bytes of a UTF-8 file in pieces that end where a character ends. */
async function* wholeCharacters(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of openFile(path)) {
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = endOfCharacters(bytes);
    rest = bytes.subarray(end);
    if (end > 0) yield bytes.subarray(0, end);
  }
  if (rest.length > 0) yield rest;
}

const LONGEST_CHARACTER = 4;

/** Where the last character that is not whole begins, or the end. */
function endOfCharacters(bytes: Buffer): number {
  for (let back = 1; back < LONGEST_CHARACTER && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (isContinuation(byte)) continue;
    return lengthByFirstByte(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

const isContinuation = (byte: number): boolean => byte >= 0x80 && byte < 0xc0;

function lengthByFirstByte(byte: number): number {
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : LONGEST_CHARACTER;
}

/**
 * A short GB18030 text may be valid UTF-8 by accident, in rare cases even with a character of three bytes, which all Chinese
 * has in UTF-8. One such line among a hundred that are GB18030 alone is taken for that accident.
 */
const ACCIDENTS_AMONG = 100;

/** Decides a file that is not UTF-8 line by line: no byte of a multi-byte character is a line feed in either encoding. */
async function judgeLines(path: string): Promise<Encoding | UndecodableText> {
  let [line, asUtf8, asGb18030] = [0, 0, 0];
  let utf8Line: number | undefined;
  let onlyGb18030Line: number | undefined;
  let gb18030Line: number | undefined;
  let mixedLine: number | undefined;
  for await (const bytes of linesOf(path)) {
    line += 1;
    const isUtf8Line = isUtf8(bytes) && !bytes.includes(NUL) && bytes.length <= MAX_LINE_BYTES;
    if (!isUtf8Line) utf8Line ??= line;
    if (isUtf8Line && !hasThreeByteCharacter(bytes)) continue;
    if (!isGb18030(bytes)) gb18030Line ??= line;
    else if (!isUtf8Line) {
      asGb18030 += 1;
      onlyGb18030Line ??= line;
    }
    if (isUtf8Line) {
      asUtf8 += 1;
      mixedLine ??= line;
    }
  }
  if (onlyGb18030Line !== undefined && mixedLine !== undefined && asUtf8 * ACCIDENTS_AMONG > asGb18030)
    return { utf8Line: onlyGb18030Line, mixedLine };
  return gb18030Line === undefined ? 'gb18030' : { utf8Line: utf8Line ?? line, gb18030Line };
}

/** The lines of a file without their line feeds; one that is too long for a text ends them. */
async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of openFile(path)) {
    const bytes: Buffer = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > MAX_LINE_BYTES) break;
  }
  if (rest.length > 0) yield rest;
}

const hasThreeByteCharacter = (utf8: Buffer): boolean => utf8.some((byte) => byte >= 0xe0);

/** A NUL is the mark of a spreadsheet or of UTF-16, never of text in these encodings. */
function isGb18030(bytes: Buffer): boolean {
  if (bytes.includes(NUL) || bytes.length > MAX_LINE_BYTES) return false;
  try {
    new TextDecoder('gb18030', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** The text of a file in chunks, without a byte order mark. */
export async function* readChunks(path: string, encoding: Encoding): AsyncGenerator<string> {
  let first = true;
  for await (const text of encoding === 'utf-8' ? readUtf8(path) : readGb18030(path)) {
    yield first && text.startsWith('\ufeff') ? text.slice(1) : text;
    first = false;
  }
}

/** A tenth of the time that a TextDecoder takes for a stream. */
async function* readUtf8(path: string): AsyncGenerator<string> {
  for await (const bytes of wholeCharacters(path)) {
    if (!isUtf8(bytes)) throw changedFile(path);
    let start = 0;
    while (start < bytes.length) {
      const piece = bytes.subarray(start, start + PIECE_BYTES);
      const end = start + piece.length < bytes.length ? endOfCharacters(piece) : piece.length;
      yield piece.toString('utf8', 0, end);
      start += end;
    }
  }
}

async function* readGb18030(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('gb18030', { fatal: true });
  const decode = (...bytes: Parameters<TextDecoder['decode']>): string => {
    try {
      return decoder.decode(...bytes);
    } catch {
      // It was GB18030 from the first byte to the last when that was looked at.
      throw changedFile(path);
    }
  };
  for await (const chunk of openFile(path)) yield decode(chunk, { stream: true });
  yield decode();
}

/** The whole text of a small file. */
export async function readWhole(path: string, encoding: Encoding): Promise<string> {
  const parts: string[] = [];
  for await (const part of readChunks(path, encoding)) parts.push(part);
  return parts.join('');
}
