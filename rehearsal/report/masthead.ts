import { basename } from 'node:path';
import { sum } from '../../domain/money';
import { count } from './amounts';
import { html, type Html } from './html';
import type { ReportInput } from './input';
import { invariantLabel, monthLabel } from './labels';
import type { RegionView } from './model';

function span(view: RegionView): string {
  const first = view.months[0];
  const last = view.months.at(-1);
  if (!first || !last) return '';
  if (first === last) return monthLabel(first, true);
  return `${monthLabel(first, true)}至${monthLabel(last, first.slice(0, 4) !== last.slice(0, 4))}`;
}

function verdict(views: readonly RegionView[]): Html {
  const all = sum(views.map((view) => BigInt(view.input.summary.invariants.length)));
  const failing = views.flatMap((view) => view.failing.map((name) => ({ view, name })));
  if (views.some((view) => view.input.summary.invariants.length === 0))
    return html`<div class="verdict bad" data-verdict="none">
      <span class="big" aria-hidden="true">?</span>
      <div>
        <p>有地区没有检查不变量 <span class="en" lang="en">A region has no invariants checked</span></p>
      </div>
    </div>`;
  if (failing.length === 0)
    return html`<div class="verdict" data-verdict="ok">
      <span class="big" aria-hidden="true">✓</span>
      <div>
        <p>全部 ${String(all)} 项不变量成立 <span class="en" lang="en">All invariants hold</span></p>
        <p>每一项的检查结果见“不变量”一节。</p>
      </div>
    </div>`;
  return html`<div class="verdict bad" data-verdict="failing">
    <span class="big" aria-hidden="true">✗</span>
    <div>
      <p>
        ${count(failing.length)} 项不变量不成立
        <span class="en" lang="en">${count(failing.length)} of ${String(all)} invariants fail</span>
      </p>
      <p>
        ${failing.map(
          ({ view, name }, index) =>
            html`${index > 0 && '、'}<a href="#${view.anchor}-invariants"
                >${views.length > 1 && `${view.input.regionName} · `}${invariantLabel(name).zh}</a
              >`,
        )}
      </p>
    </div>
  </div>`;
}

function policies(views: readonly RegionView[]): Html[] {
  const lines = new Map<string, Html>();
  for (const { input } of views)
    for (const { id, version, sha256 } of input.summary.policies) {
      const document = input.documents?.[id];
      lines.set(
        `${id} ${version} ${sha256}`,
        html`<div>
          ${document && html`<div>${document.number}</div>`}
          <div class="code">${id} ${version}</div>
          <div class="code" title="SHA-256 ${sha256}">SHA-256 ${sha256.slice(0, 12)}…</div>
        </div>`,
      );
    }
  return [...lines.values()];
}

function facts(input: ReportInput, views: readonly RegionView[]): Html {
  const { command, seed, scenario, webUiHint } = input.generatedFrom;
  const sources = [...new Set(views.map((view) => view.input.summary.calendar.source))];
  return html`<dl class="facts">
    <div>
      <dt>政策 Policy</dt>
      <dd>${policies(views)}</dd>
    </div>
    <div>
      <dt>日历 Calendar</dt>
      <dd>${sources.map((source) => html`<div>${source}</div>`)}</dd>
    </div>
    <div>
      <dt>场景与种子 Scenario, seed</dt>
      <dd>${scenario === undefined ? '人人按时 everybody on time' : basename(scenario)} · ${seed}</dd>
    </div>
    ${
      webUiHint &&
      html`<div class="screen">
        <dt>流程历史 Workflow histories</dt>
        <dd><span class="code">${webUiHint}</span></dd>
      </div>`
    }
    <div class="command">
      <dt>命令 Command</dt>
      <dd><span class="code">${command}</span></dd>
    </div>
  </dl>`;
}

/** The regions by name; many are the first three and a number. */
export function title(views: readonly RegionView[]): string {
  const names = views.map((view) => view.input.regionName);
  return names.length > 4 ? `${names.slice(0, 3).join('、')}等 ${names.length} 个地区` : names.join('、');
}

/** The head of the page: what was rehearsed, whether it holds, and under which policy, calendar and command. */
export function masthead(input: ReportInput, views: readonly RegionView[]): Html {
  const provisional = views.some((view) => view.input.summary.calendar.provisional);
  return html`<header class="mast">
    <div class="in">
      <p class="over">政策年度预演报告 <span lang="en">· Policy-year rehearsal</span></p>
      <h1>${title(views)}</h1>
      <p class="period">
        ${[...new Set(views.map(span))].join('、')}
        <span class="en" lang="en"
          >${[...new Set(views.map(({ input: { summary } }) => `${summary.from} to ${summary.to}`))].join(', ')}</span
        >
      </p>
      ${verdict(views)}
      ${provisional && html`<p class="provisional" data-provisional>暂定日历：有年份尚未公布放假安排，按周末推算，结果仅供参考。 <span class="en" lang="en">Provisional calendar: a year is not published yet, weekends are assumed.</span></p>`}
      ${facts(input, views)}
    </div>
  </header>`;
}
