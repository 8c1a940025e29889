import fc from 'fast-check';
import { verify } from '../../db/verify';
import { balanceOf, postJournals } from '../../db/ledger';
import { saveCalendarYear, savePolicy, saveRegion } from '../../db/register';
import { period as toPeriod, plainDate } from '../../domain/plain-date';
import { createPolicyBook } from '../../domain/policy';
import { openingJournals } from '../../operator/commands/opening';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk } from '../support/fund-desk';
import { claim, endowFund, fundRegionOf, hospitalOf, review, suspend } from '../support/fund-stage';
import { publishedPolicy, publishedYears } from '../support/published';

// Random months, suspensions and payments that fail, against a calculation of its own (宿迁 2025-06-13; 新医保发〔2025〕50号 五(一)).

const MONTHS = ['2026-01', '2026-02', '2026-03', '2026-04'].map(toPeriod);
const AFTER = '2026-06-15';
const CASH = 1_000_000_000n;
/** 1,200.00 a year: 30.00 a month. */
const STANDARD = 3_000n;
const SPENT = 120_000n;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
}, 60_000);
afterAll(() => database.drop());

/** What the bank says to a first attempt, and what the operator does about it. */
type Fate = 'booked' | 'retried' | 'cancelled';

interface Story {
  months: { declaredFen: bigint; deductedFen: bigint; ahead: Fate | 'left'; settled: Fate; released: Fate }[];
  /** From the 1st of one of the months to a day of one that is not before it. */
  suspended: { from: number; to: number; day: '10' | '15' | '20' } | null;
}

const fate = fc.constantFrom<Fate>('booked', 'booked', 'booked', 'retried', 'cancelled');
const story: fc.Arbitrary<Story> = fc.record({
  months: fc.array(
    fc
      .record({
        declaredFen: fc.bigInt({ min: 0n, max: 9_000n }),
        deductedFen: fc.bigInt({ min: 0n, max: 3_000n }),
        ahead: fc.constantFrom<Fate | 'left'>('booked', 'booked', 'retried', 'cancelled', 'left'),
        settled: fate,
        released: fate,
      })
      .map((month) => ({
        ...month,
        deductedFen: month.deductedFen < month.declaredFen ? month.deductedFen : month.declaredFen,
      })),
    { minLength: MONTHS.length, maxLength: MONTHS.length },
  ),
  suspended: fc.option(
    fc
      .record({
        from: fc.integer({ min: 0, max: 3 }),
        more: fc.integer({ min: 0, max: 2 }),
        day: fc.constantFrom('10', '15', '20'),
      })
      .map(({ from, more, day }) => ({ from, to: from + more, day })),
  ),
});

const monthAt = (index: number): string => `2026-${String(index + 1).padStart(2, '0')}`;
const spanOf = ({ suspended }: Story): { from: string; correctedOn: string } | null =>
  suspended && {
    from: `${monthAt(suspended.from)}-01`,
    correctedOn: `${monthAt(suspended.to)}-${suspended.day}`,
  };
const isSuspended = (each: Story, on: string): boolean => {
  const span = spanOf(each);
  return span !== null && span.from <= on && on < span.correctedOn;
};
/** The settlement of a month is run on the 15th of the next one. */
const runOf = (index: number): string => `${monthAt(index + 1)}-15`;

/** One institution's months, worked out one after the other; and once more in June, when nobody is suspended any more. */
function expected(each: Story): { paidFen: bigint; months: object[] } {
  let paidFen = 0n;
  let carried = 0n;
  let waiting: { fen: bigint; month: number }[] = [];
  const months: { payable: bigint; preallocated: bigint; paid: bigint; held: bigint; carriedOut: bigint }[] = [];
  const release = (on: string, releasedAs: Fate): void => {
    if (isSuspended(each, on)) return;
    if (releasedAs !== 'cancelled') {
      for (const { fen } of waiting) paidFen += fen;
      waiting = [];
    }
  };
  each.months.forEach(({ declaredFen, deductedFen, ahead, settled, released }, index) => {
    const isAhead = !isSuspended(each, `${monthAt(index)}-01`) && (ahead === 'booked' || ahead === 'retried');
    const preallocated = isAhead ? STANDARD : 0n;
    paidFen += preallocated;
    const payable = declaredFen - deductedFen;
    const net = payable - preallocated + carried;
    carried = net < 0n ? net : 0n;
    const due = net > 0n ? net : 0n;
    release(runOf(index), released);
    const isPaid = !isSuspended(each, runOf(index)) && settled !== 'cancelled';
    if (isPaid) paidFen += due;
    else if (due > 0n) waiting.push({ fen: due, month: index });
    months.push({
      payable,
      preallocated,
      paid: isPaid ? due : 0n,
      held: isPaid ? 0n : due,
      carriedOut: carried,
    });
  });
  for (const { fen } of waiting) paidFen += fen;
  return { paidFen, months };
}

