import { InvalidArgumentError, type Command } from 'commander';
import type { StatementPlan } from '../../db/statement-plan';
import type { ConfirmationOutcome } from '../../db/statements';
import { formatYuan } from '../../domain/money';
import type { Period } from '../../domain/plain-date';
import { ExitCode, Refusal } from '../../domain/refusal';
import { confirm, previewStatements, refusalOf, type ConfirmCommand } from '../commands/confirm-statement';
import { disputeLines } from '../commands/dispute-lines';
import { withdrawStatement } from '../commands/withdraw-statement';
import { formatAmount } from './amounts';
import { collect, institutionArgument, nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { actingOptions, actingPerson, updateIdOption, withRunning, type ActingOptions, type Running } from './running';
import { wouldBeLines } from './statement-lines';
import { tried, windowOf, windowOptions, type WindowOptions } from './window-options';

export function addStatementActions(group: Command, context: CliContext): void {
  examples(
    windowOptions(actingOptions(updateIdOption(group.command('confirm'))))
      .description('agrees for settlement bodies: reserves the money and settles the lines')
      .argument('[institution...]', 'settlement bodies', manyInstitutions)
      .option('--all', 'every settlement body with open lines')
      .option('--lines <id,…>', 'only these lines of one body (repeatable); all open ones without it', lineIds)
      .action(action(context, (named: string[], options: ConfirmOptions) => confirmThem(context, named, options))),
    'statements confirm H65050100001 --period 2026-04 --as 650500-officer --dry-run',
    'statements confirm --all --period 2026-04 --as 650500-officer',
    'statements confirm H65050100001 --lines L000001,L000002 --as H65050100001',
  );
  examples(
    windowOptions(actingOptions(updateIdOption(group.command('dispute'))))
      .description('sends lines back with a reason; they are not in this window any more')
      .argument('<institution>', 'the settlement body', institutionArgument)
      .argument('<line...>', 'ids of its open lines', collect)
      .requiredOption('--reason <text>', 'why; the enterprise reads it', nonEmptyArgument)
      .action(
        action(context, (institution: string, lines: string[], options: ReasonOptions) =>
          dispute(context, institution, lines, options),
        ),
      ),
    'statements dispute H65050100001 L000123 --reason "数量不符" --as 650500-officer',
  );
  examples(
    windowOptions(actingOptions(updateIdOption(group.command('withdraw'))))
      .description('takes a statement back while its window is open: the money goes back, the lines are open again')
      .argument('<institution>', 'the settlement body', institutionArgument)
      .requiredOption('--reason <text>', 'why', nonEmptyArgument)
      .action(
        action(context, (institution: string, options: ReasonOptions) => withdraw(context, institution, options)),
      ),
    'statements withdraw H65050100001 --reason "漏记退货" --as 650500-officer',
  );
}

type ConfirmOptions = ActingOptions & WindowOptions & { all?: boolean; lines?: string[] };
type ReasonOptions = ActingOptions & WindowOptions & { reason: string };

const manyInstitutions = (text: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  institutionArgument(text),
];

function lineIds(text: string, before: string[] = []): string[] {
  const ids = text.split(',').map((id) => id.trim());
  if (ids.includes('')) throw new InvalidArgumentError('Line ids are separated by commas.');
  return [...before, ...ids];
}

function checkNamed(named: readonly string[], { all, lines }: ConfirmOptions): void {
  if (all ? named.length > 0 : named.length === 0)
    throw new Refusal('UsageInvalid', 'name settlement bodies, or all of them with --all');
  if (lines && named.length !== 1) throw new Refusal('UsageInvalid', '--lines are those of one settlement body');
}

async function confirmThem(context: CliContext, named: string[], options: ConfirmOptions): Promise<ExitCode> {
  checkNamed(named, options);
  const person = actingPerson(context, options.as);
  return withRunning(context, async (running) => {
    const { region, period } = await windowOf(running, options);
    const command: ConfirmCommand = {
      region,
      period,
      person,
      ...(options.all ? {} : { institutions: named }),
      ...(options.lines ? { lines: options.lines } : {}),
      ...(options.updateId ? { updateId: options.updateId } : {}),
    };
    if (options.dryRun) return preview(context, running, command, options.json ?? false);
    const outcomes = await confirm(running, command);
    const refused = outcomes.flatMap((each) => (each.outcome === 'refused' ? [refusalOf(each, period)] : []));
    if (named.length === 1 && refused[0]) throw refused[0];
    if (options.json) context.output.json(outcomes.map((each) => outcomeJson(each, period)));
    else context.output.lines(outcomes.map((each) => outcomeLine(context, each, period)));
    return refused.length === 0 ? ExitCode.Fine : ExitCode.SomeItemsFailed;
  });
}

/** The statements that would come out; nothing is written. */
async function preview(
  context: CliContext,
  running: Running,
  command: ConfirmCommand,
  json: boolean,
): Promise<ExitCode> {
  const plans = await previewStatements(running, command);
  const refused = plans.flatMap((plan) => (plan.outcome === 'refused' ? [refusalOf(plan, command.period)] : []));
  if (command.institutions?.length === 1 && refused[0]) throw refused[0];
  if (json) context.output.json(plans.map((plan) => ({ ...planOutcome(plan), dryRun: true })));
  else
    context.output.lines([
      ...plans.flatMap((plan) => [
        `${plan.institution}${plan.outcome === 'confirmed' ? ': confirmed already' : ''}`,
        ...wouldBeLines({ ...plan, name: '' }),
      ]),
      'nothing was recorded',
    ]);
  return refused.length === 0 ? ExitCode.Fine : ExitCode.SomeItemsFailed;
}

function planOutcome(plan: StatementPlan) {
  const { institution, outcome } = plan;
  if (outcome === 'nothing') return { institution, outcome };
  if (outcome === 'refused') return { institution, outcome, code: plan.code, missing: formatYuan(plan.missingFen) };
  return {
    institution,
    outcome,
    gross: formatYuan(plan.grossFen),
    credits: formatYuan(plan.creditsFen),
    net: formatYuan(plan.netFen),
    fromPrepayment: formatYuan(plan.fromPrepaymentFen),
    fromOwn: formatYuan(plan.fromOwnFen),
    topUp: formatYuan(plan.topUpFen),
  };
}

function outcomeJson(each: ConfirmationOutcome, period: Period) {
  const { institution, outcome } = each;
  if (outcome === 'nothing') return { institution, period, outcome };
  if (outcome === 'refused') {
    const { code, message } = refusalOf(each, period);
    return { institution, period, outcome, code, missing: formatYuan(each.missingFen), message };
  }
  return {
    institution,
    period,
    outcome,
    again: each.again,
    revision: each.revision,
    gross: formatYuan(each.grossFen),
    credits: formatYuan(each.creditsFen),
    net: formatYuan(each.netFen),
    fromPrepayment: formatYuan(each.fromPrepaymentFen),
    fromOwn: formatYuan(each.fromOwnFen),
    topUp: formatYuan(each.topUpFen),
  };
}

function outcomeLine({ output }: CliContext, each: ConfirmationOutcome, period: Period): string {
  if (each.outcome === 'nothing') return `- ${each.institution}: nothing is payable, everything is carried`;
  if (each.outcome === 'refused') {
    const { code, message } = refusalOf(each, period);
    return `${output.paint('red', '✗')} ${message} [${code}]`;
  }
  const how = `${formatAmount(each.fromPrepaymentFen)} from prepayment, ${formatAmount(each.fromOwnFen)} own money`;
  const already = each.again ? ' was confirmed before' : '';
  return `${output.paint('green', '✓')} ${each.institution} ${period}#${each.revision}${already}: ${formatAmount(each.netFen)}, ${how}`;
}

async function dispute(
  context: CliContext,
  institution: string,
  lines: string[],
  options: ReasonOptions,
): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { dryRun = false, reason } = options;
  return withRunning(context, async (running) => {
    const window = await windowOf(running, options);
    const key = options.updateId ? { updateId: options.updateId } : {};
    const { disputed, repeated, amountFen } = await tried(running, dryRun, (inside) =>
      disputeLines(inside, { ...window, institution, lines, reason, person, ...key }),
    );
    if (options.json)
      context.output.json({ ...window, institution, disputed, repeated, amount: formatYuan(amountFen), dryRun });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} ${disputed} lines of ${institution} disputed, ${formatAmount(amountFen)}` +
          (repeated > 0 ? `; ${repeated} were disputed before` : '') +
          (dryRun ? '; nothing was recorded' : ''),
      ]);
    return ExitCode.Fine;
  });
}

async function withdraw(context: CliContext, institution: string, options: ReasonOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { dryRun = false, reason } = options;
  return withRunning(context, async (running) => {
    const window = await windowOf(running, options);
    const key = options.updateId ? { updateId: options.updateId } : {};
    const { revision, netFen, lines } = await tried(running, dryRun, (inside) =>
      withdrawStatement(inside, { ...window, institution, reason, person, ...key }),
    );
    if (options.json) context.output.json({ ...window, institution, revision, net: formatYuan(netFen), lines, dryRun });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} statement ${window.period}#${revision} of ${institution} taken back: ${formatAmount(netFen)}, ${lines} lines are open again` +
          (dryRun ? '; nothing was recorded' : ''),
        '  next  settle statements confirm, until the window closes',
      ]);
    return ExitCode.Fine;
  });
}
