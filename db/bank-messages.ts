import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';

/**
 * Life of a message: `stored` before anything leaves, `sending` while the bank is being talked to, `answered` when its
 * first answer is here, `unanswered` when none came and the payments in it are unknown.
 */
export type MessageState = 'stored' | 'sending' | 'answered' | 'unanswered';

export interface MessageRecord {
  messageId: string;
  caseId: string;
  state: MessageState;
  createdAt: BusinessMoment;
}

export interface AttemptRecord {
  endToEndId: string;
  messageId: string;
  paymentId: string;
  attempt: number;
}

/** Stores a message and the attempts in it: after this commits, the bank can be asked about them for ever. */
export async function storeMessage(
  db: Knex,
  message: { messageId: string; region: string; caseId: string; debtorAccount: string; at: BusinessMoment },
  attempts: readonly Omit<AttemptRecord, 'messageId'>[],
): Promise<void> {
  await db('settle.bank_messages').insert({
    message_id: message.messageId,
    region: message.region,
    case_id: message.caseId,
    debtor_account: message.debtorAccount,
    created_on: message.at.date,
    created_at_time: message.at.time,
  });
  await db.raw(
    `insert into settle.payment_attempts (end_to_end_id, message_id, payment_id, attempt)
     select e, ?, p, a from unnest(?::text[], ?::text[], ?::int[]) i (e, p, a)`,
    [
      message.messageId,
      attempts.map(({ endToEndId }) => endToEndId),
      attempts.map(({ paymentId }) => paymentId),
      attempts.map(({ attempt }) => attempt),
    ],
  );
}

export async function setMessageState(db: Knex, messageId: string, state: MessageState): Promise<void> {
  await db('settle.bank_messages').where({ message_id: messageId }).update({ state });
}

/** Takes a stored message for sending; false when somebody else has, who sends it alone. */
export async function claimMessage(db: Knex, messageId: string): Promise<boolean> {
  const claimed = await db('settle.bank_messages')
    .where({ message_id: messageId, state: 'stored' })
    .update({ state: 'sending' });
  return claimed === 1;
}

export async function loadMessages(
  db: Knex,
  caseId: string,
  states: readonly MessageState[],
): Promise<MessageRecord[]> {
  const rows = await db('settle.bank_messages')
    .where({ case_id: caseId })
    .whereIn('state', [...states])
    .orderBy('message_id')
    .select('*');
  return rows.map((row) => ({
    messageId: row.message_id,
    caseId: row.case_id,
    state: row.state,
    createdAt: { date: row.created_on, time: row.created_at_time },
  }));
}

/** The attempts of a message that are still the current ones of their payments. */
export async function loadAttempts(db: Knex, messageId: string): Promise<AttemptRecord[]> {
  const rows = await db('settle.payment_attempts as a')
    .join('settle.payments as p', (on) => on.on('p.payment_id', 'a.payment_id').andOn('p.attempt', 'a.attempt'))
    .where('a.message_id', messageId)
    .orderBy('a.payment_id')
    .select('a.*');
  return rows.map((row) => ({
    endToEndId: row.end_to_end_id,
    messageId: row.message_id,
    paymentId: row.payment_id,
    attempt: row.attempt,
  }));
}
