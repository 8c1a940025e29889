import { isPlainDate } from '../../../domain/plain-date';
import { formatYuan, sum } from '../../../domain/money';
import { Refusal } from '../../../domain/refusal';
import type { PaymentBatch, PaymentInstruction } from '../port';
import { bankText } from './bank-text';
import {
  formatMoment,
  isBankId,
  Limits,
  readAccount,
  readAmount,
  readCount,
  readDateChoice,
  readId,
  readMoment,
  readRemittance,
  readSum,
  readUnstructured,
  writeAccount,
  writeAmount,
  writeRemittance,
} from './values';
import type { Element } from './xml';
import { child, children, childText, descend, documentOf, invalid, readDocument, tag, text } from './xml';

/** Customer credit transfer initiation: the batch that goes to the bank. */
export const PAIN001 = 'pain.001.001.09';

/** More than a bank takes in one message; the caller cuts at its bank's own limit, which is policy data. */
export const MAX_INSTRUCTIONS = 50_000;

/**
 * A batch as pain.001.001.09: one `PmtInf` for each debtor account, in order of first appearance. Names and purposes are
 * made fit for GBK ({@link bankText}).
 *
 * @throws Refusal `PaymentInvalid` naming the payment; nothing is written.
 */
export function writePain001(batch: PaymentBatch): string {
  checkBatch(batch);
  const byDebtor = new Map<string, PaymentInstruction[]>();
  for (const instruction of batch.instructions) {
    const key = JSON.stringify([instruction.debtorAccount, instruction.debtorName]);
    const group = byDebtor.get(key);
    if (group) group.push(instruction);
    else byDebtor.set(key, [instruction]);
  }
  const groups = [...byDebtor.values()];
  const header =
    tag('MsgId', batch.messageId) +
    tag('CreDtTm', formatMoment(batch.createdAt)) +
    totals(batch.instructions) +
    `<InitgPty>${tag('Nm', bankText(batch.instructions[0]!.debtorName))}</InitgPty>`;
  const blocks = groups.map((group, index) => writePaymentBlock(batch, group, index + 1));
  return documentOf(PAIN001, `<CstmrCdtTrfInitn><GrpHdr>${header}</GrpHdr>${blocks.join('')}</CstmrCdtTrfInitn>`);
}

function totals(instructions: readonly PaymentInstruction[]): string {
  const total = sum(instructions.map(({ amountFen }) => amountFen));
  return tag('NbOfTxs', String(instructions.length)) + tag('CtrlSum', formatYuan(total));
}

function writePaymentBlock(batch: PaymentBatch, group: PaymentInstruction[], number: number): string {
  const { debtorAccount, debtorName } = group[0]!;
  return (
    '<PmtInf>' +
    tag('PmtInfId', `${batch.messageId.slice(0, Limits.id - 6).replace(/[/ ]+$/, '')}.${number}`) +
    '<PmtMtd>TRF</PmtMtd><BtchBookg>false</BtchBookg>' +
    totals(group) +
    `<ReqdExctnDt>${tag('Dt', batch.requestedOn)}</ReqdExctnDt>` +
    `<Dbtr>${tag('Nm', bankText(debtorName))}</Dbtr>` +
    writeAccount('DbtrAcct', debtorAccount) +
    // The account is held at the bank that the message goes to, so its agent needs no code.
    '<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>' +
    group.map(writeTransaction).join('') +
    '</PmtInf>'
  );
}

function writeTransaction(instruction: PaymentInstruction): string {
  const { endToEndId, amountFen, creditorAccount, creditorName, creditorBankCode, purpose, remittance } = instruction;
  const ustrd = bankText(purpose, Limits.text);
  return (
    `<CdtTrfTxInf><PmtId>${tag('InstrId', endToEndId)}${tag('EndToEndId', endToEndId)}</PmtId>` +
    `<Amt>${writeAmount('InstdAmt', amountFen)}</Amt>` +
    '<CdtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>CNAPS</Cd></ClrSysId>' +
    `${tag('MmbId', creditorBankCode)}</ClrSysMmbId></FinInstnId></CdtrAgt>` +
    `<Cdtr>${tag('Nm', bankText(creditorName))}</Cdtr>` +
    writeAccount('CdtrAcct', creditorAccount) +
    `<RmtInf>${ustrd === '' ? '' : tag('Ustrd', ustrd)}${writeRemittance(remittance)}</RmtInf></CdtTrfTxInf>`
  );
}

function checkBatch(batch: PaymentBatch): void {
  const refuse = (what: string): never => {
    throw new Refusal('PaymentInvalid', `batch ${batch.messageId}: ${what}`, { rule: `ISO 20022 ${PAIN001}` });
  };
  const { instructions } = batch;
  if (!isBankId(batch.messageId)) refuse('the message id is longer than 35 characters or has others than banks take');
  if (!isPlainDate(batch.requestedOn)) refuse(`${batch.requestedOn as string} is no date`);
  if (instructions.length === 0) refuse('it has no payment');
  if (instructions.length > MAX_INSTRUCTIONS) refuse(`it has more than ${MAX_INSTRUCTIONS} payments`);
  const total = sum(instructions.map(({ amountFen }) => amountFen));
  if (total >= MAX_AMOUNT_FEN) refuse(`its sum ${formatYuan(total)} is more than a control sum holds`);
  const seen = new Set<string>();
  for (const instruction of instructions) {
    const { endToEndId } = instruction;
    const wrong = findFault(instruction);
    if (wrong) refuse(`payment ${endToEndId}: ${wrong}`);
    if (seen.has(endToEndId)) refuse(`payment ${endToEndId} stands in it twice`);
    seen.add(endToEndId);
  }
}

