import { createClearingActivities } from '../../activities/fund/clearing';
import pino from 'pino';
import { judgeInstitutions } from '../../db/fund/eligibility';
import { loadClearings } from '../../db/fund/clearings';
import { balanceOf } from '../../db/ledger';
import { saveCalendarYear, savePolicy } from '../../db/register';
import { verify } from '../../db/verify';
import { atPhase, Phase } from '../../domain/business-time';
import { period, plainDate } from '../../domain/plain-date';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk, raisedOf } from '../support/fund-desk';
import { claim, endowFund, hospitalOf, openFundRegion, review } from '../support/fund-stage';
import { publishedPolicy, publishedYears } from '../support/published';

// A month and a quarter of a fund, step by step (宿迁 2025-06-13). 1,200.00 a year: 30.00 a month; numbers by hand, in fen.

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
}, 60_000);
afterAll(() => database.drop());

const [JANUARY, FEBRUARY, MARCH] = [period('2026-01'), period('2026-02'), period('2026-03')];
const broken = async (code: string) => (await verify(database.app, code)).filter(({ ok }) => !ok);
const alerts = (code: string) =>
  database.app('settle.alerts').where({ region: code }).select<{ kind: string; detail: string }[]>('kind', 'detail');
const events = (caseId: string, event: string) =>
  database.app('settle.case_events').where({ case_id: caseId, event }).orderBy('event_id').select('on_date', 'detail');

it.each([
  ['score', { score: 79.99 }, '79.99/80'],
  ['major-violation', { major_violation_on: '2024-01-01' }, '2024-01-01 (2024-01-01…2026-01-01)'],
  ['traceability', { traceability: false }, 'false'],
  ['active', { active: false }, 'false'],
  ['cooperates', { cooperates: false }, 'false'],
  ['agreement-kept', { agreement_kept: false }, 'false'],
])('who fails %s alone is paid nothing ahead, and the evidence is kept', async (condition, standing, evidence) => {
  const code = `3219${String(['score', 'major-violation', 'traceability', 'active', 'cooperates', 'agreement-kept'].indexOf(condition)).padStart(2, '0')}`;
  await openFundRegion(database, code, {}, []);
  await endowFund(database.owner, code, [{ amountFen: 120_000n }, { number: 2, amountFen: 120_000n }], { 1: standing });
  const desk = createFundDesk(database.app, code);
  await desk.run(await desk.open(JANUARY), 'preallocation', '2026-01-04');
  const row = await database
    .app('settle.eligibility')
    .where({ region: code, institution: hospitalOf(code) })
    .first();
  expect(row).toMatchObject({ eligible: false, failed: [condition] });
  expect(row.results).toContainEqual({ condition, met: false, evidence });
  expect(desk.bookings).toMatchObject([{ paymentId: expect.stringContaining(hospitalOf(code, 2)), amountFen: 3_000n }]);
});

it('judges on what was known on the 1st', async () => {
  const code = '321910';
  await openFundRegion(database, code);
  await database.owner('settle.standings').insert({
    region: code,
    institution: hospitalOf(code),
    known_from: '2026-01-02',
    score: 10,
    traceability: true,
    active: true,
    cooperates: true,
    agreement_kept: true,
    recorded_by: '示例',
  });
  const policy = publishedPolicy('suqian-2025').policy.fund!;
  const eligible = async (month: typeof JANUARY) => {
    await database.app.transaction((trx) => judgeInstitutions(trx, { region: code, period: month, policy }));
    return database.app('settle.eligibility').where({ region: code, period: month }).pluck('eligible');
  };
  expect([await eligible(JANUARY), await eligible(FEBRUARY)]).toEqual([[true], [false]]);
});

