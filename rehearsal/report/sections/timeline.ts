import type { TimelineRow } from '../../summary';
import { count } from '../amounts';
import { collapsed, type ReportSection } from '../components';
import { html, type Html } from '../html';
import { both, eventLabel, label, monthLabel } from '../labels';
import { periodOf, plainDate } from '../../../domain/plain-date';

/** Rows of one moment, case and event that are written out; a run over thousands of institutions names the first ones. */
const ALIKE_SHOWN = 3;

interface Group {
  first: TimelineRow;
  rows: TimelineRow[];
}

/** Rows of one moment, case and event together, in the order of the timeline. */
function grouped(rows: readonly TimelineRow[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const key = JSON.stringify([row.date, row.time, row.case, row.event]);
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { first: row, rows: [row] });
  }
  return [...groups.values()];
}

function line({ first, rows }: Group): Html {
  const details = rows.slice(0, ALIKE_SHOWN).map((row) => html`<span class="what">${row.detail}</span>`);
  const rest = rows.length - ALIKE_SHOWN;
  const actors = new Set(rows.map((row) => row.actor));
  const name = eventLabel(first.event);
  return html`<tr>
    <th scope="row"><time datetime="${first.date}">${first.date.slice(5)}</time> ${first.time}</th>
    <td>
      <b>${name.zh}</b>
      ${name.en !== '' && html`<span class="code">${first.event}</span>`}${rows.length > 1 && html` <span class="count">×${count(rows.length)}</span>`}${details}${rest > 0 && html`<span class="what">… 另 ${count(rest)} 条</span>`}
    </td>
    <td class="code">${first.case}</td>
    <td class="by">${first.actor}${actors.size > 1 && ` 等 ${count(actors.size)}`}</td>
  </tr> `;
}

function monthTable(month: string, rows: readonly TimelineRow[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${monthLabel(month, true)}时间线">
    <table class="timeline">
      <caption>
        ${monthLabel(month, true)} ${both(label('时间线', 'Timeline'))}
      </caption>
      <thead>
        <tr>
          <th scope="col">${both(label('时间', 'When'))}</th>
          <th scope="col">${both(label('事件', 'Event'))}</th>
          <th scope="col">${both(label('案', 'Case'))}</th>
          <th scope="col">${both(label('经办', 'Actor'))}</th>
        </tr>
      </thead>
      <tbody>
        ${grouped(rows).map(line)}
      </tbody>
    </table>
  </div>`;
}

export const timelineSection: ReportSection = {
  id: 'timeline',
  title: label('时间线', 'Timeline'),
  applies: (view) => view.input.timeline.length > 0,
  render: (view) => {
    const months = new Map<string, TimelineRow[]>();
    for (const row of view.input.timeline) {
      const month = periodOf(plainDate(row.date));
      const rows = months.get(month);
      if (rows) rows.push(row);
      else months.set(month, [row]);
    }
    return html`<p class="hint">
        ${both(label('全部记录在 timeline.csv；同一时刻同类记录合并显示。', 'The full record is timeline.csv; alike rows of one moment are shown together.'))}
      </p>
      ${[...months].map(([month, rows]) =>
        collapsed(
          html`${monthLabel(month, true)} <span class="count">${count(rows.length)} 条</span>`,
          monthTable(month, rows),
        ),
      )}`;
  },
};
