import { createHash } from 'node:crypto';
import { sum } from '../../domain/money';
import { count, formatFen, money } from './amounts';
import { table, tag } from './components';
import { html, raw, type Html } from './html';
import type { ReportInput } from './input';
import { both, label, monthLabel } from './labels';
import type { RegionView } from './model';
import { SCRIPT } from './script';
import { SECTIONS } from './sections';
import { attentionFigures, moneyFigures } from './sections/key-figures';
import { BASE } from './style/base';
import { PARTS } from './style/parts';
import { VIEWS } from './style/views';

/** Nothing may be loaded from anywhere, and no script runs but the one whose hash this is. */
const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'; base-uri 'none'; form-action 'none'`;

const NUMERALS = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'] as const;

/** Section numbers as Chinese documents have them: 一 to 十九. */
function numeral(position: number): string {
  return position <= 10 ? NUMERALS[position - 1]! : `十${NUMERALS[position - 11] ?? ''}`;
}

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
  if (all === 0n)
    return html`<div class="verdict bad" data-verdict="none">
      <span class="big" aria-hidden="true">?</span>
      <div>
        <p>没有检查不变量 <span class="en" lang="en">No invariant was checked</span></p>
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
                >${views.length > 1 && `${view.input.regionName} · `}${name}</a
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
      <dd>${scenario ?? '人人按时 everybody on time'} · ${seed}</dd>
    </div>
    <div>
      <dt>命令 Command</dt>
      <dd><span class="code">${command}</span></dd>
    </div>
    ${
      webUiHint &&
      html`<div class="screen">
        <dt>流程历史 Workflow histories</dt>
        <dd><span class="code">${webUiHint}</span></dd>
      </div>`
    }
  </dl>`;
}

function masthead(input: ReportInput, views: readonly RegionView[]): Html {
  const provisional = views.some((view) => view.input.summary.calendar.provisional);
  return html`<header class="mast">
    <div class="in">
      <p class="over">政策年度预演报告 <span lang="en">· Policy-year rehearsal</span></p>
      <h1>${views.map((view) => view.input.regionName).join(' · ')}</h1>
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

function contents(views: readonly RegionView[]): Html {
  return html`<nav class="toc" id="toc" aria-label="目录 Contents">
    <div>
      <div class="lists">
        ${views.length > 1 && html`<div><a class="rg" href="#all">各地区 All regions</a></div>`}${views.map(
          (view) =>
            html`<div>
              <a class="rg" href="#${view.anchor}">${view.input.regionName}</a>
              <ul>
                ${SECTIONS.filter((section) => section.applies(view)).map((section) => html`<li><a href="#${view.anchor}-${section.id}">${section.title.zh}</a></li>`)}
              </ul>
            </div>`,
        )}
      </div>
    </div>
  </nav>`;
}

/** The regions side by side, and together: only where there are several. */
function together(views: readonly RegionView[]): Html {
  const add = (pick: (view: RegionView) => bigint): bigint => sum(views.map(pick));
  const number = (pick: (view: RegionView) => number): number => views.reduce((total, view) => total + pick(view), 0);
  const totals = {
    disbursed: add((view) => view.totals.disbursed),
    returned: add((view) => view.totals.returned),
    moved: add((view) => view.totals.moved),
    outstanding: add((view) => view.totals.outstanding),
    lateAmount: add((view) => view.totals.lateAmount),
    missingAmount: add((view) => view.totals.missingAmount),
    late: number((view) => view.totals.late),
    missing: number((view) => view.totals.missing),
    corrected: number((view) => view.totals.corrected),
    alerts: number((view) => view.totals.alerts),
  };
  const list = table({
    caption: label('各地区，元', 'Region by region, in yuan'),
    className: 'wide',
    columns: [
      { label: label('地区', 'Region') },
      ...(
        [
          '已拨付 Disbursed',
          '已返还 Returned',
          '已转入基金 Moved',
          '未收回 Outstanding',
          '迟到 Late',
          '未到账 Missing',
        ] as const
      ).map((text) => ({ label: label(text.split(' ')[0]!, text.split(' ')[1]!), kind: 'num' as const })),
      { label: label('不变量', 'Invariants') },
    ],
    rows: views.map((view) => [
      html`<a href="#${view.anchor}">${view.input.regionName}</a>
        <span class="code">${view.input.summary.region}</span>`,
      money(view.totals.disbursed),
      money(view.totals.returned),
      money(view.totals.moved),
      money(view.totals.outstanding),
      count(view.totals.late),
      count(view.totals.missing),
      view.failing.length === 0 ? tag('good', label('成立', 'hold')) : tag('bad', label('不成立', 'fail')),
    ]),
    foot: [
      both(label('合计', 'Total')),
      ...[totals.disbursed, totals.returned, totals.moved, totals.outstanding].map(formatFen),
      count(totals.late),
      count(totals.missing),
      '',
    ],
  });
  return html`<section class="sec" id="all" aria-labelledby="all-h">
    <h2 id="all-h">${both(label('各地区合计', 'All regions'))}</h2>
    <div class="allfigures">${moneyFigures(totals)}${attentionFigures(totals)}</div>
    ${list}
  </section>`;
}

function region(view: RegionView, alone: boolean): Html {
  const sections = SECTIONS.filter((section) => section.applies(view));
  return html`<section class="region" id="${view.anchor}" aria-labelledby="${view.anchor}-h">
    <header class="${alone ? 'only' : ''}">
      <h2 id="${view.anchor}-h">${view.input.regionName} <span class="code">${view.input.summary.region}</span></h2>
    </header>
    ${sections.map(
      (section, index) =>
        html`<section class="sec" id="${view.anchor}-${section.id}" aria-labelledby="${view.anchor}-${section.id}-h">
          <h3 id="${view.anchor}-${section.id}-h">${numeral(index + 1)}、${both(section.title)}</h3>
          ${section.render(view)}
        </section> `,
    )}
  </section>`;
}

/** The whole page. */
export function page(input: ReportInput, views: readonly RegionView[]): Html {
  const title = `${views.map((view) => view.input.regionName).join('、')} 政策年度预演报告`;
  return html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="${raw(CONTENT_SECURITY_POLICY)}" />
        <title>${title}</title>
        ${raw(`<style>${BASE + PARTS + VIEWS}</style>`)}
      </head>
      <body>
        <a class="skip" href="#main">跳到正文 Skip to content</a>
        ${masthead(input, views)}
        <div class="shell">
          ${contents(views)}
          <main id="main">
            ${views.length > 1 && together(views)}${views.map((view) => region(view, views.length === 1))}
            <footer class="foot">
              <p>
                金额单位为元，保留两位小数；日期为北京时间。数字取自 summary.json，逐笔分录见 journal.csv，逐条经过见
                timeline.csv。
              </p>
              <p lang="en">
                Amounts are yuan with two places; dates are Asia/Shanghai. The figures are those of summary.json; every
                posting is in journal.csv, every step in timeline.csv.
              </p>
            </footer>
          </main>
        </div>
        <a class="totop" href="#toc">目录 <span lang="en">Contents</span></a>
        ${raw(`<script>${SCRIPT}</script>`)}
      </body>
    </html> `;
}
