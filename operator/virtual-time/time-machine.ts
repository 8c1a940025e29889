import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import Long from 'long';
import { TASK_QUEUE } from '../../workers/task-queue';
import type { CaseInput } from '../../workflows/messages';

/**
 * Moves the clocks of running cases. Each execution has a virtual clock of its own; who moves them keeps those of cases
 * that affect each other in lock-step (DESIGN 8). Only the servers of a rehearsal and of a development clock allow it.
 */
export interface TimeMachine {
  /** Starts a case whose business clock stands at `businessMs`. False when it runs already, or has run to its end. */
  start(input: StartInput, businessMs: number): Promise<boolean>;
  /** Brings a case's clock to a moment and waits until it has nothing left to do there. False when it has ended. */
  advance(caseId: string, businessMs: number): Promise<boolean>;
  /** Waits until a case that was acted on has nothing left to do, moving its clock by seconds only. */
  settle(caseId: string): Promise<boolean>;
}

export interface StartInput {
  caseId: string;
  workflowType: string;
  kind: string;
  input: Omit<CaseInput, 'offsetMs'>;
}

const FastForward = temporal.api.enums.v1.FastForwardPollingResult;
/** What the rules refused may begin again; as where a schedule starts it. */
const REUSE_OF_FAILED =
  temporal.api.enums.v1.WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY;
/** gRPC's code. */
const ALREADY_EXISTS = 6;

/** One poll blocks on the server for about 20 s; this many are two minutes of real work in one step. */
const MAX_POLLS = 8;
const SETTLE_MS = 20_000;
/** So that a killed worker's task is given to the next one soon. */
const TASK_TIMEOUT_S = 5;

