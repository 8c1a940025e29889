import { ApplicationFailure } from '@temporalio/common';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { toRefusal } from '../db/refusals';
import { Refusal } from '../domain/refusal';
import type { Bank } from './bank/port';

/** What every factory of activities is given; production, rehearsal and tests differ in these only. */
export interface ActivityDependencies {
  /** Connected as the application role, which may post and may not rewrite. */
  db: Knex;
  bank: Bank;
  log: Logger;
  /** Called between chunks of long work. */
  heartbeat: (progress: unknown) => void;
}

/** A statement over a million lines has no chunks to tell of; workflows/activities.ts gives a step up after 30 s of silence. */
const TICK_MS = 10_000;

type AnyActivity = (input: never) => Promise<unknown>;

/**
 * Makes refusals final: what the rules or the database refuse becomes a non-retryable failure typed with its code, while
 * a fault of the world stays as it is and is retried. While an activity runs, its worker is heard of.
 */
export function refusingActivities<T extends { [K in keyof T]: AnyActivity }>(
  activities: T,
  { log, heartbeat }: Pick<ActivityDependencies, 'log' | 'heartbeat'>,
): T {
  const wrap =
    (name: string, run: AnyActivity): AnyActivity =>
    async (input) => {
      const ticker = setInterval(() => heartbeat({ running: name }), TICK_MS);
      try {
        return await run(input);
      } catch (error) {
        const refusal = toRefusal(error);
        if (!(refusal instanceof Refusal)) throw error;
        log.warn(
          { activity: name, code: refusal.code, caseId: (input as { caseId?: string }).caseId },
          refusal.message,
        );
        throw ApplicationFailure.create({
          message: refusal.message,
          type: refusal.code,
          nonRetryable: true,
          details: [refusal.details],
        });
      } finally {
        clearInterval(ticker);
      }
    };
  return Object.fromEntries(
    Object.entries<AnyActivity>(activities).map(([name, run]) => [name, wrap(name, run)]),
  ) as unknown as T;
}
