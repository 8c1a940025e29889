import { loadStateChanges } from '../../db/case-history';
import { developmentNow, findDevelopmentClock } from '../../db/development-clock';
import { createPolicyBook } from '../../domain/policy';
import { Phase, type DuePoint } from '../../domain/business-time';
import { barrierMs } from '../../domain/due-points';
import { plainDate } from '../../domain/plain-date';
import { advanceClock, showClock, type AdvanceResult } from '../../operator/commands/development-clock';
import { decide, release } from '../../operator/commands/decisions';
import { openBooks } from '../../rehearsal/opening';
import { publishedPolicy, publishedYears } from '../support/published';
import { personOf, regionOf, startTestStage, type TestStage } from '../support/stage';

/** The development clock on a real Temporal server, where things are not as they should be. */
const A = '650431';
const B = '650432';
const C = '650433';
const hospital = (region: string) => [{ institution: `H${region}00001`, baseFen: 10_000_000n }];
const prepaymentOf = (region: string): string => `prepayment/${region}/2026`;

let stage: TestStage;
/** Half of 100,000.00 is prepaid: the budget of A does not reach for it. */
beforeAll(async () => {
  stage = await startTestStage([
    regionOf(A, hospital(A), { budgets: { employee: 4_999_999n } }),
    regionOf(B, hospital(B)),
  ]);
  const start = { date: plainDate('2026-02-28'), phase: Phase.PeopleAct };
  await stage.stage.owner('settle.development_clock').insert({
    began_on: start.date,
    offset_ms: (barrierMs(start) - Date.now()).toString(),
    reached_on: start.date,
    reached_phase: start.phase,
  });
}, 120_000);
afterAll(async () => {
  await stage?.stop();
});

const to = (date: string, phase: Phase = Phase.PeopleAct): DuePoint => ({ date: plainDate(date), phase });
async function advance(point: DuePoint): Promise<AdvanceResult & { stops: string[] }> {
  const stops: string[] = [];
  const progress = ({ date, phase }: DuePoint): void => void stops.push(`${date}/${phase / 60}`);
  return { ...(await advanceClock(stage.context, { to: point, progress })), stops };
}
const told = ({ events }: AdvanceResult, caseId: string): string[] =>
  events.filter((each) => each.caseId === caseId).map(({ at, event }) => `${at.date} ${at.time} ${event}`);

it('a case that the rules end is named, and the others go on', async () => {
  const result = await advance(to('2026-03-02'));
  expect(result.failed).toEqual([{ caseId: prepaymentOf(A), message: expect.stringContaining('0.01') }]);
  expect(told(result, prepaymentOf(B))).toEqual(['2026-03-01 00:00 opened', '2026-03-02 09:00 prepared']);
  // Every stop is one in which something is due, each once and in order.
  expect(result.stops).toEqual([...new Set(result.stops)].sort());
  expect(result.stops).toEqual(expect.arrayContaining(['2026-03-01/0', '2026-03-02/9']));
  expect(result.now.date).toBe('2026-03-02');
});

it('what was refused begins again once it is mended, and a region that comes late begins with the month', async () => {
  const { owner, db } = stage.stage;
  await owner('settle.funds').where({ region: A, pool: 'employee' }).update({ prepayment_budget_fen: '5000000' });
  await openBooks({
    ...stage.stage,
    owner,
    db,
    regions: [{ region: regionOf(C, hospital(C)), policies: ['xinjiang-2025-50'] }],
    policies: createPolicyBook([publishedPolicy('xinjiang-2025-50')]),
    calendars: publishedYears(),
    provisionalCalendar: false,
    on: plainDate('2026-03-02'),
  });
  const result = await advance(to('2026-03-03'));
  expect(result.failed).toEqual([]);
  expect(told(result, prepaymentOf(A))).toContain('2026-03-02 10:00 prepared');
  expect(told(result, prepaymentOf(C))).toEqual(['2026-03-02 10:00 opened', '2026-03-02 10:00 prepared']);
  expect(told(result, prepaymentOf(B))).toEqual([]);
});

it('what follows the act of a person is dated with it, and told after it', async () => {
  const { db } = stage.stage;
  const clock = (await findDevelopmentClock(db))!;
  const context = { ...stage.context, clock: { now: () => developmentNow(clock, Date.now()) } };
  const caseId = prepaymentOf(C);
  const { requestId, levels } = await stage.request(caseId);
  for (const { role } of levels)
    await decide(context, { requestId, person: personOf(caseId, role), decision: 'approve' });
  await release(context, { requestId, person: personOf(caseId, 'cashier') });
  await stage.settle(caseId);
  const changes = await loadStateChanges(db, { paymentId: `disbursement/${C}/2026/H${C}00001/employee` });
  expect(changes.map(({ to: state }) => state)).toEqual(['prepared', 'approved', 'released', 'sent', 'succeeded']);
  // Half past ten and a little: the phase that has begun is that of ten o'clock.
  expect(changes.slice(1).every(({ date, time }) => date === '2026-03-03' && time >= '10:30' && time < '11:00')).toBe(
    true,
  );
});

it('one move at a time', async () => {
  const outcomes = await Promise.allSettled([advance(to('2026-03-04')), advance(to('2026-03-04'))]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'AlreadyRunning' } });
});

it('an open case of which Temporal knows nothing is named, and keeps nothing back', async () => {
  const { db } = stage.stage;
  const { policy_id, policy_version, policy_sha256 } = await db('settle.cases')
    .where({ case_id: prepaymentOf(B) })
    .first();
  const lost = `return/${B}/2026-02`;
  await db('settle.cases').insert({
    ...{ case_id: lost, region: B, kind: 'return', period: '2026-02', state: 'collecting', opened_on: '2026-02-01' },
    ...{ policy_id, policy_version, policy_sha256, next_due_at: new Date(barrierMs(to('2026-03-05'))) },
  });
  const result = await advance(to('2026-03-06', Phase.FundMoves));
  expect(result.failed.map(({ caseId }) => caseId)).toEqual([lost]);
  expect(result.now).toMatchObject({ date: '2026-03-06' });
  await db('settle.cases').where({ case_id: lost }).update({ closed_on: '2026-03-06', next_due_at: null });
});

it('a month that began while nobody moved the clock begins with the next move', async () => {
  const { db } = stage.stage;
  const month = 28 * 24 * 3_600_000;
  await db.raw('update settle.development_clock set offset_ms = offset_ms + ?', [month]);
  expect((await showClock(stage.context)).now.date).toBe('2026-04-03');
  await expect(advance(to('2026-04-02'))).rejects.toMatchObject({ code: 'ClockBackwards' });
  const result = await advance(to('2026-04-04'));
  // Nothing is disbursed yet, but all three wait for it, so that April has its return.
  for (const region of [A, B, C]) expect(told(result, `return/${region}/2026-04`)).toEqual(['2026-04-03 18:00 opened']);
  expect(result.now.date).toBe('2026-04-04');
}, 120_000);
