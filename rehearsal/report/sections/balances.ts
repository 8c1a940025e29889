import { sum } from '../../../domain/money';
import { count, fenOf, money } from '../amounts';
import { collapsed, table, type ReportSection } from '../components';
import { html, type Html } from '../html';
import { both, label, poolLabel, type Label } from '../labels';
import type { RegionView } from '../model';

/** The chart of accounts (DESIGN 6), most specific first. `$1` stands for the pool. */
const FAMILIES: readonly [RegExp, Label][] = [
  [/^fund\/cash\/([^/]+)$/, label('支出户存款 · $1', 'Cash')],
  [/^fund\/fiscal-deposit(?:\/([^/]+))?$/, label('财政专户存款 · $1', 'Fiscal deposit')],
  [/^fund\/transit\/([^/]+)\//, label('在途资金 · $1', 'In transit')],
  [/^fund\/advance\/vbp\/([^/]+)\//, label('集采预付金 · $1', 'Prepayment advance')],
  [/^fund\/advance\/instant\/([^/]+)\//, label('暂付款—即时结算 · $1', 'Instant-settlement advance')],
  [/^fund\/benefit\/([^/]+)$/, label('待遇支出 · $1', 'Benefit expense')],
  [/^fund\/memo\/held\/([^/]+)\//, label('暂缓支付（备查） · $1', 'Held, memorandum')],
  [/^fund\/memo\/contra\/([^/]+)$/, label('暂缓支付对应（备查） · $1', 'Held, contra')],
  [/^fund\/suspense/, label('待处理款项', 'Suspense')],
  [/^fund\/opening\/([^/]+)$/, label('期初余额 · $1', 'Opening')],
  [/^supervised\/cash$/, label('监管账户存款', 'Supervised cash')],
  [/^supervised\/ledger\/[^/]+\/prepayment$/, label('机构账簿 · 预付金', 'Institution ledger, prepayment')],
  [/^supervised\/ledger\/[^/]+\/own$/, label('机构账簿 · 自有资金', 'Institution ledger, own money')],
  [/^supervised\/ledger\/[^/]+\/returning$/, label('机构账簿 · 待返还', 'Institution ledger, returning')],
  [/^supervised\/payable\//, label('应付货款', 'Payables')],
  [/^supervised\/transit\/[^/]+\/fund$/, label('在途返还', 'Returns in transit')],
  [/^supervised\/transit\//, label('在途货款', 'Payments in transit')],
  [/^supervised\/suspense/, label('待处理款项', 'Suspense')],
];

interface Family {
  label: Label;
  accounts: { account: string; balance: bigint }[];
}

function familyOf(account: string): Label {
  for (const [pattern, { zh, en }] of FAMILIES) {
    const match = pattern.exec(account);
    const pool = match?.[1];
    if (match) return label(pool === undefined ? zh.replace(' · $1', '') : zh.replace('$1', poolLabel(pool).zh), en);
  }
  return label(account, '');
}

function familiesOf(view: RegionView, book: string): Family[] {
  const families = new Map<string, Family>();
  for (const row of view.input.summary.balances) {
    if (row.book !== book) continue;
    const name = familyOf(row.account);
    const family = families.get(name.zh) ?? { label: name, accounts: [] };
    family.accounts.push({ account: row.account, balance: fenOf(row.balance) });
    families.set(name.zh, family);
  }
  return [...families.values()];
}

const debit = (balance: bigint) => (balance > 0n ? money(balance) : '');
const credit = (balance: bigint) => (balance < 0n ? money(-balance) : '');

function bookTable(view: RegionView, book: 'fund' | 'supervised', caption: Label): Html | undefined {
  const families = familiesOf(view, book);
  if (families.length === 0) return undefined;
  const all = families.flatMap((family) => family.accounts.map((one) => one.balance));
  const open = families.flatMap((family) => family.accounts).filter((one) => one.balance !== 0n);
  const zero = all.length - open.length;
  return html`${table({
    caption,
    columns: [
      { label: label('科目', 'Account') },
      { label: label('户数', 'Accounts'), kind: 'num' },
      { label: label('借方余额', 'Debit'), kind: 'num' },
      { label: label('贷方余额', 'Credit'), kind: 'num' },
    ],
    rows: families.map((family) => {
      const total = sum(family.accounts.map((one) => one.balance));
      return [
        both(family.label),
        count(family.accounts.length),
        total === 0n ? money(0n) : debit(total),
        credit(total),
      ];
    }),
    foot: [
      both(label('合计', 'Total')),
      count(all.length),
      money(sum(families.map((one) => sum(one.accounts.map((a) => a.balance))).filter((balance) => balance > 0n))),
      money(-sum(families.map((one) => sum(one.accounts.map((a) => a.balance))).filter((balance) => balance < 0n))),
    ],
  })}
  ${
    open.length > 0 &&
    collapsed(
      html`${both(label('有余额的账户', 'Accounts with a balance'))} <span class="count">${count(open.length)}</span>`,
      html`${table({
        caption: label('有余额的账户，元', 'Accounts with a balance, in yuan'),
        columns: [
          { label: label('账户', 'Account') },
          { label: label('借方', 'Debit'), kind: 'num' },
          { label: label('贷方', 'Credit'), kind: 'num' },
        ],
        rows: open.map((one) => [
          html`<span class="code">${one.account}</span>`,
          debit(one.balance),
          credit(one.balance),
        ]),
      })}${zero > 0 && html`<p class="hint">另有 ${count(zero)} 个账户余额为零。<span class="en" lang="en">${count(zero)} more accounts stand at zero.</span></p>`}`,
    )
  }`;
}

export const balancesSection: ReportSection = {
  id: 'balances',
  title: label('账簿余额', 'Ledger balances'),
  applies: (view) => view.input.summary.balances.length > 0,
  render: (view) =>
    html`${bookTable(view, 'fund', label('基金账套，元', 'Fund book, in yuan'))}${bookTable(view, 'supervised', label('监管账户账套，元', 'Supervised book, in yuan'))}`,
};
