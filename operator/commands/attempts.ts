import { randomUUID } from 'node:crypto';
import { findAttempt, recordAttempt, recordOutcome, type Attempt } from '../../db/attempts';
import { Refusal } from '../../domain/refusal';
import type { CommandContext } from './context';

/** Records the attempt, runs it, and records what came of it. */
export async function attempted<T>(
  { db, log }: Pick<CommandContext, 'db' | 'log'>,
  attempt: Attempt,
  run: () => Promise<T>,
): Promise<T> {
  const earlier = await findAttempt(db, attempt.updateId);
  const attemptId = await recordAttempt(db, attempt);
  const { caseId, requestId, subject, action } = attempt;
  const fields = { caseId, requestId, subject, action };
  try {
    if (earlier) assertSame(earlier, attempt);
    const result = await run();
    await recordOutcome(db, attemptId, 'accepted');
    log.info(fields, 'accepted');
    return result;
  } catch (error) {
    const [code, message] = error instanceof Refusal ? [error.code, error.message] : ['fault', String(error)];
    await recordOutcome(db, attemptId, code, message);
    log.warn({ ...fields, code }, message);
    throw error;
  }
}

const IDENTITY = [
  'caseId',
  'region',
  'subject',
  'requestId',
  'person',
  'action',
  'level',
  'contentSha256',
  'reason',
] as const;

/** The same key with other content is an error, whatever the difference. */
function assertSame(earlier: Omit<Attempt, 'at'>, attempt: Attempt): void {
  const differs = IDENTITY.filter((key) => (earlier[key] ?? '') !== (attempt[key] ?? ''));
  if (differs.length === 0) return;
  throw new Refusal('IdempotencyConflict', `this update id was used before with another ${differs.join(', ')}`, {
    updateId: attempt.updateId,
    caseId: earlier.caseId,
  });
}

/** An attempt that no workflow is asked about: each is one of its own. */
export function ownAttempt(attempt: Omit<Attempt, 'updateId'>): Attempt {
  return { updateId: randomUUID(), ...attempt };
}

/** Keeps one refused part of something bigger. */
export async function keepRefused(
  { db }: Pick<CommandContext, 'db'>,
  attempt: Attempt,
  refusal: Refusal,
): Promise<void> {
  await recordOutcome(db, await recordAttempt(db, attempt), refusal.code, refusal.message);
}
