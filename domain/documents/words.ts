import { parseCaseId, type CaseId } from '../ids';
import type { PaymentState } from '../payment';
import type { Period } from '../plain-date';
import type { APPROVAL_LEVELS } from '../policy/schema';

/** Documents are read by people without the code at hand: what a code means stands first, the code stays in brackets. */
function named(names: Readonly<Record<string, string>>, code: string): string {
  const name = names[code];
  return name === undefined ? code : `${name}（${code}）`;
}

/** The four levels in their order (新医保发〔2025〕50号 六(二)). */
const LEVELS: Readonly<Record<(typeof APPROVAL_LEVELS)[number], string>> = {
  'first-review': '初审',
  'second-review': '复审',
  'finance-check': '复核',
  'release-approval': '审批拨付',
};

const SUBJECTS: Readonly<Record<string, string>> = {
  prepayment: '集采预付金拨付',
  'returns to the fund account': '返还预付金转入基金账户',
  'settlement window': '货款支付',
  'pre-allocation': '月预拨',
  settlement: '月结算',
  'monthly settlement': '月结算',
  'corrected account': '更正账户后付款',
  'fiscal transfer': '财政专户拨款',
};

const ALERTS: Readonly<Record<string, string>> = {
  'agency-delay': '经办延误',
  'bank-id-conflict': '银行报文编号冲突',
  'bank-unreachable': '银行无法联系',
  'booking-refused': '银行入账未能记账',
  'calendar-not-published': '日历未公布',
  'case-fault': '步骤出错，系统重试',
  'case-refused': '事项被规则终止',
  'fund-insufficient': '基金账户余额不足',
  'month-missing': '缺少月份数据',
  'payee-differs': '收款账户与登记不符',
  'payment-failed': '支付失败',
  'payment-held': '暂缓支付',
  'payment-returned': '银行退回',
  'payments-left-out': '有付款拟不列入本批',
  'preallocation-missed': '月预拨未按期支付',
  'preallocation-withdrawn': '月预拨已撤回',
  'prepayment-not-returned': '当月未返还预付金',
  'receipts-awaited': '等待银行回单',
  'return-late': '20日后仍未到账',
  'standing-missing': '机构情况未录入',
  'transfer-refused': '财政拨款未获同意',
  'window-overdue': '当月未付清',
};

/** What stands between an agreed amount and its payment; `confirmed` is what has no payment yet (DESIGN 5.4). */
const PAYMENT_STATES: Readonly<Record<PaymentState | 'confirmed', string>> = {
  confirmed: '已确认，未编入付款批次',
  prepared: '待审批',
  approved: '已审批',
  held: '暂缓支付',
  released: '已拨付，待发送银行',
  sent: '已发送银行',
  unknown: '银行结果待查',
  succeeded: '已支付',
  failed: '支付失败',
  returned: '银行退回',
  cancelled: '已取消',
};

/** A level of approval: 初审（first-review）. */
export function levelInWords(level: string): string {
  return named(LEVELS, level);
}

/** What a batch of payments is for: 月预拨（pre-allocation）. */
export function subjectInWords(subject: string): string {
  return named(SUBJECTS, subject);
}

/** What an alert says: 支付失败（payment-failed）. */
export function alertInWords(kind: string): string {
  return named(ALERTS, kind);
}

/** How far the payment of an agreed amount is: 待审批（prepared）. */
export function paymentStateInWords(state: string): string {
  return named(PAYMENT_STATES, state);
}

/** What a case is about, its number behind it: 2026年8月货款支付（window/650500/2026-08）. */
export function caseInWords(caseId: string): string {
  const parsed = parseCaseId(caseId);
  return parsed === undefined ? caseId : `${aboutOf(parsed)}（${caseId}）`;
}

const MONTHLY = {
  return: '返还预付金',
  window: '货款支付',
  fund: '基金月结算',
  monitoring: '履约监测',
} as const;

function aboutOf(parsed: CaseId): string {
  switch (parsed.kind) {
    case 'prepayment':
      return `${parsed.year}年集采预付金拨付`;
    case 'clearing':
      return `${parsed.quarter.slice(0, 4)}年第${parsed.quarter.slice(-1)}季度清算`;
    case 'breach':
      return `${monthInWords(parsed.period)}机构违约`;
    case 'enterprise':
      return `${monthInWords(parsed.period)}企业处置`;
    default:
      return `${monthInWords(parsed.period)}${MONTHLY[parsed.kind]}`;
  }
}

function monthInWords(period: Period): string {
  return `${period.slice(0, 4)}年${Number(period.slice(5))}月`;
}
