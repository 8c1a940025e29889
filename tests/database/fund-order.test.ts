import { postJournals } from '../../db/ledger';
import { saveCalendarYear, savePolicy } from '../../db/register';
import { verify } from '../../db/verify';
import type { LedgerEvent } from '../../domain/ledger';
import { period, plainDate } from '../../domain/plain-date';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk, raisedOf } from '../support/fund-desk';
import { claim, endowFund, hospitalOf, openFundRegion, review, suspend } from '../support/fund-stage';
import { publishedPolicy, publishedYears } from '../support/published';

// One month after the other, and what waits for what (宿迁 2025-06-13 三(二)). 1,200.00 a year: 30.00 a month; numbers by hand, in fen.

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
}, 60_000);
afterAll(() => database.drop());

const [JANUARY, FEBRUARY, MARCH] = [period('2026-01'), period('2026-02'), period('2026-03')];
const broken = async (code: string) => (await verify(database.app, code)).filter(({ ok }) => !ok);
const alerts = (code: string, kind: string) =>
  database.app('settle.alerts').where({ region: code, kind }).pluck('detail');
const rowOf = (code: string, month: string, number = 1) =>
  database
    .app('settle.settlements')
    .where({ region: code, period: month, institution: hospitalOf(code, number), pool: 'employee' })
    .first();

describe('a month that nobody began', () => {
  async function januaryCarries(code: string) {
    await openFundRegion(database, code);
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    await desk.run(january, 'preallocation', '2026-01-04');
    await claim(database.owner, code, '2026-01', [{ declaredFen: 0n }]);
    await review(database.owner, code, '2026-01', '2026-02-12');
    await desk.run(january, 'settlement', '2026-02-13');
    return desk;
  }

  it('is named, and the one after it waits for it', async () => {
    const code = '321801';
    const desk = await januaryCarries(code);
    const march = await desk.open(MARCH);
    await claim(database.owner, code, '2026-03', [{ declaredFen: 5_000n }]);
    await review(database.owner, code, '2026-03', '2026-04-13');
    expect(await desk.look(march, '2026-04-14')).toMatchObject({ stage: 'settlement', prepares: false });
    expect(await alerts(code, 'month-missing')).toEqual([
      '2026-02 was never begun, and 2026-03 is settled after it: catch it up',
    ]);
    await desk.look(march, '2026-05-06');
    expect(await alerts(code, 'settlement-overdue')).toEqual([
      'settlement by 2026-04-29: waits for 2026-02, which was never begun',
    ]);
    const february = await desk.open(FEBRUARY);
    await claim(database.owner, code, '2026-02', [{ declaredFen: 1_000n }]);
    await review(database.owner, code, '2026-02', '2026-05-06');
    await desk.run(february, 'settlement', '2026-05-07');
    expect(await desk.look(march, '2026-05-08')).toMatchObject({ prepares: true });
    await desk.run(march, 'settlement', '2026-05-08');
    // −30.00 of January, 10.00 of February worked off: −20.00 into March, of whose 50.00 30.00 are paid.
    expect(await rowOf(code, '2026-02')).toMatchObject({ carried_in_fen: -3_000n, carried_out_fen: -2_000n });
    expect(await rowOf(code, '2026-03')).toMatchObject({ carried_in_fen: -2_000n, paid_fen: 3_000n });
    expect(await broken(code)).toEqual([]);
  });

  it('what the newest settled month carried out is carried over it, and it is not settled after a later one', async () => {
    const code = '321802';
    const desk = await januaryCarries(code);
    const march = await desk.open(MARCH);
    await claim(database.owner, code, '2026-03', [{ declaredFen: 5_000n }]);
    await review(database.owner, code, '2026-03', '2026-04-13');
    await desk.run(march, 'settlement', '2026-04-14');
    expect(await rowOf(code, '2026-03')).toMatchObject({ carried_in_fen: -3_000n, paid_fen: 2_000n });
    const february = await desk.open(FEBRUARY);
    await claim(database.owner, code, '2026-02', [{ declaredFen: 1_000n }]);
    await review(database.owner, code, '2026-02', '2026-05-06');
    expect(await desk.prepare(february, 'settlement', '2026-05-07')).toBeNull();
    expect(await alerts(code, 'run-refused')).toEqual([
      `settlement: CaseStateInvalid: 2026-03 is settled for ${hospitalOf(code)} and employee: 2026-02 is not settled after it`,
    ]);
    // Nobody settles it any more, and that is found.
    expect(await broken(code)).toMatchObject([
      {
        name: 'months are settled in their order, and nothing ahead is paid twice',
        detail: `${hospitalOf(code)}, employee, 2026-02: claims of a month that is not settled, and a later one is`,
      },
    ]);
  });
});

