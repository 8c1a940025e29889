import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/*
 * Days and money as a clerk with a calendar and a calculator has them. Nothing of the engine is imported here or in the files
 * beside this one: they are the second opinion that the engine's results are held against.
 */

const DAY_MS = 86_400_000;

export function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

export function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - DAY_MS).toISOString().slice(0, 10);
}

export function monthAfter(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}

export interface WorkingDays {
  isWorking(day: string): boolean;
  firstFrom(day: string): string;
  /** The n-th working day after a day. */
  after(day: string, n: number): string;
  lastOf(month: string): string;
}

/** From the State Council's notice for 2026, as the project keeps it. */
export function workingDays2026(): WorkingDays {
  const file = join(__dirname, '..', '..', 'policies', 'calendar', '2026.yaml');
  const notice = parse(readFileSync(file, 'utf8')) as { holidays: string[]; workdays: string[] };
  const text = (day: unknown): string => (day instanceof Date ? day.toISOString().slice(0, 10) : String(day));
  const holidays = new Set(notice.holidays.map(text));
  const workdays = new Set(notice.workdays.map(text));
  const isWorking = (day: string): boolean => {
    const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
    return workdays.has(day) || (weekday >= 1 && weekday <= 5 && !holidays.has(day));
  };
  const firstFrom = (day: string): string => (isWorking(day) ? day : firstFrom(nextDay(day)));
  return {
    isWorking,
    firstFrom,
    after(day, n) {
      let found = day;
      for (let left = n; left > 0; left -= 1) found = firstFrom(nextDay(found));
      return found;
    },
    lastOf(month) {
      let day = dayBefore(`${monthAfter(month)}-01`);
      while (!isWorking(day)) day = dayBefore(day);
      return day;
    },
  };
}

/** `"-12.34"` as fen. */
export function fen(yuan: string): bigint {
  const [whole, cents = ''] = yuan.replace('-', '').split('.') as [string, string?];
  const amount = BigInt(whole) * 100n + BigInt(cents.padEnd(2, '0').slice(0, 2));
  return yuan.startsWith('-') ? -amount : amount;
}

export function yuan(amount: bigint): string {
  const positive = amount < 0n ? -amount : amount;
  return `${amount < 0n ? '-' : ''}${positive / 100n}.${String(positive % 100n).padStart(2, '0')}`;
}

/** A decimal number as a fraction over 10,000, which is as fine as quantities and prices are. */
export function tenThousandths(text: string): bigint {
  const [whole, rest = ''] = text.replace('-', '').split('.') as [string, string?];
  const value = BigInt(whole) * 10_000n + BigInt(rest.padEnd(4, '0'));
  return text.startsWith('-') ? -value : value;
}

/** Half up, away from zero. */
export function roundedQuotient(dividend: bigint, divisor: bigint): bigint {
  const positive = dividend < 0n ? -dividend : dividend;
  const quotient = (positive * 2n + divisor) / (divisor * 2n);
  return dividend < 0n ? -quotient : quotient;
}

export function total(amounts: Iterable<bigint>): bigint {
  let all = 0n;
  for (const amount of amounts) all += amount;
  return all;
}

/** Largest remainder, ties to the earlier. */
export function shareOut(amount: bigint, weights: readonly bigint[]): bigint[] {
  const whole = total(weights);
  if (amount === 0n || whole === 0n) return weights.map(() => 0n);
  const shares = weights.map((weight) => (amount * weight) / whole);
  const order = weights.map((_, index) => index);
  const rest = (index: number): bigint => (amount * weights[index]!) % whole;
  order.sort((a, b) => (rest(b) > rest(a) ? 1 : rest(b) < rest(a) ? -1 : a - b));
  const left = Number(amount - total(shares));
  for (const index of order.slice(0, left)) shares[index]! += 1n;
  return shares;
}

/** Plain CSV: none of the files that are calculated here has a quote in it. */
export function readCsv(path: string): Record<string, string>[] {
  const [header, ...lines] = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const names = header!.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
}
