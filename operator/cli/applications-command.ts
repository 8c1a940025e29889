import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  doubleInvoices,
  LINE_STATES,
  listLines,
  listRejections,
  type DoubleInvoice,
  type LineState,
} from '../../db/application-lists';
import { ExitCode, Refusal } from '../../domain/refusal';
import type { Period } from '../../domain/plain-date';
import { formatYuan } from '../../domain/money';
import { REJECTION_CODES, REJECTION_REASONS, type RejectionCode } from '../../domain/window/line-check';
import { importApplications, type ImportedApplications } from '../commands/import-applications';
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

export function addApplicationCommands(program: Command, context: CliContext): void {
  const group = program.command('applications').description('what enterprises apply for, line by line · 结算申请');
  examples(
    regionOption(actingOptions(group.command('import')))
      .description(
        'takes an application file into its window: good lines go in, every other one is told with its code; ' +
          'CSV or the first sheet of a workbook, whose dates may be date cells or text such as 2026-03-20; ' +
          'an .xls, a password, days counted from 1904 and a damaged file are refused whole',
      )
      .argument('<file>', 'applications-2026-03.csv (UTF-8 or GB18030) or .xlsx (first sheet)', nonEmptyArgument)
      .option('--period <month>', 'the window’s month (default: by the file’s name)', periodArgument)
      .option('--rejected <file>', 'where rejected rows are written (default: beside the file)', nonEmptyArgument)
      .action(action(context, (file: string, options: ImportOptions) => importFile(context, file, options))),
    'applications import applications-2026-03.csv --as 650500-operator',
    'applications import applications-2026-03.xlsx --as 650500-operator',
    'applications import export.csv --period 2026-03 --as 650500-operator --dry-run',
  );
  examples(
    limited(regionOption(group.command('list')))
      .description('accepted lines and what has become of each')
      .option('--period <month>', 'of this window', periodArgument)
      .addOption(new Option('--state <state>', 'in this state').choices(LINE_STATES))
      .option('--institution <id>', 'of this institution, or of those that settle through it', nonEmptyArgument)
      .option('--enterprise <id>', 'of this enterprise', nonEmptyArgument)
      .option('--invoice-twice', 'invoice numbers of the month that stand on several lines')
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'applications list --region 650500 --period 2026-04 --state open',
    'applications list --region 650500 --period 2026-04 --invoice-twice',
  );
  examples(
    limited(regionOption(group.command('rejected')))
      .description('rejected rows of files, each with its code and what it says')
      .option('--period <month>', 'of this window', periodArgument)
      .addOption(new Option('--code <code>', 'with this code').choices(REJECTION_CODES))
      .option('--json', 'as JSON')
      .action(action(context, (options: RejectedOptions) => rejected(context, options))),
    'applications rejected --region 650500 --period 2026-04',
  );
}

const DEFAULT_LIMIT = 200;
const LARGEST_LIMIT = 1_000_000;

function limited(command: Command): Command {
  return command.option('--limit <number>', 'at most so many', limitArgument, DEFAULT_LIMIT);
}

function limitArgument(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text) && Number(text) <= LARGEST_LIMIT) return Number(text);
  throw new InvalidArgumentError(`A limit is a whole number from 1 to ${LARGEST_LIMIT}.`);
}

interface ListOptions {
  region?: string;
  period?: Period;
  state?: LineState;
  institution?: string;
  enterprise?: string;
  invoiceTwice?: boolean;
  limit: number;
  json?: boolean;
}

async function list(context: CliContext, options: ListOptions): Promise<ExitCode> {
  const { region, json, limit, invoiceTwice, ...wanted } = options;
  const { output } = context;
  return withRunning(context, async ({ db }) => {
    const code = await regionOrOnly(db, region);
    if (invoiceTwice) {
      if (wanted.period === undefined)
        throw new Refusal('UsageInvalid', '--invoice-twice needs a month: give --period');
      const found = await doubleInvoices(db, { region: code, period: wanted.period, limit });
      if (json) output.json(found);
      else output.lines(invoiceLines(found));
      return ExitCode.Fine;
    }
    const lines = await listLines(db, { region: code, limit, ...given(wanted) });
    if (json) output.json(lines.map(({ amountFen, ...line }) => ({ ...line, amount: formatYuan(amountFen) })));
    else
      output.lines(
        lines.length === 0
          ? ['no such line · 没有符合条件的明细']
          : formatTable(
              [
                { title: '期 period' },
                { title: '明细 line' },
                { title: '机构 institution' },
                { title: '企业 enterprise' },
                { title: '类型 kind' },
                { title: '金额 yuan', align: 'right' },
                { title: '状态 state' },
              ],
              lines.map((each) => [
                each.period,
                each.line,
                each.institution,
                each.enterprise,
                each.kind,
                formatAmount(each.amountFen),
                each.state,
              ]),
            ),
      );
    return ExitCode.Fine;
  });
}

