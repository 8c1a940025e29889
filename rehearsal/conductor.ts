import { WorkflowFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Knex } from 'knex';
import { casesToStart } from '../db/due-cases';
import { fromEpochMs, Phase, type DuePoint } from '../domain/business-time';
import { addMonths, firstDayOf, lastDayOf, period, periodOf, periodsBetween, type Period } from '../domain/plain-date';
import { isRefusalCode, Refusal } from '../domain/refusal';
import type { Actors } from './actors/actors';
import { inChunks } from './in-chunks';
import { barrierMs, comparePoints, earliest, momentOf } from './points';
import type { SeededOrder } from './seeded-order';
import type { TimeMachine } from './time-machine';

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

/** Clocks moved at the same time: enough to keep the server busy, few enough to keep its answers prompt. */
const CONCURRENT_STEPS = 16;
/** One phase of a day that does not come to rest after so many rounds is a loop. */
const MAX_ROUNDS_A_PHASE = 200;

/** Runs the calendar: stops in every phase in which something is due, and lets cases and people do their part. */
export async function conduct(options: ConductorOptions): Promise<void> {
  const { from, to, progress } = options;
  const end: DuePoint = { date: lastDayOf(to), phase: Phase.FundMoves };
  const months = periodsBetween(from, to);
  let point: DuePoint | undefined = { date: firstDayOf(from), phase: Phase.Deadline };
  while (point && comparePoints(point, end) <= 0) {
    options.setClock(point);
    await runPhase(options, point);
    progress(point.date, months.indexOf(periodOf(point.date)) + 1, months.length);
    point = await nextPoint(options, point);
  }
  await assertAllWell(options);
}

async function runPhase(options: ConductorOptions, point: DuePoint): Promise<void> {
  const { actors } = options;
  if (point.phase === Phase.Deadline && point.date.endsWith('-01')) await startCases(options, point);
  for (let round = 0; round < MAX_ROUNDS_A_PHASE; round += 1) {
    const moved = await advanceDue(options, point);
    const acted = await actors.act(point);
    if (!moved && !acted) return;
  }
  throw new Error(`${point.date} does not come to rest in phase ${point.phase}`);
}

async function startCases({ db, machine, order, regions }: ConductorOptions, point: DuePoint): Promise<void> {
  const due = await Promise.all(regions.map((region) => casesToStart(db, region, point.date)));
  const starting = order.shuffle(`starts/${momentOf(point)}`, due.flat());
  await inChunks(starting, CONCURRENT_STEPS, async (each) => {
    await machine.start(each, barrierMs(point));
    await machine.settle(each.caseId);
  });
}

/** Steps every live case whose timer is due to this phase. The list is read again until no case is new. */
async function advanceDue({ db, client, machine, order }: ConductorOptions, point: DuePoint): Promise<boolean> {
  const barrier = barrierMs(point);
  const due = await db('settle.cases')
    .whereNull('closed_on')
    .where('next_due_at', '<=', new Date(barrier))
    .orderBy('case_id')
    .select<{ case_id: string }[]>('case_id');
  if (due.length === 0) return false;
  await inChunks(order.shuffle(`steps/${momentOf(point)}`, due), CONCURRENT_STEPS, async ({ case_id: caseId }) => {
    if (!(await machine.advance(caseId, barrier))) await assertEndedWell(client, caseId);
  });
  return true;
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
  try {
    await client.workflow.getHandle(caseId).result();
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    if (cause instanceof ApplicationFailure && cause.type && isRefusalCode(cause.type))
      throw new Refusal(cause.type, cause.message, { caseId, ...(cause.details?.[0] ?? {}) });
    throw error;
  }
}

async function nextPoint(options: ConductorOptions, after: DuePoint): Promise<DuePoint | undefined> {
  const { db, actors } = options;
  const { rows } = await db.raw<{ rows: { due: Date | null }[] }>(
    'select min(next_due_at) as due from settle.cases where closed_on is null and next_due_at > ?',
    [new Date(barrierMs(after))],
  );
  const due = rows[0]?.due;
  const candidates: DuePoint[] = [
    { date: firstDayOf(addMonths(period(periodOf(after.date)), 1)), phase: Phase.Deadline },
    ...(await actors.nextPoints(after)),
  ];
  if (due) {
    const { date, time } = fromEpochMs(due.getTime());
    candidates.push({ date, phase: Number(time.slice(0, 2)) * 60 });
  }
  return earliest(candidates.filter((candidate) => comparePoints(candidate, after) > 0));
}
