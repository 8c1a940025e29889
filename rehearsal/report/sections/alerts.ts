import { date, foldedWhenLong, table, type ReportSection } from '../components';
import { html } from '../html';
import { both, caseLabel, eventLabel, label } from '../labels';

export const alertsSection: ReportSection = {
  id: 'alerts',
  title: label('提醒', 'Alerts'),
  applies: (view) => view.input.summary.alerts.length > 0,
  render: (view) => {
    const rows = [...view.input.summary.alerts].sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
    const name = label('系统发出的提醒', 'Alerts raised');
    return foldedWhenLong(
      rows.length,
      name,
      table({
        caption: name,
        sortable: true,
        columns: [
          { label: label('日期', 'On'), kind: 'date' },
          { label: label('类别', 'Kind') },
          { label: label('案', 'Case') },
        ],
        rows: rows.map((row) => [
          date(row.on),
          both(eventLabel(row.kind)),
          html`${both(caseLabel(row.case))} <span class="code">${row.case}</span>`,
        ]),
      }),
    );
  },
};