function invoiceLines(found: readonly DoubleInvoice[]): string[] {
  if (found.length === 0) return ['no invoice stands on several lines · 没有重复使用的发票'];
  return found.map(({ invoice, lines }) => `${invoice}: ${lines.join(', ')}`);
}

interface RejectedOptions {
  region?: string;
  period?: Period;
  code?: RejectionCode;
  limit: number;
  json?: boolean;
}

async function rejected(context: CliContext, options: RejectedOptions): Promise<ExitCode> {
  const { region, json, limit, ...wanted } = options;
  const { output } = context;
  return withRunning(context, async ({ db }) => {
    const rows = await listRejections(db, { region: await regionOrOnly(db, region), limit, ...given(wanted) });
    if (json) output.json(rows);
    else
      output.lines(
        rows.length === 0
          ? ['nothing was rejected · 没有被拒绝的明细']
          : rows.map(({ file, row, line, code, detail }) => {
              const { chinese, english } = REJECTION_REASONS[code];
              return `${file}:${row}: ${line} ${code}: ${english} · ${chinese}${detail === '' ? '' : ` (${detail})`}`;
            }),
      );
    return ExitCode.Fine;
  });
}

/** More are in `applications list --invoice-twice`. */
const MOST_INVOICES = 20;

interface ImportOptions extends ActingOptions {
  region?: string;
  period?: Period;
  rejected?: string;
}

async function importFile(context: CliContext, path: string, options: ImportOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { dryRun = false, period } = options;
  // A dry run leaves nothing behind, unless it is asked to.
  const rejectedPath = options.rejected ?? (dryRun ? undefined : path.replace(/(\.\w+)?$/, '.rejected.csv'));
  return withRunning(context, async (running) => {
    const imported = await importApplications(running, {
      region: await regionOrOnly(running.db, options.region),
      path,
      person,
      dryRun,
      ...(period === undefined ? {} : { period }),
      ...(rejectedPath === undefined ? {} : { rejectedPath }),
    });
    const invoices = await doubleInvoices(running.db, { ...imported, limit: MOST_INVOICES });
    if (options.json) context.output.json({ ...imported, dryRun, invoicesTwice: invoices });
    else {
      context.output.lines(linesOf(context, path, imported, dryRun));
      if (invoices.length > 0)
        context.output.lines([
          'invoice numbers that stand on several lines · 同一发票号出现在多条明细',
          ...invoiceLines(invoices),
        ]);
    }
    return imported.rejected > 0 && !imported.again ? ExitCode.SomeItemsFailed : ExitCode.Fine;
  });
}

function linesOf({ output }: CliContext, path: string, imported: ImportedApplications, dryRun: boolean): string[] {
  const { period, rows, accepted, repeated, rejected, earlierRowsRejected, rejectedPath } = imported;
  if (imported.again)
    return [
      `${path}: these bytes were imported for ${period} on ${imported.importedOn} by ${imported.person}; nothing is to be done · 已导入`,
    ];
  const codes = REJECTION_CODES.flatMap((code) => {
    const count = imported.codes[code] ?? 0;
    const { chinese, english } = REJECTION_REASONS[code];
    return count === 0 ? [] : [`  ${output.paint('red', '✗')} ${count} ${code}: ${english} · ${chinese}`];
  });
  return [
    `${path}: ${rows} rows for ${period}: ${accepted} accepted, ${repeated} repeated, ${rejected} rejected` +
      (dryRun ? '; nothing was recorded' : ''),
    ...codes,
    ...(earlierRowsRejected > 0
      ? [`  ${earlierRowsRejected} rows of earlier files are in conflict with it and rejected too`]
      : []),
    ...(rejectedPath === undefined ? [] : [`  rejected rows: ${rejectedPath}`]),
  ];
}
