import { WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { loadCaseEvents, loadStateChanges, type StateChangeRow } from '../../db/case-history';
import { loadDecisionAttempts } from '../../db/approval-contents';
import { loadCase, type CaseRecord } from '../../db/cases';
import { fromEpochMs } from '../../domain/business-time';
import type { CaseInput } from '../../workflows/messages';
import type { CommandContext } from './context';

/** Where a line of a history comes from; at one moment they are told in this order. */
export const HistorySource = {
  Attempt: 'attempt',
  Event: 'event',
  Payment: 'payment',
  Temporal: 'temporal',
} as const;
export type HistorySource = (typeof HistorySource)[keyof typeof HistorySource];

export interface HistoryEntry {
  date: string;
  time: string;
  source: HistorySource;
  what: string;
  actor: string;
  detail: string;
}

export interface CaseHistory {
  case: CaseRecord;
  entries: HistoryEntry[];
  /** False once Temporal's retention has passed; PostgreSQL keeps the rest for ever. */
  temporalKept: boolean;
}

/**
 * Everything that is known of a case in one order of time: what it told, who tried to decide what and what came of it, how
 * its payments went, and what Temporal still has. @throws Refusal `NotFound`
 */
export async function caseHistory({ db, client }: CommandContext, caseId: string): Promise<CaseHistory> {
  const known = await loadCase(db, caseId);
  const events = (await loadCaseEvents(db, caseId)).map((row) => ({ ...row, source: HistorySource.Event }));
  const attempts = (await loadDecisionAttempts(db, { caseId })).map((row) => ({
    date: row.date,
    time: row.time,
    source: HistorySource.Attempt,
    what: `${row.action} ${row.outcome ?? 'without outcome'}`,
    actor: row.person,
    detail: [row.level, row.requestId ?? row.subject, row.reason, row.message].filter(Boolean).join(' · '),
  }));
  const payments = groupChanges(await loadStateChanges(db, { caseId }));
  const temporal = await temporalEntries(client, caseId);
  const all: HistoryEntry[] = [...attempts, ...events, ...payments, ...(temporal ?? [])];
  const moment = ({ date, time }: HistoryEntry): string => `${date} ${time}`;
  // Sorting keeps the order of equals: within a moment and a source it is that of the source itself.
  const entries = all.sort((a, b) => (moment(a) < moment(b) ? -1 : moment(a) > moment(b) ? 1 : 0));
  return { case: known, entries, temporalKept: temporal !== undefined };
}

const NAMED_PAYMENTS = 3;

/** Payments that go the same way at the same moment are one line: a batch has thousands. */
function groupChanges(changes: readonly StateChangeRow[]): HistoryEntry[] {
  const groups = new Map<string, StateChangeRow[]>();
  for (const change of changes) {
    const key = JSON.stringify([change.date, change.time, change.from, change.to, change.actor, change.reason]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()].map((rows) => {
    const { date, time, from, to, actor, reason } = rows[0]!;
    const more = rows.length - NAMED_PAYMENTS;
    const named = rows.slice(0, NAMED_PAYMENTS).map(({ paymentId }) => paymentId);
    const payments = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
    return {
      date,
      time,
      source: HistorySource.Payment,
      what: `${rows.length} ${from} → ${to}`,
      actor,
      detail: [payments, reason].filter(Boolean).join(' · '),
    };
  });
}

type HistoryEvent = NonNullable<
  Awaited<ReturnType<ReturnType<CommandContext['client']['workflow']['getHandle']>['fetchHistory']>>['events']
>[number];

/** Undefined when Temporal keeps nothing of the case any more. */
async function temporalEntries(client: CommandContext['client'], caseId: string): Promise<HistoryEntry[] | undefined> {
  try {
    const { events } = await client.workflow.getHandle(caseId).fetchHistory();
    const offsetMs = offsetOf(events?.[0]);
    return (events ?? []).flatMap((event) => {
      const what = describe(event);
      if (what === undefined) return [];
      const { seconds, nanos } = event.eventTime!;
      const at = fromEpochMs(Number(seconds) * 1_000 + Math.floor((nanos ?? 0) / 1e6) + offsetMs);
      return [
        { ...at, source: HistorySource.Temporal, what, actor: 'temporal', detail: `event ${String(event.eventId)}` },
      ];
    });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Business time minus the server's, as the case was started with it: zero but where the clock was moved. */
function offsetOf(first: HistoryEvent | undefined): number {
  const [input] = first?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return input ? (defaultPayloadConverter.fromPayload<Partial<CaseInput>>(input).offsetMs ?? 0) : 0;
}

/** What an event says to people; undefined for the engine's own book-keeping. */
function describe(event: HistoryEvent): string | undefined {
  const {
    workflowExecutionStartedEventAttributes: started,
    activityTaskScheduledEventAttributes: scheduled,
    workflowExecutionUpdateAcceptedEventAttributes: accepted,
    activityTaskFailedEventAttributes: failed,
  } = event;
  if (started) return `started ${started.workflowType?.name ?? ''}`;
  if (scheduled) return `step ${scheduled.activityType?.name ?? ''}`;
  if (accepted) return `update ${accepted.acceptedRequest?.input?.name ?? ''}`;
  if (failed) return `step failed: ${failed.failure?.message ?? ''}`;
  if (event.activityTaskTimedOutEventAttributes) return 'step timed out';
  if (event.timerFiredEventAttributes) return 'timer fired';
  if (event.workflowExecutionCompletedEventAttributes) return 'completed';
  if (event.workflowExecutionFailedEventAttributes) return 'failed';
  if (event.workflowExecutionTerminatedEventAttributes) return 'terminated';
  if (event.workflowExecutionCanceledEventAttributes) return 'cancelled';
  return undefined;
}
