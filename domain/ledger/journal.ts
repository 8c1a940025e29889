import type { PlainDate } from '../plain-date';
import type { Book } from './chart';
import type { LedgerEvent } from './posting-rules';

/** The published policy a journal was made under (DESIGN 4). `sha256` is the policy file's, 64 hexadecimal digits. */
export interface PolicyStamp {
  readonly id: string;
  readonly version: string;
  readonly sha256: string;
}

/** One amount from one account to another: debit and credit in one row, so a journal cannot be out of balance. */
export interface Transfer {
  /** Path of the debited account (`supervised/cash`). */
  readonly debit: string;
  /** Path of the credited account, in the same book. */
  readonly credit: string;
  /** Above zero. */
  readonly amountFen: bigint;
}

/** What is posted as one: balanced, in one book, under one business key. */
export interface Journal {
  readonly book: Book;
  /** Unique per region and book. The same key with the same content is posted once; with other content it is refused. */
  readonly key: string;
  /** Business date. */
  readonly date: PlainDate;
  readonly event: LedgerEvent;
  /** What the journal belongs to; the two journals of a movement between the books share it. */
  readonly reference: string;
  /** Workflow id of the case that posted (`prepayment/650500/2026`). */
  readonly caseId: string;
  readonly policy: PolicyStamp;
  /** At least one; two identical accounts may come twice. */
  readonly transfers: readonly Transfer[];
}
