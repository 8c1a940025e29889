import type { BusinessMoment } from '../../../domain/business-time';
import { fromEpochMs } from '../../../domain/business-time';
import { formatYuan, parseYuan } from '../../../domain/money';
import type { PaymentKind } from '../../../domain/payment';
import type { PlainDate } from '../../../domain/plain-date';
import { isPlainDate } from '../../../domain/plain-date';
import type { Remittance } from '../port';
import type { Element } from './xml';
import { attribute, children, childText, descend, invalid, tag, text } from './xml';

/** Values that several messages share, each with its reader and its writer. */

export const Limits = { id: 35, account: 34, name: 140, text: 140, reasonText: 105, remittanceParts: 3 } as const;

const ID = /^[A-Za-z0-9+?()., :'-](?:[A-Za-z0-9+?()., :'/-]*[A-Za-z0-9+?()., :'-])?$/;

/** Message and end-to-end ids: at most 35 characters of the set every bank takes, no slash at either end, none doubled. */
export function isBankId(value: string): boolean {
  return value.length <= Limits.id && ID.test(value) && !value.includes('//') && value.trim() === value;
}

export function readId(element: Element, name: string): string {
  const value = childText(element, name, Limits.id);
  if (!isBankId(value)) throw invalid(element.message, `${element.path}/${name}`, `${JSON.stringify(value)} is no id`);
  return value;
}

/** Decimal text in yuan, at most two places; never negative, since the direction stands beside it. */
export function readSum(element: Element): bigint {
  const value = text(element, 19);
  const fen = value.startsWith('-') ? undefined : parseYuan(value);
  if (fen === undefined) throw invalid(element.message, element.path, `${JSON.stringify(value)} is no amount in yuan`);
  return fen;
}

/** An amount with its currency, which must be CNY. */
export function readAmount(element: Element): bigint {
  const currency = attribute(element, 'Ccy');
  if (currency !== 'CNY') throw invalid(element.message, element.path, `currency ${currency ?? 'missing'}, not CNY`);
  return readSum(element);
}

export function writeAmount(name: string, amountFen: bigint): string {
  return `<${name} Ccy="CNY">${formatYuan(amountFen)}</${name}>`;
}

export function readCount(element: Element): number {
  const value = text(element, 15);
  if (!/^\d{1,15}$/.test(value)) throw invalid(element.message, element.path, `${JSON.stringify(value)} is no count`);
  return Number(value);
}

export function readDate(element: Element): PlainDate {
  const value = text(element, 16);
  if (!isPlainDate(value)) throw invalid(element.message, element.path, `${JSON.stringify(value)} is no date`);
  return value;
}

/** DateAndDateTime2Choice: `Dt`, or the Shanghai date of `DtTm`. */
export function readDateChoice(element: Element): PlainDate {
  const date = children(element, 'Dt')[0];
  if (date) return readDate(date);
  const dateTime = children(element, 'DtTm')[0];
  if (!dateTime) throw invalid(element.message, element.path, 'neither Dt nor DtTm');
  return readMoment(dateTime).date;
}

const DATE_TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/;

/** ISO date and time as a moment in Asia/Shanghai; one without an offset is Shanghai's own. */
export function parseMoment(value: string): BusinessMoment | undefined {
  const match = DATE_TIME.exec(value);
  if (!match || !isPlainDate(match[1]!) || Number(match[2]!.slice(0, 2)) > 23 || Number(match[2]!.slice(3)) > 59)
    return undefined;
  if (!match[3] || match[3] === '+08:00') return { date: match[1], time: match[2]! };
  const epochMs = Date.parse(`${match[1]}T${match[2]}:00${match[3]}`);
  return Number.isNaN(epochMs) ? undefined : fromEpochMs(epochMs);
}

export function readMoment(element: Element): BusinessMoment {
  const value = text(element, 40);
  const moment = parseMoment(value);
  if (!moment) throw invalid(element.message, element.path, `${JSON.stringify(value)} is no date and time`);
  return moment;
}

export function formatMoment(moment: BusinessMoment): string {
  return `${moment.date}T${moment.time}:00+08:00`;
}

/** Chinese account numbers are no IBANs: `Id/Othr/Id`. An IBAN is read too. */
export function readAccount(element: Element): string {
  const id = descend(element, 'Id', 'Othr', 'Id') ?? descend(element, 'Id', 'IBAN');
  if (!id) throw invalid(element.message, `${element.path}/Id/Othr/Id`, 'is missing');
  return text(id, Limits.account);
}

export function writeAccount(name: string, account: string): string {
  return `<${name}><Id><Othr>${tag('Id', account)}</Othr></Id><Ccy>CNY</Ccy></${name}>`;
}

const KINDS: readonly string[] = ['disbursement', 'agency-return', 'payment', 'fund'] satisfies PaymentKind[];
const REMITTANCE_KEYS = ['kind', 'region', 'period', 'institution', 'enterprise', 'pool', 'attempt'];

/**
 * The business key in `RmtInf/Strd/AddtlRmtInf`: `kind=payment;region=650500;period=2026-04;institution=…;attempt=1`,
 * in pieces of 140 characters. Semicolons, equal signs, per cent and blanks inside a value are written as in a URL.
 */
export function writeRemittance(remittance: Remittance): string {
  const { kind, region, period, institution, enterprise, pool, attempt } = remittance;
  const pairs = Object.entries({ kind, region, period, institution, enterprise, pool, attempt: String(attempt) });
  const line = pairs
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .map(([key, value]) => `${key}=${value.replace(/[;=%\s]/g, encodeURIComponent)}`)
    .join(';');
  const characters = [...line];
  let pieces = '';
  for (let start = 0; start < characters.length; start += Limits.text)
    pieces += tag('AddtlRmtInf', characters.slice(start, start + Limits.text).join(''));
  return `<Strd>${pieces}</Strd>`;
}

function decodePercent(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/** The business key of a `RmtInf`, or undefined where there is none (money from others). A damaged one is refused. */
export function readRemittance(rmtInf: Element | undefined): Remittance | undefined {
  const pieces = rmtInf ? children(rmtInf, 'Strd').flatMap((strd) => children(strd, 'AddtlRmtInf')) : [];
  const line = pieces.map((piece) => text(piece, Limits.text)).join('');
  if (!line.startsWith('kind=')) return undefined;
  const refuse = (): never => {
    throw invalid(pieces[0]!.message, pieces[0]!.path, `${JSON.stringify(line)} is no business key of this engine`);
  };
  const fields: Record<string, string> = {};
  for (const pair of line.split(';')) {
    const [, key, value] = /^([a-z]+)=([^=]+)$/.exec(pair) ?? refuse();
    if (!REMITTANCE_KEYS.includes(key!) || fields[key!] !== undefined) refuse();
    fields[key!] = decodePercent(value!) ?? refuse();
  }
  const { kind, region, period, attempt, ...parties } = fields;
  if (!KINDS.includes(kind ?? '') || !region || !period || !/^[1-9]\d{0,3}$/.test(attempt ?? '')) refuse();
  return { kind: kind as PaymentKind, region: region!, period: period!, ...parties, attempt: Number(attempt) };
}

/** Unstructured text, the pieces joined. */
export function readUnstructured(rmtInf: Element | undefined): string | undefined {
  const pieces = rmtInf ? children(rmtInf, 'Ustrd').map((piece) => text(piece, Limits.text)) : [];
  return pieces.length === 0 ? undefined : pieces.join('');
}
