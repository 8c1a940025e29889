import { daysBetween, plainDate } from '../../../domain/plain-date';
import { money } from '../amounts';
import { date, longTable, party, tag, type ReportSection } from '../components';
import { html, type Content, type Html } from '../html';
import { label } from '../labels';
import { isException, type RegionView, type ReturnView } from '../model';

function state({ standing }: ReturnView): Html {
  if (standing === 'late') return tag('warn', label('迟到', 'Late'));
  if (standing === 'corrected') return tag('bad', label('未到账，已补交', 'Missing, paid later'));
  return tag('bad', label('未到账', 'Missing'));
}

function daysLate({ row }: ReturnView): Content {
  return row.receivedOn === null ? '—' : daysBetween(plainDate(row.dueOn), plainDate(row.receivedOn));
}

/** What it means, in words: 四（一） for the date, 五（一） for what follows when the month ends. */
function story({ row, standing }: ReturnView): Html {
  if (standing === 'late') return html`当月内到账，予以提醒，不构成违约。`;
  const following = row.receivedOn === null ? html`期末仍欠。` : html`${row.receivedOn} 补交。`;
  return html`当月末未到账，构成违约（五（一））。${following}`;
}

function render(view: RegionView): Html {
  const rows = view.returns.filter((one) => isException(one.standing));
  if (rows.length === 0)
    return html`<p class="fine">
      全部返还在 20 日前到账。<span class="en" lang="en">Every return arrived by its day.</span>
    </p>`;
  const name = label('迟到与未到账的返还', 'Late and missing returns');
  return longTable({
    caption: name,
    columns: [
      { label: label('机构', 'Institution') },
      { label: label('所属月份', 'Period'), kind: 'date' },
      { label: label('情况', 'What happened') },
      { label: label('金额，元', 'Amount'), kind: 'num' },
      { label: label('应到', 'Due'), kind: 'date' },
      { label: label('到账', 'Arrived'), kind: 'date' },
      { label: label('迟几天', 'Days late'), kind: 'num' },
      { label: label('转入基金', 'To the fund'), kind: 'date' },
    ],
    rows: rows.map((one) => [
      party(view.input.names, one.row.institution),
      one.row.period,
      html`${state(one)} <span class="what">${story(one)}</span>`,
      money(one.amount),
      date(one.row.dueOn),
      date(one.row.receivedOn),
      daysLate(one),
      date(one.row.toFundOn),
    ]),
  });
}

export const exceptionsSection: ReportSection = {
  id: 'exceptions',
  title: label('迟到与未到账', 'Late and missing returns'),
  applies: (view) => view.returns.length > 0,
  render,
};
