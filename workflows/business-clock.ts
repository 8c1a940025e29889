import { condition, sleep } from '@temporalio/workflow';
import type { BusinessMoment, DuePoint } from '../domain/business-time';
import { atPhase, fromEpochMs, PHASES, toEpochMs } from '../domain/business-time';

/**
 * Business time inside a workflow: Temporal's own clock plus the case's offset. In production the offset is zero; a
 * rehearsal runs the clock ahead of the host's.
 */
export interface BusinessClock {
  /**
   * The phase that has begun last: what a step of the engine is dated with, whatever the minute it happens in. What follows
   * the act of a person in that phase is dated with the act, so that no history tells the answer before the question.
   */
  now(): BusinessMoment;
  /** Somebody acted at this moment, by the clock of their command. */
  heard(at: BusinessMoment): void;
  isReached(due: DuePoint): boolean;
  sleepUntil(due: DuePoint): Promise<void>;
  /** Waits for the condition, or until the point if one is given; false when the point came first. */
  waitFor(condition: () => boolean, until?: DuePoint): Promise<boolean>;
}

export function createBusinessClock(offsetMs: number): BusinessClock {
  const remainingMs = (due: DuePoint): number => toEpochMs(due.date, due.phase) - offsetMs - Date.now();

  let lastAct: BusinessMoment | undefined;

  return {
    now() {
      const exact = fromEpochMs(Date.now() + offsetMs);
      const minutes = Number(exact.time.slice(0, 2)) * 60 + Number(exact.time.slice(3));
      const begun = atPhase(exact.date, PHASES.findLast((candidate) => candidate <= minutes) ?? PHASES[0]!);
      if (!lastAct || compareMoments(lastAct, begun) <= 0) return begun;
      // A command whose clock is fast does not date what the engine does.
      return compareMoments(lastAct, exact) <= 0 ? lastAct : exact;
    },
    heard(at) {
      lastAct = at;
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

function compareMoments(left: BusinessMoment, right: BusinessMoment): number {
  const [first, second] = [`${left.date} ${left.time}`, `${right.date} ${right.time}`];
  return first < second ? -1 : first > second ? 1 : 0;
}