it('pays nothing from a pool that neither its account nor the fiscal deposit reaches, and says what is missing', async () => {
  const code = '321911';
  // 10.00 in the account and 15.00 in the deposit; 30.00 are needed.
  await openFundRegion(database, code, { cashFen: 1_000n, depositFen: 1_500n });
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  expect(await desk.prepare(january, 'preallocation', '2026-01-04')).toBeNull();
  expect(await alerts(code)).toEqual([
    {
      kind: 'fund-insufficient',
      detail:
        'employee: preallocation takes 30.00; the account has 10.00 and the fiscal deposit 15.00: 5.00 is missing, nothing of it is paid',
    },
  ]);
  expect(await desk.look(january, '2026-01-05')).toMatchObject({ prepares: true });
  expect(desk.bookings).toEqual([]);
  expect(await balanceOf(database.app, code, 'fund/cash/employee')).toBe(1_000n);
  expect(await broken(code)).toEqual([]);
});

it('reminds who holds the month two working days ahead of each deadline, and tells the agency the day after it', async () => {
  const code = '321912';
  await openFundRegion(database, code);
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
  // By Monday 12 January: two working days ahead is Thursday the 8th.
  await desk.look(january, '2026-01-07');
  expect(await events(january, 'reminder')).toEqual([]);
  await desk.look(january, '2026-01-08');
  const [holder] = ['preallocation by 2026-01-12: 1 payments, 30.00: waits for first-review'];
  expect(await events(january, 'reminder')).toEqual([{ on_date: '2026-01-08', detail: holder }]);
  await desk.look(january, '2026-01-12');
  expect(await alerts(code)).toEqual([]);
  await desk.look(january, '2026-01-13');
  expect(await alerts(code)).toEqual([{ kind: 'preallocation-overdue', detail: holder }]);
  // Working day 15 of February is the 27th, day 20 is 5 March; claims came, and nobody has reviewed them.
  await claim(database.owner, code, '2026-01', [{ declaredFen: 5_000n }]);
  await desk.look(january, '2026-02-28');
  await desk.look(january, '2026-03-06');
  expect((await alerts(code)).slice(1)).toEqual([
    { kind: 'claims-review-overdue', detail: 'claims-review by 2026-02-27: waits for first-review' },
    { kind: 'settlement-overdue', detail: 'settlement by 2026-03-05: waits for first-review' },
  ]);
});

it('carries a negative result into the next months and into the clearing', async () => {
  const code = '321913';
  await openFundRegion(database, code);
  const desk = createFundDesk(database.app, code);
  const settle = async (caseId: string, month: string, on: string, declaredFen: bigint) => {
    await claim(database.owner, code, month, [{ declaredFen }]);
    await review(database.owner, code, month, on);
    await desk.run(caseId, 'settlement', on);
  };
  const cases: string[] = [];
  for (const [month, on] of [
    [JANUARY, '2026-01-04'],
    [FEBRUARY, '2026-02-02'],
    [MARCH, '2026-03-02'],
  ] as const) {
    cases.push(await desk.open(month));
    await desk.run(cases.at(-1)!, 'preallocation', on);
  }
  // 30.00 ahead each: 10.00 − 30.00 = −20.00; 45.00 − 30.00 − 20.00 = −5.00; 12.00 − 30.00 − 5.00 = −23.00.
  await settle(cases[0]!, '2026-01', '2026-02-13', 1_000n);
  await settle(cases[1]!, '2026-02', '2026-03-13', 4_500n);
  await settle(cases[2]!, '2026-03', '2026-04-14', 1_200n);
  const rows = await database
    .app('settle.settlements')
    .where({ region: code })
    .orderBy('period')
    .select<Record<'carried_in_fen' | 'paid_fen' | 'carried_out_fen', bigint>[]>('*');
  expect(rows.map((row) => [row.carried_in_fen, row.paid_fen, row.carried_out_fen])).toEqual([
    [0n, 0n, -2_000n],
    [-2_000n, 0n, -500n],
    [-500n, 0n, -2_300n],
  ]);
  const clearing = createClearingActivities({ db: database.app, log: pino({ level: 'silent' }) } as never);
  const caseId = `clearing/${code}/2026-Q1`;
  const at = (on: string) => atPhase(plainDate(on), Phase.FundMoves);
  await clearing.openClearing({ caseId, at: at('2026-04-01'), region: code, period: '2026-Q1' });
  expect(await clearing.signClearing({ caseId, at: at('2026-04-20') })).toEqual({ askAgainOn: null });
  // 67.00 = 90.00 ahead − 23.00 carried.
  expect(await loadClearings(database.app, code, '2026-Q1')).toMatchObject([
    { payableFen: 6_700n, preallocatedFen: 9_000n, paidFen: 0n, heldFen: 0n, carriedOutFen: -2_300n },
  ]);
  expect(await broken(code)).toEqual([]);
});

