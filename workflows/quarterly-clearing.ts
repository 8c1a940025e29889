import { Phase } from '../domain/business-time';
import { work } from './activities';
import { createBusinessClock } from './business-clock';
import { createCaseKeeping } from './case-keeping';
import type { CaseInput } from './messages';
import { openWithCalendar } from './open-case';
import { refusalFailure } from './refusals';

/** Two years of working days. */
const MAX_LOOKS = 600;

/**
 * `clearing/<region>/<2026-Q1>`: 季度清算 (宿迁 2025-06-13 一), from the 1st after the quarter. On each working day at 18:00 it asks
 * whether the quarter's last month is settled; then it proves the identity of each institution and pool, and signs it.
 */
export async function quarterlyClearing({ region, period, offsetMs }: CaseInput): Promise<void> {
  const caseId = `clearing/${region}/${period}`;
  const clock = createBusinessClock(offsetMs);
  const keeping = createCaseKeeping(caseId, clock);

  await keeping.toItsEnd(async () => {
    const { startsOn } = await openWithCalendar(keeping, clock, caseId, () =>
      work.openClearing({ ...keeping.stepNow(), region, period }),
    );
    let lookOn = startsOn;
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const due = { date: lookOn, phase: Phase.FundMoves };
      await keeping.publish('collecting', due);
      await clock.sleepUntil(due);
      const { askAgainOn } = await keeping.step((now) => work.signClearing(now));
      if (askAgainOn === null) return 'signed';
      lookOn = askAgainOn;
    }
    throw refusalFailure({ code: 'FaultPersists', message: `${caseId} was looked at ${MAX_LOOKS} times` });
  });
}
