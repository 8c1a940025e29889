import { z } from 'zod';
import { isPeriod, isPlainDate, type Period, type PlainDate } from '../plain-date';
import { POOLS, PREPAYMENT_POOLS } from '../pools';
import { CATEGORIES, CHANNELS, type Role } from '../region';
import { cited } from './cited';

/** The approval levels that policies put in their order (新医保发〔2025〕50号 六(二)), and who decides on them. */
export const APPROVAL_LEVELS = ['first-review', 'second-review', 'finance-check', 'release-approval'] as const;
export type ApprovalLevel = (typeof APPROVAL_LEVELS)[number];
export const APPROVER_ROLES = ['officer', 'business-head', 'finance', 'director'] as const satisfies readonly Role[];

/** What an institution can fail at in one month (新医保发〔2025〕50号 五(一)). */
export const BREACH_KINDS = ['late-reconciliation', 'not-settled', 'prepayment-not-returned'] as const;
export type BreachKind = (typeof BREACH_KINDS)[number];

const plainDate = z.custom<PlainDate>((input) => typeof input === 'string' && isPlainDate(input), {
  error: 'not a date (YYYY-MM-DD)',
});
const period = z.custom<Period>((input) => typeof input === 'string' && isPeriod(input), {
  error: 'not a month (YYYY-MM)',
});
const text = z.string().min(1);
const ratio = z
  .string({ error: 'a ratio is a decimal in quotes, such as "0.5"' })
  .regex(/^(0(\.\d{1,10})?|1(\.0{1,10})?)$/, {
    error: 'a ratio is a decimal from 0 to 1 in quotes, such as "0.5"',
  });
const count = z.int().min(1).max(1_000);
const month = z.int().min(1).max(12);
const day = z.int().min(1).max(31);
const year = z.int().min(2000).max(2999);

/** Advances on this year's purchases and how they come back. */
const prepayment = z.strictObject({
  base: z.strictObject({
    /** 1: purchases of the year before. */
    yearsBack: cited(z.int().min(1).max(5)),
    categories: cited(z.array(z.enum(CATEGORIES)).min(1)),
    channel: cited(z.enum(CHANNELS)),
  }),
  ratio: cited(ratio),
  /** Ratio where order, goods and money flows are unified; left out where the policy knows no such ratio. */
  threeFlowsRatio: cited(ratio).optional(),
  /** Whether an approved decision with its reason may set another ratio for an institution. */
  ratioByDecision: cited(z.boolean()),
  /** Whether institutions that do not execute procurement well get nothing. */
  requiresGoodExecution: cited(z.boolean()),
  /** Pools in the order in which they are drawn on. */
  poolOrder: cited(z.array(z.enum(PREPAYMENT_POOLS)).min(1)),
  /** Which months of a year advance and return; years neither overlap nor leave a gap. */
  schedules: z
    .array(
      z.strictObject({
        years: cited(z.strictObject({ from: year, to: year.optional() })),
        disbursement: z.strictObject({ month: cited(month), workingDay: cited(count) }),
        /** Monthly returns of a share of the amount; left out where all comes back in the final return. */
        monthlyReturns: z
          .strictObject({ months: cited(z.array(month).min(1)), share: cited(ratio), dueDay: cited(day) })
          .optional(),
        /** Takes all that is outstanding. */
        finalReturn: z.strictObject({ month: cited(month), dueDay: cited(day) }),
      }),
    )
    .min(1),
  /** Whether unused prepayment is taken first when the final return is made. */
  unusedFirstInFinalReturn: cited(z.boolean()),
  /** When the agency moves arrived returns on to the fund account. */
  moveToFund: z.strictObject({ day: cited(z.literal('last-working-day')), time: cited(z.literal('18:00')) }),
});

/** The monthly settlement of suppliers' lines. */
const window = z.strictObject({
  firstPeriod: cited(period),
  /** Lines ordered earlier are settled outside the engine. */
  orderedFrom: cited(plainDate),
  categories: cited(z.array(z.enum(CATEGORIES)).min(1)),
  application: z.strictObject({ fromDay: cited(day), toDay: cited(day) }),
  confirmation: z.strictObject({ fromDay: cited(day), toDay: cited(day) }),
  payment: z.strictObject({
    /** 1: the batch is formed on the first working day after the last day of confirmation. */
    batchWorkingDay: cited(count),
    deadline: cited(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('month-end') }),
        z.strictObject({ kind: z.literal('working-days-after-confirmation'), days: count }),
      ]),
    ),
  }),
  /** Which money of the institution pays first. */
  fundingOrder: cited(z.array(z.enum(['prepayment', 'own'])).min(1)),
  /** Working day of the next month by which the stage report is made; left out where none is asked for. */
  stageReportWorkingDay: cited(count).optional(),
});

