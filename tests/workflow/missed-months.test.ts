import pino from 'pino';
import { createHttpBank } from '../../activities/bank/http-bank';
import { agencyAccounts } from '../../db/register';
import { awaitedByMonth } from '../../db/missed-months';
import { loadReturns } from '../../db/prepayments';
import { verify } from '../../db/verify';
import { Phase } from '../../domain/business-time';
import { barrierMs } from '../../domain/due-points';
import { parseYuan } from '../../domain/money';
import { dayInPeriod, firstDayOf, period, plainDate, type PlainDate } from '../../domain/plain-date';
import { amountToPayIn, recordReturn } from '../../operator/commands/record-return';
import { EMPTY_SCENARIO, type InstitutionScript, type Scenario } from '../../domain/scenario';
import { createCalendarRun } from '../../operator/virtual-time/calendar-run';
import { createApprovers, createOperators } from '../../rehearsal/actors/agency';
import { together } from '../../rehearsal/actors/actors';
import { createInstitutionActors } from '../../rehearsal/actors/institutions';
import { bankAgrees } from '../../rehearsal/bank-agrees';
import { conduct } from '../../rehearsal/conductor';
import { journalCsvRows } from '../../rehearsal/result';
import type { JournalCsvRow } from '../../rehearsal/summary';
import { createSeededOrder } from '../../rehearsal/seeded-order';
import { regionOf, startTestStage, type TestStage } from '../support/stage';

/**
 * One year twice: once day by day, and once with nothing running from June to September. Institutions pay in all the same, the
 * agency records what came when it is back, and the months are caught up. The books are the same, but for the days of the moves
 * that were missed (DESIGN 7).
 */
const REGION = '650777';
const ON_TIME = 'H65077700001';
const LATE = 'H65077700002';
const NEVER = 'H65077700003';
const MISSED = ['2026-06', '2026-07', '2026-08', '2026-09'].map(period);
const LATE_ON = plainDate('2026-07-28');
const AS_AGREED: InstitutionScript = { return: {}, confirm: {}, topUp: {}, dispute: {}, correct: {}, forceMajeure: {} };
const SCENARIO: Scenario = {
  ...EMPTY_SCENARIO,
  institutions: {
    [LATE]: { ...AS_AGREED, return: { [MISSED[0]!]: LATE_ON } },
    [NEVER]: {
      ...AS_AGREED,
      return: { [MISSED[2]!]: 'never' },
      correct: { 'prepayment-not-returned/2026-08': plainDate('2026-10-20') },
    },
  },
};
/** Running again, and later, when nobody waits any longer for what has not been recorded. */
const BACK_ON = plainDate('2026-09-24');
const BEGINS_ON = plainDate('2026-10-01');
const log = pino({ level: 'silent' });

async function withStage(year: (test: TestStage) => Promise<void>): Promise<JournalCsvRow[]> {
  const hospitals = [
    { institution: ON_TIME, baseFen: 40_000_001n },
    { institution: LATE, baseFen: 30_000_003n },
    { institution: NEVER, baseFen: 20_000_000n },
  ];
  const budgets = { employee: 25_000_000n, resident: 100_000_000n };
  const test = await startTestStage([regionOf(REGION, hospitals, { budgets })]);
  try {
    await year(test);
    const bank = createHttpBank({ baseUrl: test.stage.bankUrl, timeoutMs: 15_000, log });
    const { db } = test.stage;
    const checks = [...(await verify(db, REGION)), await bankAgrees(db, bank, REGION, plainDate('2026-12-31'))];
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    return await journalCsvRows({
      db,
      bank,
      region: REGION,
      policies: [],
      from: period('2026-01'),
      to: period('2026-12'),
    });
  } finally {
    await test.stop();
  }
}

/** Lets cases and people live through months, as a rehearsal does. */
async function live({ context, machine, setClock, stage }: TestStage, from: string, to: string): Promise<void> {
  const order = createSeededOrder(1);
  const agency = { context, machine, scenario: SCENARIO, regions: [REGION], order };
  await conduct({
    db: stage.db,
    client: stage.client,
    machine,
    order,
    regions: [REGION],
    from: period(from),
    to: period(to),
    actors: together([
      createInstitutionActors({ ...agency, bank: stage.bank }),
      createOperators(agency),
      createApprovers(agency),
    ]),
    setClock: ({ date, phase }) => setClock(date, phase),
    progress: () => undefined,
  });
}

