import type { Knex } from 'knex';
import { loadReviews, lockClaims, saveReview, type ClaimMonth } from '../../db/fund/claims';
import { loadStaff } from '../../db/register';
import { REVIEW_ROLES, type Deduction, type ReviewStep } from '../../domain/fund/claims';
import { caseIds } from '../../domain/ids';
import { formatYuan } from '../../domain/money';
import { Refusal } from '../../domain/refusal';
import type { PlainDate } from '../../domain/plain-date';
import { capacities, capacityText, namesOf, type Capacity } from '../../domain/staff';
import { attempted, ownAttempt } from './attempts';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';
import { contentHash, tellWindow } from './window-step';

export interface ReviewClaimsCommand extends ClaimMonth {
  step: ReviewStep;
  person: string;
  /** What this review takes off, in place of what was taken off before. */
  deductions?: readonly Deduction[];
  updateId?: string;
  dryRun?: boolean;
}

export interface ReviewedClaims {
  step: ReviewStep;
  reviewer: Capacity;
  claims: number;
  /** Of all claims of the month, deductions of before included. */
  deductedFen: bigint;
  reviewedOn: PlainDate;
}

/**
 * Records 初审, or 复核 by another person, of all claims of a month (宿迁 2025-06-13 三(一)), with what is taken off and why. The month is
 * reviewed when the re-check is recorded, and paid on the next working day.
 *
 * @throws Refusal `PersonUnknown`, `ApprovalRoleMissing`, `NotFound`, `ApprovalNotOpen`, `ApprovalOutOfOrder`, `ApprovalSamePerson`,
 * `ReasonMissing`, `DeductionInvalid`
 */
export async function reviewClaims(context: CommandContext, command: ReviewClaimsCommand): Promise<ReviewedClaims> {
  const { db, clock } = context;
  const { region, period, step, person, deductions = [], dryRun = false } = command;
  const run = () => transactionally(db, dryRun, (trx) => reviewIn(trx, context, command));
  if (dryRun) return run();
  const attempt = {
    region,
    subject: `claims/${region}/${period}`,
    person,
    action: 'review-claims',
    level: step,
    contentSha256: contentHash(deductions.map((each) => ({ ...each, deductedFen: each.deductedFen.toString() }))),
    at: clock.now(),
  };
  return attempted(context, command.updateId ? { updateId: command.updateId, ...attempt } : ownAttempt(attempt), run);
}

async function reviewIn(
  trx: Knex,
  { clock }: CommandContext,
  { region, period, step, person, deductions = [] }: ReviewClaimsCommand,
): Promise<ReviewedClaims> {
  const month = { region, period };
  for (const { institution, pool, reason } of deductions)
    if (reason.trim() === '')
      throw new Refusal('ReasonMissing', `the deduction of ${institution} from ${pool} says no reason`);
  await lockClaims(trx, month);
  const at = clock.now();
  const reviewer = await reviewerOf(trx, month, { step, person, on: at.date });
  const totals = await saveReview(trx, month, { step, capacity: reviewer, at, deductions });
  await tellWindow(trx, caseIds.fund(region, period), at, [
    {
      key: `${step}/${at.date}/${at.time}`,
      event: step === 'first-review' ? 'claims-reviewed' : 'claims-re-checked',
      actor: person,
      detail: `${totals.claims} claims, ${formatYuan(totals.deductedFen)} deducted${
        reviewer.actingFor === undefined ? '' : ` (${capacityText(reviewer)})`
      }`,
    },
  ]);
  return { step, reviewer, ...totals, reviewedOn: at.date };
}

/** In whose name somebody reviews: their own where they have the role, else that of one on leave who has not reviewed. */
async function reviewerOf(
  trx: Knex,
  month: ClaimMonth,
  { step, person, on }: { step: ReviewStep; person: string; on: PlainDate },
): Promise<Capacity> {
  const role = REVIEW_ROLES[step];
  const staff = (await loadStaff(trx, month.region)).find((each) => each.person === person);
  if (!staff) throw new Refusal('PersonUnknown', `${person} is not on the staff list of ${month.region}`, { person });
  const found = capacities(staff, role, on);
  if (found.length === 0)
    throw new Refusal('ApprovalRoleMissing', `${person} has not the role ${role} on ${on}`, { person, role });
  const taken = (await loadReviews(trx, month)).flatMap(namesOf);
  return found.find((capacity) => namesOf(capacity).every((name) => !taken.includes(name))) ?? found[0]!;
}
