import { Phase } from '../domain/business-time';
import { addDays } from '../domain/plain-date';
import { work } from './activities';
import { createBusinessClock } from './business-clock';
import type { CaseInput } from './messages';
import { openWithCalendar } from './open-case';
import { createPaymentCase } from './payment-case';

/**
 * `return/<region>/<period>`: 返还. Institutions pay back by the 20th; on the last working day of the month the agency
 * moves on what has arrived; when the month ends, what has not arrived is missing (新医保发〔2025〕50号 四(一)).
 * Returns themselves are commands that write the ledger; the workflow reads them at its cut-offs.
 */
export async function prepaymentReturn({ region, period, offsetMs }: CaseInput): Promise<void> {
  const caseId = `return/${region}/${period}`;
  const clock = createBusinessClock(offsetMs);
  const settlement = createPaymentCase({ caseId, clock, phase: Phase.FundMoves });

  await settlement.toItsEnd(async () => {
    const dates = await openWithCalendar(settlement, clock, caseId, () =>
      work.openReturn({ caseId, at: clock.now(), region, period }),
    );

    // The move may come before the day after the 20th in no month, but the order of the three is data, not an assumption.
    const lateFrom = { date: addDays(dates.dueOn, 1), phase: Phase.Deadline };
    const move = { date: dates.movesOn, phase: Phase.FundMoves };
    const end = { date: dates.endsOn, phase: Phase.Deadline };

    await settlement.publish('collecting', lateFrom);
    await clock.sleepUntil(lateFrom);
    await settlement.step((now) => work.noticeLateReturns(now));

    await settlement.publish('collecting', move);
    await clock.sleepUntil(move);
    const ended = (async () => {
      await settlement.sleepBeside(end);
      await settlement.step((now) => work.noticeMissingReturns(now));
    })();
    const moved = settlement.pay((revision) => work.prepareReturnMove({ caseId, at: clock.now(), revision }));

    const [paid] = await Promise.all([moved, ended]);
    return paid ? 'settled' : 'nothing-to-move';
  });
}
