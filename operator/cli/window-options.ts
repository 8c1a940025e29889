import type { Command } from 'commander';
import { periodOf, type Period } from '../../domain/plain-date';
import { transactionally } from '../commands/dry-run';
import { periodArgument } from './arguments';
import { regionOption, regionOrOnly, type Running } from './running';

/** Which window: by default this month's. */
export interface WindowOptions {
  region?: string;
  period?: Period;
  json?: boolean;
}

export function windowOptions(command: Command): Command {
  return regionOption(command).option('--period <month>', 'the window’s month (default: this month)', periodArgument);
}

export async function windowOf(
  { db, clock }: Running,
  { region, period }: WindowOptions,
): Promise<{ region: string; period: Period }> {
  return { region: await regionOrOnly(db, region), period: period ?? periodOf(clock.now().date) };
}

/** A dry run is the real thing in a transaction that is taken back. */
export function tried<T>(running: Running, dryRun: boolean, work: (inside: Running) => Promise<T>): Promise<T> {
  if (!dryRun) return work(running);
  const log = running.log.child({}, { level: 'silent' });
  return transactionally(running.db, true, (trx) => work({ ...running, db: trx, log }));
}
