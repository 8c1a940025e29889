import { createPolicyBook, policiesOfRegion, type PolicyBook, type PolicyFile } from '../../domain/policy';
import type { Region } from '../../domain/region';
import { loadPolicyBook, readPolicyFile } from './policy-files';

export interface PolicyChoice {
  readonly book: PolicyBook;
  /** Ids that `--policy` names; undefined where each region's own count. */
  readonly ids: readonly string[] | undefined;
}

/** One version of a policy alone, such as `suqian-2025@1`. */
const VERSION = /^([a-z0-9-]+)@([0-9A-Za-z.-]+)$/;

/** A policy is named by its id, which holds neither dots nor slashes, by id and version, or as a file. */
function isFile(name: string): boolean {
  return /[/\\.]/.test(name) && !VERSION.test(name);
}

/**
 * The published policies of a folder with those that `--policy ID|ID@VERSION|FILE` names; of an id with a version, no other version.
 * @throws Refusal `PolicyUnknown` for an unknown id or version
 */
export async function choosePolicies(folder: string, named: readonly string[]): Promise<PolicyChoice> {
  const files = named.filter(isFile);
  const book = named.map((name) => VERSION.exec(name)).reduce(withVersion, await loadPolicyBook(folder, files));
  if (named.length === 0) return { book, ids: undefined };
  const ids = await Promise.all(
    named.map(async (name) =>
      isFile(name) ? (await readPolicyFile(name)).policy.id : versionsOf(book, name.split('@')[0]!)[0]!.policy.id,
    ),
  );
  return { book, ids: [...new Set(ids)] };
}

function withVersion(book: PolicyBook, named: RegExpExecArray | null): PolicyBook {
  if (named === null) return book;
  const only = book.get(named[1]!, named[2]!);
  return createPolicyBook(book.list().filter((file) => file === only || file.policy.id !== only.policy.id));
}

/** All versions of a policy. @throws Refusal `PolicyUnknown` */
export function versionsOf(book: PolicyBook, id: string): PolicyFile[] {
  const versions = book.list().filter(({ policy }) => policy.id === id);
  // The book refuses an unknown id in its own words.
  return versions.length > 0 ? versions : [book.get(id, '')];
}

/** The policies that a region is run with. */
export function policyIdsOf(region: Region, { ids }: PolicyChoice): readonly string[] {
  return (
    ids ??
    policiesOfRegion({
      policies: region.policies,
      hasPurchases: region.purchases.length > 0,
      hasClaims: region.files.claims.length > 0,
    })
  );
}
