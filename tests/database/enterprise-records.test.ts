import { loadCaseActs } from '../../db/case-acts';
import { dueEnterpriseLetters } from '../../db/documents/breaches';
import { loadEnterpriseCases } from '../../db/enterprise-cases';
import { period, plainDate } from '../../domain/plain-date';
import { findUndelivered } from '../../operator/commands/enterprises';
import { writeByHand } from '../support/by-hand';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';
import { windowContext } from '../support/window';
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

describe('letters about the suspension of an enterprise', () => {
  const refused = {
    opened_on: '2026-05-08',
    deadline: '2026-05-15',
    refused_on: '2026-05-20',
    suspended_from: '2026-05-21',
  };
  const letters = async (upTo: string): Promise<string[]> =>
    (await dueEnterpriseLetters(database.app, REGION, plainDate(upTo))).map(
      ({ model }) => `${model.kind} ${model.date}`,
    );

  it.each([
    ['performed', { performed_on: '2026-06-10' }, '按协议履约'],
    ['found to be force majeure', { exempted_on: '2026-06-10' }, '认定为不可抗力所致'],
  ])('begin with its first day and end with the day on which it is %s', async (_, change, words) => {
    await saveCase('interview', '2026-04', { ...refused, ...change });
    expect(await letters('2026-06-10')).toEqual([
      'interview-notice 2026-05-08',
      'suspension-notice 2026-05-21',
      'resumption-notice 2026-06-10',
    ]);
    expect(await letters('2026-06-09')).toHaveLength(2);
    expect(await letters('2026-05-20')).toHaveLength(1);
    const due = await dueEnterpriseLetters(database.app, REGION, plainDate('2026-06-10'));
    expect(due[2]!.model.paragraphs[0]).toContain(`已于2026-06-10${words}`);
    expect(due.map(({ subject }) => subject)).toEqual(['E0001', 'E0001', 'E0001']);
  });

  it('are none where the enterprise performed before the suspension began', async () => {
    await saveCase('interview', '2026-04', { ...refused, performed_on: '2026-05-20' });
    expect(await letters('2026-06-10')).toHaveLength(1);
  });
});

describe('a second finding of one month', () => {
  const said = { region: REGION, enterprise: 'E0001', period: APRIL, person: `${REGION}-officer` };
  const find = (day: string, evidence: string) =>
    findUndelivered(windowContext(database.app, day), { ...said, evidence });
  const findings = async (caseId: string) =>
    (await loadCaseActs(database.app, caseId)).map(({ act, evidence, on }) => [act, evidence, on]);

  it('is one more finding of the interview while that is open, and the same one again is none', async () => {
    const first = await find('2026-05-08', '示例：协议1号');
    expect(await find('2026-05-11', '示例：协议2号')).toEqual(first);
    await find('2026-05-12', '示例：协议2号');
    expect(await findings(first.caseId)).toEqual([
      ['found', '示例：协议1号', '2026-05-08'],
      ['found', '示例：协议2号', '2026-05-11'],
    ]);
  });

  it('is refused after the enterprise has performed, and nothing of it is kept', async () => {
    const { caseId } = await find('2026-05-08', '示例：协议1号');
    await writeByHand(database.owner, 'settle.enterprise_cases', (trx) =>
      trx('settle.enterprise_cases').where({ case_id: caseId }).update({ performed_on: '2026-05-09' }),
    );
    expect(await refusalOf(find('2026-05-12', '示例：协议2号'))).toBe('CaseStateInvalid');
    expect(await findings(caseId)).toEqual([['found', '示例：协议1号', '2026-05-08']]);
    expect(await find('2026-05-12', '示例：协议1号')).toMatchObject({
      state: 'closed',
      next: expect.stringContaining('2026-05-09'),
    });
  });
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
