import { InvalidArgumentError, type Command } from 'commander';
import { listRatioDecisions, type RatioDecision } from '../../db/ratio-decisions';
import { ExitCode } from '../../domain/refusal';
import { approveRatio, proposeRatio } from '../commands/decide-ratio';
import { nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import {
  actingOptions,
  actingPerson,
  given,
  regionOption,
  regionOrOnly,
  withRunning,
  type ActingOptions,
} from './running';
import { formatTable } from './table';

interface RatioOptions extends ActingOptions {
  region?: string;
  institution: string;
  year: number;
}

/** A decimal from 0 to 1, as it was typed. */
export function ratioArgument(text: string): string {
  if (/^(0(\.\d{1,10})?|1(\.0{1,10})?)$/.test(text)) return text;
  throw new InvalidArgumentError('A ratio is a decimal from 0 to 1, such as 0.55.');
}

function yearArgument(text: string): number {
  if (/^2\d{3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A year is written YYYY, such as 2027.');
}

export function addRatioCommands(program: Command, context: CliContext): void {
  const group = program.command('ratio').description('another prepayment ratio by decision · 预付比例调整');
  const named = (name: string): Command =>
    actingOptions(regionOption(group.command(name)))
      .requiredOption('--institution <id>', 'the settlement body', nonEmptyArgument)
      .requiredOption('--year <year>', 'the year of the prepayment', yearArgument);
  examples(
    named('propose')
      .description('a business head proposes it, with reason and document')
      .requiredOption('--ratio <ratio>', 'such as 0.55', ratioArgument)
      .requiredOption('--reason <text>', 'why', nonEmptyArgument)
      .requiredOption('--document <number>', 'the document that says so (批复文号)', nonEmptyArgument)
      .action(
        action(context, (options: RatioOptions & { ratio: string; reason: string; document: string }) =>
          change(context, options, 'a director approves it', proposeRatio, {
            ratio: options.ratio,
            reason: options.reason,
            document: options.document,
          }),
        ),
      ),
    'ratio propose --institution H65050200001 --year 2027 --ratio 0.55 --reason "online share" --document 示例12号 --as wang',
  );
  examples(
    named('approve')
      .description('a director, who did not propose it, approves it')
      .action(
        action(context, (options: RatioOptions) =>
          change(context, options, 'the next preparation of the prepayment uses it', approveRatio, {}),
        ),
      ),
    'ratio approve --institution H65050200001 --year 2027 --as zhao',
  );
  examples(
    regionOption(group.command('list'))
      .description('what was proposed and approved')
      .option('--year <year>', 'of this year', yearArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: { region?: string; year?: number; json?: boolean }) => list(context, options))),
    'ratio list --year 2027',
  );
}

async function change<T extends object>(
  context: CliContext,
  options: RatioOptions,
  next: string,
  run: (
    running: Parameters<typeof approveRatio>[0],
    command: Parameters<typeof approveRatio>[1] & T,
  ) => Promise<RatioDecision>,
  rest: T,
): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const { institution, year, dryRun = false } = options;
    const person = actingPerson(context, options.as);
    const decision = await run(running, { region, institution, year, person, dryRun, ...rest });
    if (options.json) context.output.json(decision);
    else
      context.output.lines([
        `${dryRun ? 'would be ' : ''}${stateOf(decision)}: ${decision.ratio} for ${institution} in ${year}; next: ${next}`,
      ]);
    return ExitCode.Fine;
  });
}

function stateOf({ approvedBy }: RatioDecision): string {
  return approvedBy === null ? 'proposed' : 'approved';
}

async function list(
  context: CliContext,
  { json, ...wanted }: { region?: string; year?: number; json?: boolean },
): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const decisions = await listRatioDecisions(db, given(wanted));
    if (json) context.output.json(decisions);
    else if (decisions.length === 0) context.output.lines(['no ratio was decided on · 没有比例调整']);
    else
      context.output.lines(
        formatTable(
          [
            '机构 institution',
            '年 year',
            '比例 ratio',
            '状态 state',
            '提出 proposed',
            '批准 approved',
            '文号 document',
          ].map((title) => ({ title })),
          decisions.map((each) => [
            each.institution,
            String(each.year),
            each.ratio,
            stateOf(each),
            `${each.proposedBy} ${each.proposedOn}`,
            each.approvedBy === null ? '–' : `${each.approvedBy} ${each.approvedOn}`,
            each.document,
          ]),
        ),
      );
    return ExitCode.Fine;
  });
}
