import type { Knex } from 'knex';
import { addAlert, addEvents, hasEvent, loadCase } from '../../db/cases';
import { areClaimsReopened, lockClaims } from '../../db/fund/claims';
import { countEligible, findUnknown, judgeInstitutions } from '../../db/fund/eligibility';
import {
  carryCorrected,
  failedPreallocations,
  insertFundPayments,
  neededByPool,
  type FundStage,
} from '../../db/fund/payments';
import { inBulk } from '../../db/fund/in-bulk';
import { planPreallocations } from '../../db/fund/preallocations';
import { planReleases, planSettlements } from '../../db/fund/settlements';
import {
  freeMoney,
  insertTransfers,
  lockMoney,
  loadTransfers,
  TRANSFERS_FOLLOW,
  type NewTransfer,
} from '../../db/fund/transfers';
import { changePayments, enterRequest, loadPayments } from '../../db/payments';
import { toRefusal } from '../../db/refusals';
import type { BusinessMoment } from '../../domain/business-time';
import { fundPurposeOf } from '../../domain/fund/ids';
import { formatYuan } from '../../domain/money';
import { firstDayOf, lastDayOf, type Period } from '../../domain/plain-date';
import type { FundPolicy } from '../../domain/policy';
import { POOLS, type Pool } from '../../domain/pools';
import { Refusal } from '../../domain/refusal';
import type { ActivityDependencies } from '../dependencies';
import { prepareOnce, preparerOf, raisePrepared, requestIdOf, ENGINE } from '../payments/prepare';
import { policyOfCase } from '../prepayment/disbursement';
import type { FundActivities, Prepared, RaisedRequest } from '../types';
import { finishMonth, SETTLEMENT_SUBJECT } from './effects';

/** Of the event and of the alert, where a run cannot be prepared today. */
export const RUN_REFUSED = 'run-refused';

/** How many institutions an alert names. */
const NAMED = 5;

interface Run {
  caseId: string;
  at: BusinessMoment;
  revision: number;
  requestId: string;
  region: string;
  period: Period;
  stage: FundStage;
  policy: FundPolicy;
}

/**
 * One run of a month's fund (宿迁 2025-06-13 三(二)): the pre-allocation on its first working day, or the settlement after the review.
 * It is worked out anew each time it is prepared, for what has not been sent; the region's pools are paid as far as their
 * accounts reach, after a transfer from the fiscal deposit where they do not (四).
 */
export function createFundRunActivities({ db, log }: ActivityDependencies): Pick<FundActivities, 'prepareFund'> {
  return {
    async prepareFund({ caseId, at, revision: atLeast, stage }) {
      const prepare = async (trx: Knex, revision: number): Promise<RaisedRequest | null> => {
        const requestId = requestIdOf(caseId, revision);
        const { region, period } = await loadCase(trx, caseId);
        await lockMoney(trx, region);
        const { policy } = await policyOfCase(trx, caseId);
        const run: Run = {
          caseId,
          at,
          revision,
          requestId,
          region,
          period: period as Period,
          stage,
          policy: policy.fund!,
        };
        if (stage === 'settlement' && (await isOpenAgain(trx, run))) return dropProposals(trx, run);
        await (stage === 'preallocation' ? planAhead(trx, run) : planSettlement(trx, run));
        return raise(trx, run);
      };
      const prepared = await db
        .transaction((trx) => prepareOnce(trx, { caseId, revision: atLeast }, (revision) => prepare(trx, revision)))
        .catch((error: unknown) => tryAgainLater(db, { caseId, at, stage }, toRefusal(error)));
      log.info({ caseId, stage, prepared }, 'run of a monthly fund prepared');
      return prepared;
    },
  };
}

/**
 * What the rules refuse today – nobody has a level's role, say – ends no month: the agency is told, and the run is prepared again on
 * the next working day.
 *
 * @throws what is no refusal
 */
async function tryAgainLater(
  db: Knex,
  { caseId, at, stage }: Pick<Run, 'caseId' | 'at' | 'stage'>,
  error: unknown,
): Promise<Prepared> {
  if (!(error instanceof Refusal)) throw error;
  const detail = `${stage}: ${error.code}: ${error.message}`;
  await db.transaction(async (trx) => {
    await addEvents(trx, caseId, at, [
      { key: `refused/${stage}/${at.date}`, event: RUN_REFUSED, actor: ENGINE, detail: stage },
    ]);
    await addAlert(trx, { caseId, kind: RUN_REFUSED, on: at.date, detail });
  });
  const underWay = await loadPayments(db, { caseId, states: ['released', 'sent', 'unknown', 'failed', 'returned'] });
  return underWay.length > 0 ? { paymentsUnderWay: true } : null;
}

