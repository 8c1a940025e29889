import type { PaymentState } from '../payment';

/** With whom a payment waits that has not arrived; `level` is the level of approval that is next. */
export function holderOf(state: PaymentState | 'none', level: string | undefined): string {
  switch (state) {
    case 'prepared':
      return level === undefined ? 'with the preparation' : `waits for ${level}`;
    case 'approved':
      return 'waits for the cashier';
    case 'held':
      return 'held: suspended, or another payee in the register';
    case 'failed':
    case 'returned':
      return 'waits for an operator';
    case 'released':
    case 'sent':
    case 'unknown':
      return 'with the bank';
    default:
      return 'not prepared';
  }
}
