import { formatYuan } from '../money';
import type { PlainDate } from '../plain-date';
import type { BreachKind } from '../policy';
import { DOCUMENT_KINDS, type DocumentKind, type DocumentModel, type DocumentTable } from './model';

/** 违约情形, as the document names them (新医保发〔2025〕50号 五(一)). */
export const BREACH_NAMES: Readonly<Record<BreachKind, string>> = {
  'late-reconciliation': '不及时对账',
  'not-settled': '当月未按期结算货款',
  'prepayment-not-returned': '当月未返还预付金',
};
const XINJIANG = '新医保发〔2025〕50号';

export interface Letterhead {
  readonly regionName: string;
  readonly date: PlainDate;
}

function letter(
  kind: DocumentKind,
  { regionName, date }: Letterhead,
  rest: Pick<DocumentModel, 'addressee' | 'facts' | 'paragraphs' | 'basis'> & { tables?: readonly DocumentTable[] },
): DocumentModel {
  return {
    kind,
    title: DOCUMENT_KINDS[kind].title,
    issuer: issuerOf(regionName),
    date,
    tables: [],
    charts: [],
    signatures: ['经办人', '负责人'],
    ...rest,
  };
}

/** The office that runs the funds of a region signs for it. */
export function issuerOf(regionName: string): string {
  return `${regionName}医疗保障经办机构`;
}

export interface BreachFacts extends Letterhead {
  readonly institution: string;
  readonly name: string;
  readonly kind: BreachKind;
  readonly period: string;
  readonly deadline: PlainDate;
  readonly suspendsOn: PlainDate;
  /** Lines that were payable, or what of the return had not come. */
  readonly lines: number;
  readonly amountFen: bigint;
  readonly correctedOn: PlainDate | null;
  readonly evidence: string | null;
}

function breachLines({ institution, name, kind, period, lines, amountFen }: BreachFacts): [string, string][] {
  return [
    ['医疗机构', `${name}（${institution}）`],
    ['违约情形', BREACH_NAMES[kind]],
    ['所属期', period],
    ...(kind === 'prepayment-not-returned' ? [] : [['涉及明细', `${lines} 条`] as [string, string]]),
    ['涉及金额（元）', formatYuan(amountFen)],
  ];
}

/** 违约通知书: notice with its deadline, on the day on which the breach was noticed. */
export function breachNotice(facts: BreachFacts): DocumentModel {
  const { name, kind, period, deadline, suspendsOn } = facts;
  return letter('breach-notice', facts, {
    addressee: name,
    facts: [...breachLines(facts), ['改正期限', deadline]],
    paragraphs: [
      `经监测，你单位${period}存在“${BREACH_NAMES[kind]}”情形，违反医保协议关于货款直接结算的约定。`,
      `请于${deadline}前改正。逾期未改正的，自${suspendsOn}起暂停支付你单位的医保基金结算款，直至完成整改。因不可抗力造成的，请在期限内提交证明材料。`,
    ],
    basis: [`${XINJIANG} 五(一)`],
  });
}

/** 暂停支付通知书, on the day from which payments are held. */
export function suspensionNotice(facts: BreachFacts): DocumentModel {
  const { name, kind, period, deadline, suspendsOn } = facts;
  return letter('suspension-notice', facts, {
    addressee: name,
    facts: [...breachLines(facts), ['改正期限', deadline], ['暂停支付起始日', suspendsOn]],
    paragraphs: [
      `你单位${period}“${BREACH_NAMES[kind]}”逾期未改正，自${suspendsOn}起暂停支付医保基金结算款，并停止月度预拨，直至完成整改。暂停期间的应付款项予以留存，整改完成后在下一次拨付中支付。`,
    ],
    basis: [`${XINJIANG} 五(一)`],
  });
}

/** 恢复支付通知书, on the day of the correction, or of the finding that it was force majeure. */
export function resumptionNotice(facts: BreachFacts & { readonly exempted: boolean }): DocumentModel {
  const { name, kind, period, suspendsOn, correctedOn, evidence, exempted } = facts;
  return letter('resumption-notice', facts, {
    addressee: name,
    facts: [
      ...breachLines(facts),
      ['暂停支付起始日', suspendsOn],
      [exempted ? '认定不可抗力日' : '完成整改日', correctedOn ?? ''],
      ...(evidence === null ? [] : [['证明材料', evidence] as [string, string]]),
    ],
    paragraphs: [
      `你单位${period}“${BREACH_NAMES[kind]}”已于${correctedOn}${exempted ? '认定为不可抗力所致' : '完成整改'}，自该日起恢复支付医保基金结算款；暂停期间留存的款项在下一次拨付中支付。`,
    ],
    basis: [`${XINJIANG} 五(一)`],
  });
}

