import type { Knex } from 'knex';
import type { PlainDate } from '../domain/plain-date';

export interface CaseRow {
  caseId: string;
  region: string;
  kind: string;
  period: string;
  state: string;
  openedOn: PlainDate;
  closedOn: PlainDate | null;
  /** When its next timer is due; null where it waits for people only. */
  nextDueAt: Date | null;
}

export interface CasesWanted {
  region?: string;
  kind?: string;
  period?: string;
  state?: string;
  /** Only those that have not ended. */
  open?: boolean;
}

/** Cases in the order in which they began. */
export async function listCases(db: Knex, { open, ...matching }: CasesWanted): Promise<CaseRow[]> {
  const query = db('settle.cases').where(matching).orderBy(['opened_on', 'case_id']);
  if (open) void query.whereNull('closed_on');
  return (await query.select('*')).map((row) => ({
    caseId: row.case_id,
    region: row.region,
    kind: row.kind,
    period: row.period,
    state: row.state,
    openedOn: row.opened_on,
    closedOn: row.closed_on,
    nextDueAt: row.next_due_at,
  }));
}

export interface HistoryRow {
  date: PlainDate;
  time: string;
  what: string;
  actor: string;
  detail: string;
}

/** What the case told, in the order in which it did. */
export async function loadCaseEvents(db: Knex, caseId: string): Promise<HistoryRow[]> {
  return db('settle.case_events')
    .where({ case_id: caseId })
    .orderBy(['on_date', 'at_time', 'event_id'])
    .select<HistoryRow[]>({ date: 'on_date', time: 'at_time', what: 'event' }, 'actor', 'detail');
}

export interface StateChangeRow {
  paymentId: string;
  seq: number;
  date: PlainDate;
  time: string;
  from: string;
  to: string;
  attempt: number;
  actor: string;
  reason: string;
  bankReference: string | null;
  bookedOn: PlainDate | null;
}

/** Every change of state of a case's payments, or of one payment: by moment, then by payment and its own order. */
export async function loadStateChanges(
  db: Knex,
  where: { caseId: string } | { paymentId: string },
): Promise<StateChangeRow[]> {
  const query = db('settle.payment_states as s').join('settle.payments as p', 'p.payment_id', 's.payment_id');
  void ('caseId' in where ? query.where('p.case_id', where.caseId) : query.where('p.payment_id', where.paymentId));
  return query
    .orderByRaw('s.on_date, s.at_time, s.seq, s.payment_id collate "C"')
    .select<StateChangeRow[]>(
      { paymentId: 's.payment_id', date: 's.on_date', time: 's.at_time', from: 's.from_state', to: 's.to_state' },
      { bankReference: 's.bank_reference', bookedOn: 's.booked_on' },
      's.seq',
      's.attempt',
      's.actor',
      's.reason',
    );
}
