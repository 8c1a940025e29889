import { firstDayOf, lastDayOf, period as toPeriod, periodsBetween } from '../../../domain/plain-date';
import { fenOf, formatFen } from '../amounts';
import { party, type ReportSection } from '../components';
import { html, type Html } from '../html';
import { both, breachKind, label, monthLabel, type Label } from '../labels';
import type { RegionView } from '../model';
import type { BreachRow, StatementRow } from '../../summary';
import { institutionGrid } from './month-grid';

/** What a month was for an institution, from the gravest; the sign is a character, so it is read aloud, printed and copied. */
const SIGNS: readonly { sign: string; css: string; label: Label; of: (cell: Month) => readonly string[] }[] = [
  {
    sign: '停',
    css: 'm',
    label: label('暂停支付的月份', 'Fund payments suspended'),
    of: ({ suspended }) => suspended,
  },
  { sign: '违', css: 'l', label: label('当月发出违约通知', 'Breach noticed'), of: ({ noticed }) => noticed },
  { sign: '复', css: 'c', label: label('当月恢复支付', 'Resumed'), of: ({ resumed }) => resumed },
  { sign: '✓', css: 'o', label: label('当月货款已确认，元', 'Confirmed, in yuan'), of: ({ confirmed }) => confirmed },
];
const NOTHING = label('无确认', 'Nothing confirmed');

/** Words for each sign that applies to an institution in a month; empty where it does not. */
interface Month {
  confirmed: string[];
  noticed: string[];
  suspended: string[];
  resumed: string[];
}

/** Of one institution in one month. */
export function monthOf(month: string, statements: readonly StatementRow[], breaches: readonly BreachRow[]): Month {
  const period = toPeriod(month);
  const [first, last] = [firstDayOf(period), lastDayOf(period)];
  const kinds = (rows: readonly BreachRow[]): string[] => [...new Set(rows.map(({ kind }) => breachKind(kind).zh))];
  const within = (day: string | null): boolean => day !== null && day >= first && day <= last;
  return {
    confirmed: statements.filter((one) => one.period === month).map(({ net }) => formatFen(fenOf(net))),
    noticed: kinds(breaches.filter(({ noticeOn }) => within(noticeOn))),
    resumed: kinds(breaches.filter(({ resumedOn }) => within(resumedOn))),
    suspended: kinds(
      breaches.filter(
        ({ suspendedFrom, resumedOn }) =>
          suspendedFrom !== null && suspendedFrom <= last && (resumedOn === null || resumedOn > first),
      ),
    ),
  };
}

function cell(month: string, content: Month): Html {
  const found = SIGNS.flatMap(({ sign, css, of }) => {
    const words = of(content);
    return words.length > 0 ? [{ sign, css, words }] : [];
  });
  return html`<td class="${found[0]?.css ?? 'n'}" data-m="${monthLabel(month)}">
    ${found.length === 0 ? html`<b>—</b>` : found.map(({ sign, words }) => html`<b>${sign}</b> <span class="why">${words.join('、')}</span> `)}
  </td>`;
}

function monthsOf(statements: readonly StatementRow[], breaches: readonly BreachRow[]): string[] {
  const days = breaches.flatMap(({ noticeOn, suspendedFrom, resumedOn }) => [noticeOn, suspendedFrom, resumedOn]);
  const months = [...statements.map(({ period }) => period), ...days.flatMap((day) => (day ? [day.slice(0, 7)] : []))];
  months.sort();
  return periodsBetween(toPeriod(months[0]!), toPeriod(months.at(-1)!));
}

function render({ input }: RegionView): Html {
  const { statements, breaches } = input.summary;
  const months = monthsOf(statements, breaches);
  const ids = [...new Set([...statements, ...breaches].map(({ institution }) => institution))].sort();
  const rows = ids.map((id) => {
    const own = {
      statements: statements.filter(({ institution }) => institution === id),
      breaches: breaches.filter(({ institution }) => institution === id),
    };
    return {
      row: html`<tr>
        <th scope="row">${party(input.names, id)}</th>
        ${months.map((month) => cell(month, monthOf(month, own.statements, own.breaches)))}
      </tr> `,
      needsAttention: own.breaches.length > 0,
    };
  });
  return html`<ul class="legend">
      ${SIGNS.map(({ sign, css, label: name }) => html`<li><b class="sign ${css}">${sign}</b>${both(name)}</li>`)}
      <li><b class="sign n">—</b>${both(NOTHING)}</li>
    </ul>
    ${institutionGrid({
      months,
      rows,
      caption: label('每家逐月：货款确认、违约通知、暂停与恢复', 'Windows, breaches and suspensions per institution'),
      troubled: label('有违约的机构', 'With breaches'),
      fine: label('无违约的机构', 'Without breaches'),
    })}`;
}

export const windowGridSection: ReportSection = {
  id: 'window-months',
  title: label('机构逐月货款与违约', 'Windows and breaches month by month'),
  applies: ({ input }) => input.summary.statements.length > 0,
  render,
};
