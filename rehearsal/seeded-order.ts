/**
 * Orders things that happen at the same moment: the same seed gives the same order, another seed another one. `moment`
 * names what is ordered, so that the order does not depend on which of two parallel groups asks first.
 */
export interface SeededOrder {
  shuffle<T>(moment: string, items: readonly T[]): T[];
}

export function createSeededOrder(seed: number): SeededOrder {
  return {
    shuffle(moment, items) {
      const next = randomNumbers(hashOf(`${seed}/${moment}`));
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last -= 1) {
        const other = Math.floor(next() * (last + 1));
        [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
      }
      return shuffled;
    },
  };
}

/** FNV-1a: spreads the seed and the name of the moment over 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}

/** mulberry32: 32 bits of state are plenty for an order, and the sequence is the same on every machine. */
function randomNumbers(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
