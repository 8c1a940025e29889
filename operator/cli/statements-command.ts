import type { Command } from 'commander';
import { ExitCode } from '../../domain/refusal';
import { statementOverview, viewStatement } from '../commands/statement-overview';
import { institutionArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { withRunning } from './running';
import { addStatementActions } from './statement-actions-command';
import { planJson, planTable, viewJson, viewLines } from './statement-lines';
import { windowOf, windowOptions, type WindowOptions } from './window-options';

export function addStatementCommands(program: Command, context: CliContext): void {
  const group = program.command('statements').description('what institutions agree to pay · 货款预结算明细单');
  examples(
    windowOptions(group.command('list'))
      .description('each settlement body of a window: what is open, payable, carried, missing and confirmed')
      .option('--unconfirmed', 'only those without a statement')
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'statements list --period 2026-04',
    'statements list --period 2026-04 --unconfirmed --json',
  );
  examples(
    windowOptions(group.command('show'))
      .description('one statement by enterprise, or the one that would come out now')
      .argument('<institution>', 'the settlement body', institutionArgument)
      .option('--lines', 'with its lines')
      .option('--json', 'as JSON, with its lines')
      .action(action(context, (institution: string, options: ShowOptions) => show(context, institution, options))),
    'statements show H65050100001 --period 2026-04 --lines',
  );
  addStatementActions(group, context);
}

type ListOptions = WindowOptions & { unconfirmed?: boolean };
type ShowOptions = WindowOptions & { lines?: boolean };

async function list(context: CliContext, options: ListOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const window = await windowOf(running, options);
    const plans = (await statementOverview(running, window)).filter(
      ({ outcome }) => !options.unconfirmed || outcome !== 'confirmed',
    );
    if (options.json) context.output.json(plans.map((plan) => ({ ...window, ...planJson(plan) })));
    else
      context.output.lines(plans.length === 0 ? [`nothing is open in ${window.period} · 没有明细`] : planTable(plans));
    return ExitCode.Fine;
  });
}

async function show(context: CliContext, institution: string, options: ShowOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const window = await windowOf(running, options);
    const view = await viewStatement(running, { ...window, institution });
    if (options.json) context.output.json({ ...window, ...viewJson(view) });
    else context.output.lines(viewLines(context, window.period, view, options.lines ?? false));
    return ExitCode.Fine;
  });
}
