import { join } from 'node:path';
import type { Command } from 'commander';
import { createCalendar, type Calendar, type CalendarYear } from '../../domain/calendar';
import { fromEpochMs } from '../../domain/business-time';
import type { PlainDate } from '../../domain/plain-date';
import type { ExitCode } from '../../domain/refusal';
import { projectRoot } from '../../workers/services/project-root';
import { readCalendarYears } from '../files/calendar-files';
import { dataDirectory } from '../files/data-directory';
import type { RehearsalResult, RehearseOptions } from '../../rehearsal/rehearse';
import type { Output } from './output';
import type { Running } from './running';

/** What every command is given. */
export interface CliContext {
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted when somebody presses Ctrl-C, or when the process is asked to end. */
  readonly stop: AbortSignal;
  /** Where `--json` was asked for, failures are JSON too. */
  readonly json: boolean;
  /** As it was typed, for the report of a rehearsal. */
  readonly commandLine: string;
  readonly rehearse: (options: RehearseOptions) => Promise<RehearsalResult>;
  /** Connects to the running system. */
  readonly connect: (env: NodeJS.ProcessEnv) => Promise<Running>;
  /** Where the details of what goes wrong unexpectedly are written. */
  readonly logFile: string;
  /** Set by the command that ran. */
  exitCode: ExitCode;
}

type Handler<Args extends unknown[]> = (...args: Args) => Promise<ExitCode>;

/** Runs a handler as a command's action; what it returns becomes the exit code of the process. */
export function action<Args extends unknown[]>(context: CliContext, handler: Handler<Args>) {
  return async (...args: [...Args, Command]): Promise<void> => {
    context.exitCode = await handler(...(args.slice(0, -1) as Args));
  };
}

/** Adds examples to a command's help. */
export function examples(command: Command, ...lines: string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ settle ${line}\n`).join('')}`);
}

export function policyFolder(): string {
  return join(projectRoot(), 'policies');
}

export interface CalendarFolders {
  /** Published years first; imported ones count before them. */
  readonly known: readonly string[];
  /** Receives imported years. */
  readonly imported: string;
}

export function calendarFolders(env: NodeJS.ProcessEnv): CalendarFolders {
  const imported = join(dataDirectory(env), 'calendar');
  return { known: [join(policyFolder(), 'calendar'), imported], imported };
}

export async function loadYears(env: NodeJS.ProcessEnv): Promise<{ years: CalendarYear[]; calendar: Calendar }> {
  const years = await readCalendarYears(calendarFolders(env).known);
  return { years, calendar: createCalendar(years) };
}

/** Today's date where the agencies are. */
export function today(): PlainDate {
  return fromEpochMs(Date.now()).date;
}
