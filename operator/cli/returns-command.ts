import type { Command } from 'commander';
import { loadReturns, type ReturnRecord } from '../../db/prepayments';
import { formatYuan } from '../../domain/money';
import type { PlainDate } from '../../domain/plain-date';
import { ExitCode } from '../../domain/refusal';
import { isOverdue } from '../../domain/return-plan';
import { importReturns, recordOneReturn, type RecordedReturn } from '../commands/import-returns';
import { formatAmount } from './amounts';
import { amountArgument, dateArgument, institutionArgument, nonEmptyArgument, periodArgument } from './arguments';
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

interface ListOptions {
  region?: string;
  institution?: string;
  period?: string;
  overdue?: boolean;
  json?: boolean;
}

interface RecordOptions extends ActingOptions {
  region?: string;
  receipt: string;
  institution: string;
  period: string;
  amount: bigint;
  receivedOn: PlainDate;
}

export function addReturnCommands(program: Command, context: CliContext): void {
  const group = program.command('returns').description('what institutions give back of their prepayment · 预付金返还');
  examples(
    regionOption(group.command('list'))
      .description('returns of the plan, and what has come for each')
      .option('--institution <id>', 'of this institution', institutionArgument)
      .option('--period <month>', 'of this month', periodArgument)
      .option('--overdue', 'only those that have not come though their day is over')
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'returns list --region 650100 --period 2026-04',
    'returns list --overdue --json',
  );
  examples(
    regionOption(actingOptions(group.command('record')))
      .description('books what an institution paid in for a month; the same receipt again is one receipt')
      .requiredOption('--receipt <number>', 'the receipt’s own number', nonEmptyArgument)
      .requiredOption('--institution <id>', 'who paid', institutionArgument)
      .requiredOption('--period <month>', 'for which month', periodArgument)
      .requiredOption('--amount <yuan>', 'what was paid in', amountArgument)
      .requiredOption('--received-on <date>', 'when the bank booked it', dateArgument)
      .action(action(context, (options: RecordOptions) => record(context, options))),
    'returns record --receipt R1 --institution H65010200001 --period 2026-04 --amount 5000.00 --received-on 2026-04-15 --as 650100-accountant',
  );
  examples(
    regionOption(actingOptions(group.command('import')))
      .description('books the receipts of a CSV: receipt,institution,period,amount,received_on')
      .argument('<file>', 'right rows go in, every other one is reported with its line', nonEmptyArgument)
      .action(action(context, (file: string, options: ImportOptions) => importFile(context, file, options))),
    'returns import receipts.csv --as 650100-accountant --dry-run',
  );
}

type ImportOptions = ActingOptions & { region?: string };

function stateOf(each: ReturnRecord, today: PlainDate): string {
  if (each.toFundOn !== null) return 'to the fund';
  if (each.completeOn !== null) return 'received';
  return isOverdue(each, today) ? 'overdue' : 'open';
}

async function list(context: CliContext, { region, overdue, json, ...wanted }: ListOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db, clock }) => {
    const code = await regionOrOnly(db, region);
    const today = clock.now().date;
    const rows = (await loadReturns(db, { region: code, ...given(wanted) }))
      .map((each) => ({ ...each, state: stateOf(each, today) }))
      .filter(({ state }) => !overdue || state === 'overdue');
    if (json) {
      context.output.json(
        rows.map(({ institution, period, dueOn, amountFen, receivedFen, completeOn, toFundOn, state }) => {
          const [amount, received] = [formatYuan(amountFen), formatYuan(receivedFen)];
          return { region: code, institution, period, dueOn, amount, received, state, completeOn, toFundOn };
        }),
      );
      return ExitCode.Fine;
    }
    const table = formatTable(
      [
        { title: '机构 institution' },
        { title: '月 month' },
        { title: '应还日 due' },
        { title: '应还 yuan', align: 'right' },
        { title: '已还 received', align: 'right' },
        { title: '状态 state' },
      ],
      rows.map(({ institution, period, dueOn, amountFen, receivedFen, state }) => [
        institution,
        period,
        dueOn,
        formatAmount(amountFen),
        formatAmount(receivedFen),
        state,
      ]),
    );
    context.output.lines(rows.length === 0 ? ['no such return · 没有符合条件的返还'] : table);
    return ExitCode.Fine;
  });
}

function recordedJson({ fromUnusedFen, countedFen, excessFen, stillDueFen, ...rest }: RecordedReturn) {
  const [counted, fromUnused] = [formatYuan(countedFen), formatYuan(fromUnusedFen)];
  return { ...rest, counted, fromUnused, excess: formatYuan(excessFen), stillDue: formatYuan(stillDueFen) };
}

async function record(context: CliContext, options: RecordOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { receipt, amount, institution, period, receivedOn, dryRun = false } = options;
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const row = { receiptId: receipt, institution, period, paidInFen: amount, receivedOn };
    const done = await recordOneReturn(running, row, { region, person, dryRun });
    if (options.json) context.output.json({ ...recordedJson(done), dryRun });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} receipt ${receipt}: ${formatAmount(done.countedFen)} counts for ${period}` +
          (done.excessFen > 0n ? `, ${formatAmount(done.excessFen)} is its own money` : '') +
          (dryRun ? '; nothing was recorded' : ''),
        `  next  ${done.stillDueFen === 0n ? 'moved to the fund at the end of the month' : `${formatAmount(done.stillDueFen)} is still due`}`,
      ]);
    return ExitCode.Fine;
  });
}

async function importFile(context: CliContext, file: string, options: ImportOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { dryRun = false, json } = options;
  const { output } = context;
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const { recorded, refused } = await importReturns(running, file, { region, person, dryRun });
    if (json) output.json({ dryRun, recorded: recorded.map(recordedJson), refused });
    else
      output.lines([
        ...refused.map(
          ({ line, code, message }) => `${output.paint('red', '✗')} ${file}:${line ?? '?'}: ${message} [${code}]`,
        ),
        `${recorded.length} receipts ${dryRun ? 'would be recorded' : 'are recorded'}, ${refused.length} rows are refused`,
      ]);
    if (refused.length === 0) return ExitCode.Fine;
    return ExitCode.SomeItemsFailed;
  });
}