let regions = 0;

async function openRegion(): Promise<string> {
  regions += 1;
  const code = String(321_400 + regions);
  const region = fundRegionOf(code, { hospitals: 2, cashFen: CASH });
  const policies = ['suqian-2025'];
  await saveRegion(database.owner, region, { policies, provisionalCalendar: false });
  const book = createPolicyBook([publishedPolicy('suqian-2025')]);
  await postJournals(database.app, code, openingJournals(region, book, policies, plainDate('2026-01-01')));
  // The second hospital is settled beside the first one and never suspended.
  await endowFund(
    database.owner,
    code,
    [1, 2].map((number) => ({ number, amountFen: SPENT })),
  );
  return code;
}

async function play(code: string, { months }: Story): Promise<{ booked: { on: string; amountFen: bigint }[] }> {
  const of = `/${hospitalOf(code)}/`;
  const fateOf = (paymentId: string): Fate | 'left' => {
    const { ahead, settled, released } = months[MONTHS.indexOf(toPeriod(paymentId.split('/')[2]!))] ?? {
      ahead: 'booked',
      settled: 'booked',
      released: 'booked',
    };
    return paymentId.includes('/preallocation') ? ahead : paymentId.includes('/release/') ? released : settled;
  };
  const desk = createFundDesk(
    database.app,
    code,
    (paymentId, attempt) => attempt === 1 && paymentId.includes(of) && fateOf(paymentId) !== 'booked',
  );
  const mend = async (caseId: string, on: string): Promise<void> => {
    const failed = await database
      .app('settle.payments')
      .where({ case_id: caseId, state: 'failed' })
      .pluck('payment_id');
    for (const paymentId of failed as string[]) {
      const action = fateOf(paymentId);
      if (action === 'retried' || action === 'cancelled')
        await desk.act(caseId, action === 'retried' ? 'retry' : 'cancel', [paymentId], on);
    }
  };
  const settle = async (index: number): Promise<void> => {
    const caseId = `fund/${code}/${MONTHS[index]}`;
    await review(database.owner, code, MONTHS[index]!, `${monthAt(index + 1)}-12`);
    await desk.run(caseId, 'settlement', runOf(index));
    await mend(caseId, runOf(index));
  };
  for (const [index, month] of MONTHS.entries()) {
    const caseId = await desk.open(month);
    const on = `${month}-04`;
    await desk.run(caseId, 'preallocation', on);
    await mend(caseId, on);
    if (index > 0) await settle(index - 1);
    const { declaredFen, deductedFen } = months[index]!;
    await claim(database.owner, code, month, [
      { declaredFen, deductedFen },
      { number: 2, declaredFen: 5_000n },
    ]);
  }
  await settle(MONTHS.length - 1);
  const june = await desk.open(toPeriod('2026-05'));
  await desk.run(june, 'settlement', AFTER);
  return { booked: desk.bookings.filter(({ paymentId }) => paymentId.includes(of)) };
}

it('a suspended institution gets nothing while it is, and everything that was held once afterwards; books and months agree', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (each) => {
      const code = await openRegion();
      const span = spanOf(each);
      if (span) await suspend(database.owner, code, span);
      const { booked } = await play(code, each);

      const wanted = expected(each);
      const rows = await database
        .app('settle.settlements')
        .where({ region: code, institution: hospitalOf(code), pool: 'employee' })
        .where('period', '<=', MONTHS.at(-1)!)
        .orderBy('period')
        .select({
          payable: 'payable_fen',
          preallocated: 'preallocated_fen',
          paid: 'paid_fen',
          held: 'held_fen',
          carriedOut: 'carried_out_fen',
        });
      // A month is settled where something was claimed, even nothing.
      expect(rows).toEqual(wanted.months);
      expect(booked.filter(({ on }) => isSuspended(each, on))).toEqual([]);
      expect(booked.reduce((total, { amountFen }) => total + amountFen, 0n)).toBe(wanted.paidFen);
      const other = BigInt(MONTHS.length) * 5_000n;
      expect(await balanceOf(database.app, code, 'fund/cash/employee')).toBe(CASH - wanted.paidFen - other);
      const broken = (await verify(database.app, code)).filter(({ ok }) => !ok);
      expect(broken).toEqual([]);
    }),
    { numRuns: 8 },
  );
}, 300_000);
