import { InvalidArgumentError, type Command } from 'commander';
import type { Bank } from '../../activities/bank/port';
import { loadExceptions, loadLastRun, loadSignOff, type ReconciliationException } from '../../db/reconciliation';
import { addDays, type PlainDate } from '../../domain/plain-date';
import { formatYuan } from '../../domain/money';
import { ExitCode, Refusal } from '../../domain/refusal';
import { closeException, reconcile, signOff, type ReconcileResult } from '../commands/reconcile';
import { formatAmount } from './amounts';
import { dateArgument, nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { actingOptions, actingPerson, regionOption, regionOrOnly, withRunning, type Running } from './running';
import { formatTable } from './table';

interface DayOptions {
  region?: string;
  date?: PlainDate;
  as?: string;
  dryRun?: boolean;
  json?: boolean;
}

interface ListOptions extends DayOptions {
  all?: boolean;
}

interface CloseOptions {
  as?: string;
  reason: string;
  dryRun?: boolean;
  json?: boolean;
}

export function addReconcileCommands(program: Command, context: CliContext): void {
  const group = program.command('reconcile').description('the books against the bank’s statements, day by day · 对账');
  examples(
    dayOptions(group.command('run'))
      .description('puts every line of the bank and every cash entry of a day into exactly one class')
      .action(action(context, (options: DayOptions) => run(context, options))),
    'reconcile run --date 2026-03-02 --as 650100-accountant',
  );
  examples(
    regionOption(group.command('list'))
      .description('exceptions that nobody has closed')
      .option('--date <date>', 'of this day only', dateArgument)
      .option('--all', 'closed ones too')
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'reconcile list',
    'reconcile list --date 2026-03-02 --all --json',
  );
  examples(
    actingOptions(group.command('close'))
      .description('closes an exception with the reason why the books and the bank differ')
      .argument('<exception>', 'its number in `reconcile list`', exceptionArgument)
      .requiredOption('--reason <text>', 'why; it is kept', nonEmptyArgument)
      .action(action(context, (id: bigint, options: CloseOptions) => close(context, id, options))),
    'reconcile close 1 --reason 银行手续费,凭证12号 --as 650100-accountant',
  );
  examples(
    dayOptions(group.command('sign-off'))
      .description('the accountant’s word that a day agrees with the bank, or that every difference is explained')
      .option('--dry-run', 'check only: nothing is recorded or changed')
      .action(action(context, (options: DayOptions) => sign(context, options))),
    'reconcile sign-off --date 2026-03-02 --as 650100-accountant',
  );
}

function dayOptions(command: Command): Command {
  return regionOption(command)
    .option('--date <date>', 'the day (default: yesterday)', dateArgument)
    .option('--as <person>', 'who acts (default: SETTLE_PERSON)', nonEmptyArgument)
    .option('--json', 'as JSON');
}

function exceptionArgument(text: string): bigint {
  if (/^[1-9]\d{0,17}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('An exception is named by its number, such as 12.');
}

/** Statements are made at the end of a day, so the day before is what is reconciled. */
function dayOf(running: Running, date: PlainDate | undefined): PlainDate {
  return date ?? addDays(running.clock.now().date, -1);
}

function bankOf({ connectBank }: Running): Bank {
  if (connectBank === undefined)
    throw new Refusal('NotRunning', 'no bank is named: set SETTLE_BANK_URL or SETTLE_BANK_DIRECTORY');
  return connectBank();
}

async function run(context: CliContext, options: DayOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const date = dayOf(running, options.date);
    const { db, clock, log } = running;
    const result = await reconcile({ db, clock, log, bank: bankOf(running) }, { region, date, person });
    if (options.json) context.output.json(resultJson(result));
    else context.output.lines(resultLines(context, result));
    return result.open.length === 0 ? ExitCode.Fine : ExitCode.SomeItemsFailed;
  });
}

async function list(context: CliContext, options: ListOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const region = await regionOrOnly(db, options.region);
    const filter = { region, open: !options.all, ...(options.date === undefined ? {} : { date: options.date }) };
    const found = await loadExceptions(db, filter);
    if (options.json) context.output.json(found.map(exceptionJson));
    else context.output.lines(found.length === 0 ? ['no exception · 无差异'] : exceptionLines(found));
    return ExitCode.Fine;
  });
}

