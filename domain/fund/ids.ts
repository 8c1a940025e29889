import { period, type Period } from '../plain-date';

/** What a payment of kind `fund` is for; its id says so in its last words. */
export type FundPurpose = 'preallocation' | 'settlement' | 'release' | 'transfer';

const PURPOSE = /\/(preallocation|settlement|release|transfer)(?:\/[^/]+)*?(?:#\d+)?$/;

/** @throws TypeError for the id of another payment */
export function fundPurposeOf(paymentId: string): FundPurpose {
  const match = PURPOSE.exec(paymentId);
  if (!match) throw new TypeError(`${paymentId} is no payment of a monthly fund`);
  return match[1] as FundPurpose;
}

/** `2026-03` → `2026-Q1`. */
export function quarterOf(month: Period): string {
  return `${month.slice(0, 4)}-Q${Math.ceil(Number(month.slice(5)) / 3)}`;
}

/** `2026-Q1` → `2026-03`. */
export function lastMonthOf(quarter: string): Period {
  return period(`${quarter.slice(0, 4)}-${String(Number(quarter.slice(6)) * 3).padStart(2, '0')}`);
}
