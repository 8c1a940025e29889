import { sum } from '../../../domain/money';
import type { ClearingRow, SettlementRow } from '../../summary';
import { count, fenOf, money } from '../amounts';
import {
  collapsed,
  date,
  foldedWhenLong,
  longTable,
  party,
  paymentStateTag,
  table,
  type ReportSection,
} from '../components';
import { html, type Html } from '../html';
import { both, conditionLabel, label, monthLabel, poolLabel } from '../labels';
import type { RegionView } from '../model';

const SUMS = ['payable', 'preallocated', 'carriedIn', 'paid', 'held', 'released', 'carriedOut'] as const;
const SUM_LABELS = [
  label('应付', 'Payable'),
  label('已预拨', 'Pre-allocated'),
  label('上月结转', 'Carried in'),
  label('支付', 'Paid'),
  label('暂缓', 'Held'),
  label('放行', 'Released'),
  label('结转下月', 'Carried out'),
];
const numbers = SUM_LABELS.map((name) => ({ label: name, kind: 'num' as const }));

/** Rows that are written out of one month; the sums above them are of all. */
const ROWS_SHOWN = 400;

function monthsOf(rows: readonly { period: string }[]): string[] {
  return [...new Set(rows.map((row) => row.period))].sort();
}

function amounts(row: SettlementRow): Html[] {
  return SUMS.map((key) => money(fenOf(row[key])));
}

function sums(rows: readonly SettlementRow[]): Html[] {
  return SUMS.map((key) => money(sum(rows.map((row) => fenOf(row[key])))));
}

function monthRows(view: RegionView, period: string): Html {
  const rows = view.input.summary.settlements.filter((row) => row.period === period);
  const rest = rows.length - ROWS_SHOWN;
  return collapsed(
    html`${monthLabel(period, true)} ${both(label('各机构', 'by institution'))}
      <span class="count">${count(rows.length)} 行</span>`,
    html`${table({
      caption: label('月结算，元', 'Monthly settlement, in yuan'),
      className: 'wide',
      sortable: true,
      filterable: rows.length > 10,
      columns: [
        { label: label('机构', 'Institution') },
        { label: label('基金', 'Pool') },
        ...numbers,
        { label: label('审核', 'Reviewed'), kind: 'date' },
        { label: label('支付日', 'Paid on'), kind: 'date' },
      ],
      rows: rows
        .slice(0, ROWS_SHOWN)
        .map((row) => [
          party(view.input.names, row.institution),
          poolLabel(row.pool).zh,
          ...amounts(row),
          date(row.reviewedOn),
          date(row.paidOn),
        ]),
    })}${rest > 0 && html`<p class="hint">另有 ${count(rest)} 行，见 summary.json。</p>`}`,
  );
}

export const settlementsSection: ReportSection = {
  id: 'funds',
  title: label('月结算', 'Monthly fund settlement'),
  applies: (view) => view.input.summary.settlements.length > 0,
  render: (view) => {
    const rows = view.input.summary.settlements;
    return html`${table({
      caption: label('月结算，逐月合计，元', 'Settlement by month, in yuan'),
      className: 'wide',
      columns: [{ label: label('月份', 'Month') }, ...numbers],
      rows: monthsOf(rows).map((period) => [
        monthLabel(period, true),
        ...sums(rows.filter((row) => row.period === period)),
      ]),
    })}${monthsOf(rows).map((period) => monthRows(view, period))}`;
  },
};

export const preallocationsSection: ReportSection = {
  id: 'preallocations',
  title: label('月预拨', 'Monthly pre-allocation'),
  applies: (view) => view.input.summary.preallocations.length > 0,
  render: (view) => {
    const rows = view.input.summary.preallocations;
    const refused = view.input.summary.eligibility.filter((row) => !row.eligible);
    return html`${table({
      caption: label('月预拨，逐月合计，元', 'Pre-allocation by month, in yuan'),
      columns: [
        { label: label('月份', 'Month') },
        { label: label('笔数', 'Payments'), kind: 'num' },
        { label: label('金额', 'Amount'), kind: 'num' },
        { label: label('最后支付日', 'Last paid on'), kind: 'date' },
      ],
      rows: monthsOf(rows).map((period) => {
        const some = rows.filter((row) => row.period === period);
        const last = some.map((row) => row.paidOn ?? '').reduce((a, b) => (a > b ? a : b), '');
        return [
          monthLabel(period, true),
          count(some.length),
          money(sum(some.map((row) => fenOf(row.amount)))),
          date(last === '' ? null : last),
        ];
      }),
    })}${
      refused.length > 0 &&
      foldedWhenLong(
        refused.length,
        label('不符合预拨条件', 'Not eligible'),
        table({
          caption: label('不符合预拨条件的机构', 'Institutions not eligible'),
          columns: [
            { label: label('机构', 'Institution') },
            { label: label('月份', 'Period'), kind: 'date' },
            { label: label('未满足的条件', 'Conditions failed') },
          ],
          rows: refused.map((row) => [
            party(view.input.names, row.institution),
            row.period,
            row.failed.map((condition) => conditionLabel(condition).zh).join('、'),
          ]),
        }),
      )
    }`;
  },
};

