import { temporal } from '@temporalio/proto';
import { loadRequests } from '../../db/approvals';
import { loadReconciliationStandings, type ReconciliationStanding } from '../../db/reconciliation';
import { fromEpochMs, type BusinessMoment } from '../../domain/business-time';
import { TASK_QUEUE } from '../../workers/task-queue';
import type { CommandContext } from './context';
import { listSchedules, type ScheduleView } from './schedules';

export interface OpenCase {
  caseId: string;
  state: string;
  nextDue: BusinessMoment | null;
}

export interface WaitingRequest {
  requestId: string;
  caseId: string;
  payments: number;
  amountFen: bigint;
  /** Role that acts next: a level's, or `cashier`. */
  waitsFor: string;
}

export interface SystemStatus {
  now: BusinessMoment;
  /** Worker processes that asked for work lately. */
  workers: { identity: string; lastSeen: BusinessMoment | null }[];
  schedules: ScheduleView[];
  /** Cases with a date, the next first; at most `MOST_CASES`. */
  deadlines: OpenCase[];
  openCases: number;
  waiting: WaitingRequest[];
  /** Payments in a state that somebody has to look at, by region and state. */
  payments: { region: string; state: string; payments: number; amountFen: bigint }[];
  /** How far the books have been held against the bank's statements, by region. */
  reconciliation: ReconciliationStanding[];
  alerts: { region: string; kind: string; caseId: string; on: string }[];
}

const MOST_CASES = 20;
const MOST_ALERTS = 10;
/** The bank has not told, or has refused: nothing goes on by itself from failed and returned. */
const TROUBLED = ['unknown', 'failed', 'returned'];

/** How the running system goes, from one look at Temporal and one at the books. */
export async function systemStatus(context: CommandContext, namespace: string): Promise<SystemStatus> {
  const { db, clock } = context;
  const [workers, schedules, cases, waiting, payments, reconciliation, alerts] = await Promise.all([
    pollers(context, namespace),
    listSchedules(context),
    db('settle.cases').whereNull('closed_on').orderByRaw('next_due_at asc nulls last, case_id').select('*'),
    waitingRequests(context),
    db('settle.payments')
      .whereIn('state', TROUBLED)
      .groupBy('region', 'state')
      .orderBy(['region', 'state'])
      .select('region', 'state', db.raw('count(*)::int as payments'), db.raw('sum(amount_fen)::bigint as amount_fen')),
    loadReconciliationStandings(db, clock.now().date),
    db('settle.alerts').orderBy('on_date', 'desc').limit(MOST_ALERTS).select('*'),
  ]);
  return {
    now: clock.now(),
    workers,
    schedules,
    deadlines: cases.slice(0, MOST_CASES).map((row) => ({
      caseId: row.case_id as string,
      state: row.state as string,
      nextDue: row.next_due_at ? fromEpochMs((row.next_due_at as Date).getTime()) : null,
    })),
    openCases: cases.length,
    waiting,
    payments: payments.map((row) => ({
      region: row.region as string,
      state: row.state as string,
      payments: row.payments as number,
      amountFen: row.amount_fen as bigint,
    })),
    reconciliation,
    alerts: alerts.map((row) => ({
      region: row.region as string,
      kind: row.kind as string,
      caseId: row.case_id as string,
      on: row.on_date as string,
    })),
  };
}

async function waitingRequests({ db }: CommandContext): Promise<WaitingRequest[]> {
  const requests = await loadRequests(db, { states: ['open', 'approved'] });
  return requests.map(({ requestId, caseId, payments, amountFen, levels, decisions, state }) => ({
    requestId,
    caseId,
    payments,
    amountFen,
    waitsFor: state === 'approved' ? 'cashier' : (levels[decisions.length]?.role ?? 'cashier'),
  }));
}

async function pollers({ client }: CommandContext, namespace: string): Promise<SystemStatus['workers']> {
  const { pollers: found } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
  const byIdentity = new Map<string, BusinessMoment | null>();
  for (const { identity, lastAccessTime } of found ?? [])
    byIdentity.set(identity ?? '', lastAccessTime ? fromEpochMs(Number(lastAccessTime.seconds) * 1_000) : null);
  return [...byIdentity].map(([identity, lastSeen]) => ({ identity, lastSeen }));
}
