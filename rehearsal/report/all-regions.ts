import { sum } from '../../domain/money';
import type { PaymentRow } from '../summary';
import { count, fenOf, formatFen, money } from './amounts';
import { table, tag } from './components';
import { html, type Html } from './html';
import { both, label, type Label } from './labels';
import type { RegionView } from './model';
import { attentionFigures, fundFigures, moneyFigures, settlementFigures } from './sections/key-figures';

/** What regions paid beside prepayments; a column that would be empty for all is left out. */
const OTHER_MONEY: readonly { name: Label; of: (view: RegionView) => bigint }[] = [
  { name: label('已支付企业', 'Paid to enterprises'), of: ({ input }) => paidOf(input.summary.payments) },
  {
    name: label('月预拨', 'Pre-allocated'),
    of: ({ input }) => sum(input.summary.preallocations.map(({ amount }) => fenOf(amount))),
  },
  {
    name: label('月结算支付', 'Funds paid'),
    of: ({ input }) => sum(input.summary.settlements.map(({ paid }) => fenOf(paid))),
  },
];

function paidOf(payments: readonly PaymentRow[]): bigint {
  return sum(payments.filter(({ state }) => state === 'succeeded').map(({ amount }) => fenOf(amount)));
}

/** The regions side by side, and together: only where there are several. */
export function allRegions(views: readonly RegionView[]): Html {
  const add = (pick: (view: RegionView) => bigint): bigint => sum(views.map(pick));
  const number = (pick: (view: RegionView) => number): number => views.reduce((total, view) => total + pick(view), 0);
  const totals = {
    disbursed: add((view) => view.totals.disbursed),
    returned: add((view) => view.totals.returned),
    moved: add((view) => view.totals.moved),
    outstanding: add((view) => view.totals.outstanding),
    lateAmount: add((view) => view.totals.lateAmount),
    missingAmount: add((view) => view.totals.missingAmount),
    late: number((view) => view.totals.late),
    missing: number((view) => view.totals.missing),
    corrected: number((view) => view.totals.corrected),
    alerts: number((view) => view.totals.alerts),
  };
  const others = OTHER_MONEY.filter(({ of }) => views.some((view) => of(view) !== 0n));
  const list = table({
    caption: label('各地区，元', 'Region by region, in yuan'),
    className: 'wide',
    columns: [
      { label: label('地区', 'Region') },
      ...(
        [
          '已拨付 Disbursed',
          '已返还 Returned',
          '已转入基金 Moved',
          '未收回 Outstanding',
          '迟到 Late',
          '未到账 Missing',
        ] as const
      ).map((text) => ({ label: label(text.split(' ')[0]!, text.split(' ')[1]!), kind: 'num' as const })),
      ...others.map(({ name }) => ({ label: name, kind: 'num' as const })),
      { label: label('不变量', 'Invariants') },
    ],
    rows: views.map((view) => [
      html`<a href="#${view.anchor}">${view.input.regionName}</a>
        <span class="code">${view.input.summary.region}</span>`,
      money(view.totals.disbursed),
      money(view.totals.returned),
      money(view.totals.moved),
      money(view.totals.outstanding),
      count(view.totals.late),
      count(view.totals.missing),
      ...others.map(({ of }) => money(of(view))),
      view.input.summary.invariants.length === 0
        ? tag('warn', label('未检查', 'not checked'))
        : view.failing.length === 0
          ? tag('good', label('成立', 'hold'))
          : tag('bad', label('不成立', 'fail')),
    ]),
    foot: [
      both(label('合计', 'Total')),
      ...[totals.disbursed, totals.returned, totals.moved, totals.outstanding].map(formatFen),
      count(totals.late),
      count(totals.missing),
      ...others.map(({ of }) => formatFen(add(of))),
      '',
    ],
  });
  return html`<section class="sec" id="all" aria-labelledby="all-h">
    <h2 id="all-h">${both(label('各地区合计', 'All regions'))}</h2>
    <div class="allfigures">
      ${moneyFigures(totals)}${settlementFigures(views)}${fundFigures(views)}${attentionFigures(totals)}
    </div>
    ${list}
  </section>`;
}
