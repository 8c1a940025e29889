import { InvalidArgumentError, Option, type Command } from 'commander';
import { ROLES, type Role } from '../../domain/region';
import type { PlainDate } from '../../domain/plain-date';
import { ExitCode, Refusal } from '../../domain/refusal';
import { termText } from '../../domain/staff';
import {
  addStaff,
  delegateRole,
  endDelegation,
  endStaff,
  type StaffChange,
  type StaffContext,
} from '../commands/staff';
import { dateArgument, nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import {
  actingOptions,
  actingPerson,
  given,
  regionOption,
  regionOrOnly,
  withRunning,
  type ActingOptions,
  type Running,
} from './running';

interface ChangeOptions extends ActingOptions {
  region?: string;
  reason: string;
}

interface AddOptions extends ChangeOptions {
  name?: string;
  role: Role[];
  from?: PlainDate;
  to?: PlainDate;
}

interface EndOptions extends ChangeOptions {
  role?: Role[];
  on?: PlainDate;
  leaveUndecidable?: boolean;
}

interface EndDelegationOptions extends EndOptions {
  from: string;
  to: string;
}

interface DelegateOptions extends ChangeOptions {
  from: string;
  to: string;
  role: Role;
  starts: PlainDate;
  ends: PlainDate;
}

/** Commands that change who may do what; they connect as the owner of the database. */
export function addStaffChanges(group: Command, context: CliContext): void {
  examples(
    changeOptions(group.command('add'))
      .description('appoints somebody to roles, from a day on')
      .argument('<person>', 'of the staff list, or a new one', nonEmptyArgument)
      .option('--name <name>', 'of a new person', nonEmptyArgument)
      .addOption(roleOption('the role (repeatable)').argParser(collectRoles).makeOptionMandatory())
      .option('--from <date>', 'first day (default: today)', dateArgument)
      .option('--to <date>', 'last day (default: open)', dateArgument)
      .action(action(context, (person: string, options: AddOptions) => add(context, person, options))),
    'staff add 650100-11 --name 示例人员子 --role director --from 2026-03-02 --reason 任命文件3号 --as 650100-05',
  );
  examples(
    endOptions(group.command('end'))
      .description('ends roles on a day; refused where a request would then wait for nobody')
      .argument('<person>', 'of the staff list', nonEmptyArgument)
      .action(action(context, (person: string, options: EndOptions) => end(context, person, options))),
    'staff end 650100-01 --on 2026-06-30 --reason 调离 --as 650100-05',
  );
  examples(
    changeOptions(group.command('delegate'))
      .description('lets somebody act with the role of one on leave')
      .requiredOption('--from <person>', 'who is on leave', nonEmptyArgument)
      .requiredOption('--to <person>', 'who acts', nonEmptyArgument)
      .addOption(roleOption('with this role').choices(ROLES).makeOptionMandatory())
      .requiredOption('--starts <date>', 'first day', dateArgument)
      .requiredOption('--ends <date>', 'last day', dateArgument)
      .action(action(context, (options: DelegateOptions) => delegate(context, options))),
    'staff delegate --from 650100-05 --to 650100-02 --role director --starts 2026-03-02 --ends 2026-03-13 --reason 年休假 --as 650100-05',
  );
  examples(
    endOptions(group.command('end-delegation'))
      .description('takes back what was delegated, when somebody returns early')
      .requiredOption('--from <person>', 'who is back', nonEmptyArgument)
      .requiredOption('--to <person>', 'who acted', nonEmptyArgument)
      .action(action(context, (options: EndDelegationOptions) => endOfLeave(context, options))),
    'staff end-delegation --from 650100-05 --to 650100-02 --on 2026-03-06 --reason 提前返岗 --as 650100-05',
  );
}

function endOptions(command: Command): Command {
  return changeOptions(command)
    .addOption(roleOption('this role only (repeatable)').argParser(collectRoles))
    .option('--on <date>', 'last day (default: today)', dateArgument)
    .option('--leave-undecidable', 'also where nobody else could decide what is open');
}

function changeOptions(command: Command): Command {
  return regionOption(actingOptions(command)).requiredOption('--reason <text>', 'why; it is kept', nonEmptyArgument);
}

function roleOption(description: string): Option {
  return new Option('--role <role>', `${description}: ${ROLES.join(', ')}`);
}

function collectRoles(text: string, before: Role[] | undefined): Role[] {
  const role = ROLES.find((each) => each === text);
  if (role) return [...(before ?? []), role];
  throw new InvalidArgumentError(`Roles are ${ROLES.join(', ')}.`);
}

function staffContext({ db, clock, log, ownerDb }: Running): StaffContext {
  if (!ownerDb) throw new Refusal('DatabaseUnusable', 'the staff list is written as the owner: set DATABASE_URL');
  return { db, clock, log, owner: ownerDb() };
}

type Common = { region: string; by: string; reason: string; dryRun: boolean };

async function changing(
  context: CliContext,
  options: ChangeOptions,
  next: string,
  work: (staff: StaffContext, common: Common) => Promise<StaffChange>,
): Promise<ExitCode> {
  const by = actingPerson(context, options.as);
  const { reason, dryRun = false } = options;
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const changed = await work(staffContext(running), { region, by, reason, dryRun });
    if (options.json) context.output.json({ region, dryRun, ...changed });
    else context.output.lines(changeLines(context, changed, { dryRun, next }));
    return ExitCode.Fine;
  });
}

