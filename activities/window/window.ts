import type { Knex } from 'knex';
import { addAlert, addEvents, loadCase, openCase } from '../../db/cases';
import { loadRequests } from '../../db/approvals';
import { loadLeftOut } from '../../db/left-out-payments';
import { changePayments, loadPayments } from '../../db/payments';
import { loadCalendar } from '../../db/register';
import { policyWith } from '../../db/region-policy';
import { loadUnpaid, prepareWindowPayments } from '../../db/window-payments';
import { loadApplied, loadConfirmed } from '../../db/window-totals';
import { nextLevel } from '../../domain/approval';
import type { BusinessMoment } from '../../domain/business-time';
import { formatYuan } from '../../domain/money';
import { firstDayOf, period as toPeriod, type PlainDate } from '../../domain/plain-date';
import { windowDates } from '../../domain/policy';
import { holderOf } from '../../domain/window/holder';
import type { ActivityDependencies } from '../dependencies';
import { AFTER_CANCEL, applyEffect } from '../payments/effects';
import { ENGINE, prepareOnce, preparerOf, raisePrepared, requestIdOf } from '../payments/prepare';
import { knownOrWaiting, policyName, policyOfCase } from '../prepayment/disbursement';
import type { RaisedRequest, WindowActivities } from '../types';

/**
 * 药品货款直接结算 (新医保发〔2025〕50号 四(二)): one window a month. What belongs to it stands in the data, by the dates on
 * the lines and statements; these steps open it, close its cut-offs and form its batch.
 */
export function createWindowActivities({
  db,
  log,
}: ActivityDependencies): Omit<WindowActivities, 'resumeHeldPayments'> {
  type Closing = 'applications_closed_on' | 'confirmations_closed_on';

  /** Under the lock of the window's row, so that no command in bulk is half inside it. */
  async function close(
    caseId: string,
    at: { date: PlainDate; time: string },
    column: Closing,
    tell: (totals: { region: string; period: string }) => Promise<{ event: string; detail: string }>,
  ): Promise<void> {
    const { region, period } = await loadCase(db, caseId);
    await db.transaction(async (trx) => {
      await trx('settle.windows').where({ region, period }).forUpdate().first('period');
      await trx('settle.windows')
        .where({ region, period })
        .whereNull(column)
        .update({ [column]: at.date });
      const { event, detail } = await tell({ region, period });
      await addEvents(trx, caseId, at, [{ key: event, event, actor: ENGINE, detail }]);
      log.info({ caseId, event }, detail);
    });
  }

  return {
    async openWindow({ caseId, at, region, period }) {
      const month = toPeriod(period);
      const policy = await policyWith(db, region, 'window', firstDayOf(month));
      await openCase(db, { caseId, region, kind: 'window', period, policy, at });
      await db('settle.windows').insert({ region, period }).onConflict().ignore();
      const kept = await policyOfCase(db, caseId);
      const calendar = await loadCalendar(db, region);
      return knownOrWaiting(at, () => {
        const { applicationTo, confirmationTo, batchOn, payBy } = windowDates(kept.policy.window!, month, calendar);
        return { policy: policyName(kept), applicationTo, confirmationTo, batchOn, payBy };
      });
    },

    closeApplications: ({ caseId, at }) =>
      close(caseId, at, 'applications_closed_on', async ({ region, period }) => {
        const { accepted, acceptedFen, rejected } = await loadApplied(db, region, period);
        const detail = `${accepted} lines accepted, ${formatYuan(acceptedFen)}; ${rejected} rejected`;
        return { event: 'applications-closed', detail };
      }),

    closeConfirmations: ({ caseId, at }) =>
      close(caseId, at, 'confirmations_closed_on', async ({ region, period }) => {
        const { statements, payments, netFen, open, openFen } = await loadConfirmed(db, region, period);
        const detail = `${statements} statements confirmed, ${formatYuan(netFen)} in ${payments} payments; ${open} lines stay open, ${formatYuan(openFen)}`;
        return { event: 'confirmations-closed', detail };
      }),

    async prepareWindowBatch({ caseId, at, revision: atLeast }) {
      const prepare = async (trx: Knex, revision: number): Promise<RaisedRequest | null> => {
        const requestId = requestIdOf(caseId, revision);
        const { region, period } = await loadCase(trx, caseId);
        await cancelLeftOut(trx, caseId, at);
        const preparedBy = await preparerOf(trx, await loadPayments(trx, { caseId, states: ['prepared'] }));
        const payments = await prepareWindowPayments(trx, { region, period, caseId, requestId, at });
        if (payments === 0) return null;
        return raisePrepared(trx, { caseId, revision, subject: 'settlement window', preparedBy, at });
      };
      const prepared = await db.transaction((trx) =>
        prepareOnce(trx, { caseId, revision: atLeast }, (revision) => prepare(trx, revision)),
      );
      log.info({ caseId, prepared }, 'payment batch prepared');
      return prepared;
    },

    async noticeOverdueWindow({ caseId, at }) {
      const { region, period } = await loadCase(db, caseId);
      const unpaid = await loadUnpaid(db, region, period);
      if (unpaid.length === 0) return;
      const parts = await Promise.all(
        unpaid.map(async ({ state, payments, amountFen, requestId }) => {
          const [request] = requestId === null ? [] : await loadRequests(db, { requestId });
          const level = request && nextLevel(request)?.level;
          return `${payments} payments, ${formatYuan(amountFen)}: ${holderOf(state, level)}`;
        }),
      );
      const detail = parts.join('; ');
      await addEvents(db, caseId, at, [{ key: 'overdue', event: 'window-overdue', actor: ENGINE, detail }]);
      await addAlert(db, { caseId, kind: 'window-overdue', on: at.date, detail });
      log.warn({ caseId }, 'the window is overdue');
    },
  };
}

/** What an operator has taken out of the batch before it is prepared anew: its lines are open again. */
async function cancelLeftOut(trx: Knex, caseId: string, at: BusinessMoment): Promise<void> {
  const leftOut = await loadLeftOut(trx, caseId);
  if (leftOut.length === 0) return;
  const payments = await loadPayments(trx, { paymentIds: leftOut.map(({ paymentId }) => paymentId) });
  for (const { paymentId, person, reason } of leftOut)
    await changePayments(trx, [paymentId], { to: 'cancelled', at, actor: person, reason });
  await applyEffect(AFTER_CANCEL, trx, payments, at);
}
