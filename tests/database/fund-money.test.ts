import type { Client } from '@temporalio/client';
import pino from 'pino';
import { createClearingActivities } from '../../activities/fund/clearing';
import { balanceOf, postJournals } from '../../db/ledger';
import { planPreallocations } from '../../db/fund/preallocations';
import { judgeInstitutions } from '../../db/fund/eligibility';
import { loadClearings } from '../../db/fund/clearings';
import { saveCalendarYear, savePolicy } from '../../db/register';
import { verify } from '../../db/verify';
import { atPhase, Phase } from '../../domain/business-time';
import { period, plainDate } from '../../domain/plain-date';
import { approveCollectionOf, proposeCollection, recordCollection } from '../../operator/commands/collect-balance';
import type { CommandContext } from '../../operator/commands/context';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { createFundDesk, raisedOf } from '../support/fund-desk';
import { claim, hospitalOf, openFundRegion, review, suspend } from '../support/fund-stage';
import { refusalOf } from '../support/ledger';
import { publishedPolicy, publishedYears } from '../support/published';

// Monthly funds where money is short, late or owed (宿迁 2025-06-13). 1,200.00 a year: 30.00 a month; numbers by hand, in fen.

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
}, 60_000);
afterAll(() => database.drop());

const [JANUARY, FEBRUARY, MARCH] = [period('2026-01'), period('2026-02'), period('2026-03')];
const CASH = 1_000_000_000n;
const broken = async (code: string) => (await verify(database.app, code)).filter(({ ok }) => !ok);
const alerts = (code: string) => database.app('settle.alerts').where({ region: code }).select('kind', 'detail');
const rowOf = (code: string, month: string, pool = 'employee') =>
  database
    .app('settle.settlements')
    .where({ region: code, period: month, institution: hospitalOf(code), pool })
    .first();
const at = (on: string) => atPhase(plainDate(on), Phase.ApprovalsAndBank);
const contextOn = (on: string): CommandContext => ({
  db: database.app,
  client: {} as Client,
  log: pino({ level: 'silent' }),
  clock: { now: () => at(on) },
});

describe('one account and two requests', () => {
  it('what two months prepare at the same moment is never more than the account has', async () => {
    const code = '321601';
    // 3,200.00 a year is 80.00 a month; the account has 100.00, and January's rest is 80.00 too.
    await openFundRegion(database, code, { cashFen: 10_000n }, [{ amountFen: 320_000n }]);
    const desk = createFundDesk(database.app, code);
    const [january, february] = [await desk.open(JANUARY), await desk.open(FEBRUARY)];
    await claim(database.owner, code, '2026-01', [{ declaredFen: 8_000n }]);
    await review(database.owner, code, '2026-01', '2026-02-12');
    const prepared = await Promise.all([
      desk.prepare(january, 'settlement', '2026-02-13'),
      desk.prepare(february, 'preallocation', '2026-02-13'),
    ]);
    expect(prepared.filter(Boolean)).toHaveLength(1);
    expect(await alerts(code)).toMatchObject([{ kind: 'fund-insufficient' }]);
  });

  it('the database refuses to release what the account has not', async () => {
    const code = '321602';
    await openFundRegion(database, code, { cashFen: 3_000n });
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    const raised = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
    await desk.approve(january, raised, '2026-01-04');
    await claim(database.owner, code, '2026-01', [{ number: 2, declaredFen: 10_000n }]);
    // Half of the money leaves the account by another way meanwhile.
    await postJournals(database.app, code, [
      {
        book: 'fund',
        key: 'elsewhere',
        event: 'preallocation-sent',
        reference: 'elsewhere',
        caseId: january,
        date: plainDate('2026-01-04'),
        policy: { id: 'suqian-2025', version: '1', sha256: 'a'.repeat(64) },
        transfers: [
          {
            debit: `fund/advance/instant/employee/${hospitalOf(code, 2)}`,
            credit: `fund/transit/employee/${hospitalOf(code, 2)}`,
            amountFen: 1_500n,
          },
        ],
      },
      {
        book: 'fund',
        key: 'elsewhere/booked',
        event: 'preallocation-booked',
        reference: 'elsewhere',
        caseId: january,
        date: plainDate('2026-01-04'),
        policy: { id: 'suqian-2025', version: '1', sha256: 'a'.repeat(64) },
        transfers: [
          { debit: `fund/transit/employee/${hospitalOf(code, 2)}`, credit: 'fund/cash/employee', amountFen: 1_500n },
        ],
      },
    ]);
    expect(await refusalOf(desk.release(january, raised, '2026-01-04'))).toBe('LedgerInsufficient');
  });
});

