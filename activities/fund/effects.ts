import type { Knex } from 'knex';
import { addEvents, loadCase } from '../../db/cases';
import { SETTLED_EVENT } from '../../db/fund/months';
import { suspendedFundPayments } from '../../db/fund/payments';
import { settledAdvances } from '../../db/fund/preallocations';
import { countUnsettled, finishSettlements, holdCancelled, reopenReleases } from '../../db/fund/settlements';
import { postJournals } from '../../db/ledger';
import { changePayments, loadPayments, type PaymentRecord } from '../../db/payments';
import type { BusinessMoment } from '../../domain/business-time';
import { fundPurposeOf, type FundPurpose } from '../../domain/fund/ids';
import { fundAccounts, type Journal, type LedgerEvent } from '../../domain/ledger';
import { formatYuan, sum } from '../../domain/money';
import type { Period, PlainDate } from '../../domain/plain-date';
import type { Pool } from '../../domain/pools';
import { ENGINE } from '../payments/prepare';
import { policyOfCase } from '../prepayment/disbursement';

/** Requests over the month's settlement: their release makes it final. */
export const SETTLEMENT_SUBJECT = 'monthly settlement';

const SUSPENDED = 'the institution is suspended';
const MARK_OF_CANCELLED = 'payment cancelled';

interface MonthRow {
  region: string;
  period: Period;
  institution: string;
  pool: string;
}

function monthJournal(
  row: MonthRow,
  event: Extract<LedgerEvent, 'settlement-offset' | 'hold'>,
  amountFen: bigint,
  stamp: { caseId: string; date: PlainDate; policy: Journal['policy'] },
): Journal[] {
  if (amountFen === 0n) return [];
  const pool = row.pool as Pool;
  const [debit, credit] =
    event === 'hold'
      ? [fundAccounts.memoHeld(pool, row.institution), fundAccounts.memoContra(pool)]
      : [fundAccounts.benefit(pool), fundAccounts.advanceInstant(pool, row.institution)];
  const reference = `fund/${row.region}/${row.period}/${row.institution}/${row.pool}`;
  const key = `${reference}/${event === 'hold' ? 'hold' : 'offset'}`;
  return [{ book: 'fund', key, event, reference, ...stamp, transfers: [{ debit, credit, amountFen }] }];
}

/**
 * A pre-allocation that the bank sent back after the settlement was worked out: it is used up like the others, and what came back
 * is expense that was not paid, until it is sent again or owed again.
 */
function lostAdvanceJournal(
  { institution, pool }: MonthRow,
  { paymentId, amountFen }: { paymentId: string; amountFen: bigint },
  stamp: { caseId: string; date: PlainDate; policy: Journal['policy'] },
): Journal {
  const [debit, credit] = [fundAccounts.advanceInstant(pool as Pool, institution), fundAccounts.benefit(pool as Pool)];
  return {
    book: 'fund',
    key: `${paymentId}/lost`,
    event: 'preallocation-returned',
    reference: paymentId,
    ...stamp,
    transfers: [{ debit, credit, amountFen }],
  };
}

/**
 * Makes a month's settlement final: the advance that it uses up is expense from now on, and what is held stands as a memorandum
 * (宿迁 2025-06-13 四). With the cashier's release, after which nothing can be rejected and worked out again; where nothing is
 * paid, with the preparation.
 */
export async function finishMonth(trx: Knex, caseId: string, requestId: string, at: BusinessMoment): Promise<void> {
  const { region, policy, period } = await loadCase(trx, caseId);
  const month = period as Period;
  const rows = await finishSettlements(trx, { region, period: month, on: at.date });
  const stamp = { caseId, date: at.date, policy };
  await postJournals(
    trx,
    region,
    rows.flatMap(({ institution, pool, offsetFen, heldFen, lostAdvance }) => {
      const row = { region, period: month, institution, pool };
      return [
        ...(lostAdvance ? [lostAdvanceJournal(row, lostAdvance, stamp)] : []),
        ...monthJournal(row, 'settlement-offset', offsetFen, stamp),
        ...monthJournal(row, 'hold', heldFen, stamp),
      ];
    }),
  );
  // A run that could settle nobody, since no pool reaches, leaves the month open.
  const { policy: file } = await policyOfCase(trx, caseId);
  if (rows.length === 0 && (await countUnsettled(trx, { region, period: month, pools: file.fund!.pools })) > 0) return;
  const [offsetFen, heldFen] = [sum(rows.map((row) => row.offsetFen)), sum(rows.map((row) => row.heldFen))];
  const detail = `${rows.length} institutions and pools: ${formatYuan(offsetFen)} of what was pre-allocated used, ${formatYuan(heldFen)} held`;
  const key = `${SETTLED_EVENT}/${requestId}`;
  await addEvents(trx, caseId, at, [{ key, event: SETTLED_EVENT, actor: ENGINE, detail }]);
}

/**
 * With the cashier's release the month's settlement is final, and who is suspended by now gets nothing of it. Other cases have
 * nothing to do here.
 */
