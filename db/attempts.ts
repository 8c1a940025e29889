import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';

export interface Attempt {
  updateId: string;
  /** Left out where it was at no case; then the region is named. */
  caseId?: string;
  region?: string;
  /** What it was at, besides a case: a receipt, an exception, a day, a person. */
  subject?: string;
  requestId?: string;
  person: string;
  action: string;
  level?: string;
  contentSha256?: string;
  reason?: string;
  at: BusinessMoment;
}

/** Records an attempt before anything is decided; its outcome follows with {@link recordOutcome}. */
export async function recordAttempt(db: Knex, attempt: Attempt): Promise<bigint> {
  const [row] = await db('settle.decision_attempts')
    .insert({
      update_id: attempt.updateId,
      case_id: attempt.caseId ?? null,
      region: attempt.region ?? null,
      subject: attempt.subject ?? null,
      request_id: attempt.requestId ?? null,
      person: attempt.person,
      action: attempt.action,
      level: attempt.level ?? null,
      content_sha256: attempt.contentSha256 ?? null,
      reason: attempt.reason ?? '',
      on_date: attempt.at.date,
      at_time: attempt.at.time,
    })
    .returning<{ attempt_id: bigint }[]>('attempt_id');
  return row!.attempt_id;
}

/** What an update id was used for first, unless it was refused then: a refused update leaves nothing behind. */
export async function findAttempt(db: Knex, updateId: string): Promise<Omit<Attempt, 'at'> | undefined> {
  const row = await db('settle.decision_attempts as a')
    .leftJoin('settle.decision_outcomes as o', 'o.attempt_id', 'a.attempt_id')
    .where('a.update_id', updateId)
    .whereRaw(`coalesce(o.outcome, 'fault') in ('accepted', 'fault')`)
    .orderBy('a.attempt_id')
    .first('a.*');
  if (!row) return undefined;
  return {
    updateId,
    ...(row.case_id === null ? {} : { caseId: row.case_id }),
    ...(row.region === null ? {} : { region: row.region }),
    ...(row.subject === null ? {} : { subject: row.subject }),
    ...(row.request_id === null ? {} : { requestId: row.request_id }),
    person: row.person,
    action: row.action,
    ...(row.level === null ? {} : { level: row.level }),
    ...(row.content_sha256 === null ? {} : { contentSha256: row.content_sha256 }),
    reason: row.reason,
  };
}

export async function recordOutcome(db: Knex, attemptId: bigint, outcome: string, message = ''): Promise<void> {
  await db('settle.decision_outcomes').insert({ attempt_id: attemptId, outcome, message });
}

/** Whether what came under an update id was done: a command whose effect may be taken back since is not done again. */
export async function wasAccepted(db: Knex, updateId: string): Promise<boolean> {
  const row = await db('settle.decision_attempts as a')
    .join('settle.decision_outcomes as o', 'o.attempt_id', 'a.attempt_id')
    .where({ 'a.update_id': updateId, 'o.outcome': 'accepted' })
    .first('a.attempt_id');
  return row !== undefined;
}
