import type { BusinessMoment } from '../../../domain/business-time';
import type { BankEntry } from '../port';
import { readEntries, writeEntry, writeSummary } from './entries';
import { formatMoment, readAccount, writeAccount } from './values';
import { child, children, documentOf, readDocument, tag } from './xml';

/** Bank to customer debit/credit notification: what has been booked, the evidence that a payment succeeded. */
export const CAMT054 = 'camt.054.001.08';

export interface Notification {
  account: string;
  entries: BankEntry[];
}

/** One `Ntfctn` for each account. A bank may notify twice, so the entries of one account may repeat. */
export function writeCamt054(
  messageId: string,
  createdAt: BusinessMoment,
  notifications: readonly Notification[],
): string {
  const moment = tag('CreDtTm', formatMoment(createdAt));
  const blocks = notifications.map(
    ({ account, entries }, index) =>
      `<Ntfctn>${tag('Id', `${messageId.slice(0, 30)}.${index + 1}`)}${moment}${writeAccount('Acct', account)}` +
      `${writeSummary(entries)}${entries.map(writeEntry).join('')}</Ntfctn>`,
  );
  return documentOf(
    CAMT054,
    `<BkToCstmrDbtCdtNtfctn><GrpHdr>${tag('MsgId', messageId)}${moment}</GrpHdr>${blocks.join('')}</BkToCstmrDbtCdtNtfctn>`,
  );
}

/** @throws Refusal `BankMessageInvalid` naming the element. */
export function readCamt054(source: string | Uint8Array): Notification[] {
  const root = readDocument(source, CAMT054, 'BkToCstmrDbtCdtNtfctn');
  child(root, 'GrpHdr');
  return children(root, 'Ntfctn').map((element) => ({
    account: readAccount(child(element, 'Acct')),
    entries: readEntries(element),
  }));
}
