import { hashText } from '../../activities/bank/ids';
import { writeCamt053 } from '../../activities/bank/iso20022/camt053';
import { writeCamt054 } from '../../activities/bank/iso20022/camt054';
import type { Notification } from '../../activities/bank/iso20022/camt054';
import type { StatusRequest } from '../../activities/bank/iso20022/pacs028';
import { writePain002 } from '../../activities/bank/iso20022/pain002';
import type { PaymentStatus } from '../../activities/bank/iso20022/pain002';
import type { PaymentBatch } from '../../activities/bank/port';
import type { BusinessMoment } from '../../domain/business-time';
import type { PlainDate } from '../../domain/plain-date';
import type { StoredPayment } from './books';
import { debtorEntries } from './books';
import type { BankStore } from './store';

/**
 * What the made-up bank writes, whichever way messages come and go. The moment is that of its caller; where that names none,
 * the message's own.
 */

/** The answer to a pain.001 (pain.002); undefined where the connection breaks or nothing is ever said. */
export function firstReport(store: BankStore, batch: PaymentBatch, moment?: BusinessMoment): string | undefined {
  const at = moment ?? batch.createdAt;
  const reception = store.receive(batch, at);
  if (reception.kind === 'no-answer') return undefined;
  const report = {
    messageId: `S${hashText(`${batch.messageId} received`, 16)}`,
    createdAt: at,
    originalMessageId: batch.messageId,
    originalCount: batch.instructions.length,
  };
  if (reception.kind === 'conflict') {
    const groupReason = { code: 'DUPL', text: 'message id is known with other content' };
    return writePain002({ ...report, groupStatus: 'RJCT', groupReason, payments: [] });
  }
  return writePain002({ ...report, payments: reception.payments.flatMap((payment) => statusOf(payment)) });
}

/** As the first answer where `until` is left out; else as the books stand on that day. */
function statusOf(payment: StoredPayment, until?: PlainDate): PaymentStatus[] {
  const { decision, endToEndId } = payment;
  switch (decision.outcome) {
    case 'lost':
      return [unknownPayment(endToEndId)];
    case 'rejected': {
      const { reasonCode: code, reason: text } = decision;
      return [{ endToEndId, status: 'RJCT', reason: { code, ...(text !== undefined && { text }) } }];
    }
    case 'booked': {
      const booked = until !== undefined && decision.bookedOn <= until;
      const status: PaymentStatus = { endToEndId, status: booked ? 'ACSC' : 'ACSP' };
      return decision.twice ? [status, status] : [status];
    }
  }
}

function unknownPayment(endToEndId: string): PaymentStatus {
  return { endToEndId, status: 'RJCT', reason: { code: 'NOOR', text: 'no original transaction received' } };
}

/** The status of the payments that a pacs.028 asks about (pain.002). */
export function statusReport(store: BankStore, request: StatusRequest, moment?: BusinessMoment): string {
  const at = moment ?? request.createdAt;
  const known = new Map(store.payments(request.originalMessageId)?.map((payment) => [payment.endToEndId, payment]));
  const ids = request.endToEndIds.length > 0 ? request.endToEndIds : [...known.keys()];
  const payments = ids.flatMap((id) => {
    const payment = known.get(id);
    return payment ? statusOf(payment, at.date) : [unknownPayment(id)];
  });
  const noSuchMessage = { code: 'NOOR', text: 'no original message received' };
  return writePain002({
    messageId: `S${hashText(`${request.messageId} status`, 16)}`,
    createdAt: at,
    originalMessageId: request.originalMessageId,
    ...(known.size === 0 && { groupStatus: 'RJCT', groupReason: noSuchMessage }),
    payments,
  });
}

/** What is booked of them (camt.054); undefined where nothing is. */
export function bookings(store: BankStore, request: StatusRequest, moment?: BusinessMoment): string | undefined {
  const at = moment ?? request.createdAt;
  const wanted = new Set(request.endToEndIds);
  const byAccount = new Map<string, Notification>();
  for (const payment of store.payments(request.originalMessageId) ?? []) {
    if (wanted.size > 0 && !wanted.has(payment.endToEndId)) continue;
    const entries = debtorEntries(payment).filter(({ bookedOn }) => bookedOn <= at.date);
    if (entries.length === 0) continue;
    const { debtorAccount: account } = payment;
    if (!byAccount.has(account)) byAccount.set(account, { account, entries: [] });
    const twice = payment.decision.outcome === 'booked' && payment.decision.twice === true;
    byAccount.get(account)!.entries.push(...entries, ...(twice ? entries : []));
  }
  if (byAccount.size === 0) return undefined;
  return writeCamt054(`N${hashText(`${request.messageId} bookings`, 16)}`, at, [...byAccount.values()]);
}

/** The statement of an account's day (camt.053) as the books stand; undefined for an account that is not held here. */
export function statement(
  store: BankStore,
  { account, date, inAnswerTo }: { account: string; date: PlainDate; inAnswerTo?: string },
  at: BusinessMoment,
): string | undefined {
  const found = store.statement(account, date);
  return found && writeCamt053(`A${hashText(`${account} ${date}`, 16)}`, at, found, inAnswerTo);
}
