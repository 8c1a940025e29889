import type { Knex } from 'knex';

/** Lines that were applied for in a period, as they were imported. Amounts are signed. */
export interface AppliedTotals {
  accepted: number;
  acceptedFen: bigint;
  rejected: number;
}

export async function loadApplied(db: Knex, region: string, period: string): Promise<AppliedTotals> {
  const { rows } = await db.raw<{ rows: AppliedTotals[] }>(
    `select (select count(*)::int from settle.application_lines where region = :region and period = :period) as accepted,
            (select coalesce(sum(amount_fen), 0)::bigint from settle.application_lines
              where region = :region and period = :period) as "acceptedFen",
            (select count(*)::int from settle.rejected_lines where region = :region and period = :period) as rejected`,
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
