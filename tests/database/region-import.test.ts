import { join } from 'node:path';
import { regionChanges, writeRegion } from '../../db/region-import';
import { loadPurchases, savePolicy } from '../../db/register';
import { plainDate } from '../../domain/plain-date';
import { createPolicyBook } from '../../domain/policy';
import type { Region } from '../../domain/region';
import { openOnce } from '../../operator/commands/opening';
import { loadRegion } from '../../operator/files/region-folder';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { publishedPolicy } from '../support/published';

const POLICY = 'xinjiang-2025-50';
const OPTIONS = { policies: [POLICY], provisionalCalendar: false };

let database: TestDatabase;
let region: Region;
beforeAll(async () => {
  database = await createTestDatabase();
  region = await loadRegion(join(__dirname, '../../rehearsal/sample/650500'));
  await savePolicy(database.owner, publishedPolicy(POLICY));
});
afterAll(() => database.drop());

it('a region comes in once: the same folder again changes nothing', async () => {
  const first = await regionChanges(database.owner, region, OPTIONS);
  expect(first.every(({ change }) => change === 'added')).toBe(true);
  await writeRegion(database.owner, region, OPTIONS);
  expect(await regionChanges(database.owner, region, OPTIONS)).toEqual([]);
});

it('opening balances are posted once, on whatever day the folder comes again', async () => {
  const book = createPolicyBook([publishedPolicy(POLICY)]);
  expect(await openOnce(database.app, region, book, [POLICY], plainDate('2026-01-05'))).toBe(4);
  expect(await openOnce(database.app, region, book, [POLICY], plainDate('2026-02-09'))).toBe(0);
});

it('what differs is told by column, and taken over; institutions that are left out stay', async () => {
  const [first, second, ...others] = region.institutions;
  const changed: Region = {
    ...region,
    institutions: [{ ...first!, level: '二级乙等' }, ...others],
    purchases: region.purchases.filter(({ institution }) => institution !== second!.institution).slice(0, 3),
  };
  const changes = await regionChanges(database.owner, changed, OPTIONS);
  expect(changes.filter(({ kind }) => kind === 'institution')).toEqual([
    {
      change: 'changed',
      kind: 'institution',
      id: first!.institution,
      columns: [{ column: 'level', from: first!.level, to: '二级乙等' }],
    },
    { change: 'missing', kind: 'institution', id: second!.institution, columns: [] },
  ]);
  await writeRegion(database.owner, changed, OPTIONS);
  expect(await loadPurchases(database.owner, '650500', changed.purchases[0]!.year)).toHaveLength(3);
  expect(await regionChanges(database.owner, changed, OPTIONS)).toEqual([
    { change: 'missing', kind: 'institution', id: second!.institution, columns: [] },
  ]);
});