it('who keeps an earlier month waiting is named by the later one', async () => {
  const code = '321803';
  await openFundRegion(database, code);
  const desk = createFundDesk(database.app, code);
  const [january, february] = [await desk.open(JANUARY), await desk.open(FEBRUARY)];
  raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
  await claim(database.owner, code, '2026-02', [{ declaredFen: 5_000n }]);
  await review(database.owner, code, '2026-02', '2026-03-12');
  await desk.look(february, '2026-03-30');
  expect(await alerts(code, 'settlement-overdue')).toEqual([
    `settlement by 2026-03-27: waits for ${january}; ${january}#1 (pre-allocation) waits for first-review`,
  ]);
});

it('a pool that could not be paid is overdue though the others are settled', async () => {
  const code = '321804';
  await openFundRegion(database, code, {}, []);
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  await claim(database.owner, code, '2026-01', [
    { declaredFen: 5_000n },
    { pool: 'resident', declaredFen: 1_200_000_000n },
  ]);
  await review(database.owner, code, '2026-01', '2026-02-12');
  await desk.run(january, 'settlement', '2026-02-13');
  await desk.look(january, '2026-03-06');
  expect(await alerts(code, 'settlement-overdue')).toEqual([
    "settlement by 2026-03-05: 1 institutions and pools wait for money, or for the bank's word on what was paid ahead",
  ]);
});

/** 50.00 of the employees' account that another story moves. */
async function post(code: string, event: LedgerEvent, debit: string, credit: string): Promise<void> {
  await postJournals(database.app, code, [
    {
      book: 'fund',
      key: `elsewhere/${event}`,
      event,
      reference: 'elsewhere',
      caseId: `fund/${code}/2026-04`,
      date: plainDate('2026-03-13'),
      policy: { id: 'suqian-2025', version: '1', sha256: 'a'.repeat(64) },
      transfers: [{ debit, credit, amountFen: 5_000n }],
    },
  ]);
}

describe('held money', () => {
  it('is released by a later run where a second preparation had left its release out', async () => {
    const code = '321805';
    // 100.00 in each account; hospital 1's 80.00 of January are held until 5 March.
    await openFundRegion(database, code, { cashFen: 10_000n }, []);
    const desk = createFundDesk(database.app, code);
    await suspend(database.owner, code, { from: '2026-02-01', correctedOn: '2026-03-05' });
    const cases = [await desk.open(JANUARY), await desk.open(FEBRUARY), await desk.open(MARCH)];
    await claim(database.owner, code, '2026-01', [{ declaredFen: 8_000n }]);
    await review(database.owner, code, '2026-01', '2026-02-12');
    await desk.run(cases[0]!, 'settlement', '2026-02-13');
    // February: its release is prepared and rejected; by the second preparation the account does not reach.
    await claim(database.owner, code, '2026-02', [{ number: 2, pool: 'resident', declaredFen: 1_000n }]);
    await review(database.owner, code, '2026-02', '2026-03-12');
    const raised = raisedOf(await desk.prepare(cases[1]!, 'settlement', '2026-03-13'));
    await desk.reject(cases[1]!, raised, '2026-03-13');
    const [advance, transit] = ['advance/instant', 'transit'].map(
      (kind) => `fund/${kind}/employee/${hospitalOf(code, 2)}`,
    ) as [string, string];
    const cash = 'fund/cash/employee';
    await post(code, 'preallocation-sent', advance, transit);
    await post(code, 'preallocation-booked', transit, cash);
    await desk.run(cases[1]!, 'settlement', '2026-03-13');
    expect(desk.bookings.map(({ amountFen }) => amountFen)).toEqual([1_000n]);
    await post(code, 'preallocation-returned', cash, advance);
    await claim(database.owner, code, '2026-03', [{ number: 2, pool: 'resident', declaredFen: 500n }]);
    await review(database.owner, code, '2026-03', '2026-04-13');
    await desk.run(cases[2]!, 'settlement', '2026-04-14');
    expect(desk.bookings.map(({ amountFen }) => amountFen)).toEqual([1_000n, 8_000n, 500n]);
    expect(await rowOf(code, '2026-01')).toMatchObject({ held_fen: 8_000n, released_in: '2026-03' });
    expect(await broken(code)).toEqual([]);
  });

  it('names the case that suspends also where the suspension came between preparation and release', async () => {
    const code = '321806';
    await openFundRegion(database, code, {}, []);
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    await claim(database.owner, code, '2026-01', [{ declaredFen: 8_000n }]);
    await review(database.owner, code, '2026-01', '2026-02-26');
    const raised = raisedOf(await desk.prepare(january, 'settlement', '2026-02-27'));
    await desk.approve(january, raised, '2026-02-27');
    const caseId = await suspend(database.owner, code, { from: '2026-03-01' });
    await desk.release(january, raised, '2026-03-02');
    expect(await rowOf(code, '2026-01')).toMatchObject({ paid_fen: 0n, held_fen: 8_000n, held_for: [caseId] });
    expect(await broken(code)).toEqual([]);
  });
});

