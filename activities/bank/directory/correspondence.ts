import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../../../domain/refusal';
import { answersFromReports, isConflict, withBookings, withoutNeverReceived } from '../answers';
import type { Notification } from '../iso20022/camt054';
import type { StatusReport } from '../iso20022/pain002';
import type { PaymentAnswer, PaymentQuestion } from '../port';
import type { Incoming } from './incoming';
import { foldersOf, messagesOf, readIncoming } from './incoming';
import type { Inbox, InboxFile, Rejected } from './inbox';
import type { Mailbox } from './mailbox';
import { archivedNames, archiveName, messageFolder } from './mailbox';

/** All that the bank has said of one message, in the archive and in the inbox. */
export interface Correspondence {
  reports: StatusReport[];
  notifications: Notification[];
  /** Of the inbox: what is not in the books yet. */
  files: InboxFile[];
  /** How many are in the archive. */
  archived: number;
  /** Files about this message that were rejected just now. */
  rejected: Rejected[];
}

export type Payments = PaymentQuestion['payments'];

/**
 * Collects what the bank has said of a message. A file that contradicts what was said before is rejected, and the earlier word
 * stands. That a payment was never received counts only as long as that is not in the books: what failed for it went out again.
 */
export async function collect(
  box: Mailbox,
  inbox: Inbox,
  messageId: string,
  payments: Payments,
  seen: Seen,
): Promise<Correspondence> {
  const folder = messageFolder(messageId);
  const archived = await readFolder(box, folder, seen);
  const { files, rejected } = await inbox.scan();
  const told: Correspondence = {
    reports: [],
    notifications: [],
    files: [],
    archived: archived.size,
    rejected: rejected.filter(({ messageIds }) => messageIds.includes(messageId)),
  };
  for (const incoming of archived.values()) add(told, messageId, payments, incoming, withoutNeverReceived);
  for (const file of files.filter(({ incoming }) => messagesOf(incoming).includes(messageId))) {
    // It waits for another of its messages. One of this message alone was sent again, perhaps as the answer to the same question.
    if (foldersOf(file.incoming).length > 1 && archived.has(archiveName(file.name, file.hash))) {
      await inbox.putAway(file, folder);
      continue;
    }
    const before = { reports: [...told.reports], notifications: [...told.notifications] };
    add(told, messageId, payments, file.incoming, (report) => report);
    try {
      answersOf(told, messageId, payments);
      told.files.push(file);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      Object.assign(told, before);
      told.rejected.push(await inbox.reject(file, `${error.code}: ${error.message}`));
    }
  }
  return told;
}

/** What files of the archive say, by name, which follows from their content: each is read once. */
export type Seen = Map<string, Incoming>;

/** What the bank's files in a folder of the archive say. */
export async function readFolder(box: Mailbox, folder: string, seen: Seen): Promise<ReadonlyMap<string, Incoming>> {
  const found = new Map<string, Incoming>();
  for (const name of await archivedNames(box, folder)) {
    const incoming = seen.get(name) ?? readIncoming(await readFile(join(box.archive, folder, name)));
    seen.set(name, incoming);
    found.set(name, incoming);
  }
  return found;
}

function add(
  told: Correspondence,
  messageId: string,
  payments: Payments,
  incoming: Incoming,
  take: (report: StatusReport) => StatusReport | undefined,
): void {
  const asked = new Set(payments.map(({ endToEndId }) => endToEndId));
  if (incoming.kind === 'report') {
    const report = take(incoming.report);
    if (report) told.reports.push(report);
  } else if (incoming.kind === 'bookings') {
    for (const { account, messageId: of, entry } of incoming.bookings)
      if (of === messageId && asked.has(entry.endToEndId!)) told.notifications.push({ account, entries: [entry] });
  }
}

/** @throws Refusal `BankMessageInvalid` where the files contradict each other */
export function answersOf(
  { reports, notifications }: Pick<Correspondence, 'reports' | 'notifications'>,
  messageId: string,
  payments: Payments,
): PaymentAnswer[] {
  const ids = payments.map(({ endToEndId }) => endToEndId);
  const answers = answersFromReports(reportsOn(reports, payments), messageId, ids);
  return withBookings(answers, { payments }, notifications);
}

/** What reports say of these payments. That the bank knows the message id with other content says nothing of them. */
export function reportsOn(reports: readonly StatusReport[], payments: Payments): StatusReport[] {
  const asked = new Set(payments.map(({ endToEndId }) => endToEndId));
  return reports
    .filter((report) => !isConflict(report))
    .map((report) => ({ ...report, payments: report.payments.filter(({ endToEndId }) => asked.has(endToEndId)) }));
}
