import { createHash } from 'node:crypto';
import { dueBreachLetters } from '../../db/documents/breaches';
import { issueDocuments, listDocuments } from '../../db/documents/store';
import { plainDate } from '../../domain/plain-date';
import { loadInstitutions } from '../../db/register';
import { PEOPLE, REGION, saveSmallRegion } from '../support/approval-case';
import { writeByHand } from '../support/by-hand';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';
import { windowContext } from '../support/window';
import { issueDueDocuments } from '../../operator/commands/documents';

// Letters about one breach: noticed on 2026-05-06, to be corrected by 2026-05-19, suspended from 2026-06-01.

let database: TestDatabase;
let body: string;
beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
  body = (await loadInstitutions(database.app, REGION))[0]!.institution;
});
afterEach(() => database.drop());

async function breach(change: { corrected_on?: string; exempted_on?: string }): Promise<void> {
  const caseId = `breach/${body}/late-reconciliation/2026-04`;
  if (change.exempted_on !== undefined)
    await database.owner('settle.case_acts').insert({
      case_id: caseId,
      act: 'exempted',
      region: REGION,
      on_date: change.exempted_on,
      at_time: '10:00',
      person: PEOPLE.officer,
      evidence: '示例：洪水',
    });
  const changed = change.corrected_on === undefined ? change : { ...change, corrected_by: 'engine' };
  await writeByHand(database.owner, 'settle.breaches', (trx) =>
    trx('settle.breaches').insert({
      case_id: caseId,
      region: REGION,
      institution: body,
      kind: 'late-reconciliation',
      period: '2026-04',
      notice_on: '2026-05-06',
      deadline: '2026-05-19',
      suspends_on: '2026-06-01',
      ...changed,
    }),
  );
}

const letters = async (upTo: string): Promise<string[]> =>
  (await dueBreachLetters(database.app, REGION, plainDate(upTo))).map(({ model }) => `${model.kind} ${model.date}`);

describe('letters about a breach', () => {
  it.each([
    ['uncorrected', {}, ['breach-notice 2026-05-06', 'suspension-notice 2026-06-01']],
    ['corrected in time', { corrected_on: '2026-05-31' }, ['breach-notice 2026-05-06']],
    [
      'corrected on the first day of its suspension',
      { corrected_on: '2026-06-01' },
      ['breach-notice 2026-05-06', 'suspension-notice 2026-06-01', 'resumption-notice 2026-06-01'],
    ],
    ['force majeure before the suspension', { exempted_on: '2026-05-12' }, ['breach-notice 2026-05-06']],
    [
      'force majeure after it began',
      { exempted_on: '2026-06-04' },
      ['breach-notice 2026-05-06', 'suspension-notice 2026-06-01', 'resumption-notice 2026-06-04'],
    ],
  ])('%s', async (_, change, expected) => {
    await breach(change);
    expect(await letters('2026-05-06')).toEqual(['breach-notice 2026-05-06']);
    expect(await letters('2026-07-01')).toEqual(expected);
  });

  it('end a suspension that was announced, on the day of the record, where its end is recorded for a day before it', async () => {
    await breach({});
    await issueDocuments(database.app, REGION, await dueBreachLetters(database.app, REGION, plainDate('2026-06-01')));
    await database.owner('settle.case_acts').insert({
      case_id: `breach/${body}/late-reconciliation/2026-04`,
      act: 'corrected',
      region: REGION,
      on_date: '2026-06-05',
      at_time: '10:00',
      person: PEOPLE.officer,
      evidence: '示例：对账单',
    });
    await writeByHand(database.owner, 'settle.breaches', (trx) =>
      trx('settle.breaches').update({
        corrected_on: '2026-05-28',
        corrected_by: PEOPLE.officer,
        evidence: '示例：对账单',
      }),
    );
    expect(await letters('2026-06-04')).toEqual(['breach-notice 2026-05-06']);
    const due = await dueBreachLetters(database.app, REGION, plainDate('2026-06-05'));
    expect(due.map(({ model }) => `${model.kind} ${model.date}`)).toEqual([
      'breach-notice 2026-05-06',
      'resumption-notice 2026-06-05',
    ]);
    expect(due[1]!.model.paragraphs[0]).toContain('已于2026-05-28完成整改');
    expect((await issueDocuments(database.app, REGION, due)).map(({ number }) => number)).toEqual([
      '650500-HF-2026-0001',
    ]);
  });

  it('are issued once, and what was issued stays', async () => {
    await breach({});
    const due = await dueBreachLetters(database.app, REGION, plainDate('2026-06-02'));
    expect(await issueDocuments(database.app, REGION, due)).toHaveLength(2);
    expect(await issueDocuments(database.app, REGION, due)).toEqual([]);
    expect((await listDocuments(database.app, { region: REGION }, 10)).map(({ number }) => number)).toEqual([
      '650500-WY-2026-0001',
      '650500-ZT-2026-0001',
    ]);
    const update = database.app('settle.documents').update({ content: '{}' });
    expect(await refusalOf(update)).toBe('42501');
    expect(await refusalOf(database.owner('settle.documents').delete())).toBe('AppendOnly');
  });

  it('say what their hash is of', async () => {
    await breach({});
    await issueDocuments(database.app, REGION, await dueBreachLetters(database.app, REGION, plainDate('2026-05-06')));
    const row = await database.app('settle.documents').first();
    expect(createHash('sha256').update(String(row.content)).digest('hex')).toBe(row.content_sha256);
    const forged = { ...row, number: 'X', serial: 99, about: 'x', content: '{"a":1}' };
    expect(await refusalOf(database.app('settle.documents').insert(forged))).toBe('23514');
  });

  it('are not issued for a day to come: the suspension of 06-01 is not there on 05-31, whoever asks for it', async () => {
    await breach({});
    const make = (on: string, upTo: string): Promise<unknown> =>
      issueDueDocuments(windowContext(database.app, on), REGION, plainDate(upTo));
    expect(await refusalOf(make('2026-05-31', '2026-06-01'))).toBe('OutsideWindow');
    expect(await listDocuments(database.app, { region: REGION }, 10)).toEqual([]);
    await make('2026-05-31', '2026-05-31');
    const kinds = (await listDocuments(database.app, { region: REGION }, 10)).map(({ kind }) => kind);
    expect(kinds).toContain('breach-notice');
    expect(kinds).not.toContain('suspension-notice');
  });
});
