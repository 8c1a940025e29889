/** Runs over items in their order, so many at the same time; the next ones begin when these are done. */
export async function inChunks<T>(items: readonly T[], size: number, run: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += size) await Promise.all(items.slice(from, from + size).map(run));
}
