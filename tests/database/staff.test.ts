import type { Knex } from 'knex';
import { loadStaff } from '../../db/register';
import {
  insertAppointment,
  insertAppointmentEnd,
  insertDelegation,
  insertDelegationEnd,
  loadAppointmentsAfter,
  loadDelegationsAfter,
  sayBusinessDate,
} from '../../db/staff';
import { addDays, plainDate, type PlainDate } from '../../domain/plain-date';
import type { Role } from '../../domain/region';
import { capacities, hasRole } from '../../domain/staff';
import {
  approveLevels,
  AT,
  DAY,
  LEVELS,
  PEOPLE,
  raiseCase,
  rawDecision,
  REGION,
  rightDecision,
  saveSmallRegion,
  storedOf,
  type RaisedCase,
} from '../support/approval-case';
import { createTestDatabase, somebodyWaits, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';

// Appointments and delegations under raw SQL: what the commands refuse, the database refuses too (新医保发〔2025〕50号 六(二)).

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
});
afterEach(() => database.drop());

interface RawDelegation {
  principal: string;
  delegate: string;
  role: Role;
  firstDay?: PlainDate;
  lastDay?: PlainDate;
  by?: string;
  reason?: string;
}

function delegate(db: Knex, { principal, delegate: to, role, ...more }: RawDelegation): Promise<void> {
  return insertDelegation(db, {
    region: REGION,
    principal,
    delegate: to,
    role,
    firstDay: more.firstDay ?? DAY,
    lastDay: more.lastDay ?? addDays(DAY, 7),
    by: more.by ?? principal,
    reason: more.reason ?? '示例：年休假',
    at: AT,
  });
}

/** Ends what was delegated, on a day. */
async function endLeave(
  db: Knex,
  { principal, delegate: to }: Pick<RawDelegation, 'principal' | 'delegate'>,
  {
    lastDay = DAY,
    by = principal,
    reason = '示例：提前返岗',
  }: { lastDay?: PlainDate; by?: string; reason?: string } = {},
): Promise<void> {
  const day = plainDate('2026-01-01');
  const [held] = await loadDelegationsAfter(database.app, { region: REGION, principal, delegate: to, day });
  await insertDelegationEnd(db, { delegationId: held!.delegationId, lastDay, by, reason, at: AT });
}

interface RawAppointment {
  person: string;
  role: string;
  from?: string | null;
  to?: string | null;
  by?: string;
  reason?: string;
  on?: string;
}

function appoint(db: Knex, { person, role, from = DAY, to = null, ...more }: RawAppointment): Promise<unknown> {
  return db('settle.appointments').insert({
    region: REGION,
    person,
    role,
    valid_from: from,
    valid_to: to,
    appointed_by: more.by ?? PEOPLE.director,
    reason: more.reason ?? '示例：任命文件',
    recorded_on: more.on ?? DAY,
    at_time: '10:00',
  });
}

const staffOf = async (person: string) =>
  (await loadStaff(database.app, REGION)).find((each) => each.person === person)!;

/** A decision as raw SQL writes it, in somebody's name. */
async function decideFor(
  raised: RaisedCase,
  levelNo: number,
  { person, actingFor }: { person: string; actingFor: string | null },
): Promise<void> {
  const right = rightDecision(raised, levelNo);
  await database.app('settle.approval_decisions').insert({
    request_id: raised.requestId,
    level_no: levelNo,
    level: right.level,
    person,
    acting_for: actingFor,
    decision: 'approve',
    content_sha256: raised.contentSha256,
    decided_on: right.on,
    at_time: '14:00',
  });
}

async function releaseFor(raised: RaisedCase, person: string, actingFor: string | null): Promise<void> {
  await database.app('settle.releases').insert({
    request_id: raised.requestId,
    person,
    acting_for: actingFor,
    content_sha256: raised.contentSha256,
    released_on: DAY,
    at_time: '14:00',
  });
}

