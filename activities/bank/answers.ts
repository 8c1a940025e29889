import { formatYuan } from '../../domain/money';
import { invalid } from './iso20022/xml';
import { CAMT054 } from './iso20022/camt054';
import type { Notification } from './iso20022/camt054';
import { PAIN002 } from './iso20022/pain002';
import type { PaymentStatus, StatusCode, StatusReport } from './iso20022/pain002';
import type { BankEntry, PaymentAnswer, PaymentAnswerState, PaymentQuestion } from './port';

/**
 * What a bank's status report and bookings say about payments, put together. The rules, for every adapter: a booking
 * counts above any status; `booked` and `returned` come from bookings only; the same thing said twice counts once; two
 * different things said about one payment, or a word about one that was not asked about, refuse the whole answer.
 */
const STATE_OF: Record<StatusCode, PaymentAnswerState> = {
  RCVD: 'pending',
  PDNG: 'pending',
  PATC: 'pending',
  PART: 'pending',
  BLCK: 'pending',
  ACTC: 'accepted',
  ACCP: 'accepted',
  ACSP: 'accepted',
  ACSC: 'accepted',
  ACCC: 'accepted',
  ACWC: 'accepted',
  ACWP: 'accepted',
  ACFC: 'accepted',
  RJCT: 'rejected',
  CANC: 'rejected',
};

/** ISO 20022: no original transaction received. */
const NEVER_RECEIVED = 'NOOR';

/** Group-level reasons by which a bank says that it knows the message id with other content. */
const DUPLICATE_MESSAGE = ['DUPL', 'DU01', 'AM05'];

/** Whether the bank refuses a message because it knows its id with other content. That says nothing of what it executed under it. */
export function isConflict({ groupStatus, groupReason }: StatusReport): boolean {
  return groupStatus === 'RJCT' && DUPLICATE_MESSAGE.includes(groupReason?.code ?? '');
}

/** A report without what it says was never received; undefined where it says nothing else. */
export function withoutNeverReceived(report: StatusReport): StatusReport | undefined {
  if (report.groupReason?.code === NEVER_RECEIVED) return undefined;
  const payments = report.payments.filter(({ reason }) => reason?.code !== NEVER_RECEIVED);
  return payments.length === 0 && report.payments.length > 0 ? undefined : { ...report, payments };
}

/** What outweighs what where several reports speak of one payment: the further the bank says it is, the more it has seen. */
const WEIGHT: Partial<Record<PaymentAnswerState, number>> = {
  'unknown-to-bank': 0,
  pending: 1,
  accepted: 2,
  rejected: 3,
};

/**
 * One answer for each payment, from all reports on one message; a payment of which none speaks is `pending`. Where reports
 * differ the weightier word counts: a payment that the bank says to know is never taken for one that it has not received.
 *
 * @throws Refusal `BankMessageInvalid`; nothing of the answer counts.
 */
export function answersFromReports(
  reports: readonly StatusReport[],
  messageId: string,
  endToEndIds: readonly string[],
): PaymentAnswer[] {
  const heaviest = new Map<string, PaymentAnswer>();
  for (const report of reports)
    for (const [endToEndId, word] of wordsOf(report, messageId, endToEndIds)) {
      const earlier = heaviest.get(endToEndId);
      if (!earlier || WEIGHT[word.state]! > WEIGHT[earlier.state]!) heaviest.set(endToEndId, word);
    }
  return endToEndIds.map((endToEndId) => heaviest.get(endToEndId) ?? { endToEndId, state: 'pending' });
}

/** What one report says of which payments: in its own words, or by the status of the group. */
function wordsOf(report: StatusReport, messageId: string, endToEndIds: readonly string[]): Map<string, PaymentAnswer> {
  if (report.originalMessageId !== messageId)
    throw invalid(
      PAIN002,
      'OrgnlGrpInfAndSts/OrgnlMsgId',
      `answers ${report.originalMessageId}, asked was ${messageId}`,
    );
  const asked = new Set(endToEndIds);
  const said = new Map<string, PaymentAnswer>();
  for (const payment of report.payments) {
    const { endToEndId } = payment;
    if (!asked.has(endToEndId))
      throw invalid(PAIN002, 'TxInfAndSts/OrgnlEndToEndId', `${endToEndId} was not asked about`);
    const answer = answerOf(payment, report);
    const earlier = said.get(endToEndId);
    if (earlier && (earlier.state !== answer.state || earlier.reasonCode !== answer.reasonCode))
      throw invalid(PAIN002, 'TxInfAndSts/TxSts', `${endToEndId} is ${earlier.state} and ${answer.state}`);
    said.set(endToEndId, answer);
  }
  if (report.groupStatus !== undefined)
    for (const endToEndId of endToEndIds)
      if (!said.has(endToEndId)) said.set(endToEndId, answerOf({ endToEndId }, report));
  return said;
}

