import type { Knex } from 'knex';
import { InvalidArgumentError, type Command } from 'commander';
import { Refusal } from '../../domain/refusal';
import type { CommandContext } from '../commands/context';
import { nonEmptyArgument, regionArgument } from './arguments';
import type { CliContext } from './context';
import { unlessStopped } from '../unless-stopped';

/** The running system as the operator's commands use it. */
export interface Running extends CommandContext {
  /** Where the bank is. */
  readonly bankUrl?: string;
  /** Where the simulator takes accounts and incoming money; undefined for a real bank. */
  readonly simulatorUrl?: string | undefined;
  /** As the owner, who alone writes registers and appointments. */
  ownerDb?(): Knex;
  close(): Promise<void>;
}

/** Connects to the running system, does the work, and leaves nothing open behind. @throws Refusal `NotRunning` */
export async function withRunning<T>(context: CliContext, work: (running: Running) => Promise<T>): Promise<T> {
  const running = await context.connect(context.env);
  try {
    return await unlessStopped(context.stop, work(running));
  } finally {
    await running.close();
  }
}

/** Who acts: `--as`, else `SETTLE_PERSON`. @throws Refusal `UsageInvalid` */
export function actingPerson({ env }: CliContext, as: string | undefined): string {
  const person = as ?? env.SETTLE_PERSON ?? '';
  if (person !== '') return person;
  throw new Refusal('UsageInvalid', 'nobody acts: give --as PERSON, or set SETTLE_PERSON');
}

/** The region named, else the only one there is. @throws Refusal `UsageInvalid`, `NotFound` */
export async function regionOrOnly(db: Knex, region: string | undefined): Promise<string> {
  const known = await db('settle.regions').orderBy('region').pluck<string[]>('region');
  if (region !== undefined) {
    if (known.includes(region)) return region;
    throw new Refusal('NotFound', `region ${region} is not known; there are ${known.join(', ') || 'none'}`, { region });
  }
  if (known.length === 1) return known[0]!;
  throw new Refusal('UsageInvalid', `name one of the regions with --region: ${known.join(', ') || 'there are none'}`);
}

/** Options of every command that changes something. */
export interface ActingOptions {
  as?: string;
  dryRun?: boolean;
  json?: boolean;
  updateId?: string;
}

export function actingOptions(command: Command): Command {
  return command
    .option('--as <person>', 'who acts (default: SETTLE_PERSON)', nonEmptyArgument)
    .option('--dry-run', 'check only: nothing is recorded or changed')
    .option('--json', 'as JSON');
}

export function updateIdOption(command: Command): Command {
  return command.option('--update-id <id>', 'a key of the caller: the same command again is done once', updateId);
}

const MAX_UPDATE_ID = 100;

function updateId(text: string): string {
  if (/^[\w.:/#-]+$/.test(text) && text.length <= MAX_UPDATE_ID) return text;
  throw new InvalidArgumentError(`An update id has up to ${MAX_UPDATE_ID} letters, digits and . : / # - _.`);
}

export function regionOption(command: Command): Command {
  return command.option('--region <code>', 'the region (default: the only one there is)', regionArgument);
}

/** The options that were given, for functions whose options may be left out but are never undefined. */
export function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
