import type { Knex } from 'knex';
import { loadPolicyBook, loadRegion } from './register';
import type { PlainDate } from '../domain/plain-date';
import type { Policy, PolicyFile } from '../domain/policy';
import { Refusal } from '../domain/refusal';

type Section = 'prepayment' | 'window' | 'breach' | 'enterprise' | 'fund';

/**
 * The policy of a region that regulates something on a day: new cases take the version in force (DESIGN 4).
 *
 * @throws Refusal `PolicyNotInForce` when none of the region's policies regulates it then.
 */
export async function policyWith(db: Knex, region: string, section: Section, on: PlainDate): Promise<PolicyFile> {
  const found = await findPolicyWith(db, region, section, on);
  if (found) return found;
  throw new Refusal('PolicyNotInForce', `no policy of region ${region} regulates ${section} on ${on}`, { region, on });
}

export async function findPolicyWith(
  db: Knex,
  region: string,
  section: Section,
  on: PlainDate,
): Promise<PolicyFile | undefined> {
  const { policies } = await loadRegion(db, region);
  const book = await loadPolicyBook(db);
  const regulates = ({ policy }: { policy: Policy }): boolean => policy[section] !== undefined;
  return book
    .list()
    .filter(({ policy }) => policies.includes(policy.id) && policy.effective.from <= on)
    .map(({ policy }) => policy.id)
    .filter((id, index, ids) => ids.indexOf(id) === index)
    .flatMap((id) => {
      try {
        return [book.inForce(id, on)];
      } catch (error) {
        if (error instanceof Refusal && error.code === 'PolicyNotInForce') return [];
        throw error;
      }
    })
    .find(regulates);
}
