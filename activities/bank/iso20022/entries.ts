import { formatYuan, sum } from '../../../domain/money';
import type { BankEntry } from '../port';
import { bankText } from './bank-text';
import {
  Limits,
  readAccount,
  readAmount,
  readCount,
  readDateChoice,
  readRemittance,
  readSum,
  readUnstructured,
  writeAccount,
  writeAmount,
  writeRemittance,
} from './values';
import type { Element } from './xml';
import { child, children, childText, descend, invalid, optional, optionalText, tag, text } from './xml';

/** Booked entries and their totals, which camt.053 (statement) and camt.054 (notification) have in common. */

/** `<Ntry>` of one booked entry with the details of its one transaction. */
export function writeEntry(entry: BankEntry): string {
  const { direction, amountFen, bookedOn, bankReference, returned, endToEndId } = entry;
  const side = tag('CdtDbtInd', direction === 'credit' ? 'CRDT' : 'DBIT');
  // PMNT/ICDT issued transfers, PMNT/RCDT received ones; ESCT is the ordinary transfer, RRTN its return.
  const family = (direction === 'debit') !== (returned !== undefined) ? 'ICDT' : 'RCDT';
  const code = `<BkTxCd><Domn><Cd>PMNT</Cd><Fmly>${tag('Cd', family)}<SubFmlyCd>${returned ? 'RRTN' : 'ESCT'}</SubFmlyCd></Fmly></Domn></BkTxCd>`;
  const refs =
    tag('MsgId', entry.messageId) + tag('AcctSvcrRef', bankReference) + tag('EndToEndId', endToEndId ?? 'NOTPROVIDED');
  const details =
    `<TxDtls><Refs>${refs}</Refs>${writeAmount('Amt', amountFen)}${side}${writeParties(entry)}${writeRmtInf(entry)}` +
    `${writeReturn(returned)}</TxDtls>`;
  return (
    `<Ntry>${tag('NtryRef', bankReference)}${writeAmount('Amt', amountFen)}${side}<Sts><Cd>BOOK</Cd></Sts>` +
    `<BookgDt>${tag('Dt', bookedOn)}</BookgDt><ValDt>${tag('Dt', bookedOn)}</ValDt>${tag('AcctSvcrRef', bankReference)}` +
    `${code}<NtryDtls>${details}</NtryDtls></Ntry>`
  );
}

/** The other side is the creditor of what left, and the debtor of what came in; a return keeps the original's roles. */
function isCounterpartyCreditor(direction: BankEntry['direction'], returned: boolean): boolean {
  return (direction === 'debit') !== returned;
}

function writeParties(entry: BankEntry): string {
  const { counterpartyName, counterpartyAccount } = entry;
  if (counterpartyName === undefined && counterpartyAccount === undefined) return '';
  const role = isCounterpartyCreditor(entry.direction, entry.returned !== undefined) ? 'Cdtr' : 'Dbtr';
  const name =
    counterpartyName === undefined ? '' : `<${role}><Pty>${tag('Nm', bankText(counterpartyName))}</Pty></${role}>`;
  const account = counterpartyAccount === undefined ? '' : writeAccount(`${role}Acct`, counterpartyAccount);
  return `<RltdPties>${name}${account}</RltdPties>`;
}

function writeRmtInf(entry: BankEntry): string {
  const text = entry.text === undefined ? '' : bankText(entry.text, Limits.text);
  const content = (text === '' ? '' : tag('Ustrd', text)) + (entry.remittance ? writeRemittance(entry.remittance) : '');
  return content === '' ? '' : `<RmtInf>${content}</RmtInf>`;
}

function writeReturn(returned: BankEntry['returned']): string {
  if (!returned) return '';
  const reason = returned.reason === undefined ? '' : tag('AddtlInf', bankText(returned.reason, Limits.reasonText));
  return `<RtrInf><Rsn>${tag('Cd', returned.reasonCode)}</Rsn>${reason}</RtrInf>`;
}

/** `<TxsSummry>`: counts and sums of all entries, credits and debits. */
export function writeSummary(entries: readonly BankEntry[]): string {
  const block = (name: string, some: readonly BankEntry[]): string =>
    `<${name}>${tag('NbOfNtries', String(some.length))}${tag('Sum', formatYuan(total(some)))}</${name}>`;
  return (
    '<TxsSummry>' +
    block('TtlNtries', entries) +
    block(
      'TtlCdtNtries',
      entries.filter(({ direction }) => direction === 'credit'),
    ) +
    block(
      'TtlDbtNtries',
      entries.filter(({ direction }) => direction === 'debit'),
    ) +
    '</TxsSummry>'
  );
}

function total(entries: readonly { amountFen: bigint }[]): bigint {
  return sum(entries.map(({ amountFen }) => amountFen));
}

/**
 * All booked entries of a statement or notification, one for each transaction; pending ones (`PDNG`, `INFO`) are left
 * out. Counts and sums of the summary, where the bank gives them, must agree with the entries.
 */
export function readEntries(holder: Element): BankEntry[] {
  const elements = children(holder, 'Ntry');
  const summary = optional(holder, 'TxsSummry');
  if (summary) checkSummary(summary, elements);
  return elements.filter(isBooked).flatMap(readEntry);
}

