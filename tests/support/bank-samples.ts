import { endToEndIdFor } from '../../activities/bank/ids';
import type { PaymentBatch, PaymentInstruction, Remittance } from '../../activities/bank/port';
import { yuan } from '../../domain/money';
import { plainDate } from '../../domain/plain-date';

/** A payment to a made-up enterprise; `changes` go into its business key. */
export function samplePayment(changes: Partial<Remittance> = {}, amount = '1234.56'): PaymentInstruction {
  const remittance: Remittance = {
    kind: 'payment',
    region: '650500',
    period: '2026-04',
    institution: 'H65050100001',
    enterprise: 'E0001',
    attempt: 1,
    ...changes,
  };
  return {
    endToEndId: endToEndIdFor(remittance),
    amountFen: yuan(amount),
    debtorAccount: '650500000000000001',
    debtorName: '示例市医疗保障局',
    creditorAccount: '0000999000000001',
    creditorName: '示例第一医药有限公司',
    creditorBankCode: '000000999000',
    purpose: '集采药品货款',
    remittance,
  };
}

/** A batch asked for on 21 April 2026, at 14:00 of that day. */
export function sampleBatch(
  instructions: PaymentInstruction[],
  messageId = 'window/650500/2026-04.pay.1',
): PaymentBatch {
  const date = plainDate('2026-04-21');
  return { messageId, createdAt: { date, time: '14:00' }, requestedOn: date, instructions };
}
