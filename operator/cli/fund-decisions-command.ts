import type { Command } from 'commander';
import { loadCollections, type BalanceCollection } from '../../db/fund/collections';
import { loadStandardDecisions, type StandardDecision } from '../../db/fund/standards';
import { formatYuan } from '../../domain/money';
import type { Period, PlainDate } from '../../domain/plain-date';
import type { Pool } from '../../domain/pools';
import { ExitCode } from '../../domain/refusal';
import { approveCollectionOf, proposeCollection, recordCollection } from '../commands/collect-balance';
import { approveStandard, proposeStandard } from '../commands/decide-standard';
import { formatAmount } from './amounts';
import { amountArgument, dateArgument, institutionArgument, nonEmptyArgument, periodArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { poolArgument } from './fund-options';
import { addShowStandard } from './fund-standard-command';
import { addWithdrawCommand } from './fund-withdraw-command';
import { ratioArgument } from './ratio-command';
import {
  actingOptions,
  actingPerson,
  given,
  regionOption,
  regionOrOnly,
  withRunning,
  type ActingOptions,
  type Running,
} from './running';
import { formatTable } from './table';

interface DecisionOptions extends ActingOptions {
  region?: string;
}
type ProposeStandard = DecisionOptions & {
  institution?: string;
  pool?: Pool;
  ratio: string;
  from: Period;
  reason: string;
};
type ProposeCollection = DecisionOptions & { institution: string; pool: Pool; amount?: bigint; reason: string };
type RecordCollection = DecisionOptions & { number: string; receivedOn: PlainDate };

export function addFundDecisionCommands(group: Command, context: CliContext): void {
  addStandardCommands(
    group.command('standard').description('the ratio of the monthly standard by decision · 月预拨标准'),
    context,
  );
  addCollectCommands(
    group.command('collect').description('a balance below zero, collected by decision · 收回'),
    context,
  );
}

function addStandardCommands(standard: Command, context: CliContext): void {
  addShowStandard(standard, context);
  const acting = (name: string): Command => actingOptions(regionOption(standard.command(name)));
  examples(
    acting('propose')
      .description('a business head proposes another ratio from a month on; never below the policy’s')
      .requiredOption('--ratio <ratio>', 'such as 0.35', ratioArgument)
      .requiredOption('--from <month>', 'the first month that it counts for', periodArgument)
      .requiredOption('--reason <text>', 'why', nonEmptyArgument)
      .option('--institution <id>', 'for this institution (default: all)', institutionArgument)
      .option('--pool <pool>', 'for this pool (default: all)', poolArgument)
      .action(
        action(context, (options: ProposeStandard) =>
          decide(context, options, standardText, (running, region, person) =>
            proposeStandard(running, {
              region,
              person,
              ratio: options.ratio,
              fromPeriod: options.from,
              reason: options.reason,
              dryRun: options.dryRun ?? false,
              ...given({ institution: options.institution, pool: options.pool }),
            }),
          ),
        ),
      ),
    'fund standard propose --ratio 0.35 --from 2026-07 --reason 基金运行平稳 --as 321300-03',
  );
  examples(
    acting('approve')
      .description('a director, who did not propose it, approves it')
      .argument('<decision>', 'as `fund standard list` names it', nonEmptyArgument)
      .action(
        action(context, (id: string, options: DecisionOptions) =>
          decide(context, options, standardText, (running, region, person) =>
            approveStandard(running, { region, id, person, dryRun: options.dryRun ?? false }),
          ),
        ),
      ),
    'fund standard approve standard/321300/2026-07/all/all --as 321300-05',
  );
  addWithdrawCommand(standard, context, {
    argument: '<decision>',
    description: 'a business head or director withdraws what is not approved',
    example: 'fund standard withdraw standard/321300/2026-07/all/all --reason 比例有误 --as 321300-03',
  });
  examples(
    regionOption(standard.command('list'))
      .description('what was decided on the ratio')
      .option('--json', 'as JSON')
      .action(
        action(context, (options: DecisionOptions) =>
          list(context, options, ({ db }, region) => loadStandardDecisions(db, region), {
            titles: ['决定 decision', '比例 ratio', '提出 proposed', '批准 approved', '原因 reason'],
            cells: (each) => [each.decisionId, each.ratio, ...people(each), each.reason],
            nothing: 'the policy’s ratio counts for everybody · 没有调整',
          }),
        ),
      ),
    'fund standard list',
  );
}

function addCollectCommands(collect: Command, context: CliContext): void {
  const acting = (name: string): Command => actingOptions(regionOption(collect.command(name)));
  const named = (name: string): Command =>
    acting(name).argument('<collection>', 'as `fund collect list` names it', nonEmptyArgument);
  examples(
    acting('propose')
      .description('a business head proposes to collect what is carried below zero, rather than to carry it on')
      .requiredOption('--institution <id>', 'the institution', institutionArgument)
      .requiredOption('--pool <pool>', 'the pool', poolArgument)
      .requiredOption('--reason <text>', 'why', nonEmptyArgument)
      .option('--amount <yuan>', 'a part of it (default: all)', amountArgument)
      .action(
        action(context, (options: ProposeCollection) =>
          decide(context, options, collectionText, (running, region, person) => {
            const { institution, pool, reason, dryRun = false } = options;
            const amount = given({ amountFen: options.amount });
            return proposeCollection(running, { region, institution, pool, reason, person, dryRun, ...amount });
          }),
        ),
      ),
    'fund collect propose --institution H32132400002 --pool employee --reason 退出即时结算 --as 321300-03',
  );
  examples(
    named('approve')
      .description('a director, who did not propose it, approves it')
      .action(
        action(context, (id: string, options: DecisionOptions) =>
          decide(context, options, collectionText, (running, region, person) =>
            approveCollectionOf(running, { region, id, person, dryRun: options.dryRun ?? false }),
          ),
        ),
      ),
    'fund collect approve collection/321300/2026-03/H32132400002/employee/2026-04-20 --as 321300-05',
  );
  examples(
    named('record')
      .description('books what came in for it: Dr 支出户存款, Cr 暂付款—即时结算')
      .requiredOption('--number <number>', 'the payment’s own number', nonEmptyArgument)
      .requiredOption('--received-on <date>', 'when the bank booked it', dateArgument)
      .action(
        action(context, (id: string, options: RecordCollection) =>
          decide(context, options, collectionText, (running, region, person) => {
            const { number, receivedOn, dryRun = false } = options;
            return recordCollection(running, { region, id, person, receiptId: number, receivedOn, dryRun });
          }),
        ),
      ),
    'fund collect record collection/321300/2026-03/H32132400002/employee/2026-04-20 --number R7 --received-on 2026-04-24 --as 321300-07',
  );
  addWithdrawCommand(collect, context, {
    argument: '<collection>',
    description: 'a business head or director withdraws what has not come in',
    example:
      'fund collect withdraw collection/321300/2026-03/H32132400002/employee/2026-04-20 --reason 已由次月费用抵减 --as 321300-03',
  });
  examples(
    regionOption(collect.command('list'))
      .description('what was decided to be collected, and what came in')
      .option('--json', 'as JSON')
      .action(
        action(context, (options: DecisionOptions) =>
          list(context, options, ({ db }, region) => loadCollections(db, region), {
            titles: ['编号 collection', '金额 yuan', '提出 proposed', '批准 approved', '到账 received'],
            cells: (each) => [each.collectionId, formatAmount(each.amountFen), ...people(each), each.receivedOn ?? '–'],
            nothing: 'nothing is collected · 没有收回',
          }),
        ),
      ),
    'fund collect list',
  );
}

interface Decided {
  proposedBy: string;
  proposedOn: PlainDate;
  approvedBy: string | null;
  approvedOn: PlainDate | null;
  withdrawnOn: PlainDate | null;
}

function people({ proposedBy, proposedOn, approvedBy, approvedOn, withdrawnOn }: Decided): [string, string] {
  const proposed = `${proposedBy} ${proposedOn}`;
  if (withdrawnOn !== null) return [proposed, `withdrawn ${withdrawnOn}`];
  return [proposed, approvedBy === null ? '–' : `${approvedBy} ${approvedOn}`];
}

function standardText({ decisionId, ratio, fromPeriod, approvedBy }: StandardDecision): [string, string] {
  return approvedBy === null
    ? [`${decisionId}: ${ratio} is proposed`, `a director approves it: settle fund standard approve ${decisionId}`]
    : [`${decisionId}: ${ratio} counts from ${fromPeriod} on`, 'the month’s run works with it'];
}

function collectionText(each: BalanceCollection): [string, string] {
  const { collectionId: id, amountFen, approvedBy, receiptId } = each;
  const amount = formatAmount(amountFen);
  if (approvedBy === null)
    return [`${id}: ${amount} is proposed`, `a director approves it: settle fund collect approve ${id}`];
  if (receiptId === null) return [`${id}: ${amount} is to come in`, `settle fund collect record ${id}, when it has`];
  return [`${id}: ${amount} is booked with ${receiptId}`, 'the next month is settled with what is left'];
}

async function decide<T extends object>(
  context: CliContext,
  options: DecisionOptions,
  text: (decided: T) => [state: string, next: string],
  run: (running: Running, region: string, person: string) => Promise<T>,
): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  return withRunning(context, async (running) => {
    const decided = await run(running, await regionOrOnly(running.db, options.region), person);
    const { dryRun = false } = options;
    const [state, next] = text(decided);
    if (options.json) context.output.json({ ...plain(decided), dryRun, next });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} ${state}${dryRun ? '; nothing was recorded' : ''}`,
        `  next  ${next}`,
      ]);
    return ExitCode.Fine;
  });
}

/** Fen as yuan under the name without its unit. */
function plain(record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) =>
      typeof value === 'bigint' ? [name.replace(/Fen$/, ''), formatYuan(value)] : [name, value as unknown],
    ),
  );
}

async function list<T extends object>(
  context: CliContext,
  options: DecisionOptions,
  load: (running: Running, region: string) => Promise<T[]>,
  { titles, cells, nothing }: { titles: string[]; cells: (each: T) => string[]; nothing: string },
): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const found = await load(running, await regionOrOnly(running.db, options.region));
    if (options.json) context.output.json(found.map(plain));
    else
      context.output.lines(
        found.length === 0
          ? [nothing]
          : formatTable(
              titles.map((title) => ({ title })),
              found.map(cells),
            ),
      );
    return ExitCode.Fine;
  });
}