describe('a bank that was away while an institution was suspended', () => {
  it('is sent nothing of it any more: the settlement is held', async () => {
    const code = '321603';
    await openFundRegion(database, code, {}, []);
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    await claim(database.owner, code, '2026-01', [{ declaredFen: 10_000n }, { number: 2, declaredFen: 2_000n }]);
    await review(database.owner, code, '2026-01', '2026-02-26');
    await suspend(database.owner, code, { from: '2026-03-01' });
    desk.isAway = true;
    await desk.run(january, 'settlement', '2026-02-27');
    desk.isAway = false;
    await desk.exchange(january, '2026-03-02');
    expect(desk.bookings).toMatchObject([{ amountFen: 2_000n }]);
    expect(await rowOf(code, '2026-01')).toMatchObject({ paid_fen: 0n, held_fen: 10_000n });
    expect(await balanceOf(database.app, code, 'fund/benefit/employee')).toBe(2_000n);
    expect(await broken(code)).toEqual([]);
  });
});

describe('a balance below zero that is collected', () => {
  async function carry(code: string) {
    await openFundRegion(database, code);
    const desk = createFundDesk(database.app, code);
    const hospital = hospitalOf(code);
    const settle = async (caseId: string, month: string, on: string, fen: bigint) => {
      await claim(database.owner, code, month, [{ declaredFen: fen }]);
      await review(database.owner, code, month, on);
      await desk.run(caseId, 'settlement', on);
    };
    const january = await desk.open(JANUARY);
    await desk.run(january, 'preallocation', '2026-01-04');
    const february = await desk.open(FEBRUARY);
    await desk.run(february, 'preallocation', '2026-02-02');
    // Nothing is claimed for January: its 30.00 are carried.
    await settle(january, '2026-01', '2026-02-13', 0n);
    const wanted = { region: code, institution: hospital, pool: 'employee' as const };
    const { collectionId } = await proposeCollection(contextOn('2026-02-20'), {
      ...wanted,
      reason: '示例：退出即时结算',
      person: `${code}-business-head`,
    });
    await approveCollectionOf(contextOn('2026-02-20'), { region: code, id: collectionId, person: `${code}-director` });
    const record = (on: string) =>
      recordCollection(contextOn(on), {
        region: code,
        id: collectionId,
        person: `${code}-operator`,
        receiptId: `R-${code}`,
        receivedOn: plainDate(on),
      });
    return { desk, february, settle, record };
  }

  it('is counted in the next month: nothing is carried in, and the clearing takes it off what was pre-allocated', async () => {
    const code = '321604';
    const { desk, february, settle, record } = await carry(code);
    await record('2026-02-25');
    await settle(february, '2026-02', '2026-03-13', 6_000n);
    expect(await rowOf(code, '2026-02')).toMatchObject({ carried_in_fen: 0n, collected_fen: 3_000n, paid_fen: 3_000n });
    const march = await desk.open(MARCH);
    await settle(march, '2026-03', '2026-04-14', 1_000n);
    expect(await clear(code, '2026-04-14')).toBeNull();
    // 0 + 60.00 + 10.00 payable = (30.00 + 30.00 − 30.00) ahead + 30.00 + 10.00 paid.
    expect(await loadClearings(database.app, code, '2026-Q1')).toMatchObject([
      { payableFen: 7_000n, preallocatedFen: 3_000n, paidFen: 4_000n, heldFen: 0n, carriedOutFen: 0n },
    ]);
    expect(await broken(code)).toEqual([]);
  });

  it('is refused when it comes after the balance was worked off', async () => {
    const code = '321605';
    const { desk, february, settle, record } = await carry(code);
    await settle(february, '2026-02', '2026-03-13', 6_000n);
    const march = await desk.open(MARCH);
    await desk.run(march, 'preallocation', '2026-03-02');
    expect(await refusalOf(record('2026-04-02'))).toBe('CaseStateInvalid');
    await settle(march, '2026-03', '2026-04-14', 5_000n);
    expect(await rowOf(code, '2026-03')).toMatchObject({ preallocated_fen: 3_000n, paid_fen: 2_000n });
    expect(await broken(code)).toEqual([]);
  });

  it('counts once when more comes back than the balance, whoever placed it: the rest is paid out again', async () => {
    const code = '321606';
    const { desk, february, settle, record } = await carry(code);
    await settle(february, '2026-02', '2026-03-13', 6_000n);
    const march = await desk.open(MARCH);
    await desk.run(march, 'preallocation', '2026-03-02');
    // 20.00 that nobody could place are put on the advance: the balance was worked off by February.
    await placeOnAdvance(code, 2_000n);
    await settle(march, '2026-03', '2026-04-14', 5_000n);
    // 50.00 − (30.00 − 20.00).
    expect(await rowOf(code, '2026-03')).toMatchObject({
      beyond_fen: 2_000n,
      preallocated_fen: 3_000n,
      paid_fen: 4_000n,
    });
    expect(await clear(code, '2026-04-14')).toBeNull();
    expect(await broken(code)).toEqual([]);
    expect(await refusalOf(record('2026-04-20'))).toBe('CaseStateInvalid');
  });
});

