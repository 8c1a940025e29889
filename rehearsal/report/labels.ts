import { html, type Html } from './html';

/** A label in Chinese with its English beside it. The page's readers are bureau staff; the English is for whoever helps them. */
export interface Label {
  readonly zh: string;
  readonly en: string;
}

export function label(zh: string, en: string): Label {
  return { zh, en };
}

/** Chinese first, English smaller beside it. */
export function both({ zh, en }: Label): Html {
  return en === '' ? html`${zh}` : html`${zh} <span class="en" lang="en">${en}</span>`;
}

export const POOL_KEYS = ['employee', 'resident', 'employee-large'] as const;
export type PoolKey = (typeof POOL_KEYS)[number];

export const POOLS: Readonly<Record<PoolKey, Label>> = {
  employee: label('职工统筹', 'Employee'),
  resident: label('居民统筹', 'Resident'),
  'employee-large': label('职工大额', 'Employee large'),
};

const OTHER_POOLS: Readonly<Record<string, Label>> = {
  ...POOLS,
  'employee-personal': label('个人账户', 'Personal account'),
};

export function poolLabel(pool: string): Label {
  return OTHER_POOLS[pool] ?? label(pool, '');
}

/** The four levels in their order, then the cashier (新医保发〔2025〕50号 六(二)). */
export const LEVELS: Readonly<Record<string, Label>> = {
  'first-review': label('初审', 'First review'),
  'second-review': label('复审', 'Second review'),
  'finance-check': label('复核', 'Finance check'),
  'release-approval': label('审批拨付', 'Release approval'),
};

const BREACH_KINDS: Readonly<Record<string, Label>> = {
  'late-reconciliation': label('不及时对账', 'Late reconciliation'),
  'not-settled': label('当月未按期结算货款', 'Not settled'),
  'prepayment-not-returned': label('当月未返还预付金', 'Prepayment not returned'),
};

export function breachKind(kind: string): Label {
  return BREACH_KINDS[kind] ?? label(kind, '');
}

export const BREACH_STATES: Readonly<Record<string, Label>> = {
  noticed: label('已通知', 'Noticed'),
  closed: label('已改正', 'Closed'),
  suspended: label('暂停支付', 'Suspended'),
  resumed: label('已恢复', 'Resumed'),
};

/** Cases of enterprises: their kinds, and how they stand. */
const ENTERPRISE_KINDS: Readonly<Record<string, Label>> = {
  'risk-warning': label('风险警告', 'Risk warning'),
  interview: label('约谈', 'Interview'),
};

export function enterpriseKind(kind: string): Label {
  return ENTERPRISE_KINDS[kind] ?? label(kind, '');
}

export const ENTERPRISE_STATES: Readonly<Record<string, Label>> = {
  open: label('限期整改中', 'Open'),
  closed: label('已办结', 'Closed'),
  suspended: label('暂停结算', 'Suspended'),
  resumed: label('已恢复', 'Resumed'),
};

export const PAYMENT_STATES: Readonly<Record<string, Label>> = {
  prepared: label('已编制', 'Prepared'),
  approved: label('已审批', 'Approved'),
  released: label('出纳已拨付', 'Released'),
  sent: label('已发送银行', 'Sent'),
  unknown: label('结果不明', 'Unknown'),
  succeeded: label('已支付', 'Paid'),
  failed: label('支付失败', 'Failed'),
  returned: label('银行退回', 'Returned'),
  held: label('暂缓支付', 'Held'),
  cancelled: label('已取消', 'Cancelled'),
};

const CASE_KINDS: Readonly<Record<string, Label>> = {
  prepayment: label('集采预付', 'Prepayment'),
  return: label('预付金返还', 'Return'),
  window: label('货款结算', 'Settlement window'),
  fund: label('月结算', 'Monthly fund'),
  clearing: label('季度清算', 'Quarterly clearing'),
  monitoring: label('月度监测', 'Monitoring'),
  breach: label('违约', 'Breach'),
  enterprise: label('企业', 'Enterprise'),
};

/** `return/650500/2026-06` as 预付金返还 with its period; ids of another shape stay as they are. */
export function caseLabel(id: string): Label {
  const parts = id.split('/');
  const kind = CASE_KINDS[parts[0]!];
  const last = parts.at(-1)!;
  return kind && parts.length > 1 ? label(`${kind.zh} ${last}`, kind.en) : label(id, '');
}

/** A month for a heading: `2026-04` as 2026年4月, or 4月 where the year is plain from the page. */
export function monthLabel(period: string, withYear = false): string {
  const [year, month] = period.split('-') as [string, string | undefined];
  return `${withYear ? `${year}年` : ''}${Number(month ?? 0)}月`;
}

const WEEKDAYS = ['一', '二', '三', '四', '五', '六', '日'] as const;

/** `dayOfWeek` is 1 for Monday to 7 for Sunday. */
export function weekdayLabel(dayOfWeek: number): string {
  return WEEKDAYS[dayOfWeek - 1] ?? '';
}

