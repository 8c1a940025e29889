import { condition, sleep } from '@temporalio/workflow';
import type { BusinessMoment, DuePoint } from '../domain/business-time';
import { atPhase, fromEpochMs, PHASES, toEpochMs } from '../domain/business-time';

/**
 * Business time inside a workflow: Temporal's own clock plus the case's offset. In production the offset is zero; a
 * rehearsal runs the clock ahead of the host's.
 */
export interface BusinessClock {
  /** The phase that has begun last: what a step of the engine is dated with, whatever the minute it happens in. */
  now(): BusinessMoment;
  isReached(due: DuePoint): boolean;
  sleepUntil(due: DuePoint): Promise<void>;
  /** Waits for the condition, or until the point if one is given; false when the point came first. */
  waitFor(condition: () => boolean, until?: DuePoint): Promise<boolean>;
}

export function createBusinessClock(offsetMs: number): BusinessClock {
  const remainingMs = (due: DuePoint): number => toEpochMs(due.date, due.phase) - offsetMs - Date.now();

  return {
    now() {
      const { date, time } = fromEpochMs(Date.now() + offsetMs);
      const minutes = Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
      const phase = PHASES.findLast((candidate) => candidate <= minutes) ?? PHASES[0]!;
      return atPhase(date, phase);
    },
    isReached: (due) => remainingMs(due) <= 0,
    async sleepUntil(due) {
      const ms = remainingMs(due);
      if (ms > 0) await sleep(ms);
    },
    async waitFor(ready, until) {
      if (!until) {
        await condition(ready);
        return true;
      }
      const ms = remainingMs(until);
      return ms > 0 ? condition(ready, ms) : ready();
    },
  };
}
