import { Phase } from '../../domain/business-time';
import { verify } from '../../db/verify';
import { startTestStage, type TestStage } from '../support/stage';
import { claim, endowFund, fundBalances, fundRegionOf, hospitalOf, review, startFund } from '../support/fund-stage';

// Months of a fund on a real stage (宿迁 2025-06-13), against numbers worked out by hand.

const PAID = '321301';

let play: TestStage;
beforeAll(async () => {
  play = await startTestStage([fundRegionOf(PAID)]);
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