async function placeOnAdvance(code: string, amountFen: bigint): Promise<void> {
  const common = {
    book: 'fund' as const,
    reference: 'SUSPENSE-1',
    caseId: `suspense/${code}`,
    date: plainDate('2026-03-20'),
    policy: { id: 'suqian-2025', version: '1', sha256: 'a'.repeat(64) },
  };
  await postJournals(database.app, code, [
    {
      ...common,
      key: 'SUSPENSE-1',
      event: 'suspense-received',
      transfers: [{ debit: 'fund/cash/employee', credit: 'fund/suspense', amountFen }],
    },
    {
      ...common,
      key: 'SUSPENSE-1/resolved',
      event: 'suspense-resolved',
      transfers: [{ debit: 'fund/suspense', credit: `fund/advance/instant/employee/${hospitalOf(code)}`, amountFen }],
    },
  ]);
}

/** Signs the first quarter's clearing on a day; the day on which it is asked again, where it is not to be signed yet. */
async function clear(code: string, on: string): Promise<string | null> {
  const clearing = createClearingActivities({ db: database.app, log: pino({ level: 'silent' }) } as never);
  const caseId = `clearing/${code}/2026-Q1`;
  await clearing.openClearing({ caseId, at: at('2026-04-01'), region: code, period: '2026-Q1' });
  return (await clearing.signClearing({ caseId, at: at(on) })).askAgainOn;
}

describe('a clearing', () => {
  it('waits for every month of its quarter, also where the last one has nothing to settle', async () => {
    const code = '321607';
    await openFundRegion(database, code, {}, []);
    const desk = createFundDesk(database.app, code);
    const settle = async (month: typeof JANUARY, on: string, claims: Parameters<typeof claim>[3]) => {
      const caseId = await desk.open(month);
      await claim(database.owner, code, month, claims);
      await review(database.owner, code, month, on);
      await desk.run(caseId, 'settlement', on);
    };
    await settle(JANUARY, '2026-02-13', [{ declaredFen: 5_000n }]);
    // The residents' pool cannot pay 12,000,000.00 in February.
    await settle(FEBRUARY, '2026-03-13', [{ declaredFen: 5_000n }, { pool: 'resident', declaredFen: 1_200_000_000n }]);
    await settle(MARCH, '2026-04-14', [{ declaredFen: 5_000n }]);
    expect(await clear(code, '2026-04-14')).toBe('2026-04-15');
    expect(await loadClearings(database.app, code, '2026-Q1')).toEqual([]);
  });
});

