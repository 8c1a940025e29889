import { formatYuan, sum } from '../money';
import type { PlainDate } from '../plain-date';
import { REJECTION_REASONS, type RejectionCode } from '../window/line-check';
import { BREACH_NAMES, issuerOf } from './letters';
import { DOCUMENT_KINDS, type DocumentChart, type DocumentColumn, type DocumentModel } from './model';
import { alertInWords, caseInWords } from './words';

/** What one month of direct settlement came to in a region. */
export interface MonthFigures {
  readonly period: string;
  /** Rows of the application files, and those that were refused. */
  readonly acceptedLines: number;
  readonly acceptedFen: bigint;
  readonly rejectedLines: number;
  readonly statements: number;
  readonly grossFen: bigint;
  readonly creditsFen: bigint;
  readonly netFen: bigint;
  readonly fromPrepaymentFen: bigint;
  readonly fromOwnFen: bigint;
  readonly payments: number;
  readonly paidFen: bigint;
  /** Payments of the month that were not paid by its last day. */
  readonly unpaidFen: bigint;
  readonly returnsDueFen: bigint;
  readonly returnsReceivedFen: bigint;
  readonly breaches: number;
  readonly suspended: number;
}

export interface StageFacts {
  readonly regionName: string;
  readonly date: PlainDate;
  readonly month: MonthFigures;
  /** Net of the statements by enterprise and by institution, the largest first. */
  readonly byEnterprise: readonly { readonly name: string; readonly netFen: bigint }[];
  readonly byInstitution: readonly { readonly name: string; readonly netFen: bigint }[];
  readonly rejections: readonly { readonly code: RejectionCode; readonly lines: number }[];
  readonly breaches: readonly {
    readonly name: string;
    readonly kind: keyof typeof BREACH_NAMES;
    readonly period: string;
    readonly noticeOn: PlainDate;
    readonly deadline: PlainDate;
    readonly correctedOn: PlainDate | null;
    readonly suspendedFrom: PlainDate | null;
  }[];
  readonly alerts: readonly { readonly kind: string; readonly on: PlainDate; readonly caseId: string }[];
}

const SHOWN = 10;
const XINJIANG = '新医保发〔2025〕50号';
const right = (label: string, width = 1): DocumentColumn => ({ label, align: 'right', width });

const BREACH_COLUMNS: readonly DocumentColumn[] = [
  { label: '机构', width: 2.2 },
  { label: '情形', width: 1.6 },
  { label: '所属期' },
  { label: '通知' },
  { label: '期限' },
  { label: '整改' },
  { label: '暂停' },
];

/** 试点阶段性报告, once a month (三(二)): what was applied for, agreed, paid and returned, and where it stuck. */
export function stageReport(facts: StageFacts): DocumentModel {
  const { month } = facts;
  return {
    kind: 'stage-report',
    title: `${month.period} ${DOCUMENT_KINDS['stage-report'].title}`,
    issuer: issuerOf(facts.regionName),
    date: facts.date,
    facts: [
      ['统筹地区', facts.regionName],
      ['报告月份', month.period],
      [
        '申请明细',
        `${month.acceptedLines} 条，金额 ${formatYuan(month.acceptedFen)} 元；不予受理 ${month.rejectedLines} 条`,
      ],
      ['预结算明细单', `${month.statements} 份，应付 ${formatYuan(month.netFen)} 元`],
      ['已付', `${month.payments} 笔，${formatYuan(month.paidFen)} 元；未付 ${formatYuan(month.unpaidFen)} 元`],
      ['预付金返还', `应返还 ${formatYuan(month.returnsDueFen)} 元，已返还 ${formatYuan(month.returnsReceivedFen)} 元`],
    ],
    paragraphs: [],
    tables: [
      {
        title: '货款结算',
        columns: [
          { label: '月份' },
          right('货款', 1.4),
          right('冲抵', 1.2),
          right('应付', 1.4),
          right('集采预付金', 1.4),
          right('自有资金', 1.4),
        ],
        rows: [
          [
            month.period,
            formatYuan(month.grossFen),
            formatYuan(month.creditsFen),
            formatYuan(month.netFen),
            formatYuan(month.fromPrepaymentFen),
            formatYuan(month.fromOwnFen),
          ],
        ],
      },
      {
        title: '不予受理的明细',
        columns: [{ label: '原因', width: 5 }, right('条数')],
        rows: facts.rejections.map(({ code, lines }) => [
          `${REJECTION_REASONS[code].chinese}（${code}）`,
          String(lines),
        ]),
      },
      {
        title: '违约与暂停支付',
        columns: BREACH_COLUMNS,
        rows: facts.breaches.map((each) => [
          each.name,
          BREACH_NAMES[each.kind],
          each.period,
          each.noticeOn,
          each.deadline,
          each.correctedOn ?? '未整改',
          each.suspendedFrom ?? '否',
        ]),
      },
      {
        title: '困难堵点',
        columns: [{ label: '日期' }, { label: '情形', width: 2.4 }, { label: '事项', width: 3.2 }],
        rows: facts.alerts.map(({ on, kind, caseId }) => [on, alertInWords(kind), caseInWords(caseId)]),
      },
    ].filter(({ rows }) => rows.length > 0),
    charts: [
      largest('应付货款：按医药企业（元）', facts.byEnterprise),
      largest('应付货款：按医疗机构（元）', facts.byInstitution),
    ].filter(({ bars }) => bars.length > 0),
    basis: [`${XINJIANG} 三(二)`],
    signatures: ['填报人', '负责人'],
  };
}

function largest(title: string, rows: StageFacts['byEnterprise']): DocumentChart {
  return {
    title: rows.length > SHOWN ? `${title}，前${SHOWN}家` : title,
    bars: rows.slice(0, SHOWN).map(({ name, netFen }) => ({ label: name, amountFen: netFen.toString() })),
  };
}

