import { sum } from '../../../domain/money';
import { count, fenOf, formatFen } from '../amounts';
import type { ReportSection } from '../components';
import { html, type Content, type Html } from '../html';
import { both, label, type Label } from '../labels';
import type { RegionTotals, RegionView } from '../model';

interface Figure {
  label: Label;
  value: Content;
  unit?: string;
  note?: Content;
  tone?: 'good' | 'warn' | 'bad';
  key: string;
}

function figure({ label: name, value, unit, note, tone, key }: Figure): Html {
  return html`<div class="figure ${tone}" data-figure="${key}">
    <dt>${both(name)}</dt>
    <dd>
      <span class="value">${value}</span
      >${unit && html` <span class="unit">${unit}</span>`}${note && html`<span class="note">${note}</span>`}
    </dd>
  </div>`;
}

/** The sums that the top of the page and each region show: of one region, or of several together. */
export function moneyFigures(totals: Pick<RegionTotals, 'disbursed' | 'returned' | 'moved' | 'outstanding'>): Html {
  const figures: Figure[] = [
    { key: 'disbursed', label: label('已拨付预付金', 'Disbursed'), value: formatFen(totals.disbursed), unit: '元' },
    { key: 'returned', label: label('机构已返还', 'Returned'), value: formatFen(totals.returned), unit: '元' },
    { key: 'moved', label: label('已转入基金账户', 'Moved to the fund'), value: formatFen(totals.moved), unit: '元' },
    {
      key: 'outstanding',
      label: label('期末未收回', 'Outstanding'),
      value: formatFen(totals.outstanding),
      unit: '元',
      ...(totals.outstanding === 0n ? { tone: 'good' as const } : {}),
    },
  ];
  return html`<dl class="figures money">${figures.map(figure)}</dl>`;
}

/** What institutions agreed to pay enterprises, and what has arrived; nothing for regions without settlement windows. */
export function settlementFigures(regions: readonly Pick<RegionView, 'input'>[]): Html | undefined {
  const statements = regions.flatMap(({ input }) => input.summary.statements);
  const payments = regions.flatMap(({ input }) => input.summary.payments);
  if (statements.length === 0) return undefined;
  const amountOf = (rows: readonly { amount: string }[]): bigint => sum(rows.map(({ amount }) => fenOf(amount)));
  const confirmed = sum(statements.map(({ net }) => fenOf(net)));
  const paid = payments.filter(({ state }) => state === 'succeeded');
  const waiting = payments.filter(({ state }) => state !== 'succeeded' && state !== 'cancelled');
  const figures: Figure[] = [
    {
      key: 'confirmed',
      label: label('机构已确认货款', 'Confirmed'),
      value: formatFen(confirmed),
      unit: '元',
      note: `明细单 ${count(statements.length)} 份`,
    },
    {
      key: 'paid',
      label: label('已支付企业', 'Paid to enterprises'),
      value: formatFen(amountOf(paid)),
      unit: '元',
      note: `${count(paid.length)} 笔`,
    },
    {
      key: 'unpaid',
      label: label('期末未付', 'Not paid'),
      value: formatFen(amountOf(waiting)),
      unit: '元',
      ...(waiting.length > 0
        ? { tone: 'warn' as const, note: `${count(waiting.length)} 笔` }
        : { tone: 'good' as const }),
    },
  ];
  return html`<dl class="figures settlement">${figures.map(figure)}</dl>`;
}

/** What the pools advanced, settled and hold; nothing for regions without monthly funds. */
export function fundFigures(regions: readonly Pick<RegionView, 'input'>[]): Html | undefined {
  const preallocations = regions.flatMap(({ input }) => input.summary.preallocations);
  const settlements = regions.flatMap(({ input }) => input.summary.settlements);
  if (preallocations.length + settlements.length === 0) return undefined;
  const held = sum(settlements.map((row) => fenOf(row.held) - fenOf(row.released)));
  const figures: Figure[] = [
    {
      key: 'preallocated',
      label: label('已预拨', 'Pre-allocated'),
      value: formatFen(sum(preallocations.map(({ amount }) => fenOf(amount)))),
      unit: '元',
      note: `${count(preallocations.length)} 笔`,
    },
    {
      key: 'payable',
      label: label('月结算应付', 'Payable'),
      value: formatFen(sum(settlements.map(({ payable }) => fenOf(payable)))),
      unit: '元',
    },
    {
      key: 'settled',
      label: label('月结算支付', 'Paid'),
      value: formatFen(sum(settlements.map(({ paid }) => fenOf(paid)))),
      unit: '元',
    },
    {
      key: 'held',
      label: label('期末暂缓未付', 'Held'),
      value: formatFen(held),
      unit: '元',
      ...(held > 0n ? { tone: 'warn' as const } : { tone: 'good' as const }),
    },
  ];
  return html`<dl class="figures funds">${figures.map(figure)}</dl>`;
}