it('a rejected settlement is prepared anew with what is true then', async () => {
  const code = '321914';
  await openFundRegion(database, code);
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  await desk.run(january, 'preallocation', '2026-01-04');
  await claim(database.owner, code, '2026-01', [{ declaredFen: 9_600n }]);
  await review(database.owner, code, '2026-01', '2026-02-12');
  const first = raisedOf(await desk.prepare(january, 'settlement', '2026-02-13'));
  await desk.reject(january, first, '2026-02-13');
  expect(await database.app('settle.settlements').where({ region: code }).whereNotNull('settled_on')).toEqual([]);
  const second = raisedOf(await desk.prepare(january, 'settlement', '2026-02-13'));
  expect(second.revision).toBe(first.revision + 1);
  await desk.approve(january, second, '2026-02-13');
  await desk.release(january, second, '2026-02-13');
  await desk.exchange(january, '2026-02-13');
  // 96.00 − 30.00, once.
  expect(desk.bookings.map(({ amountFen }) => amountFen)).toEqual([3_000n, 6_600n]);
  expect(await broken(code)).toEqual([]);
});

it('months that nobody ran are caught up in order: nothing is paid ahead for them, all of it after their review', async () => {
  const code = '321915';
  await openFundRegion(database, code);
  const desk = createFundDesk(database.app, code);
  const cases: string[] = [];
  // Services are back on 20 April; the three months begin on one day, and their claims are there.
  for (const [month, declaredFen] of [
    [JANUARY, 5_000n],
    [FEBRUARY, 4_000n],
    [MARCH, 3_000n],
  ] as const) {
    cases.push(await desk.open(month));
    expect(await desk.prepare(cases.at(-1)!, 'preallocation', '2026-04-20')).toBeNull();
    await claim(database.owner, code, month, [{ declaredFen }]);
    await review(database.owner, code, month, '2026-04-20');
  }
  expect((await alerts(code)).map(({ kind }) => kind)).toEqual(Array(3).fill('preallocation-missed'));
  const clearing = createClearingActivities({ db: database.app, log: pino({ level: 'silent' }) } as never);
  const caseId = `clearing/${code}/2026-Q1`;
  const at = (on: string) => atPhase(plainDate(on), Phase.FundMoves);
  await clearing.openClearing({ caseId, at: at('2026-04-20'), region: code, period: '2026-Q1' });
  expect(await clearing.signClearing({ caseId, at: at('2026-04-20') })).toEqual({ askAgainOn: '2026-04-21' });
  // Whichever is looked at first, they are settled one after the other.
  expect((await desk.look(cases[2]!, '2026-04-21')).prepares).toBe(false);
  expect((await desk.look(cases[1]!, '2026-04-21')).prepares).toBe(false);
  for (const each of cases) {
    expect((await desk.look(each, '2026-04-21')).prepares).toBe(true);
    await desk.run(each, 'settlement', '2026-04-21');
  }
  expect(desk.bookings.map(({ amountFen }) => amountFen)).toEqual([5_000n, 4_000n, 3_000n]);
  expect(await clearing.signClearing({ caseId, at: at('2026-04-21') })).toEqual({ askAgainOn: null });
  expect(await broken(code)).toEqual([]);
});
