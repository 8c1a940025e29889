import type { Knex } from 'knex';
import { firstDayOf, lastDayOf, period as toPeriod, type PlainDate } from '../../domain/plain-date';
import { windowDates } from '../../domain/policy';
import { loadCalendar } from '../register';
import { findPolicyWith } from '../region-policy';

/** What an institution has agreed to pay an enterprise and has not been paid yet: what an order-financing loan (订单贷) rests on. */
export interface Receivable {
  enterprise: string;
  institution: string;
  institutionName: string;
  period: string;
  confirmedOn: PlainDate;
  amountFen: bigint;
  paymentState: string;
  /** The last day on which the agency pays the window. */
  dueOn: PlainDate;
}

/** Receivables of an enterprise as they stood at the end of a day, by window and institution (新医保发〔2025〕50号 六(三)). */
export async function loadReceivables(
  db: Knex,
  region: string,
  enterprise: string,
  on: PlainDate,
): Promise<Receivable[]> {
  const { rows } = await db.raw<{ rows: Omit<Receivable, 'dueOn'>[] }>(
    `select p.enterprise, p.institution, i.name as "institutionName", p.period, s.confirmed_on as "confirmedOn", p.net_fen as "amountFen",
            coalesce(y.state, 'confirmed') as "paymentState"
       from settle.statement_enterprises p
       join settle.statements s using (region, period, institution, revision)
       join settle.institutions i using (region, institution)
       left join lateral (
         select h.to_state as state from settle.payment_states h
          where h.payment_id = concat_ws('/', 'payment', p.region, p.period, p.institution, p.enterprise)
                               || case p.revision when 1 then '' else '#' || p.revision end
            -- What the bank booked that day counts, though its answer may have come later.
            and case h.to_state when 'succeeded' then least(h.on_date, h.booked_on) else h.on_date end <= :on
          order by h.seq desc limit 1) y on true
      where p.region = :region and p.enterprise = :enterprise and s.confirmed_on <= :on
        and (s.reversed_on is null or s.reversed_on > :on) and (p.cancelled_on is null or p.cancelled_on > :on)
        and coalesce(y.state, '') <> 'succeeded'
      order by p.period, p.institution`,
    { region, enterprise, on },
  );
  const calendar = await loadCalendar(db, region);
  return Promise.all(
    rows.map(async (row) => {
      const period = toPeriod(row.period);
      // A window takes the version in force on the 1st of its month.
      const policy = await findPolicyWith(db, region, 'window', firstDayOf(period));
      return { ...row, dueOn: policy ? windowDates(policy.policy.window!, period, calendar).payBy : lastDayOf(period) };
    }),
  );
}
