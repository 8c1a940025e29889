import { createHash } from 'node:crypto';
import { allRegions } from './all-regions';
import { html, raw, type Html } from './html';
import type { ReportInput } from './input';
import { both } from './labels';
import type { RegionView } from './model';
import { masthead, title } from './masthead';
import { SCRIPT } from './script';
import { SECTIONS } from './sections';
import { BASE } from './style/base';
import { PARTS } from './style/parts';
import { VIEWS } from './style/views';

/** Nothing may be loaded from anywhere, and no script runs but the one whose hash this is. */
const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'; base-uri 'none'; form-action 'none'`;

const NUMERALS = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'] as const;

/** Section numbers as Chinese documents have them: 一 to 九十九. */
function numeral(position: number): string {
  if (position <= 10) return NUMERALS[position - 1]!;
  const tens = Math.floor(position / 10);
  return `${tens > 1 ? NUMERALS[tens - 1]! : ''}十${NUMERALS[(position % 10) - 1] ?? ''}`;
}

function contents(views: readonly RegionView[]): Html {
  const list = (view: RegionView): Html =>
    html`<ul>
      ${SECTIONS.filter((section) => section.applies(view)).map((section) => html`<li><a href="#${view.anchor}-${section.id}">${section.title.zh}</a></li>`)}
    </ul>`;
  const alone = views.length === 1;
  return html`<nav class="toc" id="toc" aria-label="目录 Contents">
    <div>
      ${
        alone
          ? views.map(list)
          : html`<a class="rg" href="#all">各地区合计</a>${views.map(
                (view) =>
                  html`<details>
                    <summary>${view.input.regionName}</summary>
                    ${list(view)}
                  </details>`,
              )}`
      }
    </div>
  </nav>`;
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
  return html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="${raw(CONTENT_SECURITY_POLICY)}" />
        <title>${title(views)} 政策年度预演报告</title>
        ${raw(`<style>${BASE + PARTS + VIEWS}</style>`)}
      </head>
      <body>
        <a class="skip" href="#main">跳到正文 Skip to content</a>
        ${masthead(input, views)}
        <div class="shell">
          ${contents(views)}
          <main id="main">
            ${views.length > 1 && allRegions(views)}${views.map((view) => region(view, views.length === 1))}
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
