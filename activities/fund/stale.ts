import type { Knex } from 'knex';
import { loadRequests, type RequestRecord } from '../../db/approvals';
import { addAlert, addEvents } from '../../db/cases';
import { lastWithdrawn, stagesOf, withdrawRequest } from '../../db/fund/withdrawals';
import { toRefusal } from '../../db/refusals';
import type { BusinessMoment } from '../../domain/business-time';
import { Refusal } from '../../domain/refusal';
import { ENGINE } from '../payments/prepare';

/**
 * Withdraws a request over the month's pre-allocations, or over their transfers, when the month's settlement could be prepared: the
 * month is settled without them, and what nobody has decided by then keeps nobody's settlement waiting (宿迁 2025-06-13 三(二)). What is
 * confirmed by the finance department is moved, and stays with the cashier.
 *
 * @returns the request that was withdrawn last, now or when this ran before
 */
export async function withdrawStale(
  db: Knex,
  { caseId, at }: { caseId: string; at: BusinessMoment },
): Promise<string | undefined> {
  const [request] = await loadRequests(db, { caseId, states: ['open', 'approved'] });
  if (request && (await stagesOf(db, request)).every((stage) => stage === 'preallocation'))
    await withdraw(db, request, at);
  return lastWithdrawn(db, caseId);
}

async function withdraw(db: Knex, { caseId, requestId, payments }: RequestRecord, at: BusinessMoment): Promise<void> {
  const reason = 'the month is settled without it';
  try {
    await db.transaction(async (trx) => {
      await withdrawRequest(trx, { requestId, person: ENGINE, reason, at });
      const detail = `${requestId}, ${payments} payments: ${reason}`;
      const key = `${requestId}/withdrawn`;
      await addEvents(trx, caseId, at, [{ key, event: 'request-withdrawn', actor: ENGINE, detail }]);
      await addAlert(trx, { caseId, kind: 'preallocation-withdrawn', on: at.date, detail });
    });
  } catch (error) {
    const refusal = toRefusal(error);
    // Released, or confirmed, since it was looked at.
    if (!(refusal instanceof Refusal) || refusal.code !== 'ApprovalNotOpen') throw error;
  }
}
