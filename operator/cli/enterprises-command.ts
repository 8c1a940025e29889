import { Option, type Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { loadCaseActs } from '../../db/case-acts';
import { loadEnterpriseCase, loadEnterpriseCases, type EnterpriseCaseRecord } from '../../db/enterprise-cases';
import {
  DISHONESTY_STEPS,
  ENTERPRISE_CASE_KINDS,
  type EnterpriseCaseKind,
  enterpriseStanding,
  type DishonestyStep,
} from '../../domain/enterprise';
import type { Period, PlainDate } from '../../domain/plain-date';
import { ExitCode } from '../../domain/refusal';
import { exemptEnterprise } from '../commands/exempt-enterprise';
import { actOnEnterprise, findUndelivered, reportDishonesty } from '../commands/enterprises';
import { importSupply, warningsFile } from '../commands/supply';
import { nonEmptyArgument, periodArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import {
  actingOptions,
  actingPerson,
  given,
  regionOption,
  regionOrOnly,
  withRunning,
  type ActingOptions,
} from './running';
import { formatTable } from './table';
import { evidenceOptions, printAct, recordedBy, type EvidenceOptions } from './watch-options';

interface ListOptions {
  region?: string;
  enterprise?: string;
  period?: Period;
  json?: boolean;
}

type ExemptMonthOptions = FindOptions & { kind: EnterpriseCaseKind };

type FindOptions = EvidenceOptions & { region?: string; enterprise: string; period: Period };
type ReportOptions = EvidenceOptions & { step: DishonestyStep };
type SupplyOptions = ActingOptions & { region?: string; period?: Period };
interface WarningsOptions {
  region?: string;
  period: Period;
  out?: string;
}

const ACTS = [
  {
    name: 'refuse',
    act: 'refused',
    does: 'finds that it refuses with serious social impact: suspended from the day after the deadline',
  },
  { name: 'perform', act: 'performed', does: 'records that it performs: a suspension ends on that day' },
  { name: 'exempt', act: 'exempted', does: 'records force majeure: the case ends · 不可抗力' },
] as const;

export function addEnterpriseCommands(program: Command, context: CliContext): void {
  const group = program
    .command('enterprises')
    .description('warnings, interviews and suspensions of suppliers · 医药企业');
  examples(
    regionOption(group.command('list'))
      .description('cases of enterprises with deadline, suspension and dishonesty record')
      .option('--enterprise <id>', 'of this enterprise', nonEmptyArgument)
      .option('--period <month>', 'of this month', periodArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'enterprises list --period 2026-07',
  );
  examples(
    group
      .command('show')
      .description('one case: its days, and what was recorded about it')
      .argument('<case>', 'as `enterprises list` names it', nonEmptyArgument)
      .option('--json', 'as JSON')
      .action(action(context, (caseId: string, options: { json?: boolean }) => show(context, caseId, options))),
    'enterprises show enterprise/E6503/interview/2026-07',
  );
  examples(
    evidenceOptions(regionOption(group.command('find')), { dated: false })
      .description(
        'finds that an enterprise did not deliver against its agreement: an interview with a deadline · 约谈',
      )
      .requiredOption('--enterprise <id>', 'the enterprise', nonEmptyArgument)
      .requiredOption('--period <month>', 'the month of the delivery', periodArgument)
      .action(action(context, (options: FindOptions) => find(context, options))),
    'enterprises find --enterprise E6503 --period 2026-07 --evidence 约谈通知7号 --as 650500-officer',
  );
  for (const { name, act, does } of ACTS)
    examples(
      evidenceOptions(group.command(name))
        .description(does)
        .argument('<case>', 'the interview, as `enterprises list` names it', nonEmptyArgument)
        .action(action(context, (caseId: string, options: EvidenceOptions) => record(context, act, caseId, options))),
      `enterprises ${name} enterprise/E6503/interview/2026-07 --evidence 认定书2号 --as 650500-officer`,
    );
  examples(
    evidenceOptions(regionOption(group.command('exempt-month')), { dated: false })
      .description('records force majeure of a month before there is a warning or an interview · 不可抗力')
      .requiredOption('--enterprise <id>', 'the enterprise', nonEmptyArgument)
      .addOption(new Option('--kind <kind>', 'exempt from this').choices(ENTERPRISE_CASE_KINDS).makeOptionMandatory())
      .requiredOption('--period <month>', 'the month', periodArgument)
      .action(action(context, (options: ExemptMonthOptions) => exemptMonth(context, options))),
    'enterprises exempt-month --enterprise E6503 --kind risk-warning --period 2026-07 --evidence 证据15号 --as 650500-officer',
  );
  examples(
    evidenceOptions(group.command('report'), { dated: false })
      .description('the next step of a dishonesty record: to the administration, published, to the region · 失信记录')
      .argument('<case>', 'the interview whose refusal was found', nonEmptyArgument)
      .addOption(new Option('--step <step>', 'the step').choices(DISHONESTY_STEPS.slice(1)).makeOptionMandatory())
      .action(action(context, (caseId: string, options: ReportOptions) => report(context, caseId, options))),
    'enterprises report enterprise/E6503/interview/2026-07 --step administration --evidence 报送函5号 --as 650500-officer',
  );
  addSupplyCommands(group, context);
}

function addSupplyCommands(group: Command, context: CliContext): void {
  examples(
    regionOption(group.command('warnings'))
      .description('writes the risk warnings of a month as a CSV for the procurement system · 风险警告')
      .requiredOption('--period <month>', 'the month', periodArgument)
      .option('--out <file>', 'where to (default: standard output)', nonEmptyArgument)
      .action(action(context, (options: WarningsOptions) => warnings(context, options))),
    'enterprises warnings --period 2026-07 --out warnings-2026-07.csv',
  );
  examples(
    regionOption(actingOptions(group.command('import-supply')))
      .description('takes a month’s orders, responses and deliveries: all of a file, or nothing')
      .argument('<file>', 'such as supply-2026-07.csv', nonEmptyArgument)
      .option('--period <month>', 'the month (default: the one that the file’s name has)', periodArgument)
      .action(action(context, (file: string, options: SupplyOptions) => supply(context, file, options))),
    'enterprises import-supply supply-2026-07.csv --as 650500-officer --dry-run',
  );
}

function stateOn(record: EnterpriseCaseRecord, today: PlainDate): string {
  return record.exemptedOn === null ? enterpriseStanding(record, today).state : 'exempted';
}

async function list(context: CliContext, { region, json, ...wanted }: ListOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db, clock }) => {
    const code = await regionOrOnly(db, region);
    const today = clock.now().date;
    const cases = await loadEnterpriseCases(db, { region: code, ...given(wanted) });
    if (json) context.output.json(cases.map((each) => ({ ...each, state: stateOn(each, today) })));
    else if (cases.length === 0) context.output.lines(['no such case · 没有符合条件的业务']);
    else
      context.output.lines(
        formatTable(
          [
            { title: '业务 case' },
            { title: '状态 state' },
            { title: '立案 opened' },
            { title: '限期 deadline' },
            { title: '暂停 suspended' },
            { title: '履约 performed' },
            { title: '失信 record' },
            { title: '信用 records', align: 'right' },
          ],
          cases.map((each) => [
            each.caseId,
            stateOn(each, today),
            each.openedOn,
            each.deadline ?? '–',
            each.suspendedFrom ?? '–',
            each.performedOn ?? '–',
            each.steps.at(-1) ?? '–',
            String(each.creditRecords),
          ]),
        ),
      );
    return ExitCode.Fine;
  });
}

