import type { Policy } from '../policy';
import type { PlainDate } from '../plain-date';
import { BREACH_NAMES, issuerOf } from './letters';
import { DOCUMENT_KINDS, type DocumentModel } from './model';

/** Chinese percentages without trailing zeros: `"0.5"` → `50%`. */
function percent(ratio: string): string {
  const [whole = '0', rest = ''] = ratio.split('.');
  const digits = `${whole}${rest.padEnd(2, '0')}`;
  const point = whole.length + 2;
  const tail = digits.slice(point).replace(/0+$/, '');
  return `${digits.slice(0, point).replace(/^0+(?=\d)/, '')}${tail === '' ? '' : `.${tail}`}%`;
}

/**
 * The rules on breaches as clauses for the institution's agreement (医保协议, 新医保发〔2025〕50号 五(一)): every number is the
 * policy's own, so that agreement and engine never differ.
 *
 * @returns undefined where the policy regulates no breaches
 */
export function agreementClauses(policy: Policy, regionName: string, date: PlainDate): DocumentModel | undefined {
  const { breach, window, prepayment, document } = policy;
  if (!breach) return undefined;
  const { monthsAfterDeadline, day } = breach.suspension;
  const month = monthsAfterDeadline === 1 ? '次月' : `${monthsAfterDeadline}个月后`;
  const duties = [
    ...(window
      ? [
          `医疗机构应于每月${window.confirmation.toDay}日前确认收货、同意结算，并生成货款预结算明细单；对有异议的明细应在同一期限内说明理由。`,
          '集采预付金不足以支付货款的，不足部分由医疗机构在确认前补足至监管账户。',
        ]
      : []),
    ...(prepayment ? returnDuties(prepayment) : []),
  ];
  const kinds = breach.kinds.map((kind) => `“${BREACH_NAMES[kind]}”`).join('、');
  return {
    kind: 'agreement-clauses',
    title: DOCUMENT_KINDS['agreement-clauses'].title,
    issuer: issuerOf(regionName),
    date,
    facts: [['依据文件', `${document.number ?? ''} ${document.title}`.trim()]],
    paragraphs: [
      ...duties,
      `存在${kinds}情形之一的${breach.forceMajeureExempts ? '（不可抗力除外）' : ''}，经办机构于次月第${breach.noticeWorkingDay}个工作日出具违约通知书，医疗机构应在通知之日后${breach.deadlineWorkingDays}个工作日内改正。`,
      `逾期未改正的，自期限届满${month}${day}日起暂停支付医保基金结算款${breach.suspension.holds.includes('pre-allocation') ? '，并停止预拨' : ''}，直至完成整改；整改完成后，暂停期间留存的款项在下一次拨付中支付。`,
    ].map((text, index) => `第${index + 1}条　${text}`),
    tables: [],
    charts: [],
    basis: [`${document.number ?? document.title} 五(一)`],
    signatures: ['经办机构', '医疗机构'],
  };
}

function returnDuties(prepayment: NonNullable<Policy['prepayment']>): string[] {
  return prepayment.schedules.map(({ years, monthlyReturns, finalReturn }) => {
    const from = years.to === undefined ? `${years.from}年起` : `${years.from}年至${years.to}年`;
    const monthly = monthlyReturns
      ? `于${monthlyReturns.months[0]}月至${monthlyReturns.months.at(-1)}月每月${monthlyReturns.dueDay}日前按集采预付金的${percent(monthlyReturns.share)}返还，`
      : '';
    return `${from}，医疗机构${monthly}于${finalReturn.month}月${finalReturn.dueDay}日前返还剩余预付金。`;
  });
}
