import { correctionFoundSignal } from '../../workflows/messages';
import { inChunks } from '../in-chunks';
import type { CommandContext } from './context';

/** Cases told at the same time. */
const CONCURRENT_CASES = 8;

/**
 * Tells cases of breaches that their correction stands in the database, after `findCorrections` has written it there. A case
 * that cannot be told, since it has not begun or Temporal is away, finds it at its next look: what is suspended is a question
 * of dates. Inside a transaction of the caller, a dry run for instance, nothing is told.
 */
export async function tellCorrections(context: CommandContext, caseIds: readonly string[]): Promise<void> {
  const { client, db, log } = context;
  if (db.isTransaction) return;
  await inChunks(caseIds, CONCURRENT_CASES, async (caseId) => {
    try {
      await context.reach?.(caseId);
      await client.workflow.getHandle(caseId).signal(correctionFoundSignal);
      await context.settled?.(caseId);
    } catch (error) {
      log.warn({ caseId, err: error }, 'corrected, and its case could not be told');
    }
  });
}