async function show(context: CliContext, caseId: string, { json }: { json?: boolean }): Promise<ExitCode> {
  return withRunning(context, async ({ db, clock }) => {
    const record = await loadEnterpriseCase(db, caseId);
    const acts = await loadCaseActs(db, caseId);
    const state = stateOn(record, clock.now().date);
    if (json) context.output.json({ ...record, state, acts });
    else
      context.output.lines([
        caseId,
        ...formatTable(
          [{ title: '' }, { title: '' }],
          [
            ['状态 state', state],
            ['立案 opened', record.openedOn],
            ['限期 deadline', record.deadline ?? '–'],
            ['暂停 suspended', record.suspendedFrom ?? '–'],
            ['履约 performed', record.performedOn ?? '–'],
            ['信用 records', `${record.creditRecords} dishonesty records count in its credit rating`],
            ...acts.map(({ act, on, person, evidence }) => [`记录 ${act}`, `${on} ${person}: ${evidence}`]),
          ],
        ),
      ]);
    return ExitCode.Fine;
  });
}

async function find(context: CliContext, options: FindOptions): Promise<ExitCode> {
  const recorded = recordedBy(context, options);
  const { enterprise, period } = options;
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const { caseId, ...result } = await findUndelivered(running, { region, enterprise, period, ...recorded });
    printAct(context, caseId, result, options);
    return ExitCode.Fine;
  });
}

async function exemptMonth(context: CliContext, options: ExemptMonthOptions): Promise<ExitCode> {
  const recorded = recordedBy(context, options);
  const { enterprise, kind, period } = options;
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const result = await exemptEnterprise(running, { region, enterprise, kind, period, ...recorded });
    printAct(context, `enterprise/${enterprise}/${kind}/${period}`, result, options);
    return ExitCode.Fine;
  });
}

async function record(
  context: CliContext,
  act: 'refused' | 'performed' | 'exempted',
  caseId: string,
  options: EvidenceOptions,
): Promise<ExitCode> {
  const recorded = recordedBy(context, options);
  return withRunning(context, async (running) => {
    printAct(context, caseId, await actOnEnterprise(running, act, { caseId, ...recorded }), options);
    return ExitCode.Fine;
  });
}

async function report(context: CliContext, caseId: string, options: ReportOptions): Promise<ExitCode> {
  const recorded = recordedBy(context, options);
  return withRunning(context, async (running) => {
    printAct(context, caseId, await reportDishonesty(running, { caseId, step: options.step, ...recorded }), options);
    return ExitCode.Fine;
  });
}

async function warnings(context: CliContext, { period, out, ...options }: WarningsOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const region = await regionOrOnly(db, options.region);
    const text = await warningsFile(db, region, period);
    if (out === undefined) context.output.lines(text.trimEnd().split('\n'));
    else {
      await writeFile(out, text);
      context.output.lines([`${text.split('\n').length - 2} warnings of ${period} are in ${out}`]);
    }
    return ExitCode.Fine;
  });
}

async function supply(context: CliContext, file: string, options: SupplyOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { json, dryRun = false } = options;
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const done = await importSupply(running, file, { region, person, dryRun, ...given({ period: options.period }) });
    if (json) context.output.json({ ...done, dryRun });
    else
      context.output.lines([
        `${done.added} enterprises ${dryRun ? 'would be' : 'are'} recorded for ${done.period}, ${done.repeated} stood already`,
        `  next  ${done.warned.length > 0 ? `${done.warned.length} warnings began; settle enterprises warnings --period ${done.period}` : `monitoring of ${done.period} looks at them`}`,
      ]);
    return ExitCode.Fine;
  });
}
