/** Life of a payment (DESIGN 5.4); the database holds the same transitions as data. */
export const PaymentState = {
  Prepared: 'prepared',
  Approved: 'approved',
  Held: 'held',
  Released: 'released',
  Sent: 'sent',
  Unknown: 'unknown',
  Succeeded: 'succeeded',
  Failed: 'failed',
  Returned: 'returned',
  Cancelled: 'cancelled',
} as const;
export type PaymentState = (typeof PaymentState)[keyof typeof PaymentState];

export type PaymentKind = 'disbursement' | 'agency-return' | 'payment' | 'fund';

/** How many payments of a case are in which state; states without payments are left out. */
export type PaymentCounts = Partial<Record<PaymentState, number>>;

const WITH_THE_BANK: readonly PaymentState[] = [PaymentState.Sent, PaymentState.Unknown];
const WITH_AN_OPERATOR: readonly PaymentState[] = [PaymentState.Failed, PaymentState.Returned];
const FINAL: readonly PaymentState[] = [PaymentState.Succeeded, PaymentState.Cancelled];

function count(counts: PaymentCounts, states: readonly PaymentState[]): number {
  return states.reduce((total, state) => total + (counts[state] ?? 0), 0);
}

export function waitsForBank(counts: PaymentCounts): boolean {
  return count(counts, WITH_THE_BANK) > 0;
}

export function waitsForOperator(counts: PaymentCounts): boolean {
  return count(counts, WITH_AN_OPERATOR) > 0;
}

/** Whether the case waits for the next run of held payments and for nothing before it. */
export function waitsForResumption(counts: PaymentCounts): boolean {
  return count(counts, [PaymentState.Held]) > 0 && !waitsForBank(counts);
}

/** Whether nothing is left to do: every payment succeeded or was cancelled. */
export function allFinal(counts: PaymentCounts): boolean {
  const total = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return count(counts, FINAL) === total;
}

/** What an operator may do with a payment that did not arrive. */
export type OperatorAction = 'retry' | 'correct' | 'cancel';

export interface OperatorInput {
  /** Given by the caller: the same action repeated is done once. */
  actionId: string;
  action: OperatorAction;
  paymentIds: string[];
  person: string;
  reason: string;
  /** For `correct` only: the account as it should be. */
  account?: { name: string; account: string; bankCode: string };
}
