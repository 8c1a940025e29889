import { Option, type Command } from 'commander';
import { loadStaff } from '../../db/register';
import type { PlainDate } from '../../domain/plain-date';
import { ROLES, type Role, type Staff } from '../../domain/region';
import { hasRole } from '../../domain/approval';
import { ExitCode } from '../../domain/refusal';
import { dateArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { regionOption, regionOrOnly, withRunning } from './running';
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
}

async function list(context: CliContext, { region, on, role, json }: StaffOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const worksThen = (person: Staff): boolean =>
      on === undefined || person.roles.some((each) => hasRole(person, each, on));
    const staff = (await loadStaff(db, await regionOrOnly(db, region)))
      .filter((each) => role === undefined || each.roles.includes(role))
      .filter(worksThen);
    if (json) context.output.json(staff);
    else if (staff.length === 0) context.output.lines(['nobody · 没有符合条件的人员']);
    else
      context.output.lines(
        formatTable(
          [{ title: '人员 person' }, { title: '姓名 name' }, { title: '岗位 roles' }, { title: '任期 dates' }],
          staff.map(({ person, name, roles, from, to }) => [
            person,
            name,
            roles.join(', '),
            from || to ? `${from ?? '…'} – ${to ?? '…'}` : 'open',
          ]),
        ),
      );
    return ExitCode.Fine;
  });
}