const ACCOUNT = /^[A-Za-z0-9-]{1,34}$/;
/** 15 digits before the point. */
const MAX_AMOUNT_FEN = 100_000_000_000_000_000n;

function findFault(instruction: PaymentInstruction): string | undefined {
  const { endToEndId, amountFen, remittance } = instruction;
  if (!isBankId(endToEndId)) return 'the end-to-end id is longer than 35 characters or has others than banks take';
  if (amountFen <= 0n || amountFen >= MAX_AMOUNT_FEN) return `the amount ${formatYuan(amountFen)} cannot be paid`;
  if (!ACCOUNT.test(instruction.debtorAccount)) return 'the account to pay from is no account number';
  if (!ACCOUNT.test(instruction.creditorAccount)) return 'the account to pay to is no account number';
  if (!/^[A-Za-z0-9]{1,28}$/.test(instruction.creditorBankCode)) return 'the bank code is none';
  if (bankText(instruction.creditorName) === '') return 'the name of the payee is empty';
  if (bankText(instruction.debtorName) === '') return 'the name of the payer is empty';
  if (!Number.isInteger(remittance.attempt) || remittance.attempt < 1 || remittance.attempt > 9_999)
    return `attempt ${remittance.attempt} is none`;
  if (Object.values(remittance).map(String).join('').length > 2 * Limits.text) return 'the business key is too long';
  return undefined;
}

/**
 * Reads a pain.001.001.09 whole, or refuses it whole: counts and control sums must agree with the payments, of the
 * message and of each block that gives them; end-to-end ids occur once; all blocks ask for the same day.
 *
 * @throws Refusal `BankMessageInvalid` naming the element.
 */
export function readPain001(source: string | Uint8Array): PaymentBatch {
  const root = readDocument(source, PAIN001, 'CstmrCdtTrfInitn');
  const header = child(root, 'GrpHdr');
  const blocks = children(root, 'PmtInf');
  const perBlock = blocks.map(readPaymentBlock);
  const instructions = perBlock.flat();
  if (instructions.length === 0) throw invalid(PAIN001, 'CstmrCdtTrfInitn/PmtInf', 'no payment');
  checkTotals(header, instructions, true);
  const days = blocks.map((block) => readDateChoice(child(block, 'ReqdExctnDt')));
  const other = days.findIndex((day) => day !== days[0]);
  if (other > 0) throw invalid(PAIN001, `${blocks[other]!.path}/ReqdExctnDt`, 'asks for another day than the first');
  const seen = new Set<string>();
  for (const { endToEndId } of instructions) {
    if (seen.has(endToEndId)) throw invalid(PAIN001, 'CdtTrfTxInf/PmtId/EndToEndId', `${endToEndId} stands twice`);
    seen.add(endToEndId);
  }
  return {
    messageId: readId(header, 'MsgId'),
    createdAt: readMoment(child(header, 'CreDtTm')),
    requestedOn: days[0]!,
    instructions,
  };
}

function readPaymentBlock(block: Element): PaymentInstruction[] {
  const debtorName = childText(child(block, 'Dbtr'), 'Nm', Limits.name);
  const debtorAccount = readAccount(child(block, 'DbtrAcct'));
  const instructions = children(block, 'CdtTrfTxInf').map((transaction): PaymentInstruction => {
    const rmtInf = child(transaction, 'RmtInf');
    const remittance = readRemittance(rmtInf);
    if (!remittance) throw invalid(PAIN001, `${rmtInf.path}/Strd/AddtlRmtInf`, 'the business key is missing');
    const amountFen = readAmount(child(child(transaction, 'Amt'), 'InstdAmt'));
    if (amountFen === 0n) throw invalid(PAIN001, `${transaction.path}/Amt/InstdAmt`, 'must be more than zero');
    const bankCode = descend(transaction, 'CdtrAgt', 'FinInstnId', 'ClrSysMmbId', 'MmbId');
    if (!bankCode) throw invalid(PAIN001, `${transaction.path}/CdtrAgt/FinInstnId/ClrSysMmbId/MmbId`, 'is missing');
    return {
      endToEndId: readId(child(transaction, 'PmtId'), 'EndToEndId'),
      amountFen,
      debtorAccount,
      debtorName,
      creditorAccount: readAccount(child(transaction, 'CdtrAcct')),
      creditorName: childText(child(transaction, 'Cdtr'), 'Nm', Limits.name),
      creditorBankCode: text(bankCode, 28),
      purpose: readUnstructured(rmtInf) ?? '',
      remittance,
    };
  });
  checkTotals(block, instructions, false);
  return instructions;
}

function checkTotals(holder: Element, instructions: readonly PaymentInstruction[], countIsMandatory: boolean): void {
  const count = countIsMandatory ? child(holder, 'NbOfTxs') : children(holder, 'NbOfTxs')[0];
  if (count && readCount(count) !== instructions.length)
    throw invalid(PAIN001, count.path, `says ${text(count, 15)}, there are ${instructions.length} payments`);
  const control = children(holder, 'CtrlSum')[0];
  const total = sum(instructions.map(({ amountFen }) => amountFen));
  if (control && readSum(control) !== total)
    throw invalid(PAIN001, control.path, `says ${text(control, 19)}, the payments add up to ${formatYuan(total)}`);
}
