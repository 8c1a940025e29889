import type { Command } from 'commander';
import { loadTopUps } from '../../db/top-ups';
import { formatYuan } from '../../domain/money';
import type { Period, PlainDate } from '../../domain/plain-date';
import { ExitCode } from '../../domain/refusal';
import { recordTopUps } from '../commands/record-top-up';
import { formatAmount } from './amounts';
import { amountArgument, dateArgument, institutionArgument, nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { actingOptions, actingPerson, withRunning, type ActingOptions } from './running';
import { formatTable } from './table';
import { tried, windowOf, windowOptions, type WindowOptions } from './window-options';

interface RecordOptions extends ActingOptions {
  region?: string;
  period?: Period;
  number: string;
  institution: string;
  amount: bigint;
  receivedOn: PlainDate;
}

export function addTopUpCommands(program: Command, context: CliContext): void {
  const group = program.command('top-up').description('what institutions pay in for a statement · 补足资金');
  examples(
    windowOptions(actingOptions(group.command('record')))
      .description('books what an institution paid in for a window; the same number again is one top-up')
      .requiredOption('--number <number>', 'the payment’s own number', nonEmptyArgument)
      .requiredOption('--institution <id>', 'the settlement body that paid', institutionArgument)
      .requiredOption('--amount <yuan>', 'what was paid in', amountArgument)
      .requiredOption('--received-on <date>', 'when the bank booked it', dateArgument)
      .action(action(context, (options: RecordOptions) => record(context, options))),
    'top-up record --number T1 --institution H65050100001 --period 2026-04 --amount 70.00 --received-on 2026-04-10 --as 650500-accountant',
  );
  examples(
    windowOptions(group.command('list'))
      .description('what was paid in for a window')
      .option('--json', 'as JSON')
      .action(action(context, (options: WindowOptions) => list(context, options))),
    'top-up list --period 2026-04',
  );
}

async function record(context: CliContext, options: RecordOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { dryRun = false, number, institution, amount, receivedOn } = options;
  return withRunning(context, async (running) => {
    const window = await windowOf(running, options);
    const topUps = [{ topUpId: number, institution, amountFen: amount, receivedOn }];
    const [recorded] = await tried(running, dryRun, (inside) => recordTopUps(inside, { ...window, topUps, person }));
    const { again } = recorded!;
    if (options.json)
      context.output.json({ ...window, number, institution, amount: formatYuan(amount), receivedOn, again, dryRun });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} top-up ${number}: ${formatAmount(amount)} is own money of ${institution}` +
          (again ? '; it was recorded before' : '') +
          (dryRun ? '; nothing was recorded' : ''),
        `  next  settle statements confirm ${institution} --period ${window.period}`,
      ]);
    return ExitCode.Fine;
  });
}

async function list(context: CliContext, options: WindowOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const window = await windowOf(running, options);
    const topUps = await loadTopUps(running.db, window);
    if (options.json)
      context.output.json(
        topUps.map(({ amountFen, ...rest }) => ({ ...window, ...rest, amount: formatYuan(amountFen) })),
      );
    else
      context.output.lines(
        topUps.length === 0
          ? [`nothing was paid in for ${window.period} · 没有补足资金`]
          : formatTable(
              [
                { title: '编号 number' },
                { title: '机构 institution' },
                { title: '金额 yuan', align: 'right' },
                { title: '到账日 received' },
                { title: '登记人 recorded by' },
              ],
              topUps.map((each) => [
                each.topUpId,
                each.institution,
                formatAmount(each.amountFen),
                each.receivedOn,
                each.recordedBy,
              ]),
            ),
      );
    return ExitCode.Fine;
  });
}
