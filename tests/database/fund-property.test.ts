import fc from 'fast-check';
import pino from 'pino';
import { createClearingActivities } from '../../activities/fund/clearing';
import { verify } from '../../db/verify';
import { balanceOf, postJournals } from '../../db/ledger';
import { saveCalendarYear, savePolicy, saveRegion } from '../../db/register';
import { atPhase, Phase } from '../../domain/business-time';
import { period as toPeriod, plainDate } from '../../domain/plain-date';
import { createPolicyBook } from '../../domain/policy';
import { openingJournals } from '../../operator/commands/opening';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk } from '../support/fund-desk';
import { claim, endowFund, fundRegionOf, hospitalOf, review, suspend } from '../support/fund-stage';
import { publishedPolicy, publishedYears } from '../support/published';
import '../support/property-time';

// Random months, suspensions, rejections, and payments that fail or come back, against a calculation of its own (宿迁 2025-06-13; 新医保发〔2025〕50号 五(一)).

const MONTHS = ['2026-01', '2026-02', '2026-03', '2026-04'].map(toPeriod);
const AFTER = '2026-06-22';
const CASH = 1_000_000_000n;
/** 1,200.00 a year: 30.00 a month. */
const STANDARD = 3_000n;
const SPENT = 120_000n;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
});
afterAll(() => database.drop());

/** What the bank says to a first attempt, and what the operator does about it. */
type Fate = 'booked' | 'retried' | 'cancelled';
/** Of a pre-allocation: also left as it failed; or booked, and sent back on the day after its month is settled. */
type FateAhead = Fate | 'left' | 'back-cancelled' | 'back-retried';

interface Story {
  months: {
    declaredFen: bigint;
    deductedFen: bigint;
    residentFen: bigint;
    ahead: FateAhead;
    settled: Fate;
    released: Fate;
    /** The first request of the month's settlement is rejected, and prepared anew. */
    rejected: boolean;
  }[];
  /** From the 1st of one of the months to a day of one that is not before it. */
  suspended: { from: number; to: number; day: '10' | '15' | '20' } | null;
}