/** What was paid in at the bank while nothing ran, recorded on the day on which the agency is back. */
async function recordWhatCame({ context, stage }: TestStage): Promise<void> {
  const returns = await loadReturns(stage.db, { region: REGION });
  for (const due of returns.filter(({ period: month }) => MISSED.includes(month))) {
    if (due.institution === NEVER && due.period === '2026-08') continue;
    const isLate = due.institution === LATE && due.period === '2026-06';
    const receivedOn = isLate ? LATE_ON : dayInPeriod(due.period, 15);
    const paidInFen = await amountToPayIn(stage.db, REGION, due);
    const receiptId = `receipt/${REGION}/${due.period}/${due.institution}/${receivedOn}`;
    const { institution } = due;
    const account = agencyAccounts.supervised(REGION);
    const credit = { id: receiptId, account, amountFen: paidInFen, bookedOn: receivedOn, payerName: institution };
    await stage.bank.credit([{ ...credit, text: receiptId }]);
    const receipt = { receiptId, region: REGION, institution, period: due.period, paidInFen, receivedOn };
    await recordReturn(context, { ...receipt, person: institution });
  }
}

async function catchUp(test: TestStage): Promise<void> {
  const { db } = test.stage;
  const awaited = (month: string, today: PlainDate): Promise<string | undefined> =>
    awaitedByMonth(db, { region: REGION, firstOfMonth: firstDayOf(period(month)), today, since: BACK_ON });
  test.setClock(BACK_ON, Phase.PeopleAct);
  expect(await awaited('2026-06', BACK_ON)).toBe(`receipts/${REGION}/2026-06`);
  await recordWhatCame(test);
  expect(await awaited('2026-06', BACK_ON)).toBe(`receipts/${REGION}/2026-08`);
  const alerts = await db('settle.alerts').where({ kind: 'receipts-awaited' }).select('case_id', 'on_date');
  expect(alerts).toEqual([{ case_id: `prepayment/${REGION}/2026`, on_date: BACK_ON }]);

  const run = createCalendarRun({ db, machine: test.machine, shuffle: (_, items) => items });
  const businessMs = barrierMs({ date: BEGINS_ON, phase: Phase.Deadline });
  test.setClock(BEGINS_ON, Phase.Deadline);
  for (const month of MISSED) {
    expect(await awaited(month, BEGINS_ON)).toBeUndefined();
    await run.startCases([REGION], { date: firstDayOf(month), phase: Phase.Deadline }, { businessMs });
    expect(await test.request(`return/${REGION}/${month}`)).toMatchObject({ revision: 1, state: 'open' });
  }
}

const withoutDate = ({ date: _, ...row }: JournalCsvRow): string => JSON.stringify(row);
const isMissedMove = ({ reference }: JournalCsvRow): boolean =>
  MISSED.some((month) => reference.startsWith(`agency-return/${REGION}/${month}/`));

it('four missed months, caught up, give the books of a year without a gap, but for the days of their moves', async () => {
  const whole = await withStage((test) => live(test, '2026-01', '2026-12'));
  const caughtUp = await withStage(async (test) => {
    await live(test, '2026-01', '2026-05');
    await catchUp(test);
    await live(test, '2026-10', '2026-12');
  });

  expect(caughtUp.map(withoutDate).sort()).toEqual(whole.map(withoutDate).sort());
  const elsewhere = (rows: JournalCsvRow[]): JournalCsvRow[] => rows.filter((row) => !isMissedMove(row));
  expect(elsewhere(caughtUp)).toEqual(elsewhere(whole));
  const moves = caughtUp.filter(isMissedMove);
  expect([...new Set(moves.map(({ event }) => event))].sort()).toEqual(['return-move-booked', 'return-move-sent']);
  expect(moves.every(({ date }) => date >= BEGINS_ON)).toBe(true);
  const days = whole.filter(isMissedMove).map(({ date }) => date);
  expect([...new Set(days)].sort()).toEqual(['2026-06-30', '2026-07-31', '2026-08-31', '2026-09-30']);

  // A tenth of 200,000.01, 150,000.02 and 100,000.00 a month. The second one's of June came on 28 July, the third one's of August in October.
  const movedFen = (month: string): bigint =>
    moves
      .filter(
        ({ event, account, reference }) =>
          event === 'return-move-booked' && account.startsWith('fund/cash/') && reference.includes(`/${month}/`),
      )
      .reduce((total, { debit }) => total + (parseYuan(debit) ?? 0n), 0n);
  expect(MISSED.map(movedFen)).toEqual([3_000_000n, 6_000_000n, 3_500_000n, 4_500_000n]);
}, 300_000);
