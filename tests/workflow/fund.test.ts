import { verify } from '../../db/verify';
import { Phase } from '../../domain/business-time';
import { barrierMs } from '../../domain/due-points';
import { firstDayOf, period, plainDate } from '../../domain/plain-date';
import { EMPTY_SCENARIO } from '../../domain/scenario';
import { createCalendarRun } from '../../operator/virtual-time/calendar-run';
import { together } from '../../rehearsal/actors/actors';
import { createApprovers, createOperators } from '../../rehearsal/actors/agency';
import { conduct } from '../../rehearsal/conductor';
import { createSeededOrder } from '../../rehearsal/seeded-order';
import { startTestStage, type TestStage } from '../support/stage';
import { claim, endowFund, fundBalances, fundRegionOf, hospitalOf, review, startFund } from '../support/fund-stage';

// Months of a fund on a real stage (宿迁 2025-06-13), against numbers worked out by hand.

const PAID = '321301';
const MISSED = '321302';

let play: TestStage;
beforeAll(async () => {
  play = await startTestStage([fundRegionOf(PAID), fundRegionOf(MISSED)]);
}, 120_000);
afterAll(() => play.stop());

const failed = async (code: string) => (await verify(play.stage.db, code)).filter(({ ok }) => !ok);

describe('a month from its pre-allocation to its settlement', () => {
  it('pre-allocates on the first working day, and pays the rest of January on the working day after the re-check', async () => {
    const { owner, db } = play.stage;
    // 1,200,000.00 × 30 % ÷ 12 = 30,000.00 a month.
    await endowFund(owner, PAID, [{ amountFen: 120_000_000n }]);
    const caseId = await startFund(play, PAID, '2026-01');
    await play.goTo(caseId, '2026-01-04', Phase.ApprovalsAndBank);
    expect(await play.request(caseId)).toMatchObject({ payments: 1, amountFen: 3_000_000n, subject: 'pre-allocation' });
    await play.approveAndRelease(caseId);
    expect(await play.payments(caseId)).toMatchObject([
      { kind: 'fund', amountFen: 3_000_000n, state: 'succeeded', paidOn: '2026-01-04' },
    ]);
    expect(await fundBalances(db, PAID)).toMatchObject({
      [`fund/advance/instant/employee/${hospitalOf(PAID)}`]: 3_000_000n,
      'fund/cash/employee': 997_000_000n,
    });

    // 100,000.00 declared, 4,000.00 deducted: 96,000.00 − 30,000.00 = 66,000.00.
    await claim(owner, PAID, '2026-01', [{ declaredFen: 10_000_000n, deductedFen: 400_000n }]);
    await play.goTo(caseId, '2026-02-12', Phase.PeopleAct);
    await review(owner, PAID, '2026-01', '2026-02-12');
    await play.goTo(caseId, '2026-02-13', Phase.ApprovalsAndBank);
    expect(await play.request(caseId)).toMatchObject({ payments: 1, amountFen: 6_600_000n });
    await play.approveAndRelease(caseId);
    await play.goTo(caseId, '2026-02-14', Phase.ApprovalsAndBank);
    expect(await play.caseState(caseId)).toEqual({ state: 'settled', closedOn: '2026-02-14' });
    expect(await db('settle.settlements').where({ region: PAID })).toMatchObject([
      { payable_fen: 9_600_000n, preallocated_fen: 3_000_000n, paid_fen: 6_600_000n, settled_on: '2026-02-13' },
    ]);
    expect(await fundBalances(db, PAID)).toMatchObject({
      'fund/benefit/employee': 9_600_000n,
      'fund/cash/employee': 990_400_000n,
    });
    expect(await db('settle.alerts').where({ region: PAID })).toEqual([]);
    expect(await failed(PAID)).toEqual([]);
  }, 180_000);
});

describe('months that nobody ran, begun together on 1 May', () => {
  it('are settled one after the other, each with all that was claimed, and the quarter is cleared', async () => {
    const { owner, db, client } = play.stage;
    await endowFund(owner, MISSED, [{ amountFen: 120_000_000n }]);
    const months = (['2026-01', '2026-02', '2026-03', '2026-04'] as const).map(period);
    const claimed = [1_000_000n, 400_000n, 3_000_000n, 2_000_001n];
    for (const [index, month] of months.entries()) {
      await claim(owner, MISSED, month, [{ declaredFen: claimed[index]!, deductedFen: index === 0 ? 100_000n : 0n }]);
      await review(owner, MISSED, month, '2026-05-01');
    }
    const back = { date: plainDate('2026-05-01'), phase: Phase.Deadline };
    play.setClock(back.date, back.phase);
    const run = createCalendarRun({ db, machine: play.machine, shuffle: (_, items) => items });
    for (const month of months)
      await run.startCases(
        [MISSED],
        { date: firstDayOf(month), phase: Phase.Deadline },
        { businessMs: barrierMs(back) },
      );

    const order = createSeededOrder(1);
    const agency = {
      context: play.context,
      machine: play.machine,
      scenario: EMPTY_SCENARIO,
      regions: [MISSED],
      order,
    };
    await conduct({
      db,
      client,
      machine: play.machine,
      order,
      regions: [MISSED],
      from: period('2026-05'),
      to: period('2026-05'),
      actors: together([createOperators(agency), createApprovers(agency)]),
      setClock: ({ date, phase }) => play.setClock(date, phase),
      progress: () => undefined,
    });

    // Nothing ahead for a month that is over: 10,000.00 less 1,000.00, and 4,000.00, 30,000.00, 20,000.01 as claimed.
    const settled = await db('settle.settlements').where({ region: MISSED }).orderBy('period');
    expect(settled).toMatchObject(
      [900_000n, 400_000n, 3_000_000n, 2_000_001n].map((paid_fen, index) => ({
        period: months[index],
        preallocated_fen: 0n,
        paid_fen,
        held_fen: 0n,
        carried_out_fen: 0n,
      })),
    );
    const days = settled.map(({ settled_on }) => settled_on as string);
    expect(days).toEqual([...days].sort());
    expect(days[0]! >= '2026-05-06').toBe(true);
    const missed = await db('settle.alerts').where({ region: MISSED, kind: 'preallocation-missed' }).orderBy('case_id');
    expect(missed.map(({ case_id }) => case_id as string)).toEqual(months.map((month) => `fund/${MISSED}/${month}`));
    // May is paid ahead as if nothing had been: 1,200,000.00 × 30 % ÷ 12.
    expect(await db('settle.preallocations').where({ region: MISSED })).toMatchObject([
      { period: '2026-05', amount_fen: 3_000_000n },
    ]);
    expect(await db('settle.clearings').where({ region: MISSED })).toMatchObject([
      { quarter: '2026-Q1', payable_fen: 4_300_000n, preallocated_fen: 0n, paid_fen: 4_300_000n, carried_out_fen: 0n },
    ]);
    expect(await fundBalances(db, MISSED)).toMatchObject({
      'fund/benefit/employee': 6_300_001n,
      [`fund/advance/instant/employee/${hospitalOf(MISSED)}`]: 3_000_000n,
      'fund/cash/employee': 1_000_000_000n - 6_300_001n - 3_000_000n,
    });
    expect(await failed(MISSED)).toEqual([]);
  }, 180_000);
});
