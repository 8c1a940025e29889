import { createHash } from 'node:crypto';
import { listDocuments, type ListedDocument } from '../../db/documents/store';
import {
  issueFinancingEvidence,
  readReceivables,
  type FinancingEvidence,
} from '../../operator/commands/order-financing';
import type { DocumentModel } from '../../domain/documents/model';
import { plainDate } from '../../domain/plain-date';
import { refusalOf } from '../support/ledger';
import { REGION, windowContext } from '../support/window';
import { BODY, raised, startWindowBatch, type WindowBatch } from '../support/window-batch';

// What an order-financing loan (订单贷) rests on is a document of the agency: numbered, with its hash (新医保发〔2025〕50号 六(三)).

let batch: WindowBatch;

/** One body agreed on 2026-04-10 to pay each enterprise 100.00. */
beforeEach(async () => {
  batch = await startWindowBatch(['E0001', 'E0002']);
});
afterEach(() => batch.database.drop());

const OFFICER = `${REGION}-officer`;
const issue = (
  today: string,
  on = today,
  { enterprise = 'E0001', person = OFFICER } = {},
): Promise<FinancingEvidence> =>
  issueFinancingEvidence(windowContext(batch.database.app, today), {
    region: REGION,
    enterprise,
    on: plainDate(on),
    person,
  });
const listed = (): Promise<ListedDocument[]> =>
  listDocuments(batch.database.app, { region: REGION, kind: 'order-financing' }, 10);

it('has a number, both files, and names the hash of its data file', async () => {
  const { number, csv, sha256 } = await issue('2026-04-15');
  expect(number).toBe('650500-DD-2026-0001');
  const [header, row, ...more] = csv.split('\n');
  expect(header).toBe('period,institution,name,confirmed_on,due_on,state,amount');
  expect(row).toMatch(new RegExp(`^2026-04,${BODY},.*,2026-04-10,2026-04-\\d\\d,confirmed,100\\.00$`));
  expect(more).toEqual(['']);
  expect(sha256).toBe(createHash('sha256').update(csv).digest('hex'));
  const documents = await listed();
  expect(documents).toMatchObject([{ number, subject: 'E0001', period: '2026-04', dated: '2026-04-15' }]);
  expect(documents[0]!.files.map((file) => file.split(':')[0])).toEqual(['pdf', 'xlsx']);
  const { content } = await batch.database
    .app('settle.documents')
    .where({ number })
    .first<{ content: string }>('content');
  const model = JSON.parse(content) as DocumentModel;
  expect(Object.fromEntries(model.facts)).toMatchObject({ '已确认未支付（元）': '100.00', '数据文件 SHA-256': sha256 });
  expect(model.tables[0]!.rows[0]![4]).toBe('已确认，未编入付款批次（confirmed）');
});

it('is the same document when it is asked for again, and another one once a payment has changed', async () => {
  const first = await issue('2026-04-21');
  expect(await issue('2026-04-21')).toEqual(first);
  expect((await issue('2026-04-22', '2026-04-21')).number).toBe(first.number);
  await batch.prepare(1);
  expect((await issue('2026-04-21')).number).toBe('650500-DD-2026-0002');
  expect((await issue('2026-04-21', '2026-04-21', { enterprise: 'E0002' })).number).toBe('650500-DD-2026-0003');
  expect(await listed()).toHaveLength(3);
});

it('does not count what the bank booked that day, though its answer came later', async () => {
  batch.bank.send = ({ messageId, instructions }) =>
    Promise.resolve({ messageId, answers: instructions.map(({ endToEndId }) => ({ endToEndId, state: 'accepted' })) });
  batch.bank.ask = ({ payments }) =>
    Promise.resolve(
      payments.map(({ endToEndId }) => ({
        endToEndId,
        state: 'booked',
        bookedOn: plainDate('2026-04-21'),
        bankReference: `B-${endToEndId}`,
      })),
    );
  const request = await raised(batch, 1);
  await batch.decide(request);
  await batch.release(request);
  await batch.send('2026-04-21');
  await batch.ask('2026-04-22');
  const owed = (on: string) =>
    readReceivables(windowContext(batch.database.app, '2026-04-22'), {
      region: REGION,
      enterprise: 'E0001',
      on: plainDate(on),
    });
  expect(await owed('2026-04-20')).toHaveLength(1);
  expect(await owed('2026-04-21')).toEqual([]);
});

it('is none where nothing is confirmed yet', async () => {
  const { number, csv } = await issue('2026-04-15', '2026-04-09');
  expect(number).toBeNull();
  expect(csv).toBe('period,institution,name,confirmed_on,due_on,state,amount\n');
  expect(await listed()).toEqual([]);
});

it('is refused of a day to come and of an enterprise that the region does not know', async () => {
  expect(await refusalOf(issue('2026-04-15', '2026-04-16'))).toBe('OutsideWindow');
  expect(await refusalOf(issue('2026-04-15', '2026-04-15', { enterprise: 'E9999' }))).toBe('NotFound');
  const context = windowContext(batch.database.app, '2026-04-15');
  const wanted = { region: REGION, enterprise: 'E0001', on: plainDate('2026-04-16') };
  expect(await refusalOf(readReceivables(context, wanted))).toBe('OutsideWindow');
  expect(await listed()).toEqual([]);
});

it('is issued by an officer or compliance officer, and every attempt is kept', async () => {
  const by = (person: string) => issue('2026-04-15', '2026-04-15', { person });
  expect(await refusalOf(by('nobody'))).toBe('PersonUnknown');
  expect(await refusalOf(by(`${REGION}-cashier`))).toBe('OfficerRoleMissing');
  expect(await listed()).toEqual([]);
  await by(OFFICER);
  const attempts = await batch.database
    .app('settle.decision_attempts as a')
    .join('settle.decision_outcomes as o', 'o.attempt_id', 'a.attempt_id')
    .where('a.action', 'order-financing')
    .orderBy('a.attempt_id')
    .select('a.person', 'a.subject', 'o.outcome');
  expect(attempts).toEqual([
    { person: 'nobody', subject: 'E0001', outcome: 'PersonUnknown' },
    { person: `${REGION}-cashier`, subject: 'E0001', outcome: 'OfficerRoleMissing' },
    { person: OFFICER, subject: 'E0001', outcome: 'accepted' },
  ]);
});