const fate = fc.constantFrom<Fate>('booked', 'booked', 'booked', 'retried', 'cancelled');
const fateAhead = fc.constantFrom<FateAhead>(
  'booked',
  'booked',
  'retried',
  'cancelled',
  'left',
  'back-cancelled',
  'back-retried',
);
const story: fc.Arbitrary<Story> = fc.record({
  months: fc.array(
    fc
      .record({
        declaredFen: fc.bigInt({ min: 0n, max: 9_000n }),
        deductedFen: fc.bigInt({ min: 0n, max: 3_000n }),
        residentFen: fc.bigInt({ min: 0n, max: 900n }),
        ahead: fateAhead,
        settled: fate,
        released: fate,
        rejected: fc.boolean(),
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

/** The bank sends back on the 16th what it booked ahead for a month that was settled on the 15th; people act on the 17th. */
const backOn = (index: number): string => `${monthAt(index + 1)}-16`;
const actOn = (index: number): string => `${monthAt(index + 1)}-17`;

interface Row {
  payable: bigint;
  preallocated: bigint;
  returned: bigint;
  paid: bigint;
  held: bigint;
  carriedOut: bigint;
}
interface Expected {
  /** What the bank books in all, also what it sends back again. */
  bookedFen: bigint;
  sentBackFen: bigint;
  months: Row[];
}

/** One institution's and pool's months, worked out one after the other; and once more in June, when nobody is suspended any more. */
function expected(
  each: Story,
  months: Pick<Story['months'][number], 'declaredFen' | 'deductedFen' | 'ahead' | 'settled' | 'released'>[],
): Expected {
  const result: Expected = { bookedFen: 0n, sentBackFen: 0n, months: [] };
  let carried = 0n;
  let owedAgain = 0n;
  let waiting: bigint[] = [];
  months.forEach(({ declaredFen, deductedFen, ahead, settled, released }, index) => {
    const comesBack = ahead === 'back-cancelled' || ahead === 'back-retried';
    const arrives = ahead === 'booked' || ahead === 'retried' || comesBack;
    const preallocated = arrives && !isSuspended(each, `${monthAt(index)}-01`) ? STANDARD : 0n;
    result.bookedFen += preallocated;
    const payable = declaredFen - deductedFen;
    const returned = owedAgain;
    owedAgain = 0n;
    const net = payable + returned - preallocated + carried;
    carried = net < 0n ? net : 0n;
    const due = net > 0n ? net : 0n;
    if (!isSuspended(each, runOf(index)) && released !== 'cancelled') {
      for (const fen of waiting) result.bookedFen += fen;
      waiting = [];
    }
    const isPaid = !isSuspended(each, runOf(index)) && settled !== 'cancelled';
    if (isPaid) result.bookedFen += due;
    else if (due > 0n) waiting.push(due);
    result.months.push({
      payable,
      preallocated,
      returned,
      paid: isPaid ? due : 0n,
      held: isPaid ? 0n : due,
      carriedOut: carried,
    });
    if (comesBack && preallocated > 0n) {
      result.sentBackFen += preallocated;
      // Nothing is sent again to an institution that is suspended on the day.
      if (ahead === 'back-retried' && !isSuspended(each, actOn(index))) result.bookedFen += preallocated;
      else owedAgain = preallocated;
    }
  });
  for (const fen of waiting) result.bookedFen += fen;
  const rest = owedAgain + carried;
  result.bookedFen += rest > 0n ? rest : 0n;
  return result;
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
  const fateOf = (paymentId: string): FateAhead => {
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
    (paymentId, attempt) =>
      attempt === 1 &&
      paymentId.includes(`${of}employee/`) &&
      ['retried', 'cancelled', 'left'].includes(fateOf(paymentId)),
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
    if (months[index]!.rejected) {
      const raised = await desk.prepare(caseId, 'settlement', runOf(index));
      if (raised && !('paymentsUnderWay' in raised)) await desk.reject(caseId, raised, runOf(index));
    }
    await desk.run(caseId, 'settlement', runOf(index));
    await mend(caseId, runOf(index));
    await comeBack(index, caseId);
  };
  const comeBack = async (index: number, caseId: string): Promise<void> => {
    const { ahead } = months[index]!;
    const paymentId = `fund/${code}/${MONTHS[index]}${of}employee/preallocation`;
    if (!ahead.startsWith('back-') || !desk.bookings.some((each) => each.paymentId === paymentId)) return;
    desk.returns(paymentId, backOn(index));
    await desk.exchange(caseId, backOn(index));
    await desk.act(caseId, ahead === 'back-retried' ? 'retry' : 'cancel', [paymentId], actOn(index));
  };
  for (const [index, month] of MONTHS.entries()) {
    const caseId = await desk.open(month);
    const on = `${month}-04`;
    await desk.run(caseId, 'preallocation', on);
    await mend(caseId, on);
    if (index > 0) await settle(index - 1);
    const { declaredFen, deductedFen, residentFen } = months[index]!;
    await claim(database.owner, code, month, [
      { declaredFen, deductedFen },
      { pool: 'resident', declaredFen: residentFen },
      { number: 2, declaredFen: 5_000n },
    ]);
  }
  await clear(code);
  await settle(MONTHS.length - 1);
  const june = await desk.open(toPeriod('2026-05'));
  await desk.run(june, 'settlement', AFTER);
  return { booked: desk.bookings.filter(({ paymentId }) => paymentId.includes(of)) };
}

/** Signs the clearing of January to March, on the day after March's run. */
async function clear(code: string): Promise<void> {
  const clearing = createClearingActivities({ db: database.app, log: pino({ level: 'silent' }) } as never);
  const caseId = `clearing/${code}/2026-Q1`;
  const at = (on: string) => atPhase(plainDate(on), Phase.FundMoves);
  await clearing.openClearing({ caseId, at: at('2026-04-01'), region: code, period: '2026-Q1' });
  expect(await clearing.signClearing({ caseId, at: at('2026-04-20') })).toEqual({ askAgainOn: null });
}

const total = (rows: readonly Row[], of: keyof Row): bigint => rows.reduce((sum, row) => sum + row[of], 0n);

async function checkPool(code: string, pool: string, wanted: Expected): Promise<void> {
  const where = { region: code, institution: hospitalOf(code), pool };
  const rows: Row[] = await database
    .app('settle.settlements')
    .where(where)
    .where('period', '<=', MONTHS.at(-1)!)
    .orderBy('period')
    .select({
      payable: 'payable_fen',
      preallocated: 'preallocated_fen',
      returned: 'returned_fen',
      paid: 'paid_fen',
      held: 'held_fen',
      carriedOut: 'carried_out_fen',
    });
  // A month is settled where something was claimed, even nothing.
  expect(rows).toEqual(wanted.months);
  // The identity of DESIGN 5.7 at every month's end; what came back counts against what was paid ahead.
  rows.forEach((row, index) => {
    const soFar = rows.slice(0, index + 1);
    const ahead = total(soFar, 'preallocated') - total(soFar, 'returned');
    expect(total(soFar, 'payable')).toBe(ahead + total(soFar, 'paid') + total(soFar, 'held') + row.carriedOut);
  });
  const quarter = wanted.months.slice(0, 3);
  expect(
    await database
      .app('settle.clearings')
      .where({ ...where, quarter: '2026-Q1' })
      .first(),
  ).toMatchObject({
    payable_fen: total(quarter, 'payable'),
    preallocated_fen: total(quarter, 'preallocated') - total(quarter, 'returned'),
    paid_fen: total(quarter, 'paid'),
    held_fen: total(quarter, 'held'),
    carried_out_fen: quarter.at(-1)!.carriedOut,
  });
}

it('a suspended institution gets nothing while it is, and everything that was held once afterwards; books and months agree', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (each) => {
      const code = await openRegion();
      const span = spanOf(each);
      if (span) await suspend(database.owner, code, span);
      const { booked } = await play(code, each);

      const employee = expected(each, each.months);
      // Residents' money: nothing was spent last year, so nothing is paid ahead; the bank books all of it.
      const resident = expected(
        each,
        each.months.map(({ residentFen }) => ({
          declaredFen: residentFen,
          deductedFen: 0n,
          ahead: 'left',
          settled: 'booked',
          released: 'booked',
        })),
      );
      await checkPool(code, 'employee', employee);
      await checkPool(code, 'resident', resident);
      expect(booked.filter(({ on }) => isSuspended(each, on))).toEqual([]);
      const sum = booked.reduce((soFar, { amountFen }) => soFar + amountFen, 0n);
      expect(sum).toBe(employee.bookedFen + resident.bookedFen);
      const other = BigInt(MONTHS.length) * 5_000n;
      const cash = (pool: string): Promise<bigint> => balanceOf(database.app, code, `fund/cash/${pool}`);
      expect(await cash('employee')).toBe(CASH - employee.bookedFen + employee.sentBackFen - other);
      expect(await cash('resident')).toBe(CASH - resident.bookedFen);
      expect((await verify(database.app, code)).filter(({ ok }) => !ok)).toEqual([]);
    }),
    { numRuns: 8 },
  );
});
