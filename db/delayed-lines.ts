import type { Knex } from 'knex';
import type { Period, PlainDate } from '../domain/plain-date';

/**
 * Lines of one period that wait because of the agency or the bank: imported after the last day of confirming, or settled
 * by it and opened again later by a payment that was cancelled. No institution is in breach with them.
 */
export async function findDelayed(
  db: Knex,
  { region, period, confirmationTo }: { region: string; period: Period; confirmationTo: PlainDate },
): Promise<{ imported: number; reopened: number; amountFen: bigint }> {
  const { rows } = await db.raw<{ rows: { imported: number; reopened: number; amountFen: bigint }[] }>(
    `with late as (
       select l.line_id, l.amount_fen, 'imported' as why
         from settle.application_lines l join settle.application_files f using (file_id)
        where l.region = :region and l.period = :period and f.imported_on > :end
        union all
       select l.line_id, l.amount_fen, 'reopened'
         from settle.unsettled_lines u join settle.application_lines l using (line_id)
         join settle.statements t on (t.region, t.period, t.institution, t.revision) = (u.region, u.period, u.institution, u.revision)
        where u.region = :region and u.period = :period and t.confirmed_on <= :end and u.reopened_on > :end)
     select count(*) filter (where why = 'imported')::int as imported,
            count(*) filter (where why = 'reopened')::int as reopened,
            coalesce(sum(amount_fen), 0)::bigint as "amountFen" from late`,
    { region, period, end: confirmationTo },
  );
  return rows[0]!;
}