const EVENTS: Readonly<Record<string, Label>> = {
  opened: label('立案', 'Opened'),
  closed: label('结案', 'Closed'),
  prepared: label('编制', 'Prepared'),
  approved: label('通过', 'Approved'),
  rejected: label('驳回', 'Rejected'),
  refused: label('拒绝', 'Refused'),
  released: label('出纳拨付', 'Released'),
  sent: label('发送银行', 'Sent'),
  booked: label('银行入账', 'Booked'),
  'bank-unanswered': label('银行未答复', 'Bank did not answer'),
  'bank-unreachable': label('银行无法联系', 'Bank unreachable'),
  'payment-failed': label('支付失败', 'Payment failed'),
  'payment-returned': label('银行退回', 'Payment returned'),
  'operator-retry': label('人工重发', 'Operator: retry'),
  'operator-correct': label('更正账户', 'Operator: account corrected'),
  'operator-cancel': label('人工取消', 'Operator: cancelled'),
  'no-prepayment': label('不予预付', 'No prepayment'),
  'return-late': label('20日后仍未到账', 'Return late'),
  'prepayment-not-returned': label('当月未返还预付金', 'Prepayment not returned'),
  'calendar-not-published': label('日历未公布', 'Calendar not published'),
  noticed: label('违约通知', 'Notice'),
  corrected: label('已改正', 'Corrected'),
  'deadline-passed': label('逾期未改正', 'Deadline passed'),
  suspended: label('暂停结算', 'Suspended'),
  resumed: label('恢复结算', 'Resumed'),
  exempted: label('不可抗力免责', 'Exempted'),
  'breaches-noticed': label('月度监测：机构', 'Institutions watched'),
  'enterprises-watched': label('月度监测：企业', 'Enterprises watched'),
  'risk-warning': label('风险警告', 'Risk warning'),
  interview: label('约谈', 'Interview'),
  performed: label('已履约', 'Performed'),
  'dishonesty-administration': label('失信记录报属地医保部门', 'Dishonesty record: administration'),
  'dishonesty-public': label('失信记录公示', 'Dishonesty record: published'),
  'dishonesty-region': label('失信记录报自治区', 'Dishonesty record: region'),
  'agency-delay': label('经办延误', 'Agency delay'),
  'applications-closed': label('申请截止', 'Applications closed'),
  confirmed: label('机构确认', 'Confirmed'),
  'confirmation-refused': label('确认未成：资金不足或无委托书', 'Confirmation refused'),
  'confirmations-closed': label('确认截止', 'Confirmations closed'),
  'statement-withdrawn': label('撤回明细单', 'Statement withdrawn'),
  disputed: label('提出异议', 'Disputed'),
  'topped-up': label('补足资金', 'Topped up'),
  'payment-held': label('暂缓支付', 'Payment held'),
  'payment-resumed': label('恢复支付', 'Payment resumed'),
  'window-overdue': label('当月未付清', 'Window not paid in its month'),
  'payee-differs': label('收款账户与登记不符', 'Payee differs from the register'),
};

/** The name of an event or alert; one that has no label here is shown by its own name. */
export function eventLabel(event: string): Label {
  return EVENTS[event] ?? label(event, '');
}

/** What an institution must fulfil to be paid ahead (宿迁 2025-06-13 二(三)). */
const CONDITIONS: Readonly<Record<string, Label>> = {
  score: label('绩效评价得分不足', 'score'),
  'major-violation': label('有重大违规', 'major violation'),
  traceability: label('追溯码未应传尽传', 'traceability codes'),
  active: label('未正常运营', 'not active'),
  cooperates: label('不配合', 'does not cooperate'),
  'agreement-kept': label('未认真履行协议', 'agreement not kept'),
};

export function conditionLabel(condition: string): Label {
  return CONDITIONS[condition] ?? label(condition, '');
}

const EXCLUSIONS: Readonly<Record<string, Label>> = {
  'not-executing-well': label('集采执行不符合', 'not executing well'),
  'no-base': label('测算基数为零', 'no base'),
  overdue: label('以前的预付金逾期未还', 'an earlier prepayment is overdue'),
};

export function exclusionLabel(reason: string): Label {
  return EXCLUSIONS[reason] ?? label(reason, '');
}

const INVARIANTS: Readonly<Record<string, string>> = {
  'every book sums to zero': '每本账借贷相等',
  'stored balance = sum of entries': '账户余额等于其分录之和',
  'supervised cash = ledgers, payables, transit and suspense': '监管账户存款等于机构账簿、应付、在途与待处理之和',
  'advance outstanding = disbursed − moved back': '未收回预付金等于已拨付减已转回',
  'memo accounts mirror each other': '备查账户两边相符',
  'cash and institution ledgers never below zero': '存款与机构账簿从未透支',
  'prepayment pays direct settlement only': '预付金只用于货款直接结算',
  'chain intact': '分录哈希链完整',
  'cash agrees with the bank': '账面存款与银行相符',
  'each released batch has its approvals on its hash': '每批拨付的各级审批齐全且内容未变',
  'each payment is in the state that its changes lead to': '每笔支付的状态由其变更记录得出',
  'each payment is in the books as its state says': '每笔支付的记账与其状态一致',
  'returns add up to prepayments and to the ledger': '返还之和与预付金、账簿一致',
  'each line settles at most once and is in one state': '每条申请行至多结算一次，且只有一种状态',
  'each payment = sum of its lines': '每笔支付等于其申请行之和',
  'statement = sum of its payments = its journal': '明细单等于其支付之和，与记账一致',
  'a payment is cancelled with its part of the statement': '付款取消与结算单所列部分取消一致',
  'reserved = payable, on its way and paid': '已预留资金等于应付、在途与已付之和',
};

/** An invariant by its Chinese name, with the one it has in `summary.json` beside it. */
export function invariantLabel(name: string): Label {
  const zh = INVARIANTS[name];
  return zh === undefined ? label(name, '') : label(zh, name);
}
