import {
  approveRatioDecision,
  insertRatioDecision,
  listRatioDecisions,
  type RatioDecision,
} from '../../db/ratio-decisions';
import { loadInstitutions } from '../../db/register';
import { policyWith } from '../../db/region-policy';
import type { Ratio } from '../../domain/money';
import { settlementBodies } from '../../domain/prepayment';
import { Refusal } from '../../domain/refusal';
import { attempted, ownAttempt } from './attempts';
import { requireRole } from './capacity';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';

const RULE = '新医保发〔2025〕50号 四(一)';

export interface RatioCommand {
  region: string;
  institution: string;
  year: number;
  person: string;
  dryRun: boolean;
}

/**
 * Proposes another prepayment ratio for a settlement body and year: by a business head, with its reason and document. It
 * counts once a director has approved it, and before the year's prepayment is approved.
 *
 * @throws Refusal `PolicyInvalid` where the policy allows none, `NotSettlementBody`, `ApprovalRoleMissing`,
 *   `IdempotencyConflict` where one is there, `PaymentStateInvalid`
 */
export async function proposeRatio(
  context: CommandContext,
  command: RatioCommand & { ratio: Ratio; reason: string; document: string },
): Promise<RatioDecision> {
  const { region, institution, year, ratio, reason, document, person, dryRun } = command;
  const { date } = context.clock.now();
  const attempt = ownAttempt({
    region,
    subject: `ratio/${institution}/${year}`,
    person,
    action: 'propose-ratio',
    reason: `${ratio}: ${reason} (${document})`,
    at: context.clock.now(),
  });
  const run = async (): Promise<RatioDecision> => {
    const { policy } = await policyWith(context.db, region, 'prepayment', date);
    if (!policy.prepayment!.ratioByDecision)
      throw new Refusal('PolicyInvalid', `${policy.id} allows no other ratio by decision`, { rule: RULE });
    await requireBody(context, region, institution);
    await requireRole(context, { region }, person, 'business-head', 'ApprovalRoleMissing');
    return transactionally(context.db, dryRun, async (trx) => {
      const [known] = await listRatioDecisions(trx, { region, institution, year });
      if (known)
        throw new Refusal(
          'IdempotencyConflict',
          `${known.ratio} was proposed for ${institution} and ${year} by ${known.proposedBy} on ${known.proposedOn}`,
          { rule: RULE },
        );
      const decision = { region, institution, year, ratio, reason, document, proposedBy: person, proposedOn: date };
      await insertRatioDecision(trx, decision);
      return { ...decision, approvedBy: null, approvedOn: null };
    });
  };
  return dryRun ? run() : attempted(context, attempt, run);
}

/**
 * Approves what was proposed: a director, who did not propose it.
 *
 * @throws Refusal `NotFound`, `ApprovalByPreparer`, `ApprovalRoleMissing`, `AppendOnly`, `PaymentStateInvalid`
 */
export async function approveRatio(context: CommandContext, command: RatioCommand): Promise<RatioDecision> {
  const { region, institution, year, person, dryRun } = command;
  const { date } = context.clock.now();
  const attempt = ownAttempt({
    region,
    subject: `ratio/${institution}/${year}`,
    person,
    action: 'approve-ratio',
    reason: '',
    at: context.clock.now(),
  });
  const run = async (): Promise<RatioDecision> => {
    await requireRole(context, { region }, person, 'director', 'ApprovalRoleMissing');
    return transactionally(context.db, dryRun, async (trx) => {
      const key = { region, institution, year };
      if ((await listRatioDecisions(trx, key)).length === 0)
        throw new Refusal('NotFound', `no ratio was proposed for ${institution} and ${year}`, key);
      await approveRatioDecision(trx, key, { person, on: date });
      return (await listRatioDecisions(trx, key))[0]!;
    });
  };
  return dryRun ? run() : attempted(context, attempt, run);
}

async function requireBody({ db }: CommandContext, region: string, institution: string): Promise<void> {
  const body = settlementBodies(await loadInstitutions(db, region)).get(institution);
  if (body === institution) return;
  throw new Refusal(
    'NotSettlementBody',
    body === undefined ? `${institution} is not known in ${region}` : `${institution} settles through ${body}`,
    { rule: RULE, institution },
  );
}
