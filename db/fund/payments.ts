import type { Knex } from 'knex';
import { lastDayOf, type Period, type PlainDate } from '../../domain/plain-date';
import type { PaymentState } from '../../domain/payment';

/**
 * Payments `p` that an operator has corrected and that are not approved again yet, after an attempt or since they were held: what is
 * prepared for the first time has changed its state once. As SQL.
 */
export const CORRECTED = `(p.state = 'prepared' and p.changes > 1)`;

export interface FundPaymentRun {
  region: string;
  period: Period;
  caseId: string;
  requestId: string;
  revision: number;
  on: PlainDate;
  /** Pools whose account reaches. */
  pools: readonly string[];
}

/**
 * What the month's runs are to pay and have not sent yet. As SQL over :region, :period, by stage. A pre-allocation that was
 * approved and then cancelled, by an operator or since its institution was suspended, is not made up; nor is one for which there
 * was no money until the month was over: its settlement pays all (三(二)2).
 */
const WANTED = {
  preallocation: `
    select a.payment_id, a.institution, a.pool, a.amount_fen from settle.preallocations a
     where a.region = :region and a.period = :period
       and (cast(:on as date) <= cast(:lastDay as date)
            or exists (select from settle.payments k where k.payment_id = a.payment_id and k.state <> 'cancelled'))
       and not exists (select from settle.payments c join settle.payment_states s using (payment_id)
                        where c.payment_id = a.payment_id and c.state = 'cancelled' and s.to_state = 'approved')
       and not exists (select from settle.settlements m where m.region = a.region and m.period = a.period
                          and m.institution = a.institution and m.pool = a.pool and m.settled_on is not null)`,
  settlement: `
    select payment_id, institution, pool, paid_fen as amount_fen from settle.settlements
     where region = :region and period = :period and settled_on is null and paid_fen > 0
    union all
    select release_payment_id, institution, pool, held_fen from settle.settlements where region = :region and released_in = :period`,
} as const;
export type FundStage = keyof typeof WANTED;

/** What a stage is to pay from each pool, without what is on its way already, or corrected: that money is spoken for. */
export async function neededByPool(
  trx: Knex,
  stage: FundStage,
  { region, period, on }: { region: string; period: Period; on: PlainDate },
): Promise<Map<string, bigint>> {
  const { rows } = await trx.raw<{ rows: { pool: string; fen: bigint }[] }>(
    `select w.pool, sum(w.amount_fen)::bigint as fen from (${WANTED[stage]}) w
       left join settle.payments p using (payment_id)
      where coalesce(p.state in ('new', 'prepared', 'cancelled') and not ${CORRECTED}, true) group by 1`,
    { region, period, on, lastDay: lastDayOf(period) },
  );
  return new Map(rows.map(({ pool, fen }) => [pool, fen]));
}

/**
 * Writes the payments of a stage and has them named by a request; an institution without an account of its own is paid to its
 * settlement body's. A payment that was cancelled stays so: what takes its place has an id with the request's number.
 */
export async function insertFundPayments(trx: Knex, stage: FundStage, run: FundPaymentRun): Promise<void> {
  const bound = { ...run, lastDay: lastDayOf(run.period), pools: [...run.pools] } as never;
  for (const [table, column] of stage === 'preallocation'
    ? ([['preallocations', 'payment_id']] as const)
    : ([
        ['settlements', 'payment_id'],
        ['settlements', 'release_payment_id'],
      ] as const))
    await trx.raw(
      `update settle.${table} s set ${column} = split_part(s.${column}, '#', 1) || '#' || cast(:revision as text)
         from settle.payments p
        where s.region = :region and ${column === 'release_payment_id' ? 's.released_in' : 's.period'} = :period
          ${table === 'settlements' && column === 'payment_id' ? 'and s.settled_on is null' : ''}
          and p.payment_id = s.${column} and p.state = 'cancelled'
          ${table === 'preallocations' ? `and not exists (select from settle.payment_states c where c.payment_id = p.payment_id and c.to_state = 'approved')` : ''}`,
      bound,
    );
  await trx.raw(
    `insert into settle.payments as p (payment_id, region, case_id, kind, period, institution, pool, amount_fen, debtor_account,
            payee_name, payee_account, payee_bank_code, request_id)
     select w.payment_id, :region, :caseId, 'fund', :period, w.institution, w.pool, w.amount_fen,
            coalesce(f.account, cast(:region as text) || '-FUND-' || upper(w.pool)),
            i.name, i.account, i.bank_code, :requestId
       from (${WANTED[stage]}) w
       join settle.institution_payees i on i.region = :region and i.institution = w.institution
       left join settle.funds f on f.region = i.region and f.pool = w.pool
      where w.pool = any(cast(:pools as text[]))
     on conflict (payment_id) do update
       set amount_fen = excluded.amount_fen, payee_name = excluded.payee_name, payee_account = excluded.payee_account,
           payee_bank_code = excluded.payee_bank_code, request_id = excluded.request_id
       where p.state in ('new', 'prepared')`,
    bound,
  );
}

