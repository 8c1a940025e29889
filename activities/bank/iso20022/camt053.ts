import type { BusinessMoment } from '../../../domain/business-time';
import { formatYuan } from '../../../domain/money';
import type { PlainDate } from '../../../domain/plain-date';
import type { BankEntry, BankStatement } from '../port';
import { readDirection, readEntries, writeEntry, writeSummary } from './entries';
import { formatMoment, readAccount, readAmount, readDateChoice, readMoment, writeAccount, writeAmount } from './values';
import type { Element } from './xml';
import { child, children, descend, documentOf, invalid, optional, readDocument, tag, text } from './xml';

/** Bank to customer statement: everything booked on one account on one day, between two balances. */
export const CAMT053 = 'camt.053.001.08';

/** `inAnswerTo` is the id of the request (camt.060) that this statement answers; a bank that sends it by itself has none. */
export function writeCamt053(
  messageId: string,
  createdAt: BusinessMoment,
  statement: BankStatement,
  inAnswerTo?: string,
): string {
  const { account, date, openingFen, closingFen, entries } = statement;
  const moment = tag('CreDtTm', formatMoment(createdAt));
  const query = inAnswerTo === undefined ? '' : `<OrgnlBizQry>${tag('MsgId', inAnswerTo)}</OrgnlBizQry>`;
  const content =
    `<FrToDt>${tag('FrDtTm', `${date}T00:00:00+08:00`)}${tag('ToDtTm', `${date}T23:59:59+08:00`)}</FrToDt>` +
    writeAccount('Acct', account) +
    writeBalance('OPBD', openingFen, date) +
    writeBalance('CLBD', closingFen, date) +
    writeSummary(entries) +
    entries.map(writeEntry).join('');
  return documentOf(
    CAMT053,
    `<BkToCstmrStmt><GrpHdr>${tag('MsgId', messageId)}${moment}${query}</GrpHdr>` +
      `<Stmt>${tag('Id', messageId)}${moment}${content}</Stmt></BkToCstmrStmt>`,
  );
}

function writeBalance(code: string, amountFen: bigint, date: PlainDate): string {
  const size = amountFen < 0n ? -amountFen : amountFen;
  return (
    `<Bal><Tp><CdOrPrtry>${tag('Cd', code)}</CdOrPrtry></Tp>${writeAmount('Amt', size)}` +
    `${tag('CdtDbtInd', amountFen < 0n ? 'DBIT' : 'CRDT')}<Dt>${tag('Dt', date)}</Dt></Bal>`
  );
}

/**
 * Reads the statements of a camt.053, one for each account. Opening balance and entries must add up to the closing
 * balance, every entry must be of the statement's day, and no reference may occur twice.
 *
 * @throws Refusal `BankMessageInvalid` naming the element.
 */
export function readCamt053(source: string | Uint8Array): BankStatement[] {
  return statementsOf(readDocument(source, CAMT053, 'BkToCstmrStmt'));
}

/** The statements with when the bank made them, and for whom. @throws as {@link readCamt053} */
export function readStatementFile(source: string | Uint8Array): {
  createdAt: BusinessMoment;
  /** Made for a request, and not at the end of the day. */
  onRequest: boolean;
  statements: BankStatement[];
} {
  const root = readDocument(source, CAMT053, 'BkToCstmrStmt');
  const header = child(root, 'GrpHdr');
  const createdAt = readMoment(child(header, 'CreDtTm'));
  return { createdAt, onRequest: optional(header, 'OrgnlBizQry') !== undefined, statements: statementsOf(root) };
}

function statementsOf(root: Element): BankStatement[] {
  child(root, 'GrpHdr');
  const statements = children(root, 'Stmt').map(readStatement);
  if (statements.length === 0) throw invalid(CAMT053, 'BkToCstmrStmt/Stmt', 'is missing');
  return statements;
}

function readStatement(element: Element): BankStatement {
  const account = readAccount(child(element, 'Acct'));
  const opening = findBalance(element, ['OPBD', 'PRCD']);
  const closing = findBalance(element, ['CLBD']);
  const entries = readEntries(element);
  const { date } = closing;
  checkEntries(element, entries, date);
  const moved = entries.reduce((sum, entry) => sum + signed(entry), 0n);
  if (opening.amountFen + moved !== closing.amountFen) {
    const sums = `${formatYuan(opening.amountFen)} and the entries ${formatYuan(moved)}`;
    throw invalid(CAMT053, `${element.path}/Bal`, `${sums} do not make ${formatYuan(closing.amountFen)}`);
  }
  return { account, date, openingFen: opening.amountFen, closingFen: closing.amountFen, entries };
}

function signed(entry: BankEntry): bigint {
  return entry.direction === 'credit' ? entry.amountFen : -entry.amountFen;
}

function checkEntries(element: Element, entries: readonly BankEntry[], date: PlainDate): void {
  const seen = new Set<string>();
  for (const { bankReference, bookedOn } of entries) {
    if (bookedOn !== date)
      throw invalid(
        CAMT053,
        `${element.path}/Ntry/BookgDt`,
        `${bankReference} is of ${bookedOn}, the statement of ${date}`,
      );
    if (seen.has(bankReference))
      throw invalid(CAMT053, `${element.path}/Ntry/AcctSvcrRef`, `${bankReference} stands twice`);
    seen.add(bankReference);
  }
}

function findBalance(element: Element, codes: readonly string[]): { amountFen: bigint; date: PlainDate } {
  const found = children(element, 'Bal').filter((balance) => {
    const code = descend(balance, 'Tp', 'CdOrPrtry', 'Cd');
    return code !== undefined && codes.includes(text(code, 4));
  });
  const balance = found[0];
  if (!balance || found.length > 1)
    throw invalid(CAMT053, `${element.path}/Bal`, `${found.length} balances ${codes.join(' or ')}, must be one`);
  const size = readAmount(child(balance, 'Amt'));
  return {
    amountFen: readDirection(balance) === 'credit' ? size : -size,
    date: readDateChoice(child(balance, 'Dt')),
  };
}