it('a month whose file has no claims is reviewed and settled: what was paid ahead is carried', async () => {
  const code = '321807';
  await openFundRegion(database, code);
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  await desk.run(january, 'preallocation', '2026-01-04');
  await database.owner('settle.claim_files').insert({
    region: code,
    period: '2026-01',
    sha256: 'a'.repeat(64),
    claims: 0,
    declared_fen: 0n,
    deducted_fen: 0n,
    imported_by: `${code}-officer`,
    imported_on: '2026-02-01',
    at_time: '10:00',
  });
  await review(database.owner, code, '2026-01', '2026-02-12');
  await desk.run(january, 'settlement', '2026-02-13');
  expect(await rowOf(code, '2026-01')).toMatchObject({ payable_fen: 0n, carried_out_fen: -3_000n });
  expect(await broken(code)).toEqual([]);
});

it('a case that begins again pays nothing ahead for a month that is settled', async () => {
  const code = '321808';
  await openFundRegion(database, code, {}, [{ amountFen: 120_000n }]);
  await database.owner('settle.spending').where({ region: code }).update({ year: 2024 });
  const desk = createFundDesk(database.app, code);
  const january = await desk.open(JANUARY);
  await desk.run(january, 'preallocation', '2026-01-04');
  await claim(database.owner, code, '2026-01', [{ declaredFen: 10_000n }]);
  await review(database.owner, code, '2026-01', '2026-02-12');
  await desk.run(january, 'settlement', '2026-02-13');
  await database.owner('settle.spending').where({ region: code }).update({ year: 2025 });
  expect(await desk.prepare(january, 'preallocation', '2026-02-16')).toBeNull();
  expect(await broken(code)).toEqual([]);
});

describe('institutions of which nothing was known on the 1st', () => {
  it('are named to the agency, and settled without pre-allocation', async () => {
    const code = '321811';
    await openFundRegion(database, code, {}, []);
    // Both were paid in 2025; what is known of the second came a day too late.
    await endowFund(database.owner, code, [{ amountFen: 120_000n }, { number: 2, amountFen: 240_000n }], {
      2: { known_from: '2026-01-02' },
    });
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    await desk.run(january, 'preallocation', '2026-01-04');
    expect(desk.bookings.map(({ amountFen }) => amountFen)).toEqual([3_000n]);
    expect(await alerts(code, 'standing-missing')).toEqual([
      `nothing was known of 1 institutions on 2026-01-01, and they are not paid ahead: ${hospitalOf(code, 2)}`,
    ]);
    // In February it is known: 30 % of 2,400.00, a twelfth.
    const february = await desk.open(FEBRUARY);
    await desk.run(february, 'preallocation', '2026-02-02');
    expect(desk.bookings.slice(1).map(({ amountFen }) => amountFen)).toEqual([3_000n, 6_000n]);
    expect(await alerts(code, 'standing-missing')).toHaveLength(1);
  });

  it('are named where none was known at all', async () => {
    const code = '321812';
    await openFundRegion(database, code, {}, []);
    const january = await createFundDesk(database.app, code).open(JANUARY);
    const desk = createFundDesk(database.app, code);
    expect(await desk.prepare(january, 'preallocation', '2026-01-04')).toBeNull();
    expect(await alerts(code, 'standing-missing')).toEqual([
      `nothing was known of 2 institutions on 2026-01-01, and they are not paid ahead: ${hospitalOf(code, 1)}, ${hospitalOf(code, 2)}`,
    ]);
  });
});
