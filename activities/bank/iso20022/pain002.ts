import type { BusinessMoment } from '../../../domain/business-time';
import { PAIN001 } from './pain001';
import { formatMoment, Limits, readCount, readId, readMoment } from './values';
import type { Element } from './xml';
import { child, children, childText, descend, documentOf, invalid, readDocument, tag, text } from './xml';

/** Customer payment status report: what the bank says of a message and its payments. It is never proof of a booking. */
export const PAIN002 = 'pain.002.001.10';

/** Payment status codes of the ISO external code set that a bank may use here. */
const STATUS_CODES = [
  'RCVD', 'PDNG', 'PATC', 'PART', 'ACTC', 'ACCP', 'ACSP', 'ACSC', 'ACCC', 'ACWC', 'ACWP', 'ACFC', 'RJCT', 'CANC', 'BLCK',
] as const; // prettier-ignore
export type StatusCode = (typeof STATUS_CODES)[number];

export interface StatusReason {
  /** ISO external status reason code (`AC04`), or the bank's own. */
  code: string;
  text?: string;
}

export interface PaymentStatus {
  endToEndId: string;
  /** Absent where the bank gives the payment no status of its own: then the group's counts. */
  status?: StatusCode;
  reason?: StatusReason;
}

export interface StatusReport {
  messageId: string;
  createdAt: BusinessMoment;
  originalMessageId: string;
  /** Number of payments of the original message, where the bank gives it. */
  originalCount?: number;
  groupStatus?: StatusCode;
  groupReason?: StatusReason;
  payments: PaymentStatus[];
}

export function writePain002(report: StatusReport): string {
  const { groupStatus, groupReason, originalCount } = report;
  const group =
    tag('OrgnlMsgId', report.originalMessageId) +
    tag('OrgnlMsgNmId', PAIN001) +
    tag('OrgnlNbOfTxs', originalCount?.toString()) +
    tag('GrpSts', groupStatus) +
    writeReason(groupReason);
  const payments = report.payments.map(
    ({ endToEndId, status, reason }) =>
      `<TxInfAndSts>${tag('OrgnlInstrId', endToEndId)}${tag('OrgnlEndToEndId', endToEndId)}` +
      `${tag('TxSts', status)}${writeReason(reason)}</TxInfAndSts>`,
  );
  const block = `<OrgnlPmtInfAndSts><OrgnlPmtInfId>NOTPROVIDED</OrgnlPmtInfId>${payments.join('')}</OrgnlPmtInfAndSts>`;
  return documentOf(
    PAIN002,
    `<CstmrPmtStsRpt><GrpHdr>${tag('MsgId', report.messageId)}${tag('CreDtTm', formatMoment(report.createdAt))}</GrpHdr>` +
      `<OrgnlGrpInfAndSts>${group}</OrgnlGrpInfAndSts>${payments.length === 0 ? '' : block}</CstmrPmtStsRpt>`,
  );
}

function writeReason(reason: StatusReason | undefined): string {
  if (!reason) return '';
  const characters = [...(reason.text ?? '')];
  const lines = characters.length === 0 ? '' : tag('AddtlInf', characters.slice(0, Limits.reasonText).join(''));
  return `<StsRsnInf><Rsn>${tag('Cd', reason.code)}</Rsn>${lines}</StsRsnInf>`;
}

/** @throws Refusal `BankMessageInvalid` naming the element. */
export function readPain002(source: string | Uint8Array): StatusReport {
  const root = readDocument(source, PAIN002, 'CstmrPmtStsRpt');
  const header = child(root, 'GrpHdr');
  const group = child(root, 'OrgnlGrpInfAndSts');
  const original = childText(group, 'OrgnlMsgNmId', Limits.id);
  if (!original.startsWith('pain.001'))
    throw invalid(PAIN002, `${group.path}/OrgnlMsgNmId`, `reports on ${original}, not on a pain.001`);
  const count = children(group, 'OrgnlNbOfTxs')[0];
  const groupStatus = readStatus(group, 'GrpSts');
  const groupReason = readReason(group);
  return {
    messageId: readId(header, 'MsgId'),
    createdAt: readMoment(child(header, 'CreDtTm')),
    originalMessageId: readId(group, 'OrgnlMsgId'),
    ...(count && { originalCount: readCount(count) }),
    ...(groupStatus && { groupStatus }),
    ...(groupReason && { groupReason }),
    payments: children(root, 'OrgnlPmtInfAndSts').flatMap(readPayments),
  };
}

/** The status of a block is that of its payments which have none of their own. */
function readPayments(block: Element): PaymentStatus[] {
  const blockStatus = readStatus(block, 'PmtInfSts');
  const blockReason = readReason(block);
  return children(block, 'TxInfAndSts').map((transaction): PaymentStatus => {
    const own = readStatus(transaction, 'TxSts');
    const status = own ?? blockStatus;
    const reason = readReason(transaction) ?? (own ? undefined : blockReason);
    return {
      endToEndId: readId(transaction, 'OrgnlEndToEndId'),
      ...(status && { status }),
      ...(reason && { reason }),
    };
  });
}

function readStatus(element: Element, name: string): StatusCode | undefined {
  const found = children(element, name)[0];
  if (!found) return undefined;
  const code = text(found, 4);
  if (!(STATUS_CODES as readonly string[]).includes(code))
    throw invalid(PAIN002, found.path, `${JSON.stringify(code)} is no payment status`);
  return code as StatusCode;
}

function readReason(element: Element): StatusReason | undefined {
  const info = children(element, 'StsRsnInf')[0];
  if (!info) return undefined;
  const code = descend(info, 'Rsn', 'Cd') ?? descend(info, 'Rsn', 'Prtry');
  const lines = children(info, 'AddtlInf').map((line) => text(line, Limits.reasonText));
  return { code: code ? text(code, Limits.id) : 'NARR', ...(lines.length > 0 && { text: lines.join(' ') }) };
}
