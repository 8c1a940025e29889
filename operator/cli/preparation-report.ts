import { formatYuan, sum } from '../../domain/money';
import type { PreparedBody, YearOfPurchases } from '../../domain/preparation';
import { html, raw, type Html } from '../../rehearsal/report/html';
import type { RegionPreparation } from '../commands/prepare';
import { formatCsvLine } from '../files/csv';
import { formatAmount } from './amounts';
import type { CliContext } from './context';
import { formatTable } from './table';

const EXCLUDED = {
  'not-executing-well': '执行不好 not executing well',
  'no-base': '无基数 no base',
  overdue: '逾期未返还 overdue',
} as const;

const yuanOrNothing = (fen: bigint | null | undefined): string =>
  fen === null || fen === undefined ? '' : formatYuan(fen);
const amountOrDash = (fen: bigint | null | undefined): string =>
  fen === null || fen === undefined ? '—' : formatAmount(fen);

const withoutLetter = ({ bodies, firstWindowOn }: RegionPreparation): readonly PreparedBody[] =>
  firstWindowOn === undefined ? [] : bodies.filter(({ letter }) => letter === undefined);

/** The report for machines: amounts in yuan, null where nothing is known. */
export function preparationJson({ bodies, budgets, totalFen, missingFen, ...rest }: RegionPreparation) {
  const orNull = (fen: bigint | null | undefined): string | null =>
    fen === null || fen === undefined ? null : formatYuan(fen);
  return {
    ...rest,
    total: formatYuan(totalFen),
    reaches: missingFen === 0n,
    missing: formatYuan(missingFen),
    budgets: budgets.map(({ pool, budgetFen, drawnFen }) => ({
      pool,
      budget: formatYuan(budgetFen),
      drawn: orNull(drawnFen),
    })),
    lettersMissing: withoutLetter({ bodies, budgets, totalFen, missingFen, ...rest }).map(
      ({ institution }) => institution,
    ),
    bodies: bodies.map(
      ({ institution, name, members, purchases, prepayment, pools, excluded, letter, ledgerOpen }) => ({
        institution,
        name,
        members,
        purchases: purchases.map(({ year, directFen, allFen }) => ({
          year,
          direct: orNull(directFen),
          all: orNull(allFen),
        })),
        base: orNull(prepayment?.baseFen),
        ratio: prepayment?.ratio ?? null,
        prepayment: orNull(prepayment?.amountFen),
        pools: pools ? Object.fromEntries(Object.entries(pools).map(([pool, fen]) => [pool, formatYuan(fen)])) : null,
        excluded: excluded ?? null,
        letter: letter ?? null,
        ledger: `supervised/ledger/${institution}`,
        ledgerOpen,
      }),
    ),
  };
}

/** One row a settlement body, as a spreadsheet takes it. */
export function preparationCsv({ bodies }: RegionPreparation): string {
  const years = (bodies[0]?.purchases ?? []).map(({ year }) => year);
  const header = [
    'institution',
    'name',
    'members',
    ...years.flatMap((year) => [`direct_${year}`, `purchases_${year}`]),
    ...[
      'base',
      'ratio',
      'prepayment',
      'employee',
      'resident',
      'employee_large',
      'excluded',
      'letter',
      'ledger',
      'ledger_open',
    ],
  ];
  const rows = bodies.map((body) => [
    body.institution,
    body.name,
    body.members.join(' '),
    ...body.purchases.flatMap(({ directFen, allFen }) => [yuanOrNothing(directFen), yuanOrNothing(allFen)]),
    yuanOrNothing(body.prepayment?.baseFen),
    body.prepayment?.ratio ?? '',
    yuanOrNothing(body.prepayment?.amountFen),
    ...(['employee', 'resident', 'employee-large'] as const).map((pool) => yuanOrNothing(body.pools?.[pool])),
    body.excluded ?? '',
    body.letter ?? '',
    `supervised/ledger/${body.institution}`,
    String(body.ledgerOpen),
  ]);
  return [header, ...rows].map(formatCsvLine).join('');
}

function yearTotals({ bodies }: RegionPreparation): { year: number; directFen: bigint | null }[] {
  const years = bodies[0]?.purchases ?? [];
  return years.map(({ year, directFen }, index) => ({
    year,
    directFen: directFen === null ? null : sum(bodies.map((body) => body.purchases[index]!.directFen ?? 0n)),
  }));
}

