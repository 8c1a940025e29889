import { sum } from '../../../domain/money';
import { REJECTION_REASONS } from '../../../domain/window/line-check';
import type { PaymentRow, StatementRow } from '../../summary';
import { count, fenOf, money } from '../amounts';
import { collapsed, date, foldedWhenLong, party, paymentStateTag, table, type ReportSection } from '../components';
import { html, type Html } from '../html';
import { both, label, monthLabel, PAYMENT_STATES } from '../labels';
import type { RegionView } from '../model';

const SUMS = ['gross', 'credits', 'net', 'fromPrepayment', 'fromOwn', 'topUp'] as const;
const SUM_LABELS = [
  label('应付', 'Gross'),
  label('冲抵', 'Credits'),
  label('净额', 'Net'),
  label('用预付金', 'From prepayment'),
  label('用自有资金', 'From own money'),
  label('补足', 'Topped up'),
];

/** Rows of a payment list that are written out; a region pays thousands a month, and most of them just arrive. */
const PAYMENTS_SHOWN = 300;

function totals(rows: readonly StatementRow[]): Html[] {
  return SUMS.map((key) => money(sum(rows.map((row) => fenOf(row[key])))));
}

function byPeriod<Row extends { period: string }>(rows: readonly Row[]): [string, Row[]][] {
  const periods = new Map<string, Row[]>();
  for (const row of rows) {
    const found = periods.get(row.period);
    if (found) found.push(row);
    else periods.set(row.period, [row]);
  }
  return [...periods].sort(([a], [b]) => (a < b ? -1 : 1));
}

function months(rows: readonly StatementRow[]): Html {
  return table({
    caption: label('货款预结算明细单，逐月合计，元', 'Statements by month, in yuan'),
    className: 'wide',
    columns: [
      { label: label('月份', 'Month') },
      { label: label('份数', 'Statements'), kind: 'num' },
      ...SUM_LABELS.map((name) => ({ label: name, kind: 'num' as const })),
    ],
    rows: byPeriod(rows).map(([period, some]) => [monthLabel(period, true), count(some.length), ...totals(some)]),
    foot: [both(label('合计', 'Total')), count(rows.length), ...totals(rows)],
  });
}

function statements(view: RegionView, period: string, rows: readonly StatementRow[]): Html {
  return collapsed(
    html`${monthLabel(period, true)} ${both(label('各机构', 'by institution'))}
      <span class="count">${count(rows.length)} 份</span>`,
    table({
      caption: label('各机构明细单，元', 'Statements, in yuan'),
      className: 'wide',
      sortable: true,
      columns: [
        { label: label('机构', 'Institution') },
        ...SUM_LABELS.map((name) => ({ label: name, kind: 'num' as const })),
        { label: label('确认', 'Confirmed'), kind: 'date' },
        { label: label('付清', 'Paid'), kind: 'date' },
      ],
      rows: rows.map((row) => [
        party(view.input.names, row.institution),
        ...SUMS.map((key) => money(fenOf(row[key]))),
        date(row.confirmedOn),
        date(row.paidOn),
      ]),
    }),
  );
}

function lines({ input: { summary } }: RegionView): Html {
  const { accepted, settled, open, disputed } = summary.lines;
  const parts = [
    [label('受理', 'Accepted'), accepted],
    [label('已结算', 'Settled'), settled],
    [label('未结算', 'Open'), open],
    [label('有异议', 'Disputed'), disputed],
  ] as const;
  return html`<dl class="figures">
      ${parts.map(
        ([name, amount]) =>
          html`<div class="figure">
            <dt>${both(name)}</dt>
            <dd><span class="value">${money(fenOf(amount))}</span> <span class="unit">元</span></dd>
          </div>`,
      )}
    </dl>
    ${summary.rejectedLines.length > 0 && rejected(summary.rejectedLines)}`;
}

