import { hashText } from '../../activities/bank/ids';
import type { BankEntry, BankStatement, PaymentInstruction, Remittance } from '../../activities/bank/port';
import { yuan } from '../../domain/money';
import type { PlainDate } from '../../domain/plain-date';

/** What the made-up bank has decided on a payment; everything it ever says of it follows from this. */
export type Decision =
  /** Executed; `returnedOn` when the money comes back; `twice` when the bank reports everything twice. */
  | {
      outcome: 'booked';
      bookedOn: PlainDate;
      returnedOn?: PlainDate;
      twice?: true;
      reasonCode?: string;
      reason?: string;
    }
  | { outcome: 'rejected'; reasonCode: string; reason?: string }
  /** The message arrived, this payment of it did not: the bank knows nothing of it. */
  | { outcome: 'lost' };

export interface StoredPayment extends Omit<PaymentInstruction, 'amountFen'> {
  /** Yuan, as text: the journal is JSON. */
  amount: string;
  messageId: string;
  decision: Decision;
}

/** Money that somebody pays into an account that is held here. */
export interface Credit {
  /** Chosen by the payer; the same id again is the same credit. */
  id: string;
  account: string;
  amount: string;
  bookedOn: PlainDate;
  payerName: string;
  payerAccount?: string | undefined;
  text?: string | undefined;
  remittance?: Remittance | undefined;
}

/** Accounts and what is booked on them. Both sides of a payment are booked, whoever holds the payee's account. */
export interface Books {
  open(account: string, opening: string): void;
  /** Yuan; undefined for an account that was never opened. */
  openingOf(account: string): string | undefined;
  bookPayment(payment: StoredPayment): void;
  bookCredit(credit: Credit): void;
  /** Undefined when the bank has never heard of the account. */
  statement(account: string, date: PlainDate): BankStatement | undefined;
  /** Accounts that were opened here or paid from here, with their days that have entries, from one to before another. */
  movedDays(from: PlainDate, before: PlainDate): { account: string; date: PlainDate }[];
}

export function createBooks(): Books {
  const openings = new Map<string, string>();
  const booked = new Map<string, Map<PlainDate, BankEntry[]>>();
  const debtors = new Set<string>();

  function book(account: string, entry: BankEntry): void {
    let days = booked.get(account);
    if (!days) booked.set(account, (days = new Map<PlainDate, BankEntry[]>()));
    const day = days.get(entry.bookedOn);
    if (day) day.push(entry);
    else days.set(entry.bookedOn, [entry]);
  }

  return {
    open: (account, opening) => void openings.set(account, opening),
    openingOf: (account) => openings.get(account),
    bookPayment(payment) {
      debtors.add(payment.debtorAccount);
      for (const entry of debtorEntries(payment)) book(payment.debtorAccount, entry);
      for (const entry of debtorEntries(payment)) book(payment.creditorAccount, mirrored(entry, payment));
    },
    movedDays: (from, before) =>
      [...new Set([...openings.keys(), ...debtors])].sort().flatMap((account) =>
        [...(booked.get(account)?.keys() ?? [])]
          .filter((date) => date >= from && date < before)
          .sort()
          .map((date) => ({ account, date })),
      ),
    bookCredit: (credit) => book(credit.account, creditEntry(credit)),
    statement(account, date) {
      const days = booked.get(account);
      const opening = openings.get(account);
      if (!days && opening === undefined) return undefined;
      let openingFen = yuan(opening ?? '0');
      for (const [day, entries] of days ?? []) if (day < date) openingFen += movement(entries);
      // By reference and not by arrival: parallel cases reach the bank in any order.
      const entries = [...(days?.get(date) ?? [])].sort((a, b) => (a.bankReference < b.bankReference ? -1 : 1));
      return { account, date, openingFen, closingFen: openingFen + movement(entries), entries };
    },
  };
}

function movement(entries: readonly BankEntry[]): bigint {
  return entries.reduce((sum, { direction, amountFen }) => sum + (direction === 'credit' ? amountFen : -amountFen), 0n);
}

/** Entries on the payer's account: none, the booking, or the booking and the return of the money. */
export function debtorEntries(payment: StoredPayment): BankEntry[] {
  const { decision, endToEndId, messageId, remittance, purpose } = payment;
  if (decision.outcome !== 'booked') return [];
  const { bookedOn, returnedOn, reasonCode, reason } = decision;
  const common = {
    amountFen: yuan(payment.amount),
    endToEndId,
    messageId,
    counterpartyName: payment.creditorName,
    counterpartyAccount: payment.creditorAccount,
    ...(purpose !== '' && { text: purpose }),
    remittance,
  };
  const booking: BankEntry = {
    ...common,
    bankReference: reference('B', bookedOn, endToEndId),
    direction: 'debit',
    bookedOn,
  };
  if (returnedOn === undefined) return [booking];
  return [
    booking,
    {
      ...common,
      bankReference: reference('R', returnedOn, endToEndId),
      direction: 'credit',
      bookedOn: returnedOn,
      returned: { reasonCode: reasonCode ?? 'NARR', ...(reason !== undefined && { reason }) },
    },
  ];
}

function mirrored(entry: BankEntry, payment: StoredPayment): BankEntry {
  return {
    ...entry,
    bankReference: reference(entry.direction === 'debit' ? 'C' : 'D', entry.bookedOn, payment.endToEndId),
    direction: entry.direction === 'debit' ? 'credit' : 'debit',
    counterpartyName: payment.debtorName,
    counterpartyAccount: payment.debtorAccount,
  };
}

function creditEntry(credit: Credit): BankEntry {
  return {
    bankReference: reference('I', credit.bookedOn, credit.id),
    amountFen: yuan(credit.amount),
    direction: 'credit',
    bookedOn: credit.bookedOn,
    counterpartyName: credit.payerName,
    ...(credit.payerAccount !== undefined && { counterpartyAccount: credit.payerAccount }),
    ...(credit.text !== undefined && { text: credit.text }),
    ...(credit.remittance && { remittance: credit.remittance }),
  };
}

/** From the payment alone, not from a counter: two runs of one rehearsal give the same references. */
function reference(side: string, date: PlainDate, key: string): string {
  return `${side}${date.replaceAll('-', '')}${hashText(key, 16)}`;
}
