import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import type { PaymentState } from '../domain/payment';
import type { PlainDate } from '../domain/plain-date';
import { changePayments, enterRequest } from './payments';

/**
 * Writes one payment for each settlement body and enterprise of a window's live statements, and has them named by a request.
 * Payees are those of the register of the moment. What was prepared before is prepared again; what has gone further stays.
 *
 * @returns how many payments the request has
 */
export async function prepareWindowPayments(
  trx: Knex,
  input: { region: string; period: string; caseId: string; requestId: string; at: BusinessMoment },
): Promise<number> {
  const { region, period, caseId, requestId } = input;
  await trx.raw(
    `insert into settle.payments as p (payment_id, region, case_id, kind, period, institution, enterprise, amount_fen,
            debtor_account, payee_name, payee_account, payee_bank_code, request_id)
     select 'payment/' || e.region || '/' || e.period || '/' || e.institution || '/' || e.enterprise
              || case when e.revision > 1 then '#' || e.revision else '' end,
            e.region, :caseId, 'payment', e.period, e.institution, e.enterprise, e.net_fen,
            r.supervised_account, n.name, n.account, n.bank_code, :requestId
       from settle.statement_enterprises e
       join settle.statements s using (region, period, institution, revision)
       join settle.enterprises n on n.region = e.region and n.enterprise = e.enterprise
       join settle.regions r on r.region = e.region
      where e.region = :region and e.period = :period and s.reversed_on is null and e.cancelled_on is null
     on conflict (payment_id) do update
       set payee_name = excluded.payee_name, payee_account = excluded.payee_account,
           payee_bank_code = excluded.payee_bank_code, request_id = excluded.request_id
       where p.state = 'prepared'`,
    { region, period, caseId, requestId },
  );
  await enterRequest(trx, input);
  const { rows } = await trx.raw<{ rows: { count: bigint }[] }>(
    'select count(*) as count from settle.payments where request_id = ?',
    [requestId],
  );
  return Number(rows[0]!.count);
}

/** A payment that is not paid on its day, and why. */
export interface HeldPayment {
  paymentId: string;
  enterprise: string;
  reason: 'suspended' | 'payee-differs';
}

const SUSPENDED = `p.kind = 'payment' and p.enterprise in (select enterprise from settle.suspended_enterprises(p.region, :on))`;

/** Approved payments of a request that are not to leave on a day. */
export async function findHeldBack(
  trx: Knex,
  requestId: string,
  on: PlainDate,
  { differing }: { differing: boolean },
): Promise<HeldPayment[]> {
  const { rows } = await trx.raw<{ rows: HeldPayment[] }>(
    `select p.payment_id as "paymentId", p.enterprise, 'suspended' as reason from settle.payments p
      where p.request_id = :requestId and p.state = 'approved' and ${SUSPENDED}
      union all
     select d.payment_id, d.enterprise, 'payee-differs' from settle.differing_payees d join settle.payments p using (payment_id)
      where :differing and d.request_id = :requestId and d.state = 'approved' and not (${SUSPENDED})
      order by 1`,
    { requestId, on, differing } as never,
  );
  return rows;
}

/** Which of these payments have not left and are not to leave on a day, since their enterprise is suspended. */
export async function findSuspended(trx: Knex, paymentIds: readonly string[], on: PlainDate): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { payment_id: string }[] }>(
    `select p.payment_id from settle.payments p where p.payment_id = any(cast(:paymentIds as text[])) and ${SUSPENDED} order by 1`,
    { paymentIds: [...paymentIds], on } as never,
  );
  return rows.map(({ payment_id }) => payment_id);
}

/** Held payments of a case that may be paid on a day: the enterprise is not suspended, and the payee is who was approved. */
export async function resumePayments(trx: Knex, caseId: string, at: BusinessMoment): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { payment_id: string }[] }>(
    `select p.payment_id from settle.payments p
      where p.case_id = :caseId and p.state = 'held' and not (${SUSPENDED})
        and p.payment_id not in (select d.payment_id from settle.differing_payees d where d.case_id = :caseId)
      order by 1`,
    { caseId, on: at.date },
  );
  const paymentIds = rows.map(({ payment_id }) => payment_id);
  for (const to of ['approved', 'released'] as const)
    await changePayments(trx, paymentIds, { to, at, actor: 'engine', reason: 'no longer held' });
  return paymentIds;
}

/** What of a window's statements is not paid, by the state of its payments; `none` where a payment was never prepared. */
export async function loadUnpaid(
  db: Knex,
  region: string,
  period: string,
): Promise<{ state: PaymentState | 'none'; payments: number; amountFen: bigint; requestId: string | null }[]> {
  const { rows } = await db.raw<{
    rows: { state: PaymentState | 'none'; payments: number; amountFen: bigint; requestId: string | null }[];
  }>(
    `select coalesce(p.state, 'none') as state, count(*)::int as payments, sum(e.net_fen)::bigint as "amountFen",
            max(p.request_id) as "requestId"
       from settle.statement_enterprises e
       join settle.statements s using (region, period, institution, revision)
       left join settle.payments p on p.payment_id = 'payment/' || e.region || '/' || e.period || '/' || e.institution || '/'
                 || e.enterprise || case when e.revision > 1 then '#' || e.revision else '' end
      where e.region = ? and e.period = ? and s.reversed_on is null and e.cancelled_on is null
        and coalesce(p.state, 'none') <> 'succeeded'
      group by 1 order by 1`,
    [region, period],
  );
  return rows;
}
