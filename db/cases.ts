import type { Knex } from 'knex';
import type { BusinessMoment, DuePoint } from '../domain/business-time';
import { toEpochMs } from '../domain/business-time';
import type { PolicyStamp } from '../domain/ledger/journal';
import type { PlainDate } from '../domain/plain-date';
import type { PolicyFile } from '../domain/policy';
import { Refusal } from '../domain/refusal';

export interface CaseRecord {
  caseId: string;
  region: string;
  kind: string;
  period: string;
  state: string;
  policy: PolicyStamp;
  openedOn: PlainDate;
  closedOn: PlainDate | null;
}

export function policyStamp(file: PolicyFile): PolicyStamp {
  return { id: file.policy.id, version: file.policy.version, sha256: file.sha256 };
}

/** Opens a case under the version in force on its day. A case that is open keeps the version it began with. */
export async function openCase(
  db: Knex,
  input: { caseId: string; region: string; kind: string; period: string; policy: PolicyFile; at: BusinessMoment },
): Promise<CaseRecord> {
  const { id, version, sha256 } = policyStamp(input.policy);
  await db.raw(
    `insert into settle.cases (case_id, region, kind, period, policy_id, policy_version, policy_sha256, state, opened_on)
     values (?, ?, ?, ?, ?, ?, ?, 'opened', ?)
     -- What the rules refused may begin again when that is mended, under the version that it began with.
     on conflict (case_id) do update set state = 'opened', closed_on = null where settle.cases.state = 'refused'`,
    [input.caseId, input.region, input.kind, input.period, id, version, sha256, input.at.date],
  );
  await addEvents(db, input.caseId, input.at, [
    { key: 'opened', event: 'opened', actor: 'engine', detail: `${id} version ${version}` },
  ]);
  return loadCase(db, input.caseId);
}

export async function loadCase(db: Knex, caseId: string): Promise<CaseRecord> {
  const row = await db('settle.cases').where({ case_id: caseId }).first();
  if (!row) throw new Refusal('NotFound', `case ${caseId} is not known`, { caseId });
  return {
    caseId,
    region: row.region,
    kind: row.kind,
    period: row.period,
    state: row.state,
    policy: { id: row.policy_id, version: row.policy_version, sha256: row.policy_sha256 },
    openedOn: row.opened_on,
    closedOn: row.closed_on,
  };
}

/** Which step of which run of a case says something; later steps of a run have higher numbers. */
export interface Publication {
  run: string;
  step: number;
}

/**
 * What a case waits for, as the last of its steps says: two that speak at the same moment arrive in any order. One that is closed keeps the state in which it ended: a workflow task that the server did not take, for
 * news that had come meanwhile, runs again, and publishes once more what it published before it closed.
 */
export async function publishCase(
  db: Knex,
  input: { caseId: string; state: string; nextDue: DuePoint | null },
  { run, step }: Publication,
): Promise<void> {
  const due = input.nextDue && new Date(toEpochMs(input.nextDue.date, input.nextDue.phase));
  await db('settle.cases')
    .where({ case_id: input.caseId })
    .whereNull('closed_on')
    .whereRaw('(published_run is distinct from ? or published_step <= ?)', [run, step])
    .update({ state: input.state, next_due_at: due, published_run: run, published_step: step });
}

export async function closeCase(db: Knex, input: { caseId: string; state: string; at: BusinessMoment }): Promise<void> {
  await db.transaction(async (trx) => {
    const closed = await trx('settle.cases')
      .where({ case_id: input.caseId })
      .whereNull('closed_on')
      .update({ state: input.state, next_due_at: null, closed_on: input.at.date });
    // A case that was refused before it was opened has no row, and one that is closed is closed.
    if (closed === 0) return;
    const { rows } = await trx.raw<{ rows: { closings: bigint }[] }>(
      `select count(*) as closings from settle.case_events where case_id = ? and event = 'closed'`,
      [input.caseId],
    );
    await addEvents(trx, input.caseId, input.at, [
      { key: `closed/${rows[0]!.closings}`, event: 'closed', actor: 'engine', detail: input.state },
    ]);
  });
}

export interface CaseEvent {
  /** What makes the event one: a repeated step writes it once. */
  key: string;
  event: string;
  /** `engine`, `bank`, an institution or a person. */
  actor: string;
  detail: string;
}

export async function addEvents(
  db: Knex,
  caseId: string,
  at: BusinessMoment,
  events: readonly CaseEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await db.raw(
    `insert into settle.case_events (case_id, event_key, on_date, at_time, event, actor, detail)
     select ?, key, ?, ?, event, actor, detail from unnest(?::text[], ?::text[], ?::text[], ?::text[]) i (key, event, actor, detail)
     on conflict (case_id, event_key) do nothing`,
    [
      caseId,
      at.date,
      at.time,
      events.map(({ key }) => key),
      events.map(({ event }) => event),
      events.map(({ actor }) => actor),
      events.map(({ detail }) => detail),
    ],
  );
}

export async function hasEvent(db: Knex, caseId: string, key: string): Promise<boolean> {
  return (await db('settle.case_events').where({ case_id: caseId, event_key: key }).first('event_id')) !== undefined;
}

export async function addAlert(
  db: Knex,
  input: { caseId: string; kind: string; on: PlainDate; detail: string },
): Promise<void> {
  await db.raw(
    `insert into settle.alerts (region, kind, case_id, on_date, detail)
     select region, ?, case_id, ?, ? from settle.cases where case_id = ? on conflict do nothing`,
    [input.kind, input.on, input.detail, input.caseId],
  );
}

interface Days {
  first: PlainDate;
  last: PlainDate;
}

export async function loadAlerts(
  db: Knex,
  region: string,
  { first, last }: Days,
): Promise<{ kind: string; case: string; on: PlainDate }[]> {
  const rows = await db('settle.alerts')
    .where({ region })
    .whereBetween('on_date', [first, last])
    .select<{ kind: string; case_id: string; on_date: PlainDate }[]>('kind', 'case_id', 'on_date');
  return rows.map((row) => ({ kind: row.kind, case: row.case_id, on: row.on_date }));
}

export interface RecordedEvent extends Omit<CaseEvent, 'key'> {
  caseId: string;
  at: BusinessMoment;
}

/** What happened in a region's cases: by moment and case, and within one phase in the order in which the case did it. */
export async function loadEvents(db: Knex, region: string, { first, last }: Days): Promise<RecordedEvent[]> {
  const rows = await db('settle.case_events as e')
    .join('settle.cases as c', 'c.case_id', 'e.case_id')
    .where('c.region', region)
    .whereBetween('e.on_date', [first, last])
    // Receipts are booked side by side, in no order of their own; what the workflow does has one.
    .orderByRaw(
      `e.on_date, e.at_time, e.case_id collate "C", case when e.event = 'return-received' then 0 else e.event_id end, e.event_key collate "C"`,
    )
    .select<EventRow[]>('e.case_id', 'e.on_date', 'e.at_time', 'e.event', 'e.actor', 'e.detail');
  return rows.map((row) => ({
    caseId: row.case_id,
    at: { date: row.on_date, time: row.at_time },
    event: row.event,
    actor: row.actor,
    detail: row.detail,
  }));
}

interface EventRow {
  case_id: string;
  on_date: PlainDate;
  at_time: string;
  event: string;
  actor: string;
  detail: string;
}
