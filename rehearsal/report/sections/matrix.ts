import { count, formatFen } from '../amounts';
import { collapsed, SHOWN_ROWS, type ReportSection } from '../components';
import { html, type Html } from '../html';
import { both, label, monthLabel, type Label } from '../labels';
import type { InstitutionView, RegionView, ReturnStanding, ReturnView } from '../model';

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

function head(months: readonly string[]): Html {
  const years = new Set(months.map((month) => month.slice(0, 4))).size > 1;
  return html`<thead>
    <tr>
      <th scope="col">${both(label('机构', 'Institution'))}</th>
      ${months.map((month) => html`<th scope="col">${monthLabel(month, years)}</th>`)}
    </tr>
  </thead>`;
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

function matrix(caption: Label, months: readonly string[], body: Html): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption.zh}">
    <table class="matrix">
      <caption>
        ${both(caption)}
      </caption>
      ${head(months)}${body}
    </table>
  </div>`;
}

function body(rows: readonly InstitutionView[], months: readonly string[]): Html {
  return html`<tbody>
    ${rows.map((one) => row(one, months))}
  </tbody>`;
}

function render(view: RegionView): Html {
  const months = [...new Set(view.returns.map((one) => one.row.period))].sort();
  const rows = view.institutions.filter((one) => one.returns.size > 0);
  const sums = matrix(label('每月各有几家', 'How many, month by month'), months, summaryRows(view, months));
  const legend = html`<ul class="legend">
    ${Object.values(STANDINGS).map(({ sign, css, label: name }) => html`<li><b class="sign ${css}">${sign}</b>${both(name)}</li>`)}
  </ul>`;
  if (rows.length <= SHOWN_ROWS)
    return html`${legend}${sums}${matrix(label('每家逐月应返还金额，元', 'Return due per institution, in yuan'), months, body(rows, months))}`;

  const troubled = rows.filter((one) => one.needsAttention);
  const fine = rows.filter((one) => !one.needsAttention);
  const part = (name: Label, some: InstitutionView[], open: boolean): Html =>
    collapsed(
      html`${both(name)} <span class="count">${count(some.length)} 家</span>`,
      matrix(name, months, body(some, months)),
      {
        open,
      },
    );
  return html`${legend}${sums}
    <div class="finder" hidden>
      <label>${both(label('查找机构', 'Find an institution'))} <input type="search" data-find /></label>
    </div>
    ${troubled.length > 0 && part(label('有迟到或未到账的机构', 'With late or missing returns'), troubled, troubled.length <= SHOWN_ROWS)}
    ${part(label('全部按时的机构', 'All on time'), fine, false)}`;
}

export const matrixSection: ReportSection = {
  id: 'institutions',
  title: label('机构逐月返还', 'Institutions month by month'),
  applies: (view) => view.returns.length > 0,
  render,
};
