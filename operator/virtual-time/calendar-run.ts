import { WorkflowFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Knex } from 'knex';
import { casesToStart, plannedCases } from '../../db/due-cases';
import { fromEpochMs, Phase, type DuePoint } from '../../domain/business-time';
import { barrierMs, comparePoints, earliest, momentOf } from '../../domain/due-points';
import { addMonths, firstDayOf, period, periodOf } from '../../domain/plain-date';
import { isRefusalCode, Refusal } from '../../domain/refusal';
import { inChunks } from '../in-chunks';
import type { TimeMachine } from './time-machine';

/** What makes the cases of a system with virtual clocks live through the calendar: a rehearsal's, or development's. */
export interface CalendarRun {
  /**
   * Starts what the calendar begins in these regions on the first of a month, on that day or at a later moment; what runs
   * already is left as it is.
   */
  startCases(regions: readonly string[], point: DuePoint, options?: StartOptions): Promise<void>;
  /**
   * Steps every open case whose timer is due to this phase, except those that are left out, and starts what is planned. False
   * when there was neither.
   * `ended` is told of a case that is open in the books and has ended in Temporal.
   */
  advanceDue(point: DuePoint, ended: (caseId: string) => Promise<void>, except?: ReadonlySet<string>): Promise<boolean>;
  /** The next phase after this one in which a case is due or a month begins, or one of the other points. */
  nextPoint(after: DuePoint, others?: readonly DuePoint[]): Promise<DuePoint>;
}

export interface StartOptions {
  /** Where their clocks stand; by default just behind the first of the month. */
  businessMs?: number;
  /** These cases only. */
  only?: ReadonlySet<string>;
}

export interface CalendarRunOptions {
  db: Knex;
  machine: TimeMachine;
  /** Cases of one moment in the order in which they are stepped. */
  shuffle<T>(key: string, items: readonly T[]): readonly T[];
}

/** Clocks moved at the same time: enough to keep the server busy, few enough to keep its answers prompt. */
const CONCURRENT_STEPS = 16;
/** One phase of a day that does not come to rest after so many rounds is a loop. */
const MAX_ROUNDS_A_PHASE = 200;

export function createCalendarRun({ db, machine, shuffle }: CalendarRunOptions): CalendarRun {
  return {
    async startCases(regions, point, { businessMs = barrierMs(point), only } = {}) {
      const due = await Promise.all(regions.map((region) => casesToStart(db, region, point.date)));
      const starting = shuffle(
        `starts/${momentOf(point)}`,
        due.flat().filter(({ caseId }) => only?.has(caseId) ?? true),
      );
      await inChunks(starting, CONCURRENT_STEPS, async (each) => {
        if (await machine.start(each, businessMs)) await machine.settle(each.caseId);
      });
    },

    async advanceDue(point, ended, except = new Set()) {
      const barrier = barrierMs(point);
      const due = await db('settle.cases')
        .whereNull('closed_on')
        .where('next_due_at', '<=', new Date(barrier))
        .orderBy('case_id')
        .pluck<string[]>('case_id');
      const moving = due.filter((caseId) => !except.has(caseId));
      await inChunks(shuffle(`steps/${momentOf(point)}`, moving), CONCURRENT_STEPS, async (caseId) => {
        if (!(await machine.advance(caseId, barrier))) await ended(caseId);
      });
      // What another case, or an officer, has planned by now lives from now on.
      const planned = await plannedCases(db);
      let began = false;
      await inChunks(shuffle(`planned/${momentOf(point)}`, planned), CONCURRENT_STEPS, async (each) => {
        if (!(await machine.start(each, barrier))) return;
        began = true;
        await machine.settle(each.caseId);
      });
      return moving.length > 0 || began;
    },

    async nextPoint(after, others = []) {
      const { rows } = await db.raw<{ rows: { due: Date | null }[] }>(
        'select min(next_due_at) as due from settle.cases where closed_on is null and next_due_at > ?',
        [new Date(barrierMs(after))],
      );
      const due = rows[0]?.due;
      const nextMonth = { date: firstDayOf(addMonths(period(periodOf(after.date)), 1)), phase: Phase.Deadline };
      const candidates: DuePoint[] = [nextMonth, ...others];
      if (due) {
        const { date, time } = fromEpochMs(due.getTime());
        candidates.push({ date, phase: Number(time.slice(0, 2)) * 60 });
      }
      return earliest(candidates.filter((candidate) => comparePoints(candidate, after) > 0)) ?? nextMonth;
    },
  };
}

/** Repeats one round of a phase until nobody had anything to do in it. */
export async function untilAtRest(point: DuePoint, round: () => Promise<boolean>): Promise<void> {
  for (let count = 0; count < MAX_ROUNDS_A_PHASE; count += 1) if (!(await round())) return;
  throw new Error(`${point.date} does not come to rest in phase ${point.phase}`);
}

/** What made a case end: a refusal of the rules, a fault, or undefined where it ended well. */
export async function endOf(client: Client, caseId: string): Promise<Error | undefined> {
  try {
    await client.workflow.getHandle(caseId).result();
    return undefined;
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    if (cause instanceof ApplicationFailure && cause.type && isRefusalCode(cause.type))
      return new Refusal(cause.type, cause.message, { caseId, ...(cause.details?.[0] ?? {}) });
    return error as Error;
  }
}
