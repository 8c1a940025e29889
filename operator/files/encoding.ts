import { createReadStream } from 'node:fs';

/**
 * Files come as UTF-8 or, from older systems, as GB18030. Which of the two is decided by the whole file, strictly: a
 * file that is valid UTF-8 is UTF-8, else one that is valid GB18030 is that, else it is refused. Reading happens in
 * chunks, so a file may be of any size.
 */
export type Encoding = 'utf-8' | 'gb18030';

export interface UndecodableText {
  /** Where UTF-8 and GB18030 break; lines count from 1. */
  readonly utf8Line: number;
  readonly gb18030Line: number;
}

const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;
const NUL = 0x00;
const INVALID_BYTES = 'ERR_ENCODING_INVALID_ENCODED_DATA';

function openFile(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
}

/** @throws the error of the file system (`ENOENT`, `EISDIR`, …) when the file cannot be read. */
export async function detectEncoding(path: string): Promise<Encoding | UndecodableText> {
  const utf8Line = await firstBrokenLine(path, 'utf-8');
  if (utf8Line === undefined) return 'utf-8';
  const gb18030Line = await firstBrokenLine(path, 'gb18030');
  return gb18030Line === undefined ? 'gb18030' : { utf8Line, gb18030Line };
}

async function firstBrokenLine(path: string, encoding: Encoding): Promise<number | undefined> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  let chunkStart = 1;
  try {
    for await (const chunk of openFile(path)) {
      chunkStart = line;
      line += countLineFeeds(chunk);
      if (chunk.includes(NUL)) return await locateBrokenLine(path, encoding, chunkStart);
      decoder.decode(chunk, { stream: true });
    }
    chunkStart = line;
    decoder.decode();
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== INVALID_BYTES) throw error;
    return locateBrokenLine(path, encoding, chunkStart);
  }
}

/** No byte of a multi-byte character is a line feed in either encoding, so lines can be decoded one by one. */
async function locateBrokenLine(path: string, encoding: Encoding, fallback: number): Promise<number> {
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of openFile(path)) {
    const bytes: Buffer = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      if (!isValid(bytes.subarray(start, end), encoding)) return line;
      start = end + 1;
      line += 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > CHUNK_BYTES) return line;
  }
  return isValid(rest, encoding) ? fallback : line;
}

/** A NUL is the mark of a spreadsheet or of UTF-16, never of text in these encodings. */
function isValid(bytes: Buffer, encoding: Encoding): boolean {
  if (bytes.includes(NUL)) return false;
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function countLineFeeds(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) count += 1;
  return count;
}

/** The text of a file in chunks, without a byte order mark. */
export async function* readChunks(path: string, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  let first = true;
  for await (const chunk of openFile(path)) {
    const text = decoder.decode(chunk, { stream: true });
    yield first && text.startsWith('\ufeff') ? text.slice(1) : text;
    first = false;
  }
  yield decoder.decode();
}

/** The whole text of a small file. */
export async function readWhole(path: string, encoding: Encoding): Promise<string> {
  const parts: string[] = [];
  for await (const part of readChunks(path, encoding)) parts.push(part);
  return parts.join('');
}
