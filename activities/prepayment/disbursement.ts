import type { Knex } from 'knex';
import { addEvents, loadCase, openCase } from '../../db/cases';
import { freeMoney, lockMoney } from '../../db/fund/transfers';
import { loadPayments, wasReleased, type NewPayment, type PaymentRecord } from '../../db/payments';
import { loadOverdue, savePrepayments } from '../../db/prepayments';
import { loadApprovedRatios } from '../../db/ratio-decisions';
import {
  agencyAccounts,
  loadBudgets,
  loadCalendar,
  loadFundAccounts,
  loadInstitutionNames,
  loadInstitutions,
  loadPolicyBook,
  loadPurchases,
  loadRegion,
} from '../../db/register';
import { firstDayOf, addMonths, periodOf } from '../../domain/plain-date';
import { disbursementDate, type PolicyFile } from '../../domain/policy';
import { formatYuan, sum } from '../../domain/money';
import { PREPAYMENT_POOLS } from '../../domain/pools';
import { planPrepayments, type PrepaymentPlan } from '../../domain/prepayment';
import { Refusal } from '../../domain/refusal';
import type { BusinessMoment } from '../../domain/business-time';
import type { ActivityDependencies } from '../dependencies';
import { ENGINE, prepareOnce, preparerOf, raisePayments } from '../payments/prepare';
import type { PrepaymentActivities, RaisedRequest, WaitsForCalendar } from '../types';
import { policyWith } from '../../db/region-policy';

/** 集采预付 (新医保发〔2025〕50号 四(一)): who gets how much, from which pool, in the policy's month. */
export function createDisbursementActivities({
  db,
  log,
}: ActivityDependencies): Pick<PrepaymentActivities, 'openDisbursement' | 'prepareDisbursement'> {
  return {
    async openDisbursement({ caseId, at, region, year }) {
      const policy = await policyWith(db, region, 'prepayment', at.date);
      await openCase(db, { caseId, region, kind: 'prepayment', period: String(year), policy, at });
      const kept = await policyOfCase(db, caseId);
      const calendar = await loadCalendar(db, region);
      return knownOrWaiting(at, () => ({
        policy: policyName(kept),
        startsOn: disbursementDate(kept.policy.prepayment!, year, calendar),
      }));
    },

    async prepareDisbursement({ caseId, at, revision: atLeast }) {
      const prepare = async (trx: Knex, revision: number): Promise<RaisedRequest | null> => {
        const { region, period } = await loadCase(trx, caseId);
        const under = await loadPayments(trx, { caseId });
        const redone = under.filter(({ state }) => state === 'prepared');
        // Once money has moved, only what is to be approved again is prepared again, and its amounts stand; also where all that
        // the bank refused was cancelled since.
        const begun =
          under.some(({ state }) => !['prepared', 'cancelled'].includes(state)) || (await wasReleased(trx, caseId));
        const run = { caseId, region, year: Number(period), revision, under, at };
        const payments = begun ? redone : await preparePlan(trx, run);
        return raisePayments(trx, {
          caseId,
          revision,
          subject: 'prepayment',
          preparedBy: begun ? await preparerOf(trx, redone) : ENGINE,
          payments,
          at,
        });
      };
      const prepared = await db.transaction((trx) =>
        prepareOnce(trx, { caseId, revision: atLeast }, (revision) => prepare(trx, revision)),
      );
      log.info({ caseId, prepared }, 'prepayment prepared');
      return prepared;
    },
  };
}

interface PlanRun {
  caseId: string;
  region: string;
  year: number;
  revision: number;
  /** What earlier requests of the case have prepared. */
  under: readonly PaymentRecord[];
  at: BusinessMoment;
}

/** The id of a payment of the plan: one that an earlier request dropped stays cancelled, and another one takes its place. */
function idsOf({ region, year, revision, under }: PlanRun): (institution: string, pool: string) => string {
  const states = new Map(under.map(({ paymentId, state }) => [paymentId, state]));
  const waiting = new Map(
    under.filter(({ state }) => state === 'prepared').map(({ paymentId }) => [paymentId.split('#')[0], paymentId]),
  );
  return (institution, pool) => {
    const id = `disbursement/${region}/${year}/${institution}/${pool}`;
    return waiting.get(id) ?? (states.has(id) ? `${id}#${revision}` : id);
  };
}

