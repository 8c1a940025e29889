import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { BankStatement, PaymentBatch, PaymentInstruction } from '../../activities/bank/port';
import type { BusinessMoment } from '../../domain/business-time';
import { formatYuan } from '../../domain/money';
import type { PlainDate } from '../../domain/plain-date';
import { addDays } from '../../domain/plain-date';
import type { Books, Credit, Decision, StoredPayment } from './books';
import { createBooks } from './books';
import type { Fault } from './faults';
import { findFault } from './faults';
import type { Journal } from './journal';
import { openJournal } from './journal';

/**
 * The memory of the made-up bank. What becomes of a payment is decided once, when its message arrives, and written to
 * the journal before the bank answers; what it says later follows from that and the business day of the question. No
 * host clock and no chance: the same messages give the same books, in whatever order the questions come.
 */
type Fact =
  | { type: 'account'; account: string; opening: string }
  | { type: 'credits'; credits: Credit[] }
  /** Over directories, where the bank ends its days itself. */
  | { type: 'day'; date: PlainDate }
  /** A message whose every payment was lost: the bank never saw it, and only the script remembers. */
  | { type: 'never-arrived'; messageId: string }
  | { type: 'message'; messageId: string; contentHash: string; payments: Omit<StoredPayment, 'messageId'>[] };

interface State {
  messages: Map<string, { contentHash: string; payments: StoredPayment[] }>;
  endToEndIds: Set<string>;
  neverArrived: Set<string>;
  credits: Map<string, Credit>;
  books: Books;
  today: PlainDate | undefined;
}

export type Reception =
  | { kind: 'answer'; payments: StoredPayment[] }
  /** The connection breaks without an answer, whatever was executed. */
  | { kind: 'no-answer' }
  /** The id is known with other content; nothing was executed. */
  | { kind: 'conflict' };

export interface BankStore {
  /** Takes a message once; the same message again gives the first answer. */
  receive(batch: PaymentBatch, at: BusinessMoment): Reception;
  /** The payments of a message; undefined when the bank never received it. */
  payments(messageId: string): StoredPayment[] | undefined;
  /** Registers accounts held here, all or none; `false` when one is known with another opening balance. */
  openAccounts(accounts: readonly { account: string; opening: string }[]): boolean;
  /** Books credits, all or none; `false` when an id is known with other content. */
  credit(credits: readonly Credit[]): boolean;
  statement(account: string, date: PlainDate): BankStatement | undefined;
  /** The day that the bank has last begun; undefined before the first. */
  today(): PlainDate | undefined;
  begin(date: PlainDate): void;
  /** Accounts of this bank's customers with entries, on days from one to before another. */
  movedDays(from: PlainDate, before: PlainDate): { account: string; date: PlainDate }[];
  close(): void;
}

export function openBankStore(dataDirectory: string, faults: readonly Fault[], options: { fsync: boolean }): BankStore {
  const state: State = {
    messages: new Map(),
    endToEndIds: new Set(),
    neverArrived: new Set(),
    credits: new Map(),
    books: createBooks(),
    today: undefined,
  };
  const journal = openJournal(join(dataDirectory, 'bank.jsonl'), options, (fact) => apply(state, fact as Fact));
  const record = (fact: Fact): void => {
    journal.append(fact);
    apply(state, fact);
  };
  return {
    receive: (batch, at) => receive(state, record, faults, batch, at),
    payments: (messageId) => state.messages.get(messageId)?.payments,
    openAccounts: (accounts) => openAccounts(state, record, accounts),
    credit: (credits) => creditAll(state, record, credits),
    statement: (account, date) => state.books.statement(account, date),
    today: () => state.today,
    begin: (date) => record({ type: 'day', date }),
    movedDays: (from, before) => state.books.movedDays(from, before),
    close: (): void => (journal satisfies Journal).close(),
  };
}

