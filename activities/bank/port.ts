import type { BusinessMoment } from '../../domain/business-time';
import type { PaymentKind } from '../../domain/payment';
import type { PlainDate } from '../../domain/plain-date';

/**
 * The bank as the engine sees it (DESIGN 5.4). Three questions, all of them safe to ask again: `send` is executed once
 * per message id, `ask` and `statement` change nothing.
 *
 * What the caller keeps to:
 * - the message id and every end-to-end id are stored before `send` is called, and never used for anything else;
 * - after `send` answered `accepted`, or threw {@link BankTimeout}, only `ask` says what became of a payment;
 * - nothing is sent again while its result is unknown. What the bank says it does not know (`unknown-to-bank`) was not
 *   executed: it counts as failed, and goes out again as a new attempt with new ids.
 */
export interface Bank {
  /** What this bank takes in one message; the caller cuts its batches accordingly. */
  readonly limits?: MessageLimits;

  /**
   * Delivers a batch (pain.001) and gives the bank's first answer (pain.002): `accepted`, `pending` or `rejected` for
   * every instruction; a booking is only ever learned through {@link Bank.ask}. The same message id with the same content gives the first answer again.
   *
   * @throws BankTimeout when the result is unknown: the request left, and no readable answer came.
   * @throws BankUnreachable when nothing was delivered for certain: no connection came about.
   * @throws Refusal `PaymentInvalid` before anything is sent; `IdempotencyConflict` when the bank knows the message id
   *   with other content; `BankMessageInvalid` when the bank refused the whole message as unreadable (nothing executed).
   */
  send(batch: PaymentBatch): Promise<BatchAnswer>;

  /**
   * What became of payments of one message, as the bank's books stand at the business moment `at`: status report
   * (pain.002) and bookings (camt.054) together. One answer for each payment asked about, in that order. A booking of
   * another amount than asked about is refused.
   *
   * @throws BankTimeout, BankUnreachable when there is no answer: ask again later.
   * @throws Refusal `BankMessageInvalid` when the answer contradicts itself or the question; nothing of it counts.
   */
  ask(question: PaymentQuestion): Promise<PaymentAnswer[]>;

  /**
   * The account statement of one business day (camt.053), as it stands at `at` (default: the end of that day).
   *
   * @throws BankTimeout, BankUnreachable, Refusal as {@link Bank.ask}.
   */
  statement(account: string, date: PlainDate, at?: BusinessMoment): Promise<BankStatement>;

  /**
   * What {@link Bank.ask} or {@link Bank.statement} last said of this is in the books: a bank over files puts the files away.
   * It changes nothing at the bank, never throws, and nothing is lost where it is never called.
   */
  settled?(subject: SettledSubject): Promise<void>;
}

/** Of a message's payments, or of an account's day. */
export type SettledSubject = { messageId: string } | { account: string; date: PlainDate };

/** Configuration of one bank, since each has its own. */
export interface MessageLimits {
  /** Payments a message. */
  maxPayments: number;
  /** The sum of a message; without it, any. */
  maxAmountFen?: bigint;
}

/** The business key of a payment; it travels with the money, so that either side can say what it was for. */
export interface Remittance {
  kind: PaymentKind;
  region: string;
  /** `2026-04`; a year or quarter where the case has no month. */
  period: string;
  institution?: string;
  enterprise?: string;
  pool?: string;
  /** Counts from 1. */
  attempt: number;
}

export interface PaymentInstruction {
  /** At most 35 characters, unique for ever: see `endToEndIdFor`. */
  endToEndId: string;
  amountFen: bigint;
  debtorAccount: string;
  debtorName: string;
  creditorAccount: string;
  creditorName: string;
  /** CNAPS bank code (联行号). */
  creditorBankCode: string;
  /** What the payee reads on the statement, at most 140 characters. */
  purpose: string;
  remittance: Remittance;
}

export interface PaymentBatch {
  /** At most 35 characters, unique for ever: see `messageIdFor`. */
  messageId: string;
  createdAt: BusinessMoment;
  /** The day on which the bank is to book. */
  requestedOn: PlainDate;
  instructions: PaymentInstruction[];
}

export interface BatchAnswer {
  messageId: string;
  /** One for each instruction, in the batch's order. */
  answers: PaymentAnswer[];
}

export interface PaymentQuestion {
  messageId: string;
  payments: readonly { endToEndId: string; amountFen: bigint }[];
  at: BusinessMoment;
}

/**
 * - `pending`: the bank has it and has not decided; - `accepted`: will be booked, is not yet;
 * - `booked`: paid on `bookedOn`; - `rejected`: will never be booked; - `returned`: was booked, and the money came back;
 * - `unknown-to-bank`: the bank has never received it.
 */
export type PaymentAnswerState = 'pending' | 'accepted' | 'booked' | 'rejected' | 'returned' | 'unknown-to-bank';

export interface PaymentAnswer {
  endToEndId: string;
  state: PaymentAnswerState;
  /** With `booked` and `returned`: the bank's booking date, which is the date paid. */
  bookedOn?: PlainDate;
  /** With `returned`: the day on which the money came back. */
  returnedOn?: PlainDate;
  /** With `booked` and `returned`: the bank's own reference of the booking. */
  bankReference?: string;
  /** ISO 20022 external reason code, with `rejected` and `returned` (`AC04`: closed account). */
  reasonCode?: string;
  reason?: string;
}

export interface BankEntry {
  /** The bank's reference, unique within the account. */
  bankReference: string;
  /** Always positive; the direction says which way. */
  amountFen: bigint;
  /** `debit` left the account, `credit` came in. */
  direction: 'debit' | 'credit';
  bookedOn: PlainDate;
  /** Of the payment; absent for money that somebody paid in without one. */
  endToEndId?: string;
  messageId?: string;
  /** The other side. */
  counterpartyName?: string;
  counterpartyAccount?: string;
  text?: string;
  remittance?: Remittance;
  /** Set when this entry gives back a payment that was booked before. */
  returned?: { reasonCode: string; reason?: string };
}

export interface BankStatement {
  account: string;
  date: PlainDate;
  openingFen: bigint;
  closingFen: bigint;
  entries: BankEntry[];
}

/** The request left and no readable answer came: the payments may or may not have been executed. Ask; never send again. */
export class BankTimeout extends Error {
  override readonly name = 'BankTimeout';
}

/** No connection to the bank came about: nothing was delivered, and the same message may be sent later. */
export class BankUnreachable extends Error {
  override readonly name = 'BankUnreachable';
}
