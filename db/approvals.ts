import type { Knex } from 'knex';
import type { ApprovalLevel, ApprovalRequest, CaseAct, DecisionInput, ReleaseInput } from '../domain/approval';
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
  /** Payees that every level has to look at (新医保发〔2025〕50号 六(三)). */
  markedPayees: number;
  state: 'open' | 'approved' | 'rejected' | 'released';
  decisions: ApprovalRequest['decisions'];
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
    db.raw('(select count(*)::int from settle.payee_flags f where f.request_id = r.request_id) as marked_payees'),
    db.raw(`(select coalesce(jsonb_agg(jsonb_strip_nulls(
                jsonb_build_object('level', d.level, 'person', d.person, 'actingFor', d.acting_for, 'decision', d.decision))
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
    markedPayees: row.marked_payees,
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
    `insert into settle.approval_decisions (request_id, level_no, level, person, acting_for, decision, content_sha256, reason, payees_confirmed, decided_on, at_time)
     select ?, count(d.*) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ? from settle.approval_decisions d where d.request_id = ?`,
    [
      input.requestId,
      input.level,
      input.person,
      input.actingFor ?? null,
      input.decision,
      input.contentSha256,
      input.reason,
      input.payeesConfirmed ?? false,
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
    acting_for: input.actingFor ?? null,
    content_sha256: input.contentSha256,
    released_on: at.date,
    at_time: at.time,
  });
}

/** Who did which step of a case, over all its requests. */
export async function loadActs(db: Knex, caseId: string): Promise<CaseAct[]> {
  const { rows } = await db.raw<{ rows: CaseAct[] }>('select person, step from settle.acts_on_case(?)', [caseId]);
  return rows;
}