/** A payment without a word of its own has the group's; without that either, the bank has yet to decide. */
function answerOf(payment: PaymentStatus, report: StatusReport): PaymentAnswer {
  const status = payment.status ?? report.groupStatus;
  const reason = payment.reason ?? (payment.status ? undefined : report.groupReason);
  const state = status === undefined ? 'pending' : STATE_OF[status];
  const { endToEndId } = payment;
  if (state !== 'rejected') return { endToEndId, state };
  if (reason?.code === NEVER_RECEIVED) return { endToEndId, state: 'unknown-to-bank' };
  return {
    endToEndId,
    state,
    reasonCode: reason?.code ?? 'NARR',
    ...(reason?.text !== undefined && { reason: reason.text }),
  };
}

/** Puts bookings over the answers of the report. @throws Refusal `BankMessageInvalid`; nothing of the answer counts. */
export function withBookings(
  answers: readonly PaymentAnswer[],
  question: Pick<PaymentQuestion, 'payments'>,
  notifications: readonly Notification[],
): PaymentAnswer[] {
  const amounts = new Map(question.payments.map(({ endToEndId, amountFen }) => [endToEndId, amountFen]));
  const debits = new Map<string, BankEntry>();
  const credits = new Map<string, BankEntry>();
  for (const entry of notifications.flatMap(({ entries }) => entries)) {
    const { endToEndId, amountFen, direction, returned } = entry;
    const expected = endToEndId === undefined ? undefined : amounts.get(endToEndId);
    if (endToEndId === undefined || expected === undefined)
      throw invalid(
        CAMT054,
        'Ntry',
        `${entry.bankReference} is for ${endToEndId ?? 'no payment'}, which was not asked about`,
      );
    if (expected !== amountFen)
      throw invalid(CAMT054, 'Ntry/Amt', `${endToEndId} is ${formatYuan(amountFen)}, sent was ${formatYuan(expected)}`);
    if ((direction === 'credit') !== (returned !== undefined))
      throw invalid(
        CAMT054,
        'Ntry/CdtDbtInd',
        `${entry.bankReference} is a ${direction}, but ${returned ? 'a' : 'no'} return`,
      );
    keepOne(direction === 'debit' ? debits : credits, endToEndId, entry);
  }
  return answers.map((answer) => withBooking(answer, debits.get(answer.endToEndId), credits.get(answer.endToEndId)));
}

function keepOne(kept: Map<string, BankEntry>, endToEndId: string, entry: BankEntry): void {
  const earlier = kept.get(endToEndId);
  if (earlier && (earlier.bankReference !== entry.bankReference || earlier.bookedOn !== entry.bookedOn))
    throw invalid(
      CAMT054,
      'Ntry',
      `${endToEndId} is booked twice: ${earlier.bankReference} and ${entry.bankReference}`,
    );
  kept.set(endToEndId, entry);
}

function withBooking(
  answer: PaymentAnswer,
  debit: BankEntry | undefined,
  credit: BankEntry | undefined,
): PaymentAnswer {
  const { endToEndId } = answer;
  if (!debit) {
    if (credit) throw invalid(CAMT054, 'Ntry', `${endToEndId} was returned, but never booked`);
    return answer;
  }
  if (answer.state === 'rejected' || answer.state === 'unknown-to-bank')
    throw invalid(CAMT054, 'Ntry', `${endToEndId} is booked, and ${answer.state} in the status report`);
  const { bookedOn, bankReference } = debit;
  if (!credit?.returned) return { endToEndId, state: 'booked', bookedOn, bankReference };
  const { reasonCode, reason } = credit.returned;
  return {
    endToEndId,
    state: 'returned',
    bookedOn,
    returnedOn: credit.bookedOn,
    bankReference,
    reasonCode,
    ...(reason !== undefined && { reason }),
  };
}
