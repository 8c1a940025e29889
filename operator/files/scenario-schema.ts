import { z } from 'zod';
import { parseCaseId } from '../../domain/ids';
import { isPeriod, isPlainDate, type Period } from '../../domain/plain-date';
import { APPROVAL_LEVELS, BREACH_KINDS } from '../../domain/policy/schema';
import { POOLS } from '../../domain/pools';
import { BANK_OUTCOMES, NEVER, SCRIPTED_PAYMENTS, type BreachKey, type DayOrNever } from '../../domain/scenario';
import { date, enterpriseId, institutionId, Mismatch, month, text, type Cell } from './cells';
import { scalar } from './yaml';

/** The format of a scenario file, key by key (docs/scenario.md). Scalars arrive as the text that was typed. */

const DAY_OR_NEVER = new Mismatch('date', 'a date (YYYY-MM-DD) or never');
const dayOrNever: Cell<DayOrNever> = (value) => (value === NEVER || isPlainDate(value) ? value : DAY_OR_NEVER);

const NOT_BREACH = new Mismatch(
  'value-unknown',
  `${BREACH_KINDS.join(', ')}, a slash and a month: late-reconciliation/2026-05`,
);
const breachKey: Cell<BreachKey> = (value) => {
  const [kind, period, ...rest] = value.split('/');
  const known = BREACH_KINDS.some((each) => each === kind) && isPeriod(period ?? '') && rest.length === 0;
  return known ? (value as BreachKey) : NOT_BREACH;
};

const NOT_CASE = new Mismatch('id-pattern', 'a case such as prepayment/650500/2026 or window/650500/2026-05');
const caseId: Cell<string> = (value) => (parseCaseId(value) === undefined ? NOT_CASE : value);

const period = month as Cell<Period>;

function byPeriod<T extends z.ZodType>(value: T) {
  return z.record(scalar(period), value).default({});
}

function byBreach<T extends z.ZodType>(value: T) {
  return z.record(scalar(breachKey), value).default({});
}

const INSTITUTION = z.strictObject({
  return: byPeriod(scalar(dayOrNever)),
  confirm: byPeriod(scalar(dayOrNever)),
  topUp: byPeriod(z.literal(NEVER)),
  dispute: byPeriod(z.array(scalar(text))),
  correct: byBreach(scalar(date)),
  forceMajeure: byBreach(scalar(text)),
});

const BANK = z.strictObject({
  kind: z.enum(SCRIPTED_PAYMENTS).default('payment'),
  period: scalar(period).optional(),
  institution: scalar(institutionId).optional(),
  enterprise: scalar(enterpriseId).optional(),
  pool: z.enum(POOLS).optional(),
  outcome: z.enum(BANK_OUTCOMES),
  retryOn: scalar(date).optional(),
});

const ENTERPRISE = z.strictObject({
  finding: byPeriod(z.literal('refused')),
  performsOn: scalar(date).optional(),
});

const APPROVAL = z.strictObject({
  case: scalar(caseId),
  level: z.enum(APPROVAL_LEVELS),
  decision: z.literal('reject'),
  reason: scalar(text),
  thenApproveOn: scalar(date).optional(),
});

/** A block whose entries are all commented out is left out. */
function block<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' || value === null ? undefined : value), schema);
}

export const SCENARIO = z.strictObject({
  institutions: block(z.record(scalar(institutionId), INSTITUTION).default({})),
  bank: block(z.array(BANK).default([])),
  enterprises: block(z.record(scalar(enterpriseId), ENTERPRISE).default({})),
  claims: block(byPeriod(z.strictObject({ reviewedOn: scalar(date) }))),
  transfers: block(byPeriod(z.partialRecord(z.enum(POOLS), scalar(dayOrNever)))),
  approvals: block(z.array(APPROVAL).default([])),
});
