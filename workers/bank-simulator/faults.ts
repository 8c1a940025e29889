import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Remittance } from '../../activities/bank/port';
import { isPlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';

const date = z.string().refine(isPlainDate, 'must be a date like 2026-04-27');

/**
 * One scripted fault. Every key that is given must agree with the payment's remittance; `kind` is `payment` and
 * `attempt` 1 unless they say otherwise. The entries of a scenario's `bank:` list are read as they stand, so `retryOn`,
 * which is for the operator, is accepted and passed over.
 */
const faultSchema = z.strictObject({
  kind: z.enum(['payment', 'disbursement', 'agency-return', 'fund']).default('payment'),
  region: z.string().optional(),
  period: z.string().optional(),
  institution: z.string().optional(),
  enterprise: z.string().optional(),
  pool: z.string().optional(),
  attempt: z.number().int().positive().default(1),
  outcome: z.enum(['rejected', 'timeout-paid', 'timeout-unpaid', 'duplicate-reply', 'late', 'returned']),
  /** ISO 20022 external status reason; with `rejected` and `returned`. AC04: the account is closed. */
  reasonCode: z.string().min(1).max(4).default('AC04'),
  reason: z.string().max(105).optional(),
  /** With `late`: the booking date; the next day where it is left out. */
  bookedOn: date.optional(),
  /** With `returned`: when the money comes back; the day after the booking where it is left out. */
  returnedOn: date.optional(),
  retryOn: z.string().optional(),
});

export type Fault = z.infer<typeof faultSchema>;

/** @throws Refusal `FileInvalid` naming the entry and the key. */
export function parseFaults(value: unknown, file: string): Fault[] {
  const result = z.array(faultSchema).safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new Refusal('FileInvalid', `${file}: ${path.join('.') || 'the file'}: ${message}`, { place: { file } });
}

/** @throws Refusal `FileInvalid` when the file is not a JSON array of faults. */
export function readFaults(file: string): Fault[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Refusal('FileInvalid', `${file}: ${(error as Error).message}`, { place: { file } });
  }
  return parseFaults(value, file);
}

const MATCHED = ['kind', 'region', 'period', 'institution', 'enterprise', 'pool', 'attempt'] as const;

/** The first fault written for this payment, or undefined. */
export function findFault(faults: readonly Fault[], remittance: Remittance): Fault | undefined {
  return faults.find((fault) => MATCHED.every((key) => fault[key] === undefined || fault[key] === remittance[key]));
}
