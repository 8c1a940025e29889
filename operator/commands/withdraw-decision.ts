import { insertDecisionWithdrawal } from '../../db/fund/decision-withdrawals';
import { Refusal } from '../../domain/refusal';
import { attempted, ownAttempt } from './attempts';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';

export interface WithdrawDecisionCommand {
  region: string;
  /** `standard/…` or `collection/…`. */
  id: string;
  person: string;
  reason: string;
  dryRun?: boolean;
}

/**
 * Withdraws a proposal that was a mistake, or a collection whose money does not come, by a business head or director. What was withdrawn
 * stays on record; the same may be proposed again.
 *
 * @throws Refusal `ReasonMissing`, `NotFound`, `PersonUnknown`, `ApprovalRoleMissing`; `CaseStateInvalid` for a ratio that is approved, a
 * collection that has come in, and what is withdrawn already
 */
export async function withdrawDecision(context: CommandContext, command: WithdrawDecisionCommand): Promise<void> {
  const { db, clock } = context;
  const { region, id, person, reason, dryRun = false } = command;
  const at = clock.now();
  const run = async (): Promise<void> => {
    if (reason.trim() === '') throw new Refusal('ReasonMissing', 'who withdraws a decision says why');
    await transactionally(db, dryRun, (trx) =>
      insertDecisionWithdrawal(trx, { decisionId: id, region, reason, person, at }),
    );
  };
  if (dryRun) return run();
  return attempted(context, ownAttempt({ region, subject: id, person, action: 'withdraw-decision', reason, at }), run);
}
