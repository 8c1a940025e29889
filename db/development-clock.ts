import type { Knex } from 'knex';
import { fromEpochMs, type BusinessMoment, type DuePoint, type Phase } from '../domain/business-time';
import { barrierMs } from '../domain/due-points';
import type { Period, PlainDate } from '../domain/plain-date';
import { Refusal } from '../domain/refusal';

/** A clock that begins at a business date and moves on command; for development, with simulated money only. */
export interface DevelopmentClock {
  beganOn: PlainDate;
  /** Business time minus the host's. */
  offsetMs: number;
  /** The last phase that the cases have been taken through. */
  reached: DuePoint;
}

/** Undefined where the host's clock counts, as it does in every real system. */
export async function findDevelopmentClock(db: Knex): Promise<DevelopmentClock | undefined> {
  const row = await db('settle.development_clock').first<
    { began_on: PlainDate; offset_ms: bigint; reached_on: PlainDate; reached_phase: Phase } | undefined
  >();
  return (
    row && {
      beganOn: row.began_on,
      offsetMs: Number(row.offset_ms),
      reached: { date: row.reached_on, phase: row.reached_phase },
    }
  );
}

/**
 * Gives a database a development clock, as its owner. One that has it keeps it as it stands.
 * @throws Refusal `DevelopmentClockForbidden` where work was done by the host's clock, or the clock began on another day
 */
export async function beginDevelopmentClock(owner: Knex, start: DuePoint, hostMs: number): Promise<void> {
  const existing = await findDevelopmentClock(owner);
  if (existing?.beganOn === start.date) return;
  if (existing)
    throw new Refusal(
      'DevelopmentClockForbidden',
      `the clock of this data began on ${existing.beganOn}, not on ${start.date}; \`settle clock advance\` moves it`,
      { beganOn: existing.beganOn },
    );
  if ((await owner('settle.regions').first('region')) !== undefined)
    throw new Refusal('DevelopmentClockForbidden', 'this data was worked on by the real clock');
  await owner('settle.development_clock').insert({
    began_on: start.date,
    offset_ms: Math.round(barrierMs(start) - hostMs),
    reached_on: start.date,
    reached_phase: start.phase,
  });
}

/** The clock stands behind a phase from now on; where it has run further by itself, it stays there. */
export async function moveDevelopmentClock(db: Knex, reached: DuePoint, hostMs: number): Promise<void> {
  await db.raw(
    `update settle.development_clock
        set reached_on = ?, reached_phase = ?, offset_ms = greatest(offset_ms, ?::bigint)`,
    [reached.date, reached.phase, Math.round(barrierMs(reached) - hostMs)],
  );
}

/** Regions whose cases of a month have not been started yet. */
export async function regionsWithoutMonth(db: Knex, month: Period): Promise<string[]> {
  return db('settle.regions as r')
    .whereNotExists(db('settle.development_months as m').whereRaw('m.region = r.region').where('m.month', month))
    .orderBy('r.region')
    .pluck<string[]>('r.region');
}

export async function saveMonth(db: Knex, regions: readonly string[], month: Period): Promise<void> {
  await db.raw(
    `insert into settle.development_months (region, month) select unnest(?::text[]), ? on conflict do nothing`,
    [[...regions], month],
  );
}

/** What the clock shows. */
export function developmentNow({ offsetMs }: Pick<DevelopmentClock, 'offsetMs'>, hostMs: number): BusinessMoment {
  return fromEpochMs(hostMs + offsetMs);
}

export interface ToldEvent {
  at: BusinessMoment;
  caseId: string;
  event: string;
  actor: string;
  detail: string;
}

/** The newest event of all cases, to ask later what has been told since. */
export async function lastEventId(db: Knex): Promise<bigint> {
  const [row] = await db('settle.case_events').max<{ newest: bigint | null }[]>('event_id as newest');
  return row?.newest ?? 0n;
}

/** What cases have told since an event, by moment and case. */
export async function eventsSince(db: Knex, eventId: bigint): Promise<ToldEvent[]> {
  const rows = await db('settle.case_events')
    .where('event_id', '>', eventId.toString())
    .orderByRaw('on_date, at_time, event_id')
    .select<{ on_date: PlainDate; at_time: string; case_id: string; event: string; actor: string; detail: string }[]>();
  return rows.map((row) => ({
    at: { date: row.on_date, time: row.at_time },
    caseId: row.case_id,
    event: row.event,
    actor: row.actor,
    detail: row.detail,
  }));
}
