import type { Knex } from 'knex';
import { formatYuan } from '../../domain/money';
import type { Period } from '../../domain/plain-date';
import type { PaymentRow } from '../summary';

/** Payments of statements, by settlement body and enterprise; `attempts` is how often one was sent. */
export async function paymentRows(db: Knex, region: string, from: Period, to: Period): Promise<PaymentRow[]> {
  const { rows } = await db.raw<{ rows: (Omit<PaymentRow, 'amount'> & { amount_fen: bigint })[] }>(
    `select p.institution, p.enterprise, p.period, p.amount_fen, p.state,
            (select count(*)::int from settle.payment_attempts a where a.payment_id = p.payment_id) as attempts,
            p.paid_on as "paidOn"
       from settle.payments p
      where p.region = ? and p.kind = 'payment' and p.period between ? and ?
      order by p.institution collate "C", p.enterprise collate "C", p.period, p.payment_id collate "C"`,
    [region, from, to],
  );
  return rows.map(({ institution, enterprise, period, amount_fen, state, attempts, paidOn }) => ({
    institution,
    enterprise,
    period,
    amount: formatYuan(amount_fen),
    state,
    attempts,
    paidOn,
  }));
}
