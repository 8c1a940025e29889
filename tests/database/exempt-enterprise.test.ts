import { insertWarnings } from '../../db/enterprise-cases';
import { period, plainDate } from '../../domain/plain-date';
import { exemptEnterprise } from '../../operator/commands/exempt-enterprise';
import { findUndelivered } from '../../operator/commands/enterprises';
import { writeByHand } from '../support/by-hand';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';
import { publishedPolicy } from '../support/published';
import { windowContext } from '../support/window';
import { BODY } from '../support/window-batch';
import { REGION, saveSmallWindowRegion } from '../support/window-region';

// 除不可抗力因素外 (新医保发〔2025〕50号 五(二)): recorded before there is a case.

const APRIL = period('2026-04');
const said = { region: REGION, period: APRIL, person: `${REGION}-officer`, evidence: '示例：洪水,证据15' };
let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallWindowRegion(database.owner, BODY);
});
afterEach(() => database.drop());

/** Half of what was ordered in April was delivered by E0001 and E0002, all of it by E0003. */
async function supply(): Promise<void> {
  await writeByHand(database.owner, 'settle.supply', (trx) =>
    trx('settle.supply').insert(
      ['E0001', 'E0002', 'E0003'].map((enterprise) => ({
        region: REGION,
        period: APRIL,
        enterprise,
        orders: 10,
        responded: 10,
        ordered_quantity: 100,
        delivered_quantity: enterprise === 'E0003' ? 100 : 50,
      })),
    ),
  );
}

const warn = () =>
  database.owner.transaction((trx) =>
    insertWarnings(trx, {
      region: REGION,
      period: APRIL,
      on: plainDate('2026-05-06'),
      policy: publishedPolicy('xinjiang-2025-50').policy.enterprise!,
    }),
  );

it('who is exempt in a month is not warned of it, and who is not is', async () => {
  const context = windowContext(database.app, '2026-05-06');
  const first = { ...said, enterprise: 'E0001', kind: 'risk-warning' } as const;
  expect(await exemptEnterprise(context, { ...first, dryRun: true })).toMatchObject({ state: 'exempted' });
  expect(await database.app('settle.force_majeure').select()).toEqual([]);
  expect(await exemptEnterprise(context, first)).toMatchObject({ state: 'exempted' });
  await supply();
  expect(await warn()).toEqual({ enterprises: 3, warned: ['enterprise/E0002/risk-warning/2026-04'] });
  expect(await refusalOf(exemptEnterprise(context, { ...first, enterprise: 'E0002' }))).toBe('CaseStateInvalid');
});

it('who is exempt of an interview cannot be found', async () => {
  const context = windowContext(database.app, '2026-05-06');
  await exemptEnterprise(context, { ...said, enterprise: 'E0001', kind: 'interview' });
  expect(await refusalOf(findUndelivered(context, { ...said, enterprise: 'E0001' }))).toBe('CaseStateInvalid');
});

it.each([
  ['EvidenceMissing', { evidence: ' ' }],
  ['OutsideWindow', { period: period('2026-06') }],
  ['NotFound', { enterprise: 'E0009' }],
  ['OfficerRoleMissing', { person: `${REGION}-cashier` }],
])('is refused with %s', async (code, change) => {
  const context = windowContext(database.app, '2026-05-06');
  const command = { ...said, enterprise: 'E0001', kind: 'interview', ...change } as const;
  expect(await refusalOf(exemptEnterprise(context, command))).toBe(code);
  expect(await database.app('settle.force_majeure').select()).toEqual([]);
});
