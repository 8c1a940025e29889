import type { Client } from '@temporalio/client';
import type { Knex } from 'knex';
import { Phase, type DuePoint } from '../domain/business-time';
import { comparePoints } from '../domain/due-points';
import { firstDayOf, lastDayOf, periodOf, periodsBetween, type Period } from '../domain/plain-date';
import { createCalendarRun, endOf, untilAtRest, type CalendarRun } from '../operator/virtual-time/calendar-run';
import type { TimeMachine } from '../operator/virtual-time/time-machine';
import type { Actors } from './actors/actors';
import type { SeededOrder } from './seeded-order';

export interface ConductorOptions {
  db: Knex;
  client: Client;
  machine: TimeMachine;
  actors: Actors;
  order: SeededOrder;
  regions: readonly string[];
  /** January of the first year, and the last month. */
  from: Period;
  to: Period;
  /** Where commands read the time while a phase lasts. */
  setClock(point: DuePoint): void;
  progress(date: string, done: number, total: number): void;
}

/** Runs the calendar: stops in every phase in which something is due, and lets cases and people do their part. */
export async function conduct(options: ConductorOptions): Promise<void> {
  const { from, to, progress, db, machine, order, actors } = options;
  const run = createCalendarRun({ db, machine, shuffle: (key, items) => order.shuffle(key, items) });
  const end: DuePoint = { date: lastDayOf(to), phase: Phase.FundMoves };
  const months = periodsBetween(from, to);
  let point: DuePoint = { date: firstDayOf(from), phase: Phase.Deadline };
  while (comparePoints(point, end) <= 0) {
    options.setClock(point);
    await runPhase(options, run, point);
    progress(point.date, months.indexOf(periodOf(point.date)) + 1, months.length);
    point = await run.nextPoint(point, await actors.nextPoints(point));
  }
  await assertAllWell(options);
}

async function runPhase(options: ConductorOptions, run: CalendarRun, point: DuePoint): Promise<void> {
  const { client, actors, regions } = options;
  if (point.phase === Phase.Deadline && point.date.endsWith('-01')) await run.startCases(regions, point);
  await untilAtRest(point, async () => {
    const moved = await run.advanceDue(point, (caseId) => assertEndedWell(client, caseId));
    const acted = await actors.act(point);
    return moved || acted;
  });
}

/** No case ended on its own while somebody acted on it: neither refused by the rules nor by a fault. */
async function assertAllWell({ db, client }: ConductorOptions): Promise<void> {
  const suspects = await db('settle.cases')
    .whereNull('closed_on')
    .orWhere('state', 'refused')
    .orderBy('case_id')
    .pluck<string[]>('case_id');
  for (const caseId of suspects) {
    const { status } = await client.workflow.getHandle(caseId).describe();
    if (status.name === 'RUNNING') continue;
    await assertEndedWell(client, caseId);
    throw new Error(`${caseId} has ended (${status.name}) and was not closed`);
  }
}

/** A case that the rules ended is a refusal of the whole rehearsal: it names what an agency has to mend first. */
async function assertEndedWell(client: Client, caseId: string): Promise<void> {
  const error = await endOf(client, caseId);
  if (error) throw error;
}
