import type { Knex } from 'knex';
import { wasAccepted } from '../../db/attempts';
import { findClaimFile, loadReviews, lockClaims, saveReview, type ClaimMonth } from '../../db/fund/claims';
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

const RULE = '宿迁 2025-06-13 三(一)';

export interface ReviewClaimsCommand extends ClaimMonth {
  step: ReviewStep;
  person: string;
  /** What this review takes off, in place of what was taken off before. */
  deductions?: readonly Deduction[];
  /** The file that the reviewer has looked at; whatever is there where left out. */
  sha256?: string;
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
  /** The file that was reviewed; null where claims came without one. */
  sha256: string | null;
}

/**
 * Records 初审, or 复核 by another person, of all claims of a month (宿迁 2025-06-13 三(一)), with what is taken off and why. The month is
 * reviewed when the re-check is recorded, and paid on the next working day. The same update id again is answered by the review.
 *
 * @throws Refusal `PersonUnknown`, `ApprovalRoleMissing`, `NotFound`, `ApprovalNotOpen`, `ApprovalOutOfOrder`, `ApprovalSamePerson`,
 * `ReasonMissing`, `DeductionInvalid`, `ApprovalContentChanged` where another file is there, `IdempotencyConflict`
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
  const { updateId } = command;
  if (updateId === undefined) return attempted(context, ownAttempt(attempt), run);
  const done = await wasAccepted(db, updateId);
  return attempted(context, { updateId, ...attempt }, () => (done ? answerAgain(db, command) : run()));
}

/** What was recorded under this key, as long as it counts. */
async function answerAgain(db: Knex, { region, period, step, person }: ReviewClaimsCommand): Promise<ReviewedClaims> {
  const review = (await loadReviews(db, { region, period })).find((each) => each.step === step);
  if (review?.person !== person)
    throw new Refusal('IdempotencyConflict', `the ${step} of this update id counts no more: review under another one`);
  const { claims, deductedFen, reviewedOn, actingFor } = review;
  const reviewer = { person, ...(actingFor === undefined ? {} : { actingFor }) };
  const sha256 = (await findClaimFile(db, { region, period }))?.sha256 ?? null;
  return { step, reviewer, claims, deductedFen, reviewedOn, sha256 };
}

async function reviewIn(
  trx: Knex,
  { clock }: CommandContext,
  { region, period, step, person, deductions = [], sha256 }: ReviewClaimsCommand,
): Promise<ReviewedClaims> {
  const month = { region, period };
  checkDeductions(region, deductions);
  await lockClaims(trx, month);
  const file = await findClaimFile(trx, month);
  if (sha256 !== undefined && file?.sha256 !== sha256)
    throw new Refusal(
      'ApprovalContentChanged',
      `the claims of ${period} are of the file ${file?.sha256 ?? '–'}, not of ${sha256}`,
      { rule: RULE },
    );
  const at = clock.now();
  const reviewer = await reviewerOf(trx, month, { step, person, on: at.date });
  const { reviewId, ...totals } = await saveReview(trx, month, { step, capacity: reviewer, at, deductions });
  await tellWindow(trx, caseIds.fund(region, period), at, [
    {
      key: `${step}/${reviewId}`,
      event: step === 'first-review' ? 'claims-reviewed' : 'claims-re-checked',
      actor: person,
      detail: `${totals.claims} claims, ${formatYuan(totals.deductedFen)} deducted${
        reviewer.actingFor === undefined ? '' : ` (${capacityText(reviewer)})`
      }`,
    },
  ]);
  return { step, reviewer, ...totals, reviewedOn: at.date, sha256: file?.sha256 ?? null };
}

/** Each says why, and a claim is deducted from once: by a file or an option, with its region named or not. */
function checkDeductions(region: string, deductions: readonly Deduction[]): void {
  const seen = new Set<string>();
  for (const { institution, pool, reason, payingRegion = region } of deductions) {
    if (reason.trim() === '')
      throw new Refusal('ReasonMissing', `the deduction of ${institution} from ${pool} says no reason`);
    const claim = `${institution} ${pool} ${payingRegion}`;
    if (seen.has(claim))
      throw new Refusal('DeductionInvalid', `${claim} is deducted from twice: give its whole deduction once`);
    seen.add(claim);
  }
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
