import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import type { PaymentCounts, PaymentKind, PaymentState } from '../domain/payment';
import type { PlainDate } from '../domain/plain-date';
import { Refusal } from '../domain/refusal';

/** What a payment is when it is prepared: exactly what is approved. */
export interface NewPayment {
  paymentId: string;
  kind: PaymentKind;
  period: string;
  institution?: string;
  enterprise?: string;
  pool?: string;
  advanceYear?: number;
  amountFen: bigint;
  debtorAccount: string;
  payee: { name: string; account: string; bankCode: string };
}

export interface PaymentRecord extends NewPayment {
  region: string;
  caseId: string;
  requestId: string;
  state: PaymentState;
  attempt: number;
  paidOn: PlainDate | null;
}

export interface StateChange {
  to: PaymentState;
  at: BusinessMoment;
  actor: string;
  reason?: string;
}

/**
 * Moves payments to a state, all or none; the database decides whether they may. `evidence` runs parallel to the ids
 * and is needed for `succeeded` and `returned`.
 *
 * @throws Refusal `PaymentStateInvalid`, `ApprovalIncomplete`, `ApprovalContentChanged` (from the database)
 */
export async function changePayments(
  db: Knex,
  paymentIds: readonly string[],
  { to, at, actor, reason = '' }: StateChange,
  evidence?: { references: string[]; bookedOn: PlainDate[] },
): Promise<void> {
  if (paymentIds.length === 0) return;
  await db.raw('select settle.change_payments(?::text[], ?, ?, ?, ?, ?, ?::text[], ?::date[])', [
    [...paymentIds],
    to,
    at.date,
    at.time,
    actor,
    reason,
    evidence?.references ?? null,
    evidence?.bookedOn ?? null,
  ]);
}

/**
 * Writes the payments of a request that is being prepared. A payment that an earlier, rejected request prepared already
 * takes the new content; one that the case no longer needs is cancelled.
 */
export async function preparePayments(
  db: Knex,
  input: { region: string; caseId: string; requestId: string; payments: readonly NewPayment[]; at: BusinessMoment },
): Promise<void> {
  const rows = input.payments.map((payment) => ({
    payment_id: payment.paymentId,
    region: input.region,
    case_id: input.caseId,
    kind: payment.kind,
    period: payment.period,
    institution: payment.institution ?? null,
    enterprise: payment.enterprise ?? null,
    pool: payment.pool ?? null,
    advance_year: payment.advanceYear ?? null,
    amount_fen: payment.amountFen,
    debtor_account: payment.debtorAccount,
    payee_name: payment.payee.name,
    payee_account: payment.payee.account,
    payee_bank_code: payment.payee.bankCode,
    request_id: input.requestId,
  }));
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT)
    await db('settle.payments')
      .insert(rows.slice(from, from + ROWS_PER_INSERT))
      .onConflict('payment_id')
      .merge(['amount_fen', 'payee_name', 'payee_account', 'payee_bank_code', 'request_id']);
  await enterRequest(db, input);
}

/**
 * Payments that name a request are prepared; those that an earlier request prepared and this one leaves out are cancelled.
 * A payment of a statement is not: its lines are settled and its money is reserved until an operator cancels it.
 *
 * @throws Refusal `PaymentStateInvalid` when a payment of a statement would be left out
 */
export async function enterRequest(
  db: Knex,
  input: { caseId: string; requestId: string; at: BusinessMoment },
): Promise<void> {
  const { rows: fresh } = await db.raw<{ rows: { payment_id: string }[] }>(
    `select payment_id from settle.payments where request_id = ? and state = 'new'`,
    [input.requestId],
  );
  const { rows: dropped } = await db.raw<{ rows: { payment_id: string; kind: PaymentKind }[] }>(
    `select payment_id, kind from settle.payments where case_id = ? and state = 'prepared' and request_id <> ? order by 1`,
    [input.caseId, input.requestId],
  );
  const reserved = dropped.find(({ kind }) => kind === 'payment');
  if (reserved)
    throw new Refusal(
      'PaymentStateInvalid',
      `${reserved.payment_id} waits for approval and is not part of ${input.requestId}: nothing is prepared without it`,
      { paymentId: reserved.payment_id },
    );
  const change = { at: input.at, actor: 'engine' } as const;
  await changePayments(
    db,
    fresh.map((row) => row.payment_id),
    { to: 'prepared', ...change },
  );
  await changePayments(
    db,
    dropped.map((row) => row.payment_id),
    { to: 'cancelled', ...change, reason: `not part of ${input.requestId}` },
  );
}

const ROWS_PER_INSERT = 3_000;

export async function loadPayments(
  db: Knex,
  where: {
    region?: string;
    caseId?: string;
    requestId?: string;
    states?: readonly PaymentState[];
    paymentIds?: readonly string[];
  },
): Promise<PaymentRecord[]> {
  const query = db('settle.payments').orderBy('payment_id');
  if (where.region !== undefined) void query.where('region', where.region);
  if (where.caseId !== undefined) void query.where('case_id', where.caseId);
  if (where.requestId !== undefined) void query.where('request_id', where.requestId);
  if (where.states) void query.whereIn('state', [...where.states]);
  if (where.paymentIds) void query.whereRaw('payment_id = any(?::text[])', [[...where.paymentIds]]);
  return (await query.select('*')).map(toRecord);
}

function toRecord(row: Record<string, never>): PaymentRecord {
  const optional = (key: string, value: unknown): object => (value === null ? {} : { [key]: value });
  return {
    paymentId: row.payment_id!,
    region: row.region!,
    caseId: row.case_id!,
    requestId: row.request_id!,
    kind: row.kind!,
    period: row.period!,
    ...optional('institution', row.institution),
    ...optional('enterprise', row.enterprise),
    ...optional('pool', row.pool),
    ...optional('advanceYear', row.advance_year),
    amountFen: row.amount_fen!,
    debtorAccount: row.debtor_account!,
    payee: { name: row.payee_name!, account: row.payee_account!, bankCode: row.payee_bank_code! },
    state: row.state!,
    attempt: row.attempt!,
    paidOn: row.paid_on!,
  };
}

export async function countPayments(db: Knex, caseId: string): Promise<PaymentCounts> {
  const rows = await db('settle.payments')
    .where({ case_id: caseId })
    .groupBy('state')
    .select<{ state: PaymentState; count: bigint }[]>('state', db.raw('count(*) as count'));
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
}

/** Whether the cashier has ever released a payment of a case. */
export async function wasReleased(db: Knex, caseId: string): Promise<boolean> {
  const release = await db('settle.releases as s')
    .join('settle.approval_requests as r', 'r.request_id', 's.request_id')
    .where('r.case_id', caseId)
    .first<object | undefined>('s.request_id');
  return release !== undefined;
}