/** Once money has moved, the month's plan stands; before that it is worked out anew. */
async function planAhead(trx: Knex, run: Run): Promise<void> {
  const { region, period, policy, caseId, at } = run;
  const payments = await loadPayments(trx, { caseId });
  if (payments.some(({ paymentId, state }) => isPreallocation(paymentId) && !['prepared', 'cancelled'].includes(state)))
    return;
  if (at.date > lastDayOf(period)) return tellMissed(trx, run);
  await judgeInstitutions(trx, { region, period, policy });
  await tellUnknown(trx, run);
  await inBulk(trx, () => planPreallocations(trx, { region, period, policy }));
  const { eligible, of } = await countEligible(trx, region, period);
  await addEvents(trx, caseId, at, [
    { key: 'judged', event: 'eligibility-judged', actor: ENGINE, detail: `${eligible} of ${of} institutions eligible` },
  ]);
}

/** 将当月的核定资金拨付 (宿迁 2025-06-13 三(二)2): a month that is over is paid in full after its review, and nothing ahead any more. */
/** Who would be paid ahead and of whom nothing was known on the 1st (宿迁 2025-06-13 二(三)): it is not for them to find out. */
async function tellUnknown(trx: Knex, run: Run): Promise<void> {
  const { caseId, period, at } = run;
  const key = 'standing-missing';
  const unknown = await findUnknown(trx, run);
  if (unknown.length === 0 || (await hasEvent(trx, caseId, key))) return;
  const named = `${unknown.slice(0, NAMED).join(', ')}${unknown.length > NAMED ? ', …' : ''}`;
  const detail = `nothing was known of ${unknown.length} institutions on ${firstDayOf(period)}, and they are not paid ahead: ${named}`;
  await addEvents(trx, caseId, at, [{ key, event: key, actor: ENGINE, detail }]);
  await addAlert(trx, { caseId, kind: key, on: at.date, detail });
}

async function tellMissed(trx: Knex, { caseId, region, period, at }: Run): Promise<void> {
  const planned = await trx('settle.preallocations').where({ region, period }).first<object | undefined>('institution');
  if (planned) return;
  const detail = `${period} was over on ${at.date}: nothing is paid ahead for it, its settlement pays all`;
  await addAlert(trx, { caseId, kind: 'preallocation-missed', on: at.date, detail });
}

function isPreallocation(paymentId: string): boolean {
  return fundPurposeOf(paymentId) === 'preallocation';
}

async function planSettlement(trx: Knex, run: Run): Promise<void> {
  const { region, period, policy, at } = run;
  await changePayments(trx, await failedPreallocations(trx, region, period), {
    to: 'cancelled',
    at,
    actor: ENGINE,
    reason: 'the month is settled without it',
  });
  const what = { region, period, pools: policy.pools, on: at.date };
  await inBulk(trx, () => planSettlements(trx, what));
  await inBulk(trx, () => planReleases(trx, what));
}

/** Claims whose re-check was taken back are worked out by nobody until the next one, whenever it is taken back. */
async function isOpenAgain(trx: Knex, { region, period }: Run): Promise<boolean> {
  await lockClaims(trx, { region, period });
  return areClaimsReopened(trx, { region, period });
}

/** What was worked out from claims that are open again is forgotten; what was corrected is not part of it. */
async function dropProposals(trx: Knex, run: Run): Promise<RaisedRequest | null> {
  const { caseId, revision, requestId, at } = run;
  await leaveOut(trx, run, POOLS);
  const preparedBy = await preparerOf(trx, await carryCorrected(trx, run));
  await enterRequest(trx, run);
  const named = await trx('settle.payments').where({ request_id: requestId }).first<object | undefined>('payment_id');
  return named ? raisePrepared(trx, { caseId, revision, subject: 'pre-allocation', preparedBy, at }) : null;
}

async function raise(trx: Knex, run: Run): Promise<RaisedRequest | null> {
  const { caseId, at, revision, requestId, stage } = run;
  await addEvents(trx, caseId, at, [
    { key: `tried/${stage}/${at.date}/${revision}`, event: 'run-prepared', actor: ENGINE, detail: stage },
    ...(await freshTransfers(trx, caseId)),
  ]);
  const preparedBy = await preparerOf(trx, await carryCorrected(trx, run));
  const money = await lookForMoney(trx, run);
  const waiting = [...money.short, ...money.transfers.map(({ pool }) => pool)];
  const reaching = money.pools.filter((pool) => !waiting.includes(pool));
  if (waiting.length > 0) await leaveOut(trx, run, waiting);
  await inBulk(trx, () => insertFundPayments(trx, stage, { ...run, on: at.date, pools: reaching }));
  await enterRequest(trx, run);
  const named = await trx('settle.payments').where({ request_id: requestId }).first<object | undefined>('payment_id');
  if (named) {
    // What reaches does not wait for the finance department: the transfers are raised once this is out (四).
    if (money.transfers.length > 0) await deferTransfers(trx, run);
    const subject = stage === 'settlement' ? SETTLEMENT_SUBJECT : 'pre-allocation';
    return raisePrepared(trx, { caseId, revision, subject, preparedBy, at });
  }
  if (stage === 'settlement' && (money.transfers.length === 0 || (await hasProposals(trx, run))))
    await finishMonth(trx, caseId, requestId, at);
  if (money.transfers.length === 0) return null;
  await insertTransfers(trx, run, money.transfers);
  await enterRequest(trx, run);
  return raisePrepared(trx, { caseId, revision, subject: 'fiscal transfer', preparedBy, at });
}

