import type { Knex } from 'knex';
import { createCalendar, type Calendar, type CalendarYear } from '../domain/calendar';
import type { PlainDate } from '../domain/plain-date';
import { createPolicyBook, parsePolicy, type PolicyBook, type PolicyFile } from '../domain/policy';
import type { PrepaymentInstitution } from '../domain/prepayment';
import { isPrepaymentPool, type PrepaymentPool } from '../domain/pools';
import { Refusal } from '../domain/refusal';
import { ROLES, type Purchase, type Region, type Role, type Staff } from '../domain/region';
import type { RoleTerm } from '../domain/staff';
import { regionRows, type RegionOptions } from './region-rows';
import { insertAll } from './rows';

export { agencyAccounts } from './agency-accounts';

export interface RegionRecord {
  region: string;
  name: string;
  policies: string[];
  supervisedAccount: string;
  provisionalCalendar: boolean;
}

/** Stores a policy's exact bytes. @throws Refusal `IdempotencyConflict` when the version is known with other bytes. */
export async function savePolicy(db: Knex, file: PolicyFile): Promise<void> {
  await db.raw(
    `insert into settle.policy_versions (policy_id, version, sha256, file_name, content, approval_levels, ratio_minimum)
     values (?, ?, ?, ?, ?, ?::jsonb, ?::numeric) on conflict (policy_id, version) do nothing`,
    [
      file.policy.id,
      file.policy.version,
      file.sha256,
      file.fileName,
      file.text,
      JSON.stringify(file.policy.approval.levels.map(({ level, role }) => ({ level, role }))),
      file.policy.fund?.preallocation.ratioMinimum ?? null,
    ],
  );
  const stored = await db('settle.policy_versions')
    .where({ policy_id: file.policy.id, version: file.policy.version })
    .first<{ sha256: string }>('sha256');
  if (stored?.sha256 !== file.sha256)
    throw new Refusal(
      'IdempotencyConflict',
      `policy ${file.policy.id} version ${file.policy.version} is stored with other content; give the change a new version`,
      { place: { file: file.fileName } },
    );
}

/** Policies parse once: a stored version never changes. */
const parsedPolicies = new Map<string, PolicyFile>();

export async function loadPolicyBook(db: Knex): Promise<PolicyBook> {
  const rows = await db('settle.policy_versions').select<{ sha256: string; file_name: string; content: string }[]>(
    'sha256',
    'file_name',
    'content',
  );
  return createPolicyBook(
    rows.map((row) => {
      const known = parsedPolicies.get(row.sha256);
      if (known) return known;
      const parsed = parsePolicy(row.content, row.file_name, row.sha256);
      parsedPolicies.set(row.sha256, parsed);
      return parsed;
    }),
  );
}

export async function saveCalendarYear(db: Knex, year: CalendarYear): Promise<void> {
  await db.raw(
    `insert into settle.calendar_years (year, source, holidays, workdays) values (?, ?, ?::date[], ?::date[])
     on conflict (year) do update set source = excluded.source, holidays = excluded.holidays, workdays = excluded.workdays`,
    [year.year, year.source, [...year.holidays], [...year.workdays]],
  );
}

export async function loadCalendar(db: Knex, region: string): Promise<Calendar> {
  const { provisionalCalendar } = await loadRegion(db, region);
  const { rows } = await db.raw<{
    rows: { year: number; source: string; holidays: PlainDate[]; workdays: PlainDate[] }[];
  }>('select year, source, holidays::text[] as holidays, workdays::text[] as workdays from settle.calendar_years');
  return createCalendar(rows, { provisional: provisionalCalendar });
}

export async function loadRegion(db: Knex, region: string): Promise<RegionRecord> {
  const row = await db('settle.regions').where({ region }).first<{
    region: string;
    name: string;
    policies: string[];
    supervised_account: string;
    provisional_calendar: boolean;
  }>();
  if (!row) throw new Refusal('NotFound', `region ${region} is not known; import its folder first`, { region });
  return {
    region,
    name: row.name,
    policies: row.policies,
    supervisedAccount: row.supervised_account,
    provisionalCalendar: row.provisional_calendar,
  };
}

/** Stores the folder of a region that is not known yet. */
export async function saveRegion(db: Knex, region: Region, options: RegionOptions): Promise<void> {
  for (const { table, rows } of regionRows(region, options)) await insertAll(db, table, rows);
}

export async function loadInstitutions(db: Knex, region: string): Promise<PrepaymentInstitution[]> {
  const rows = await db('settle.institutions').where({ region }).orderBy('institution').select('*');
  return rows.map((row) => ({
    institution: row.institution,
    threeFlows: row.three_flows,
    executesWell: row.executes_well,
    settlesThrough: row.settles_through ?? undefined,
  }));
}

export async function loadInstitutionNames(db: Knex, region: string): Promise<Map<string, string>> {
  const rows = await db('settle.institutions').where({ region }).select('institution', 'name');
  return new Map(rows.map((row) => [row.institution, row.name]));
}

export async function loadPurchases(db: Knex, region: string, year: number): Promise<Purchase[]> {
  const rows = await db('settle.purchases').where({ region, year }).orderBy('row_no').select('*');
  return rows.map((row) => ({
    year: row.year,
    institution: row.institution,
    category: row.category,
    channel: row.channel,
    amountFen: row.amount_fen,
  }));
}

export async function loadBudgets(db: Knex, region: string): Promise<Partial<Record<PrepaymentPool, bigint>>> {
  const rows = await db('settle.funds').where({ region }).select('pool', 'prepayment_budget_fen');
  const budgets: Partial<Record<PrepaymentPool, bigint>> = {};
  for (const row of rows) {
    const pool: string = row.pool;
    if (isPrepaymentPool(pool)) budgets[pool] = row.prepayment_budget_fen;
  }
  return budgets;
}

export async function loadFundAccounts(db: Knex, region: string): Promise<Map<string, string>> {
  const rows = await db('settle.funds').where({ region }).select('pool', 'account');
  return new Map(rows.map((row) => [row.pool, row.account]));
}

/** People with the terms of each role, and what they do for somebody on leave, in the order of their ids. */
export async function loadStaff(db: Knex, region: string): Promise<Staff[]> {
  const people = await db('settle.staff').where({ region }).orderBy('person').select('person', 'name', 'roles');
  const capacities = await db('settle.staff_capacities')
    .where({ region })
    .orderByRaw('person, role collate "C", acting_for nulls first, valid_from nulls first')
    .select('*');
  return people.map(({ person, name, roles }) => {
    const terms = capacities
      .filter((row) => row.person === person)
      .map((row): RoleTerm => ({
        role: row.role,
        ...(row.valid_from ? { from: row.valid_from as PlainDate } : {}),
        ...(row.valid_to ? { to: row.valid_to as PlainDate } : {}),
        ...(row.acting_for ? { actingFor: row.acting_for as string } : {}),
      }));
    const own = terms.filter(({ actingFor }) => actingFor === undefined);
    const held = ROLES.filter((role) => own.some((term) => term.role === role));
    // In the folder's order where it is the folder that says so.
    const inOrder = [...(roles as Role[]).filter((role) => held.includes(role)), ...held];
    return { person, name, roles: [...new Set(inOrder)], ...sameDates(own), terms };
  });
}

/** The dates of all roles, where they are the same. */
function sameDates([first, ...others]: readonly RoleTerm[]): Pick<RoleTerm, 'from' | 'to'> {
  if (!first || others.some(({ from, to }) => from !== first.from || to !== first.to)) return {};
  return { ...(first.from ? { from: first.from } : {}), ...(first.to ? { to: first.to } : {}) };
}
