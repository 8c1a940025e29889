import type { Knex } from 'knex';
import type { MonthFigures, StageFacts } from '../../domain/documents/reports';
import { firstDayOf, lastDayOf, type Period, type PlainDate } from '../../domain/plain-date';
import { loadApplied } from '../window-totals';

/** What one month of direct settlement came to, as it stood at the end of a day. */
export async function monthFigures(db: Knex, region: string, period: Period, upTo: PlainDate): Promise<MonthFigures> {
  const { accepted, acceptedFen, rejected } = await loadApplied(db, region, period);
  const lines = { acceptedLines: accepted, acceptedFen, rejectedLines: rejected };
  const { rows } = await db.raw<{ rows: Omit<MonthFigures, keyof typeof lines>[] }>(
    `select :period::text as period, s.*, p.*, t.*, b.* from
       (select count(*)::int as statements, coalesce(sum(gross_fen), 0)::bigint as "grossFen", coalesce(sum(credits_fen), 0)::bigint as "creditsFen",
               coalesce(sum(net_fen), 0)::bigint as "netFen", coalesce(sum(from_prepayment_fen), 0)::bigint as "fromPrepaymentFen",
               coalesce(sum(from_own_fen), 0)::bigint as "fromOwnFen"
          from settle.statements where region = :region and period = :period and reversed_on is null) s,
       (select count(*) filter (where paid_on <= :upTo)::int as payments,
               coalesce(sum(amount_fen) filter (where paid_on <= :upTo), 0)::bigint as "paidFen",
               (confirmed.fen - coalesce(sum(amount_fen) filter (where state <> 'cancelled' and paid_on <= :upTo), 0))::bigint as "unpaidFen"
          from (select coalesce(sum(e.net_fen), 0) as fen
                  from settle.statement_enterprises e join settle.statements s using (region, period, institution, revision)
                 where e.region = :region and e.period = :period and s.reversed_on is null and e.cancelled_on is null) confirmed
          left join settle.payments on region = :region and period = :period and kind = 'payment' group by confirmed.fen) p,
       (select coalesce(sum(r.amount_fen), 0)::bigint as "returnsDueFen",
               coalesce(sum((select sum(c.from_unused_fen + c.paid_in_fen - c.excess_fen) from settle.return_receipts c
                              where (c.region, c.institution, c.period) = (r.region, r.institution, r.period) and c.received_on <= :upTo)), 0)::bigint as "returnsReceivedFen"
          from settle.return_plan r where r.region = :region and r.period = :period) t,
       (select count(*)::int as breaches, count(*) filter (where suspends_on <= :upTo and (corrected_on is null or corrected_on >= suspends_on))::int as suspended
          from settle.breaches where region = :region and period = :period and exempted_on is null) b`,
    { region, period, upTo },
  );
  return { ...lines, ...rows[0]! };
}

/** The rest of the stage report of a month: whom the money went to, what was refused, and where it stuck. */
export async function stageDetails(
  db: Knex,
  region: string,
  period: Period,
  upTo: PlainDate,
): Promise<Omit<StageFacts, 'regionName' | 'date' | 'month'>> {
  const list = async <T>(sql: string): Promise<T[]> => {
    const { rows } = await db.raw<{ rows: T[] }>(sql, {
      region,
      period,
      upTo,
      first: firstDayOf(period),
      last: lastDayOf(period),
    });
    return rows;
  };
  const net = (subject: 'institution' | 'enterprise'): Promise<{ name: string; netFen: bigint }[]> =>
    list(
      `select n.name, sum(p.net_fen)::bigint as "netFen"
         from settle.statement_enterprises p join settle.statements s using (region, period, institution, revision)
         join settle.${subject}s n on n.region = p.region and n.${subject} = p.${subject}
        where p.region = :region and p.period = :period and s.reversed_on is null
        group by n.${subject}, n.name order by 2 desc, n.${subject}`,
    );
  return {
    byEnterprise: await net('enterprise'),
    byInstitution: await net('institution'),
    rejections: await list(
      `select code, count(*)::int as lines from settle.rejected_rows where region = :region and period = :period
        group by code order by 2 desc, code`,
    ),
    breaches: await list(
      `select i.name, b.kind, b.period, b.notice_on as "noticeOn", b.deadline,
              case when b.corrected_on <= :upTo then b.corrected_on end as "correctedOn",
              case when b.suspends_on <= :upTo and (b.corrected_on is null or b.corrected_on >= b.suspends_on) then b.suspends_on end as "suspendedFrom"
         from settle.breaches b join settle.institutions i using (region, institution)
        where b.region = :region and b.exempted_on is null and b.notice_on <= :upTo
          and (b.notice_on between :first and :upTo or b.corrected_on is null or b.corrected_on >= :first)
        order by b.notice_on, b.institution, b.kind`,
    ),
    alerts: await list(
      `select on_date as "on", kind, case_id as "caseId" from settle.alerts where region = :region and on_date between :first and :last
        order by on_date, kind, case_id`,
    ),
  };
}

export async function yearFigures(
  db: Knex,
  region: string,
  year: number,
): Promise<{ prepaidFen: bigint; averageDays: string | null }> {
  const { rows } = await db.raw<{ rows: { prepaidFen: bigint; averageDays: string | null }[] }>(
    `select (select coalesce(sum(amount_fen), 0)::bigint from settle.payments
              where region = :region and kind = 'disbursement' and advance_year = :year and state = 'succeeded') as "prepaidFen",
            (select round(avg(p.paid_on - w.applications_closed_on), 1)::text from settle.payments p
               join settle.windows w on w.region = p.region and w.period = p.period
              where p.region = :region and p.kind = 'payment' and p.period like :year || '-%' and p.state = 'succeeded') as "averageDays"`,
    { region, year: String(year) },
  );
  return rows[0]!;
}
