import type { DuePoint } from '../../domain/business-time';

/** Scripted people: they call the same command functions as real ones, at their hour. */
export interface Actors {
  /** Lets everybody act who has something to do now. False when nobody had. */
  act(point: DuePoint): Promise<boolean>;
  /** Moments after `after` at which somebody will have something to do, as far as is known then. */
  nextPoints(after: DuePoint): Promise<DuePoint[]>;
}

/** Several groups of people as one; each acts in its turn. */
export function together(groups: readonly Actors[]): Actors {
  return {
    async act(point) {
      let acted = false;
      for (const group of groups) acted = (await group.act(point)) || acted;
      return acted;
    },
    nextPoints: async (after) => (await Promise.all(groups.map((group) => group.nextPoints(after)))).flat(),
  };
}