function apply(state: State, fact: Fact): void {
  switch (fact.type) {
    case 'account':
      state.books.open(fact.account, fact.opening);
      return;
    case 'credits':
      for (const credit of fact.credits) {
        state.credits.set(credit.id, credit);
        state.books.bookCredit(credit);
      }
      return;
    case 'day':
      state.today = fact.date;
      return;
    case 'never-arrived':
      state.neverArrived.add(fact.messageId);
      return;
    case 'message': {
      const { messageId, contentHash } = fact;
      const payments = fact.payments.map((payment) => ({ ...payment, messageId }));
      state.messages.set(messageId, { contentHash, payments });
      for (const payment of payments) {
        if (payment.decision.outcome !== 'lost') state.endToEndIds.add(payment.endToEndId);
        state.books.bookPayment(payment);
      }
    }
  }
}

function receive(
  state: State,
  record: (fact: Fact) => void,
  faults: readonly Fault[],
  batch: PaymentBatch,
  at: BusinessMoment,
): Reception {
  const { messageId, requestedOn, instructions } = batch;
  const contentHash = hashOf({ requestedOn, instructions });
  const known = state.messages.get(messageId);
  if (known)
    return known.contentHash === contentHash ? { kind: 'answer', payments: known.payments } : { kind: 'conflict' };

  const bookedOn = requestedOn > at.date ? requestedOn : at.date;
  // A message that was lost on its way the first time arrives the second time.
  const resent = state.neverArrived.has(messageId);
  const decided = instructions.map((instruction) => decide(state, faults, instruction, bookedOn, resent));
  if (decided.every(({ decision }) => decision.outcome === 'lost')) {
    record({ type: 'never-arrived', messageId });
    return { kind: 'no-answer' };
  }
  const payments = instructions.map(({ amountFen, ...rest }, index) => ({
    ...rest,
    amount: formatYuan(amountFen),
    decision: decided[index]!.decision,
  }));
  record({ type: 'message', messageId, contentHash, payments });
  // One connection carries the whole message, so one fault leaves all of it without an answer.
  if (decided.some(({ silent }) => silent)) return { kind: 'no-answer' };
  return { kind: 'answer', payments: state.messages.get(messageId)!.payments };
}

function decide(
  state: State,
  faults: readonly Fault[],
  { endToEndId, remittance }: PaymentInstruction,
  bookedOn: PlainDate,
  resent: boolean,
): { decision: Decision; silent?: true } {
  if (state.endToEndIds.has(endToEndId))
    return { decision: { outcome: 'rejected', reasonCode: 'DU04', reason: 'end-to-end id is not unique' } };
  const booked: Decision = { outcome: 'booked', bookedOn };
  const fault = findFault(faults, remittance);
  if (!fault) return { decision: booked };
  const reason = { reasonCode: fault.reasonCode, ...(fault.reason !== undefined && { reason: fault.reason }) };
  switch (fault.outcome) {
    case 'rejected':
      return { decision: { outcome: 'rejected', ...reason } };
    case 'timeout-paid':
      return { decision: booked, silent: true };
    case 'timeout-unpaid':
      return resent ? { decision: booked } : { decision: { outcome: 'lost' }, silent: true };
    case 'duplicate-reply':
      return { decision: { ...booked, twice: true } };
    case 'late':
      return { decision: { ...booked, bookedOn: fault.bookedOn ?? addDays(bookedOn, 1) } };
    case 'returned':
      return { decision: { ...booked, returnedOn: fault.returnedOn ?? addDays(bookedOn, 1), ...reason } };
  }
}

function openAccounts(
  state: State,
  record: (fact: Fact) => void,
  accounts: readonly { account: string; opening: string }[],
): boolean {
  const known = (account: string): string | undefined => state.books.openingOf(account);
  if (accounts.some(({ account, opening }) => (known(account) ?? opening) !== opening)) return false;
  for (const { account, opening } of accounts)
    if (known(account) === undefined) record({ type: 'account', account, opening });
  return true;
}

function creditAll(state: State, record: (fact: Fact) => void, credits: readonly Credit[]): boolean {
  const fresh = new Map<string, Credit>();
  for (const credit of credits) {
    const known = state.credits.get(credit.id) ?? fresh.get(credit.id);
    if (known && hashOf(known) !== hashOf(credit)) return false;
    if (!known) fresh.set(credit.id, credit);
  }
  if (fresh.size > 0) record({ type: 'credits', credits: [...fresh.values()] });
  return true;
}

function hashOf(value: unknown): string {
  const text = JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? field.toString() : field));
  return createHash('sha256').update(text).digest('hex');
}
