import type { Knex } from 'knex';

/** Lines that were applied for in a period. Amounts are signed. */
export interface AppliedTotals {
  /** Without those that were taken back: they are rejected now, or repeated in a period before. */
  accepted: number;
  acceptedFen: bigint;
  rejected: number;
}

export async function loadApplied(db: Knex, region: string, period: string): Promise<AppliedTotals> {
  const { rows } = await db.raw<{ rows: AppliedTotals[] }>(
    `select a.accepted, a."acceptedFen",
            (select count(*)::int from settle.rejected_rows where region = :region and period = :period) as rejected
       from (select count(*)::int as accepted, coalesce(sum(l.amount_fen), 0)::bigint as "acceptedFen" from settle.application_lines l
              where l.region = :region and l.period = :period
                and not exists (select from settle.line_withdrawals w where w.line_id = l.line_id)) a`,
    { region, period },
  );
  return rows[0]!;
}

/** What institutions agreed to in a window, and what is left open for the next one. */
export interface ConfirmedTotals {
  statements: number;
  payments: number;
  netFen: bigint;
  open: number;
  openFen: bigint;
}

export async function loadConfirmed(db: Knex, region: string, period: string): Promise<ConfirmedTotals> {
  const { rows } = await db.raw<{ rows: ConfirmedTotals[] }>(
    `select s.statements, s.payments, s."netFen", o.open, o."openFen"
       from (select count(distinct s.institution)::int as statements, count(e.enterprise)::int as payments,
                    coalesce(sum(e.net_fen), 0)::bigint as "netFen"
               from settle.statements s join settle.statement_enterprises e using (region, period, institution, revision)
              where s.region = :region and s.period = :period and s.reversed_on is null and e.cancelled_on is null) s,
            (select count(*)::int as open, coalesce(sum(amount_fen), 0)::bigint as "openFen"
               from settle.open_lines where region = :region and period <= :period) o`,
    { region, period },
  );
  return rows[0]!;
}

/** A number of lines or payments in one state, and their amount. */
export interface StateTotal {
  state: string;
  count: number;
  amountFen: bigint;
}

/** Lines that a window is about by what has become of them: its own, and those of earlier windows that are open or settled in it. */
export async function loadLineStates(db: Knex, region: string, period: string): Promise<StateTotal[]> {
  const { rows } = await db.raw<{ rows: StateTotal[] }>(
    `with line as (
       select case when s.line_id is not null and s.period = :period then 'settled here'
                   when s.line_id is not null then 'settled in another window'
                   when d.line_id is not null then 'disputed'
                   when l.period < :period then 'open, carried'
                   else 'open' end as state, l.amount_fen
         from settle.application_lines l
         left join settle.settled_lines s using (line_id)
         left join settle.line_disputes d using (line_id)
        where l.region = :region and l.period <= :period
          and (l.period = :period or s.period = :period or (s.line_id is null and d.line_id is null))
          and not exists (select from settle.line_withdrawals w where w.line_id = l.line_id))
     select state, count(*)::int as count, sum(amount_fen)::bigint as "amountFen" from line group by state order by state`,
    { region, period },
  );
  return rows;
}

export async function loadRejected(
  db: Knex,
  region: string,
  period: string,
): Promise<{ code: string; lines: number }[]> {
  const { rows } = await db.raw<{ rows: { code: string; lines: number }[] }>(
    `select code, count(*)::int as lines from settle.rejected_rows where region = ? and period = ? group by code order by code`,
    [region, period],
  );
  return rows;
}

export async function loadPaymentStates(db: Knex, caseId: string): Promise<StateTotal[]> {
  return db('settle.payments')
    .where({ case_id: caseId })
    .groupBy('state')
    .orderBy('state')
    .select<StateTotal[]>('state', db.raw('count(*)::int as count'), db.raw('sum(amount_fen)::bigint as "amountFen"'));
}
