import { closeCase, loadCase, openCase, publishCase, type Publication } from '../../db/cases';
import { Phase } from '../../domain/business-time';
import { plainDate } from '../../domain/plain-date';
import { AT, REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { publishedPolicy } from '../support/published';

// What lists say of a case, in whatever order its steps arrive: a workflow task that the server did not take runs again.

const CASE = `window/${REGION}/2026-04`;
const DUE = { date: plainDate('2026-04-06'), phase: Phase.Deadline };
const POLICY = publishedPolicy('xinjiang-2025-50');

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
  await open();
});
afterEach(() => database.drop());

const open = () =>
  openCase(database.app, { caseId: CASE, region: REGION, kind: 'window', period: '2026-04', policy: POLICY, at: AT });
let steps = 0;
const publish = (state: string, nextDue: typeof DUE | null = null, said: Partial<Publication> = {}) =>
  publishCase(database.app, { caseId: CASE, state, nextDue }, { run: 'first', step: (steps += 1), ...said });
const nextDue = async (): Promise<unknown> => {
  const row = await database.app('settle.cases').where({ case_id: CASE }).first<{ next_due_at: Date | null }>();
  return row?.next_due_at?.toISOString() ?? null;
};

it('an open case tells what it waits for, and until when', async () => {
  await publish('applications', DUE);
  expect(await loadCase(database.app, CASE)).toMatchObject({ state: 'applications', closedOn: null });
  // Midnight in Shanghai.
  expect(await nextDue()).toBe('2026-04-05T16:00:00.000Z');
});

it('of two steps that speak at the same moment, the later one is heard, in whatever order they arrive', async () => {
  const state = async () => (await loadCase(database.app, CASE)).state;
  await publish('idle', null, { step: 12 });
  await publish('bank', DUE, { step: 11 });
  expect([await state(), await nextDue()]).toEqual(['idle', null]);
  // A step that is tried again says the same; another run counts anew.
  await publish('approval', DUE, { step: 12 });
  expect(await state()).toBe('approval');
  await publish('scheduled', null, { run: 'second', step: 3 });
  expect([await state(), await nextDue()]).toEqual(['scheduled', null]);
});

it('a closed case keeps the state in which it ended, whatever is published once more, and closes once', async () => {
  await publish('idle');
  await closeCase(database.app, { caseId: CASE, state: 'settled', at: AT });
  await publish('idle', DUE);
  await closeCase(database.app, { caseId: CASE, state: 'nothing-to-pay', at: AT });
  expect(await loadCase(database.app, CASE)).toMatchObject({ state: 'settled', closedOn: AT.date });
  expect(await nextDue()).toBeNull();
  const closings = await database.app('settle.case_events').where({ case_id: CASE, event: 'closed' }).pluck('detail');
  expect(closings).toEqual(['settled']);
});

it('one that the rules refused begins again, and tells what it waits for', async () => {
  await closeCase(database.app, { caseId: CASE, state: 'refused', at: AT });
  await open();
  await publish('applications', DUE);
  expect(await loadCase(database.app, CASE)).toMatchObject({ state: 'applications', closedOn: null });
});
