import { startPlanned } from '../../activities/start-due-cases';
import { findDevelopmentClock } from '../../db/development-clock';
import { TASK_QUEUE } from '../../workers/task-queue';
import type { CommandContext } from './context';

/**
 * Starts what a command has planned. Where clocks are virtual, whoever moves them does; where Temporal is away, the next
 * monitoring of the region starts it.
 */
export async function startPlannedNow(context: CommandContext, region: string): Promise<void> {
  const { db, client, log } = context;
  if (context.reach || (await findDevelopmentClock(db))) return;
  try {
    await startPlanned({ db, client }, region, TASK_QUEUE);
  } catch (error) {
    log.warn({ region, err: error }, 'planned cases wait for the next start');
  }
}