export function createTimeMachine(client: Client, namespace: string): TimeMachine {
  const service = client.workflowService;
  const offsets = new Map<string, number>();
  const anchors = new Map<string, { virtualMs: number; hostMs: number }>();

  async function isRunning(caseId: string): Promise<boolean> {
    const described = await service.describeWorkflowExecution({ namespace, execution: { workflowId: caseId } });
    const { WORKFLOW_EXECUTION_STATUS_RUNNING } = temporal.api.enums.v1.WorkflowExecutionStatus;
    return described.workflowExecutionInfo?.status === WORKFLOW_EXECUTION_STATUS_RUNNING;
  }

  /** A case that another process started: its clock is the server's to tell, its offset stands in what it began with. */
  async function learn(caseId: string): Promise<void> {
    const execution = { workflowId: caseId };
    const [described, first] = await Promise.all([
      service.describeWorkflowExecution({ namespace, execution }),
      service.getWorkflowExecutionHistory({ namespace, execution, maximumPageSize: 1 }),
    ]);
    const hostMs = Date.now();
    const current = described.workflowExtendedInfo?.timeSkippingInfo?.currentTime;
    const started = first.history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    const [input] = (started?.input?.payloads ?? []).map((each) =>
      defaultPayloadConverter.fromPayload<CaseInput>(each),
    );
    if (input === undefined) throw new Error(`${caseId} began without an input`);
    offsets.set(caseId, input.offsetMs);
    anchors.set(caseId, { virtualMs: current ? epochMs(current) : hostMs, hostMs });
  }

  /** How far a case's clock is from a moment: it goes on by itself from the last moment that the server named. */
  async function remaining(caseId: string, businessMs: number): Promise<number> {
    if (!anchors.has(caseId)) await learn(caseId);
    const { virtualMs, hostMs } = anchors.get(caseId)!;
    return businessMs - offsets.get(caseId)! - (virtualMs + Date.now() - hostMs);
  }

  async function fastForward(caseId: string, durationMs: number): Promise<boolean> {
    const id = randomUUID();
    const whole = Math.floor(durationMs / 1_000);
    const duration = { seconds: Long.fromNumber(whole), nanos: Math.round((durationMs - whole * 1_000) * 1e6) };
    try {
      await service.updateWorkflowExecutionOptions({
        namespace,
        workflowExecution: { workflowId: caseId },
        workflowExecutionOptions: { timeSkippingConfig: { enabled: true, fastForwardConfig: { id, duration } } },
        updateMask: { paths: ['time_skipping_config'] },
      });
      return await untilThere(caseId, id);
    } catch (error) {
      if (hasEnded(error)) return false;
      throw error;
    }
  }

  async function untilThere(caseId: string, id: string): Promise<boolean> {
    for (let poll = 0; poll < MAX_POLLS; poll += 1) {
      const answer = await service.pollWorkflowExecutionTimeSkipping({
        namespace,
        workflowExecution: { workflowId: caseId },
        fastForwardId: id,
      });
      if (answer.fastForwardPollingResult === FastForward.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_COMPLETED) {
        const there = answer.fastForwardInfo?.targetTime;
        if (there) anchors.set(caseId, { virtualMs: epochMs(there), hostMs: Date.now() });
        return true;
      }
      if (answer.fastForwardPollingResult !== FastForward.FAST_FORWARD_POLLING_RESULT_POLL_TIMEOUT) {
        if (!(await isRunning(caseId))) return false;
        throw new Error(`the clock of ${caseId} stopped: ${answer.failedReason}`);
      }
    }
    throw new Error(`${caseId} does not come to rest: ${await pendingActivities(caseId)}`);
  }

  async function isIdle(caseId: string): Promise<boolean> {
    const described = await service.describeWorkflowExecution({ namespace, execution: { workflowId: caseId } });
    return (described.pendingActivities ?? []).length === 0 && !described.pendingWorkflowTask;
  }

  async function pendingActivities(caseId: string): Promise<string> {
    const { pendingActivities: pending } = await service.describeWorkflowExecution({
      namespace,
      execution: { workflowId: caseId },
    });
    const waiting = (pending ?? []).map(
      ({ activityType, attempt, lastFailure }) =>
        `${activityType?.name}, attempt ${attempt}${lastFailure ? `: ${lastFailure.message}` : ''}`,
    );
    return waiting.join('; ') || 'no activity is pending; see the log of the worker';
  }

  return {
    async start({ caseId, workflowType, kind, input }, businessMs) {
      const hostMs = Date.now();
      const offsetMs = businessMs - hostMs;
      const payload = (value: unknown) => defaultPayloadConverter.toPayload(value);
      const keyword = (value: string) => ({
        ...payload(value),
        metadata: { ...payload(value).metadata, type: new TextEncoder().encode('Keyword') },
      });
      try {
        await service.startWorkflowExecution({
          namespace,
          workflowId: caseId,
          workflowType: { name: workflowType },
          taskQueue: { name: TASK_QUEUE },
          input: { payloads: [payload({ ...input, offsetMs })] },
          requestId: randomUUID(),
          workflowTaskTimeout: { seconds: Long.fromNumber(TASK_TIMEOUT_S) },
          workflowIdReusePolicy: REUSE_OF_FAILED,
          searchAttributes: {
            indexedFields: {
              SettleRegion: keyword(input.region),
              SettlePeriod: keyword(input.period),
              SettleCaseKind: keyword(kind),
            },
          },
        });
      } catch (error) {
        if ((error as { code?: number }).code === ALREADY_EXISTS) return false;
        throw error;
      }
      offsets.set(caseId, offsetMs);
      anchors.set(caseId, { virtualMs: hostMs, hostMs });
      return true;
    },

    async advance(caseId, businessMs) {
      const durationMs = await remaining(caseId, businessMs).catch(unlessEnded);
      return durationMs !== undefined && fastForward(caseId, Math.max(durationMs, SETTLE_MS));
    },

    async settle(caseId) {
      for (let round = 0; round < MAX_POLLS; round += 1) {
        if (!(await fastForward(caseId, SETTLE_MS))) return false;
        // The host's clock may have passed the target while something was still running: only nothing pending is rest.
        if (await isIdle(caseId)) return true;
      }
      throw new Error(`${caseId} does not come to rest: ${await pendingActivities(caseId)}`);
    },
  };
}

function epochMs({ seconds, nanos }: { seconds?: Long | null; nanos?: number | null }): number {
  return Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6;
}

/** Nothing to move where the execution is gone, which Temporal may have forgotten too. */
function unlessEnded(error: unknown): undefined {
  if (!hasEnded(error)) throw error;
}

/** NOT_FOUND says that the execution has ended; FAILED_PRECONDITION that it ended while it was asked. */
function hasEnded(error: unknown): boolean {
  const { code, details } = error as { code?: number; details?: string };
  return code === 5 || (code === 9 && /completed|closed|not running/i.test(details ?? ''));
}
