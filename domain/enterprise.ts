import Decimal from 'decimal.js';
import type { RuleFinding } from './approval';
import type { Calendar } from './calendar';
import { Exact, type Ratio } from './money';
import { addDays, type PlainDate } from './plain-date';
import type { EnterprisePolicy } from './policy';

/** What the procurement system tells of one enterprise and month; quantities are decimals of up to four places. */
export interface SupplyFigures {
  orders: number;
  responded: number;
  orderedQuantity: string;
  deliveredQuantity: string;
}

export interface SupplyRates {
  /** Responded ÷ orders, and delivered ÷ ordered quantity; null where nothing was ordered. */
  response: Ratio | null;
  delivery: Ratio | null;
}

const SHOWN_PLACES = 4;

/**
 * 响应率 and 配送率 (新医保发〔2025〕50号 五(二)) for people and files, cut to four places: a rate below a threshold never shows
 * as the threshold.
 */
export function supplyRates(figures: SupplyFigures): SupplyRates {
  const rate = (part: Decimal.Value, whole: Decimal.Value): Ratio | null =>
    new Exact(whole).isZero() ? null : new Exact(part).dividedBy(whole).toFixed(SHOWN_PLACES, Decimal.ROUND_DOWN);
  return {
    response: rate(figures.responded, figures.orders),
    delivery: rate(figures.deliveredQuantity, figures.orderedQuantity),
  };
}

export type LowRate = 'response' | 'delivery';

/** Which rates lie below the policy's least: part < whole × least, so that nothing is rounded; nothing ordered is never below. */
export function lowRates(figures: SupplyFigures, policy: EnterprisePolicy): LowRate[] {
  const isLow = (part: Decimal.Value, whole: Decimal.Value, least: Ratio): boolean =>
    new Exact(part).lessThan(new Exact(whole).times(least));
  const low: LowRate[] = [];
  if (isLow(figures.responded, figures.orders, policy.responseRateMinimum)) low.push('response');
  if (isLow(figures.deliveredQuantity, figures.orderedQuantity, policy.deliveryRateMinimum)) low.push('delivery');
  return low;
}

export const ENTERPRISE_CASE_KINDS = ['risk-warning', 'interview'] as const;
export type EnterpriseCaseKind = (typeof ENTERPRISE_CASE_KINDS)[number];

/** The last day on which an enterprise that was interviewed can perform without a refusal. @throws Refusal `CalendarNotPublished` */
export function interviewDeadline(policy: EnterprisePolicy, openedOn: PlainDate, calendar: Calendar): PlainDate {
  return calendar.addWorkingDays(openedOn, policy.interviewDeadlineWorkingDays);
}

/** The day from which, at 00:00, who refused is suspended: the day after the deadline, or after a finding that came later. */
export function enterpriseSuspension(deadline: PlainDate, refusedOn: PlainDate): PlainDate {
  return addDays(deadline > refusedOn ? deadline : refusedOn, 1);
}

/** 失信记录 goes from the agency to the local administration, is published, and goes to the region, in this order. */
export const DISHONESTY_STEPS = ['recorded', 'administration', 'public', 'region'] as const;
export type DishonestyStep = (typeof DISHONESTY_STEPS)[number];

/** Which acts of an enterprise's case have happened, each on its day. */
export interface EnterpriseFacts {
  kind: EnterpriseCaseKind;
  openedOn: PlainDate;
  deadline: PlainDate | null;
  refusedOn: PlainDate | null;
  suspendedFrom: PlainDate | null;
  performedOn: PlainDate | null;
  exemptedOn: PlainDate | null;
}

export type EnterpriseState = 'open' | 'suspended' | 'closed' | 'resumed';

/**
 * How an enterprise's case stands at the end of a day. A risk warning is closed with its export; an interview is open until
 * the enterprise performs, which ends a suspension on that day.
 */
export function enterpriseStanding(
  { kind, openedOn, suspendedFrom, performedOn }: EnterpriseFacts,
  on: PlainDate,
): { state: EnterpriseState; closedOn: PlainDate | null } {
  if (kind === 'risk-warning') return { state: 'closed', closedOn: openedOn };
  const performed = performedOn !== null && performedOn <= on ? performedOn : null;
  const suspended = suspendedFrom !== null && suspendedFrom <= on && (performed === null || performed >= suspendedFrom);
  if (performed === null) return { state: suspended ? 'suspended' : 'open', closedOn: null };
  return { state: suspended ? 'resumed' : 'closed', closedOn: performed };
}

export type EnterpriseAct = 'refused' | 'performed' | 'exempted' | DishonestyStep;

/** Whether an officer may record an act now; undefined where they may. */
export function checkEnterpriseAct(
  facts: EnterpriseFacts & { steps: readonly DishonestyStep[] },
  act: EnterpriseAct,
  { evidence, on }: { evidence: string; on: PlainDate },
  today: PlainDate,
): RuleFinding | undefined {
  const invalid = (message: string): RuleFinding => ({ code: 'CaseStateInvalid', message });
  if (evidence.trim() === '') return { code: 'EvidenceMissing', message: 'an enterprise’s case goes on evidence only' };
  if (on > today) return { code: 'OutsideWindow', message: `${on} is after today, ${today}` };
  if (on < facts.openedOn)
    return { code: 'OutsideWindow', message: `${on} is before the case began, ${facts.openedOn}` };
  if (facts.exemptedOn) return invalid(`force majeure has ended this case on ${facts.exemptedOn}`);
  if (act === 'refused' || act === 'performed' || act === 'exempted') {
    if (facts.performedOn) return invalid(`the enterprise performed on ${facts.performedOn}`);
    // 直至该企业按协议履约: what came before the finding does not undo it.
    if (act === 'performed' && facts.refusedOn !== null && on < facts.refusedOn)
      return { code: 'OutsideWindow', message: `${on} is before the refusal that was found on ${facts.refusedOn}` };
    if (act === 'refused' && facts.refusedOn) return invalid(`a refusal was found on ${facts.refusedOn}`);
    return undefined;
  }
  return checkStep(facts, act);
}

function checkStep(
  { refusedOn, steps }: { refusedOn: PlainDate | null; steps: readonly DishonestyStep[] },
  step: DishonestyStep,
): RuleFinding | undefined {
  if (refusedOn === null)
    return { code: 'CaseStateInvalid', message: 'a dishonesty record needs the finding of a refusal' };
  const next = DISHONESTY_STEPS[steps.length];
  if (step === next) return undefined;
  const message = next === undefined ? 'the dishonesty record is with the region already' : `the next step is ${next}`;
  return { code: 'CaseStateInvalid', message };
}
