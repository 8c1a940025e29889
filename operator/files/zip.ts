import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { Inflate } from 'fflate';

/** A ZIP archive, or a workbook in it, that cannot be read; `row` where the fault has one. */
export class WorkbookFault extends Error {
  constructor(
    readonly code: 'xlsx-damaged' | 'xlsx-unsupported',
    message: string,
    readonly row?: number,
  ) {
    super(message);
  }
}

export interface ZipArchive {
  has(name: string): boolean;
  /** The bytes of an entry in parts, never more than `maxBytes`; its size and checksum are right when it ends. @throws WorkbookFault */
  read(name: string, maxBytes: number): AsyncGenerator<Uint8Array>;
}

interface Entry {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

const END = { signature: 0x06054b50, bytes: 22, maxComment: 0xffff } as const;
const CENTRAL = { signature: 0x02014b50, bytes: 46 } as const;
const LOCAL = { signature: 0x04034b50, bytes: 30 } as const;
const MAX_DIRECTORY_BYTES = 4 * 1024 * 1024;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
/** DEFLATE makes at most 1032 bytes of one: a part read from the file becomes at most 17 MB. */
const READ_BYTES = 16 * 1024;
const ZIP64_FIELD = 1;
const IN_ZIP64 = 0xffffffff;

/** The archive by its central directory, so entries can be read in any order. @throws WorkbookFault */
export async function openZip(file: FileHandle): Promise<ZipArchive> {
  const entries = await readDirectory(file);
  return {
    has: (name) => entries.has(name),
    read(name, maxBytes) {
      const entry = entries.get(name);
      if (entry === undefined) throw damaged(`the workbook has no part ${name}`);
      return readEntry(file, name, entry, maxBytes);
    },
  };
}

function damaged(message: string): WorkbookFault {
  return new WorkbookFault('xlsx-damaged', message);
}

async function bytesAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  if (bytesRead < length) throw damaged('the file ends too early');
  return buffer;
}

async function readDirectory(file: FileHandle): Promise<Map<string, Entry>> {
  const { size } = await file.stat();
  if (size < END.bytes) throw damaged('the file is no workbook: it is too short');
  const tailBytes = Math.min(size, END.bytes + END.maxComment);
  const tail = await bytesAt(file, size - tailBytes, tailBytes);
  let at = tailBytes - END.bytes;
  while (at >= 0 && tail.readUInt32LE(at) !== END.signature) at -= 1;
  if (at < 0) throw damaged('the file is no workbook, or its end is missing');
  const count = tail.readUInt16LE(at + 10);
  const bytes = tail.readUInt32LE(at + 12);
  const offset = tail.readUInt32LE(at + 16);
  if (bytes > MAX_DIRECTORY_BYTES || offset + bytes > size) throw damaged('the directory of the workbook is not right');
  return entriesOf(await bytesAt(file, offset, bytes), count);
}

function entriesOf(directory: Buffer, count: number): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    if (at + CENTRAL.bytes > directory.length || directory.readUInt32LE(at) !== CENTRAL.signature)
      throw damaged('the directory of the workbook is not right');
    const nameEnd = at + CENTRAL.bytes + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const name = directory.toString('utf8', at + CENTRAL.bytes, nameEnd).replaceAll('\\', '/');
    if (entries.has(name)) throw damaged(`the part ${name} stands twice in the workbook`);
    entries.set(name, entryAt(directory, at, directory.subarray(nameEnd, extraEnd)));
    at = extraEnd + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** Sizes that do not fit 32 bits, or that a writer did not know beforehand, stand in the ZIP64 field, in this order. */
function entryAt(directory: Buffer, at: number, extra: Buffer): Entry {
  const wide = zip64Of(extra);
  let next = 0;
  const widened = (value: number): number => {
    if (value !== IN_ZIP64) return value;
    if (next + 8 > wide.length) throw damaged('the directory of the workbook is not right');
    next += 8;
    return Number(wide.readBigUInt64LE(next - 8));
  };
  const size = widened(directory.readUInt32LE(at + 24));
  const packed = widened(directory.readUInt32LE(at + 20));
  const offset = widened(directory.readUInt32LE(at + 42));
  const flags = directory.readUInt16LE(at + 8);
  return { flags, method: directory.readUInt16LE(at + 10), crc: directory.readUInt32LE(at + 16), packed, size, offset };
}

function zip64Of(extra: Buffer): Buffer {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === ZIP64_FIELD) return extra.subarray(at + 4, end);
    at = end;
  }
  return Buffer.alloc(0);
}

async function* readEntry(file: FileHandle, name: string, entry: Entry, maxBytes: number): AsyncGenerator<Uint8Array> {
  const { flags, method, packed, size } = entry;
  if (flags & ENCRYPTED) throw new WorkbookFault('xlsx-unsupported', 'the workbook is protected by a password');
  if (method !== STORED && method !== DEFLATED) throw damaged(`the part ${name} is compressed in an unknown way`);
  const tooLarge = `the part ${name} has more than ${maxBytes} bytes`;
  if (size > maxBytes) throw damaged(tooLarge);
  const local = await bytesAt(file, entry.offset, LOCAL.bytes);
  if (local.readUInt32LE(0) !== LOCAL.signature) throw damaged(`the part ${name} is not where the directory says`);
  let at = entry.offset + LOCAL.bytes + local.readUInt16LE(26) + local.readUInt16LE(28);
  const end = at + packed;
  const parts: Uint8Array[] = [];
  const inflate = new Inflate((part) => void parts.push(part));
  let bytes = 0;
  let crc = 0;
  while (at < end) {
    const chunk = await bytesAt(file, at, Math.min(READ_BYTES, end - at));
    at += chunk.length;
    if (method === STORED) parts.push(chunk);
    else pushInto(inflate, chunk, at === end, name);
    for (const part of parts.splice(0)) {
      bytes += part.length;
      if (bytes > maxBytes) throw damaged(tooLarge);
      crc = crc32(part, crc);
      yield part;
    }
  }
  if (bytes !== size || crc !== entry.crc)
    throw damaged(`the part ${name} is damaged: its size or checksum is not right`);
}

function pushInto(inflate: Inflate, chunk: Uint8Array, last: boolean, name: string): void {
  try {
    inflate.push(chunk, last);
  } catch (error) {
    throw damaged(`the part ${name} is damaged: ${(error as Error).message}`);
  }
}
