import { InvalidArgumentError, Option, type Command } from 'commander';
import { loadSuspense, type SuspenseItem } from '../../db/suspense';
import { isInstitutionId, INSTITUTION_RULE } from '../../domain/ids';
import { formatYuan, parseYuan } from '../../domain/money';
import { POOLS, type Pool } from '../../domain/pools';
import { ExitCode, Refusal } from '../../domain/refusal';
import { receiveSuspense, resolveSuspense, type ResolveCommand } from '../commands/suspense';
import { formatAmount } from './amounts';
import { nonEmptyArgument, periodArgument } from './arguments';
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
  all?: boolean;
  json?: boolean;
}

interface ReceiveOptions extends ActingOptions {
  reason: string;
}

interface ResolveOptions extends ReceiveOptions {
  to: ResolveCommand['target']['kind'];
  institution?: string;
  period?: string;
  pool?: Pool;
  exception?: bigint;
  amount?: bigint;
  key?: string;
}

const TARGETS = ['own', 'return', 'instant', 'taken-back'] as const;

export function addSuspenseCommands(program: Command, context: CliContext): void {
  const group = program.command('suspense').description('money at the bank that nobody could place · 待处理款项');
  examples(
    regionOption(group.command('list'))
      .description('what lies in suspense, with what the bank says of it')
      .option('--all', 'what is placed too')
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'suspense list',
  );
  examples(
    actingOptions(group.command('receive'))
      .description('books what only the bank has to suspense, on the bank’s day, and closes its exception')
      .argument('<exception>', 'its number in `reconcile list`', numberArgument)
      .requiredOption('--reason <text>', 'why; it is kept', nonEmptyArgument)
      .action(action(context, (id: bigint, options: ReceiveOptions) => receive(context, id, options))),
    'suspense receive 1 --reason 付款人不明,已去函查询 --as 650100-07',
  );
  examples(
    actingOptions(group.command('resolve'))
      .description('places money out of suspense; the same again is one resolution')
      .argument('<suspense>', 'as in `suspense list`', nonEmptyArgument)
      .addOption(
        new Option(
          '--to <what>',
          'whose it is: own money, a return, an instant-settlement advance, or the bank took it back',
        )
          .choices(TARGETS)
          .makeOptionMandatory(),
      )
      .requiredOption('--reason <text>', 'why; it is kept', nonEmptyArgument)
      .option('--institution <id>', 'whose, for own, return and instant', institutionArgument)
      .option('--period <month>', 'of the return', periodArgument)
      .addOption(new Option('--pool <pool>', 'of the instant-settlement advance').choices(POOLS))
      .option('--exception <number>', 'the bank’s line that took it back', numberArgument)
      .option('--amount <yuan>', 'a part (default: what is left)', amountArgument)
      .option('--key <key>', 'a key of the caller, where two parts go to one account', nonEmptyArgument)
      .action(action(context, (id: string, options: ResolveOptions) => resolve(context, id, options))),
    'suspense resolve suspense/1 --to return --institution H65010200001 --period 2026-04 --reason 医院来函确认 --as 650100-07',
    'suspense resolve suspense/2 --to taken-back --exception 5 --reason 银行更正 --as 650100-07 --dry-run',
  );
}

function numberArgument(text: string): bigint {
  if (/^[1-9]\d{0,17}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('An exception is named by its number, such as 12.');
}

function institutionArgument(text: string): string {
  if (!isInstitutionId(text)) throw new InvalidArgumentError(`An institution is ${INSTITUTION_RULE}.`);
  return text;
}

function amountArgument(text: string): bigint {
  const fen = parseYuan(text);
  if (fen === undefined || fen <= 0n) throw new InvalidArgumentError('An amount is written in yuan, such as 5000.00.');
  return fen;
}

async function list(context: CliContext, { region, all, json }: ListOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const items = await loadSuspense(db, { region: await regionOrOnly(db, region), open: !all });
    if (json) context.output.json(items.map(itemJson));
    else if (items.length === 0) context.output.lines(['nothing is in suspense · 没有待处理款项']);
    else
      context.output.lines(
        formatTable(
          [
            { title: '编号' },
            { title: '到账日 on' },
            { title: '账户 account' },
            { title: '金额 yuan', align: 'right' },
            { title: '未处理 left', align: 'right' },
            { title: '银行 bank' },
            { title: '理由 reason' },
          ],
          items.map((item) => [
            item.suspenseId,
            item.receivedOn,
            item.account,
            formatAmount(item.amountFen),
            formatAmount(item.leftFen),
            item.bankDetail ?? item.bankReference,
            `${item.reason} (${item.person})`,
          ]),
        ),
      );
    return ExitCode.Fine;
  });
}

function itemJson({ exceptionId, amountFen, leftFen, ...rest }: SuspenseItem) {
  return { ...rest, exception: exceptionId.toString(), amount: formatYuan(amountFen), left: formatYuan(leftFen) };
}

async function receive(context: CliContext, exceptionId: bigint, options: ReceiveOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { reason, dryRun = false, json } = options;
  return withRunning(context, async (running) => {
    const item = await receiveSuspense(running, { exceptionId, person, reason, dryRun });
    if (json) context.output.json({ dryRun, ...itemJson(item) });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} ${item.suspenseId}: ${formatAmount(item.amountFen)} of ${item.receivedOn} ` +
          (dryRun ? 'would be in suspense; nothing was recorded' : 'is in suspense, and its exception is closed'),
        `  next  settle reconcile run --date ${item.receivedOn}; settle suspense resolve ${item.suspenseId}, when it is known whose it is`,
      ]);
    return ExitCode.Fine;
  });
}

/** The options that a target needs are looked at before anything is connected. */
function targetOf({ to, institution, period, pool, exception }: ResolveOptions): ResolveCommand['target'] {
  const needed = <T>(value: T | undefined, option: string): T => {
    if (value !== undefined) return value;
    throw new Refusal('UsageInvalid', `--to ${to} needs ${option}`, { command: 'settle suspense resolve' });
  };
  if (to === 'taken-back') return { kind: to, exceptionId: needed(exception, '--exception') };
  const whose = needed(institution, '--institution');
  if (to === 'return') return { kind: to, institution: whose, period: needed(period, '--period') };
  if (to === 'instant') return { kind: to, institution: whose, pool: needed(pool, '--pool') };
  return { kind: to, institution: whose };
}

async function resolve(context: CliContext, id: string, options: ResolveOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const target = targetOf(options);
  const { reason, amount, key, dryRun = false, json } = options;
  const suspenseId = id.startsWith('suspense/') ? id : `suspense/${id}`;
  return withRunning(context, async (running) => {
    const command = { suspenseId, target, person, reason, dryRun, ...given({ amountFen: amount, key }) };
    const { resolution, item } = await resolveSuspense(running, command);
    const { amountFen, exceptionId, ...rest } = resolution;
    if (json)
      context.output.json({
        dryRun,
        ...rest,
        exception: exceptionId?.toString() ?? null,
        amount: formatYuan(amountFen),
        left: formatYuan(item.leftFen),
      });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} ${suspenseId}: ${formatAmount(amountFen)} ${dryRun ? 'would go' : 'went'} to ` +
          `${resolution.account}${dryRun ? '; nothing was recorded' : ''}`,
        item.leftFen === 0n
          ? '  next  nothing: none of it is left'
          : `  next  ${formatAmount(item.leftFen)} is left in suspense`,
      ]);
    return ExitCode.Fine;
  });
}
