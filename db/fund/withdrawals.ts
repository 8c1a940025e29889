import type { Knex } from 'knex';
import { changePayments, loadPayments } from '../payments';
import type { BusinessMoment } from '../../domain/business-time';
import type { FundStage } from './payments';

/**
 * Ends a request that no level rejected, with all its payments: the finance department refuses its transfers, or the engine withdraws
 * pre-allocations that the month is settled without.
 *
 * @throws Refusal of the database: `ApprovalNotOpen` (released, rejected, confirmed, or money that is owed), `ApprovalIncomplete`,
 * `ApprovalSamePerson`, `ApprovalRoleMissing`, `NotFound` (no transfer)
 */
export async function withdrawRequest(
  trx: Knex,
  { requestId, person, reason, at }: { requestId: string; person: string; reason: string; at: BusinessMoment },
): Promise<void> {
  await trx('settle.request_withdrawals').insert({
    request_id: requestId,
    withdrawn_by: person,
    reason,
    withdrawn_on: at.date,
    at_time: at.time,
  });
  const payments = await loadPayments(trx, { requestId, states: ['prepared', 'approved'] });
  // The engine ends them: whoever refuses is no operator.
  const change = { at, actor: 'engine', reason };
  const approved = payments.filter(({ state }) => state === 'approved').map(({ paymentId }) => paymentId);
  await changePayments(trx, approved, { to: 'held', ...change });
  await changePayments(
    trx,
    payments.map(({ paymentId }) => paymentId),
    { to: 'cancelled', ...change },
  );
}

/** What a request's payments are for: its own, and those that a transfer in it was raised for. */
export async function stagesOf(
  db: Knex,
  { caseId, requestId, revision }: { caseId: string; requestId: string; revision: number },
): Promise<FundStage[]> {
  const { rows } = await db.raw<{ rows: { stage: FundStage }[] }>(
    `select distinct case when p.institution is not null
                          then case when p.payment_id like '%/preallocation%' then 'preallocation' else 'settlement' end
                          else coalesce((select e.detail from settle.case_events e
                                          where e.case_id = :caseId and e.event = 'run-prepared' and e.event_key like 'tried/%/' || :revision
                                          order by e.event_id desc limit 1), 'settlement') end as stage
       from settle.payments p where p.request_id = :requestId order by 1`,
    { caseId, requestId, revision: String(revision) },
  );
  return rows.map(({ stage }) => stage);
}

/** The request of a case that the engine withdrew last, unless another one was raised after it. */
export async function lastWithdrawn(db: Knex, caseId: string): Promise<string | undefined> {
  const { rows } = await db.raw<{ rows: { request_id: string; withdrawn: boolean }[] }>(
    `select r.request_id, w.request_id is not null as withdrawn
       from settle.approval_requests r left join settle.request_withdrawals w on w.request_id = r.request_id and w.withdrawn_by = 'engine'
      where r.case_id = ? order by r.revision desc limit 1`,
    [caseId],
  );
  return rows[0]?.withdrawn ? rows[0].request_id : undefined;
}
