import type { Command } from 'commander';
import type { ActResult } from '../../workflows/messages';
import type { PlainDate } from '../../domain/plain-date';
import { dateArgument, nonEmptyArgument } from './arguments';
import type { CliContext } from './context';
import { actingOptions, actingPerson, given, updateIdOption, type ActingOptions } from './running';

/** Options of everything that officers record about institutions and enterprises. */
export interface EvidenceOptions extends ActingOptions {
  evidence: string;
  on?: PlainDate;
}

export function evidenceOptions(command: Command, { dated = true }: { dated?: boolean } = {}): Command {
  const evident = updateIdOption(actingOptions(command)).requiredOption(
    '--evidence <text>',
    'the number of the document that shows it; it is kept',
    nonEmptyArgument,
  );
  return dated ? evident.option('--on <date>', 'the day on which it was so (default: today)', dateArgument) : evident;
}

/** What is recorded, by whom and on which evidence. */
export function recordedBy(context: CliContext, options: EvidenceOptions) {
  const { evidence, on, updateId, dryRun } = options;
  return { person: actingPerson(context, options.as), evidence, ...given({ on, updateId, dryRun }) };
}

/** The new state and the next step. */
export function printAct(
  { output }: CliContext,
  subject: string,
  { state, next }: ActResult,
  { json, dryRun = false }: ActingOptions,
): void {
  if (json) output.json({ case: subject, state, next, dryRun });
  else
    output.lines([
      `${output.paint('green', '✓')} ${subject} ${dryRun ? `would be ${state}; nothing was recorded` : `is ${state}`}`,
      `  next  ${next}`,
    ]);
}
