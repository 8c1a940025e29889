import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { formatYuan } from '../../../domain/money';
import { Refusal } from '../../../domain/refusal';
import { answersFromReports } from '../answers';
import type { Incoming } from './incoming';
import { foldersOf, hasEnd, messagesOf, readIncoming } from './incoming';
import type { Mailbox } from './mailbox';
import { archiveName, codeOf, exists, hashOf, isBeingWritten, keepInArchive, optionally, reject } from './mailbox';
import type { SentPayments } from './register';
import { sentPayments } from './register';

/** A file of the bank that can be read, and says nothing that contradicts what was sent. */
export interface InboxFile {
  name: string;
  path: string;
  bytes: Buffer;
  hash: string;
  /** Another one under the same name has another. */
  version: string;
  arrivedMs: number;
  incoming: Incoming;
}

export interface Rejected {
  name: string;
  reason: string;
  /** Of which it speaks, as far as it could be read. */
  messageIds: readonly string[];
}

export interface Inbox {
  /** All files that can be read, in the order in which they came; what cannot be read goes to `rejected`. */
  scan(): Promise<{ files: InboxFile[]; rejected: Rejected[] }>;
  reject(file: InboxFile, reason: string): Promise<Rejected>;
  /** Puts a file into one of its folders of the archive, and out of the inbox once it is in all of them. */
  putAway(file: InboxFile, folder: string): Promise<void>;
}

/** Longer than any answer on a full batch. */
const MAX_FILE_BYTES = 128 * 1024 * 1024;

/**
 * The bank's files as they lie. Nothing is claimed and nothing locked: reading changes nothing, and every move is one that a
 * second worker may have made already. `quietMs` is how long a file that cannot be read may still be growing.
 */
export function createInbox(box: Mailbox, options: { quietMs: number; log: Logger }): Inbox {
  const { quietMs, log } = options;
  /** By name: what was read of a file that has not changed since. */
  const known = new Map<string, InboxFile>();

  async function refuse(
    { name, path, hash }: Pick<InboxFile, 'name' | 'path' | 'hash'>,
    reason: string,
    messageIds: readonly string[],
  ): Promise<Rejected> {
    await reject(box, path, hash, reason);
    log.error({ file: name, reason }, 'a file of the bank was rejected');
    return { name, reason, messageIds };
  }

  /** The file, why it was rejected, or undefined while it is being written. */
  async function read(name: string): Promise<InboxFile | Rejected | undefined> {
    const path = join(box.inbox, name);
    const before = await optionally(stat(path));
    if (!before?.isFile()) return undefined;
    const version = [before.ino, before.size, before.mtimeMs].join('/');
    const cached = known.get(name);
    if (cached?.version === version) return cached;
    const isQuiet = Date.now() - before.ctimeMs >= quietMs;
    if (before.size > MAX_FILE_BYTES)
      return isQuiet ? refuse({ name, path, hash: 'too-large' }, 'larger than 128 MiB', []) : undefined;
    const bytes = await optionally(readFile(path));
    if (bytes?.length !== before.size) return undefined;
    const hash = hashOf(bytes);
    let messageIds: string[] = [];
    try {
      const incoming = readIncoming(bytes);
      messageIds = messagesOf(incoming);
      for (const messageId of messageIds) checkAgainstSent(incoming, messageId, await sentPayments(box, messageId));
      const file = { name, path, bytes, hash, version, arrivedMs: before.mtimeMs, incoming };
      if (foldersOf(incoming).length === 0) {
        // It tells of nothing but money of others, which comes with the statement of the day.
        await keepInArchive(box, 'others', name, bytes);
        await rm(path, { force: true });
        return undefined;
      }
      known.set(name, file);
      return file;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // A file without its end may be one that the bank is still writing.
      if (!isQuiet && !hasEnd(bytes)) return undefined;
      return refuse({ name, path, hash }, `${error.code}: ${error.message}`, messageIds);
    }
  }

  return {
    async scan() {
      const names = (await readdir(box.inbox)).filter((name) => /\.xml$/i.test(name) && !isBeingWritten(name)).sort();
      for (const name of known.keys()) if (!names.includes(name)) known.delete(name);
      const files: InboxFile[] = [];
      const rejected: Rejected[] = [];
      for (const name of names) {
        const found = await read(name).catch((error: unknown) => {
          if (codeOf(error) !== 'EACCES') throw error;
          log.error({ file: name }, 'a file of the bank may not be read');
          return undefined;
        });
        if (found && 'incoming' in found) files.push(found);
        else if (found) rejected.push(found);
      }
      files.sort((a, b) => a.arrivedMs - b.arrivedMs || (a.name < b.name ? -1 : 1));
      return { files, rejected };
    },

    reject: (file, reason) => refuse(file, reason, messagesOf(file.incoming)),

    async putAway(file, folder) {
      await keepInArchive(box, folder, file.name, file.bytes);
      const places = foldersOf(file.incoming).map((each) => join(box.archive, each, archiveName(file.name, file.hash)));
      const isEverywhere = (await Promise.all(places.map(exists))).every(Boolean);
      if (isEverywhere) await rm(file.path, { force: true });
    },
  };
}

/** Whoever asks: a word on a payment that was not sent, or on another amount than was sent, refuses the whole file. */
function checkAgainstSent(incoming: Incoming, messageId: string, sent: SentPayments | undefined): void {
  const refuse = (why: string): never => {
    throw new Refusal('BankMessageInvalid', why, { messageId });
  };
  if (!sent) return refuse(`speaks of message ${messageId}, which was never sent`);
  if (incoming.kind === 'report') answersFromReports([incoming.report], messageId, [...sent.keys()]);
  if (incoming.kind !== 'bookings') return;
  for (const { messageId: of, entry } of incoming.bookings) {
    if (of !== messageId) continue;
    const { endToEndId, amountFen, bankReference } = entry;
    if (!sent.has(endToEndId!)) refuse(`${bankReference} is for ${endToEndId}, which ${messageId} does not have`);
    const expected = sent.get(endToEndId!);
    if (expected !== undefined && expected !== amountFen)
      refuse(`${endToEndId} is ${formatYuan(amountFen)}, sent was ${formatYuan(expected)}`);
  }
}
