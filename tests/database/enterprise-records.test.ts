import { dueEnterpriseLetters } from '../../db/documents/breaches';
import { loadEnterpriseCases } from '../../db/enterprise-cases';
import { period, plainDate } from '../../domain/plain-date';
import { writeByHand } from '../support/by-hand';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { BODY } from '../support/window-batch';
import { REGION, saveSmallWindowRegion } from '../support/window-region';

// What is said of an enterprise: its rates in a warning, its dishonesty records in its credit rating (新医保发〔2025〕50号 五(二)).

const APRIL = period('2026-04');
let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallWindowRegion(database.owner, BODY);
});
afterEach(() => database.drop());

async function saveCase(kind: string, month: string, change: object): Promise<string> {
  const caseId = `enterprise/E0001/${kind}/${month}`;
  await writeByHand(database.owner, 'settle.enterprise_cases', (trx) =>
    trx('settle.enterprise_cases').insert({
      case_id: caseId,
      region: REGION,
      enterprise: 'E0001',
      kind,
      period: month,
      ...change,
    }),
  );
  return caseId;
}

it('79,996 of 100,000 is 79.99 % in a warning, not the 80 % that it is below', async () => {
  await saveCase('risk-warning', '2026-04', { opened_on: '2026-05-06' });
  await writeByHand(database.owner, 'settle.supply', (trx) =>
    trx('settle.supply').insert({
      region: REGION,
      period: APRIL,
      enterprise: 'E0001',
      orders: 100_000,
      responded: 79_996,
      ordered_quantity: 3,
      delivered_quantity: 2,
    }),
  );
  const [letter] = await dueEnterpriseLetters(database.app, REGION, plainDate('2026-05-06'));
  const text = JSON.stringify(letter!.model);
  expect(text).toContain('79.99%');
  expect(text).not.toContain('80.00%');
  // Two of three are 66.666… %.
  expect(text).toContain('66.66%');
});

it('a dishonesty record of a case that force majeure ended does not count in the credit rating, another still does', async () => {
  const refused = { opened_on: '2026-05-08', deadline: '2026-05-15', refused_on: '2026-05-25' };
  const cases = [
    await saveCase('interview', '2026-03', refused),
    await saveCase('interview', '2026-04', { ...refused, exempted_on: '2026-05-28' }),
  ];
  await writeByHand(database.owner, 'settle.case_acts', (trx) =>
    trx('settle.case_acts').insert(
      cases.map((case_id) => ({
        case_id,
        act: 'recorded',
        region: REGION,
        on_date: '2026-05-26',
        at_time: '10:00',
        person: `${REGION}-officer`,
        evidence: '示例：证据16',
      })),
    ),
  );
  const records = await loadEnterpriseCases(database.app, { region: REGION, enterprise: 'E0001', exempted: true });
  expect(records.map(({ period: month, creditRecords }) => [month, creditRecords])).toEqual([
    ['2026-03', 1],
    ['2026-04', 1],
  ]);
});