/**
 * What was corrected and is not approved again yet goes with the next request, to the account that the register has by now.
 *
 * @returns the requests that they were in
 */
export async function carryCorrected(
  trx: Knex,
  { caseId, requestId }: { caseId: string; requestId: string },
): Promise<{ requestId: string }[]> {
  const { rows } = await trx.raw<{ rows: { payment_id: string; requestId: string }[] }>(
    `select p.payment_id, p.request_id as "requestId" from settle.payments p where p.case_id = ? and ${CORRECTED} order by 1`,
    [caseId],
  );
  await trx.raw(
    `update settle.payments p
        set request_id = :requestId, payee_name = i.name, payee_account = i.account, payee_bank_code = i.bank_code
       from settle.institution_payees i
      where p.payment_id = any(cast(:paymentIds as text[])) and i.region = p.region and i.institution = p.institution`,
    { requestId, paymentIds: rows.map(({ payment_id }) => payment_id) } as never,
  );
  return rows;
}

/**
 * Pre-allocations that did not arrive when the month is settled, those included that were never approved: it is settled without
 * them, unless it was with them.
 */
export async function failedPreallocations(trx: Knex, region: string, period: Period): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { payment_id: string }[] }>(
    `select payment_id from settle.preallocations a join settle.payments p using (payment_id)
      where p.region = ? and p.period = ? and (p.state in ('failed', 'returned', 'held') or (p.state = 'prepared' and not ${CORRECTED}))
        and not exists (select from settle.settlements s where s.region = a.region and s.period = a.period
                           and s.institution = a.institution and s.pool = a.pool and s.settled_on is not null) order by 1`,
    [region, period],
  );
  return rows.map(({ payment_id }) => payment_id);
}

/** Payments of monthly funds whose institution is suspended on a day, by its settlement body. */
export async function suspendedFundPayments(
  trx: Knex,
  where: { requestId: string } | { paymentIds: readonly string[] },
  on: PlainDate,
): Promise<string[]> {
  const [condition, bound] =
    'requestId' in where
      ? [`p.request_id = :requestId and p.state = 'approved'`, where]
      : ['p.payment_id = any(cast(:paymentIds as text[]))', { paymentIds: [...where.paymentIds] }];
  const { rows } = await trx.raw<{ rows: { payment_id: string }[] }>(
    `select p.payment_id from settle.payments p join settle.institutions i using (region, institution)
      where p.kind = 'fund' and ${condition}
        and coalesce(i.settles_through, i.institution) in (select institution from settle.suspended_institutions(p.region, :on))
      order by 1`,
    { ...bound, on } as never,
  );
  return rows.map(({ payment_id }) => payment_id);
}

export interface OpenFundPayments {
  state: PaymentState;
  payments: number;
  amountFen: bigint;
  requestId: string;
}

/** Payments of a month that are not at their end, of a stage, by state. */
export async function openFundPayments(db: Knex, caseId: string, stage: FundStage): Promise<OpenFundPayments[]> {
  const { rows } = await db.raw<{ rows: OpenFundPayments[] }>(
    `select state, count(*)::int as payments, sum(amount_fen)::bigint as "amountFen", max(request_id) as "requestId"
       from settle.payments
      where case_id = :caseId and state not in ('succeeded', 'cancelled')
        and (payment_id like '%/preallocation%') = (cast(:stage as text) = 'preallocation') and payment_id not like '%/transfer/%'
      group by 1 order by 1`,
    { caseId, stage },
  );
  return rows;
}
