import { formatYuan, sum } from '../money';
import type { PlainDate } from '../plain-date';
import { issuerOf } from './letters';
import { DOCUMENT_KINDS, type DocumentModel } from './model';
import { levelInWords, subjectInWords } from './words';

export interface StatementFacts {
  readonly regionName: string;
  readonly institution: string;
  readonly name: string;
  readonly period: string;
  readonly confirmedOn: PlainDate;
  readonly confirmedBy: string;
  readonly entrustment: string;
  readonly grossFen: bigint;
  readonly creditsFen: bigint;
  readonly netFen: bigint;
  readonly fromPrepaymentFen: bigint;
  readonly fromOwnFen: bigint;
  readonly topUpFen: bigint;
  readonly enterprises: readonly {
    readonly enterprise: string;
    readonly name: string;
    readonly account: string;
    readonly grossFen: bigint;
    readonly creditsFen: bigint;
    readonly netFen: bigint;
  }[];
  readonly lines: readonly {
    readonly line: string;
    readonly order: string;
    readonly institution: string;
    readonly enterprise: string;
    readonly drug: string;
    readonly kind: string;
    readonly quantity: string;
    readonly unitPrice: string;
    readonly amountFen: bigint;
    readonly receivedOn: PlainDate;
    readonly invoice: string;
  }[];
}

const LINE_KINDS: Readonly<Record<string, string>> = {
  delivery: '配送',
  return: '退货',
  'price-adjustment': '调价',
};
const BASIS = ['新医保发〔2025〕50号 四(二)'];

/** 货款预结算明细单: what an institution agreed to pay each enterprise, line by line, and which money it takes. */
export function preSettlementStatement(facts: StatementFacts): DocumentModel {
  const { enterprises, lines } = facts;
  return {
    kind: 'pre-settlement-statement',
    title: DOCUMENT_KINDS['pre-settlement-statement'].title,
    issuer: issuerOf(facts.regionName),
    date: facts.confirmedOn,
    facts: [
      ['医疗机构', `${facts.name}（${facts.institution}）`],
      ['结算月份', facts.period],
      ['确认日期', facts.confirmedOn],
      ['确认人', facts.confirmedBy],
      ['委托书编号', facts.entrustment],
      ['货款（元）', formatYuan(facts.grossFen)],
      ['冲抵（元）', formatYuan(facts.creditsFen)],
      ['应付（元）', formatYuan(facts.netFen)],
      ['其中集采预付金（元）', formatYuan(facts.fromPrepaymentFen)],
      ['其中自有资金（元）', formatYuan(facts.fromOwnFen)],
      ...(facts.topUpFen > 0n ? [['本月补足（元）', formatYuan(facts.topUpFen)] as [string, string]] : []),
    ],
    paragraphs: [],
    tables: [
      {
        title: '按医药企业',
        columns: [
          { label: '企业编码', width: 1.2 },
          { label: '企业名称', width: 3 },
          { label: '收款账号', width: 2.4 },
          { label: '货款', align: 'right', width: 1.6 },
          { label: '冲抵', align: 'right', width: 1.4 },
          { label: '应付', align: 'right', width: 1.6 },
        ],
        rows: enterprises.map((each) => [
          each.enterprise,
          each.name,
          each.account,
          formatYuan(each.grossFen),
          formatYuan(each.creditsFen),
          formatYuan(each.netFen),
        ]),
        totals: ['合计', '', '', formatYuan(facts.grossFen), formatYuan(facts.creditsFen), formatYuan(facts.netFen)],
      },
      {
        title: '明细',
        columns: [
          { label: '行号', width: 1.3 },
          { label: '订单', width: 1.4 },
          { label: '收货机构', width: 1.7 },
          { label: '企业', width: 0.9 },
          { label: '药品', width: 1.9 },
          { label: '类型', width: 0.7 },
          { label: '数量', align: 'right', width: 0.8 },
          { label: '单价', align: 'right', width: 1.1 },
          { label: '金额', align: 'right', width: 1.3 },
          { label: '收货日期', width: 1.2 },
          { label: '发票', width: 1.3 },
        ],
        rows: lines.map((each) => [
          each.line,
          each.order,
          each.institution,
          each.enterprise,
          each.drug,
          LINE_KINDS[each.kind] ?? each.kind,
          each.quantity,
          each.unitPrice,
          formatYuan(each.amountFen),
          each.receivedOn,
          each.invoice,
        ]),
        totals: [
          '合计',
          ...Array<string>(7).fill(''),
          formatYuan(sum(lines.map(({ amountFen }) => amountFen))),
          '',
          '',
        ],
      },
    ],
    charts: [],
    basis: BASIS,
    signatures: ['资金核对岗位', '单位盖章'],
  };
}

export interface OrderListFacts {
  readonly regionName: string;
  readonly requestId: string;
  readonly subject: string;
  readonly contentSha256: string;
  readonly releasedOn: PlainDate;
  readonly decisions: readonly { readonly level: string; readonly person: string; readonly on: PlainDate }[];
  readonly cashier: string;
  readonly payments: readonly {
    readonly paymentId: string;
    readonly payer: string;
    readonly payee: string;
    readonly account: string;
    readonly bankCode: string;
    readonly amountFen: bigint;
  }[];
}

/** 付款清单: the payments that were released together, with the four levels that approved exactly these. */
export function paymentOrderList(facts: OrderListFacts): DocumentModel {
  const totalFen = sum(facts.payments.map(({ amountFen }) => amountFen));
  return {
    kind: 'payment-order-list',
    title: DOCUMENT_KINDS['payment-order-list'].title,
    issuer: issuerOf(facts.regionName),
    date: facts.releasedOn,
    facts: [
      ['审批单', facts.requestId],
      ['事项', subjectInWords(facts.subject)],
      ['内容摘要（SHA-256）', facts.contentSha256],
      ['笔数', String(facts.payments.length)],
      ['金额（元）', formatYuan(totalFen)],
      ['出纳', `${facts.cashier}（${facts.releasedOn}）`],
    ],
    paragraphs: [],
    tables: [
      {
        title: '审批',
        columns: [{ label: '级次' }, { label: '审批人' }, { label: '日期' }],
        rows: facts.decisions.map(({ level, person, on }) => [levelInWords(level), person, on]),
      },
      {
        title: '付款',
        columns: [
          { label: '付款编号', width: 2.2 },
          { label: '付款机构', width: 1.4 },
          { label: '收款人', width: 1.9 },
          // Nineteen digits of an account and twelve of a bank stand on one line.
          { label: '账号', width: 2 },
          { label: '开户行', width: 1.35 },
          { label: '金额', align: 'right', width: 1.35 },
        ],
        rows: facts.payments.map((each) => [
          each.paymentId,
          each.payer,
          each.payee,
          each.account,
          each.bankCode,
          formatYuan(each.amountFen),
        ]),
        totals: ['合计', '', '', '', '', formatYuan(totalFen)],
      },
    ],
    charts: [],
    basis: ['新医保发〔2025〕50号 六(二)'],
    signatures: ['会计', '出纳'],
  };
}