/** Who decides on money that leaves an account. */
const approval = z.strictObject({
  levels: cited(
    z
      .array(z.strictObject({ level: z.enum(APPROVAL_LEVELS), role: z.enum(APPROVER_ROLES), title: text }))
      .min(1)
      .max(APPROVAL_LEVELS.length),
  ),
  /** The role that releases approved payments to the bank. */
  releaseRole: cited(z.literal('cashier')),
  /** The role that checks the day's journals against the bank's statement. */
  reconciliationRole: cited(z.literal('accountant')),
});

/** What happens to an institution that does not do its part. */
const breach = z.strictObject({
  kinds: cited(z.array(z.enum(BREACH_KINDS)).min(1)),
  /** Working day of the next month on which notices are issued. */
  noticeWorkingDay: cited(count),
  /** Working days after the notice; working day 1 is the first one after it. */
  deadlineWorkingDays: cited(count),
  suspension: z.strictObject({
    /** 1: the month after the deadline's month. */
    monthsAfterDeadline: cited(z.int().min(1).max(12)),
    day: cited(day),
    holds: cited(z.array(z.enum(['fund-settlement', 'pre-allocation'])).min(1)),
  }),
  forceMajeureExempts: cited(z.boolean()),
});

/** Monitoring of suppliers. */
const enterprise = z.strictObject({
  /** A rate below it is a risk warning. */
  responseRateMinimum: cited(ratio),
  deliveryRateMinimum: cited(ratio),
  interviewDeadlineWorkingDays: cited(count),
  suspensionNeeds: cited(z.literal('refused-with-serious-impact')),
  dishonestyRecordGoesTo: cited(z.array(z.enum(['administration', 'public', 'region'])).min(1)),
  forceMajeureExempts: cited(z.boolean()),
});

/** Monthly fund settlement: pre-allocation, settlement of claims, quarterly clearing. */
const fund = z.strictObject({
  pools: cited(z.array(z.enum(POOLS)).min(1)),
  eligibility: z.strictObject({
    scoreMinimum: cited(z.number().min(0).max(100)),
    /** Years back from the 1st of the month within which a major violation excludes. */
    majorViolationYears: cited(z.int().min(1).max(10)),
    conditions: cited(z.array(z.enum(['traceability', 'active', 'cooperates', 'agreement-kept']))),
  }),
  preallocation: z.strictObject({
    /** Share of last year's monthly average. */
    ratio: cited(ratio),
    /** No decision may go below it. */
    ratioMinimum: cited(ratio),
    spendingYearsBack: cited(z.int().min(1).max(5)),
    startWorkingDay: cited(count),
    dueDay: cited(day),
    dueDayMoves: cited(z.enum(['next-working-day', 'not'])),
  }),
  settlement: z.strictObject({ reviewWorkingDays: cited(count), payWorkingDays: cited(count) }),
  clearingEveryMonths: cited(z.union([z.literal(3), z.literal(6), z.literal(12)])),
});

/** A policy file as parsed: plain values, citations taken off. Sections that the document does not regulate are absent. */
export const policySchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: 'an id is lower-case words joined by hyphens' }),
  version: z
    .string({ error: 'a version is text in quotes, such as "1"' })
    .regex(/^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$/, { error: 'a version is letters, digits, dots and hyphens' }),
  document: z.strictObject({ number: text.optional(), title: text, issuer: text, issuedOn: plainDate }),
  /** `to` is the last day; without it the version holds until a later one takes over. */
  effective: z.strictObject({ from: plainDate, to: plainDate.optional() }),
  regions: cited(z.array(z.strictObject({ code: z.string().regex(/^\d{6}$/), name: text })).min(1)),
  prepayment: prepayment.optional(),
  window: window.optional(),
  approval,
  breach: breach.optional(),
  enterprise: enterprise.optional(),
  fund: fund.optional(),
});

/** A published policy: pure JSON data, so that it can travel to a workflow as it is. */
export type Policy = z.output<typeof policySchema>;
export type PrepaymentPolicy = NonNullable<Policy['prepayment']>;
export type PrepaymentSchedule = PrepaymentPolicy['schedules'][number];
export type WindowPolicy = NonNullable<Policy['window']>;
export type BreachPolicy = NonNullable<Policy['breach']>;
export type EnterprisePolicy = NonNullable<Policy['enterprise']>;
export type FundPolicy = NonNullable<Policy['fund']>;
