import type { BusinessMoment } from '../../../domain/business-time';
import { PAIN001 } from './pain001';
import { formatMoment, readId, readMoment } from './values';
import { child, children, documentOf, readDocument, tag } from './xml';

/**
 * Payment status request. The pain family has no question of the customer's, so the engine asks with the banks' own:
 * the original message and the payments in it that are asked about.
 */
export const PACS028 = 'pacs.028.001.03';

export interface StatusRequest {
  messageId: string;
  createdAt: BusinessMoment;
  originalMessageId: string;
  /** Empty: all of the message. */
  endToEndIds: string[];
}

export function writePacs028(request: StatusRequest): string {
  const transactions = request.endToEndIds.map((id) => `<TxInf>${tag('OrgnlEndToEndId', id)}</TxInf>`);
  return documentOf(
    PACS028,
    `<FIToFIPmtStsReq><GrpHdr>${tag('MsgId', request.messageId)}${tag('CreDtTm', formatMoment(request.createdAt))}</GrpHdr>` +
      `<OrgnlGrpInf>${tag('OrgnlMsgId', request.originalMessageId)}${tag('OrgnlMsgNmId', PAIN001)}</OrgnlGrpInf>` +
      `${transactions.join('')}</FIToFIPmtStsReq>`,
  );
}

/** @throws Refusal `BankMessageInvalid` naming the element. */
export function readPacs028(source: string | Uint8Array): StatusRequest {
  const root = readDocument(source, PACS028, 'FIToFIPmtStsReq');
  const header = child(root, 'GrpHdr');
  return {
    messageId: readId(header, 'MsgId'),
    createdAt: readMoment(child(header, 'CreDtTm')),
    originalMessageId: readId(child(root, 'OrgnlGrpInf'), 'OrgnlMsgId'),
    endToEndIds: children(root, 'TxInf').map((transaction) => readId(transaction, 'OrgnlEndToEndId')),
  };
}
