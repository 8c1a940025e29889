import type { Knex } from 'knex';
import type { BusinessMoment } from '../domain/business-time';
import { addDays, type PlainDate } from '../domain/plain-date';
import type { Role } from '../domain/region';
import { refusing } from './refusals';

/** Tells the transaction the day on which roles that a folder changes begin and end: SQL knows no business date. */
export async function sayBusinessDate(trx: Knex, on: PlainDate): Promise<void> {
  await trx.raw(`select set_config('settle.business_date', ?, true)`, [on]);
}

/** Who says so, why and when. */
export interface Said {
  by: string;
  reason: string;
  at: BusinessMoment;
}

export interface NewAppointment extends Said {
  region: string;
  person: string;
  role: Role;
  from: PlainDate;
  to?: PlainDate;
}

/** Takes somebody onto the staff list who came with no folder. */
export async function insertPerson(
  owner: Knex,
  input: { region: string; person: string; name: string },
): Promise<void> {
  await owner('settle.staff').insert({ ...input, roles: [], from_folder: false });
}

/** @throws Refusal `StaffConflict`, `PersonUnknown`, `ReasonMissing` */
export async function insertAppointment(owner: Knex, input: NewAppointment): Promise<void> {
  await refusing(
    owner('settle.appointments').insert({
      region: input.region,
      person: input.person,
      role: input.role,
      valid_from: input.from,
      valid_to: input.to ?? null,
      appointed_by: input.by,
      reason: input.reason,
      recorded_on: input.at.date,
      at_time: input.at.time,
    }),
  );
}

export interface OpenAppointment {
  appointmentId: bigint;
  role: Role;
  from: PlainDate | null;
  to: PlainDate | null;
}

/** Somebody's own appointments that hold after a day. */
export async function loadAppointmentsAfter(
  db: Knex,
  { region, person, day }: { region: string; person: string; day: PlainDate },
): Promise<OpenAppointment[]> {
  const rows = await db('settle.staff_terms')
    .where({ region, person })
    .where((query) => void query.whereNull('valid_to').orWhere('valid_to', '>', day))
    .orderBy(['role', 'appointment_id']);
  return rows.map((row) => ({
    appointmentId: row.appointment_id,
    role: row.role,
    from: row.valid_from,
    to: row.valid_to,
  }));
}

/** @throws Refusal `StaffConflict`, `ReasonMissing` */
export async function insertAppointmentEnd(
  owner: Knex,
  { appointmentId, lastDay, by, reason, at }: Said & { appointmentId: bigint; lastDay: PlainDate },
): Promise<void> {
  await refusing(
    owner('settle.appointment_ends').insert({
      appointment_id: appointmentId.toString(),
      last_day: lastDay,
      ended_by: by,
      reason,
      recorded_on: at.date,
      at_time: at.time,
    }),
  );
}

export interface NewDelegation extends Said {
  region: string;
  principal: string;
  delegate: string;
  role: Role;
  firstDay: PlainDate;
  lastDay: PlainDate;
}

/** @throws Refusal `DelegationInvalid`, `StaffConflict`, `PersonUnknown`, `ReasonMissing` */
export async function insertDelegation(owner: Knex, input: NewDelegation): Promise<void> {
  await refusing(
    owner('settle.delegations').insert({
      region: input.region,
      principal: input.principal,
      delegate: input.delegate,
      role: input.role,
      first_day: input.firstDay,
      last_day: input.lastDay,
      recorded_by: input.by,
      reason: input.reason,
      recorded_on: input.at.date,
      at_time: input.at.time,
    }),
  );
}

export interface HeldDelegation {
  delegationId: bigint;
  role: Role;
  firstDay: PlainDate;
}

/**
 * What somebody delegated to somebody else and goes on after a day, of each of these roles or of any; where nothing does, what
 * begins later. Who is back early keeps the leave that is planned for another time.
 */
export async function loadDelegationsAfter(
  db: Knex,
  {
    region,
    principal,
    delegate,
    roles,
    day,
  }: { region: string; principal: string; delegate: string; roles?: readonly string[] | undefined; day: PlainDate },
): Promise<HeldDelegation[]> {
  const query = db('settle.delegation_terms')
    .where({ region, principal, delegate })
    .where('last_day', '>', day)
    .orderBy(['role', 'delegation_id']);
  if (roles) void query.whereIn('role', [...roles]);
  const held = await query.select<HeldDelegation[]>({
    delegationId: 'delegation_id',
    role: 'role',
    firstDay: 'first_day',
  });
  const runs = ({ firstDay }: HeldDelegation): boolean => firstDay <= addDays(day, 1);
  const running = new Set(held.filter(runs).map(({ role }) => role));
  return running.size === 0 ? held : held.filter((each) => runs(each) || (roles && !running.has(each.role)));
}

/** @throws Refusal `StaffConflict`, `PersonUnknown`, `ReasonMissing` */
export async function insertDelegationEnd(
  owner: Knex,
  { delegationId, lastDay, by, reason, at }: Said & { delegationId: bigint; lastDay: PlainDate },
): Promise<void> {
  await refusing(
    owner('settle.delegation_ends').insert({
      delegation_id: delegationId.toString(),
      last_day: lastDay,
      ended_by: by,
      reason,
      recorded_on: at.date,
      at_time: at.time,
    }),
  );
}

/** One line of a person's history: what was said of their roles, by whom and when. */
export interface StaffEvent {
  /** Null for what the folder said when the region came in. */
  on: PlainDate | null;
  what: 'appointed' | 'ended' | 'delegated' | 'stands-in' | 'delegation-ended' | 'standing-in-ended';
  role: Role;
  from: PlainDate | null;
  to: PlainDate | null;
  /** The other one of a delegation. */
  other: string | null;
  by: string;
  reason: string;
}

/** Everything that was said of somebody's roles, in the order in which it was. */
export async function loadStaffHistory(db: Knex, region: string, person: string): Promise<StaffEvent[]> {
  const { rows } = await db.raw<{ rows: StaffEvent[] }>(
    `select "on"::text, what, role, "from"::text, "to"::text, other, "by", reason from (
       select recorded_on, at_time, 1, appointment_id, 'appointed', role, valid_from, valid_to, null, appointed_by, reason
         from settle.appointments where region = :region and person = :person
       union all
       select e.recorded_on, e.at_time, 2, e.end_id, 'ended', a.role, a.valid_from, e.last_day, null, e.ended_by, e.reason
         from settle.appointment_ends e join settle.appointments a using (appointment_id)
        where a.region = :region and a.person = :person
       union all
       select recorded_on, at_time, 3, delegation_id, case when principal = :person then 'delegated' else 'stands-in' end,
              role, first_day, last_day, case when principal = :person then delegate else principal end, recorded_by, reason
         from settle.delegations where region = :region and :person in (principal, delegate)
       union all
       select e.recorded_on, e.at_time, 4, e.end_id, case when d.principal = :person then 'delegation-ended' else 'standing-in-ended' end,
              d.role, d.first_day, e.last_day, case when d.principal = :person then d.delegate else d.principal end, e.ended_by, e.reason
         from settle.delegation_ends e join settle.delegations d using (delegation_id)
        where d.region = :region and :person in (d.principal, d.delegate)
     ) h ("on", "time", kind, id, what, role, "from", "to", other, "by", reason)
     order by h."on" nulls first, h."time" nulls first, h.kind, h.id`,
    { region, person },
  );
  return rows;
}