export function attentionFigures(totals: RegionTotals, withReturns = true): Html {
  const returns: Figure[] = [
    {
      key: 'late',
      label: label('迟到返还', 'Late'),
      value: count(totals.late),
      unit: '笔',
      ...(totals.late > 0 ? { tone: 'warn' as const, note: `${formatFen(totals.lateAmount)} 元` } : {}),
    },
    {
      key: 'missing',
      label: label('月末未到账', 'Missing'),
      value: count(totals.missing),
      unit: '笔',
      ...(totals.missing > 0
        ? {
            tone: 'bad' as const,
            note: `${formatFen(totals.missingAmount)} 元，其中后来补交 ${count(totals.corrected)} 笔`,
          }
        : {}),
    },
  ];
  const figures: Figure[] = [
    ...(withReturns ? returns : []),
    {
      key: 'alerts',
      label: label('提醒', 'Alerts'),
      value: count(totals.alerts),
      unit: '条',
      ...(totals.alerts > 0 ? { tone: 'warn' as const } : {}),
    },
  ];
  return html`<dl class="figures attention">${figures.map(figure)}</dl>`;
}

/** Parts of a thousand for the bar's geometry; the numbers beside it are exact. */
function share(part: bigint, whole: bigint): string {
  return whole <= 0n || part <= 0n ? '0' : String(Number((part * 1000n) / whole) / 10);
}

function moneyBar({ disbursed, returned, moved }: RegionTotals): Html | undefined {
  if (disbursed <= 0n || moved > returned || returned > disbursed) return undefined;
  const parts: [string, Label, bigint][] = [
    ['moved', label('已转入基金账户', 'Moved to the fund'), moved],
    ['waiting', label('已返还，待转入', 'Returned, to be moved'), returned - moved],
    ['open', label('尚未返还', 'Not yet returned'), disbursed - returned],
  ];
  return html`<figure class="moneybar">
    <figcaption>${both(label('已拨付的预付金在哪里', 'Where the disbursed money is'))}</figcaption>
    <div class="bar" aria-hidden="true">
      ${parts.map(([key, , amount]) => html`<span class="${key}" style="width:${share(amount, disbursed)}%"></span>`)}
    </div>
    <ul class="legend">
      ${parts.map(([key, name, amount]) => html`<li><i class="sw ${key}"></i>${both(name)} <b class="amount">${formatFen(amount)}</b></li>`)}
    </ul>
  </figure>`;
}

function sentence(view: RegionView): Html {
  const { institutions, totals } = view;
  const paid = institutions.filter((one) => one.prepayments.some((row) => row.disbursedOn !== null)).length;
  const troubled = institutions.filter((one) => one.needsAttention).length;
  const waiting = sum(
    view.input.summary.prepayments.filter((row) => row.disbursedOn === null).map((row) => fenOf(row.amount)),
  );
  return html`<p class="lead">
    ${count(paid)}
    家结算主体获得集采预付金，${troubled === 0 ? html`返还全部按时到账。` : html`其中 ${count(paid - troubled)} 家返还全部按时到账，${count(troubled)} 家有迟到或未到账。`}${waiting > 0n && html`尚有 ${formatFen(waiting)} 元未拨付。`}${totals.outstanding === 0n && totals.disbursed > 0n && html`期末预付金已全部收回基金账户。`}
  </p>`;
}

/** A region that runs monthly funds alone has neither prepayments nor returns to tell of. */
function prepays({ input: { summary } }: RegionView): boolean {
  const { prepayments, returns, settlements, preallocations } = summary;
  return prepayments.length + returns.length > 0 || settlements.length + preallocations.length === 0;
}

export const keyFigures: ReportSection = {
  id: 'figures',
  title: label('总览', 'Key figures'),
  applies: () => true,
  render: (view) => {
    const withReturns = prepays(view);
    return html`${withReturns && html`${sentence(view)}${moneyFigures(view.totals)}${moneyBar(view.totals)}`}
    ${settlementFigures([view])}${fundFigures([view])}${attentionFigures(view.totals, withReturns)}`;
  },
};
