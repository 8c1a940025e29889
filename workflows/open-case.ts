import { upsertSearchAttributes } from '@temporalio/workflow';
import type { WaitsForCalendar } from '../activities/types';
import { Phase } from '../domain/business-time';
import { records } from './activities';
import type { BusinessClock } from './business-clock';
import type { CaseKeeping } from './case-keeping';
import { refusalFailure } from './refusals';

/** Three years of monthly questions for a calendar that never comes. */
const MAX_CALENDAR_QUESTIONS = 36;

/**
 * Opens a case and learns its dates. A date in a year whose calendar is not published does not fail the case: it waits
 * with an alert and asks again (DESIGN 8).
 */
export async function openWithCalendar<T extends { policy: string }>(
  settlement: Pick<CaseKeeping, 'step' | 'publish'>,
  clock: BusinessClock,
  caseId: string,
  open: () => Promise<T | WaitsForCalendar>,
): Promise<T> {
  const opened = await askUntilPublished(settlement, clock, caseId, open);
  upsertSearchAttributes({ SettlePolicy: [opened.policy] });
  return opened;
}

/** Takes a step that needs a calendar; while its year is not published, once a month again. */
export async function askUntilPublished<T>(
  settlement: Pick<CaseKeeping, 'step' | 'publish'>,
  clock: BusinessClock,
  caseId: string,
  ask: () => Promise<T | WaitsForCalendar>,
): Promise<T> {
  for (let question = 0; question < MAX_CALENDAR_QUESTIONS; question += 1) {
    const answer = await settlement.step(ask);
    if (!waits(answer)) return answer;
    const due = { date: answer.askAgainOn, phase: Phase.Monitoring };
    if (question === 0)
      await records.raiseAlert({
        caseId,
        at: clock.now(),
        kind: 'calendar-not-published',
        detail: `the State Council notice for ${answer.waitsForCalendar} is not imported`,
      });
    await settlement.publish('calendar', due);
    await clock.sleepUntil(due);
  }
  throw refusalFailure({ code: 'CalendarNotPublished', message: `${caseId} waited three years for a calendar` });
}

function waits<T>(answer: T | WaitsForCalendar): answer is WaitsForCalendar {
  return typeof answer === 'object' && answer !== null && 'waitsForCalendar' in answer;
}
