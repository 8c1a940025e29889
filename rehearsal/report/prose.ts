import { parseYuan } from '../../domain/money';
import { formatFen } from './amounts';
import { html, type Html } from './html';
import { poolLabel } from './labels';

/**
 * `disbursement/650500/2026/H65050200004/employee`: a payment's id, which names whom it goes to and from which pool; or
 * `payment/650500/2026-04/H65050200004/E0001`: who pays and to whom.
 */
const PAYMENT =
  /\b(?:disbursement|agency-return|payment|fund)\/\d{6}\/[^/\s]+\/([HP]\d{11})\/([A-Za-z0-9-]+)(?:\/[A-Za-z0-9-]+)*/g;
const AMOUNT = /(?<![\d.,])-?\d{4,}\.\d{2}(?!\d)/g;

/** ISO 20022 reasons (ExternalStatusReason1Code) that a bank gives for a payment it does not carry out. */
const REASONS: Readonly<Record<string, string>> = {
  AC01: '账号错误 incorrect account number',
  AC04: '账户已销户 closed account',
  AC06: '账户被冻结 blocked account',
  AG01: '不允许的交易 transaction forbidden',
  AM04: '余额不足 insufficient funds',
  AM05: '重复 duplication',
  BE01: '户名与账号不符 inconsistent with the account holder',
  RC01: '行号错误 incorrect bank identifier',
};

/** Amounts in a sentence with thousands separators, `12799043.81` as `12,799,043.81`. */
export function withSeparators(text: string): string {
  return text.replace(AMOUNT, (amount) => {
    const fen = parseYuan(amount);
    return fen === undefined ? amount : formatFen(fen);
  });
}

/** A line of the timeline for people: payments by the institution's name and pool, amounts with separators. */
export function readable(text: string, names: Readonly<Record<string, string>>): Html {
  const told = text.replace(PAYMENT, (id: string, institution: string, last: string) => {
    const name = names[institution];
    return name === undefined ? id : `${name} · ${names[last] ?? poolLabel(last).zh}`;
  });
  const explained = told.replace(/\b[A-Z]{2}\d{2}(?=$|[;,])/g, (code) => {
    const reason = REASONS[code];
    return reason === undefined ? code : `${code} ${reason}`;
  });
  return html`${withSeparators(explained)}`;
}
