import { sum } from '../../../domain/money';
import { count, fenOf, money, percent } from '../amounts';
import { collapsed, date, foldedWhenLong, party, table, tag, type ReportSection } from '../components';
import { html, type Html } from '../html';
import { both, exclusionLabel, label, POOL_KEYS, POOLS } from '../labels';
import { poolsOf, type RegionView } from '../model';

/** Why an institution got none, as the disbursement's case tells it: `H65040100016: no-base`. */
function reasons(view: RegionView): Map<string, string> {
  const found = new Map<string, string>();
  for (const { event, detail } of view.input.timeline) {
    if (event !== 'no-prepayment') continue;
    const [institution, reason] = detail.split(': ', 2);
    if (institution && reason) found.set(institution, reason);
  }
  return found;
}

function others(view: RegionView): Html | undefined {
  const paid = new Set(view.input.summary.prepayments.map((row) => row.institution));
  const rest = Object.keys(view.input.names)
    .filter((id) => !paid.has(id))
    .sort();
  if (rest.length === 0) return undefined;
  const why = reasons(view);
  return collapsed(
    html`${both(label('名册中没有预付的机构', 'On the register without a prepayment'))}
      <span class="count">${count(rest.length)} 家</span>`,
    html`<p class="hint">执行情况不符合、基数为零，或经结算主体结算的机构没有自己的预付。</p>
      <ul class="plain">
        ${rest.map((id) => {
          const reason = why.get(id);
          return html`<li>
            ${party(view.input.names, id)}${reason !== undefined && html` <span class="by">${both(exclusionLabel(reason))}</span>`}
          </li>`;
        })}
      </ul>`,
    { print: true },
  );
}

function render(view: RegionView): Html {
  const rows = view.input.summary.prepayments;
  const pools = rows.map((row) => poolsOf(row.pools));
  const name = label('集采预付金', 'Prepayments');
  const list = table({
    caption: label('集采预付金，元', 'Prepayments, in yuan'),
    className: 'wide',
    sortable: true,
    filterable: rows.length > 10,
    columns: [
      { label: label('机构', 'Institution') },
      { label: label('测算基数', 'Base'), kind: 'num' },
      { label: label('比例', 'Ratio'), kind: 'num' },
      { label: label('预付金', 'Prepayment'), kind: 'num' },
      ...POOL_KEYS.map((key) => ({ label: POOLS[key], kind: 'num' as const })),
      { label: label('拨付日', 'Disbursed on'), kind: 'date' },
    ],
    rows: rows.map((row, index) => [
      party(view.input.names, row.institution),
      money(fenOf(row.base)),
      percent(row.ratio),
      money(fenOf(row.amount)),
      ...pools[index]!.map(money),
      row.disbursedOn === null ? tag('warn', label('未拨付', 'Not paid')) : date(row.disbursedOn),
    ]),
    foot: [
      both(label('合计', 'Total')),
      money(sum(rows.map((row) => fenOf(row.base)))),
      '',
      money(sum(rows.map((row) => fenOf(row.amount)))),
      ...POOL_KEYS.map((_, index) => money(sum(pools.map((parts) => parts[index]!)))),
      '',
    ],
  });
  return html`${foldedWhenLong(rows.length, name, list)}${others(view)}`;
}

export const prepaymentsSection: ReportSection = {
  id: 'prepayments',
  title: label('集采预付金', 'Prepayments'),
  applies: (view) => view.input.summary.prepayments.length > 0,
  render,
};