export interface EvaluationFacts {
  readonly regionName: string;
  readonly date: PlainDate;
  readonly year: number;
  readonly months: readonly MonthFigures[];
  readonly prepaidFen: bigint;
  /** Days from the end of applications to the money, over all payments of the year; null without one. */
  readonly averageDays: string | null;
}

/** The year's evaluation of the trial (三(三)): how the mechanism and its procedure have worked. */
export function evaluation(facts: EvaluationFacts): DocumentModel {
  const { months, year } = facts;
  const over = (amountOf: (month: MonthFigures) => bigint): string => formatYuan(sum(months.map(amountOf)));
  const count = (countOf: (month: MonthFigures) => number): string =>
    String(months.reduce((total, month) => total + countOf(month), 0));
  const cells = (label: string, text: (pick: keyof typeof PICKS) => string): string[] => [
    label,
    ...(Object.keys(PICKS) as (keyof typeof PICKS)[]).map(text),
  ];
  return {
    kind: 'evaluation',
    title: `${year}年${DOCUMENT_KINDS.evaluation.title}`,
    issuer: issuerOf(facts.regionName),
    date: facts.date,
    facts: [
      ['统筹地区', facts.regionName],
      ['评估年度', String(year)],
      ['集采预付金（元）', formatYuan(facts.prepaidFen)],
      ['预付金支付货款（元）', over(({ fromPrepaymentFen }) => fromPrepaymentFen)],
      ['申请截止到到账平均天数', facts.averageDays ?? '无付款'],
      ['违约通知', `${count(({ breaches }) => breaches)} 份；暂停支付 ${count(({ suspended }) => suspended)} 起`],
    ],
    paragraphs: [],
    tables: [
      {
        title: '逐月情况',
        columns: [{ label: '月份' }, ...Object.values(PICKS).map(({ label }) => right(label, 1.3))],
        rows: months.map((month) => cells(month.period, (pick) => PICKS[pick].text(month))),
        totals: cells('合计', (pick) => PICKS[pick].total(months)),
      },
    ],
    charts: [
      {
        title: '应付货款：按月（元）',
        bars: months.map(({ period, netFen }) => ({ label: period, amountFen: netFen.toString() })),
      },
    ],
    basis: [`${XINJIANG} 三(三)`],
    signatures: ['填报人', '负责人'],
  };
}

const money = (label: string, amountOf: (month: MonthFigures) => bigint) => ({
  label,
  text: (month: MonthFigures) => formatYuan(amountOf(month)),
  total: (months: readonly MonthFigures[]) => formatYuan(sum(months.map(amountOf))),
});
const counted = (label: string, countOf: (month: MonthFigures) => number) => ({
  label,
  text: (month: MonthFigures) => String(countOf(month)),
  total: (months: readonly MonthFigures[]) => String(months.reduce((total, month) => total + countOf(month), 0)),
});
const PICKS = {
  accepted: counted('受理明细', ({ acceptedLines }) => acceptedLines),
  statements: counted('明细单', ({ statements }) => statements),
  net: money('应付', ({ netFen }) => netFen),
  prepayment: money('集采预付金', ({ fromPrepaymentFen }) => fromPrepaymentFen),
  own: money('自有资金', ({ fromOwnFen }) => fromOwnFen),
  paid: money('已付', ({ paidFen }) => paidFen),
  returned: money('已返还', ({ returnsReceivedFen }) => returnsReceivedFen),
} as const;

export interface ClearingFacts {
  readonly regionName: string;
  readonly institution: string;
  readonly name: string;
  readonly quarter: string;
  readonly signedOn: PlainDate;
  readonly pools: readonly {
    readonly pool: string;
    readonly payableFen: bigint;
    readonly preallocatedFen: bigint;
    readonly paidFen: bigint;
    readonly heldFen: bigint;
    readonly releasedFen: bigint;
    readonly carriedOutFen: bigint;
  }[];
}

const POOL_NAMES: Readonly<Record<string, string>> = {
  employee: '职工统筹',
  resident: '居民统筹',
  'employee-large': '职工大额',
  'employee-personal': '个人账户',
};

/** 季度清算单: what was payable and how it was settled, pool by pool, over all months so far (宿迁 2025-06-13 一). */
export function clearingStatement(facts: ClearingFacts): DocumentModel {
  return {
    kind: 'clearing-statement',
    title: `${facts.quarter} ${DOCUMENT_KINDS['clearing-statement'].title}`,
    addressee: facts.name,
    issuer: issuerOf(facts.regionName),
    date: facts.signedOn,
    facts: [
      ['医药机构', `${facts.name}（${facts.institution}）`],
      ['清算季度', facts.quarter],
    ],
    paragraphs: ['应付 = 预拨 + 已付 + 暂停留存 + 结转（结转不大于零）。'],
    tables: [
      {
        title: '按基金',
        columns: [
          { label: '基金', width: 1.2 },
          right('应付', 1.3),
          right('预拨', 1.3),
          right('已付', 1.3),
          right('暂停留存', 1.2),
          right('其中已恢复', 1.2),
          right('结转', 1.2),
        ],
        rows: facts.pools.map((each) => [
          POOL_NAMES[each.pool] ?? each.pool,
          formatYuan(each.payableFen),
          formatYuan(each.preallocatedFen),
          formatYuan(each.paidFen),
          formatYuan(each.heldFen),
          formatYuan(each.releasedFen),
          formatYuan(each.carriedOutFen),
        ]),
      },
    ],
    charts: [],
    basis: ['《宿迁市推进医保基金即时结算工作实施方案》 一、三(二)3'],
    signatures: ['医药机构', '经办机构'],
  };
}
