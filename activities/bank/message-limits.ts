import { formatYuan, parseYuan } from '../../domain/money';
import { Refusal } from '../../domain/refusal';
import { MAX_INSTRUCTIONS } from './iso20022/pain001';
import type { MessageLimits } from './port';

/** Where a bank names no limit of its own. */
export const DEFAULT_LIMITS: MessageLimits = { maxPayments: 1_000 };

/**
 * A bank's limits as the environment names them: `SETTLE_BANK_MAX_PAYMENTS`, payments a message, and
 * `SETTLE_BANK_MAX_AMOUNT`, yuan a message.
 *
 * @throws Refusal `UsageInvalid` for what is no limit
 */
export function messageLimits(env: NodeJS.ProcessEnv): MessageLimits {
  const { SETTLE_BANK_MAX_PAYMENTS: payments, SETTLE_BANK_MAX_AMOUNT: amount } = env;
  const maxPayments = payments ? Number(payments) : DEFAULT_LIMITS.maxPayments;
  if (!Number.isInteger(maxPayments) || maxPayments < 1 || maxPayments > MAX_INSTRUCTIONS)
    throw new Refusal('UsageInvalid', `SETTLE_BANK_MAX_PAYMENTS is ${payments}, not 1 to ${MAX_INSTRUCTIONS}`);
  if (!amount) return { maxPayments };
  const maxAmountFen = parseYuan(amount);
  if (maxAmountFen === undefined || maxAmountFen <= 0n)
    throw new Refusal(
      'UsageInvalid',
      `SETTLE_BANK_MAX_AMOUNT is ${amount}, not an amount such as ${formatYuan(1_00n)}`,
    );
  return { maxPayments, maxAmountFen };
}

/**
 * Cuts payments, in their order, into as few messages as fit the limits. A payment that is more than a message may carry goes
 * alone: whether the bank takes it is the bank's to say, and it answers for that payment only.
 */
export function cutIntoMessages<Payment extends { amountFen: bigint }>(
  payments: readonly Payment[],
  { maxPayments, maxAmountFen }: MessageLimits,
): Payment[][] {
  const messages: Payment[][] = [];
  let amountFen = 0n;
  for (const payment of payments) {
    const current = messages.at(-1);
    const fits =
      current !== undefined &&
      current.length < maxPayments &&
      (maxAmountFen === undefined || amountFen + payment.amountFen <= maxAmountFen);
    if (fits) current.push(payment);
    else messages.push([payment]);
    amountFen = fits ? amountFen + payment.amountFen : payment.amountFen;
  }
  return messages;
}
