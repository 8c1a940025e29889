import { yuan } from '../../domain/money';
import { readEvent } from '../../rehearsal/report/events';
import { eventLabel } from '../../rehearsal/report/labels';
import type { Summary, TimelineRow } from '../../rehearsal/summary';
import { formatAmount } from './amounts';
import type { Output } from './output';
import { displayWidth, formatTable, pad, wrap } from './table';

interface MonthSums {
  prepaidFen: bigint;
  returnedFen: bigint;
  toFundFen: bigint;
  confirmedFen: bigint;
  paidFen: bigint;
  returns: number;
  late: number;
  missing: number;
}

/** What happened in each month of the year, over all regions, in the order of the months. */
function sumsByMonth(summaries: readonly Summary[]): Map<string, MonthSums> {
  const months = new Map<string, MonthSums>();
  const of = (date: string): MonthSums => {
    const month = date.slice(0, 7);
    const sums = months.get(month) ?? {
      prepaidFen: 0n,
      returnedFen: 0n,
      toFundFen: 0n,
      confirmedFen: 0n,
      paidFen: 0n,
      returns: 0,
      late: 0,
      missing: 0,
    };
    months.set(month, sums);
    return sums;
  };
  for (const { prepayments, returns, statements, payments } of summaries) {
    for (const { net, period } of statements) of(period).confirmedFen += yuan(net);
    for (const { amount, paidOn } of payments) if (paidOn) of(paidOn).paidFen += yuan(amount);
    for (const { amount, disbursedOn } of prepayments) if (disbursedOn) of(disbursedOn).prepaidFen += yuan(amount);
    for (const row of returns) {
      const due = of(row.dueOn);
      due.returns += 1;
      if (row.state === 'late') due.late += 1;
      if (row.state === 'missing') due.missing += 1;
      if (row.receivedOn) of(row.receivedOn).returnedFen += yuan(row.amount);
      if (row.toFundOn) of(row.toFundOn).toFundFen += yuan(row.amount);
    }
  }
  return new Map([...months].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function remark({ returns, late, missing }: MonthSums): string {
  if (returns === 0) return '';
  const parts = [
    `${returns} due`,
    ...(late > 0 ? [`${late} late`] : []),
    ...(missing > 0 ? [`${missing} missing`] : []),
  ];
  return parts.join(', ');
}

interface MonthColumn {
  title: string;
  amount: (sums: MonthSums) => bigint;
}

const MONEY: readonly MonthColumn[] = [
  { title: '预付 prepaid', amount: ({ prepaidFen }) => prepaidFen },
  { title: '返还 returned', amount: ({ returnedFen }) => returnedFen },
  { title: '归集 to the fund', amount: ({ toFundFen }) => toFundFen },
];
const WINDOW_MONEY: readonly MonthColumn[] = [
  { title: '确认 confirmed', amount: ({ confirmedFen }) => confirmedFen },
  { title: '货款 paid', amount: ({ paidFen }) => paidFen },
];

/** The year as a table: money out, money back, money moved on, and what enterprises were paid, month by month. */
export function monthLines(summaries: readonly Summary[]): string[] {
  const columns = summaries.some(({ statements }) => statements.length > 0) ? [...MONEY, ...WINDOW_MONEY] : MONEY;
  return formatTable(
    [
      { title: '月 month' },
      ...columns.map(({ title }) => ({ title, align: 'right' as const })),
      { title: '返还笔数 returns' },
    ],
    [...sumsByMonth(summaries)].map(([month, sums]) => [
      month,
      ...columns.map(({ amount }) => (amount(sums) === 0n ? '·' : formatAmount(amount(sums)))),
      remark(sums),
    ]),
  );
}

/** The roles of rows that tell of something that did not go by itself. */
const NOTABLE = ['rejected', 'refused', 'bank-trouble', 'operator'];
const NOTABLE_EVENTS = [
  'return-late',
  'prepayment-not-returned',
  'no-prepayment',
  'calendar-not-published',
  'disputed',
  'payment-held',
  'payment-resumed',
  'window-overdue',
];
const MOST_NOTABLE = 40;
/** Of what one reason holds for; the timeline has all of them. */
const MOST_DETAILS = 3;

function isNotable(row: TimelineRow): boolean {
  return NOTABLE.includes(readEvent(row).role) || NOTABLE_EVENTS.includes(row.event);
}

/** Rows of one day, region and event as one, since one reason often holds for several institutions. */
function grouped(rows: readonly TimelineRow[]): { row: TimelineRow; details: string[] }[] {
  const groups = new Map<string, { row: TimelineRow; details: string[] }>();
  for (const row of rows) {
    const key = [row.date, row.region, row.event].join(' ');
    const group = groups.get(key);
    if (group) group.details.push(row.detail);
    else groups.set(key, { row, details: [row.detail] });
  }
  return [...groups.values()];
}

/** A few of the details, each once, and how many more there are. */
function shortened(details: readonly string[]): string {
  const different = [...new Set(details)];
  const shown = different.slice(0, MOST_DETAILS);
  const more = different.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

const DEFAULT_COLUMNS = 120;
const NARROWEST_DETAIL = 40;

/** What went otherwise than planned, by the timelines: late and missing returns, rejections, the bank's troubles. */
export function notableLines(
  timelines: readonly (readonly TimelineRow[])[],
  { paint, columns = DEFAULT_COLUMNS }: Output,
): string[] {
  const rows = timelines.flat().filter(isNotable);
  rows.sort((a, b) => (`${a.date} ${a.time} ${a.region}` < `${b.date} ${b.time} ${b.region}` ? -1 : 1));
  const all = grouped(rows);
  const groups = all.slice(0, MOST_NOTABLE);
  const heads = formatTable(
    [{ title: '' }, { title: '' }, { title: '' }, { title: '' }],
    groups.map(({ row }) => {
      const { zh, en } = eventLabel(row.event);
      return [paint('cyan', row.date), row.region, zh, paint('dim', en)];
    }),
  );
  const indent = Math.max(0, ...heads.map(displayWidth)) + 2;
  const lines = groups.flatMap(({ details }, index) => {
    const [first = '', ...rest] = wrap(shortened(details), Math.max(NARROWEST_DETAIL, columns - indent));
    return [pad(heads[index]!, indent) + first, ...rest.map((line) => ' '.repeat(indent) + line)];
  });
  const more = all.length - MOST_NOTABLE;
  return more > 0 ? [...lines, `… and ${more} more, in timeline.csv`] : lines;
}
