import type { BusinessMoment } from '../../../domain/business-time';
import { Refusal } from '../../../domain/refusal';
import { readStatementFile } from '../iso20022/camt053';
import { readCamt054 } from '../iso20022/camt054';
import { readPain002 } from '../iso20022/pain002';
import type { StatusReport } from '../iso20022/pain002';
import type { BankEntry, BankStatement } from '../port';
import { dayFolder, messageFolder } from './mailbox';

/** What a file of the bank says. */
export type Incoming =
  | { kind: 'report'; report: StatusReport }
  /** Bookings of payments, with the account that each is on. */
  | { kind: 'bookings'; bookings: Booking[] }
  | { kind: 'statements'; createdAt: BusinessMoment; onRequest: boolean; statements: BankStatement[] };

export interface Booking {
  account: string;
  messageId: string;
  entry: BankEntry;
}

/** @throws Refusal `BankMessageInvalid`: nothing of the file counts. */
export function readIncoming(bytes: Uint8Array): Incoming {
  const head = Buffer.from(bytes.subarray(0, 2_000)).toString('latin1');
  switch (/urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.\d{3})\./.exec(head)?.[1]) {
    case 'pain.002':
      return { kind: 'report', report: readPain002(bytes) };
    case 'camt.054': {
      const notified = readCamt054(bytes).flatMap(({ account, entries }) =>
        entries.map((entry) => ({ account, entry })),
      );
      return { kind: 'bookings', bookings: notified.flatMap(bookingOf) };
    }
    case 'camt.053':
      return { kind: 'statements', ...readStatementFile(bytes) };
    default:
      throw new Refusal('BankMessageInvalid', 'neither a pain.002 nor a camt.053 or camt.054');
  }
}

/** Money that others paid in, and what the bank charges, come with the statement of the day: here they are passed over. */
function bookingOf({ account, entry }: { account: string; entry: BankEntry }): Booking[] {
  const { endToEndId, messageId, direction, returned, bankReference } = entry;
  if (endToEndId === undefined || (direction === 'credit' && !returned)) return [];
  if (messageId === undefined)
    throw new Refusal('BankMessageInvalid', `camt.054: Ntry: ${bankReference} is for ${endToEndId}, of no message`);
  return [{ account, messageId, entry }];
}

/** Whether the end of a message is there; what comes before it may still be wrong. */
export function hasEnd(bytes: Uint8Array): boolean {
  const tail = Buffer.from(bytes.subarray(-200)).toString('latin1');
  return /<\/(?:[A-Za-z0-9_]+:)?Document\s*>\s*$/.test(tail);
}

/** Ids of the messages that a file speaks of. */
export function messagesOf(incoming: Incoming): string[] {
  switch (incoming.kind) {
    case 'report':
      return [incoming.report.originalMessageId];
    case 'bookings':
      return [...new Set(incoming.bookings.map(({ messageId }) => messageId))];
    case 'statements':
      return [];
  }
}

/** Folders of the archive that a file belongs into. */
export function foldersOf(incoming: Incoming): string[] {
  if (incoming.kind === 'statements') return incoming.statements.map(({ account, date }) => dayFolder(account, date));
  return messagesOf(incoming).map(messageFolder);
}
