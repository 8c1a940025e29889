import { formatYuan } from '../../domain/money';
import type { PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import type { Remittance } from '../../activities/bank/port';

/** What the people of a rehearsal do at the bank themselves, past the engine: open accounts and pay money in. */
export interface IncomingMoney {
  /** The payer's own key; the same id again is the same money, booked once. */
  id: string;
  account: string;
  amountFen: bigint;
  bookedOn: PlainDate;
  payerName: string;
  payerAccount?: string;
  text?: string;
  remittance?: Remittance;
}

export interface BankScriptClient {
  /** Registers accounts held at the bank; again with the same opening balance changes nothing. @throws Refusal `IdempotencyConflict` */
  openAccounts(accounts: readonly { account: string; openingFen: bigint }[]): Promise<void>;
  /** Books money that others pay in, all of it or nothing. @throws Refusal `IdempotencyConflict` */
  credit(credits: readonly IncomingMoney[]): Promise<void>;
}

export function createBankScriptClient(baseUrl: string): BankScriptClient {
  async function post(service: string, body: unknown): Promise<void> {
    const response = await fetch(new URL(service, baseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const words = await response.text();
    if (response.status === 409) throw new Refusal('IdempotencyConflict', `bank simulator: ${words}`);
    if (!response.ok) throw new Refusal('BankMessageInvalid', `bank simulator: status ${response.status}: ${words}`);
  }
  return {
    openAccounts: (accounts) =>
      post(
        '/accounts',
        accounts.map(({ account, openingFen }) => ({ account, opening: formatYuan(openingFen) })),
      ),
    credit: (credits) =>
      post(
        '/credit',
        credits.map(({ amountFen, ...rest }) => ({ ...rest, amount: formatYuan(amountFen) })),
      ),
  };
}
