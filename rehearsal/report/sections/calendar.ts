import { dayOfWeek, firstDayOf, isPlainDate, lastDayOf, type Period, type PlainDate } from '../../../domain/plain-date';
import { count, formatFen } from '../amounts';
import { collapsed, type ReportSection } from '../components';
import { DAY_KINDS, daysOf, type DayEvent, type DayKind, type DaysByDate } from '../days';
import { html, type Html } from '../html';
import { both, label, monthLabel, weekdayLabel } from '../labels';
import { yearMonths, type RegionView } from '../model';
import type { CalendarDay } from '../input';

/** Names listed on one line of a day; the rest is a number, since a region may have thousands of institutions. */
const NAMES_SHOWN = 6;

function mark(kind: DayKind): Html {
  return html`<i class="mk ${DAY_KINDS[kind].mark}"></i>`;
}

/** A weekday off, or a weekend that belongs to a named holiday; other weekends are plain days of rest. */
function isHoliday(day: CalendarDay, weekday: number): boolean {
  return !day.workingDay && (weekday < 6 || day.name !== undefined);
}

/** 休 for a holiday, 班 for a weekend day at work: how Chinese calendars mark what the State Council's notice moved. */
function badge(day: CalendarDay, weekday: number): Html | undefined {
  if (weekday >= 6 && day.workingDay) return html`<sup class="ban" title="调休上班 Make-up working day">班</sup>`;
  if (isHoliday(day, weekday)) return html`<sup class="xiu" title="${day.name ?? '节假日'} Holiday">休</sup>`;
  return undefined;
}

function describe(events: readonly DayEvent[]): string {
  return events.map((event) => `${DAY_KINDS[event.kind].label.zh} ${event.count}`).join('、');
}

function dayCell(date: string, day: CalendarDay | undefined, events: DayEvent[] | undefined, anchor: string): Html {
  const number = Number(date.slice(8));
  const weekday = isPlainDate(date) ? dayOfWeek(date) : 1;
  const className =
    day === undefined ? 'unknown' : day.workingDay ? 'work' : isHoliday(day, weekday) ? 'rest off' : 'rest';
  const sign = day && badge(day, weekday);
  if (!events) return html`<td class="${className}">${number}${sign}</td>`;
  return html`<td class="${className} has">
    <a
      href="#${anchor}-d${date}"
      title="${describe(events)}"
      aria-label="${Number(date.slice(5, 7))}月${number}日：${describe(events)}"
      >${number}${sign}<span class="mks">${events.slice(0, 4).map((event) => mark(event.kind))}</span></a
    >
  </td>`;
}

function monthGrid(month: Period, days: DaysByDate, calendar: Map<string, CalendarDay>, view: RegionView): Html {
  const first = dayOfWeek(firstDayOf(month));
  const last = Number(lastDayOf(month).slice(8));
  const cells: Html[] = Array.from({ length: first - 1 }, () => html`<td></td>`);
  for (let number = 1; number <= last; number += 1) {
    const date = `${month}-${String(number).padStart(2, '0')}` as PlainDate;
    cells.push(dayCell(date, calendar.get(date), days.get(date), view.anchor));
  }
  while (cells.length % 7 !== 0) cells.push(html`<td></td>`);
  const weeks = Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
  const heads = [1, 2, 3, 4, 5, 6, 7].map((day) => html`<th scope="col">${weekdayLabel(day)}</th>`);
  const outside = !view.months.includes(month);
  return html`<table class="month${outside ? ' outside' : ''}">
    <caption>
      ${monthLabel(month, true)}
    </caption>
    <thead>
      <tr>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${weeks.map(
        (week) =>
          html`<tr>
            ${week}
          </tr>`,
      )}
    </tbody>
  </table> `;
}

function names(event: DayEvent): string {
  const shown = event.who.slice(0, NAMES_SHOWN).join('、');
  return event.who.length > NAMES_SHOWN ? `${shown} 等 ${count(event.who.length)} 家` : shown;
}

function dayDetail(date: string, events: readonly DayEvent[], day: CalendarDay | undefined, anchor: string): Html {
  const weekday = isPlainDate(date) ? weekdayLabel(dayOfWeek(date)) : '';
  const off = day && !day.workingDay ? ` · ${day.name ?? '休息日'}` : '';
  return html`<div class="day" id="${anchor}-d${date}">
    <dt>
      <time datetime="${date}">${Number(date.slice(5, 7))}月${Number(date.slice(8))}日</time>
      <span class="wd">星期${weekday}${off}</span>
    </dt>
    ${events.map(
      (event) =>
        html`<dd>
          ${mark(event.kind)}<span
            ><b>${both(DAY_KINDS[event.kind].label)}</b> ${count(event.count)}
            ${event.kind === 'alert' ? '条' : '笔'}${event.amount !== undefined && html` · <b class="amount">${formatFen(event.amount)}</b> 元`}<span
              class="${event.who.length > NAMES_SHOWN ? 'who many' : 'who'}"
              >${names(event)}</span
            ></span
          >
        </dd>`,
    )}
  </div> `;
}

function details(view: RegionView, days: DaysByDate, calendar: Map<string, CalendarDay>): Html {
  const byMonth = new Map<string, Html[]>();
  for (const [date, events] of days) {
    const month = date.slice(0, 7);
    const list = byMonth.get(month) ?? [];
    list.push(dayDetail(date, events, calendar.get(date), view.anchor));
    byMonth.set(month, list);
  }
  return html`<div class="daylist">
    <h4>${both(label('逐日', 'Day by day'))}</h4>
    ${[...byMonth].map(([month, list]) =>
      collapsed(
        html`${monthLabel(month, true)} <span class="count">${list.length} 天</span>`,
        html`<dl class="days">${list}</dl>`,
        { print: true },
      ),
    )}
  </div>`;
}

export const calendarSection: ReportSection = {
  id: 'calendar',
  title: label('年历', 'Calendar'),
  applies: () => true,
  render: (view) => {
    const days = daysOf(view);
    const calendar = new Map(view.input.calendar.map((day) => [day.date, day]));
    const kinds = new Set([...days.values()].flat().map((event) => event.kind));
    const legend = (Object.keys(DAY_KINDS) as DayKind[]).filter((kind) => kinds.has(kind));
    const months = yearMonths(view.months);
    const published = months.every((month) => calendar.has(firstDayOf(month)));
    return html`<ul class="legend cal">
        ${legend.map((kind) => html`<li>${mark(kind)}${both(DAY_KINDS[kind].label)}</li>`)}
        <li><sup class="xiu">休</sup>${both(label('法定节假日', 'Holiday'))}</li>
        <li><sup class="ban">班</sup>${both(label('调休上班', 'Make-up working day'))}</li>
      </ul>
      ${!published && html`<p class="hint">${both(label('斜体日期：日历未提供。', 'Days in italics: no calendar given.'))}</p>`}
      <div class="year">${months.map((month) => monthGrid(month, days, calendar, view))}</div>
      ${details(view, days, calendar)}`;
  },
};
