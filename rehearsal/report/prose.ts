import { parseYuan } from '../../domain/money';
import { formatFen } from './amounts';
import { html, type Html } from './html';
import { poolLabel } from './labels';

/** `disbursement/650500/2026/H65050200004/employee`: a payment's id, which names whom it goes to and from which pool. */
const PAYMENT =
  /\b(?:disbursement|agency-return|payment|fund)\/\d{6}\/[^/\s]+\/([HP]\d{11})\/([A-Za-z0-9-]+)(?:\/[A-Za-z0-9-]+)*/g;
const AMOUNT = /(?<![\d.,])-?\d{4,}\.\d{2}(?!\d)/g;

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
    return name === undefined ? id : `${name} · ${poolLabel(last).zh}`;
  });
  return html`${withSeparators(told)}`;
}
