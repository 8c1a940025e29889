import { activityInfo, Context } from '@temporalio/activity';
import { Worker, type NativeConnection, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { createActivities } from '../activities';
import type { Bank } from '../activities/bank/port';
import { TASK_QUEUE } from './task-queue';

/** Connections of the worker's pool. Activity slots stay below it, so that no activity waits for a connection. */
export const DATABASE_POOL = 10;
const ACTIVITY_SLOTS = 5;
const LOCAL_ACTIVITY_SLOTS = 4;
const WORKFLOW_TASK_SLOTS = 20;
const CACHED_WORKFLOWS = 300;

export interface WorkerOptions {
  connection: NativeConnection;
  namespace: string;
  bundle: WorkflowBundleWithSourceMap | { codePath: string };
  db: Knex;
  bank: Bank;
  log: Logger;
}

/**
 * The worker, tuned on purpose: a killed worker's cases are picked up after about four seconds instead of thirteen
 * (sticky time-out 1 s; the task time-out is the case's own), and a shutdown lets running steps end.
 */
export async function createWorker({ connection, namespace, bundle, db, bank, log }: WorkerOptions): Promise<Worker> {
  const heartbeat = (progress: unknown): void => {
    // Local activities have no heartbeat to give.
    if (!activityInfo().isLocal) Context.current().heartbeat(progress);
  };
  return Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: bundle,
    activities: createActivities({ db, bank, log, heartbeat }),
    maxConcurrentActivityTaskExecutions: ACTIVITY_SLOTS,
    maxConcurrentLocalActivityExecutions: LOCAL_ACTIVITY_SLOTS,
    maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASK_SLOTS,
    maxCachedWorkflows: CACHED_WORKFLOWS,
    stickyQueueScheduleToStartTimeout: '1 second',
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: '30 seconds',
  });
}
