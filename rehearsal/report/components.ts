import { createHash } from 'node:crypto';
import { count } from './amounts';
import { html, raw, type Content, type Html } from './html';
import { both, label, PAYMENT_STATES, type Label } from './labels';
import type { RegionView } from './model';

/** One part of a region's report. It is left out, of the contents too, where `applies` says that there is nothing. */
export interface ReportSection {
  /** Anchor within the region, of letters and hyphens. */
  id: string;
  title: Label;
  applies: (view: RegionView) => boolean;
  render: (view: RegionView) => Html;
}

export interface Column {
  label: Label;
  /** `num` for amounts and counts: right-aligned, digits of one width. */
  kind?: 'text' | 'num' | 'date';
}

interface TableOptions {
  caption: Label;
  columns: Column[];
  /** The first cell of a row is its heading. */
  rows: Content[][];
  foot?: Content[];
  className?: string;
  /** With script: column headings sort. */
  sortable?: boolean;
  /** With script: a box above the table filters its rows. */
  filterable?: boolean;
}

/**
 * On a phone a row becomes a card, and each cell carries its column's name. The names are written once a table, in its
 * style, since a label in every cell would double a page of thousands of rows. They are fixed texts of this program.
 */
function phoneLabels(columns: readonly Column[]): { className: string; style: Html } {
  const names = columns.map((column) => column.label.zh);
  const className = `c${createHash('sha256').update(names.join('|')).digest('hex').slice(0, 8)}`;
  const rules = names.map((name, index) =>
    index === 0 ? '' : `.${className} td:nth-child(${index + 1})::before{content:${JSON.stringify(name)}}`,
  );
  return { className, style: raw(`<style>@media (max-width:640px){${rules.join('')}}</style>`) };
}

/** A table in a frame that scrolls sideways by itself where the screen is narrow, reachable by keyboard. */
export function table(options: TableOptions): Html {
  const phone = phoneLabels(options.columns);
  const kinds = options.columns.map((column) => column.kind ?? 'text');
  const cell = (content: Content, index: number): Html =>
    index === 0 ? html`<th scope="row">${content}</th>` : html`<td class="${kinds[index]}">${content}</td>`;
  return html`${phone.style}
    <div class="scroll" tabindex="0" role="region" aria-label="${options.caption.zh} ${options.caption.en}">
      <table
        class="cards ${phone.className} ${options.className ?? ''}"
        ${options.sortable ? html` data-sort` : ''}${options.filterable ? html` data-filter` : ''}
      >
        <caption>
          ${both(options.caption)}
        </caption>
        <thead>
          <tr>
            ${options.columns.map((column, index) => html`<th scope="col" class="${kinds[index]}">${both(column.label)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${options.rows.map(
            (row) =>
              html`<tr>
                ${row.map(cell)}
              </tr> `,
          )}
        </tbody>
        ${
          options.foot &&
          html`<tfoot>
            <tr>
              ${options.foot.map(cell)}
            </tr>
          </tfoot>`
        }
      </table>
    </div>`;
}

interface CollapsedOptions {
  open?: boolean;
  /** Opened when the page is printed. Long records stay closed on paper: the CSV beside the report has them. */
  print?: boolean;
  id?: string;
}

export function collapsed(summary: Content, body: Content, { open, print, id }: CollapsedOptions = {}): Html {
  return html`<details${id ? html` id="${id}"` : ''}${open ? html` open` : ''}${print ? html` data-print` : ''}><summary>${summary}</summary>
<div class="fold">${body}</div></details>`;
}

/** Rows that fit on a screen or two are shown at once; more are folded away behind their number. */
export const SHOWN_ROWS = 40;

/** A long table folded, a short one as it is. */
export function foldedWhenLong(rows: number, name: Label, body: Html): Html {
  if (rows <= SHOWN_ROWS) return body;
  return collapsed(html`${both(name)} <span class="count">${count(rows)}</span>`, body, { print: true });
}

/** The list most sections show: wide, its columns sort, folded under its caption when it is long. */
export function longTable(options: Omit<TableOptions, 'className' | 'sortable'>): Html {
  const list = table({ ...options, className: 'wide', sortable: true });
  return foldedWhenLong(options.rows.length, options.caption, list);
}

export function date(text: string | null): Html {
  return text === null ? html`<span class="zero">—</span>` : html`<time datetime="${text}">${text}</time>`;
}

/** An institution: its name, and its code under it. */
export function party(names: Readonly<Record<string, string>>, id: string): Html {
  const name = names[id];
  return name === undefined || name === id
    ? html`<span class="code">${id}</span>`
    : html`${name} <span class="code">${id}</span>`;
}

export type Tone = 'good' | 'warn' | 'bad' | 'calm';

/** A state as a small word with its sign; the tone only repeats what the word says. */
export function tag(tone: Tone, text: Label): Html {
  return html`<span class="tag ${tone}">${both(text)}</span>`;
}

const PAYMENT_TONES: Readonly<Record<string, Tone>> = {
  succeeded: 'good',
  failed: 'bad',
  returned: 'bad',
  unknown: 'warn',
  held: 'warn',
};

export function paymentStateTag(state: string): Html {
  return tag(PAYMENT_TONES[state] ?? 'calm', PAYMENT_STATES[state] ?? label(state, ''));
}