describe('pre-allocations that are not prepared', () => {
  it('one that an operator has cancelled is not made again while another pool waits for money', async () => {
    const code = '321608';
    await openFundRegion(database, code, {}, [
      { amountFen: 120_000n },
      { number: 2, pool: 'resident', amountFen: 12_000_000_000_000n },
    ]);
    const desk = createFundDesk(database.app, code, (paymentId) => paymentId.includes('/employee/'));
    const january = await desk.open(JANUARY);
    await desk.run(january, 'preallocation', '2026-01-04');
    await desk.act(
      january,
      'cancel',
      [`fund/${code}/2026-01/${hospitalOf(code)}/employee/preallocation`],
      '2026-01-05',
    );
    expect(await desk.prepare(january, 'preallocation', '2026-01-06')).toBeNull();
    expect(await database.app('settle.payments').where({ region: code }).pluck('state')).toEqual(['cancelled']);
  });

  it("wait for last year's spending: looked at again, named when they are late, and made when it is there", async () => {
    const code = '321609';
    await openFundRegion(database, code);
    await database.owner('settle.spending').where({ region: code }).update({ year: 2024 });
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    expect(await desk.prepare(january, 'preallocation', '2026-01-04')).toBeNull();
    expect(await desk.look(january, '2026-01-05')).toMatchObject({
      prepares: false,
      next: { date: '2026-01-06' },
    });
    await desk.look(january, '2026-01-13');
    expect(await alerts(code)).toEqual([
      {
        kind: 'preallocation-overdue',
        detail: 'preallocation by 2026-01-12: 1 institutions wait for spending-2025.csv',
      },
    ]);
    await database.owner('settle.spending').where({ region: code }).update({ year: 2025 });
    expect(await desk.look(january, '2026-01-14')).toMatchObject({ prepares: true });
    await desk.run(january, 'preallocation', '2026-01-14');
    expect(desk.bookings).toMatchObject([{ amountFen: 3_000n, on: '2026-01-14' }]);
    expect(await desk.look(january, '2026-01-15')).toMatchObject({ prepares: false, next: { date: '2026-02-02' } });
  });

  it('a run that the rules refuse is told to the agency and prepared again on the next working day', async () => {
    const code = '321610';
    await openFundRegion(database, code);
    await database.owner.transaction(async (trx) => {
      await trx.raw(`select set_config('settle.business_date', '2025-12-31', true)`);
      await trx('settle.staff')
        .where({ region: code, person: `${code}-director` })
        .update({ valid_to: '2025-12-31' });
    });
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    expect(await desk.prepare(january, 'preallocation', '2026-01-04')).toBeNull();
    expect(await alerts(code)).toMatchObject([{ kind: 'run-refused' }]);
    expect(await desk.look(january, '2026-01-04')).toMatchObject({ prepares: false, next: { date: '2026-01-05' } });
    expect(await desk.look(january, '2026-01-05')).toMatchObject({ prepares: true });
  });

  it('an open request for them is named as what keeps the settlement, and withdrawn as soon as that can be prepared', async () => {
    const code = '321611';
    await openFundRegion(database, code);
    const desk = createFundDesk(database.app, code);
    const january = await desk.open(JANUARY);
    const raised = raisedOf(await desk.prepare(january, 'preallocation', '2026-01-04'));
    await claim(database.owner, code, '2026-01', [{ declaredFen: 5_000n }]);
    await review(database.owner, code, '2026-01', '2026-02-12');
    expect(await desk.look(january, '2026-02-12')).not.toHaveProperty('withdrawn');
    const look = await desk.look(january, '2026-03-06');
    expect(look).toMatchObject({ stage: 'settlement', prepares: true, withdrawn: raised.requestId });
    expect(await alerts(code)).toEqual(
      expect.arrayContaining([
        {
          kind: 'settlement-overdue',
          detail: `settlement by 2026-03-05: not prepared; ${january}#1 (pre-allocation) waits for first-review`,
        },
        {
          kind: 'preallocation-withdrawn',
          detail: `${january}#1, 1 payments: the month is settled without it`,
        },
      ]),
    );
    // Looked at twice, since the look was interrupted: told again.
    expect(await desk.look(january, '2026-03-06')).toMatchObject({ withdrawn: raised.requestId });
    expect(await refusalOf(desk.approve(january, raised, '2026-03-06'))).toBe('ApprovalNotOpen');
    await desk.run(january, 'settlement', '2026-03-06');
    expect(await rowOf(code, '2026-01')).toMatchObject({ preallocated_fen: 0n, paid_fen: 5_000n });
    expect(await balanceOf(database.app, code, 'fund/cash/employee')).toBe(CASH - 5_000n);
    expect(await broken(code)).toEqual([]);
  });
});

it('a decision on the ratio counts no longer once a later version of the policy asks more', async () => {
  const code = '321612';
  await openFundRegion(database, code);
  await database.owner('settle.standard_decisions').insert({
    decision_id: `standard/${code}/2026-02/all/all`,
    region: code,
    ratio: '0.35',
    from_period: '2026-02',
    reason: '示例',
    proposed_by: `${code}-business-head`,
    proposed_on: '2026-01-05',
  });
  await database
    .owner('settle.standard_decisions')
    .where({ region: code })
    .update({ approved_by: `${code}-director`, approved_on: '2026-01-06' });
  const fund = publishedPolicy('suqian-2025').policy.fund!;
  const stricter = { ...fund, preallocation: { ...fund.preallocation, ratio: '0.40', ratioMinimum: '0.40' } };
  const planned = async (month: typeof JANUARY, policy: typeof fund) =>
    database.app.transaction(async (trx) => {
      await judgeInstitutions(trx, { region: code, period: month, policy });
      await planPreallocations(trx, { region: code, period: month, policy });
      return trx('settle.preallocations').where({ region: code, period: month }).select('ratio', 'amount_fen');
    });
  // 1,200.00 × 35 % ÷ 12 and × 40 % ÷ 12.
  expect(await planned(period('2026-06'), fund)).toEqual([{ ratio: '0.35', amount_fen: 3_500n }]);
  expect(await planned(period('2026-07'), stricter)).toEqual([{ ratio: '0.40', amount_fen: 4_000n }]);
});
