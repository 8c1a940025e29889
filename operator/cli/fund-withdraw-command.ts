import type { Command } from 'commander';
import { withdrawDecision } from '../commands/withdraw-decision';
import { ExitCode } from '../../domain/refusal';
import { nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { actingOptions, actingPerson, regionOption, regionOrOnly, withRunning, type ActingOptions } from './running';

type WithdrawOptions = ActingOptions & { region?: string; reason: string };

/** `withdraw` beneath a group of decisions. */
export function addWithdrawCommand(
  group: Command,
  context: CliContext,
  { argument, description, example }: { argument: string; description: string; example: string },
): void {
  examples(
    actingOptions(regionOption(group.command('withdraw')))
      .description(description)
      .argument(argument, 'as `list` names it', nonEmptyArgument)
      .requiredOption('--reason <text>', 'why', nonEmptyArgument)
      .action(action(context, (id: string, options: WithdrawOptions) => withdraw(context, id, options))),
    example,
  );
}

async function withdraw(context: CliContext, id: string, options: WithdrawOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { reason, dryRun = false } = options;
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    await withdrawDecision(running, { region, id, person, reason, dryRun });
    const next = 'the same may be proposed again';
    if (options.json) context.output.json({ region, id, reason, dryRun, next });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} ${id} is withdrawn${dryRun ? '; nothing was recorded' : ''}`,
        `  next  ${next}`,
      ]);
    return ExitCode.Fine;
  });
}
