import {
  beginDevelopmentClock,
  developmentNow,
  findDevelopmentClock,
  moveDevelopmentClock,
  regionsWithoutMonth,
  saveMonth,
} from '../../db/development-clock';
import { Phase } from '../../domain/business-time';
import { period, plainDate } from '../../domain/plain-date';
import { refusalIn } from '../../operator/cli/failure';
import { advanceClock, phaseAt, showClock } from '../../operator/commands/development-clock';
import { REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { windowContext } from '../support/window';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** 2026-11-22 20:00 in Asia/Shanghai. */
const HOST_MS = Date.UTC(2026, 10, 22, 12);
const START = { date: plainDate('2026-02-28'), phase: Phase.PeopleAct };

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return refusalIn(error)?.code;
  }
}

it('a development clock begins half an hour behind a phase, runs on like any other, and never goes back', async () => {
  const { app, owner } = database;
  expect(await findDevelopmentClock(app)).toBeUndefined();
  // By the real clock there is none to show or to move, and nothing else is asked.
  const context = windowContext(app, '2026-02-28');
  const to = { date: plainDate('2026-03-31'), phase: Phase.FundMoves };
  expect(await codeOf(showClock(context))).toBe('DevelopmentClockOff');
  expect(await codeOf(advanceClock(context, { to, progress: () => undefined }))).toBe('DevelopmentClockOff');
  await beginDevelopmentClock(owner, START, HOST_MS);
  const begun = (await findDevelopmentClock(app))!;
  expect(developmentNow(begun, HOST_MS)).toEqual({ date: '2026-02-28', time: '10:30' });
  expect(developmentNow(begun, HOST_MS + 90 * 60_000)).toEqual({ date: '2026-02-28', time: '12:00' });

  await moveDevelopmentClock(app, { date: plainDate('2026-03-31'), phase: Phase.FundMoves }, HOST_MS);
  const moved = (await findDevelopmentClock(app))!;
  expect(developmentNow(moved, HOST_MS)).toEqual({ date: '2026-03-31', time: '18:30' });
  expect(moved.beganOn).toBe('2026-02-28');

  // A phase that the clock has run past by itself does not take it back: a day later it is 1 April, 18:30.
  const dayLater = HOST_MS + 24 * 3_600_000;
  await moveDevelopmentClock(app, { date: plainDate('2026-04-01'), phase: Phase.Deadline }, dayLater);
  expect(developmentNow((await findDevelopmentClock(app))!, dayLater)).toEqual({ date: '2026-04-01', time: '18:30' });
});

it('the same start again keeps it, another one is refused, and the application cannot make one', async () => {
  const { app, owner } = database;
  const before = await findDevelopmentClock(app);
  await beginDevelopmentClock(owner, START, HOST_MS);
  expect(await findDevelopmentClock(app)).toEqual(before);
  const other = { date: plainDate('2026-03-01'), phase: Phase.PeopleAct };
  expect(await codeOf(beginDevelopmentClock(owner, other, HOST_MS))).toBe('DevelopmentClockForbidden');
  await expect(app('settle.development_clock').insert({ began_on: '2026-01-01' })).rejects.toMatchObject({
    code: '42501',
  });
  await expect(app('settle.development_clock').delete()).rejects.toMatchObject({ code: '42501' });
});

it('books that were kept by the real clock get none', async () => {
  const real = await createTestDatabase();
  await saveSmallRegion(real.owner);
  expect(await codeOf(beginDevelopmentClock(real.owner, START, HOST_MS))).toBe('DevelopmentClockForbidden');
  expect(await findDevelopmentClock(real.app)).toBeUndefined();
  await real.drop();
});

it('a month is started once in each region, and a region that comes later is still found', async () => {
  const { app, owner } = database;
  const march = period('2026-03');
  expect(await regionsWithoutMonth(app, march)).toEqual([]);
  await saveSmallRegion(owner);
  expect(await regionsWithoutMonth(app, march)).toEqual([REGION]);
  await saveMonth(app, [REGION], march);
  await saveMonth(app, [REGION], march);
  expect(await regionsWithoutMonth(app, march)).toEqual([]);
  expect(await regionsWithoutMonth(app, period('2026-04'))).toEqual([REGION]);
});

it.each([
  ['midnight', 0, Phase.Deadline],
  ['a minute before 06:00', 359, Phase.Deadline],
  ['10:00', 600, Phase.PeopleAct],
  ['noon', 720, Phase.PeopleAct],
  ['18:00', 1_080, Phase.FundMoves],
  ['a minute before midnight', 1_439, Phase.FundMoves],
])('a clock that is sent to %s stops behind the phase that has begun', (_, minutes, phase) => {
  expect(phaseAt(plainDate('2026-03-02'), minutes)).toEqual({ date: '2026-03-02', phase });
});