function isBooked(entry: Element): boolean {
  const status = child(entry, 'Sts');
  const code = status.node.children.length === 0 ? text(status, 4) : childText(status, 'Cd', 4);
  if (code !== 'BOOK' && code !== 'PDNG' && code !== 'INFO' && code !== 'FUTR')
    throw invalid(entry.message, status.path, `${JSON.stringify(code)} is no entry status`);
  return code === 'BOOK';
}

export function readDirection(element: Element): BankEntry['direction'] {
  const value = childText(element, 'CdtDbtInd', 4);
  if (value === 'CRDT') return 'credit';
  if (value === 'DBIT') return 'debit';
  throw invalid(element.message, `${element.path}/CdtDbtInd`, `${JSON.stringify(value)} is neither CRDT nor DBIT`);
}

function readEntry(entry: Element): BankEntry[] {
  const amountFen = readAmount(child(entry, 'Amt'));
  const direction = readDirection(entry);
  const bookedOn = readDateChoice(child(entry, 'BookgDt'));
  const reference = optionalText(entry, 'AcctSvcrRef', Limits.id) ?? optionalText(entry, 'NtryRef', Limits.id);
  if (reference === undefined) throw invalid(entry.message, `${entry.path}/AcctSvcrRef`, 'is missing');
  const base = { bankReference: reference, amountFen, direction, bookedOn };
  const details = children(entry, 'NtryDtls').flatMap((block) => children(block, 'TxDtls'));
  if (details.length === 0) return [base];
  if (details.length === 1) return [{ ...base, ...readDetails(details[0]!, direction, amountFen) }];
  const parts = details.map((detail, index) => ({
    ...base,
    amountFen: readAmount(child(detail, 'Amt')),
    bankReference: `${reference}/${index + 1}`,
    ...readDetails(detail, direction),
  }));
  if (total(parts) !== amountFen)
    throw invalid(entry.message, `${entry.path}/Amt`, `its transactions add up to ${formatYuan(total(parts))}`);
  return parts;
}

function readDetails(details: Element, direction: BankEntry['direction'], entryAmountFen?: bigint): Partial<BankEntry> {
  const own = optional(details, 'Amt');
  if (own && entryAmountFen !== undefined && readAmount(own) !== entryAmountFen)
    throw invalid(details.message, own.path, 'differs from the amount of its entry');
  const refs = optional(details, 'Refs');
  const endToEndId = refs && optionalText(refs, 'EndToEndId', Limits.id);
  const messageId = refs && optionalText(refs, 'MsgId', Limits.id);
  const returned = readReturn(details);
  const role = isCounterpartyCreditor(direction, returned !== undefined) ? 'Cdtr' : 'Dbtr';
  const name = descend(details, 'RltdPties', role, 'Pty', 'Nm') ?? descend(details, 'RltdPties', role, 'Nm');
  const account = descend(details, 'RltdPties', `${role}Acct`);
  const rmtInf = optional(details, 'RmtInf');
  const remark = readUnstructured(rmtInf);
  const remittance = readRemittance(rmtInf);
  return {
    ...(endToEndId !== undefined && endToEndId !== 'NOTPROVIDED' && { endToEndId }),
    ...(messageId !== undefined && { messageId }),
    ...(name && { counterpartyName: text(name, Limits.name) }),
    ...(account && { counterpartyAccount: readAccount(account) }),
    ...(remark !== undefined && { text: remark }),
    ...(remittance && { remittance }),
    ...(returned && { returned }),
  };
}

function readReturn(details: Element): BankEntry['returned'] {
  const info = optional(details, 'RtrInf');
  if (!info) return undefined;
  const code = descend(info, 'Rsn', 'Cd') ?? descend(info, 'Rsn', 'Prtry');
  const reason = children(info, 'AddtlInf').map((line) => text(line, Limits.reasonText));
  return { reasonCode: code ? text(code, Limits.id) : 'NARR', ...(reason.length > 0 && { reason: reason.join(' ') }) };
}

function checkSummary(summary: Element, entries: readonly Element[]): void {
  const all = entries.map((entry) => ({ direction: readDirection(entry), amountFen: readAmount(child(entry, 'Amt')) }));
  checkTotal(summary, 'TtlNtries', all);
  for (const [name, direction] of [
    ['TtlCdtNtries', 'credit'],
    ['TtlDbtNtries', 'debit'],
  ] as const)
    checkTotal(
      summary,
      name,
      all.filter((entry) => entry.direction === direction),
    );
}

function checkTotal(summary: Element, name: string, entries: readonly { amountFen: bigint }[]): void {
  const block = optional(summary, name);
  if (!block) return;
  const count = optional(block, 'NbOfNtries');
  if (count && readCount(count) !== entries.length)
    throw invalid(summary.message, count.path, `says ${text(count, 15)}, there are ${entries.length} entries`);
  const stated = optional(block, 'Sum');
  const added = total(entries);
  if (stated && readSum(stated) !== added)
    throw invalid(summary.message, stated.path, `says ${text(stated, 19)}, the entries add up to ${formatYuan(added)}`);
}
