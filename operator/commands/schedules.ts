import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import type { Knex } from 'knex';
import { findDevelopmentClock } from '../../db/development-clock';
import { casesToStart, endedCases } from '../../db/due-cases';
import { fromEpochMs, type BusinessMoment } from '../../domain/business-time';
import { firstDayOf, type Period } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { backfillRange, monthsToBackfill } from '../../domain/schedule';
import { TASK_QUEUE } from '../../workers/task-queue';
import type { StarterInput } from '../../workflows/messages';
import type { CommandContext } from './context';
import { applyDocumentSchedule } from './document-schedule';

/** A region's schedule: the first minute of every month where the agencies are (DESIGN 7). */
export interface ScheduleView {
  scheduleId: string;
  region: string;
  paused: boolean;
  note: string | null;
  nextRun: BusinessMoment | null;
  lastRun: BusinessMoment | null;
}

const TIME_ZONE = 'Asia/Shanghai';
/** After a year without a running system its months are still caught up. */
const CATCH_UP = '400 days';

const scheduleIdOf = (region: string): string => `starter/${region}`;
const momentOf = (date: Date | undefined): BusinessMoment | null => (date ? fromEpochMs(date.getTime()) : null);

/** Missed runs are caught up one after the other in their order, each when the one before it has ended. */
function optionsFor(region: string) {
  return {
    scheduleId: scheduleIdOf(region),
    spec: { calendars: [{ dayOfMonth: 1, hour: 0, minute: 0, second: 0 }], timezone: TIME_ZONE },
    action: {
      type: 'startWorkflow',
      workflowType: 'starter',
      workflowId: scheduleIdOf(region),
      taskQueue: TASK_QUEUE,
      args: [{ region }] satisfies [StarterInput],
    },
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ALL, catchupWindow: CATCH_UP },
  } satisfies ScheduleOptions;
}

async function regionsOf(db: Knex, region: string | undefined): Promise<string[]> {
  const known = await db('settle.regions').orderBy('region').pluck<string[]>('region');
  if (region === undefined) return known;
  if (!known.includes(region))
    throw new Refusal('NotFound', `region ${region} is not known; import its folder first`, { region });
  return [region];
}

/** A schedule that is not there gives undefined. */
async function describe(client: Client, region: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(scheduleIdOf(region)).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** @throws Refusal `NotFound`; `DevelopmentClockOn`, since schedules go by the real clock */
async function existing({ db, client }: CommandContext, region: string | undefined): Promise<string[]> {
  if (await findDevelopmentClock(db))
    throw new Refusal('DevelopmentClockOn', 'schedules go by the real clock, and this data has a clock of its own');
  const regions = await regionsOf(db, region);
  for (const each of regions)
    if (!(await describe(client, each)))
      throw new Refusal('NotFound', `region ${each} has no schedule yet; \`settle schedules apply\` makes it`, {
        region: each,
      });
  return regions;
}

/**
 * Makes every region's schedule, or brings it up to date; whether it is paused stays as it is. Again changes nothing. Beside
 * a development clock there are none: what moves that clock starts the cases.
 */
export async function applySchedules({ db, client }: CommandContext): Promise<{ region: string; created: boolean }[]> {
  if (await findDevelopmentClock(db)) return [];
  const applied: { region: string; created: boolean }[] = [];
  for (const region of await regionsOf(db, undefined)) {
    const options = optionsFor(region);
    const created = (await describe(client, region)) === undefined;
    if (created) await client.schedule.create(options);
    else
      await client.schedule.getHandle(options.scheduleId).update(({ state }) => ({
        spec: options.spec,
        action: options.action,
        policies: options.policies,
        state: { paused: state.paused, ...(state.note === undefined ? {} : { note: state.note }) },
      }));
    await applyDocumentSchedule(client, region);
    applied.push({ region, created });
  }
  return applied;
}

export async function listSchedules({ db, client }: CommandContext): Promise<ScheduleView[]> {
  const views: ScheduleView[] = [];
  for (const region of await regionsOf(db, undefined)) {
    const found = await describe(client, region);
    if (!found) continue;
    views.push({
      scheduleId: scheduleIdOf(region),
      region,
      paused: found.state.paused,
      note: found.state.note ?? null,
      nextRun: found.state.paused ? null : momentOf(found.info.nextActionTimes[0]),
      lastRun: momentOf(found.info.recentActions.at(-1)?.scheduledAt),
    });
  }
  return views;
}

export async function pauseSchedules(context: CommandContext, region: string | undefined, reason: string) {
  const regions = await existing(context, region);
  for (const each of regions) await context.client.schedule.getHandle(scheduleIdOf(each)).pause(reason);
  return regions;
}

export async function resumeSchedules(context: CommandContext, region: string | undefined, reason: string) {
  const regions = await existing(context, region);
  for (const each of regions) await context.client.schedule.getHandle(scheduleIdOf(each)).unpause(reason);
  return regions;
}

/** Runs the starter of this month now: what has begun already does not begin again. */
export async function triggerSchedules(context: CommandContext, region: string | undefined): Promise<string[]> {
  const regions = await existing(context, region);
  for (const each of regions)
    await context.client.schedule.getHandle(scheduleIdOf(each)).trigger(ScheduleOverlapPolicy.BUFFER_ALL);
  return regions;
}

export interface BackfillMonth {
  region: string;
  month: Period;
  /** By today's books: a later month's cases depend on what an earlier one leaves outstanding. */
  cases: { caseId: string; ended: boolean }[];
}

/**
 * Runs the starters of past months, in order. With `dryRun` nothing is run, and what would begin by today's books is told.
 * @throws Refusal `UsageInvalid` when no month of the range has begun
 */
export async function backfillSchedules(
  context: CommandContext,
  input: { region: string | undefined; from: Period; to: Period; dryRun: boolean },
): Promise<BackfillMonth[]> {
  const { db, client, clock } = context;
  const months = monthsToBackfill(input.from, input.to, clock.now().date);
  const [first] = months;
  const last = months.at(-1);
  if (first === undefined || last === undefined)
    throw new Refusal('UsageInvalid', `no month from ${input.from} to ${input.to} has begun`);
  const regions = await existing(context, input.region);
  const planned: BackfillMonth[] = [];
  for (const region of regions) {
    for (const month of months) {
      const due = await casesToStart(db, region, firstDayOf(month));
      const ended = await endedCases(
        db,
        due.map(({ caseId }) => caseId),
      );
      planned.push({ region, month, cases: due.map(({ caseId }) => ({ caseId, ended: ended.has(caseId) })) });
    }
    const { startMs, endMs } = backfillRange(first, last);
    if (!input.dryRun)
      await client.schedule
        .getHandle(scheduleIdOf(region))
        .backfill({ start: new Date(startMs), end: new Date(endMs), overlap: ScheduleOverlapPolicy.BUFFER_ALL });
  }
  return planned;
}
