import { count, formatFen } from '../amounts';
import type { ReportSection } from '../components';
import { html, type Html } from '../html';
import { both, label, monthLabel, type Label } from '../labels';
import type { InstitutionView, RegionView, ReturnStanding, ReturnView } from '../model';
import { institutionGrid, monthGrid } from './month-grid';

/** Sign, colour class and words of each standing. The sign is a character, so it is read aloud, printed and copied. */
export const STANDINGS: Readonly<Record<ReturnStanding, { sign: string; css: string; label: Label }>> = {
  'on-time': { sign: '✓', css: 'o', label: label('按时', 'On time') },
  late: { sign: '迟', css: 'l', label: label('20日后、当月内到账', 'Late, within the month') },
  corrected: { sign: '补', css: 'c', label: label('月末未到账，后来补交', 'Missing, paid later') },
  missing: { sign: '欠', css: 'm', label: label('未到账', 'Missing') },
  pending: { sign: '待', css: 'p', label: label('未到期', 'Not yet due') },
  none: { sign: '—', css: 'n', label: label('无返还', 'None') },
};

function cell(month: string, found: ReturnView | undefined): Html {
  const { sign, css } = STANDINGS[found?.standing ?? 'none'];
  return html`<td class="${css}" data-m="${monthLabel(month)}">
    <b>${sign}</b>${found && css !== 'n' && html` ${formatFen(found.amount)}`}
  </td>`;
}

function row(institution: InstitutionView, months: readonly string[]): Html {
  return html`<tr>
    <th scope="row">${institution.name} <span class="code">${institution.id}</span></th>
    ${months.map((month) => cell(month, institution.returns.get(month)))}
  </tr> `;
}

/** Per month: how many stood how, so that a region of thousands is read in four lines. */
function summaryRows(view: RegionView, months: readonly string[]): Html {
  const standings = (Object.keys(STANDINGS) as ReturnStanding[]).filter(
    (standing) => standing !== 'none' && view.returns.some((one) => one.standing === standing),
  );
  const perMonth = new Map<string, number>();
  for (const { row: one, standing } of view.returns) {
    const key = `${one.period} ${standing}`;
    perMonth.set(key, (perMonth.get(key) ?? 0) + 1);
  }
  return html`<tbody class="sums">
    ${standings.map((standing) => {
      const { sign, css, label: name } = STANDINGS[standing];
      const cells = months.map((month) => {
        const number = perMonth.get(`${month} ${standing}`) ?? 0;
        return html`<td class="${number > 0 ? css : 'n'}" data-m="${monthLabel(month)}">
          ${number > 0 ? html`${count(number)} <span class="unit">家</span>` : '—'}
        </td>`;
      });
      return html`<tr>
        <th scope="row"><b class="sign ${css}">${sign}</b> ${both(name)}</th>
        ${cells}
      </tr>`;
    })}
  </tbody>`;
}

function render(view: RegionView): Html {
  const months = [...new Set(view.returns.map((one) => one.row.period))].sort();
  const rows = view.institutions.filter((one) => one.returns.size > 0);
  const sums = monthGrid(label('每月各有几家', 'How many, month by month'), months, summaryRows(view, months));
  const legend = html`<ul class="legend">
    ${Object.values(STANDINGS).map(({ sign, css, label: name }) => html`<li><b class="sign ${css}">${sign}</b>${both(name)}</li>`)}
  </ul>`;
  return html`${legend}${sums}${institutionGrid({
    months,
    rows: rows.map((one) => ({ row: row(one, months), needsAttention: one.needsAttention })),
    caption: label('每家逐月应返还金额，元', 'Return due per institution, in yuan'),
    troubled: label('有迟到或未到账的机构', 'With late or missing returns'),
    fine: label('全部按时的机构', 'All on time'),
  })}`;
}

export const matrixSection: ReportSection = {
  id: 'institutions',
  title: label('机构逐月返还', 'Institutions month by month'),
  applies: (view) => view.returns.length > 0,
  render,
};
