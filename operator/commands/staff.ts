import type { Knex } from 'knex';
import { loadActs, loadRequests, type RequestRecord } from '../../db/approvals';
import { loadStaff } from '../../db/register';
import {
  insertAppointment,
  insertAppointmentEnd,
  insertDelegation,
  insertDelegationEnd,
  insertPerson,
  loadAppointmentsAfter,
  loadDelegationsAfter,
  loadStaffHistory,
  type Said,
  type StaffEvent,
} from '../../db/staff';
import { findPeople, stepsLeft } from '../../domain/approval';
import { addDays, type PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import type { Role, Staff } from '../../domain/region';
import { hasRole, namesOf } from '../../domain/staff';
import { attempted, ownAttempt } from './attempts';
import type { CommandContext } from './context';
import { transactionally } from './dry-run';

/** Changes of the staff are the owner's to write: the application appoints nobody (DESIGN 5.3). */
export interface StaffContext extends Pick<CommandContext, 'db' | 'clock' | 'log'> {
  owner: Knex;
}

interface StaffCommand {
  region: string;
  /** Who says so. */
  by: string;
  reason: string;
  dryRun: boolean;
}

export interface AddCommand extends StaffCommand {
  person: string;
  /** Needed for somebody who is not on the staff list. */
  name?: string;
  roles: readonly Role[];
  from: PlainDate;
  to?: PlainDate;
}

/** A request that nobody could bring to its end, and the role that is missing. */
export interface Undecidable {
  requestId: string;
  step: string;
  role: string;
}

/** Somebody of the staff after a change. */
export interface StaffChange {
  person: Staff;
  /** Requests on which they could still act, and which wait for others after their last day. */
  affected: string[];
  /** Of these, what nobody else could bring to its end. */
  undecidable: Undecidable[];
  /** Roles that nobody has on the day after. */
  vacant: string[];
}

type Consequences = Omit<StaffChange, 'person'>;
const NONE: Consequences = { affected: [], undecidable: [], vacant: [] };

/**
 * Appoints somebody to roles from a day on, and takes them onto the staff list where they are not on it.
 * @throws Refusal `StaffConflict`, `PersonUnknown`, `UsageInvalid` where a new person has no name
 */
export async function addStaff(context: StaffContext, command: AddCommand): Promise<StaffChange> {
  const { region, person, name, roles, from, to } = command;
  return change(context, command, 'appoint', person, async (trx, said) => {
    const known = await findStaff(trx, region, person);
    if (!known) {
      if (name === undefined)
        throw new Refusal('UsageInvalid', `${person} is not on the staff list yet: give --name too`, { person });
      await insertPerson(trx, { region, person, name });
    }
    for (const role of roles)
      await insertAppointment(trx, { region, person, role, from, ...(to ? { to } : {}), ...said });
    return NONE;
  });
}

interface Ending extends StaffCommand {
  /** All where left out. */
  roles?: readonly Role[];
  lastDay: PlainDate;
  /** Ends them also where an open request could then be decided by nobody. */
  leaveUndecidable: boolean;
}

export interface EndCommand extends Ending {
  /** Whose own roles end. */
  person: string;
}

/**
 * Ends roles on a day. What waits for approval has to have people who could bring it to its end on the day after.
 * @throws Refusal `StaffNeeded` naming the requests, `StaffConflict` for a day in the past, `NotFound` where no such role is held
 */
export async function endStaff(context: StaffContext, command: EndCommand): Promise<StaffChange> {
  const { region, person, lastDay } = command;
  return change(context, command, 'end', person, async (trx, said) => {
    await requireStaff(trx, region, person);
    const held = await loadAppointmentsAfter(trx, { region, person, day: lastDay });
    const whose = { person, held, none: (roles: string) => `${person} has no role ${roles || 'at all'}` };
    return ending(trx, command, whose, ({ appointmentId }) =>
      insertAppointmentEnd(trx, { appointmentId, lastDay, ...said }),
    );
  });
}

export interface EndDelegationCommand extends Ending {
  principal: string;
  delegate: string;
}

/**
 * Ends what somebody does for somebody else who is back early.
 * @throws Refusal `StaffNeeded` naming the requests, `StaffConflict` for a day in the past, `NotFound` where nothing is delegated
 */
export async function endDelegation(context: StaffContext, command: EndDelegationCommand): Promise<StaffChange> {
  const { region, principal, delegate, lastDay } = command;
  return change(context, command, 'end-delegation', delegate, async (trx, said) => {
    await requireStaff(trx, region, principal);
    await requireStaff(trx, region, delegate);
    const held = await loadDelegationsAfter(trx, { region, principal, delegate, roles: command.roles, day: lastDay });
    const none = (roles: string): string =>
      `${principal} has delegated ${roles ? `no role ${roles}` : 'nothing'} to ${delegate}`;
    const whose = { person: delegate, held, none };
    return ending(trx, command, whose, ({ delegationId }) =>
      insertDelegationEnd(trx, { delegationId, lastDay, ...said }),
    );
  });
}

/** Ends each of what is held and wanted, and looks at what the day after is like. */
async function ending<Held extends { role: Role }>(
  trx: Knex,
  { region, roles, lastDay, leaveUndecidable }: Ending,
  { person, held, none }: { person: string; held: readonly Held[]; none: (roles: string) => string },
  end: (each: Held) => Promise<void>,
): Promise<Consequences> {
  const dayAfter = addDays(lastDay, 1);
  const wanted = held.filter(({ role }) => roles === undefined || roles.includes(role));
  const missing = roles?.filter((role) => wanted.every((each) => each.role !== role)) ?? [];
  if (wanted.length === 0 || missing.length > 0)
    throw new Refusal('NotFound', `${none(missing.join(', '))} after ${lastDay}`, { person });
  const waiting = await loadRequests(trx, { states: ['open', 'approved'], regions: [region] });
  const before = await undecidableOf(trx, waiting, dayAfter);
  for (const each of wanted) await end(each);
  const ended = new Set<string>(wanted.map(({ role }) => role));
  const undecidable = (await undecidableOf(trx, waiting, dayAfter)).filter(({ requestId }) =>
    before.every((each) => each.requestId !== requestId),
  );
  if (undecidable.length > 0 && !leaveUndecidable) throw needed(person, undecidable);
  const staff = await loadStaff(trx, region);
  return {
    affected: waiting.filter((each) => couldAct(each, person, ended)).map(({ requestId }) => requestId),
    undecidable,
    vacant: [...ended].filter((role) => !staff.some((each) => hasRole(each, role, dayAfter))),
  };
}

/** They have one of these roles for a step that is left, and have taken none. */
function couldAct(request: RequestRecord, person: string, roles: ReadonlySet<string>): boolean {
  const taken = [request.preparedBy, ...request.decisions.flatMap(namesOf)];
  return !taken.includes(person) && stepsLeft(request).some(({ role }) => roles.has(role));
}

function needed(person: string, undecidable: readonly Undecidable[]): Refusal {
  const listed = undecidable.map(({ requestId, step, role }) => `${requestId} (${step}: no further ${role})`);
  return new Refusal('StaffNeeded', `without ${person} nobody could decide ${listed.join(', ')}`, {
    rule: '新医保发〔2025〕50号 六(二)',
    person,
    undecidable,
  });
}

export interface DelegateCommand extends StaffCommand {
  principal: string;
  delegate: string;
  role: Role;
  firstDay: PlainDate;
  lastDay: PlainDate;
}

/**
 * Lets somebody act with the role of one on leave. @throws Refusal `DelegationInvalid`, `StaffConflict`, `PersonUnknown`
 */
export async function delegateRole(context: StaffContext, command: DelegateCommand): Promise<StaffChange> {
  const { region, principal, delegate, role, firstDay, lastDay } = command;
  return change(context, command, 'delegate', delegate, async (trx, said) => {
    await requireStaff(trx, region, principal);
    await requireStaff(trx, region, delegate);
    await insertDelegation(trx, { region, principal, delegate, role, firstDay, lastDay, ...said });
    return NONE;
  });
}

/** What was said of somebody, and what holds. @throws Refusal `PersonUnknown` */
export async function staffHistory(
  { db }: Pick<CommandContext, 'db'>,
  region: string,
  person: string,
): Promise<{ person: Staff; history: StaffEvent[] }> {
  return { person: await requireStaff(db, region, person), history: await loadStaffHistory(db, region, person) };
}

async function findStaff(db: Knex, region: string, person: string): Promise<Staff | undefined> {
  return (await loadStaff(db, region)).find((each) => each.person === person);
}

async function requireStaff(db: Knex, region: string, person: string): Promise<Staff> {
  const found = await findStaff(db, region, person);
  if (found) return found;
  throw new Refusal('PersonUnknown', `${person} is not on the staff list of ${region}`, { person });
}

/** The frame of every change: recorded as an attempt, one transaction of the owner, taken back in a dry run. */
async function change(
  context: StaffContext,
  { region, by, reason, dryRun }: StaffCommand,
  action: string,
  person: string,
  work: (trx: Knex, said: Said) => Promise<Consequences>,
): Promise<StaffChange> {
  const at = context.clock.now();
  const run = (): Promise<StaffChange> =>
    transactionally(context.owner, dryRun, async (trx) => {
      // One change at a time: what holds is looked at before and after.
      await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`staff/${region}`]);
      await requireStaff(trx, region, by);
      const consequences = await work(trx, { by, reason, at });
      return { person: await requireStaff(trx, region, person), ...consequences };
    });
  if (dryRun) return run();
  const attempt = { region, subject: person, person: by, action: `staff-${action}`, reason, at };
  return attempted(context, ownAttempt(attempt), run);
}

/** Requests that nobody could bring to their end on a day. */
async function undecidableOf(db: Knex, requests: readonly RequestRecord[], on: PlainDate): Promise<Undecidable[]> {
  const undecidable: Undecidable[] = [];
  for (const request of requests) {
    const { requestId, caseId, region, preparedBy, decisions } = request;
    const taken = { preparedBy, decisions, acts: await loadActs(db, caseId) };
    const found = findPeople(stepsLeft(request), await loadStaff(db, region), on, taken);
    if ('missing' in found) undecidable.push({ requestId, ...found.missing });
  }
  return undecidable;
}