describe('appointments', () => {
  it('are the owner’s to write: the application appoints nobody, ends nothing and delegates nothing', async () => {
    expect(await refusalOf(appoint(database.app, { person: PEOPLE.operator, role: 'director' }))).toBe('42501');
    const [term] = await loadAppointmentsAfter(database.app, { region: REGION, person: PEOPLE.officer, day: DAY });
    const end = { ...term!, lastDay: DAY, by: PEOPLE.director, reason: 'x', at: AT };
    expect(await refusalOf(insertAppointmentEnd(database.app, end))).toBe('42501');
    const leave = { principal: PEOPLE.director, delegate: PEOPLE.operator, role: 'director' as const };
    expect(await refusalOf(delegate(database.app, leave))).toBe('42501');
    await delegate(database.owner, leave);
    expect(await refusalOf(endLeave(database.app, leave))).toBe('42501');
  });

  it.each(['appointments', 'appointment_ends', 'delegations', 'delegation_ends'])(
    '%s are append-only, for the owner too',
    async (table) => {
      const leave = { principal: PEOPLE.director, delegate: PEOPLE.operator, role: 'director' as const };
      await delegate(database.owner, leave);
      await endLeave(database.owner, leave);
      const [term] = await loadAppointmentsAfter(database.app, { region: REGION, person: PEOPLE.officer, day: DAY });
      await insertAppointmentEnd(database.owner, { ...term!, lastDay: DAY, by: PEOPLE.director, reason: 'x', at: AT });
      expect(await refusalOf(database.owner.raw(`update settle.${table} set reason = 'y'`))).toBe('AppendOnly');
      expect(await refusalOf(database.owner.raw(`delete from settle.${table}`))).toBe('AppendOnly');
      expect(await refusalOf(database.owner.raw(`truncate settle.${table} cascade`))).toBe('AppendOnly');
    },
  );

  it.each<{ is: string; change: RawAppointment; code: string }>([
    {
      is: 'of oneself',
      change: { person: PEOPLE.officer, role: 'director', by: PEOPLE.officer },
      code: 'StaffConflict',
    },
    {
      is: 'without a reason',
      change: { person: PEOPLE.officer, role: 'director', reason: ' ' },
      code: 'ReasonMissing',
    },
    { is: 'by nobody', change: { person: PEOPLE.officer, role: 'director', by: PEOPLE.nobody }, code: 'PersonUnknown' },
    {
      is: 'into the past',
      change: { person: PEOPLE.officer, role: 'director', from: '2026-03-01' },
      code: 'StaffConflict',
    },
    { is: 'from no day', change: { person: PEOPLE.officer, role: 'director', from: null }, code: 'StaffConflict' },
    { is: 'twice', change: { person: PEOPLE.officer, role: 'officer' }, code: 'StaffConflict' },
    { is: 'as accountant of a cashier', change: { person: PEOPLE.cashier, role: 'accountant' }, code: 'StaffConflict' },
    {
      is: 'as cashier of an accountant',
      change: { person: PEOPLE.accountant, role: 'cashier' },
      code: 'StaffConflict',
    },
    { is: 'to a role that there is not', change: { person: PEOPLE.officer, role: 'king' }, code: '23514' },
  ])('$is: $code', async ({ change, code }) => {
    expect(await refusalOf(appoint(database.owner, change))).toBe(code);
  });

  it('a cashier becomes accountant when the one role ends before the other begins', async () => {
    const [term] = await loadAppointmentsAfter(database.app, { region: REGION, person: PEOPLE.cashier, day: DAY });
    await insertAppointmentEnd(database.owner, { ...term!, lastDay: DAY, by: PEOPLE.director, reason: 'x', at: AT });
    const early = appoint(database.owner, { person: PEOPLE.cashier, role: 'accountant', from: DAY });
    expect(await refusalOf(early)).toBe('StaffConflict');
    await appoint(database.owner, { person: PEOPLE.cashier, role: 'accountant', from: addDays(DAY, 1) });
    const cashier = await staffOf(PEOPLE.cashier);
    expect(hasRole(cashier, 'cashier', DAY)).toBe(true);
    expect(hasRole(cashier, 'accountant', DAY)).toBe(false);
    expect(hasRole(cashier, 'cashier', addDays(DAY, 1))).toBe(false);
    expect(hasRole(cashier, 'accountant', addDays(DAY, 1))).toBe(true);
  });

  it('end from yesterday on at the earliest: what was decided was decided with the role', async () => {
    const [term] = await loadAppointmentsAfter(database.app, { region: REGION, person: PEOPLE.officer, day: DAY });
    const end = { ...term!, by: PEOPLE.director, reason: 'x', at: AT };
    const early = insertAppointmentEnd(database.owner, { ...end, lastDay: plainDate('2026-02-28') });
    expect(await refusalOf(early)).toBe('StaffConflict');
    await insertAppointmentEnd(database.owner, { ...end, lastDay: plainDate('2026-03-01') });
    const raised = await raiseCase(database.app);
    expect(await refusalOf(rawDecision(database.app, raised.requestId, rightDecision(raised, 1)))).toBe(
      'ApprovalRoleMissing',
    );
    const longer = insertAppointmentEnd(database.owner, { ...end, lastDay: DAY });
    expect(await refusalOf(longer)).toBe('StaffConflict');
  });

  it.each([
    ['its holder', undefined],
    ['who stood in', PEOPLE.operator],
  ])('end on the day of what %s decided at the earliest', async (_, standIn) => {
    if (standIn) await delegate(database.owner, { principal: PEOPLE.officer, delegate: standIn, role: 'officer' });
    const raised = await raiseCase(database.app);
    await decideFor(
      raised,
      1,
      standIn ? { person: standIn, actingFor: PEOPLE.officer } : { person: PEOPLE.officer, actingFor: null },
    );
    const [term] = await loadAppointmentsAfter(database.app, { region: REGION, person: PEOPLE.officer, day: DAY });
    const end = { ...term!, by: PEOPLE.director, reason: 'x', at: AT };
    const yesterday = insertAppointmentEnd(database.owner, { ...end, lastDay: addDays(DAY, -1) });
    expect(await refusalOf(yesterday)).toBe('StaffConflict');
    await insertAppointmentEnd(database.owner, { ...end, lastDay: DAY });
    expect(hasRole(await staffOf(PEOPLE.officer), 'officer', DAY)).toBe(true);
  });

  it('give a role back to nobody’s stand-in who is cashier or accountant by then', async () => {
    await delegate(database.owner, {
      principal: PEOPLE.cashier,
      delegate: PEOPLE.operator,
      role: 'cashier',
      lastDay: addDays(DAY, 30),
    });
    const [term] = await loadAppointmentsAfter(database.app, { region: REGION, person: PEOPLE.cashier, day: DAY });
    const said = { region: REGION, by: PEOPLE.director, reason: 'x', at: AT };
    await insertAppointmentEnd(database.owner, { ...term!, ...said, lastDay: addDays(DAY, 3) });
    const appoint = (person: string, role: Role, after: number) =>
      insertAppointment(database.owner, { ...said, person, role, from: addDays(DAY, after) });
    await appoint(PEOPLE.operator, 'accountant', 5);
    expect(await refusalOf(appoint(PEOPLE.cashier, 'cashier', 8))).toBe('StaffConflict');
    await appoint(PEOPLE.cashier, 'cashier', 31);
  });

  it('come one after the other: a folder and a delegation make nobody cashier and accountant', async () => {
    const folder = await database.owner.transaction();
    await sayBusinessDate(folder, DAY);
    await folder('settle.staff')
      .where({ region: REGION, person: PEOPLE.operator })
      .update({ roles: ['operator', 'accountant'] });
    const second = refusalOf(
      delegate(database.owner, { principal: PEOPLE.cashier, delegate: PEOPLE.operator, role: 'cashier' }),
    );
    await somebodyWaits(database.superuser);
    await folder.commit();
    expect(await second).toBe('StaffConflict');
  });

  it('a later folder ends what it leaves out, on its day', async () => {
    const promote = (trx: Knex) =>
      trx('settle.staff')
        .where({ person: PEOPLE.officer })
        .update({ roles: ['finance'], valid_to: '2026-12-31' });
    expect(await refusalOf(promote(database.owner))).toBe('AppendOnly');
    await database.owner.transaction(async (trx) => {
      await sayBusinessDate(trx, DAY);
      await promote(trx);
    });
    const officer = await staffOf(PEOPLE.officer);
    expect(officer.terms).toEqual([
      { role: 'finance', from: DAY, to: '2026-12-31' },
      { role: 'officer', to: '2026-03-01' },
    ]);
  });
});

