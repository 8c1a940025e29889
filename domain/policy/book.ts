import { addDays, type PlainDate } from '../plain-date';
import { Refusal } from '../refusal';
import type { PolicyFile } from './parse';

/** The policies that are known, each with its versions. */
export interface PolicyBook {
  /** By id, then by effective date. */
  list(): PolicyFile[];
  /**
   * The version in force on a day.
   *
   * @throws Refusal `PolicyUnknown` or `PolicyNotInForce`
   */
  inForce(id: string, date: PlainDate): PolicyFile;
  /** @throws Refusal `PolicyUnknown` */
  get(id: string, version: string): PolicyFile;
}

/** Used where `region.yaml` names no policy (DESIGN 4). */
export const DEFAULT_PURCHASE_POLICY = 'xinjiang-2025-50';
export const DEFAULT_CLAIM_POLICY = 'suqian-2025';

/**
 * The ids of the policies that a region runs: those that its file names, else Xinjiang's where there are purchases and
 * Suqian's where there are claims, whatever the region's code.
 */
export function policiesOfRegion(region: {
  policies?: readonly string[] | undefined;
  hasPurchases: boolean;
  hasClaims: boolean;
}): string[] {
  if (region.policies !== undefined) return [...region.policies];
  return [
    ...(region.hasPurchases ? [DEFAULT_PURCHASE_POLICY] : []),
    ...(region.hasClaims ? [DEFAULT_CLAIM_POLICY] : []),
  ];
}

/**
 * Puts policy files together. A version without a last day holds until the next one takes over; one with a last day must
 * be followed on the very next day.
 *
 * @throws Refusal `PolicyInvalid` naming both files when a version is given twice, or when dates overlap or leave a gap.
 */
export function createPolicyBook(files: readonly PolicyFile[]): PolicyBook {
  const sorted = [...files].sort(
    (a, b) => compare(a.policy.id, b.policy.id) || compare(a.policy.effective.from, b.policy.effective.from),
  );
  sorted.forEach((file, index) => {
    const before = sorted[index - 1];
    if (before?.policy.id === file.policy.id) checkSuccession(before, file);
    const same = sorted.find((other) => other !== file && isVersion(other, file.policy.id, file.policy.version));
    if (same) throw conflict(file, 'version', `version ${file.policy.version} is also in ${same.fileName}`);
  });

  function versionsOf(id: string): PolicyFile[] {
    const versions = sorted.filter(({ policy }) => policy.id === id);
    if (versions.length > 0) return versions;
    const known = [...new Set(sorted.map(({ policy }) => policy.id))];
    throw new Refusal('PolicyUnknown', `no policy ${id} is known (known: ${known.join(', ') || 'none'})`, {
      id,
      known,
    });
  }

  return {
    list: () => [...sorted],
    inForce(id, date) {
      const versions = versionsOf(id);
      const latest = versions.findLast(({ policy }) => policy.effective.from <= date);
      if (latest && !(latest.policy.effective.to && latest.policy.effective.to < date)) return latest;
      const dates = versions.map(
        ({ policy }) => `${policy.effective.from} to ${policy.effective.to ?? 'further notice'}`,
      );
      throw new Refusal('PolicyNotInForce', `policy ${id} is not in force on ${date} (in force: ${dates.join(', ')})`, {
        id,
        date,
      });
    },
    get(id, version) {
      const file = versionsOf(id).find((candidate) => isVersion(candidate, id, version));
      if (file) return file;
      throw new Refusal('PolicyUnknown', `policy ${id} has no version ${version}`, { id, version });
    },
  };
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function isVersion({ policy }: PolicyFile, id: string, version: string): boolean {
  return policy.id === id && policy.version === version;
}

function checkSuccession(before: PolicyFile, after: PolicyFile): void {
  const { from } = after.policy.effective;
  const { from: earlierFrom, to } = before.policy.effective;
  if (from === earlierFrom || (to !== undefined && to >= from)) {
    const until = to ?? 'further notice';
    throw conflict(after, 'effective.from', `overlaps ${before.fileName}, which holds from ${earlierFrom} to ${until}`);
  }
  if (to !== undefined && addDays(to, 1) !== from) {
    throw conflict(after, 'effective.from', `gap: ${before.fileName} ends on ${to}, this one begins on ${from}`);
  }
}

function conflict(file: PolicyFile, key: string, message: string): Refusal {
  return new Refusal('PolicyInvalid', `${file.fileName}: ${key}: ${file.policy.id}: ${message}`, {
    place: { file: file.fileName, column: key },
  });
}
