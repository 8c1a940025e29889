import { InvalidArgumentError, type Command } from 'commander';
import { loadClearings } from '../../db/fund/clearings';
import {
  loadEligibilityRows,
  loadInterRegional,
  loadPreallocationRows,
  loadSettlementRows,
  type EligibilityRow,
  type PreallocationRow,
  type SettlementRow,
} from '../../db/fund/overview';
import { loadReview } from '../../db/fund/reviews';
import { formatYuan, sum } from '../../domain/money';
import type { Period } from '../../domain/plain-date';
import { ExitCode } from '../../domain/refusal';
import { formatAmount } from './amounts';
import { institutionArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { addFundClaimsCommands } from './fund-claims-command';
import { addFundDecisionCommands } from './fund-decisions-command';
import { fundMonth, fundOptions, type FundOptions } from './fund-options';
import { addTransferCommands } from './fund-transfer-command';
import { given, regionOption, regionOrOnly, withRunning } from './running';
import { formatTable } from './table';

interface InstitutionOptions extends FundOptions {
  institution?: string;
}
type ShowOptions = InstitutionOptions & { interRegional?: boolean };
interface ClearingOptions {
  region?: string;
  quarter: string;
  json?: boolean;
}

export function addFundCommands(program: Command, context: CliContext): void {
  const group = program
    .command('fund')
    .description('monthly funds: pre-allocation, claims, settlement, clearing · 即时结算');
  addFundDecisionCommands(group, context);
  addTransferCommands(group, context);
  addFundClaimsCommands(group, context);
  const stage = (name: string, whose?: string): Command =>
    fundOptions(group.command(name), whose)
      .option('--institution <id>', 'of this institution', institutionArgument)
      .option('--json', 'as JSON');
  examples(
    stage('preallocate', 'this month')
      .description('who is eligible and why, what is paid ahead, and how far it is · 月预拨')
      .action(action(context, (options: InstitutionOptions) => preallocate(context, options))),
    'fund preallocate --period 2026-04',
  );
  examples(
    stage('pay')
      .description('what the month’s settlement pays, holds and carries on, and how far it is · 月结算')
      .action(action(context, (options: InstitutionOptions) => pay(context, options))),
    'fund pay --period 2026-04',
  );
  examples(
    stage('show')
      .description('a month with one institution, and why its money is held; or what other regions owe')
      .option('--inter-regional', 'what other regions’ pools owe for claims of the month · 参保地支付')
      .action(action(context, (options: ShowOptions) => show(context, options))),
    'fund show --period 2026-08 --institution H65052100001',
    'fund show --period 2026-04 --inter-regional',
  );
  const clearings = group.command('clearing').description('the clearing of a quarter · 季度清算');
  examples(
    regionOption(clearings.command('show', { isDefault: true }))
      .description('what was signed, by institution and pool')
      .requiredOption('--quarter <quarter>', 'such as 2026-Q1', quarterArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: ClearingOptions) => clearing(context, options))),
    'fund clearing show --quarter 2026-Q1',
  );
}

function quarterArgument(text: string): string {
  if (/^\d{4}-Q[1-4]$/.test(text)) return text;
  throw new InvalidArgumentError('A quarter is written YYYY-Qn, such as 2026-Q1.');
}

async function preallocate(context: CliContext, options: InstitutionOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const month = { ...(await fundMonth(running, options, 0)), ...given({ institution: options.institution }) };
    const eligibility = await loadEligibilityRows(running.db, month);
    const rows = await loadPreallocationRows(running.db, month);
    if (options.json) context.output.json({ ...month, eligibility, preallocations: rows.map(preallocationJson) });
    else context.output.lines(preallocationLines(month.period, eligibility, rows));
    return ExitCode.Fine;
  });
}

function preallocationJson({ amountFen, ...rest }: PreallocationRow) {
  return { ...rest, amount: formatYuan(amountFen) };
}

function preallocationLines(
  period: Period,
  eligibility: readonly EligibilityRow[],
  rows: readonly PreallocationRow[],
): string[] {
  const unfit = eligibility.filter(({ eligible }) => !eligible);
  if (eligibility.length === 0) return [`the standard of ${period} is not worked out yet · 尚未核定`];
  return [
    ...formatTable(
      [
        { title: '机构 institution' },
        { title: '险种 pool' },
        { title: '比例 ratio' },
        { title: '预拨 yuan', align: 'right' },
        { title: '状态 state' },
        { title: '到账 paid' },
      ],
      rows.map((each) => [
        each.institution,
        each.pool,
        each.ratio,
        formatAmount(each.amountFen),
        each.state,
        each.paidOn ?? '–',
      ]),
    ),
    `  ${rows.length} payments, ${formatAmount(sum(rows.map(({ amountFen }) => amountFen)))}; ${unfit.length} of ${eligibility.length} institutions are not eligible`,
    ...unfit.map(
      ({ institution, results }) =>
        `  ${institution}  ${results
          .filter(({ met }) => !met)
          .map(({ condition, evidence }) => `${condition} (${evidence})`)
          .join(', ')}`,
    ),
  ];
}

