import { formatYuan, sum } from '../money';
import type { PlainDate } from '../plain-date';
import { issuerOf } from './letters';
import { DOCUMENT_KINDS, type DocumentModel } from './model';
import { paymentStateInWords } from './words';

export interface FinancingFacts {
  readonly regionName: string;
  readonly enterprise: string;
  readonly name: string;
  /** The day on which it is issued, and the day at whose end it is true. */
  readonly date: PlainDate;
  readonly on: PlainDate;
  /** Of the CSV file that goes with it. */
  readonly sha256: string;
  readonly receivables: readonly {
    readonly period: string;
    readonly institution: string;
    readonly institutionName: string;
    readonly confirmedOn: PlainDate;
    readonly dueOn: PlainDate;
    readonly paymentState: string;
    readonly amountFen: bigint;
  }[];
}

/** What institutions have agreed to pay an enterprise and is not paid: evidence for order financing (订单贷, 六(三)). */
export function orderFinancing(facts: FinancingFacts): DocumentModel {
  const { name, enterprise, on, receivables } = facts;
  const total = formatYuan(sum(receivables.map(({ amountFen }) => amountFen)));
  return {
    kind: 'order-financing',
    title: DOCUMENT_KINDS['order-financing'].title,
    addressee: name,
    issuer: issuerOf(facts.regionName),
    date: facts.date,
    facts: [
      ['医药企业', `${name}（${enterprise}）`],
      ['截至日期', on],
      ['已确认未支付（元）', total],
      ['数据文件 SHA-256', facts.sha256],
    ],
    paragraphs: [
      `截至${on}，下列货款已由医疗机构确认、尚未支付，共${receivables.length}笔。本证明反映该日状态，此后付款以付款清单和银行回单为准。`,
    ],
    tables: [
      {
        title: '已确认未支付的货款',
        columns: [
          { label: '结算月份', width: 1.1 },
          { label: '医疗机构', width: 3.2 },
          { label: '确认日期', width: 1.3 },
          { label: '最迟支付日', width: 1.3 },
          { label: '付款状态', width: 2 },
          { label: '金额（元）', align: 'right', width: 1.7 },
        ],
        rows: receivables.map((each) => [
          each.period,
          `${each.institutionName}（${each.institution}）`,
          each.confirmedOn,
          each.dueOn,
          paymentStateInWords(each.paymentState),
          formatYuan(each.amountFen),
        ]),
        totals: ['合计', '', '', '', '', total],
      },
    ],
    charts: [],
    basis: ['新医保发〔2025〕50号 六(三)'],
    signatures: ['经办人', '负责人'],
  };
}
