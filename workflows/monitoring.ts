import { Phase } from '../domain/business-time';
import { calendar, work } from './activities';
import { createBusinessClock } from './business-clock';
import { createCaseKeeping } from './case-keeping';
import type { CaseInput } from './messages';
import { askUntilPublished, openWithCalendar } from './open-case';

/**
 * `monitoring/<region>/<period>`: on the first working day of the next month, who did not reconcile, settle or return in the
 * period is noticed, and enterprises that respond or deliver too little are warned (新医保发〔2025〕50号 五). Each becomes a case
 * of its own.
 */
export async function monitoring({ region, period, offsetMs }: CaseInput): Promise<void> {
  const caseId = `monitoring/${region}/${period}`;
  const clock = createBusinessClock(offsetMs);
  const keeping = createCaseKeeping(caseId, clock);

  await keeping.toItsEnd(async () => {
    const { noticeOn } = await openWithCalendar(keeping, clock, caseId, () =>
      work.openMonitoring({ ...keeping.stepNow(), region, period }),
    );
    const due = { date: noticeOn, phase: Phase.Monitoring };
    await keeping.publish('scheduled', due);
    await clock.sleepUntil(due);
    // A notice that comes late may have its deadline in a year that is not published yet.
    await askUntilPublished(keeping, clock, caseId, () => work.noticeBreaches(keeping.stepNow()));
    await keeping.step(work.warnEnterprises);
    // Where clocks are virtual, whoever moves them starts what is planned.
    if (offsetMs === 0) await calendar.startPlannedCases({ region });
    return 'done';
  });
}
