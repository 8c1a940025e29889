import { count } from '../amounts';
import { date, longTable, party, tag, type ReportSection, type Tone } from '../components';
import { html } from '../html';
import { both, breachKind, BREACH_STATES, enterpriseKind, ENTERPRISE_STATES, label } from '../labels';

const TONES: Readonly<Record<string, Tone>> = { noticed: 'warn', closed: 'good', suspended: 'bad', resumed: 'good' };

const ENTERPRISE_TONES: Readonly<Record<string, Tone>> = {
  open: 'warn',
  closed: 'good',
  suspended: 'bad',
  resumed: 'good',
};

export const breachesSection: ReportSection = {
  id: 'breaches',
  title: label('违约与暂停', 'Breaches and suspensions'),
  applies: (view) => view.input.summary.breaches.length > 0,
  render: (view) => {
    const rows = view.input.summary.breaches;
    const name = label('违约通知、改正与暂停支付', 'Notices, corrections and suspensions');
    const suspended = rows.filter((row) => row.suspendedFrom !== null).length;
    const open = rows.filter((row) => row.state === 'suspended' || row.state === 'noticed').length;
    return html`<p class="lead">
        共发出违约通知 ${count(rows.length)} 份，其中 ${count(suspended)} 份导致暂停支付，期末未了结 ${count(open)} 份。
      </p>
      ${longTable({
        caption: name,
        filterable: rows.length > 10,
        columns: [
          { label: label('机构', 'Institution') },
          { label: label('情形', 'Kind') },
          { label: label('所属月份', 'Period'), kind: 'date' },
          { label: label('状态', 'State') },
          { label: label('通知', 'Notice'), kind: 'date' },
          { label: label('限期', 'Deadline'), kind: 'date' },
          { label: label('改正', 'Corrected'), kind: 'date' },
          { label: label('暂停自', 'Suspended'), kind: 'date' },
          { label: label('恢复', 'Resumed'), kind: 'date' },
        ],
        rows: rows.map((row) => [
          party(view.input.names, row.institution),
          both(breachKind(row.kind)),
          row.period,
          tag(TONES[row.state] ?? 'calm', BREACH_STATES[row.state] ?? label(row.state, '')),
          date(row.noticeOn),
          date(row.deadline),
          date(row.correctedOn),
          date(row.suspendedFrom),
          date(row.resumedOn),
        ]),
      })}`;
  },
};

export const enterprisesSection: ReportSection = {
  id: 'enterprises',
  title: label('医药企业履约', 'Enterprises'),
  applies: (view) => view.input.summary.enterpriseCases.length > 0,
  render: (view) => {
    const rows = view.input.summary.enterpriseCases;
    const name = label('企业监测与处理', 'Enterprise cases');
    return longTable({
      caption: name,
      columns: [
        { label: label('企业', 'Enterprise') },
        { label: label('类别', 'Kind') },
        { label: label('所属月份', 'Period'), kind: 'date' },
        { label: label('立案', 'Opened'), kind: 'date' },
        { label: label('限期', 'Deadline'), kind: 'date' },
        { label: label('结案', 'Closed'), kind: 'date' },
        { label: label('状态', 'State') },
      ],
      rows: rows.map((row) => [
        party(view.input.names, row.enterprise),
        both(enterpriseKind(row.kind)),
        row.period,
        date(row.openedOn),
        date(row.deadline),
        date(row.closedOn),
        tag(ENTERPRISE_TONES[row.state] ?? 'calm', ENTERPRISE_STATES[row.state] ?? label(row.state, '')),
      ]),
    });
  },
};
