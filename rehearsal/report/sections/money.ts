import { sum } from '../../../domain/money';
import { money } from '../amounts';
import { drawMonthly } from '../charts';
import { table, type ReportSection } from '../components';
import { html, type Content, type Html } from '../html';
import { both, label, monthLabel, POOL_KEYS, POOLS, type Label } from '../labels';
import type { MonthFlow, RegionView } from '../model';

const FLOWS: readonly { key: 'prepaid' | 'returned' | 'moved' | 'outstanding'; label: Label }[] = [
  { key: 'prepaid', label: label('预付拨付', 'Prepaid') },
  { key: 'returned', label: label('返还到账', 'Returned') },
  { key: 'moved', label: label('转入基金账户', 'Moved to the fund') },
  { key: 'outstanding', label: label('月末未收回', 'Outstanding at month end') },
];

function charts(view: RegionView): Html {
  const legend = POOL_KEYS.map((key) => html`<li><i class="sw pool-${key}"></i>${both(POOLS[key])}</li>`);
  return html`<ul class="legend">
      ${legend}
      <li class="unit">${both(label('单位：万元', 'in 10,000 yuan'))}</li>
    </ul>
    <div class="charts">
      ${FLOWS.map(
        (flow) =>
          html`<figure>
            <figcaption>${both(flow.label)}</figcaption>
            ${drawMonthly({
              id: `${view.anchor}-${flow.key}`,
              title: `${flow.label.zh}，逐月按基金；数字见下表`,
              months: view.months,
              values: view.flows.map((month) => month[flow.key]),
            })}
          </figure>`,
      )}
    </div>`;
}

/** One row per month; under each sum the pools it came from, so that the table reads without the charts. */
function cell(pools: readonly bigint[]): Html {
  const total = sum(pools);
  const parts = POOL_KEYS.flatMap((key, index) => {
    const amount = pools[index] ?? 0n;
    return amount === 0n || amount === total ? [] : [html`<span class="part">${POOLS[key].zh} ${money(amount)}</span>`];
  });
  const only = POOL_KEYS.find((_, index) => total !== 0n && pools[index] === total);
  return html`${money(total)}${only ? html`<span class="part">${POOLS[only].zh}</span>` : parts}`;
}

function months(flows: readonly MonthFlow[]): Html {
  const total = (key: 'prepaid' | 'returned' | 'moved'): Content =>
    cell(POOL_KEYS.map((_, index) => sum(flows.map((flow) => flow[key][index] ?? 0n))));
  const rows = flows.map((flow) => [
    html`<time datetime="${flow.period}">${monthLabel(flow.period, true)}</time>`,
    ...FLOWS.map(({ key }) => cell(flow[key])),
  ]);
  return table({
    caption: label('逐月资金，元', 'Money by month, in yuan'),
    className: 'flows',
    columns: [{ label: label('月份', 'Month') }, ...FLOWS.map((flow) => ({ label: flow.label, kind: 'num' as const }))],
    rows,
    foot: [both(label('合计', 'Total')), total('prepaid'), total('returned'), total('moved'), ''],
  });
}

export const moneySection: ReportSection = {
  id: 'money',
  title: label('逐月资金', 'Money by month and pool'),
  applies: (view) => view.input.summary.prepayments.length > 0 || view.returns.length > 0,
  render: (view) => html`${charts(view)}${months(view.flows)}`,
};
