import type { Knex } from 'knex';
import type { ApprovalLevel, DecisionInput, ReleaseInput } from '../domain/approval';
import type { BusinessMoment } from '../domain/business-time';

export interface RequestRecord {
  requestId: string;
  caseId: string;
  region: string;
  revision: number;
  subject: string;
  contentSha256: string;
  payments: number;
  amountFen: bigint;
  preparedBy: string;
  levels: ApprovalLevel[];
  state: 'open' | 'approved' | 'rejected' | 'released';
  decisions: { level: string; person: string; decision: 'approve' | 'reject' }[];
}

/** Raises a request over the payments that name it; the database takes the hash of what they say. */
export async function raiseRequest(
  db: Knex,
  input: {
    requestId: string;
    caseId: string;
    revision: number;
    subject: string;
    preparedBy: string;
    at: BusinessMoment;
    levels: readonly ApprovalLevel[];
  },
): Promise<void> {
  await db.raw('select settle.raise_request(?, ?, ?, ?, ?, ?, ?::jsonb)', [
    input.requestId,
    input.caseId,
    input.revision,
    input.subject,
    input.preparedBy,
    input.at.date,
    JSON.stringify(input.levels),
  ]);
}

export async function loadRequests(
  db: Knex,
  where: { requestId?: string; caseId?: string; states?: readonly string[]; regions?: readonly string[] },
): Promise<RequestRecord[]> {
  const query = db('settle.approval_requests as r').join('settle.cases as c', 'c.case_id', 'r.case_id');
  if (where.requestId !== undefined) void query.where('r.request_id', where.requestId);
  if (where.caseId !== undefined) void query.where('r.case_id', where.caseId);
  if (where.states) void query.whereIn('r.state', [...where.states]);
  if (where.regions) void query.whereIn('c.region', [...where.regions]);
  const rows = await query.orderBy('r.request_id').select(
    'r.*',
    'c.region',
    db.raw(`(select coalesce(jsonb_agg(jsonb_build_object('level', d.level, 'person', d.person, 'decision', d.decision)
              order by d.level_no), '[]') from settle.approval_decisions d where d.request_id = r.request_id) as decisions`),
  );
  return rows.map((row) => ({
    requestId: row.request_id,
    caseId: row.case_id,
    region: row.region,
    revision: row.revision,
    subject: row.subject,
    contentSha256: row.content_sha256,
    payments: row.payments,
    amountFen: row.amount_fen,
    preparedBy: row.prepared_by,
    levels: row.levels,
    state: row.state,
    decisions: row.decisions,
  }));
}

/**
 * Writes a decision once: the same person repeating the same decision on the level is the repeat of an activity.
 *
 * @throws Refusal of the approval rules, from the database
 */
export async function insertDecision(db: Knex, input: DecisionInput, at: BusinessMoment): Promise<void> {
  const same = await db('settle.approval_decisions')
    .where({ request_id: input.requestId, level: input.level, person: input.person, decision: input.decision })
    .where({ content_sha256: input.contentSha256 })
    .first('level_no');
  if (same) return;
  await db.raw(
    `insert into settle.approval_decisions (request_id, level_no, level, person, decision, content_sha256, reason, decided_on, at_time)
     select ?, count(d.*) + 1, ?, ?, ?, ?, ?, ?, ? from settle.approval_decisions d where d.request_id = ?`,
    [
      input.requestId,
      input.level,
      input.person,
      input.decision,
      input.contentSha256,
      input.reason,
      at.date,
      at.time,
      input.requestId,
    ],
  );
}

/** @throws Refusal of the approval rules, from the database */
export async function insertRelease(db: Knex, input: ReleaseInput, at: BusinessMoment): Promise<void> {
  const same = await db('settle.releases')
    .where({ request_id: input.requestId, person: input.person, content_sha256: input.contentSha256 })
    .first('person');
  if (same) return;
  await db('settle.releases').insert({
    request_id: input.requestId,
    person: input.person,
    content_sha256: input.contentSha256,
    released_on: at.date,
    at_time: at.time,
  });
}

export interface Attempt {
  updateId: string;
  caseId: string;
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
      case_id: attempt.caseId,
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
    caseId: row.case_id,
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