async function deferTransfers(trx: Knex, { caseId, at, requestId }: Run): Promise<void> {
  const key = `${requestId}/transfers-follow`;
  const detail = `${requestId}: transfers from the fiscal deposit follow it`;
  await addEvents(trx, caseId, at, [{ key, event: TRANSFERS_FOLLOW, actor: ENGINE, detail }]);
}

/** Whether something of the month is worked out that pays nothing: it is final at once. */
async function hasProposals(trx: Knex, { region, period }: Run): Promise<boolean> {
  const row = await trx('settle.settlements')
    .where({ region, period })
    .whereNull('settled_on')
    .first<object | undefined>('institution');
  return row !== undefined;
}

async function freshTransfers(trx: Knex, caseId: string) {
  const arrived = (await loadTransfers(trx, caseId)).filter(({ state }) => state === 'succeeded');
  return arrived.map(({ transferId, attempt }) => ({
    key: `${transferId}#${attempt}/used`,
    event: 'transfer-arrived',
    actor: ENGINE,
    detail: transferId,
  }));
}

/**
 * What is missing in the pools' accounts: a transfer of exactly that where the fiscal deposit has it, else an alert that names it
 * (宿迁 2025-06-13 四: 贷记“支出户存款”“财政专户存款”). Nothing is overdrawn.
 */
async function lookForMoney(trx: Knex, run: Run): Promise<{ pools: Pool[]; transfers: NewTransfer[]; short: Pool[] }> {
  const { region, caseId, at, stage } = run;
  const needed = await neededByPool(trx, stage, { region, period: run.period, on: at.date });
  const underWay = (await loadTransfers(trx, caseId)).filter(
    ({ state }) => !['new', 'prepared', 'succeeded', 'cancelled'].includes(state),
  );
  const transfers: NewTransfer[] = [];
  const short: Pool[] = [];
  // Also one that the policy names no longer: what was held of it, or is owed again, is paid from it.
  const pools = [...new Set([...run.policy.pools, ...needed.keys()])] as Pool[];
  for (const pool of pools) {
    const neededFen = needed.get(pool) ?? 0n;
    if (neededFen === 0n) continue;
    const { cashFen, depositFen } = await freeMoney(trx, { region, pool, caseId });
    const missingFen = neededFen - cashFen;
    if (missingFen <= 0n) continue;
    // One that is under way is waited for.
    if (underWay.some(({ transferId }) => transferId.includes(`/transfer/${pool}/`))) short.push(pool);
    else if (missingFen <= depositFen) transfers.push({ pool, amountFen: missingFen });
    else {
      short.push(pool);
      const left = depositFen > 0n ? depositFen : 0n;
      await addAlert(trx, {
        caseId,
        kind: 'fund-insufficient',
        on: at.date,
        detail: `${pool}: ${stage} takes ${formatYuan(neededFen)}; the account has ${formatYuan(cashFen)} and the fiscal deposit ${formatYuan(left)}: ${formatYuan(missingFen - left)} is missing, nothing of it is paid`,
      });
    }
  }
  return { pools, transfers, short };
}

/** What a pool cannot pay yet stays undecided, and is worked out again when it can. */
async function leaveOut(trx: Knex, { region, period, stage }: Run, pools: readonly Pool[]): Promise<void> {
  if (stage === 'preallocation') return;
  await trx('settle.settlements')
    .where({ region, period })
    .whereNull('settled_on')
    .whereIn('pool', [...pools])
    .delete();
  await trx('settle.settlements')
    .where({ region, released_in: period })
    .whereIn('pool', [...pools])
    .whereNotExists(
      trx('settle.payments as p')
        .whereRaw('p.payment_id = release_payment_id')
        .whereNotIn('p.state', ['new', 'prepared', 'cancelled'])
        .select(trx.raw('1')),
    )
    .update({ released_in: null, release_payment_id: null });
}
