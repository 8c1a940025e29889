import type { Command } from 'commander';
import { accountEntries, balances, journalRows, type AccountEntry } from '../../db/ledger';
import { formatYuan, sum } from '../../domain/money';
import { plainDate, type PlainDate } from '../../domain/plain-date';
import { ExitCode, Refusal } from '../../domain/refusal';
import { formatAmount } from './amounts';
import { dateArgument, nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { given, regionOption, regionOrOnly, withRunning, type Running } from './running';
import { formatTable } from './table';

interface LedgerOptions {
  region?: string;
  on?: PlainDate;
  from?: PlainDate;
  json?: boolean;
}

export function addLedgerCommands(program: Command, context: CliContext): void {
  const group = program.command('ledger').description('both books, on any day · 账簿');
  examples(
    regionOption(group.command('balances'))
      .description('the balance of every account, debit minus credit')
      .option('--on <date>', 'at the end of this day (default: now)', dateArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: LedgerOptions) => showBalances(context, options))),
    'ledger balances --region 650100 --on 2026-04-30',
  );
  examples(
    regionOption(group.command('account'))
      .description('what moved one account')
      .argument('<account>', 'such as supervised/cash', nonEmptyArgument)
      .option('--on <date>', 'up to this day', dateArgument)
      .option('--json', 'as JSON')
      .action(action(context, (path: string, options: LedgerOptions) => showAccount(context, path, options))),
    'ledger account supervised/cash --region 650100',
  );
  examples(
    regionOption(group.command('journal'))
      .description('journals of one day, or of several')
      .option('--on <date>', 'the day, or the last one (default: today)', dateArgument)
      .option('--from <date>', 'the first day (default: the same)', dateArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: LedgerOptions) => showJournal(context, options))),
    'ledger journal --region 650100 --on 2026-04-30',
    'ledger journal --from 2026-04-01 --on 2026-04-30 --json',
  );
}

const side = (fen: bigint): string => (fen === 0n ? '' : formatAmount(fen));

async function showBalances(context: CliContext, { region, on, json }: LedgerOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const code = await regionOrOnly(db, region);
    const rows = await balances(db, code, given({ on }));
    if (json) {
      const accounts = rows.map(({ book, account, balanceFen }) => ({
        book,
        account,
        balance: formatYuan(balanceFen),
      }));
      context.output.json({ region: code, on: on ?? null, accounts });
    } else
      context.output.lines(
        formatTable(
          [{ title: '科目 account' }, { title: '借 debit', align: 'right' }, { title: '贷 credit', align: 'right' }],
          rows
            .filter(({ balanceFen }) => balanceFen !== 0n)
            .map(({ account, balanceFen: fen }) => [account, side(fen > 0n ? fen : 0n), side(fen < 0n ? -fen : 0n)]),
        ),
      );
    return ExitCode.Fine;
  });
}

const PAGE = 1_000;

/** All entries of an account, page by page. */
async function entriesOf({ db }: Running, region: string, account: string): Promise<AccountEntry[]> {
  const entries: AccountEntry[] = [];
  for (;;) {
    const page = await accountEntries(db, region, account, { limit: PAGE, after: entries.at(-1)?.sequence ?? 0n });
    entries.push(...page);
    if (page.length < PAGE) return entries;
  }
}

async function showAccount(
  context: CliContext,
  account: string,
  { region, on, json }: LedgerOptions,
): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const code = await regionOrOnly(running.db, region);
    const known = (await balances(running.db, code)).some((each) => each.account === account);
    if (!known) throw new Refusal('NotFound', `${code} has no account ${account}`, { account });
    const entries = (await entriesOf(running, code, account)).filter(({ date }) => on === undefined || date <= on);
    const balance = sum(entries.map(({ debitFen, creditFen }) => debitFen - creditFen));
    if (json) {
      context.output.json({
        account,
        balance: formatYuan(balance),
        entries: entries.map(({ debitFen, creditFen, sequence, ...entry }) => {
          const [debit, credit] = [formatYuan(debitFen), formatYuan(creditFen)];
          return { sequence: Number(sequence), ...entry, debit, credit };
        }),
      });
      return ExitCode.Fine;
    }
    context.output.lines([
      ...formatTable(
        [
          { title: '日期 date' },
          { title: '事项 event' },
          { title: '借 debit', align: 'right' },
          { title: '贷 credit', align: 'right' },
          { title: '凭证 reference' },
        ],
        entries.map(({ date, event, debitFen, creditFen, reference }) => [
          date,
          event,
          side(debitFen),
          side(creditFen),
          reference,
        ]),
      ),
      `${account}: ${formatAmount(balance)} (debit minus credit)`,
    ]);
    return ExitCode.Fine;
  });
}

async function showJournal(context: CliContext, { region, on, from, json }: LedgerOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db, clock }) => {
    const code = await regionOrOnly(db, region);
    const last = on ?? plainDate(clock.now().date);
    const rows = await journalRows(db, code, from ?? last, last);
    if (json)
      context.output.json(
        rows.map(({ debitFen, creditFen, ...row }) => {
          const [debit, credit] = [formatYuan(debitFen), formatYuan(creditFen)];
          return { ...row, debit, credit };
        }),
      );
    else if (rows.length === 0) context.output.lines(['no journal on these days · 当日无分录']);
    else
      context.output.lines(
        formatTable(
          [
            { title: '日期 date' },
            { title: '事项 event' },
            { title: '科目 account' },
            { title: '借 debit', align: 'right' },
            { title: '贷 credit', align: 'right' },
            { title: '凭证 reference' },
          ],
          rows.map(({ date, event, account, debitFen, creditFen, reference }) => [
            date,
            event,
            account,
            side(debitFen),
            side(creditFen),
            reference,
          ]),
        ),
      );
    return ExitCode.Fine;
  });
}
