import { saveCalendarYear, savePolicy } from '../../db/register';
import { toRefusal } from '../../db/refusals';
import { period } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk } from '../support/fund-desk';
import { claim, hospitalOf, openFundRegion, review, suspend } from '../support/fund-stage';
import { publishedPolicy, publishedYears } from '../support/published';

// What the database keeps of a fund's months when it is asked by raw SQL, as the application and as the owner.

const CODE = '321701';
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
  await openFundRegion(database, CODE);
  const desk = createFundDesk(database.app, CODE);
  const january = await desk.open(period('2026-01'));
  await desk.run(january, 'preallocation', '2026-01-04');
  // Hospital 2 is suspended while January is settled, and gets its 20.00 with February.
  await suspend(database.owner, CODE, { number: 2, from: '2026-02-01', correctedOn: '2026-03-05' });
  await claim(database.owner, CODE, '2026-01', [{ declaredFen: 10_000n }, { number: 2, declaredFen: 2_000n }]);
  await review(database.owner, CODE, '2026-01', '2026-02-12');
  await desk.run(january, 'settlement', '2026-02-13');
  const february = await desk.open(period('2026-02'));
  await claim(database.owner, CODE, '2026-02', [{ declaredFen: 1_000n }]);
  await review(database.owner, CODE, '2026-02', '2026-03-12');
  await desk.run(february, 'settlement', '2026-03-13');
  expect(desk.bookings.map(({ amountFen }) => amountFen)).toEqual([3_000n, 7_000n, 1_000n, 2_000n]);
}, 60_000);
afterAll(() => database.drop());

const codeOf = async (query: PromiseLike<unknown>): Promise<string> => {
  try {
    await query;
    return 'not refused';
  } catch (error) {
    const refusal = toRefusal(error);
    return refusal instanceof Refusal ? refusal.code : `${refusal as Error}`;
  }
};
const roles = ['app', 'owner'] as const;
const january = { region: CODE, period: '2026-01', pool: 'employee' };

describe.each(roles)('as the %s', (role) => {
  const db = () => database[role];

  it('a pre-allocation that was paid is not removed, nor given another payment', async () => {
    expect(await codeOf(db()('settle.preallocations').where(january).delete())).toBe('AppendOnly');
    expect(await codeOf(db()('settle.preallocations').where(january).update({ payment_id: 'other' }))).toBe(
      'AppendOnly',
    );
  });

  it('what a settled month has paid does not become held money while its payment stands', async () => {
    const paid = db()('settle.settlements').where({ ...january, institution: hospitalOf(CODE) });
    expect(await codeOf(paid.update({ held_fen: db().raw('paid_fen'), paid_fen: 0n }))).toBe('AppendOnly');
  });

  it('what was released is not released again', async () => {
    const released = db()('settle.settlements').where({ ...january, institution: hospitalOf(CODE, 2) });
    expect(await codeOf(released.update({ released_in: null, release_payment_id: null }))).toBe('AppendOnly');
  });

  it('a month is not written as settled, and a clearing is the sum of its months', async () => {
    const amounts = { payable_fen: 5_000n, preallocated_fen: 0n, paid_fen: 5_000n, held_fen: 0n, carried_out_fen: 0n };
    const row = { region: CODE, institution: hospitalOf(CODE), pool: 'employee', ...amounts };
    const settled = { ...row, period: '2026-03', carried_in_fen: 0n, offset_fen: 0n, prepared_on: '2026-04-01' };
    expect(await codeOf(db()('settle.settlements').insert({ ...settled, settled_on: '2026-04-01' }))).toBe(
      'AppendOnly',
    );
    const clearing = { ...row, quarter: '2026-Q1', released_fen: 0n, signed_on: '2026-04-14' };
    expect(await codeOf(db()('settle.clearings').insert(clearing))).toBe('CaseStateInvalid');
  });

  it('a clearing does not say that held money was released, and is not signed before its months are settled', async () => {
    const sums = await db()('settle.settlements')
      .where({ region: CODE, institution: hospitalOf(CODE), pool: 'employee' })
      .whereNotNull('settled_on')
      .select('*');
    const total = (name: string): bigint => sums.reduce((sum: bigint, row) => sum + (row[name] as bigint), 0n);
    const clearing = {
      region: CODE,
      quarter: '2026-Q1',
      institution: hospitalOf(CODE),
      pool: 'employee',
      payable_fen: total('payable_fen'),
      preallocated_fen: total('preallocated_fen') - total('collected_fen') - total('returned_fen'),
      paid_fen: total('paid_fen'),
      held_fen: total('held_fen'),
      released_fen: 0n,
      carried_out_fen: sums.at(-1).carried_out_fen,
      signed_on: '2026-06-30',
    };
    const signing = (changes: object) => codeOf(db()('settle.clearings').insert({ ...clearing, ...changes }));
    expect(await signing({ released_fen: 1n })).toBe('CaseStateInvalid');
    expect(await signing({ signed_on: '2020-01-01' })).toBe('CaseStateInvalid');
    await db()
      .transaction(async (trx) => {
        await trx('settle.clearings').insert(clearing);
        await trx.rollback();
      })
      .catch(() => undefined);
  });

  it('a ratio below the minimum of the policy is not decided', async () => {
    const decision = {
      decision_id: `standard/${CODE}/2026-09/all/all`,
      region: CODE,
      ratio: '0.10',
      from_period: '2026-09',
      reason: '示例',
      proposed_by: `${CODE}-business-head`,
      proposed_on: '2026-03-05',
    };
    expect(await codeOf(db()('settle.standard_decisions').insert(decision))).toBe('RatioTooLow');
  });
});
