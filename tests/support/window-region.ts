import type { Knex } from 'knex';
import { saveCalendarYear, savePolicy, saveRegion } from '../../db/register';
import { publishedPolicy, publishedYears } from './published';
import { regionOf } from './stage';

export const REGION = '650500';

/** One settlement body, three suppliers, one person a role, the published policy and calendar: no case, no money. */
export async function saveSmallWindowRegion(owner: Knex, body: string): Promise<void> {
  const policy = publishedPolicy('xinjiang-2025-50');
  await savePolicy(owner, policy);
  for (const year of publishedYears()) await saveCalendarYear(owner, year);
  const region = regionOf(REGION, [{ institution: body, baseFen: 0n }]);
  const enterprises = ['E0001', 'E0002', 'E0003'].map((enterprise) => ({
    enterprise,
    name: `示例医药${enterprise}`,
    account: `88${enterprise}`,
    bankCode: '650500000009',
  }));
  await saveRegion(owner, { ...region, enterprises }, { policies: [policy.policy.id], provisionalCalendar: false });
}
