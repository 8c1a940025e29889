/** 32 megabytes, whatever the size of the file: 2^28 bits. */
const BITS = 2 ** 28;
const BITS_A_WORD = 32;

/**
 * Tells ids of lines that cannot have been there before from those that may have been: it never misses one, and of a million
 * new ones it suspects a few thousand in vain. Those are looked at in the database.
 */
export interface LineFilter {
  /** Whether this id may have been added before; it has been from now on. */
  seen(id: string): boolean;
}

export function createLineFilter(): LineFilter {
  const words = new Uint32Array(BITS / BITS_A_WORD);
  return {
    seen(id) {
      const place = hashOf(id) % BITS;
      const word = place >>> 5;
      const bit = 1 << (place & (BITS_A_WORD - 1));
      const before = words[word]!;
      words[word] = before | bit;
      return (before & bit) !== 0;
    },
  };
}

/** FNV-1a, and a last mixing so that ids which differ in their last digit only lie far from each other. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
