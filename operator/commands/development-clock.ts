import type { Client } from '@temporalio/client';
import type { Knex } from 'knex';
import {
  developmentNow,
  eventsSince,
  findDevelopmentClock,
  lastEventId,
  moveDevelopmentClock,
  regionsWithoutMonth,
  saveMonth,
  type DevelopmentClock,
  type ToldEvent,
} from '../../db/development-clock';
import { endedCases } from '../../db/due-cases';
import { Phase, PHASES, type BusinessMoment, type DuePoint } from '../../domain/business-time';
import { barrierMs, comparePoints } from '../../domain/due-points';
import { firstDayOf, periodOf, type PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { inChunks } from '../in-chunks';
import { createCalendarRun, endOf, type CalendarRun } from '../virtual-time/calendar-run';
import { createTimeMachine, type TimeMachine } from '../virtual-time/time-machine';
import type { CommandContext } from './context';

export interface ClockView {
  now: BusinessMoment;
  beganOn: PlainDate;
}

/** @throws Refusal `DevelopmentClockOff` where the host's clock counts */
export async function showClock({ db }: CommandContext): Promise<ClockView> {
  const clock = await requireClock(db);
  return { now: developmentNow(clock, Date.now()), beganOn: clock.beganOn };
}

export interface AdvanceCommand {
  to: DuePoint;
  /** Told of every phase in which something happens. */
  progress(point: DuePoint): void;
}

export interface AdvanceResult {
  now: BusinessMoment;
  /** What the cases told on the way. */
  events: ToldEvent[];
  /** Cases that ended on a refusal or a fault on the way, or were left behind, with its words. */
  failed: { caseId: string; message: string }[];
}

const CONCURRENT_CLOCKS = 16;
/** Steps of one case in one phase of a day; more are a fault that does not go away. */
const MAX_ROUNDS = 20;

/**
 * Moves the development clock to a phase of a day, and every open case with it: phase by phase where something is due, in
 * the order of the calendar, starting what begins on the first of each month (DESIGN 3, 7, 8). People act between two
 * moves; nobody does on the way.
 *
 * @throws Refusal `DevelopmentClockOff`, `ClockBackwards`, and `AlreadyRunning` while another move is under way
 */
export async function advanceClock(context: CommandContext, { to, progress }: AdvanceCommand): Promise<AdvanceResult> {
  const { db, client } = context;
  return db.transaction(async (lock) => {
    const { rows } = await lock.raw<{ rows: { free: boolean }[] }>(
      `select pg_try_advisory_xact_lock(hashtextextended('settle development clock', 0)) as free`,
    );
    if (!rows[0]!.free) throw new Refusal('AlreadyRunning', 'another `settle clock advance` is under way');
    const clock = await requireClock(db);
    requireAhead(clock, to);
    const machine = createTimeMachine(client, client.options.namespace);
    const run = createCalendarRun({ db, machine, shuffle: (_, items) => items });
    const failed = new Map<string, string>();
    const before = await lastEventId(db);
    const travel: Travel = { db, client, machine, run, failed, clock, progress };
    await startLate(travel);
    await goThrough(travel, to);
    await bringAll(travel, to);
    await moveDevelopmentClock(db, to, Date.now());
    return {
      now: (await showClock(context)).now,
      events: await eventsSince(db, before),
      failed: [...failed].map(([caseId, message]) => ({ caseId, message })),
    };
  });
}

/** The last phase of a day that has begun by this minute: where a clock stops that is sent to this time. */
export function phaseAt(date: PlainDate, minutes: number): DuePoint {
  return { date, phase: PHASES.findLast((phase) => phase <= minutes) ?? Phase.Deadline };
}

interface Travel {
  db: Knex;
  client: Client;
  machine: TimeMachine;
  run: CalendarRun;
  failed: Map<string, string>;
  clock: DevelopmentClock;
  progress(point: DuePoint): void;
}

async function requireClock(db: Knex): Promise<DevelopmentClock> {
  const clock = await findDevelopmentClock(db);
  if (!clock) throw new Refusal('DevelopmentClockOff', 'this system runs by the real clock, which nobody moves');
  return clock;
}

function requireAhead(clock: DevelopmentClock, to: DuePoint): void {
  const hostMs = Date.now();
  if (barrierMs(to) > hostMs + clock.offsetMs && comparePoints(to, clock.reached) > 0) return;
  const { date, time } = developmentNow(clock, hostMs);
  throw new Refusal('ClockBackwards', `the clock stands at ${date} ${time}, and ${to.date} lies behind it`, {
    now: `${date} ${time}`,
  });
}

/**
 * What the month that goes on begins with: for a region that came in after the first, and for cases that the rules had
 * refused, since that may be mended by now.
 */
async function startLate(travel: Travel): Promise<void> {
  const { db, run, clock } = travel;
  const first = { date: firstDayOf(periodOf(clock.reached.date)), phase: Phase.Deadline };
  await startMonth(travel, first);
  const refused = await db('settle.cases').where({ state: 'refused' }).select<{ case_id: string; region: string }[]>();
  if (refused.length === 0) return;
  await run.startCases([...new Set(refused.map(({ region }) => region))].sort(), first, {
    businessMs: Date.now() + clock.offsetMs,
    only: new Set(refused.map(({ case_id: caseId }) => caseId)),
  });
}

async function startMonth({ db, run, clock }: Travel, point: DuePoint): Promise<void> {
  const month = periodOf(point.date);
  const regions = await regionsWithoutMonth(db, month);
  await run.startCases(regions, point, { businessMs: Math.max(barrierMs(point), Date.now() + clock.offsetMs) });
  await saveMonth(db, regions, month);
}

/** Phase by phase, in each of which something is due or begins, up to and with the last. */
async function goThrough(travel: Travel, to: DuePoint): Promise<void> {
  const { db, client, run, failed, clock } = travel;
  const ended = async (caseId: string): Promise<void> => {
    const error = await endOf(client, caseId);
    const closed = await endedCases(db, [caseId]);
    if (error) failed.set(caseId, error.message);
    else if (!closed.has(caseId)) failed.set(caseId, 'it has ended and is open in the books');
  };
  for (let point = clock.reached; comparePoints(point, to) <= 0; point = await run.nextPoint(point)) {
    if (point !== clock.reached) travel.progress(point);
    if (point.phase === Phase.Deadline && point.date.endsWith('-01')) await startMonth(travel, point);
    for (let round = 0; await run.advanceDue(point, ended, new Set(failed.keys())); round += 1)
      if (round === MAX_ROUNDS) await giveUp(travel, point);
    await moveDevelopmentClock(db, point, Date.now());
  }
}

/** What is still busy after so many rounds waits for something that is broken; the others go on without it. */
async function giveUp({ db, failed }: Travel, point: DuePoint): Promise<void> {
  const busy = await db('settle.cases')
    .whereNull('closed_on')
    .where('next_due_at', '<=', new Date(barrierMs(point)))
    .pluck<string[]>('case_id');
  for (const caseId of busy)
    if (!failed.has(caseId)) failed.set(caseId, `it does not come to rest on ${point.date}; see the log of the worker`);
}

/** Cases with nothing to do on the way come along at the end, so that people find every one of them at the same time. */
async function bringAll({ db, machine, failed }: Travel, to: DuePoint): Promise<void> {
  const open = await db('settle.cases').whereNull('closed_on').orderBy('case_id').pluck<string[]>('case_id');
  await inChunks(
    open.filter((caseId) => !failed.has(caseId)),
    CONCURRENT_CLOCKS,
    async (caseId) => {
      if (await machine.advance(caseId, barrierMs(to))) await machine.settle(caseId);
    },
  );
}
