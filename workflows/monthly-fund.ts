import type { FundStage } from '../activities/types';
import { Phase } from '../domain/business-time';
import { work } from './activities';
import { createBusinessClock } from './business-clock';
import type { CaseInput } from './messages';
import { openWithCalendar } from './open-case';
import { createPaymentCase } from './payment-case';
import { refusalFailure } from './refusals';

/** Two years of working days: claims that have not come by then need a person to look at them. */
const MAX_LOOKS = 600;

/**
 * `fund/<region>/<period>`: 月预拨 from the month's first working day, 月结算 in the next month once its claims are reviewed
 * (宿迁 2025-06-13 三(二)). Claims and reviews are commands that write the database; the case looks at them on working days. Both
 * stages share the case's approvals and payments, so that a pre-allocation that did not arrive keeps no settlement waiting.
 */
export async function monthlyFund({ region, period, offsetMs }: CaseInput): Promise<void> {
  const caseId = `fund/${region}/${period}`;
  const clock = createBusinessClock(offsetMs);
  const fund = createPaymentCase({ caseId, clock, phase: Phase.ApprovalsAndBank });

  await fund.toItsEnd(async () => {
    const { startsOn } = await openWithCalendar(fund, clock, caseId, () =>
      work.openFund({ caseId, at: clock.now(), region, period }),
    );
    const start = { date: startsOn, phase: Phase.RunsStart };
    await fund.publish('scheduled', start);
    await clock.sleepUntil(start);

    let stage: FundStage = 'preallocation';
    let hasMore = true;
    const payments = { isOver: false };
    const paying = fund
      .pay(
        (revision) => work.prepareFund({ caseId, at: clock.now(), revision, stage }),
        () => hasMore,
      )
      .finally(() => {
        payments.isOver = true;
      });
    // Awaited below; a failure before that is not unhandled.
    paying.catch(() => undefined);
    for (let looks = 0; !payments.isOver; looks += 1) {
      if (looks === MAX_LOOKS)
        throw refusalFailure({ code: 'FaultPersists', message: `${caseId} was looked at ${MAX_LOOKS} times` });
      const look = await fund.step((now) => work.lookAtFund(now));
      ({ stage, hasMore } = look);
      if (look.withdrawn) fund.forget(look.withdrawn);
      // What ends the payments ends the case too, rather than leave it waiting for a preparation that does not come.
      if (look.prepares) await Promise.race([fund.prepareMore(), paying]);
      else if (look.next) await fund.waitBeside(look.next, () => payments.isOver);
      else {
        await fund.restBeside();
        break;
      }
    }
    await paying;
    return 'settled';
  });
}