export async function afterFundRelease(
  trx: Knex,
  caseId: string,
  requestId: string,
  at: BusinessMoment,
): Promise<void> {
  const { kind } = await loadCase(trx, caseId);
  if (kind !== 'fund') return;
  const request = await trx('settle.approval_requests')
    .where({ request_id: requestId })
    .first<{ subject: string }>('subject');
  if (request.subject === SETTLEMENT_SUBJECT) await finishMonth(trx, caseId, requestId, at);
  await withholdSuspended(trx, { requestId }, at);
}

/**
 * After a cancellation: what was to be settled is held, what was to be released stays held, and a pre-allocation of a month that is
 * settled with it is owed again: the next settlement pays it.
 */
export async function holdWhatIsCancelled(
  trx: Knex,
  payments: readonly PaymentRecord[],
  at: BusinessMoment,
): Promise<void> {
  const of = (purpose: FundPurpose): string[] =>
    payments.map(({ paymentId }) => paymentId).filter((paymentId) => fundPurposeOf(paymentId) === purpose);
  await reopenReleases(trx, of('release'));
  await tellOwedAgain(trx, payments, at);
  const settlements = of('settlement');
  if (settlements.length === 0) return;
  const { region, caseId } = payments[0]!;
  const { policy } = await loadCase(trx, caseId);
  const held = await holdCancelled(trx, {
    region,
    on: at.date,
    paymentIds: settlements,
    mark: MARK_OF_CANCELLED,
  });
  await postJournals(
    trx,
    region,
    held.flatMap((row) => monthJournal({ region, ...row }, 'hold', row.heldFen, { caseId, date: at.date, policy })),
  );
}

async function tellOwedAgain(trx: Knex, payments: readonly PaymentRecord[], at: BusinessMoment): Promise<void> {
  const settled = await settledAdvances(trx, payments);
  const owed = payments.filter(({ paymentId }) => settled.has(paymentId));
  if (owed.length === 0) return;
  await addEvents(
    trx,
    owed[0]!.caseId,
    at,
    owed.map(({ paymentId, amountFen }) => ({
      key: `${paymentId}/owed-again`,
      event: 'preallocation-owed',
      actor: ENGINE,
      detail: `${paymentId}, ${formatYuan(amountFen)}: the month is settled with it; the next settlement pays it`,
    })),
  );
}

/**
 * Takes the payments of institutions that are suspended by now out of a release, or out of what an operator sends again: a
 * suspended institution gets nothing (新医保发〔2025〕50号 五(一)). What was to be settled is held; a pre-allocation is not made up.
 *
 * @returns ids of the payments that are not sent
 */
export async function withholdSuspended(
  trx: Knex,
  where: Parameters<typeof suspendedFundPayments>[1],
  at: BusinessMoment,
): Promise<string[]> {
  const paymentIds = await suspendedFundPayments(trx, where, at.date);
  if (paymentIds.length === 0) return [];
  const payments = await loadPayments(trx, { paymentIds });
  await holdThem(trx, idsIn(payments, 'approved'), at);
  await withhold(trx, payments, at);
  return paymentIds;
}

/**
 * Takes payments of institutions that are suspended by now out of a message that certainly did not leave: the bank was away.
 *
 * @param takeBack posts that payments which were sent did not leave
 */
export async function withholdUndelivered(
  trx: Knex,
  waiting: readonly PaymentRecord[],
  at: BusinessMoment,
  takeBack: (sent: readonly PaymentRecord[]) => Promise<void>,
): Promise<void> {
  const ofFund = waiting.filter(({ kind }) => kind === 'fund').map(({ paymentId }) => paymentId);
  const suspended = await suspendedFundPayments(trx, { paymentIds: ofFund }, at.date);
  if (suspended.length === 0) return;
  const payments = waiting.filter(({ paymentId }) => suspended.includes(paymentId));
  await changePayments(trx, idsIn(payments, 'sent'), { to: 'failed', at, actor: ENGINE, reason: SUSPENDED });
  await takeBack(payments.filter(({ state }) => state === 'sent'));
  await holdThem(trx, idsIn(payments, 'released'), at);
  await withhold(trx, payments, at);
}

function idsIn(payments: readonly PaymentRecord[], state: PaymentRecord['state']): string[] {
  return payments.filter((payment) => payment.state === state).map(({ paymentId }) => paymentId);
}

async function holdThem(trx: Knex, paymentIds: readonly string[], at: BusinessMoment): Promise<void> {
  await changePayments(trx, paymentIds, { to: 'held', at, actor: ENGINE, reason: SUSPENDED });
}

/** Ends payments that are not sent, with what follows from it. */
async function withhold(trx: Knex, payments: readonly PaymentRecord[], at: BusinessMoment): Promise<void> {
  const paymentIds = payments.map(({ paymentId }) => paymentId);
  await changePayments(trx, paymentIds, { to: 'cancelled', at, actor: ENGINE, reason: SUSPENDED });
  await holdWhatIsCancelled(trx, payments, at);
  await addEvents(
    trx,
    payments[0]!.caseId,
    at,
    payments.map(({ paymentId, attempt }) => ({
      key: `${paymentId}#${attempt}/withheld`,
      event: 'payment-held',
      actor: ENGINE,
      detail: `${paymentId}: ${SUSPENDED}`,
    })),
  );
}
