import type { Knex } from 'knex';
import { formatYuan } from '../../domain/money';
import type { Period, PlainDate } from '../../domain/plain-date';
import type { StatementRow } from '../summary';

interface RawStatement {
  institution: string;
  period: Period;
  gross_fen: bigint;
  credits_fen: bigint;
  net_fen: bigint;
  from_prepayment_fen: bigint;
  from_own_fen: bigint;
  top_up_fen: bigint;
  confirmed_on: PlainDate;
  paid_on: PlainDate | null;
}

/**
 * Statements of these months that were not taken back, by body and month; one is paid on the day of its last payment, and
 * not yet while one of them is not. Payments that were cancelled are not waited for.
 */
export async function statementRows(db: Knex, region: string, from: Period, to: Period): Promise<StatementRow[]> {
  const { rows } = await db.raw<{ rows: RawStatement[] }>(
    `select s.institution, s.period, s.gross_fen, s.credits_fen, s.net_fen, s.from_prepayment_fen, s.from_own_fen, s.top_up_fen,
            s.confirmed_on, p.paid_on
       from settle.statements s
       join lateral (
         select case when bool_and(pay.paid_on is not null) filter (where e.cancelled_on is null) then max(pay.paid_on) end as paid_on
           from settle.statement_enterprises e
           left join settle.payments pay on pay.payment_id = 'payment/' || e.region || '/' || e.period || '/' || e.institution || '/'
                     || e.enterprise || case when e.revision > 1 then '#' || e.revision else '' end
          where (e.region, e.period, e.institution, e.revision) = (s.region, s.period, s.institution, s.revision)) p on true
      where s.region = ? and s.period between ? and ? and s.reversed_on is null
      order by s.institution, s.period`,
    [region, from, to],
  );
  return rows.map((row) => ({
    institution: row.institution,
    period: row.period,
    gross: formatYuan(row.gross_fen),
    credits: formatYuan(row.credits_fen),
    net: formatYuan(row.net_fen),
    fromPrepayment: formatYuan(row.from_prepayment_fen),
    fromOwn: formatYuan(row.from_own_fen),
    topUp: formatYuan(row.top_up_fen),
    confirmedOn: row.confirmed_on,
    paidOn: row.paid_on,
  }));
}
