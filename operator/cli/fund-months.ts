import { quarterOf } from '../../domain/fund/ids';
import { sum, yuan } from '../../domain/money';
import { period as toPeriod } from '../../domain/plain-date';
import type { FiscalTransfer } from '../../rehearsal/result/fund';
import type { Summary } from '../../rehearsal/summary';
import { formatAmount } from './amounts';
import type { Output } from './output';
import { formatTable } from './table';

/** What a region's monthly funds did, month by month (宿迁 2025-06-13); the month is the one that was claimed for. */
interface FundMonth {
  readonly preallocatedFen: bigint;
  readonly payableFen: bigint;
  readonly paidFen: bigint;
  readonly heldFen: bigint;
  readonly releasedFen: bigint;
  readonly carriedOutFen: bigint;
  readonly transferredFen: bigint;
}

const COLUMNS: readonly [title: string, amount: (month: FundMonth) => bigint, always?: boolean][] = [
  ['预拨 advanced', ({ preallocatedFen }) => preallocatedFen, true],
  ['应付 payable', ({ payableFen }) => payableFen, true],
  ['支付 paid', ({ paidFen }) => paidFen, true],
  ['暂缓 held', ({ heldFen }) => heldFen],
  ['放行 released', ({ releasedFen }) => releasedFen],
  ['结转 carried', ({ carriedOutFen }) => carriedOutFen],
  ['拨款 transfer', ({ transferredFen }) => transferredFen],
];

function amounts<T>(rows: readonly T[], amountOf: (row: T) => string): bigint {
  return sum(rows.map((row) => yuan(amountOf(row))));
}

function fundMonth(
  { preallocations, settlements }: Pick<Summary, 'preallocations' | 'settlements'>,
  transfers: readonly FiscalTransfer[],
): FundMonth {
  return {
    preallocatedFen: amounts(preallocations, ({ amount }) => amount),
    payableFen: amounts(settlements, ({ payable }) => payable),
    paidFen: amounts(settlements, ({ paid }) => paid),
    heldFen: amounts(settlements, ({ held }) => held),
    releasedFen: amounts(settlements, ({ released }) => released),
    carriedOutFen: amounts(settlements, ({ carriedOut }) => carriedOut),
    transferredFen: amounts(transfers, ({ amount }) => amount),
  };
}

function monthOf(summary: Summary, transfers: readonly FiscalTransfer[], month: string): FundMonth {
  const of = <T extends { period: string }>(rows: readonly T[]): T[] => rows.filter(({ period }) => period === month);
  return fundMonth({ preallocations: of(summary.preallocations), settlements: of(summary.settlements) }, of(transfers));
}

/** How a quarter was cleared, beside its last month that is shown. */
function clearingCell({ clearings }: Summary, month: string, months: readonly string[]): string {
  const quarter = quarterOf(toPeriod(month));
  if (months.filter((each) => quarterOf(toPeriod(each)) === quarter).at(-1) !== month) return '';
  const rows = clearings.filter((row) => row.quarter === quarter);
  const signedOn = rows[0]?.signedOn ?? null;
  const name = quarter.slice(-2);
  return signedOn === null ? `${name} not signed yet` : `${name} signed ${signedOn}`;
}

/** The monthly funds of each region that has some, as a table of its months; a column without any amount is left out. */
export function fundLines(
  summaries: readonly Summary[],
  transfers: readonly (readonly FiscalTransfer[])[],
  { paint }: Output,
): string[] {
  return summaries.flatMap((summary, index) => {
    const months = [...new Set([...summary.preallocations, ...summary.settlements].map(({ period }) => period))].sort();
    if (months.length === 0) return [];
    const came = (transfers[index] ?? []).filter(
      ({ period, state }) => months.includes(period) && state === 'succeeded',
    );
    return ['', paint('bold', `${summary.region} 月结算 · monthly funds, yuan`), ...monthTable(summary, came, months)];
  });
}

function monthTable(summary: Summary, transfers: readonly FiscalTransfer[], months: readonly string[]): string[] {
  const rows = months.map((month) => ({ month, sums: monthOf(summary, transfers, month) }));
  // What is carried on goes into the next month's payable: the year ends with the last settled month's.
  const lastSettled = summary.settlements
    .map(({ period }) => period)
    .sort()
    .at(-1);
  const { carriedOutFen } = monthOf(summary, transfers, lastSettled ?? '');
  const total: FundMonth = { ...fundMonth(summary, transfers), carriedOutFen };
  const columns = COLUMNS.filter(
    ([, amountOf, always]) => always === true || rows.some(({ sums }) => amountOf(sums) !== 0n),
  );
  const cells = (sums: FundMonth): string[] =>
    columns.map(([, amountOf]) => (amountOf(sums) === 0n ? '·' : formatAmount(amountOf(sums))));
  return formatTable(
    [
      { title: '月 month' },
      ...columns.map(([title]) => ({ title, align: 'right' as const })),
      { title: '清算 clearing' },
    ],
    [
      ...rows.map(({ month, sums }) => [month, ...cells(sums), clearingCell(summary, month, months)]),
      ['合计 total', ...cells(total), ''],
    ],
  );
}
