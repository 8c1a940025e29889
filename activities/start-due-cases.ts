import { setTimeout as pause } from 'node:timers/promises';
import { activityInfo, Context } from '@temporalio/activity';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/common';
import type { Knex } from 'knex';
import {
  casesToStart,
  endedCases,
  isCaseOpened,
  plannedCases,
  type CaseToStart,
  type PlannedCase,
} from '../db/due-cases';
import { awaitedByMonth } from '../db/missed-months';
import { fromEpochMs } from '../domain/business-time';
import type { ActivityDependencies } from './dependencies';
import type { StarterActivities } from './types';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const REGION = keyword('SettleRegion');
const PERIOD = keyword('SettlePeriod');
const KIND = keyword('SettleCaseKind');

/** So that a killed worker's task is given to the next one soon. */
const TASK_TIMEOUT = '5 seconds';
const OPENED_WITHIN_MS = 15_000;
const ASK_AGAIN_MS = 100;

/** Starts the cases of a month by their ids (DESIGN 7): for schedules, what they catch up, and backfills. */
export function createStarterActivities({ db, log }: ActivityDependencies): StarterActivities {
  return {
    async startDueCases({ region, firstOfMonth, since }) {
      const { client } = Context.current();
      const today = fromEpochMs(Date.now()).date;
      const waitsFor =
        (await awaitedByMonth(db, { region, firstOfMonth, today, since: since ?? firstOfMonth })) ?? null;
      const due = waitsFor === null ? await casesToStart(db, region, firstOfMonth) : [];
      const ended = await endedCases(
        db,
        due.map(({ caseId }) => caseId),
      );
      const started: string[] = [];
      for (const each of due.filter(({ caseId }) => !ended.has(caseId))) {
        if (await startCase(client, each, activityInfo().taskQueue)) started.push(each.caseId);
        // The next month, which may be caught up at once, asks whether this case is on its way.
        await untilOpened(db, each.caseId);
      }
      log.info({ region, firstOfMonth, started, waitsFor }, 'the cases of a month begin');
      return { started, waitsFor };
    },

    async startPlannedCases({ region }) {
      const { client } = Context.current();
      return startPlanned({ db, client }, region, activityInfo().taskQueue);
    },
  };
}

/** Starts what is planned in a region and has not begun, one after the other; gives the ids of the cases that began now. */
export async function startPlanned(
  { db, client }: { db: Knex; client: Client },
  region: string,
  taskQueue: string,
): Promise<string[]> {
  const started: string[] = [];
  for (const each of await plannedCases(db, [region]))
    if (await startCase(client, each, taskQueue)) started.push(each.caseId);
  return started;
}

/** False where the case runs already, or has run. One that failed may begin again. */
async function startCase(
  client: Client,
  { caseId, workflowType, kind, input }: CaseToStart | PlannedCase,
  taskQueue: string,
): Promise<boolean> {
  try {
    await client.workflow.start(workflowType, {
      workflowId: caseId,
      taskQueue,
      args: [{ ...input, offsetMs: 0 }],
      workflowTaskTimeout: TASK_TIMEOUT,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      typedSearchAttributes: [
        { key: REGION, value: input.region },
        { key: PERIOD, value: input.period },
        { key: KIND, value: kind },
      ],
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

async function untilOpened(db: Knex, caseId: string): Promise<void> {
  const deadline = performance.now() + OPENED_WITHIN_MS;
  while (performance.now() < deadline) {
    if (await isCaseOpened(db, caseId)) return;
    await pause(ASK_AGAIN_MS);
  }
}
