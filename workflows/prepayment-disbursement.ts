import { Phase } from '../domain/business-time';
import { work } from './activities';
import { createBusinessClock } from './business-clock';
import type { CaseInput } from './messages';
import { openWithCalendar } from './open-case';
import { createPaymentCase } from './payment-case';

/**
 * `prepayment/<region>/<year>`: 集采预付. On the first working day of the policy's month the agency computes what each
 * settlement body gets, has it approved by four levels, and pays it into the supervised account
 * (新医保发〔2025〕50号 四(一), 六(二)).
 */
export async function prepaymentDisbursement({ region, period, offsetMs }: CaseInput): Promise<void> {
  const caseId = `prepayment/${region}/${period}`;
  const clock = createBusinessClock(offsetMs);
  const settlement = createPaymentCase({ caseId, clock, phase: Phase.ApprovalsAndBank });

  await settlement.toItsEnd(async () => {
    const { startsOn } = await openWithCalendar(settlement, clock, caseId, () =>
      work.openDisbursement({ caseId, at: clock.now(), region, year: Number(period) }),
    );
    const start = { date: startsOn, phase: Phase.RunsStart };
    await settlement.publish('scheduled', start);
    await clock.sleepUntil(start);

    const paid = await settlement.pay((revision) => work.prepareDisbursement({ caseId, at: clock.now(), revision }));
    return paid ? 'settled' : 'nothing-to-pay';
  });
}