describe('delegations', () => {
  const LEAVE = { principal: PEOPLE.director, delegate: PEOPLE.operator, role: 'director' as const };

  it.each<{ is: string; change: Partial<RawDelegation>; code: string }>([
    { is: 'to oneself', change: { delegate: PEOPLE.director }, code: 'DelegationInvalid' },
    { is: 'of a role that one has not', change: { role: 'finance' }, code: 'DelegationInvalid' },
    {
      is: 'to somebody who has the role anyway',
      change: { principal: PEOPLE.officer, delegate: PEOPLE.preparer, role: 'officer' },
      code: 'DelegationInvalid',
    },
    { is: 'from yesterday', change: { firstDay: plainDate('2026-03-01') }, code: 'DelegationInvalid' },
    { is: 'that ends before it begins', change: { lastDay: plainDate('2026-03-01') }, code: 'DelegationInvalid' },
    { is: 'by the word of the delegate', change: { by: PEOPLE.operator }, code: 'StaffConflict' },
    { is: 'without a reason', change: { reason: '' }, code: 'ReasonMissing' },
    { is: 'said by nobody', change: { by: PEOPLE.nobody }, code: 'PersonUnknown' },
    {
      is: 'of the cashier’s role to the accountant',
      change: { principal: PEOPLE.cashier, delegate: PEOPLE.accountant, role: 'cashier' },
      code: 'StaffConflict',
    },
    {
      is: 'of the accountant’s role to the cashier',
      change: { principal: PEOPLE.accountant, delegate: PEOPLE.cashier, role: 'accountant' },
      code: 'StaffConflict',
    },
  ])('$is: $code', async ({ change, code }) => {
    expect(await refusalOf(delegate(database.owner, { ...LEAVE, ...change }))).toBe(code);
  });

  it('of a delegation are refused: the delegate has the role of another one only', async () => {
    await delegate(database.owner, LEAVE);
    const further = { principal: PEOPLE.operator, delegate: PEOPLE.compliance, role: 'director' as const };
    expect(await refusalOf(delegate(database.owner, further))).toBe('DelegationInvalid');
  });

  it('hold from their first to their last day, and only while the one on leave has the role', async () => {
    await delegate(database.owner, { ...LEAVE, firstDay: addDays(DAY, 1), lastDay: addDays(DAY, 5) });
    const can = async (day: PlainDate) => capacities(await staffOf(PEOPLE.operator), 'director', day);
    const inName = [{ person: PEOPLE.operator, actingFor: PEOPLE.director }];
    expect(await can(DAY)).toEqual([]);
    expect(await can(addDays(DAY, 1))).toEqual(inName);
    expect(await can(addDays(DAY, 5))).toEqual(inName);
    expect(await can(addDays(DAY, 6))).toEqual([]);
    const [term] = await loadAppointmentsAfter(database.app, { region: REGION, person: PEOPLE.director, day: DAY });
    const end = { ...term!, lastDay: addDays(DAY, 2), by: PEOPLE.finance, reason: '示例：调离', at: AT };
    await insertAppointmentEnd(database.owner, end);
    expect(await can(addDays(DAY, 2))).toEqual(inName);
    expect(await can(addDays(DAY, 3))).toEqual([]);
  });

  it.each<{ is: string; end: Parameters<typeof endLeave>[2]; code: string }>([
    { is: 'before yesterday', end: { lastDay: addDays(DAY, -2) }, code: 'StaffConflict' },
    { is: 'when they end anyway', end: { lastDay: addDays(DAY, 7) }, code: 'StaffConflict' },
    { is: 'by nobody', end: { by: PEOPLE.nobody }, code: 'PersonUnknown' },
    { is: 'without a reason', end: { reason: ' ' }, code: 'ReasonMissing' },
  ])('do not end $is: $code', async ({ end, code }) => {
    await delegate(database.owner, LEAVE);
    expect(await refusalOf(endLeave(database.owner, LEAVE, end))).toBe(code);
    expect(capacities(await staffOf(PEOPLE.operator), 'director', addDays(DAY, 7))).toHaveLength(1);
  });

  it('end early on a day, the earliest that was said, and leave room for another one after it', async () => {
    await delegate(database.owner, LEAVE);
    await endLeave(database.owner, LEAVE, { lastDay: addDays(DAY, 3) });
    await endLeave(database.owner, LEAVE, { lastDay: addDays(DAY, 1) });
    expect(await refusalOf(endLeave(database.owner, LEAVE, { lastDay: addDays(DAY, 1) }))).toBe('StaffConflict');
    const can = async (person: string, day: PlainDate) => capacities(await staffOf(person), 'director', day).length;
    expect(await can(PEOPLE.operator, addDays(DAY, 1))).toBe(1);
    expect(await can(PEOPLE.operator, addDays(DAY, 2))).toBe(0);
    const again = { ...LEAVE, delegate: PEOPLE.compliance, firstDay: addDays(DAY, 1) };
    expect(await refusalOf(delegate(database.owner, again))).toBe('DelegationInvalid');
    await delegate(database.owner, { ...again, firstDay: addDays(DAY, 2) });
    expect(await can(PEOPLE.compliance, addDays(DAY, 2))).toBe(1);
  });

  it('that end before they begin are none, and one that ended yesterday decides nothing today', async () => {
    await delegate(database.owner, { ...LEAVE, firstDay: addDays(DAY, 2) });
    await endLeave(database.owner, LEAVE, { lastDay: DAY });
    expect((await staffOf(PEOPLE.operator)).terms?.some(({ actingFor }) => actingFor)).toBe(false);
    await delegate(database.owner, LEAVE);
    await endLeave(database.owner, LEAVE, { lastDay: addDays(DAY, -1) });
    const raised = await raiseCase(database.app);
    await approveLevels(database.app, raised, 3);
    const late = decideFor(raised, 4, { person: PEOPLE.operator, actingFor: PEOPLE.director });
    expect(await refusalOf(late)).toBe('ApprovalRoleMissing');
  });

  it('that somebody acted with end on that day at the earliest', async () => {
    await delegate(database.owner, LEAVE);
    const raised = await raiseCase(database.app);
    await approveLevels(database.app, raised, 3);
    await decideFor(raised, 4, { person: PEOPLE.operator, actingFor: PEOPLE.director });
    expect(await refusalOf(endLeave(database.owner, LEAVE, { lastDay: addDays(DAY, -1) }))).toBe('StaffConflict');
    await endLeave(database.owner, LEAVE, { lastDay: DAY });
    expect(capacities(await staffOf(PEOPLE.operator), 'director', DAY)).toHaveLength(1);
  });

  it('that are planned for later stay when one ends early', async () => {
    const later = { ...LEAVE, firstDay: addDays(DAY, 60), lastDay: addDays(DAY, 67) };
    await delegate(database.owner, LEAVE);
    await delegate(database.owner, later);
    await delegate(database.owner, { ...later, principal: PEOPLE.finance, role: 'finance' });
    const held = async (principal: string, roles?: Role[]) => {
      const wanted = { region: REGION, principal, delegate: PEOPLE.operator, day: DAY, ...(roles ? { roles } : {}) };
      return (await loadDelegationsAfter(database.app, wanted)).map(({ firstDay }) => firstDay);
    };
    expect(await held(PEOPLE.director)).toEqual([DAY]);
    expect(await held(PEOPLE.director, ['finance'])).toEqual([]);
    expect(await held(PEOPLE.director, ['director'])).toEqual([DAY]);
    expect(await held(PEOPLE.finance)).toEqual([later.firstDay]);
    await endLeave(database.owner, LEAVE, { lastDay: DAY });
    // Nothing runs any more: the later one is meant.
    expect(await held(PEOPLE.director, ['director'])).toEqual([later.firstDay]);
  });

  it('give the level to the delegate, who decides in the other one’s name and not in their own', async () => {
    await delegate(database.owner, LEAVE);
    const raised = await raiseCase(database.app);
    await approveLevels(database.app, raised, 3);
    const own = decideFor(raised, 4, { person: PEOPLE.operator, actingFor: null });
    expect(await refusalOf(own)).toBe('ApprovalRoleMissing');
    const forAnother = decideFor(raised, 4, { person: PEOPLE.operator, actingFor: PEOPLE.finance });
    expect(await refusalOf(forAnother)).toBe('ApprovalSamePerson');
    await decideFor(raised, 4, { person: PEOPLE.operator, actingFor: PEOPLE.director });
    const request = await database.app('settle.approval_requests').where({ request_id: raised.requestId }).first();
    expect(request).toMatchObject({ state: 'approved' });
  });

  interface Round {
    is: string;
    code: string;
    leave: RawDelegation;
    after: number;
    preparedBy?: string;
    /** The decision, or the release where the level is the fifth. */
    level: number;
    as: { person: string; actingFor: string };
  }

  const ROUNDS: Round[] = [
    {
      is: 'a delegate who decided on another level',
      code: 'ApprovalSamePerson',
      leave: { principal: PEOPLE.director, delegate: PEOPLE.officer, role: 'director' },
      after: 3,
      level: 4,
      as: { person: PEOPLE.officer, actingFor: PEOPLE.director },
    },
    {
      is: 'a delegate who prepared it',
      code: 'ApprovalByPreparer',
      leave: { principal: PEOPLE.director, delegate: PEOPLE.preparer, role: 'director' },
      after: 3,
      preparedBy: PEOPLE.preparer,
      level: 4,
      as: { person: PEOPLE.preparer, actingFor: PEOPLE.director },
    },
    {
      is: 'a delegate of whoever prepared it',
      code: 'ApprovalByPreparer',
      leave: { principal: PEOPLE.preparer, delegate: PEOPLE.operator, role: 'officer' },
      after: 0,
      preparedBy: PEOPLE.preparer,
      level: 1,
      as: { person: PEOPLE.operator, actingFor: PEOPLE.preparer },
    },
    {
      is: 'a cashier’s delegate who decided on a level',
      code: 'CashierIsApprover',
      leave: { principal: PEOPLE.cashier, delegate: PEOPLE.officer, role: 'cashier' },
      after: 4,
      level: 5,
      as: { person: PEOPLE.officer, actingFor: PEOPLE.cashier },
    },
    {
      is: 'a cashier’s delegate who prepared it',
      code: 'CashierIsApprover',
      leave: { principal: PEOPLE.cashier, delegate: PEOPLE.preparer, role: 'cashier' },
      after: 4,
      preparedBy: PEOPLE.preparer,
      level: 5,
      as: { person: PEOPLE.preparer, actingFor: PEOPLE.cashier },
    },
    {
      is: 'a delegate of the cashier who prepared it',
      code: 'CashierIsApprover',
      leave: { principal: PEOPLE.cashier, delegate: PEOPLE.operator, role: 'cashier' },
      after: 4,
      preparedBy: PEOPLE.cashier,
      level: 5,
      as: { person: PEOPLE.operator, actingFor: PEOPLE.cashier },
    },
  ];

  it.each(ROUNDS)('are no way round: $is: $code', async ({ code, leave, after, preparedBy, level, as }) => {
    await delegate(database.owner, leave);
    const raised = await raiseCase(database.app, preparedBy);
    await approveLevels(database.app, raised, after);
    const stored = await storedOf(database, raised);
    const act = level > LEVELS.length ? releaseFor(raised, as.person, as.actingFor) : decideFor(raised, level, as);
    expect(await refusalOf(act)).toBe(code);
    expect(await storedOf(database, raised)).toEqual(stored);
  });

  it('the one on leave decides on no further level when somebody has decided in their name', async () => {
    await delegate(database.owner, { principal: PEOPLE.threeHats, delegate: PEOPLE.operator, role: 'officer' });
    const raised = await raiseCase(database.app);
    await decideFor(raised, 1, { person: PEOPLE.operator, actingFor: PEOPLE.threeHats });
    const second = { ...rightDecision(raised, 2), person: PEOPLE.threeHats };
    expect(await refusalOf(rawDecision(database.app, raised.requestId, second))).toBe('ApprovalSamePerson');
    for (const levelNo of [2, 3, 4]) await rawDecision(database.app, raised.requestId, rightDecision(raised, levelNo));
    expect(await refusalOf(releaseFor(raised, PEOPLE.threeHats, null))).toBe('CashierIsApprover');
  });
});