async function preparePlan(trx: Knex, run: PlanRun): Promise<NewPayment[]> {
  const { caseId, region, year, at } = run;
  const { policy } = await policyOfCase(trx, caseId);
  const prepayment = policy.prepayment!;
  const approvedRatios = await loadApprovedRatios(trx, region, year);
  const plan = planPrepayments({
    institutions: await loadInstitutions(trx, region),
    purchases: await loadPurchases(trx, region, year - prepayment.base.yearsBack),
    budgets: await loadBudgets(trx, region),
    policy: prepayment,
    year,
    overdue: await loadOverdue(trx, region, at.date),
    approvedRatios,
  });
  await requireCash(trx, { region, caseId }, plan);
  const paymentIdOf = idsOf(run);
  await savePrepayments(trx, { region, year, caseId, rows: plan.rows, paymentIdOf });
  await tellExcluded(trx, caseId, plan, at);
  await addEvents(
    trx,
    caseId,
    at,
    [...approvedRatios].map(([institution, { ratio, reason }]) => ({
      key: `ratio/${institution}`,
      event: 'ratio-by-decision',
      actor: ENGINE,
      detail: `${institution}: ${ratio}, ${reason}`,
    })),
  );

  const names = await loadInstitutionNames(trx, region);
  const accounts = await loadFundAccounts(trx, region);
  const { supervisedAccount } = await loadRegion(trx, region);
  return plan.rows.flatMap(({ institution, pools }) =>
    PREPAYMENT_POOLS.filter((pool) => pools[pool] > 0n).map((pool) => ({
      paymentId: paymentIdOf(institution, pool),
      kind: 'disbursement' as const,
      period: String(year),
      institution,
      pool,
      advanceYear: year,
      amountFen: pools[pool],
      debtorAccount: accounts.get(pool)!,
      // The institution's book is a virtual one inside the supervised account (拨至监管账户医疗机构账簿).
      payee: { name: names.get(institution)!, account: supervisedAccount, bankCode: agencyAccounts.bankCode(region) },
    })),
  );
}

/**
 * A budget is a permission, not money: what a pool is to pay lies in its account, and nobody else is to be paid with it, or nothing is
 * paid. Monthly funds of a region that runs both schemes pay from the same accounts.
 */
async function requireCash(
  trx: Knex,
  { region, caseId }: { region: string; caseId: string },
  plan: PrepaymentPlan,
): Promise<void> {
  await lockMoney(trx, region);
  for (const pool of PREPAYMENT_POOLS) {
    const neededFen = sum(plan.rows.map(({ pools }) => pools[pool]));
    const { cashFen } = await freeMoney(trx, { region, pool, caseId });
    if (neededFen <= cashFen) continue;
    const [needed, cash, missing] = [neededFen, cashFen, neededFen - cashFen].map(formatYuan);
    throw new Refusal(
      'LedgerInsufficient',
      `prepayments take ${needed} from the pool ${pool}, whose account has ${cash}: ${missing} is missing, nothing is paid`,
      { region, pool, missing, rule: '新医保发〔2025〕50号 四(一)' },
    );
  }
}

async function tellExcluded(trx: Knex, caseId: string, plan: PrepaymentPlan, at: BusinessMoment): Promise<void> {
  await addEvents(
    trx,
    caseId,
    at,
    plan.excluded.map(({ institution, reason }) => ({
      key: `excluded/${institution}`,
      event: 'no-prepayment',
      actor: ENGINE,
      detail: `${institution}: ${reason}`,
    })),
  );
}

/** The policy version a case began with: it keeps that version whatever takes over later (DESIGN 4). */
export async function policyOfCase(db: Knex, caseId: string): Promise<PolicyFile> {
  const { policy } = await loadCase(db, caseId);
  return (await loadPolicyBook(db)).get(policy.id, policy.version);
}

/** As search attributes show it: `xinjiang-2025-50@1`. */
export function policyName({ policy }: PolicyFile): string {
  return `${policy.id}@${policy.version}`;
}

/** Dates, or the year whose calendar they wait for; the case asks again with the next month. */
export function knownOrWaiting<T extends object>(at: BusinessMoment, dates: () => T): T | WaitsForCalendar {
  try {
    return dates();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'CalendarNotPublished') throw error;
    return {
      waitsForCalendar: Number(error.details.year),
      askAgainOn: firstDayOf(addMonths(periodOf(at.date), 1)),
    };
  }
}
