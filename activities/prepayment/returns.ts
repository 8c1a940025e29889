import type { Knex } from 'knex';
import { addAlert, addEvents, loadCase, openCase } from '../../db/cases';
import { loadPayments, type NewPayment } from '../../db/payments';
import { loadReturns } from '../../db/prepayments';
import { agencyAccounts, loadCalendar, loadFundAccounts, loadRegion } from '../../db/register';
import { loadUnmoved, markReceiptsMoving } from '../../db/return-receipts';
import { formatYuan } from '../../domain/money';
import {
  addMonths,
  dayInPeriod,
  firstDayOf,
  lastDayOf,
  period as toPeriod,
  type PlainDate,
} from '../../domain/plain-date';
import { scheduleOf } from '../../domain/policy';
import { moveDate } from '../../domain/return-plan';
import type { ActivityDependencies } from '../dependencies';
import { ENGINE, prepareOnce, preparerOf, raisePayments } from '../payments/prepare';
import type { PrepaymentActivities, RaisedRequest } from '../types';
import { knownOrWaiting, policyName, policyOfCase } from './disbursement';
import { policyWith } from '../../db/region-policy';

type ReturnActivities = Pick<
  PrepaymentActivities,
  'openReturn' | 'noticeLateReturns' | 'prepareReturnMove' | 'noticeMissingReturns'
>;

/** 返还 (新医保发〔2025〕50号 四(一)): watched by day, moved on by the agency on the month's last working day. */
export function createReturnActivities({ db, log }: ActivityDependencies): ReturnActivities {
  /** Returns of the case's period that had not come by the end of a day, named one by one and in one alert. */
  async function notice(
    caseId: string,
    by: PlainDate,
    at: { date: PlainDate; time: string },
    kind: string,
  ): Promise<void> {
    const { region, period } = await loadCase(db, caseId);
    const due = await loadReturns(db, { region, period });
    const open = due.filter(({ completeOn }) => completeOn === null || completeOn > by);
    if (open.length === 0) return;
    await db.transaction(async (trx) => {
      await addEvents(
        trx,
        caseId,
        at,
        open.map(({ institution, amountFen, receivedFen }) => ({
          key: `${kind}/${institution}`,
          event: kind,
          actor: ENGINE,
          detail: `${institution}: ${formatYuan(amountFen - receivedFen)} of ${formatYuan(amountFen)} has not come`,
        })),
      );
      await addAlert(trx, { caseId, kind, on: at.date, detail: `${open.length} returns have not come` });
    });
    log.info({ caseId, kind, returns: open.length }, 'returns have not come');
  }

  return {
    async openReturn({ caseId, at, region, period }) {
      const month = toPeriod(period);
      // A month that is caught up is that month's business, under what was in force in it.
      const policy = await policyWith(db, region, 'prepayment', firstDayOf(month));
      await openCase(db, { caseId, region, kind: 'return', period, policy, at });
      const due = await loadReturns(db, { region, period });
      const kept = await policyOfCase(db, caseId);
      const { prepayment } = kept.policy;
      const { monthlyReturns, finalReturn } = scheduleOf(prepayment!, Number(period.slice(0, 4)));
      const dueDay = dayInPeriod(month, (monthlyReturns ?? finalReturn).dueDay);
      const calendar = await loadCalendar(db, region);
      return knownOrWaiting(at, () => ({
        policy: policyName(kept),
        // Where returns are due, the plan they were disbursed under says when.
        dueOn: due.map(({ dueOn }) => dueOn).reduce((a, b) => (a > b ? a : b), due[0]?.dueOn ?? dueDay),
        movesOn: moveDate(month, calendar),
        endsOn: firstDayOf(addMonths(month, 1)),
      }));
    },

    noticeLateReturns: async ({ caseId, at }) => {
      const { region, period } = await loadCase(db, caseId);
      const [first] = await loadReturns(db, { region, period });
      if (first) await notice(caseId, first.dueOn, at, 'return-late');
    },

    noticeMissingReturns: async ({ caseId, at }) => {
      const { period } = await loadCase(db, caseId);
      await notice(caseId, lastDayOf(toPeriod(period)), at, 'prepayment-not-returned');
    },

    async prepareReturnMove({ caseId, at, revision: atLeast }) {
      const prepare = async (trx: Knex, revision: number): Promise<RaisedRequest | null> => {
        const { region, period } = await loadCase(trx, caseId);
        // What arrived up to this month's own day, also where the month is caught up when more has come (四(一), 当月底前).
        const upTo = moveDate(toPeriod(period), await loadCalendar(trx, region));
        const redone = await loadPayments(trx, { caseId, states: ['prepared'] });
        const accounts = await loadFundAccounts(trx, region);
        const { supervisedAccount, name } = await loadRegion(trx, region);
        // A request that was rejected is prepared again as it was; what came since is moved with the next month's.
        const arrived = redone.length > 0 ? [] : await loadUnmoved(trx, region, upTo);
        const moves = arrived.map(({ institution, pool, year, amountFen }): NewPayment => ({
          paymentId: `agency-return/${region}/${period}/${institution}/${pool}/${year}`,
          kind: 'agency-return',
          period,
          institution,
          pool,
          advanceYear: year,
          amountFen,
          debtorAccount: supervisedAccount,
          payee: { name, account: accounts.get(pool)!, bankCode: agencyAccounts.bankCode(region) },
        }));
        const payments = [...redone, ...moves];
        const request = await raisePayments(trx, {
          caseId,
          revision,
          subject: 'returns to the fund account',
          preparedBy: await preparerOf(trx, redone),
          payments,
          at,
        });
        await markReceiptsMoving(
          trx,
          arrived.map(({ pool, receiptIds }, index) => ({ paymentId: moves[index]!.paymentId, pool, receiptIds })),
        );
        return request;
      };
      const prepared = await db.transaction((trx) =>
        prepareOnce(trx, { caseId, revision: atLeast }, (revision) => prepare(trx, revision)),
      );
      log.info({ caseId, prepared }, 'move to the fund account prepared');
      return prepared;
    },
  };
}
