import { ActivityFailure, ApplicationFailure, sleep } from '@temporalio/workflow';
import type { RuleFinding } from '../domain/approval';

/** A fault of the world that outlasts an activity's own retries is tried again this often before the case gives up. */
const MAX_FAULT_ROUNDS = 2_000;
const FAULT_PAUSE_MS = 30 * 60_000;

/** A refusal as Temporal carries it: typed with its code, never retried. */
export function refusalFailure(finding: RuleFinding): ApplicationFailure {
  return ApplicationFailure.create({ message: finding.message, type: finding.code, nonRetryable: true });
}

/** The business refusal inside an activity's failure; undefined for a fault of the world. */
export function businessRefusal(error: unknown): ApplicationFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && cause.nonRetryable === true ? cause : undefined;
}

/** Runs an activity for an update handler: a refusal fails the update with its own code and leaves the case as it was. */
export async function refusing<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw businessRefusal(error) ?? error;
  }
}

/**
 * Runs a step of the case until the world lets it happen: activities retry a bounded number of times by themselves, and
 * after that the case waits half an hour and tries again (DESIGN 7). A business refusal is thrown at once.
 */
export async function persistently<T>(
  step: () => Promise<T>,
  onFault: (error: ActivityFailure) => Promise<void>,
): Promise<T> {
  for (let round = 0; round < MAX_FAULT_ROUNDS; round += 1) {
    try {
      return await step();
    } catch (error) {
      const refusal = businessRefusal(error);
      if (refusal) throw refusal;
      if (!(error instanceof ActivityFailure)) throw error;
      await onFault(error);
      await sleep(FAULT_PAUSE_MS);
    }
  }
  throw refusalFailure({
    code: 'FaultPersists',
    message: `a step was tried ${MAX_FAULT_ROUNDS} times without success`,
  });
}
