import { allHandlersFinished, condition, patched, upsertSearchAttributes } from '@temporalio/workflow';
import { toEpochMs, type BusinessMoment, type DuePoint } from '../domain/business-time';
import { records } from './activities';
import type { BusinessClock } from './business-clock';
import { businessRefusal, persistently } from './refusals';

/** What every case does about itself: it tells what it waits for, outlasts faults of the world, and is closed when it ends. */
export interface CaseKeeping {
  /** What a step is told: which case, and when. */
  stepNow(): { caseId: string; at: BusinessMoment };
  /** Tells lists and people what the case waits for, and when its next timer is due. */
  publish(state: string, nextDue: DuePoint | null): Promise<void>;
  /** Runs an activity until the world lets it happen. */
  step<T>(run: (step: { caseId: string; at: BusinessMoment }) => Promise<T>): Promise<T>;
  /**
   * Runs the case and closes it in the state that it ends in. What the rules refuse ends it too: it is closed as
   * `refused` with an alert, and the execution fails with the refusal, so that it may begin again when that is mended.
   */
  toItsEnd(story: () => Promise<string>): Promise<void>;
}

export function createCaseKeeping(caseId: string, clock: BusinessClock): CaseKeeping {
  const stepNow = (): { caseId: string; at: BusinessMoment } => ({ caseId, at: clock.now() });

  async function publish(state: string, nextDue: DuePoint | null): Promise<void> {
    upsertSearchAttributes({
      SettleState: [state],
      SettleDueOn: nextDue ? [new Date(toEpochMs(nextDue.date, nextDue.phase))] : [],
    });
    await records.publishCase({ ...stepNow(), state, nextDue });
  }

  async function step<T>(run: (now: { caseId: string; at: BusinessMoment }) => Promise<T>): Promise<T> {
    return persistently(
      () => run(stepNow()),
      async ({ activityType, cause }) => {
        upsertSearchAttributes({ SettleState: ['fault'] });
        // Cases that met a fault before this was there replay without it.
        if (!patched('fault-alert')) return;
        const detail = `${activityType}: ${cause?.message ?? 'it failed'}; it is tried again every half hour`;
        await records.raiseAlert({ ...stepNow(), kind: 'case-fault', detail });
      },
    );
  }

  async function close(finalState: string): Promise<void> {
    await condition(allHandlersFinished);
    upsertSearchAttributes({ SettleState: [finalState], SettleDueOn: [] });
    await records.closeCase({ ...stepNow(), state: finalState });
  }

  async function toItsEnd(story: () => Promise<string>): Promise<void> {
    try {
      await close(await story());
    } catch (error) {
      const refusal = businessRefusal(error);
      if (refusal) {
        const detail = `${refusal.type}: ${refusal.message}`;
        await records.raiseAlert({ ...stepNow(), kind: 'case-refused', detail });
        await close('refused');
      }
      throw error;
    }
  }

  return { stepNow, publish, step, toItsEnd };
}
