import { Option, type Command } from 'commander';
import { loadStaff } from '../../db/register';
import type { StaffEvent } from '../../db/staff';
import type { PlainDate } from '../../domain/plain-date';
import { ROLES, type Role, type Staff } from '../../domain/region';
import { ExitCode } from '../../domain/refusal';
import { hasRole, termText } from '../../domain/staff';
import { staffHistory } from '../commands/staff';
import { dateArgument, nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { regionOption, regionOrOnly, withRunning } from './running';
import { addStaffChanges } from './staff-changes';
import { formatTable } from './table';

interface StaffOptions {
  region?: string;
  on?: PlainDate;
  role?: Role;
  json?: boolean;
}

export function addStaffCommands(program: Command, context: CliContext): void {
  const group = program.command('staff').description('who works here, with which roles and when · 人员');
  examples(
    regionOption(group.command('list'))
      .description('people of a region, their roles and dates')
      .option('--on <date>', 'only who works on this day', dateArgument)
      .addOption(new Option('--role <role>', 'only who has this role').choices(ROLES))
      .option('--json', 'as JSON')
      .action(action(context, (options: StaffOptions) => list(context, options))),
    'staff list --region 650100',
    'staff list --role cashier --on 2026-03-02 --json',
  );
  examples(
    regionOption(group.command('show'))
      .description('what somebody may do and when, and who said so')
      .argument('<person>', 'as in `staff list`', nonEmptyArgument)
      .option('--json', 'as JSON')
      .action(action(context, (person: string, options: StaffOptions) => show(context, person, options))),
    'staff show 650100-05',
  );
  addStaffChanges(group, context);
}

function datesOf({ from, to, terms = [] }: Staff): string {
  const own = terms.filter(({ actingFor }) => actingFor === undefined);
  const standsIn = terms.filter(({ actingFor }) => actingFor !== undefined);
  const same = own.every((term) => term.from === from && term.to === to);
  const dates = same ? [from || to ? `${from ?? '…'} – ${to ?? '…'}` : 'open'] : own.map(termText);
  return [...(own.length === 0 ? ['none'] : dates), ...standsIn.map(termText)].join('; ');
}

async function list(context: CliContext, { region, on, role, json }: StaffOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const rolesOf = (person: Staff): readonly string[] =>
      role === undefined ? [...new Set((person.terms ?? []).map((term) => term.role))] : [role];
    const staff = (await loadStaff(db, await regionOrOnly(db, region))).filter((person) =>
      on === undefined
        ? role === undefined || rolesOf(person).some((each) => person.terms?.some((term) => term.role === each))
        : rolesOf(person).some((each) => hasRole(person, each, on)),
    );
    if (json) context.output.json(staff);
    else if (staff.length === 0) context.output.lines(['nobody · 没有符合条件的人员']);
    else
      context.output.lines(
        formatTable(
          [{ title: '人员 person' }, { title: '姓名 name' }, { title: '岗位 roles' }, { title: '任期 dates' }],
          staff.map((person) => [person.person, person.name, person.roles.join(', '), datesOf(person)]),
        ),
      );
    return ExitCode.Fine;
  });
}

async function show(context: CliContext, id: string, { region, json }: StaffOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const { person, history } = await staffHistory(running, await regionOrOnly(running.db, region), id);
    if (json) context.output.json({ ...person, history });
    else
      context.output.lines([
        `${person.person} ${person.name}`,
        ...(person.terms ?? []).map((term) => `  ${termText(term)}`),
        '',
        ...formatTable(
          [{ title: '日期 on' }, { title: '事项' }, { title: '由 by' }, { title: '理由 reason' }],
          history.map((event) => [event.on ?? '–', eventText(event), event.by, event.reason]),
        ),
      ]);
    return ExitCode.Fine;
  });
}

function eventText({ what, role, from, to, other }: StaffEvent): string {
  if (what === 'ended') return `${role} ends on ${to}`;
  if (what === 'delegation-ended') return `${role} delegated to ${other} ends on ${to}`;
  if (what === 'standing-in-ended') return `${role} for ${other} ends on ${to}`;
  const dates = `${from ?? '…'} – ${to ?? '…'}`;
  if (what === 'appointed') return `${role} ${dates}`;
  return what === 'delegated' ? `${role} delegated to ${other} ${dates}` : `${role} for ${other} ${dates}`;
}
