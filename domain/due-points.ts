import { toEpochMs, type DuePoint } from './business-time';

/** Half an hour behind a phase: every timer that lies on the phase has fired, and the next one is hours away (DESIGN 8). */
const BEHIND_PHASE_MS = 30 * 60_000;

/** Where a virtual clock stops for a phase of a day. */
export function barrierMs({ date, phase }: DuePoint): number {
  return toEpochMs(date, phase) + BEHIND_PHASE_MS;
}

export function momentOf({ date, phase }: DuePoint): string {
  return `${date}/${phase}`;
}

export function comparePoints(left: DuePoint, right: DuePoint): number {
  if (left.date !== right.date) return left.date < right.date ? -1 : 1;
  return left.phase - right.phase;
}

export function earliest(points: readonly DuePoint[]): DuePoint | undefined {
  return points.reduce<DuePoint | undefined>(
    (first, point) => (first === undefined || comparePoints(point, first) < 0 ? point : first),
    undefined,
  );
}