/** What has to be done before anything runs, in sentences; empty where all is ready. */
export function openPoints(found: RegionPreparation): string[] {
  const { missingFen, firstWindowOn, bodies } = found;
  const letters = withoutLetter(found);
  const unknown = yearTotals(found).filter(({ directFen }) => directFen === null);
  const closed = bodies.filter(({ ledgerOpen }) => !ledgerOpen);
  return [
    ...(missingFen > 0n
      ? [`预算不足：the budgets of the pools lack ${formatAmount(missingFen)} yuan; nobody would be paid`]
      : []),
    ...(letters.length > 0
      ? [
          `缺委托书：${letters.length} of ${bodies.length} settlement bodies have no letter that is current on ${firstWindowOn}`,
        ]
      : []),
    ...unknown.map(({ year }) => `缺采购数据：there are no purchases of ${year} (purchases-${year}.csv)`),
    ...(closed.length > 0
      ? [`账簿未建：${closed.length} virtual ledgers are not open; settle import opens them with the region`]
      : []),
  ];
}

const ratioText = ({ prepayment, excluded }: PreparedBody): string =>
  prepayment ? prepayment.ratio : excluded ? EXCLUDED[excluded] : '';

function headings(found: RegionPreparation): string[] {
  return [
    '机构 institution',
    '名称 name',
    '成员 members',
    ...yearTotals(found).map(({ year }) => `${year} 直接结算 direct`),
    '基数 base',
    '比例 ratio',
    '预付金 prepayment',
    '委托书 letter',
    '账簿 ledger',
  ];
}

function cells(body: PreparedBody): string[] {
  return [
    body.institution,
    body.name,
    body.members.length === 0 ? '' : String(body.members.length),
    ...body.purchases.map(({ directFen }: YearOfPurchases) => amountOrDash(directFen)),
    amountOrDash(body.prepayment?.baseFen),
    ratioText(body),
    amountOrDash(body.prepayment?.amountFen),
    body.letter ?? '缺 missing',
    body.ledgerOpen ? '已建 open' : '未建 not open',
  ];
}

const isAmount = (title: string): boolean => /direct|base|prepayment|members/.test(title);

function summaryLines(found: RegionPreparation): string[] {
  const { year, policy, bodies, totalFen, budgets } = found;
  const members = bodies.reduce((count, body) => count + body.members.length, 0);
  return [
    `${policy.id} version ${policy.version}, prepared for ${year}: ${bodies.length} settlement bodies with ${members} members`,
    ...yearTotals(found).map(
      ({ year: of, directFen }) => `purchases of ${of} that settle directly, online: ${amountOrDash(directFen)}`,
    ),
    `prepayments: ${formatAmount(totalFen)} for ${bodies.filter(({ prepayment }) => prepayment).length} settlement bodies`,
    ...budgets.map(
      ({ pool, budgetFen, drawnFen }) =>
        `budget of ${pool}: ${formatAmount(budgetFen)}, drawn ${amountOrDash(drawnFen)}`,
    ),
  ];
}

/** The report in a terminal. */
export function preparationLines({ output }: CliContext, found: RegionPreparation): string[] {
  const open = openPoints(found);
  return [
    output.paint('bold', `全面准备阶段 preparation of ${found.region} ${found.name}`),
    ...summaryLines(found).map((line) => `  ${line}`),
    '',
    ...formatTable(
      headings(found).map((title) => ({ title, ...(isAmount(title) ? { align: 'right' as const } : {}) })),
      found.bodies.map(cells),
    ),
    '',
    ...(open.length === 0
      ? [`${output.paint('green', '✓')} everything is ready · 准备就绪`]
      : open.map((line) => `${output.paint('red', '✗')} ${line}`)),
  ];
}

const STYLE = `body{font:14px/1.6 "Noto Sans CJK SC","Noto Sans SC",sans-serif;margin:2rem;color:#1f2933}
table{border-collapse:collapse;margin:1rem 0}th,td{border:1px solid #cbd2d9;padding:.25rem .6rem;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}.open{color:#b42318}.fine{color:#067647}`;

/** The report as one page that loads nothing. */
export function preparationHtml(found: RegionPreparation): string {
  const titles = headings(found);
  const open = openPoints(found);
  const row = (body: PreparedBody): Html =>
    html`<tr>
      ${cells(body).map((cell, index) => (isAmount(titles[index]!) ? html`<td class="n">${cell}</td>` : html`<td>${cell}</td>`))}
    </tr>`;
  const page = html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>全面准备阶段 ${found.region} ${found.name}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>全面准备阶段 · Preparation of ${found.region} ${found.name}</h1>
        <p>新医保发〔2025〕50号 三(一)</p>
        <ul>
          ${summaryLines(found).map((line) => html`<li>${line}</li>`)}
        </ul>
        <h2>须先办理 · To be prepared first</h2>
        <ul>
          ${open.length === 0 ? html`<li class="fine">准备就绪 · everything is ready</li>` : open.map((line) => html`<li class="open">${line}</li>`)}
        </ul>
        <h2>结算主体 · Settlement bodies</h2>
        <table>
          <thead>
            <tr>
              ${titles.map((title) => html`<th scope="col">${title}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${found.bodies.map(row)}
          </tbody>
        </table>
      </body>
    </html>`;
  return `${page.text.trim()}\n`;
}
