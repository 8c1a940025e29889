import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type {
  BreachActivities,
  CaseActivities,
  DocumentActivities,
  EnterpriseActivities,
  FundActivities,
  MonitoringActivities,
  PaymentActivities,
  PrepaymentActivities,
  StarterActivities,
  WindowActivities,
} from '../activities/types';

/**
 * Short writes about the case itself: local, so that they cost no round trip and hardly any history. They are tried until the
 * database takes them: a case must not end because the database was away for a minute.
 */
export const records = proxyLocalActivities<CaseActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds' },
});

/** Region-wide work: set-based, chunked, heartbeating; at least once, idempotent by business key. */
export const work = proxyActivities<
  PaymentActivities &
    PrepaymentActivities &
    WindowActivities &
    MonitoringActivities &
    BreachActivities &
    EnterpriseActivities &
    FundActivities
>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: {
    maximumAttempts: 6,
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '20 seconds',
  },
});

/** Starting the month's cases: tried until it is done, since a run that is dropped would be a month without cases. */
export const calendar = proxyActivities<StarterActivities>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Drawing documents: each batch is heard of, and what is drawn is drawn, so a later run goes on where one ended. */
export const documents = proxyActivities<DocumentActivities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '2 minutes',
  retry: { maximumAttempts: 5, initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});
