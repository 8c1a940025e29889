import type { Knex } from 'knex';
import { findBreaches, insertBreaches, type FoundBreach, type Watch } from '../../db/breaches';
import { addAlert, addEvents, hasEvent, loadCase, openCase } from '../../db/cases';
import { findDelayed } from '../../db/delayed-lines';
import { insertWarnings } from '../../db/enterprise-cases';
import { loadCalendar } from '../../db/register';
import { findPolicyWith, policyWith } from '../../db/region-policy';
import { lockMonitoring } from '../../db/settlement-locks';
import { daysAfterNotice, watchedDays, type BreachDays } from '../../domain/breach';
import type { BusinessMoment } from '../../domain/business-time';
import { formatYuan } from '../../domain/money';
import { noticeDate } from '../../domain/policy';
import { firstDayOf, period as toPeriod, type Period } from '../../domain/plain-date';
import type { ActivityDependencies } from '../dependencies';
import { ENGINE } from '../payments/prepare';
import { knownOrWaiting, policyName, policyOfCase } from '../prepayment/disbursement';
import type { MonitoringActivities, WaitsForCalendar } from '../types';

/** 监测 (新医保发〔2025〕50号 五): set-based over all bodies and enterprises of a region, and once a month. */
export function createMonitoringActivities({ db, log }: ActivityDependencies): MonitoringActivities {
  return {
    async openMonitoring({ caseId, at, region, period }) {
      const policy = await policyWith(db, region, 'breach', at.date);
      await openCase(db, { caseId, region, kind: 'monitoring', period, policy, at });
      const kept = await policyOfCase(db, caseId);
      const calendar = await loadCalendar(db, region);
      return knownOrWaiting(at, () => {
        const rules = kept.policy.breach!;
        const noticeOn = noticeDate(rules, toPeriod(period), calendar);
        // Deadlines that follow from the notice have to be known too, also where it is late.
        daysAfterNotice(rules, noticeOn > at.date ? noticeOn : at.date, calendar);
        return { policy: policyName(kept), noticeOn };
      });
    },

    async noticeBreaches({ caseId, at }) {
      const { region, period } = await loadCase(db, caseId);
      const noticed = await db.transaction(async (trx) => {
        await lockMonitoring(trx, region, toPeriod(period));
        if (await hasEvent(trx, caseId, 'noticed')) return { noticed: 0 };
        return noticeIn(trx, { caseId, at, region, period: toPeriod(period) });
      });
      if ('waitsForCalendar' in noticed) return noticed;
      log.info({ caseId, ...noticed }, 'breaches noticed');
    },

    async warnEnterprises({ caseId, at }) {
      const { region, period } = await loadCase(db, caseId);
      const policy = await findPolicyWith(db, region, 'enterprise', at.date);
      if (!policy) return;
      const warned = await db.transaction(async (trx) => {
        await lockMonitoring(trx, region, toPeriod(period));
        const input = { region, period: toPeriod(period), on: at.date, policy: policy.policy.enterprise! };
        const { enterprises, warned } = await insertWarnings(trx, input);
        const detail =
          enterprises === 0
            ? `no supply figures of ${period}`
            : `${warned.length} of ${enterprises} enterprises respond or deliver too little`;
        await addEvents(trx, caseId, at, [{ key: 'warned', event: 'enterprises-watched', actor: ENGINE, detail }]);
        return warned.length;
      });
      log.info({ caseId, warned }, 'enterprises watched');
    },
  };
}

interface Noticing {
  caseId: string;
  at: BusinessMoment;
  region: string;
  period: Period;
}

async function noticeIn(
  trx: Knex,
  { caseId, at, region, period }: Noticing,
): Promise<{ noticed: number } | WaitsForCalendar> {
  const { breach } = (await policyWith(trx, region, 'breach', at.date)).policy;
  const { window } = (await policyWith(trx, region, 'window', firstDayOf(period))).policy;
  const calendar = await loadCalendar(trx, region);
  const days = knownOrWaiting(at, () => daysAfterNotice(breach!, at.date, calendar));
  if ('waitsForCalendar' in days) return days;
  const watch: Watch = { region, period, ...watchedDays(window!, period), ...breach! };
  const found = await findBreaches(trx, watch);
  const noticed = found.length === 0 ? 0 : await insertBreaches(trx, watch, days, found);
  await addEvents(trx, caseId, at, [
    { key: 'noticed', event: 'breaches-noticed', actor: ENGINE, detail: noticeDetail(found, days) },
  ]);
  await alertDelays(trx, caseId, at, watch);
  return { noticed };
}

function noticeDetail(found: readonly FoundBreach[], { deadline, suspendsOn }: BreachDays): string {
  if (found.length === 0) return 'no breach';
  const kinds = [...new Set(found.map(({ kind }) => kind))].sort();
  const counts = kinds.map((kind) => `${found.filter((each) => each.kind === kind).length} ${kind}`);
  return `${counts.join(', ')}; to be corrected by ${deadline}, else suspended from ${suspendsOn}`;
}

/** Delay of the agency or the bank is an agency alert, not a breach (DESIGN 5.5). */
async function alertDelays(trx: Knex, caseId: string, at: BusinessMoment, watch: Watch): Promise<void> {
  const { imported, reopened, amountFen } = await findDelayed(trx, watch);
  if (imported + reopened === 0) return;
  const detail = `${imported} lines imported and ${reopened} opened again after ${watch.confirmationTo}, ${formatYuan(amountFen)}: nobody could confirm them in the window`;
  await addAlert(trx, { caseId, kind: 'agency-delay', on: at.date, detail });
}
