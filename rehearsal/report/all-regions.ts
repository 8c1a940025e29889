import { sum } from '../../domain/money';
import { count, fenOf, formatFen, money } from './amounts';
import { table, tag } from './components';
import { html, type Html } from './html';
import { both, label, type Label } from './labels';
import type { RegionTotals, RegionView } from './model';
import { attentionFigures, fundFigures, moneyFigures, settlementFigures } from './sections/key-figures';

interface MoneyColumn {
  name: Label;
  of: (view: RegionView) => bigint;
  /** Stands there also where no region has any. */
  always?: boolean;
}

const MONEY: readonly MoneyColumn[] = [
  { name: label('已拨付', 'Disbursed'), of: ({ totals }) => totals.disbursed, always: true },
  { name: label('已返还', 'Returned'), of: ({ totals }) => totals.returned, always: true },
  { name: label('已转入基金', 'Moved'), of: ({ totals }) => totals.moved, always: true },
  { name: label('未收回', 'Outstanding'), of: ({ totals }) => totals.outstanding, always: true },
  {
    name: label('已支付企业', 'Paid to enterprises'),
    of: ({ input: { summary } }) => total(summary.payments.filter(({ state }) => state === 'succeeded')),
  },
  { name: label('月预拨', 'Pre-allocated'), of: ({ input: { summary } }) => total(summary.preallocations) },
  {
    name: label('月结算支付', 'Settled'),
    of: ({ input: { summary } }) => sum(summary.settlements.map(({ paid }) => fenOf(paid))),
  },
];

function total(rows: readonly { amount: string }[]): bigint {
  return sum(rows.map(({ amount }) => fenOf(amount)));
}

function invariants({ input: { summary }, failing }: RegionView): Html {
  if (summary.invariants.length === 0) return tag('warn', label('未检查', 'not checked'));
  return failing.length === 0 ? tag('good', label('成立', 'hold')) : tag('bad', label('不成立', 'fail'));
}

function totalsOf(views: readonly RegionView[]): RegionTotals {
  const fen = (pick: (totals: RegionTotals) => bigint): bigint => sum(views.map(({ totals }) => pick(totals)));
  const number = (pick: (totals: RegionTotals) => number): number =>
    views.reduce((counted, { totals }) => counted + pick(totals), 0);
  return {
    disbursed: fen(({ disbursed }) => disbursed),
    returned: fen(({ returned }) => returned),
    moved: fen(({ moved }) => moved),
    outstanding: fen(({ outstanding }) => outstanding),
    lateAmount: fen(({ lateAmount }) => lateAmount),
    missingAmount: fen(({ missingAmount }) => missingAmount),
    late: number(({ late }) => late),
    missing: number(({ missing }) => missing),
    corrected: number(({ corrected }) => corrected),
    alerts: number(({ alerts }) => alerts),
  };
}

/** The regions side by side, and together: only where there are several. */
export function allRegions(views: readonly RegionView[]): Html {
  const totals = totalsOf(views);
  const columns = MONEY.filter(({ of, always }) => always === true || views.some((view) => of(view) !== 0n));
  const list = table({
    caption: label('各地区，元', 'Region by region, in yuan'),
    className: 'wide',
    columns: [
      { label: label('地区', 'Region') },
      { label: label('不变量', 'Invariants') },
      { label: label('迟到', 'Late'), kind: 'num' },
      { label: label('未到账', 'Missing'), kind: 'num' },
      ...columns.map(({ name }) => ({ label: name, kind: 'num' as const })),
    ],
    rows: views.map((view) => [
      html`<a href="#${view.anchor}">${view.input.regionName}</a>
        <span class="code">${view.input.summary.region}</span>`,
      invariants(view),
      count(view.totals.late),
      count(view.totals.missing),
      ...columns.map(({ of }) => money(of(view))),
    ]),
    foot: [
      both(label('合计', 'Total')),
      '',
      count(totals.late),
      count(totals.missing),
      ...columns.map(({ of }) => formatFen(sum(views.map(of)))),
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
