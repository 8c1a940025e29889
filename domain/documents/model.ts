import type { PlainDate } from '../plain-date';

/**
 * The documents the agency issues, and the letters of their numbers (`650500-WY-2026-0001`). What each of them says is data
 * ({@link DocumentModel}), stored with its hash before anything is drawn: a page can be made again, and is the same.
 */
export const DOCUMENT_KINDS = {
  'pre-settlement-statement': { title: '货款预结算明细单', letters: 'MX' },
  'payment-order-list': { title: '付款清单', letters: 'FK' },
  'breach-notice': { title: '违约通知书', letters: 'WY' },
  'suspension-notice': { title: '暂停支付通知书', letters: 'ZT' },
  'resumption-notice': { title: '恢复支付通知书', letters: 'HF' },
  'risk-warning': { title: '医药企业风险警告', letters: 'FX' },
  'interview-notice': { title: '约谈通知书', letters: 'YT' },
  'stage-report': { title: '试点阶段性报告', letters: 'BG' },
  evaluation: { title: '直接结算试点年度评估', letters: 'PG' },
  'order-financing': { title: '应收货款证明（订单贷）', letters: 'DD' },
  'clearing-statement': { title: '季度清算单', letters: 'QS' },
  'agreement-clauses': { title: '医保协议条款：货款直接结算违约处理', letters: 'XY' },
} as const satisfies Record<string, { title: string; letters: string }>;
export type DocumentKind = keyof typeof DOCUMENT_KINDS;

export interface DocumentColumn {
  readonly label: string;
  /** Amounts and counts stand to the right. */
  readonly align?: 'left' | 'right';
  /** Share of the page's width; equal shares where left out. */
  readonly width?: number;
}

export interface DocumentTable {
  readonly title: string;
  readonly columns: readonly DocumentColumn[];
  readonly rows: readonly (readonly string[])[];
  /** The last row, in bold. */
  readonly totals?: readonly string[];
}

/** Bars from zero, one colour: what a table beside it says in numbers. */
export interface DocumentChart {
  readonly title: string;
  readonly bars: readonly { readonly label: string; readonly amountFen: string }[];
}

/** What a document says: plain JSON, texts as they are printed. */
export interface DocumentModel {
  readonly kind: DocumentKind;
  readonly title: string;
  /** Whom it is addressed to; reports have nobody. */
  readonly addressee?: string;
  readonly issuer: string;
  readonly date: PlainDate;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly paragraphs: readonly string[];
  readonly tables: readonly DocumentTable[];
  readonly charts: readonly DocumentChart[];
  /** The clauses it rests on. */
  readonly basis: readonly string[];
  /** Who signs by hand. */
  readonly signatures: readonly string[];
}

export function documentNumber(region: string, kind: DocumentKind, year: number, serial: number): string {
  return `${region}-${DOCUMENT_KINDS[kind].letters}-${year}-${String(serial).padStart(4, '0')}`;
}

/** Every text of a document, for whoever has to look at each character. */
export function textsOf(model: DocumentModel): string[] {
  return [
    model.title,
    model.addressee ?? '',
    model.issuer,
    model.date,
    ...model.facts.flat(),
    ...model.paragraphs,
    ...model.tables.flatMap(({ title, columns, rows, totals }) => [
      title,
      ...columns.map(({ label }) => label),
      ...rows.flat(),
      ...(totals ?? []),
    ]),
    ...model.charts.flatMap(({ title, bars }) => [title, ...bars.map(({ label }) => label)]),
    ...model.basis,
    ...model.signatures,
  ];
}
