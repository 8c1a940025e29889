import { reopenClaims, type ClaimMonth } from '../../db/fund/claims';
import { caseIds } from '../../domain/ids';
import { Refusal } from '../../domain/refusal';
import { attempted, ownAttempt } from './attempts';
import { requireRole } from './capacity';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';
import { tellWindow } from './window-step';

export interface ReopenClaimsCommand extends ClaimMonth {
  person: string;
  reason: string;
  dryRun?: boolean;
}

/**
 * Takes 复核 back while nothing of the month is settled, by a business head: a wrong claim or deduction is put right, or claims that
 * came late are added, and both reviews are done again. A settlement that was worked out before is not approved any more; once it is
 * rejected, it is prepared anew after the next re-check.
 *
 * @throws Refusal `ReasonMissing`, `PersonUnknown`, `ApprovalRoleMissing`, `CaseStateInvalid`
 */
export async function reopenClaimsOf(context: CommandContext, command: ReopenClaimsCommand): Promise<void> {
  const { db, clock } = context;
  const { region, period, person, reason, dryRun = false } = command;
  const at = clock.now();
  const run = async (): Promise<void> => {
    await requireRole(context, { region }, person, 'business-head', 'ApprovalRoleMissing');
    if (reason.trim() === '') throw new Refusal('ReasonMissing', 'who opens reviewed claims again says why');
    await transactionally(db, dryRun, async (trx) => {
      const reopening = await reopenClaims(trx, { region, period }, { person, reason, at });
      await tellWindow(trx, caseIds.fund(region, period), at, [
        { key: `reopened/${reopening}`, event: 'claims-reopened', actor: person, detail: reason },
      ]);
    });
  };
  if (dryRun) return run();
  const subject = `claims/${region}/${period}`;
  return attempted(context, ownAttempt({ region, subject, person, action: 'reopen-claims', reason, at }), run);
}
