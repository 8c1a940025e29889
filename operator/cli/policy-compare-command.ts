import type { Command } from 'commander';
import type { Period } from '../../domain/plain-date';
import { ExitCode, Refusal } from '../../domain/refusal';
import { compareSummaries, type CashMonth, type Comparison } from '../../rehearsal/compare';
import type { Summary } from '../../rehearsal/summary';
import { groupThousands } from './amounts';
import { nonEmptyArgument, periodArgument, seedArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { DEFAULT_SEED, rehearseVisibly } from './rehearse-command';
import { everyInvariantHolds } from './rehearsal-summary';
import { formatTable } from './table';

interface CompareOptions {
  region: string;
  from: Period;
  to: Period;
  scenario?: string;
  seed: number;
  json?: boolean;
  provisionalCalendar?: boolean;
}

export function addPolicyCompareCommand(group: Command, context: CliContext): void {
  examples(
    group
      .command('compare')
      .description('rehearses the same region and months under two policies, and shows what differs · 政策比较')
      .argument('<a>', 'an id, id@version or file; several with commas', nonEmptyArgument)
      .argument('<b>', 'the other one', nonEmptyArgument)
      .requiredOption('--region <dir>', 'the region folder', nonEmptyArgument)
      .option('--from <month>', 'first month that is compared', periodArgument, '2026-01' as Period)
      .option('--to <month>', 'last month', periodArgument, '2026-12' as Period)
      .option('--scenario <file>', 'what goes otherwise than on time (YAML)', nonEmptyArgument)
      .option('--seed <n>', 'orders what happens at the same moment', seedArgument, DEFAULT_SEED)
      .option('--provisional-calendar', 'assume weekends alone in years without a notice')
      .option('--json', 'every difference as JSON')
      .action(action(context, (a: string, b: string, options: CompareOptions) => compare(context, a, b, options))),
    'policy compare xinjiang-2025-50 draft.yaml --region rehearsal/sample/650400 --from 2026-01 --to 2026-12',
  );
}

async function compare(context: CliContext, a: string, b: string, options: CompareOptions): Promise<ExitCode> {
  const { output } = context;
  const { from, to, region } = options;
  if (to < from) throw new Refusal('UsageInvalid', `--from ${from} is after --to ${to}`);
  const [left, right] = [await summaryOf(context, a, options), await summaryOf(context, b, options)];
  const comparison = compareSummaries(left, right);
  const sides = { a: sideOf(a, left), b: sideOf(b, right) };
  if (options.json) output.json({ region: left.region, from, to, ...sides, ...comparison });
  else
    output.lines([
      `${left.region}, ${from} to ${to}, ${region}`,
      `  A  ${sideText(sides.a)}`,
      `  B  ${sideText(sides.b)}`,
      '',
      ...totalLines(comparison),
      '',
      ...cashLines(comparison.cash),
      '',
      ...differenceLines(comparison),
    ]);
  return everyInvariantHolds([left, right]) ? ExitCode.Fine : ExitCode.Error;
}

async function summaryOf(context: CliContext, named: string, options: CompareOptions): Promise<Summary> {
  const result = await rehearseVisibly(context, {
    regions: [options.region],
    from: options.from,
    to: options.to,
    policies: named.split(','),
    seed: options.seed,
    provisionalCalendar: options.provisionalCalendar ?? false,
    documents: false,
    webUi: false,
    ...(options.scenario === undefined ? {} : { scenario: options.scenario }),
  });
  await result.stop();
  return result.summaries[0]!;
}

interface Side {
  named: string;
  policies: Summary['policies'];
  invariantsHold: boolean;
}

function sideOf(named: string, { policies, invariants }: Summary): Side {
  return { named, policies, invariantsHold: invariants.every(({ ok }) => ok) };
}

function sideText({ named, policies, invariantsHold }: Side): string {
  const versions = policies.map(({ id, version }) => `${id} version ${version}`).join(', ');
  return `${named}: ${versions || 'nothing in force'}; ${invariantsHold ? 'every invariant holds' : 'AN INVARIANT IS BROKEN'}`;
}

function totalLines({ totals }: Comparison): string[] {
  return formatTable(
    [
      { title: '内容 what' },
      { title: 'A', align: 'right' },
      { title: 'B', align: 'right' },
      { title: '金额 yuan A', align: 'right' },
      { title: '金额 yuan B', align: 'right' },
      { title: '不同 differing', align: 'right' },
    ],
    totals
      .filter(({ rows }) => rows.a + rows.b > 0)
      .map(({ part, rows, amount, differing }) => [
        part,
        String(rows.a),
        String(rows.b),
        amount === null ? '' : groupThousands(amount.a),
        amount === null ? '' : groupThousands(amount.b),
        String(differing),
      ]),
  );
}

function cashLines(cash: readonly CashMonth[]): string[] {
  const column = (title: string) => ({ title, align: 'right' as const });
  return formatTable(
    [
      { title: '月 month' },
      column('基金 fund A'),
      column('基金 fund B'),
      column('差 difference'),
      column('企业 enterprises A'),
      column('企业 enterprises B'),
      column('差 difference'),
    ],
    cash.map(({ period, fund, enterprises }) => [
      period,
      ...[fund.a, fund.b, fund.difference, enterprises.a, enterprises.b, enterprises.difference].map(groupThousands),
    ]),
  );
}

const SHOWN = 40;

function differenceLines({ differences }: Comparison): string[] {
  if (differences.length === 0) return ['nothing differs · 没有差别'];
  const rows = differences.slice(0, SHOWN).map(({ part, row, field, a, b }) => [part, row, field, a ?? '–', b ?? '–']);
  return [
    ...formatTable(
      ['内容 what', '对象 row', '项目 field', 'A', 'B'].map((title) => ({ title })),
      rows,
    ),
    ...(differences.length > SHOWN ? [`… and ${differences.length - SHOWN} more; --json has them all`] : []),
  ];
}
