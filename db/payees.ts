import type { Knex } from 'knex';

/** Why a payee has to be looked at before its payment is approved (新医保发〔2025〕50号 六(三)). */
export interface PayeeFlag {
  paymentId: string;
  flag: 'payee-changed' | 'shared-account';
  /** What it was before, or who else has the account. */
  detail: string;
}

export async function loadPayeeFlags(db: Knex, requestId: string): Promise<PayeeFlag[]> {
  return db('settle.payee_flags')
    .where({ request_id: requestId })
    .orderBy(['payment_id', 'flag'])
    .select<PayeeFlag[]>({ paymentId: 'payment_id', flag: 'flag', detail: 'detail' });
}

/** Approved payments of a request whose payee is another one in the register by now, both as text. */
export async function loadDifferingPayees(
  db: Knex,
  requestId: string,
): Promise<{ paymentId: string; approved: string; registered: string }[]> {
  const { rows } = await db.raw<{ rows: { paymentId: string; approved: string; registered: string }[] }>(
    `select payment_id as "paymentId", concat_ws(', ', payee_name, payee_account, payee_bank_code) as approved,
            coalesce(nullif(concat_ws(', ', register_name, register_account, register_bank_code), ''), 'nothing of ' || enterprise) as registered
       from settle.differing_payees where request_id = ? and state = 'approved' order by 1`,
    [requestId],
  );
  return rows;
}
