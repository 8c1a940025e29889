import type { Command } from 'commander';
import { formatYuan } from '../../domain/money';
import type { Period } from '../../domain/plain-date';
import { ExitCode } from '../../domain/refusal';
import { windowOverview, type WindowOverview } from '../commands/window-overview';
import { formatAmount } from './amounts';
import { periodArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import type { Output } from './output';
import { regionOption, regionOrOnly, withRunning } from './running';
import { formatTable } from './table';

interface ShowOptions {
  region?: string;
  period: Period;
  json?: boolean;
}

export function addWindowCommands(program: Command, context: CliContext): void {
  const group = program.command('window').description('settlement windows, one a month · 货款结算');
  examples(
    regionOption(group.command('show'))
      .description('its days, lines, statements and payments, what is carried, and who holds it')
      .requiredOption('--period <month>', 'which month', periodArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: ShowOptions) => show(context, options))),
    'window show --region 650100 --period 2026-04',
    'window show --region 650100 --period 2026-04 --json',
  );
}

async function show(context: CliContext, { region, period, json }: ShowOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const code = await regionOrOnly(running.db, region);
    const overview = await windowOverview(running, { region: code, period });
    if (json) context.output.json(windowJson(overview));
    else context.output.lines(windowLines(overview, context.output));
    return ExitCode.Fine;
  });
}

/** What `--json` prints. */
export function windowJson({ applied, confirmed, lines, payments, waits, ...rest }: WindowOverview) {
  const totals = (rows: WindowOverview['lines']) =>
    rows.map(({ state, count, amountFen }) => ({ state, count, amount: formatYuan(amountFen) }));
  return {
    ...rest,
    dates: rest.dates ?? null,
    state: rest.state ?? null,
    applied: { accepted: applied.accepted, amount: formatYuan(applied.acceptedFen), rejected: applied.rejected },
    lines: totals(lines),
    statements: {
      count: confirmed.statements,
      payments: confirmed.payments,
      net: formatYuan(confirmed.netFen),
    },
    open: { count: confirmed.open, amount: formatYuan(confirmed.openFen) },
    payments: totals(payments),
    waits: waits.map(({ amountFen, ...each }) => ({ ...each, amount: formatYuan(amountFen) })),
  };
}

/** What people read. */
export function windowLines(overview: WindowOverview, { paint }: Pick<Output, 'paint'>): string[] {
  const { dates, state, nextDue, closedOn, applied, rejected, lines, confirmed, payments, waits, next } = overview;
  const title = (text: string): string[] => ['', paint('bold', text)];
  const totals = (rows: WindowOverview['lines']): string[] =>
    rows.length === 0
      ? ['  –']
      : formatTable(
          [{ title: '' }, { title: '', align: 'right' }, { title: '', align: 'right' }],
          rows.map(({ state: each, count, amountFen }) => [each, String(count), formatAmount(amountFen)]),
        );
  return [
    ...formatTable(
      [{ title: '' }, { title: '' }],
      [
        ['业务 case', overview.caseId],
        ['政策 policy', overview.policy],
        ['状态 state', closedOn === null ? (state ?? 'not begun') : `${state}, closed on ${closedOn}`],
        ...(dates
          ? [
              ['申请 applications', `${dates.applicationFrom} to ${dates.applicationTo}`],
              ['确认 confirmations', `${dates.confirmationFrom} to ${dates.confirmationTo}`],
              ['付款 batch and pay by', `${dates.batchOn}, ${dates.payBy}`],
            ]
          : [['日期 dates', 'the calendar of the year is not published']]),
        ['下次 next due', nextDue === null ? '–' : `${nextDue.date} ${nextDue.time}`],
        ['下一步 next', next],
      ],
    ),
    ...title('申请行 · lines'),
    `  ${applied.accepted} accepted in this period, ${formatAmount(applied.acceptedFen)}; ${applied.rejected} rejected`,
    ...(rejected.length === 0 ? [] : [`  ${rejected.map(({ code, lines: some }) => `${code} ${some}`).join(', ')}`]),
    ...totals(lines),
    ...title('明细单 · statements'),
    `  ${confirmed.statements} statements, ${formatAmount(confirmed.netFen)} in ${confirmed.payments} payments; open up to here ${confirmed.open} lines, ${formatAmount(confirmed.openFen)}`,
    ...title('付款 · payments'),
    ...totals(payments),
    ...waits.map(
      ({ payments: some, amountFen, holder }) => `  ${some} payments, ${formatAmount(amountFen)}: ${holder}`,
    ),
  ];
}
