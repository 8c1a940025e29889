import {
  approveStandardDecision,
  insertStandardDecision,
  loadStandardDecisions,
  type StandardDecision,
} from '../../db/fund/standards';
import { freshId } from '../../db/fund/decision-withdrawals';
import { policyWith } from '../../db/region-policy';
import { checkedRatio } from '../../domain/fund/standard';
import type { Ratio } from '../../domain/money';
import { firstDayOf, type Period } from '../../domain/plain-date';
import type { Pool } from '../../domain/pools';
import { Refusal } from '../../domain/refusal';
import { attempted, ownAttempt } from './attempts';
import { requireRole } from './capacity';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';

export interface ProposeStandardCommand {
  region: string;
  /** All institutions or pools where left out. */
  institution?: string;
  pool?: Pool;
  ratio: Ratio;
  fromPeriod: Period;
  reason: string;
  person: string;
  dryRun?: boolean;
}

const RULE = '宿迁 2025-06-13 三(二)1';

/**
 * Proposes another ratio of the monthly standard from a month on (拨付比例…适时调整, 宿迁 2025-06-13 三(二)1): by a business head. It counts once
 * a director has approved it, for months whose standard is not worked out yet.
 *
 * @throws Refusal `RatioTooLow`, `PolicyNotInForce`, `UsageInvalid`, `ReasonMissing`, `IdempotencyConflict`, `CaseStateInvalid`, `NotFound`,
 * `PersonUnknown`, `ApprovalRoleMissing`
 */
export async function proposeStandard(
  context: CommandContext,
  command: ProposeStandardCommand,
): Promise<StandardDecision> {
  const { db, clock } = context;
  const { region, institution, pool, ratio, fromPeriod, reason, person, dryRun = false } = command;
  const at = clock.now();
  const base = ['standard', region, fromPeriod, institution ?? 'all', pool ?? 'all'].join('/');
  const run = async (): Promise<StandardDecision> => {
    await requireRole(context, { region }, person, 'business-head', 'ApprovalRoleMissing');
    if (reason.trim() === '') throw new Refusal('ReasonMissing', 'a decision on the standard says its reason');
    const { fund } = (await policyWith(db, region, 'fund', firstDayOf(fromPeriod))).policy;
    checkedRatio(fund!, ratio);
    if (pool && !fund!.pools.includes(pool))
      throw new Refusal('UsageInvalid', `${pool} is none of the pools that are settled: ${fund!.pools.join(', ')}`);
    return transactionally(db, dryRun, async (trx) => {
      const alike = (await loadStandardDecisions(trx, region)).filter(
        (each) => each.decisionId === base || each.decisionId.startsWith(`${base}/`),
      );
      const known = alike.find(({ withdrawnOn }) => withdrawnOn === null);
      if (known)
        throw new Refusal(
          'IdempotencyConflict',
          `${known.ratio} was proposed from ${fromPeriod} on by ${known.proposedBy} on ${known.proposedOn}`,
          { rule: RULE, decisionId: known.decisionId },
        );
      const decision = {
        decisionId: freshId(base, alike.length),
        region,
        institution: institution ?? null,
        pool: pool ?? null,
        ratio,
        fromPeriod,
        reason,
        proposedBy: person,
        proposedOn: at.date,
      };
      await insertStandardDecision(trx, decision);
      return { ...decision, approvedBy: null, approvedOn: null, withdrawnOn: null };
    });
  };
  if (dryRun) return run();
  const attempt = ownAttempt({ region, subject: base, person, action: 'propose-standard', reason, at });
  return attempted(context, attempt, run);
}

export interface ApproveCommand {
  region: string;
  /** `standard/<region>/<month>/…` or `collection/…`. */
  id: string;
  person: string;
  dryRun?: boolean;
}

/**
 * Approves what was proposed: a director, who did not propose it.
 *
 * @throws Refusal `NotFound`, `AppendOnly`, `ApprovalByPreparer`, `PersonUnknown`, `ApprovalRoleMissing`, `CaseStateInvalid`, `RatioTooLow`
 */
export async function approveStandard(context: CommandContext, command: ApproveCommand): Promise<StandardDecision> {
  const { db, clock } = context;
  const { region, id, person, dryRun = false } = command;
  const at = clock.now();
  const run = async (): Promise<StandardDecision> => {
    await requireRole(context, { region }, person, 'director', 'ApprovalRoleMissing');
    return transactionally(db, dryRun, async (trx) => {
      const [proposed] = await loadStandardDecisions(trx, region, { decisionId: id });
      if (!proposed) throw new Refusal('NotFound', `there is no decision ${id}`, { decisionId: id });
      // The policy may have changed since.
      checkedRatio(
        (await policyWith(trx, region, 'fund', firstDayOf(proposed.fromPeriod))).policy.fund!,
        proposed.ratio,
      );
      await approveStandardDecision(trx, id, { person, on: at.date });
      return { ...proposed, approvedBy: person, approvedOn: at.date };
    });
  };
  if (dryRun) return run();
  const attempt = ownAttempt({ region, subject: id, person, action: 'approve-standard', reason: '', at });
  return attempted(context, attempt, run);
}