/** Why lines were sent back, in the order in which the reasons are looked for. */
function rejected(rows: RegionView['input']['summary']['rejectedLines']): Html {
  const codes = Object.entries(REJECTION_REASONS).flatMap(([code, reason]) => {
    const number = rows.filter((row) => row.code === code).length;
    return number === 0 ? [] : [{ code, reason, number }];
  });
  const name = label('退回的申请行，按原因', 'Lines rejected on import, by reason');
  return collapsed(
    html`${both(name)} <span class="count">${count(rows.length)} 条</span>`,
    table({
      caption: name,
      columns: [{ label: label('原因', 'Reason') }, { label: label('条数', 'Lines'), kind: 'num' }],
      rows: codes.map(({ code, reason, number }) => [
        html`${both(label(reason.chinese, reason.english))} <span class="code">${code}</span>`,
        count(number),
      ]),
    }),
  );
}

export const windowsSection: ReportSection = {
  id: 'windows',
  title: label('货款结算', 'Settlement windows'),
  applies: ({ input: { summary } }) => summary.statements.length > 0 || fenOf(summary.lines.accepted) !== 0n,
  render: (view) => {
    const rows = view.input.summary.statements;
    return html`${lines(view)}${rows.length > 0 && months(rows)}${byPeriod(rows).map(([period, some]) => statements(view, period, some))}`;
  },
};

function paymentMonths(rows: readonly PaymentRow[]): Html {
  const states = [...new Set(rows.map((row) => row.state))].sort();
  const amountOf = (some: readonly PaymentRow[]) => money(sum(some.map((row) => fenOf(row.amount))));
  const cells = (some: readonly PaymentRow[]): Html[] =>
    states.map((state) => {
      const these = some.filter((row) => row.state === state);
      return these.length === 0
        ? html`<span class="zero">—</span>`
        : html`${amountOf(these)}<span class="part">${count(these.length)} 笔</span>`;
    });
  return table({
    caption: label('货款支付，逐月按状态，元', 'Payments by month and state, in yuan'),
    className: 'wide',
    columns: [
      { label: label('月份', 'Month') },
      { label: label('笔数', 'Payments'), kind: 'num' },
      ...states.map((state) => ({ label: PAYMENT_STATES[state] ?? label(state, ''), kind: 'num' as const })),
    ],
    rows: byPeriod(rows).map(([period, some]) => [monthLabel(period, true), count(some.length), ...cells(some)]),
    foot: [both(label('合计', 'Total')), count(rows.length), ...cells(rows)],
  });
}

export const paymentsSection: ReportSection = {
  id: 'payments',
  title: label('货款支付', 'Payments to enterprises'),
  applies: (view) => view.input.summary.payments.length > 0,
  render: (view) => {
    const rows = view.input.summary.payments;
    const notable = rows.filter((row) => row.state !== 'succeeded' || row.attempts > 1);
    const name = label('未一次付成的支付', 'Payments that did not arrive at once');
    const rest = notable.length - PAYMENTS_SHOWN;
    return html`${paymentMonths(rows)}${
      notable.length > 0 &&
      foldedWhenLong(
        notable.length,
        name,
        table({
          caption: name,
          className: 'wide',
          sortable: true,
          columns: [
            { label: label('机构', 'Institution') },
            { label: label('企业', 'Enterprise') },
            { label: label('月份', 'Period'), kind: 'date' },
            { label: label('金额，元', 'Amount'), kind: 'num' },
            { label: label('状态', 'State') },
            { label: label('次数', 'Attempts'), kind: 'num' },
            { label: label('支付日', 'Paid'), kind: 'date' },
          ],
          rows: notable
            .slice(0, PAYMENTS_SHOWN)
            .map((row) => [
              party(view.input.names, row.institution),
              party(view.input.names, row.enterprise),
              row.period,
              money(fenOf(row.amount)),
              paymentStateTag(row.state),
              count(row.attempts),
              date(row.paidOn),
            ]),
        }),
      )
    }${rest > 0 && html`<p class="hint">另有 ${count(rest)} 笔，见 summary.json。</p>`}`;
  },
};
