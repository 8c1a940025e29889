import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { Phase } from '../domain/business-time';
import { addDays } from '../domain/plain-date';
import { work } from './activities';
import { createBusinessClock } from './business-clock';
import type { CaseInput } from './messages';
import { openWithCalendar } from './open-case';
import { createPaymentCase, type PaymentCase } from './payment-case';

/**
 * `window/<region>/<period>`: 药品货款直接结算. Enterprises apply by the 5th, institutions confirm by the 20th, and on the
 * first working day after it the agency takes one batch of all confirmed statements through four levels to the bank, to be
 * paid when the month ends (新医保发〔2025〕50号 四(二), 六(二)). Applications and confirmations are commands that write the
 * database; the workflow reads them at its cut-offs, so that its history does not grow with them.
 */
export async function settlementWindow({ region, period, offsetMs }: CaseInput): Promise<void> {
  const caseId = `window/${region}/${period}`;
  const clock = createBusinessClock(offsetMs);
  const settlement = createPaymentCase({ caseId, clock, phase: Phase.ApprovalsAndBank });

  await settlement.toItsEnd(async () => {
    const days = await openWithCalendar(settlement, clock, caseId, () =>
      work.openWindow({ caseId, at: clock.now(), region, period }),
    );
    const cutOffs = [
      { state: 'applications', on: days.applicationTo, close: work.closeApplications },
      { state: 'confirmations', on: days.confirmationTo, close: work.closeConfirmations },
    ];
    for (const { state, on, close } of cutOffs) {
      const end = { date: addDays(on, 1), phase: Phase.Deadline };
      await settlement.publish(state, end);
      await clock.sleepUntil(end);
      await settlement.step(close);
    }
    const batch = { date: days.batchOn, phase: Phase.RunsStart };
    await settlement.publish('scheduled', batch);
    await clock.sleepUntil(batch);

    const overdue = watchOverdue(settlement, { date: addDays(days.payBy, 1), phase: Phase.Deadline });
    const paid = await settlement.pay((revision) => work.prepareWindowBatch({ caseId, at: clock.now(), revision }));
    await overdue.end();
    return paid ? 'settled' : 'nothing-to-pay';
  });
}

/** The agency is told when the month is over and not all is paid; a window that is paid before ends before. */
function watchOverdue(settlement: PaymentCase, due: Parameters<PaymentCase['sleepBeside']>[0]) {
  const scope = new CancellationScope();
  let isDue = false;
  const watching = scope.run(async () => {
    await settlement.sleepBeside(due);
    isDue = true;
    await settlement.step((now) => work.noticeOverdueWindow(now));
  });
  // Awaited below; a failure before that is not unhandled.
  watching.catch(() => undefined);
  return {
    async end(): Promise<void> {
      if (!isDue) scope.cancel();
      await watching.catch((error: unknown) => {
        if (!isCancellation(error)) throw error;
      });
    },
  };
}
