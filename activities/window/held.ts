import type { Knex } from 'knex';
import { addAlert, addEvents } from '../../db/cases';
import { changePayments, loadPayments, type PaymentRecord } from '../../db/payments';
import { findHeldBack, findSuspended, resumePayments, type HeldPayment } from '../../db/window-payments';
import type { ReleaseInput } from '../../domain/approval';
import type { BusinessMoment } from '../../domain/business-time';
import type { ActivityDependencies } from '../dependencies';
import { withholdSuspended } from '../fund/effects';
import { ENGINE } from '../payments/prepare';
import type { WindowActivities } from '../types';

const REASONS: Record<HeldPayment['reason'], string> = {
  suspended: 'the enterprise is suspended',
  'payee-differs': 'PayeeDiffers: the register of the day has another payee',
};

/**
 * Takes out of a release what is not to leave on this day: payments of suspended enterprises (新医保发〔2025〕50号 五(二)),
 * and, where the cashier says so, those whose payee is no longer as approved (六(三)). They are held, and nothing else waits.
 */
export async function holdBack(trx: Knex, caseId: string, release: ReleaseInput, at: BusinessMoment): Promise<void> {
  const { requestId, holdDiffering = false } = release;
  const held = await findHeldBack(trx, requestId, at.date, { differing: holdDiffering });
  for (const reason of ['suspended', 'payee-differs'] as const)
    await changePayments(
      trx,
      held.filter((each) => each.reason === reason).map(({ paymentId }) => paymentId),
      { to: 'held', at, actor: reason === 'suspended' ? ENGINE : release.person, reason: REASONS[reason] },
    );
  await addEvents(
    trx,
    caseId,
    at,
    held.map(({ paymentId, reason }) => ({
      key: `${requestId}/held/${paymentId}`,
      event: 'payment-held',
      actor: ENGINE,
      detail: `${paymentId}: ${REASONS[reason]}`,
    })),
  );
  const differing = held.filter(({ reason }) => reason === 'payee-differs').length;
  if (differing > 0)
    await addAlert(trx, {
      caseId,
      kind: 'payee-differs',
      on: at.date,
      detail: `${differing} payments wait for an operator`,
    });
}

/**
 * Takes out of a message that certainly did not leave what is not to leave on this day: the bank was away, and meanwhile the
 * enterprise was suspended. What stood as on its way is back in the books; the next run sends what is no longer suspended.
 *
 * @param takeBack posts that payments which were sent did not leave
 * @returns ids of the payments that are held
 */
export async function holdUndelivered(
  trx: Knex,
  payments: readonly PaymentRecord[],
  at: BusinessMoment,
  takeBack: (sent: readonly PaymentRecord[]) => Promise<void>,
): Promise<string[]> {
  const suspended = await findSuspended(
    trx,
    payments.map(({ paymentId }) => paymentId),
    at.date,
  );
  if (suspended.length === 0) return [];
  const withheld = payments.filter(({ paymentId }) => suspended.includes(paymentId));
  const sent = withheld.filter(({ state }) => state === 'sent');
  const change = { at, actor: ENGINE, reason: REASONS.suspended };
  await changePayments(
    trx,
    sent.map(({ paymentId }) => paymentId),
    { to: 'failed', ...change },
  );
  await takeBack(sent);
  await changePayments(trx, suspended, { to: 'held', ...change });
  await addEvents(
    trx,
    withheld[0]!.caseId,
    at,
    withheld.map(({ paymentId, attempt }) => ({
      key: `${paymentId}#${attempt}/undelivered`,
      event: 'payment-held',
      actor: ENGINE,
      detail: `${paymentId}: ${REASONS.suspended}`,
    })),
  );
  return suspended;
}

export function createHeldActivities({ db, log }: ActivityDependencies): Pick<WindowActivities, 'resumeHeldPayments'> {
  return {
    async resumeHeldPayments({ caseId, at }) {
      const resumed = await db.transaction(async (trx) => {
        const held = await loadPayments(trx, { caseId, states: ['held'] });
        const ofFund = held.filter(({ kind }) => kind === 'fund').map(({ paymentId }) => paymentId);
        // What a fund owes to who is suspended by now is held money, not a held payment.
        await withholdSuspended(trx, { paymentIds: ofFund }, at);
        const paymentIds = await resumePayments(trx, caseId, at);
        await addEvents(
          trx,
          caseId,
          at,
          paymentIds.map((paymentId) => ({
            key: `resumed/${at.date}/${paymentId}`,
            event: 'payment-resumed',
            actor: ENGINE,
            detail: `${paymentId}: no longer held`,
          })),
        );
        return paymentIds;
      });
      log.info({ caseId, payments: resumed.length }, 'held payments looked at again');
    },
  };
}
