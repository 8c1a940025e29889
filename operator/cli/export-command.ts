import { join } from 'node:path';
import type { Command } from 'commander';
import { loadDecisionAttempts } from '../../db/approval-contents';
import { loadEvents } from '../../db/cases';
import { balances, journalRows } from '../../db/ledger';
import { formatYuan } from '../../domain/money';
import { firstDayOf, lastDayOf, period, type Period } from '../../domain/plain-date';
import { ExitCode, Refusal } from '../../domain/refusal';
import { formatCsvLine } from '../files/csv';
import { writeWhole } from '../files/write-whole';
import { nonEmptyArgument, periodArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { regionOption, regionOrOnly, withRunning, type Running } from './running';

interface ExportOptions {
  region?: string;
  from?: Period;
  to?: Period;
  json?: boolean;
}

export function addExportCommand(program: Command, context: CliContext): void {
  examples(
    regionOption(program.command('export'))
      .description('journal, timeline, balances and every attempt at a decision, as CSV files · 导出')
      .argument('<dir>', 'the folder to write', nonEmptyArgument)
      .option('--from <month>', 'the first month (default: January of this year)', periodArgument)
      .option('--to <month>', 'the last month (default: this one)', periodArgument)
      .option('--json', 'names of the files as JSON')
      .action(action(context, (dir: string, options: ExportOptions) => exportTo(context, dir, options))),
    'export out/april --region 650100 --from 2026-04 --to 2026-04',
  );
}

type Cells = readonly (readonly string[])[];

async function exportTo(context: CliContext, dir: string, options: ExportOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const today = running.clock.now().date;
    const from = options.from ?? period(`${today.slice(0, 4)}-01`);
    const to = options.to ?? period(today.slice(0, 7));
    if (from > to) throw new Refusal('UsageInvalid', `--from ${from} is after --to ${to}`);
    const tables = await tablesOf(running, region, from, to);
    const files = Object.entries(tables).map(([name, rows]) => {
      const path = join(dir, `${name}.csv`);
      writeWhole(path, rows.map(formatCsvLine).join(''));
      return { path, rows: rows.length - 1 };
    });
    if (options.json) context.output.json({ region, from, to, files });
    else context.output.lines(files.map(({ path, rows }) => `${path}  ${rows} rows`));
    return ExitCode.Fine;
  });
}

async function tablesOf({ db }: Running, region: string, from: Period, to: Period): Promise<Record<string, Cells>> {
  const [first, last] = [firstDayOf(from), lastDayOf(to)];
  const amount = (fen: bigint): string => (fen === 0n ? '' : formatYuan(fen));
  const attempts = (await loadDecisionAttempts(db, { region })).filter(({ date }) => first <= date && date <= last);
  return {
    journal: [
      ['date', 'book', 'journal', 'event', 'reference', 'account', 'debit', 'credit'],
      ...(await journalRows(db, region, first, last)).map((row) => [
        ...[row.date, row.book, row.journal, row.event, row.reference, row.account],
        ...[amount(row.debitFen), amount(row.creditFen)],
      ]),
    ],
    timeline: [
      ['date', 'time', 'region', 'case', 'event', 'actor', 'detail'],
      ...(await loadEvents(db, region, { first, last })).map(({ at, caseId, event, actor, detail }) => [
        ...[at.date, at.time, region, caseId, event, actor, detail],
      ]),
    ],
    balances: [
      ['on', 'book', 'account', 'balance'],
      ...(await balances(db, region, { on: last })).map(({ book, account, balanceFen }) => [
        ...[last, book, account, formatYuan(balanceFen)],
      ]),
    ],
    attempts: [
      ['date', 'time', 'case', 'subject', 'request', 'person', 'action', 'level', 'reason', 'outcome', 'message'],
      ...attempts.map((row) => [
        ...[row.date, row.time, row.caseId ?? '', row.subject ?? '', row.requestId ?? '', row.person, row.action],
        ...[row.level ?? '', row.reason, row.outcome ?? '', row.message ?? ''],
      ]),
    ],
  };
}
