import { ScheduleNotFoundError, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import { TASK_QUEUE } from '../../workers/task-queue';
import type { StarterInput } from '../../workflows/messages';

/**
 * Documents are issued twice a day, after monitoring and after the day's payments: a run makes whatever is due and not
 * there yet, so one that is missed needs no catching up.
 */
const HOURS = [8, 19];
const TIME_ZONE = 'Asia/Shanghai';

function optionsFor(region: string) {
  const id = `documents/${region}`;
  return {
    scheduleId: id,
    spec: { calendars: HOURS.map((hour) => ({ hour, minute: 0, second: 0 })), timezone: TIME_ZONE },
    action: {
      type: 'startWorkflow',
      workflowType: 'documentsRun',
      workflowId: id,
      taskQueue: TASK_QUEUE,
      args: [{ region }] satisfies [StarterInput],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP },
  } satisfies ScheduleOptions;
}

/** Makes the schedule on which a region's documents are issued, or brings it up to date. */
export async function applyDocumentSchedule(client: Client, region: string): Promise<void> {
  const options = optionsFor(region);
  try {
    await client.schedule.getHandle(options.scheduleId).update(({ state }) => ({
      spec: options.spec,
      action: options.action,
      policies: options.policies,
      state: { paused: state.paused, ...(state.note === undefined ? {} : { note: state.note }) },
    }));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create(options);
  }
}
