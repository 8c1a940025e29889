import type { PaymentKind } from './payment';
import type { Period, PlainDate } from './plain-date';
import type { ApprovalLevel, BreachKind } from './policy/schema';
import type { Pool } from './pools';

/**
 * What the scripted people and the scripted bank of a rehearsal do otherwise than on time and in order. A scenario is
 * sparse: what it does not name happens as the agency would wish (docs/scenario.md).
 */
export interface Scenario {
  readonly institutions: Readonly<Record<string, InstitutionScript>>;
  readonly bank: readonly BankScript[];
  readonly enterprises: Readonly<Record<string, EnterpriseScript>>;
  readonly claims: Readonly<Record<Period, ClaimsScript>>;
  readonly transfers: Readonly<Record<Period, TransferScript>>;
  readonly approvals: readonly ApprovalScript[];
}

/** `<kind>/<period>`, such as `prepayment-not-returned/2026-06`. */
export type BreachKey = `${BreachKind}/${string}`;

export const NEVER = 'never';
export type DayOrNever = PlainDate | typeof NEVER;

/** All keys are periods, or breaches of a period; what is left out happens on its default day. */
export interface InstitutionScript {
  /** The day on which the period's return is paid in; `never` is paid with `correct`, if at all. */
  readonly return: Readonly<Record<Period, DayOrNever>>;
  readonly confirm: Readonly<Record<Period, DayOrNever>>;
  /** Tries to confirm without the money that is missing, and is refused. */
  readonly topUp: Readonly<Record<Period, typeof NEVER>>;
  /** Lines it does not agree to. */
  readonly dispute: Readonly<Record<Period, readonly string[]>>;
  /** The day on which it makes good what led to the breach. */
  readonly correct: Readonly<Record<BreachKey, PlainDate>>;
  /** The evidence that an officer records. */
  readonly forceMajeure: Readonly<Record<BreachKey, string>>;
}

export const SCRIPTED_PAYMENTS = [
  'payment',
  'disbursement',
  'agency-return',
  'fund',
] as const satisfies readonly PaymentKind[];

export const BANK_OUTCOMES = [
  'rejected',
  'timeout-paid',
  'timeout-unpaid',
  'duplicate-reply',
  'returned',
  'late',
] as const;
export type BankOutcome = (typeof BANK_OUTCOMES)[number];

/** Outcomes after which an operator may try again. */
export const RETRIED_OUTCOMES = ['rejected', 'timeout-unpaid', 'returned'] as const satisfies readonly BankOutcome[];

/** Applies to the first attempt of every payment that agrees with each field that is given. */
export interface BankScript {
  readonly kind: PaymentKind;
  readonly period?: Period;
  readonly institution?: string;
  readonly enterprise?: string;
  readonly pool?: Pool;
  readonly outcome: BankOutcome;
  /** The day on which the operator sends it again; without it nobody does. */
  readonly retryOn?: PlainDate;
}

export interface EnterpriseScript {
  /** What an officer finds in that month: it refused to deliver, with serious social impact (新医保发〔2025〕50号 五(二)). */
  readonly finding: Readonly<Record<Period, 'refused'>>;
  readonly performsOn?: PlainDate;
}

export interface ClaimsScript {
  readonly reviewedOn: PlainDate;
}

/** By pool: the day on which the finance department confirms a month's transfers from the fiscal deposit, or `never`. */
export type TransferScript = Readonly<Partial<Record<Pool, DayOrNever>>>;

export interface ApprovalScript {
  /** A case id such as `prepayment/650500/2026`. */
  readonly case: string;
  readonly level: ApprovalLevel;
  readonly decision: 'reject';
  readonly reason: string;
  /** The day on which all levels approve what was prepared again; without it nobody does. */
  readonly thenApproveOn?: PlainDate;
}

export const EMPTY_SCENARIO: Scenario = {
  institutions: {},
  bank: [],
  enterprises: {},
  claims: {},
  transfers: {},
  approvals: [],
};