export interface EnterpriseFacts extends Letterhead {
  readonly enterprise: string;
  readonly name: string;
  readonly period: string;
  readonly deadline: PlainDate | null;
  /** As the month's monitoring has them, in per cent with two places; null where there is nothing to divide. */
  readonly responseRate: string | null;
  readonly deliveryRate: string | null;
}

function rates({ enterprise, name, period, responseRate, deliveryRate }: EnterpriseFacts): [string, string][] {
  return [
    ['医药企业', `${name}（${enterprise}）`],
    ['监测月份', period],
    ['订单响应率', responseRate ?? '无订单'],
    ['配送率', deliveryRate ?? '无订单'],
  ];
}

/** 风险警告, shown in the procurement system. */
export function riskWarning(facts: EnterpriseFacts): DocumentModel {
  return letter('risk-warning', facts, {
    addressee: facts.name,
    facts: rates(facts),
    paragraphs: [
      `经按月监测，你企业${facts.period}订单响应率或配送率低于规定标准，现在自治区招采系统内给予风险警告提示。请及时响应订单并按协议配送。`,
    ],
    basis: [`${XINJIANG} 五(二)`],
  });
}

/** 约谈通知书, with the deadline by which the enterprise delivers as agreed. */
export function interviewNotice(facts: EnterpriseFacts): DocumentModel {
  return letter('interview-notice', facts, {
    addressee: facts.name,
    facts: [...rates(facts), ['改正期限', facts.deadline ?? '']],
    paragraphs: [
      `你企业未按协议配送药品，现予以约谈，请于${facts.deadline}前改正。拒不改正且引起严重社会影响的，暂停货款结算，直至按协议履约；失信行为将按规定记录并对外发布。因不可抗力造成的，请提交证明材料。`,
    ],
    basis: [`${XINJIANG} 五(二)`],
  });
}

export interface EnterpriseSuspensionFacts extends Letterhead {
  readonly enterprise: string;
  readonly name: string;
  readonly period: string;
  readonly refusedOn: PlainDate;
  readonly suspendedFrom: PlainDate;
  /** When the enterprise performed, or force majeure was found. */
  readonly endedOn: PlainDate | null;
}

function suspendedEnterprise({ enterprise, name, period, refusedOn, suspendedFrom }: EnterpriseSuspensionFacts) {
  return [
    ['医药企业', `${name}（${enterprise}）`],
    ['约谈月份', period],
    ['认定拒不改正日', refusedOn],
    ['暂停结算起始日', suspendedFrom],
  ] as const;
}

/** 暂停支付通知书 of an enterprise, on the day from which its payments are held. */
export function enterpriseSuspensionNotice(facts: EnterpriseSuspensionFacts): DocumentModel {
  const { name, period, suspendedFrom } = facts;
  return letter('suspension-notice', facts, {
    addressee: name,
    facts: suspendedEnterprise(facts),
    paragraphs: [
      `你企业${period}未按协议配送药品，经约谈拒不改正且引起严重社会影响，自${suspendedFrom}起暂停货款结算，直至按协议履约。暂停期间已确认的货款予以留存，恢复后在下一次拨付中支付。`,
    ],
    basis: [`${XINJIANG} 五(二)`],
  });
}

/** 恢复支付通知书 of an enterprise, once it has performed or force majeure was found. */
export function enterpriseResumptionNotice(
  facts: EnterpriseSuspensionFacts & { readonly exempted: boolean },
): DocumentModel {
  const { name, period, endedOn, exempted } = facts;
  return letter('resumption-notice', facts, {
    addressee: name,
    facts: [...suspendedEnterprise(facts), [exempted ? '认定不可抗力日' : '按协议履约日', endedOn ?? '']],
    paragraphs: [
      `你企业${period}未按协议配送药品一事，已于${endedOn}${exempted ? '认定为不可抗力所致' : '按协议履约'}，自该日起恢复货款结算；暂停期间留存的货款在下一次拨付中支付。`,
    ],
    basis: [`${XINJIANG} 五(二)`],
  });
}
