import type { Client } from '@temporalio/client';
import pino from 'pino';
import { postJournals } from '../../db/ledger';
import { loadOverdue, loadReturns, savePrepayments, saveReturnPlans } from '../../db/prepayments';
import { loadUnmoved } from '../../db/return-receipts';
import { plainDate } from '../../domain/plain-date';
import { poolFen, type PoolFen } from '../../domain/pools';
import { planReturns } from '../../domain/return-plan';
import type { CommandContext } from '../../operator/commands/context';
import { amountToPayIn, recordReturn, type RecordReturnCommand } from '../../operator/commands/record-return';
import { AT, newCase, REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { journal, nonZeroBalances, refusalOf, transfer } from '../support/ledger';
import { publishedPolicy } from '../support/published';

// What institutions give back, part by part (新医保发〔2025〕50号 四(一); DESIGN 5.1). Every body here was prepaid 1,000.00,
// 999.94 from the employee pool and 0.06 from the resident pool: 100.00 a month and 300.00 in November.

const POOLS: PoolFen = poolFen((pool) => (pool === 'employee' ? 99_994n : pool === 'resident' ? 6n : 0n));
const POLICY = publishedPolicy('xinjiang-2025-50').policy.prepayment!;
const BODIES = ['H65050000001', 'H65050000002', 'H65050000003'] as const;

let database: TestDatabase;
let context: CommandContext;
beforeEach(async () => {
  database = await createTestDatabase();
  const { app, owner } = database;
  await saveSmallRegion(owner);
  const caseId = await newCase(app);
  const rows = BODIES.map((institution) => ({
    institution,
    baseFen: 200_000n,
    ratio: '0.5',
    amountFen: 100_000n,
    pools: POOLS,
  }));
  const paymentIdOf = (institution: string, pool: string): string => `disbursement/${institution}/${pool}`;
  await savePrepayments(app, { region: REGION, year: 2026, caseId, rows, paymentIdOf });
  const returns = planReturns({ amountFen: 100_000n, pools: POOLS, policy: POLICY, year: 2026 });
  await saveReturnPlans(
    app,
    REGION,
    2026,
    BODIES.map((institution) => ({ institution, returns })),
  );
  await postJournals(
    app,
    REGION,
    BODIES.map((institution) =>
      journal(`booked/${institution}`, 'disbursement-booked', [
        transfer('supervised/cash', `supervised/ledger/${institution}/prepayment`, 100_000n),
      ]),
    ),
  );
  context = { db: app, client: {} as Client, log: pino({ level: 'silent' }), clock: { now: () => AT } };
});
afterEach(() => database.drop());

function pay(period: string, day: string, paidInFen: bigint, change: Partial<RecordReturnCommand> = {}) {
  const institution = change.institution ?? BODIES[0];
  return recordReturn(context, {
    receiptId: `receipt/${institution}/${period}/${day}`,
    region: REGION,
    institution,
    period,
    paidInFen,
    receivedOn: plainDate(day),
    person: institution,
    ...change,
  });
}

async function returnOf(period: string, institution: string = BODIES[0]) {
  const [row] = await loadReturns(database.app, { region: REGION, institution, period });
  return row!;
}

const toPayIn = async (period: string, institution: string): Promise<bigint> =>
  amountToPayIn(database.app, REGION, await returnOf(period, institution));

const ledgerOf = async (institution: string): Promise<Record<string, bigint>> => {
  const all = await nonZeroBalances(database.app);
  const prefix = `supervised/ledger/${institution}/`;
  return Object.fromEntries(
    Object.entries(all).flatMap(([path, fen]) => (path.startsWith(prefix) ? [[path.slice(prefix.length), -fen]] : [])),
  );
};

describe('a return in parts', () => {
  it('counts on the day on which the sum reaches what is due', async () => {
    expect(await pay('2026-04', '2026-04-10', 4_000n)).toEqual({
      fromUnusedFen: 0n,
      countedFen: 4_000n,
      excessFen: 0n,
      stillDueFen: 6_000n,
    });
    expect(await returnOf('2026-04')).toMatchObject({ receivedFen: 4_000n, completeOn: null, toFundOn: null });
    expect(await toPayIn('2026-04', BODIES[0])).toBe(6_000n);
    expect(await pay('2026-04', '2026-04-21', 6_000n)).toMatchObject({ countedFen: 6_000n, stillDueFen: 0n });
    expect(await returnOf('2026-04')).toMatchObject({ receivedFen: 10_000n, completeOn: '2026-04-21' });
    expect(await ledgerOf(BODIES[0])).toEqual({ prepayment: 100_000n, returning: 10_000n });
  });

  it('is split over the pools so that the parts give the plan’s split', async () => {
    await pay('2026-04', '2026-04-10', 4_000n);
    await pay('2026-04', '2026-04-11', 6_000n);
    const { pools, receivedPools } = await returnOf('2026-04');
    expect(pools).toEqual({ employee: 9_999n, resident: 1n, 'employee-large': 0n });
    expect(receivedPools).toEqual(pools);
  });

  it('of which a part has come is moved on for that part', async () => {
    await pay('2026-04', '2026-04-10', 4_000n);
    await pay('2026-04', '2026-05-02', 1_000n);
    const moved = async (day: string) =>
      (await loadUnmoved(database.app, REGION, plainDate(day))).map(({ receiptIds, ...sums }) => ({
        ...sums,
        receipts: receiptIds.length,
      }));
    expect(await moved('2026-04-30')).toEqual([
      { institution: BODIES[0], pool: 'employee', year: 2026, amountFen: 4_000n, receipts: 1 },
    ]);
    expect(await moved('2026-05-29')).toEqual([
      { institution: BODIES[0], pool: 'employee', year: 2026, amountFen: 5_000n, receipts: 2 },
    ]);
  });
});

describe('more than is due', () => {
  it('is the institution’s own money', async () => {
    expect(await pay('2026-04', '2026-04-10', 12_345n)).toEqual({
      fromUnusedFen: 0n,
      countedFen: 10_000n,
      excessFen: 2_345n,
      stillDueFen: 0n,
    });
    expect(await ledgerOf(BODIES[0])).toEqual({ prepayment: 100_000n, returning: 10_000n, own: 2_345n });
  });

  it('does not pay for another month', async () => {
    await pay('2026-04', '2026-04-10', 20_000n);
    expect(await returnOf('2026-05')).toMatchObject({ receivedFen: 0n, completeOn: null });
    expect(await ledgerOf(BODIES[0])).toMatchObject({ own: 10_000n });
  });
});

describe('November', () => {
  const MONTHS = ['04', '05', '06', '07', '08', '09', '10'].map((month) => `2026-${month}`);
  const payMonths = async (institution: string): Promise<void> => {
    for (const month of MONTHS) await pay(month, `${month}-15`, 10_000n, { institution });
  };
  const spend = (institution: string, fen: bigint) =>
    postJournals(database.app, REGION, [
      journal(`spent/${institution}`, 'confirm', [
        transfer(`supervised/ledger/${institution}/prepayment`, `supervised/payable/${institution}/E0001`, fen),
      ]),
    ]);

  it('is taken from unused prepayment where that covers it, and the rest is the institution’s own', async () => {
    await payMonths(BODIES[0]);
    expect(await toPayIn('2026-11', BODIES[0])).toBe(0n);
    expect(await pay('2026-11', '2026-11-20', 0n)).toEqual({
      fromUnusedFen: 30_000n,
      countedFen: 30_000n,
      excessFen: 0n,
      stillDueFen: 0n,
    });
    // 1,000.00 unused: 300.00 returned, 700.00 its own; 7 × 100.00 + 300.00 wait to be moved on.
    expect(await ledgerOf(BODIES[0])).toEqual({ returning: 100_000n, own: 70_000n });
  });

  it('is paid in where nothing is unused', async () => {
    await payMonths(BODIES[1]);
    await spend(BODIES[1], 100_000n);
    expect(await toPayIn('2026-11', BODIES[1])).toBe(30_000n);
    await pay('2026-11', '2026-11-20', 30_000n, { institution: BODIES[1] });
    expect(await ledgerOf(BODIES[1])).toEqual({ returning: 100_000n });
  });

  it('is taken from what is unused first, and the rest is paid in', async () => {
    await payMonths(BODIES[2]);
    await spend(BODIES[2], 80_000n);
    expect(await toPayIn('2026-11', BODIES[2])).toBe(10_000n);
    expect(await pay('2026-11', '2026-11-20', 10_000n, { institution: BODIES[2] })).toMatchObject({
      fromUnusedFen: 20_000n,
      countedFen: 30_000n,
      stillDueFen: 0n,
    });
    expect(await returnOf('2026-11', BODIES[2])).toMatchObject({ fromUnusedFen: 20_000n, completeOn: '2026-11-20' });
  });

  it('leaves the rest in prepayment while an earlier month has not come', async () => {
    for (const month of MONTHS.slice(1)) await pay(month, `${month}-15`, 10_000n);
    await pay('2026-11', '2026-11-20', 0n);
    expect(await ledgerOf(BODIES[0])).toEqual({ prepayment: 70_000n, returning: 90_000n });
    await pay('2026-04', '2026-12-01', 10_000n);
    expect(await ledgerOf(BODIES[0])).toEqual({ returning: 100_000n, own: 70_000n });
  });

  it('alone takes unused prepayment: the last return of five fen, which is due in August, is paid in', async () => {
    const pools = poolFen((pool) => (pool === 'employee' ? 5n : 0n));
    const returns = planReturns({ amountFen: 5n, pools, policy: POLICY, year: 2026 });
    await saveReturnPlans(database.app, REGION, 2026, [{ institution: BODIES[0], returns }]);
    expect(returns.map(({ period }) => period)).toEqual(MONTHS.slice(0, 5));
    expect(await toPayIn('2026-08', BODIES[0])).toBe(1n);
    expect(await pay('2026-08', '2026-08-15', 1n)).toMatchObject({ fromUnusedFen: 0n, countedFen: 1n });
  });
});

describe('a receipt', () => {
  it('told twice is one, with the first answer', async () => {
    const first = await pay('2026-04', '2026-04-10', 4_000n);
    expect(await pay('2026-04', '2026-04-10', 4_000n)).toEqual(first);
    expect(await ledgerOf(BODIES[0])).toMatchObject({ returning: 4_000n });
  });

  it.each([
    ['amount', { paidInFen: 4_001n }],
    ['period', { period: '2026-05' }],
    ['day', { receivedOn: plainDate('2026-04-11') }],
    ['institution', { institution: BODIES[1] }],
  ] as const)('told again with another %s is a conflict', async (_, change) => {
    await pay('2026-04', '2026-04-10', 4_000n);
    const again = pay('2026-04', '2026-04-10', 4_000n, {
      receiptId: `receipt/${BODIES[0]}/2026-04/2026-04-10`,
      ...change,
    });
    expect(await refusalOf(again)).toBe('IdempotencyConflict');
    expect(await ledgerOf(BODIES[0])).toMatchObject({ returning: 4_000n });
    expect(await ledgerOf(BODIES[1])).toEqual({ prepayment: 100_000n });
  });

  it.each(['2026-03', '2026-12', '2027-04'])('for %s, which is not in the plan: ReturnNotDue', async (period) => {
    expect(await refusalOf(pay(period, '2026-04-10', 4_000n))).toBe('ReturnNotDue');
  });

  it('two at the same moment count one after the other', async () => {
    await Promise.all([
      pay('2026-04', '2026-04-10', 7_000n),
      pay('2026-04', '2026-04-10', 7_000n, { receiptId: 'the other' }),
    ]);
    expect(await ledgerOf(BODIES[0])).toEqual({ prepayment: 100_000n, returning: 10_000n, own: 4_000n });
  });
});

describe('who is overdue', () => {
  it('is whoever has not returned in full what was due before the day', async () => {
    const overdueOn = async (day: string): Promise<string[]> =>
      [...(await loadOverdue(database.app, REGION, plainDate(day)))].sort();
    expect(await overdueOn('2026-04-20')).toEqual([]);
    expect(await overdueOn('2026-04-21')).toEqual([...BODIES]);
    await pay('2026-04', '2026-04-20', 10_000n);
    await pay('2026-04', '2026-04-20', 9_999n, { institution: BODIES[1] });
    expect(await overdueOn('2026-04-21')).toEqual([BODIES[1], BODIES[2]]);
    expect(await overdueOn('2026-05-21')).toEqual([...BODIES]);
  });
});
