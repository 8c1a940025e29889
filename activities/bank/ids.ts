import { createHash } from 'node:crypto';
import type { PaymentKind } from '../../domain/payment';
import type { Remittance } from './port';
import { isBankId, Limits } from './iso20022/values';

/**
 * Ids for the bank, derived from business keys: the same payment and attempt has the same id on every machine and every
 * day, so a repeated activity can never make a second one. They are readable where 35 characters suffice, else the
 * beginning stays readable and a hash of the whole key takes the rest.
 */
const KIND_LETTER: Record<PaymentKind, string> = {
  payment: 'P',
  disbursement: 'D',
  'agency-return': 'R',
  fund: 'F',
};
const POOL_LETTERS: Record<string, string> = {
  employee: 'EM',
  resident: 'RE',
  'employee-large': 'EL',
  'employee-personal': 'EP',
};

/** 16 characters of base 32 are 80 bits: for ten million ids the chance of two alike is below one in 10^10. */
const HASH_LENGTH = 16;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Deterministic text of capital letters and digits, 5 bits a character; at most 51 characters. */
export function hashText(key: string, length: number): string {
  const bytes = createHash('sha256').update(key, 'utf8').digest();
  let text = '';
  for (let bit = 0; text.length < length; bit += 5) {
    const byte = bit >> 3;
    const pair = (bytes[byte]! << 8) | bytes[byte + 1]!;
    text += BASE32[(pair >> (11 - (bit & 7))) & 31]!;
  }
  return text;
}

/**
 * The end-to-end id of one attempt, e.g. `P650500.2604.H65050100001.E0001.1`, `D650100.2603.H65010000001.-.EM1`.
 *
 * @param paymentId where parties, month and pool have several payments: those of monthly funds
 */
export function endToEndIdFor(remittance: Remittance, paymentId?: string): string {
  const { kind, region, period, institution, enterprise, pool, attempt } = remittance;
  const shortPeriod = /^20\d\d-\d\d$/.test(period) ? period.slice(2, 4) + period.slice(5) : undefined;
  const shortPool = pool === undefined ? '' : POOL_LETTERS[pool];
  const head = `${KIND_LETTER[kind]}${region}.${shortPeriod ?? period}`;
  if (paymentId !== undefined) return withHash(head, JSON.stringify([kind, paymentId, attempt]));
  const parties = [institution, enterprise];
  // A field with a dot of its own, or one that looks like an empty one, would make two keys read alike.
  const plain = [region, ...parties].every((field) => field === undefined || /^(?!-$)[A-Za-z0-9-]+$/.test(field));
  if (plain && shortPeriod !== undefined && shortPool !== undefined) {
    const readable = [head, ...parties.map((party) => party ?? '-'), `${shortPool}${attempt}`].join('.');
    if (isBankId(readable)) return readable;
  }
  const key = [kind, region, period, institution ?? '', enterprise ?? '', pool ?? '', String(attempt)];
  return withHash(head, JSON.stringify(key));
}

/**
 * The id of one message, from what makes it one: the case, and what tells its messages apart.
 * `messageIdFor('prepayment/650100/2026', 'pay', 1)` gives `prepayment/650100/2026.pay.1`.
 */
export function messageIdFor(caseId: string, ...parts: (string | number)[]): string {
  const fields = [caseId, ...parts.map(String)];
  const readable = fields.join('.');
  const plain = fields.every((field) => field !== '' && /^[A-Za-z0-9/-]+$/.test(field));
  if (plain && isBankId(readable)) return readable;
  return withHash(readable, JSON.stringify(fields));
}

/** A hashed id has `..` in it, which a readable one never has. */
function withHash(head: string, key: string): string {
  const room = Limits.id - HASH_LENGTH - 2;
  const start = head
    .replace(/[^A-Za-z0-9./-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/\/{2,}/g, '/')
    .replace(/^[/.]+/, '')
    .slice(0, room)
    .replace(/[/.-]+$/, '');
  return `${start || 'X'}..${hashText(key, HASH_LENGTH)}`;
}
