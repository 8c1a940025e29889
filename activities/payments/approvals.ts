import { addEvents, loadCase } from '../../db/cases';
import { insertDecision, insertRelease, loadRequests } from '../../db/approvals';
import { changePayments, loadPayments } from '../../db/payments';
import { formatYuan } from '../../domain/money';
import type { ActivityDependencies } from '../dependencies';
import type { PaymentActivities } from '../types';
import { afterFundRelease } from '../fund/effects';
import { holdBack } from '../window/held';

/** Decisions of the four levels and the cashier's release (新医保发〔2025〕50号 六(二); DESIGN 5.3). */
export function createApprovalActivities({
  db,
  log,
}: ActivityDependencies): Pick<PaymentActivities, 'recordDecision' | 'recordRelease'> {
  return {
    async recordDecision({ caseId, at, decision }) {
      await db.transaction(async (trx) => {
        await insertDecision(trx, decision, at);
        const [request] = await loadRequests(trx, { requestId: decision.requestId });
        if (request?.state === 'approved') {
          const waiting = await loadPayments(trx, { requestId: decision.requestId, states: ['prepared'] });
          await changePayments(
            trx,
            waiting.map(({ paymentId }) => paymentId),
            { to: 'approved', at, actor: decision.person, reason: decision.requestId },
          );
        }
        await addEvents(trx, caseId, at, [
          {
            key: `${decision.requestId}/${decision.level}`,
            event: decision.decision === 'approve' ? 'approved' : 'rejected',
            actor: decision.person,
            detail: `${decision.level} of ${decision.requestId}${inNameOf(decision)}${decision.reason ? `: ${decision.reason}` : ''}`,
          },
        ]);
      });
      log.info({ caseId, requestId: decision.requestId, level: decision.level }, `decision ${decision.decision}`);
    },

    async recordRelease({ caseId, at, release }) {
      await db.transaction(async (trx) => {
        await loadCase(trx, caseId);
        await holdBack(trx, caseId, release, at);
        await insertRelease(trx, release, at);
        await afterFundRelease(trx, caseId, release.requestId, at);
        const approved = await loadPayments(trx, { requestId: release.requestId, states: ['approved'] });
        await changePayments(
          trx,
          approved.map(({ paymentId }) => paymentId),
          { to: 'released', at, actor: release.person, reason: release.requestId },
        );
        const [request] = await loadRequests(trx, { requestId: release.requestId });
        await addEvents(trx, caseId, at, [
          {
            key: `${release.requestId}/release`,
            event: 'released',
            actor: release.person,
            detail: `${release.requestId}${inNameOf(release)}: ${request!.payments} payments, ${formatYuan(request!.amountFen)}`,
          },
        ]);
      });
      log.info({ caseId, requestId: release.requestId }, 'released to the bank');
    },
  };
}

/** Who stood in for somebody on leave says so (请假代理). */
function inNameOf({ actingFor }: { actingFor?: string }): string {
  return actingFor === undefined ? '' : ` for ${actingFor}`;
}
