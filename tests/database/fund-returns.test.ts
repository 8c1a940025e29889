import { balanceOf } from '../../db/ledger';
import { saveCalendarYear, savePolicy } from '../../db/register';
import { verify } from '../../db/verify';
import { period } from '../../domain/plain-date';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk, raisedOf } from '../support/fund-desk';
import { claim, fundBalances, hospitalOf, openFundRegion, review, suspend } from '../support/fund-stage';
import { publishedPolicy, publishedYears } from '../support/published';

// What comes back of a fund's money (宿迁 2025-06-13 四; DESIGN 6). 1,200.00 a year: 30.00 a month; numbers by hand, in fen.

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
}, 60_000);
afterAll(() => database.drop());

const JANUARY = period('2026-01');
const FEBRUARY = period('2026-02');
const aheadOf = (code: string, month: string): string =>
  `fund/${code}/${month}/${hospitalOf(code)}/employee/preallocation`;
const broken = async (code: string) => (await verify(database.app, code)).filter(({ ok }) => !ok);
const rowOf = (code: string, month: string) =>
  database
    .app('settle.settlements')
    .where({ region: code, period: month, institution: hospitalOf(code) })
    .first();
const events = (code: string, event: string) =>
  database.app('settle.case_events').where({ event }).whereLike('case_id', `fund/${code}/%`).pluck('detail');

/** January: 30.00 ahead, 100.00 payable, 70.00 paid on 13 February. */
async function settleJanuary(code: string, { februaryAhead = false } = {}) {
  await openFundRegion(database, code);
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  await desk.run(january, 'preallocation', '2026-01-04');
  await claim(database.owner, code, '2026-01', [{ declaredFen: 10_000n }]);
  const february = await desk.open(FEBRUARY);
  if (februaryAhead) await desk.run(february, 'preallocation', '2026-02-02');
  await review(database.owner, code, '2026-01', '2026-02-12');
  await desk.run(january, 'settlement', '2026-02-13');
  return { desk, january, february };
}

