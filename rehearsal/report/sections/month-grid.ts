import { count } from '../amounts';
import { collapsed, SHOWN_ROWS } from '../components';
import { html, type Html } from '../html';
import { both, label, monthLabel, type Label } from '../labels';

/** One row of a grid of months. */
export interface GridRow {
  row: Html;
  needsAttention: boolean;
}

/** A table with a column a month, in a box that scrolls by itself where the page is narrow. */
export function monthGrid(caption: Label, months: readonly string[], body: Html): Html {
  const years = new Set(months.map((month) => month.slice(0, 4))).size > 1;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption.zh}">
    <table class="matrix">
      <caption>
        ${both(caption)}
      </caption>
      <thead>
        <tr>
          <th scope="col">${both(label('机构', 'Institution'))}</th>
          ${months.map((month) => html`<th scope="col">${monthLabel(month, years)}</th>`)}
        </tr>
      </thead>
      ${body}
    </table>
  </div>`;
}

export interface InstitutionGrid {
  months: readonly string[];
  rows: readonly GridRow[];
  caption: Label;
  /** Captions of the two parts where there are too many rows for one. */
  troubled: Label;
  fine: Label;
}

/** Institutions month by month: one grid, or those that need attention apart from the others, with a field to find one. */
export function institutionGrid({ months, rows, caption, troubled, fine }: InstitutionGrid): Html {
  const body = (some: readonly GridRow[]): Html =>
    html`<tbody>
      ${some.map(({ row }) => row)}
    </tbody>`;
  if (rows.length <= SHOWN_ROWS) return monthGrid(caption, months, body(rows));
  const part = (name: Label, some: readonly GridRow[], open: boolean): Html =>
    collapsed(
      html`${both(name)} <span class="count">${count(some.length)} 家</span>`,
      monthGrid(name, months, body(some)),
      { open },
    );
  const attention = rows.filter((one) => one.needsAttention);
  return html`<div class="finder" hidden>
      <label>${both(label('查找机构', 'Find an institution'))} <input type="search" data-find /></label>
    </div>
    ${attention.length > 0 && part(troubled, attention, attention.length <= SHOWN_ROWS)}
    ${part(
      fine,
      rows.filter((one) => !one.needsAttention),
      false,
    )}`;
}