async function pay(context: CliContext, options: InstitutionOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const month = { ...(await fundMonth(running, options)), ...given({ institution: options.institution }) };
    const rows = await loadSettlementRows(running.db, month);
    const review = await loadReview(running.db, month.region, month.period);
    if (options.json) context.output.json({ ...month, review, settlements: rows.map(settlementJson) });
    else context.output.lines(settlementLines(month.period, rows, review));
    return ExitCode.Fine;
  });
}

function settlementJson(row: SettlementRow) {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) =>
      typeof value === 'bigint' ? [name.replace(/Fen$/, ''), formatYuan(value)] : [name, value as unknown],
    ),
  );
}

function settlementLines(
  period: Period,
  rows: readonly SettlementRow[],
  { reviewedOn, waitsFor }: Awaited<ReturnType<typeof loadReview>>,
): string[] {
  const review =
    reviewedOn === null
      ? `the claims of ${period}: ${waitsFor}`
      : `the claims of ${period} were re-checked on ${reviewedOn}`;
  if (rows.length === 0) return [`${period} is not settled yet · 尚未结算`, `  ${review}`];
  return [
    ...formatTable(
      [
        { title: '机构 institution' },
        { title: '险种 pool' },
        { title: '应付 payable', align: 'right' },
        { title: '预拨 ahead', align: 'right' },
        { title: '结转入 carried in', align: 'right' },
        { title: '支付 paid', align: 'right' },
        { title: '暂停 held', align: 'right' },
        { title: '结转出 carried out', align: 'right' },
        { title: '状态 state' },
      ],
      rows.map((each) => [
        each.institution,
        each.pool,
        formatAmount(each.payableFen),
        formatAmount(each.preallocatedFen),
        formatAmount(each.carriedInFen),
        formatAmount(each.paidFen),
        formatAmount(each.heldFen),
        formatAmount(each.carriedOutFen),
        stateOf(each),
      ]),
    ),
    ...rows.flatMap(heldLine),
    `  ${review}`,
  ];
}

function stateOf({ settledOn, state, heldFen, releasedIn }: SettlementRow): string {
  if (settledOn === null) return 'proposed';
  if (heldFen > 0n) return releasedIn === null ? 'held' : `released in ${releasedIn}`;
  return state ?? 'nothing to pay';
}

/** Why it was held, for the institution to read (新医保发〔2025〕50号 五(一)). */
function heldLine({ institution, pool, heldFen, heldFor, releasedIn }: SettlementRow): string[] {
  if (heldFen === 0n) return [];
  const until = releasedIn === null ? 'paid with the run after it is corrected' : `paid with the run of ${releasedIn}`;
  return [`  ${institution} ${pool}: ${formatAmount(heldFen)} is held for ${heldFor.join(', ')}; ${until}`];
}

async function show(context: CliContext, options: ShowOptions): Promise<ExitCode> {
  if (!options.interRegional) return pay(context, options);
  return withRunning(context, async (running) => {
    const month = await fundMonth(running, options);
    const owed = await loadInterRegional(running.db, month);
    if (options.json)
      context.output.json(
        owed.map(({ payableFen, ...rest }) => ({ ...month, ...rest, payable: formatYuan(payableFen) })),
      );
    else
      context.output.lines(
        owed.length === 0
          ? [`no other region pays for claims of ${month.period} · 没有异地费用`]
          : formatTable(
              [
                { title: '支付地 paid by' },
                { title: '险种 pool' },
                { title: '笔 claims', align: 'right' },
                { title: '应付 payable', align: 'right' },
              ],
              owed.map((each) => [each.payingRegion, each.pool, String(each.claims), formatAmount(each.payableFen)]),
            ),
      );
    return ExitCode.Fine;
  });
}

async function clearing(context: CliContext, options: ClearingOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const { quarter } = options;
    const rows = await loadClearings(running.db, region, quarter);
    if (options.json)
      context.output.json(
        rows.map((row) => ({
          region,
          quarter,
          institution: row.institution,
          pool: row.pool,
          payable: formatYuan(row.payableFen),
          preallocated: formatYuan(row.preallocatedFen),
          paid: formatYuan(row.paidFen),
          held: formatYuan(row.heldFen),
          released: formatYuan(row.releasedFen),
          carriedOut: formatYuan(row.carriedOutFen),
        })),
      );
    else
      context.output.lines(
        rows.length === 0
          ? [`${quarter} is not cleared yet · 尚未清算`]
          : formatTable(
              [
                '机构 institution',
                '险种 pool',
                '应付 payable',
                '预拨 ahead',
                '支付 paid',
                '暂停 held',
                '已补付 released',
                '结转 carried',
              ].map((title, index) => (index < 2 ? { title } : { title, align: 'right' as const })),
              rows.map((row) => [
                row.institution,
                row.pool,
                ...[
                  row.payableFen,
                  row.preallocatedFen,
                  row.paidFen,
                  row.heldFen,
                  row.releasedFen,
                  row.carriedOutFen,
                ].map(formatAmount),
              ]),
            ),
      );
    return ExitCode.Fine;
  });
}