describe('a pre-allocation that the bank sends back when its month is settled', () => {
  it.each([
    ['321501', false],
    ['321502', true],
  ])(
    'in %s, with the next advance booked: %s – is owed again and paid with the next settlement',
    async (code, ahead) => {
      const { desk, january, february } = await settleJanuary(code, { februaryAhead: ahead });
      desk.returns(aheadOf(code, '2026-01'), '2026-02-14');
      await desk.exchange(january, '2026-02-14');
      // The advance of January was expense since its settlement: 100.00 − 30.00; February's stands as it is.
      const left = ahead ? 3_000n : 0n;
      expect(await balanceOf(database.app, code, 'fund/benefit/employee')).toBe(7_000n);
      expect(await balanceOf(database.app, code, `fund/advance/instant/employee/${hospitalOf(code)}`)).toBe(left);
      expect(await broken(code)).toEqual([]);

      await desk.act(january, 'cancel', [aheadOf(code, '2026-01')], '2026-02-16');
      expect(await events(code, 'preallocation-owed')).toEqual([
        `${aheadOf(code, '2026-01')}, 30.00: the month is settled with it; the next settlement pays it`,
      ]);
      await claim(database.owner, code, '2026-02', [{ declaredFen: 5_000n }]);
      await review(database.owner, code, '2026-02', '2026-03-12');
      await desk.run(february, 'settlement', '2026-03-13');
      // 50.00 payable, 30.00 owed again, less what was booked ahead for February.
      expect(await rowOf(code, '2026-02')).toMatchObject({
        payable_fen: 5_000n,
        returned_fen: 3_000n,
        preallocated_fen: left,
        paid_fen: 8_000n - left,
      });
      // 100.00 + 50.00 in all, once.
      expect(await balanceOf(database.app, code, 'fund/benefit/employee')).toBe(15_000n);
      expect(await balanceOf(database.app, code, 'fund/cash/employee')).toBe(1_000_000_000n - 15_000n);
      expect(await broken(code)).toEqual([]);

      // Counted once: March settles without it.
      const march = await desk.open(period('2026-03'));
      await claim(database.owner, code, '2026-03', [{ declaredFen: 1_000n }]);
      await review(database.owner, code, '2026-03', '2026-04-13');
      await desk.run(march, 'settlement', '2026-04-14');
      expect(await rowOf(code, '2026-03')).toMatchObject({ returned_fen: 0n, paid_fen: 1_000n });
      expect(await broken(code)).toEqual([]);
    },
  );

  it('is sent again by an operator, as expense: nothing is owed then', async () => {
    const code = '321503';
    const { desk, january } = await settleJanuary(code);
    desk.returns(aheadOf(code, '2026-01'), '2026-02-14');
    await desk.exchange(january, '2026-02-14');
    await desk.act(january, 'retry', [aheadOf(code, '2026-01')], '2026-02-16');
    expect(await fundBalances(database.app, code)).toEqual({
      'fund/benefit/employee': 10_000n,
      'fund/cash/employee': 999_990_000n,
      'fund/cash/employee-personal': 1_000_000_000n,
      'fund/cash/resident': 1_000_000_000n,
    });
    expect(await broken(code)).toEqual([]);
  });

  it('is not sent again to an institution that is suspended by then: owed, and held with the next settlement', async () => {
    const code = '321504';
    const { desk, january, february } = await settleJanuary(code);
    desk.returns(aheadOf(code, '2026-01'), '2026-02-14');
    await desk.exchange(january, '2026-02-14');
    await suspend(database.owner, code, { from: '2026-03-01' });
    await desk.act(january, 'retry', [aheadOf(code, '2026-01')], '2026-03-02');
    await claim(database.owner, code, '2026-02', [{ declaredFen: 1_000n }]);
    await review(database.owner, code, '2026-02', '2026-03-12');
    await desk.run(february, 'settlement', '2026-03-13');
    // 10.00 payable and 30.00 owed again.
    expect(await rowOf(code, '2026-02')).toMatchObject({ paid_fen: 0n, held_fen: 4_000n });
    expect(await broken(code)).toEqual([]);
  });

  it('sent back between preparation and release of the settlement, is treated in the same way', async () => {
    const code = '321505';
    await openFundRegion(database, code);
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    await desk.run(january, 'preallocation', '2026-01-04');
    await claim(database.owner, code, '2026-01', [{ declaredFen: 10_000n }]);
    await review(database.owner, code, '2026-01', '2026-02-12');
    const raised = raisedOf(await desk.prepare(january, 'settlement', '2026-02-13'));
    await desk.approve(january, raised, '2026-02-13');
    desk.returns(aheadOf(code, '2026-01'), '2026-02-13');
    await desk.exchange(january, '2026-02-13');
    await desk.release(january, raised, '2026-02-13');
    await desk.exchange(january, '2026-02-13');
    expect(await balanceOf(database.app, code, 'fund/benefit/employee')).toBe(7_000n);
    expect(await broken(code)).toEqual([]);
    await desk.act(january, 'retry', [aheadOf(code, '2026-01')], '2026-02-16');
    expect(await balanceOf(database.app, code, 'fund/benefit/employee')).toBe(10_000n);
    expect(await broken(code)).toEqual([]);
  });
});

describe('a transfer from the fiscal deposit that the bank sends back', () => {
  it('goes back in the books, and counts once when it is sent again', async () => {
    const code = '321506';
    // 10.00 in the account, 30.00 needed: 20.00 come from the fiscal deposit.
    await openFundRegion(database, code, { cashFen: 1_000n, depositFen: 100_000n });
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    const raised = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
    await desk.approve(january, raised, '2026-01-04');
    await desk.confirm(january, raised, '2026-01-04');
    await desk.release(january, raised, '2026-01-04');
    await desk.exchange(january, '2026-01-04');
    const [transfer] = await database.app('settle.fiscal_transfers').where({ region: code }).pluck('transfer_id');
    const money = async () => [
      await balanceOf(database.app, code, 'fund/cash/employee'),
      await balanceOf(database.app, code, 'fund/fiscal-deposit/employee'),
    ];
    expect(await money()).toEqual([3_000n, 98_000n]);
    desk.returns(transfer as string, '2026-01-05');
    await desk.exchange(january, '2026-01-05');
    expect(await money()).toEqual([1_000n, 100_000n]);
    await desk.act(january, 'retry', [transfer as string], '2026-01-05');
    expect(await money()).toEqual([3_000n, 98_000n]);
    await desk.run(january, 'preallocation', '2026-01-06');
    expect(await money()).toEqual([0n, 98_000n]);
    expect(await broken(code)).toEqual([]);
  });
});