async function close(context: CliContext, exceptionId: bigint, options: CloseOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { reason, dryRun = false, json } = options;
  return withRunning(context, async (running) => {
    const { region, date } = await closeException(running, { exceptionId, person, reason, dryRun });
    const id = exceptionId.toString();
    const left = (await loadExceptions(running.db, { region, date, open: true })).length;
    if (json) context.output.json({ exception: id, state: dryRun ? 'open' : 'closed', dryRun, person, reason, left });
    else if (dryRun) context.output.lines([`exception ${id} would be closed by ${person}; nothing was recorded`]);
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} exception ${id} is closed by ${person}: ${reason}`,
        left === 0
          ? `  next  settle reconcile sign-off --date ${date}`
          : `  next  ${left} exceptions of ${date} are open`,
      ]);
    return ExitCode.Fine;
  });
}

async function sign(context: CliContext, options: DayOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { dryRun = false, json } = options;
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const date = dayOf(running, options.date);
    const signed = await signOff(running, { region, date, person, dryRun });
    if (json) context.output.json({ region, date, person, signedOn: signed.on, dryRun });
    else if (dryRun)
      context.output.lines([`${date} would be signed off in ${region} by ${person}; nothing was recorded`]);
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} ${date} is signed off in ${region} by ${person}`,
        await nextLine(running, region, date),
      ]);
    return ExitCode.Fine;
  });
}

async function nextLine({ db }: Running, region: string, date: PlainDate): Promise<string> {
  const next = addDays(date, 1);
  if (await loadSignOff(db, region, next)) return `  next  nothing: ${next} is signed off too`;
  const reconciled = await loadLastRun(db, region, next);
  return `  next  settle reconcile ${reconciled ? 'sign-off' : 'run'} --date ${next}`;
}

function resultLines({ output }: CliContext, { region, date, accounts, counts, open }: ReconcileResult): string[] {
  const arrived = open.some((each) => each.class === 'bank-only' && (each.bankAmountFen ?? 0n) > 0n);
  const agrees = accounts.every((each) => each.bankClosingFen === each.ledgerClosingFen);
  return [
    `${region} on ${date}: ${Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}`,
    '',
    ...formatTable(
      [{ title: '账户 account' }, { title: '账面 books', align: 'right' }, { title: '银行 bank', align: 'right' }],
      accounts.map((each) => [each.account, formatAmount(each.ledgerClosingFen), formatAmount(each.bankClosingFen)]),
    ),
    '',
    ...(open.length === 0 ? [] : [...exceptionLines(open), '']),
    agrees ? output.paint('green', '✓ balances agree to the fen') : output.paint('red', '✗ balances differ'),
    open.length === 0
      ? `  next  settle reconcile sign-off --date ${date}`
      : `  next  settle reconcile close EXCEPTION --reason TEXT${arrived ? '; settle suspense receive EXCEPTION for money that came in' : ''}`,
  ];
}

function exceptionLines(exceptions: readonly ReconciliationException[]): string[] {
  const amount = (fen: bigint | null): string => (fen === null ? '–' : formatAmount(fen));
  return formatTable(
    [
      { title: '编号', align: 'right' },
      { title: '日期 date' },
      { title: '账户 account' },
      { title: '类别 class' },
      { title: '银行 bank', align: 'right' },
      { title: '账面 books', align: 'right' },
      { title: '说明' },
    ],
    exceptions.map((each) => [
      each.exceptionId.toString(),
      each.date,
      each.account,
      each.class,
      amount(each.bankAmountFen),
      amount(each.ledgerAmountFen),
      [each.bankReference, each.bankDetail, each.ledgerKey, each.closed && `closed: ${each.closed.reason}`]
        .filter(Boolean)
        .join(' · '),
    ]),
  );
}

const yuanOrNull = (fen: bigint | null): string | null => (fen === null ? null : formatYuan(fen));

function exceptionJson({ exceptionId, bankAmountFen, ledgerAmountFen, ...rest }: ReconciliationException) {
  return {
    exception: exceptionId.toString(),
    ...rest,
    bankAmount: yuanOrNull(bankAmountFen),
    ledgerAmount: yuanOrNull(ledgerAmountFen),
  };
}

function resultJson({ region, date, runId, accounts, counts, open }: ReconcileResult) {
  return {
    region,
    date,
    run: runId.toString(),
    counts,
    accounts: accounts.map(({ bankClosingFen, ledgerClosingFen, ...rest }) => ({
      ...rest,
      bankClosing: formatYuan(bankClosingFen),
      ledgerClosing: formatYuan(ledgerClosingFen),
    })),
    open: open.map(exceptionJson),
  };
}