/** 财政专户 to the pools' own accounts, each with the finance department's word (宿迁 2025-06-13 四). */
export const transfersSection: ReportSection = {
  id: 'transfers',
  title: label('财政专户拨款', 'Transfers from the fiscal deposit'),
  applies: ({ input }) => input.transfers.length > 0,
  render: ({ input: { transfers } }) => {
    const arrived = transfers.filter(({ state }) => state === 'succeeded');
    return table({
      caption: label('财政专户拨款，元', 'Transfers, in yuan'),
      className: 'wide',
      columns: [
        { label: label('月份', 'Month') },
        { label: label('基金', 'Pool') },
        { label: label('金额', 'Amount'), kind: 'num' },
        { label: label('财政部门确认', 'Confirmed by') },
        { label: label('文号', 'Document') },
        { label: label('状态', 'State') },
        { label: label('到账', 'Booked'), kind: 'date' },
      ],
      rows: transfers.map((row) => [
        monthLabel(row.period, true),
        poolLabel(row.pool).zh,
        money(fenOf(row.amount)),
        row.confirmedBy ?? '—',
        row.evidence ?? '—',
        paymentStateTag(row.state),
        date(row.bookedOn),
      ]),
      foot: [
        both(label('到账合计', 'Arrived')),
        '',
        money(sum(arrived.map(({ amount }) => fenOf(amount)))),
        '',
        '',
        '',
        '',
      ],
    });
  },
};

const CLEARED = ['payable', 'preallocated', 'paid', 'held', 'carriedOut'] as const;
const CLEARED_COLUMNS = [SUM_LABELS[0]!, SUM_LABELS[1]!, SUM_LABELS[3]!, SUM_LABELS[4]!, SUM_LABELS[6]!].map(
  (text) => ({
    label: text,
    kind: 'num' as const,
  }),
);

/** What was proven and signed each quarter, over all institutions and pools. */
function quarters(rows: readonly ClearingRow[]): Html {
  const names = [...new Set(rows.map((row) => row.quarter))].sort();
  return table({
    caption: label('季度清算，逐季合计，元', 'Clearing by quarter, in yuan'),
    className: 'wide',
    columns: [
      { label: label('季度', 'Quarter') },
      { label: label('行数', 'Rows'), kind: 'num' },
      ...CLEARED_COLUMNS,
      { label: label('签署', 'Signed'), kind: 'date' },
    ],
    rows: names.map((quarter) => {
      const some = rows.filter((row) => row.quarter === quarter);
      return [
        quarter,
        count(some.length),
        ...CLEARED.map((key) => money(sum(some.map((row) => fenOf(row[key]))))),
        date(some[0]!.signedOn),
      ];
    }),
  });
}

export const clearingsSection: ReportSection = {
  id: 'clearings',
  title: label('季度清算', 'Quarterly clearing'),
  applies: (view) => view.input.summary.clearings.length > 0,
  render: (view) => {
    const rows = view.input.summary.clearings;
    const name = label('各机构清算，元', 'Clearing by institution, in yuan');
    return html`${quarters(rows)}${longTable({
      caption: name,
      columns: [
        { label: label('机构', 'Institution') },
        { label: label('基金', 'Pool') },
        { label: label('季度', 'Quarter'), kind: 'date' },
        ...CLEARED_COLUMNS,
        { label: label('签署', 'Signed'), kind: 'date' },
      ],
      rows: rows.map((row) => [
        party(view.input.names, row.institution),
        poolLabel(row.pool).zh,
        row.quarter,
        ...CLEARED.map((key) => money(fenOf(row[key]))),
        date(row.signedOn),
      ]),
    })}`;
  },
};
