import type { BusinessMoment } from '../../../domain/business-time';
import type { PlainDate } from '../../../domain/plain-date';
import { CAMT053 } from './camt053';
import { formatMoment, readAccount, readDate, readId, readMoment, writeAccount } from './values';
import { child, childText, descend, documentOf, invalid, readDocument, tag } from './xml';

/** Account reporting request: asks for the camt.053 of an account and day where no answer comes on the same connection. */
const CAMT060 = 'camt.060.001.05';

export interface StatementRequest {
  messageId: string;
  createdAt: BusinessMoment;
  account: string;
  date: PlainDate;
}

export function writeCamt060({ messageId, createdAt, account, date }: StatementRequest): string {
  const period = `<FrToDt>${tag('FrDt', date)}${tag('ToDt', date)}</FrToDt><FrToTm>${tag('FrTm', '00:00:00+08:00')}</FrToTm>`;
  return documentOf(
    CAMT060,
    `<AcctRptgReq><GrpHdr>${tag('MsgId', messageId)}${tag('CreDtTm', formatMoment(createdAt))}</GrpHdr>` +
      `<RptgReq>${tag('ReqdMsgNmId', CAMT053)}${writeAccount('Acct', account)}<AcctOwnr><Pty/></AcctOwnr>` +
      `<RptgPrd>${period}${tag('Tp', 'ALLL')}</RptgPrd></RptgReq></AcctRptgReq>`,
  );
}

/** @throws Refusal `BankMessageInvalid` naming the element. */
export function readCamt060(source: string | Uint8Array): StatementRequest {
  const root = readDocument(source, CAMT060, 'AcctRptgReq');
  const header = child(root, 'GrpHdr');
  const request = child(root, 'RptgReq');
  const wanted = childText(request, 'ReqdMsgNmId', 35);
  if (!wanted.startsWith('camt.053')) throw invalid(CAMT060, `${request.path}/ReqdMsgNmId`, `${wanted} is not sent`);
  const day = descend(request, 'RptgPrd', 'FrToDt', 'FrDt');
  if (!day) throw invalid(CAMT060, `${request.path}/RptgPrd/FrToDt/FrDt`, 'is missing');
  return {
    messageId: readId(header, 'MsgId'),
    createdAt: readMoment(child(header, 'CreDtTm')),
    account: readAccount(child(request, 'Acct')),
    date: readDate(day),
  };
}
