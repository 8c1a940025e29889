import type { Knex } from 'knex';
import type { RequestRecord } from './approvals';

/** What an approver approves of one payment, out of the text that its hash is made of. */
export interface ApprovedContent {
  paymentId: string;
  amountFen: bigint;
  payeeName: string;
  payeeAccount: string;
  payeeBankCode: string;
}

/** The fields of the text that is approved, which is a JSON array. */
const FIELDS = `c.content ->> 0 as "paymentId", (c.content ->> 7)::bigint as "amountFen", c.content ->> 9 as "payeeName",
  c.content ->> 10 as "payeeAccount", c.content ->> 11 as "payeeBankCode"`;

async function readContents(db: Knex, source: string, requestId: string): Promise<ApprovedContent[]> {
  const { rows } = await db.raw<{ rows: ApprovedContent[] }>(
    `select ${FIELDS} from (${source}) c (content) order by 1`,
    [requestId],
  );
  return rows;
}

/** What a request contained when it was raised. */
export async function loadApprovedContents(db: Knex, requestId: string): Promise<ApprovedContent[]> {
  return readContents(db, 'select content::jsonb from settle.approval_items where request_id = ?', requestId);
}

/** What would be paid under a request now. */
export async function loadLiveContents(db: Knex, requestId: string): Promise<ApprovedContent[]> {
  const live = 'select settle.payment_content(p)::jsonb from settle.payments p where p.request_id = ?';
  return readContents(db, live, requestId);
}

/** The SHA-256 of what would be paid under a request now. */
export async function liveSha256(db: Knex, requestId: string): Promise<string> {
  const { rows } = await db.raw<{ rows: { sha256: string }[] }>('select settle.live_sha256(?) as sha256', [requestId]);
  return rows[0]!.sha256;
}

export interface RecordedAttempt {
  /** Null where it was at no case. */
  caseId: string | null;
  /** A receipt, an exception, a day, a person. */
  subject: string | null;
  requestId: string | null;
  date: string;
  time: string;
  person: string;
  action: string;
  level: string | null;
  reason: string;
  /** `accepted`, a refusal's code, `fault`, or null while nothing came of it. */
  outcome: string | null;
  message: string | null;
}

/** Every attempt at a decision, refused ones too, in the order in which they were made. */
export async function loadDecisionAttempts(
  db: Knex,
  where: { caseId?: string; requestId?: string; region?: string; refused?: boolean },
): Promise<RecordedAttempt[]> {
  const query = db('settle.decision_attempts as a').leftJoin(
    'settle.decision_outcomes as o',
    'o.attempt_id',
    'a.attempt_id',
  );
  if (where.caseId !== undefined) void query.where('a.case_id', where.caseId);
  if (where.requestId !== undefined) void query.where('a.request_id', where.requestId);
  if (where.region !== undefined)
    void query
      .leftJoin('settle.cases as c', 'c.case_id', 'a.case_id')
      .whereRaw('coalesce(a.region, c.region) = ?', [where.region]);
  if (where.refused) void query.whereRaw(`coalesce(o.outcome, 'fault') <> 'accepted'`);
  const rows = await query.orderBy('a.attempt_id').select('a.*', 'o.outcome', 'o.message');
  return rows.map((row) => ({
    caseId: row.case_id,
    subject: row.subject,
    requestId: row.request_id,
    date: row.on_date,
    time: row.at_time,
    person: row.person,
    action: row.action,
    level: row.level,
    reason: row.reason,
    outcome: row.outcome,
    message: row.message,
  }));
}

/** A case's requests, the newest revision last. */
export function byRevision(requests: readonly RequestRecord[]): RequestRecord[] {
  return [...requests].sort((a, b) => a.revision - b.revision);
}
