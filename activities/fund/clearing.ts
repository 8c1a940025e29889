import type { Knex } from 'knex';
import { addEvents, loadCase, openCase } from '../../db/cases';
import { loadClearings, signClearings } from '../../db/fund/clearings';
import { isMonthSettled, monthsToClear } from '../../db/fund/months';
import { countUnsettled } from '../../db/fund/settlements';
import { loadCalendar } from '../../db/register';
import { policyWith } from '../../db/region-policy';
import { identityHolds } from '../../domain/fund/settlement';
import { lastMonthOf } from '../../domain/fund/ids';
import { caseIds } from '../../domain/ids';
import { formatYuan, sum } from '../../domain/money';
import { addMonths, firstDayOf, periodOf, type Period } from '../../domain/plain-date';
import type { FundPolicy } from '../../domain/policy';
import type { ActivityDependencies } from '../dependencies';
import { ENGINE } from '../payments/prepare';
import { knownOrWaiting, policyName, policyOfCase } from '../prepayment/disbursement';
import type { FundActivities } from '../types';

const MONTHS_A_QUARTER = 3;

/**
 * Whether everybody is settled for each month of the quarter, and for each earlier one whose case is open: what a pool could not
 * pay, or the bank has not told, is settled later than its month.
 */
async function isQuarterSettled(
  db: Knex,
  { region, lastMonth, policy }: { region: string; lastMonth: Period; policy: FundPolicy },
): Promise<boolean> {
  if (!(await isMonthSettled(db, caseIds.fund(region, lastMonth)))) return false;
  const first = addMonths(lastMonth, 1 - MONTHS_A_QUARTER);
  for (const period of await monthsToClear(db, region, { first, last: lastMonth }))
    if ((await countUnsettled(db, { region, period, pools: policy.pools })) > 0) return false;
  return true;
}

/** 季度清算 (宿迁 2025-06-13 一; DESIGN 5.7). */
export function createClearingActivities({
  db,
  log,
}: ActivityDependencies): Pick<FundActivities, 'openClearing' | 'signClearing'> {
  return {
    async openClearing({ caseId, at, region, period }) {
      const policy = await policyWith(db, region, 'fund', firstDayOf(lastMonthOf(period)));
      await openCase(db, { caseId, region, kind: 'clearing', period, policy, at });
      const kept = await policyOfCase(db, caseId);
      const calendar = await loadCalendar(db, region);
      return knownOrWaiting(at, () => ({
        policy: policyName(kept),
        startsOn: calendar.firstWorkingDayOnOrAfter(at.date),
      }));
    },

    async signClearing({ caseId, at }) {
      const { region, period: quarter } = await loadCase(db, caseId);
      const { policy } = await policyOfCase(db, caseId);
      const lastMonth = lastMonthOf(quarter);
      if (!(await isQuarterSettled(db, { region, lastMonth, policy: policy.fund! }))) {
        const calendar = await loadCalendar(db, region);
        const next = knownOrWaiting(at, () => ({ askAgainOn: calendar.firstWorkingDayAfter(at.date) }));
        return {
          askAgainOn: 'waitsForCalendar' in next ? firstDayOf(addMonths(periodOf(at.date), 1)) : next.askAgainOn,
        };
      }
      await db.transaction(async (trx) => {
        await signClearings(trx, { region, quarter, lastMonth, on: at.date });
        const rows = await loadClearings(trx, region, quarter);
        const broken = rows.find((row) => !identityHolds(row));
        // The database refuses such a row too: a clearing that does not add up is signed by nobody.
        if (broken) throw new Error(`${caseId}: ${broken.institution} ${broken.pool} does not add up`);
        const [payable, paid] = [sum(rows.map((row) => row.payableFen)), sum(rows.map((row) => row.paidFen))];
        const detail = `${rows.length} institutions and pools: ${formatYuan(payable)} payable, ${formatYuan(paid)} paid with the settlements; the identity holds for each`;
        await addEvents(trx, caseId, at, [{ key: 'signed', event: 'clearing-signed', actor: ENGINE, detail }]);
      });
      log.info({ caseId }, 'clearing signed');
      return { askAgainOn: null };
    },
  };
}