function changeLines(
  { output }: CliContext,
  { person, affected, undecidable, vacant }: StaffChange,
  { dryRun, next }: { dryRun: boolean; next: string },
): string[] {
  const mark = (text: string): string => `${output.paint('red', '!')} ${text}`;
  return [
    `${output.paint('green', '✓')} ${person.person} ${person.name}${dryRun ? ', if it were done; nothing was changed' : ''}`,
    ...(person.terms ?? []).map((term) => `  ${termText(term)}`),
    ...affected.map((requestId) => mark(`${requestId} waits for somebody else after that day`)),
    ...undecidable.map(({ requestId, step, role }) => mark(`${requestId}: nobody can take ${step} (${role})`)),
    ...vacant.map((role) => mark(`nobody is ${role} afterwards: no case can be raised that needs one`)),
    `  next  ${next}`,
  ];
}

async function add(context: CliContext, person: string, options: AddOptions): Promise<ExitCode> {
  const { name, role, from, to } = options;
  return changing(context, options, `settle staff show ${person}`, (staff, common) =>
    addStaff(staff, { ...common, person, roles: role, from: from ?? staff.clock.now().date, ...given({ name, to }) }),
  );
}

async function end(context: CliContext, person: string, options: EndOptions): Promise<ExitCode> {
  const next = 'settle staff add, where a successor is needed; settle approvals list';
  return changing(context, options, next, (staff, common) =>
    endStaff(staff, { ...common, person, ...endOf(staff, options) }),
  );
}

async function endOfLeave(context: CliContext, options: EndDelegationOptions): Promise<ExitCode> {
  const { from: principal, to: delegate } = options;
  return changing(context, options, `settle staff show ${principal}`, (staff, common) =>
    endDelegation(staff, { ...common, principal, delegate, ...endOf(staff, options) }),
  );
}

function endOf({ clock }: StaffContext, { role, on, leaveUndecidable = false }: EndOptions) {
  return { ...given({ roles: role }), lastDay: on ?? clock.now().date, leaveUndecidable };
}

async function delegate(context: CliContext, options: DelegateOptions): Promise<ExitCode> {
  const { from: principal, to: person, role, starts: firstDay, ends: lastDay } = options;
  const next = `${person} acts with --as ${person}; it is recorded as "${person} for ${principal}"`;
  return changing(context, options, next, (staff, common) =>
    delegateRole(staff, { ...common, principal, delegate: person, role, firstDay, lastDay }),
  );
}
