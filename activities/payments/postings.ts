import type { PaymentRecord } from '../../db/payments';
import type { Book, Journal, LedgerEvent, PolicyStamp, Transfer } from '../../domain/ledger';
import { fundAccounts, supervisedAccounts } from '../../domain/ledger';
import { fundPurposeOf } from '../../domain/fund/ids';
import { groupBy } from '../../domain/group-by';
import type { PaymentKind } from '../../domain/payment';
import type { Pool } from '../../domain/pools';
import type { PlainDate } from '../../domain/plain-date';

/** What the bank did with a payment, as far as the books care. */
export type BankStage = 'sent' | 'booked' | 'failed' | 'returned';

interface Posting {
  book: Book;
  event: LedgerEvent;
  debit: string;
  credit: string;
}

type PostingsOf = (payment: PaymentRecord, isSettled: boolean) => Record<BankStage, Posting[]>;

/**
 * The postings of DESIGN 6 for each kind of payment. A failed payment reverses its sending, a returned one its booking
 * too; a movement between the two books is a journal in each, with one reference.
 */
const POSTINGS: Partial<Record<PaymentKind, PostingsOf>> = {
  disbursement: (payment) => {
    const { institution, pool, advanceYear } = namesOf(payment);
    const advance = fundAccounts.advanceVbp(pool, institution, advanceYear);
    const transit = fundAccounts.transit(pool, institution);
    const cash = fundAccounts.cash(pool);
    const prepayment = supervisedAccounts.prepayment(institution);
    const supervised = supervisedAccounts.cash();
    return {
      sent: [{ book: 'fund', event: 'disbursement-sent', debit: advance, credit: transit }],
      booked: [
        { book: 'fund', event: 'disbursement-booked', debit: transit, credit: cash },
        { book: 'supervised', event: 'disbursement-booked', debit: supervised, credit: prepayment },
      ],
      failed: [{ book: 'fund', event: 'disbursement-failed', debit: transit, credit: advance }],
      returned: [
        { book: 'fund', event: 'disbursement-returned', debit: cash, credit: advance },
        { book: 'supervised', event: 'disbursement-returned', debit: prepayment, credit: supervised },
      ],
    };
  },
  'agency-return': (payment) => {
    const { institution, pool, advanceYear } = namesOf(payment);
    const returning = supervisedAccounts.returning(institution);
    const transit = supervisedAccounts.transitToFund(institution);
    const supervised = supervisedAccounts.cash();
    const advance = fundAccounts.advanceVbp(pool, institution, advanceYear);
    const cash = fundAccounts.cash(pool);
    return {
      sent: [{ book: 'supervised', event: 'return-move-sent', debit: returning, credit: transit }],
      booked: [
        { book: 'supervised', event: 'return-move-booked', debit: transit, credit: supervised },
        { book: 'fund', event: 'return-move-booked', debit: cash, credit: advance },
      ],
      failed: [{ book: 'supervised', event: 'return-move-failed', debit: transit, credit: returning }],
      returned: [
        { book: 'supervised', event: 'return-move-returned', debit: supervised, credit: returning },
        { book: 'fund', event: 'return-move-returned', debit: advance, credit: cash },
      ],
    };
  },
  payment: (payment) => {
    const { institution, enterprise } = partiesOf(payment);
    const payable = supervisedAccounts.payable(institution, enterprise);
    const transit = supervisedAccounts.transitToEnterprise(institution, enterprise);
    const supervised = supervisedAccounts.cash();
    return {
      sent: [{ book: 'supervised', event: 'payment-sent', debit: payable, credit: transit }],
      booked: [{ book: 'supervised', event: 'payment-booked', debit: transit, credit: supervised }],
      failed: [{ book: 'supervised', event: 'payment-failed', debit: transit, credit: payable }],
      returned: [{ book: 'supervised', event: 'payment-returned', debit: supervised, credit: payable }],
    };
  },
  fund: fundPostings,
};

/**
 * 月预拨, 月结算, a release of held money, and a transfer between the fund's own accounts (宿迁 2025-06-13 四). A pre-allocation whose
 * month is settled is no advance any more: what comes back of it, or goes out again, is expense as a settlement is.
 */
function fundPostings(payment: PaymentRecord, isSettled: boolean): Record<BankStage, Posting[]> {
  const pool = payment.pool as Pool;
  const cash = fundAccounts.cash(pool);
  const own = fundPurposeOf(payment.paymentId);
  const purpose = own === 'preallocation' && isSettled ? 'settlement' : own;
  const of = (event: LedgerEvent, debit: string, credit: string): Posting => ({ book: 'fund', event, debit, credit });
  if (purpose === 'transfer') {
    const deposit = fundAccounts.fiscalDeposit(pool);
    const returned = [of('fiscal-transfer-returned', deposit, cash)];
    return { sent: [], booked: [of('fiscal-transfer', cash, deposit)], failed: [], returned };
  }
  const transit = fundAccounts.transit(pool, payment.institution!);
  const used =
    purpose === 'preallocation' ? fundAccounts.advanceInstant(pool, payment.institution!) : fundAccounts.benefit(pool);
  const [held, contra] = [fundAccounts.memoHeld(pool, payment.institution!), fundAccounts.memoContra(pool)];
  const isRelease = purpose === 'release';
  return {
    sent: [...(isRelease ? [of('release-sent', contra, held)] : []), of(`${purpose}-sent`, used, transit)],
    booked: [of(`${purpose}-booked`, transit, cash)],
    failed: [...(isRelease ? [of('release-failed', held, contra)] : []), of(`${purpose}-failed`, transit, used)],
    returned: [...(isRelease ? [of('release-returned', held, contra)] : []), of(`${purpose}-returned`, cash, used)],
  };
}

/** Who pays whom. */
export function partiesOf({ paymentId, institution, enterprise }: PaymentRecord): {
  institution: string;
  enterprise: string;
} {
  if (institution === undefined || enterprise === undefined)
    throw new TypeError(`${paymentId} names no institution or enterprise`);
  return { institution, enterprise };
}

function namesOf(payment: PaymentRecord): { institution: string; pool: Pool; advanceYear: number } {
  const { institution, pool, advanceYear } = payment;
  if (institution === undefined || pool === undefined || advanceYear === undefined)
    throw new TypeError(`${payment.paymentId} names no institution, pool or year of the advance`);
  return { institution, pool: pool as Pool, advanceYear };
}

/**
 * The journals of one stage of one attempt. Keys carry the attempt, so a retry posts anew and a repeat does not.
 *
 * @param isSettled of a pre-allocation: whether its month is settled with it
 */
export function journalsFor(
  payment: PaymentRecord,
  stage: BankStage,
  date: PlainDate,
  policy: PolicyStamp,
  isSettled = false,
): Journal[] {
  const postings = POSTINGS[payment.kind]?.(payment, isSettled)[stage];
  if (!postings) throw new TypeError(`payments of kind ${payment.kind} have no postings`);
  // What is posted to one book in one stage is one journal.
  return [...groupBy(postings, ({ book }) => book).values()].map((group) => ({
    book: group[0]!.book,
    key: `${payment.paymentId}#${payment.attempt}/${stage}`,
    date,
    event: group[0]!.event,
    reference: payment.paymentId,
    caseId: payment.caseId,
    policy,
    transfers: group.map(({ debit, credit }): Transfer => ({ debit, credit, amountFen: payment.amountFen })),
  }));
}
