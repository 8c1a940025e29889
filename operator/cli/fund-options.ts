import { InvalidArgumentError, type Command } from 'commander';
import { addMonths, periodOf, type Period } from '../../domain/plain-date';
import { isPool, POOLS, type Pool } from '../../domain/pools';
import { periodArgument } from './arguments';
import { regionOption, regionOrOnly, type Running } from './running';

/** Which month of monthly funds. */
export interface FundOptions {
  region?: string;
  period?: Period;
  json?: boolean;
}

export function fundOptions(command: Command, whose = 'the month before this one'): Command {
  return regionOption(command).option('--period <month>', `the month (default: ${whose})`, periodArgument);
}

/** Claims and settlements are of the month before; what is paid ahead is of this month. */
export async function fundMonth(
  { db, clock }: Running,
  { region, period }: FundOptions,
  back: 0 | 1 = 1,
): Promise<{ region: string; period: Period }> {
  const month = period ?? addMonths(periodOf(clock.now().date), -back);
  return { region: await regionOrOnly(db, region), period: month };
}

export function poolArgument(text: string): Pool {
  if (isPool(text)) return text;
  throw new InvalidArgumentError(`A pool is one of ${POOLS.join(', ')}.`);
}
