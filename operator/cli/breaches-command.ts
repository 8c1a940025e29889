import { Option, type Command } from 'commander';
import { loadBreach, loadBreaches, type BreachRecord } from '../../db/breaches';
import { loadCaseActs } from '../../db/case-acts';
import { breachStanding } from '../../domain/breach';
import { formatYuan } from '../../domain/money';
import type { Period, PlainDate } from '../../domain/plain-date';
import { BREACH_KINDS, type BreachKind } from '../../domain/policy/schema';
import { ExitCode } from '../../domain/refusal';
import { correctBreach, exemptBreach } from '../commands/breaches';
import { formatAmount } from './amounts';
import { institutionArgument, nonEmptyArgument, periodArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { given, regionOption, regionOrOnly, withRunning } from './running';
import { formatTable } from './table';
import { evidenceOptions, printAct, recordedBy, type EvidenceOptions } from './watch-options';

interface ListOptions {
  region?: string;
  institution?: string;
  period?: Period;
  open?: boolean;
  json?: boolean;
}

interface ExemptOptions extends EvidenceOptions {
  region?: string;
  institution: string;
  kind: BreachKind;
  period: Period;
}

export function addBreachCommands(program: Command, context: CliContext): void {
  const group = program.command('breaches').description('who did not reconcile, settle or return in time · 违约');
  examples(
    regionOption(group.command('list'))
      .description('breaches with notice, deadline, correction and suspension')
      .option('--institution <id>', 'of this settlement body', institutionArgument)
      .option('--period <month>', 'of this month', periodArgument)
      .option('--open', 'only those that are not corrected')
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'breaches list --open',
    'breaches list --period 2026-07 --json',
  );
  examples(
    group
      .command('show')
      .description('one breach: its days, its lines, and what was recorded about it')
      .argument('<case>', 'as `breaches list` names it', nonEmptyArgument)
      .option('--json', 'as JSON')
      .action(action(context, (caseId: string, options: { json?: boolean }) => show(context, caseId, options))),
    'breaches show breach/H65052100001/prepayment-not-returned/2026-07',
  );
  examples(
    evidenceOptions(group.command('correct'))
      .description('records that a breach is corrected; what the ledger and the lines show is found by itself')
      .argument('<case>', 'as `breaches list` names it', nonEmptyArgument)
      .action(action(context, (caseId: string, options: EvidenceOptions) => correct(context, caseId, options))),
    'breaches correct breach/H65052100001/late-reconciliation/2026-07 --evidence 核查记录3号 --as 650500-officer',
  );
  examples(
    evidenceOptions(regionOption(group.command('exempt')), { dated: false })
      .description('records force majeure, before the notice or after it · 不可抗力')
      .requiredOption('--institution <id>', 'the settlement body', institutionArgument)
      .addOption(new Option('--kind <kind>', 'the breach').choices(BREACH_KINDS).makeOptionMandatory())
      .requiredOption('--period <month>', 'the month', periodArgument)
      .action(action(context, (options: ExemptOptions) => exempt(context, options))),
    'breaches exempt --institution H65052100001 --kind late-reconciliation --period 2026-07 --evidence 证据12号 --as 650500-officer',
  );
}

function standingOf(breach: BreachRecord, today: PlainDate) {
  return breach.exemptedOn === null
    ? breachStanding(breach, today)
    : { state: 'exempted' as const, suspendedFrom: null, resumedOn: null };
}

function breachJson(breach: BreachRecord, today: PlainDate) {
  const { caseId, region, institution, kind, period, noticeOn, deadline, suspendsOn, correctedOn, correctedBy } =
    breach;
  const { state, ...suspension } = standingOf(breach, today);
  return {
    case: caseId,
    region,
    institution,
    kind,
    period,
    noticeOn,
    deadline,
    suspendsOn,
    correctedOn,
    correctedBy,
    ...suspension,
    exemptedOn: breach.exemptedOn,
    lines: breach.lines,
    amount: formatYuan(breach.amountFen),
    state,
  };
}

async function list(context: CliContext, { region, open, json, ...wanted }: ListOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db, clock }) => {
    const code = await regionOrOnly(db, region);
    const today = clock.now().date;
    const breaches = (await loadBreaches(db, { region: code, ...given(wanted) })).filter(
      ({ correctedOn }) => !open || correctedOn === null,
    );
    if (json) context.output.json(breaches.map((each) => breachJson(each, today)));
    else if (breaches.length === 0) context.output.lines(['no such breach · 没有符合条件的违约']);
    else
      context.output.lines(
        formatTable(
          [
            { title: '业务 case' },
            { title: '状态 state' },
            { title: '通知 notice' },
            { title: '限期 deadline' },
            { title: '改正 corrected' },
            { title: '暂停 suspended' },
            { title: '恢复 resumed' },
          ],
          breaches.map((each) => {
            const { state, suspendedFrom, resumedOn } = standingOf(each, today);
            const days = [each.noticeOn, each.deadline, each.correctedOn, suspendedFrom, resumedOn];
            return [each.caseId, state, ...days.map((day) => day ?? '–')];
          }),
        ),
      );
    return ExitCode.Fine;
  });
}

async function show(context: CliContext, caseId: string, { json }: { json?: boolean }): Promise<ExitCode> {
  return withRunning(context, async ({ db, clock }) => {
    const breach = await loadBreach(db, caseId);
    const acts = await loadCaseActs(db, caseId);
    const today = clock.now().date;
    if (json) context.output.json({ ...breachJson(breach, today), acts });
    else context.output.lines(storyLines(breach, today, acts));
    return ExitCode.Fine;
  });
}

function storyLines(
  breach: BreachRecord,
  today: PlainDate,
  acts: readonly { act: string; on: PlainDate; person: string; evidence: string }[],
): string[] {
  const { state, suspendedFrom, resumedOn } = standingOf(breach, today);
  const about = breach.lines === 0 ? [] : [['明细 lines', `${breach.lines}, ${formatAmount(breach.amountFen)} yuan`]];
  const corrected = breach.correctedOn && `${breach.correctedOn}, found by ${breach.correctedBy}`;
  const suspension = suspendedFrom && `from ${suspendedFrom}${resumedOn ? ` to ${resumedOn}` : ''}`;
  return [
    breach.caseId,
    ...formatTable(
      [{ title: '' }, { title: '' }],
      [
        ['状态 state', state],
        ...about,
        ['通知 notice', breach.noticeOn],
        ['限期 deadline', `${breach.deadline}, else suspended from ${breach.suspendsOn}`],
        ['改正 corrected', corrected ?? '–'],
        ['暂停 suspended', suspension ?? '–'],
        ...acts.map(({ act, on, person, evidence }) => [`记录 ${act}`, `${on} ${person}: ${evidence}`]),
      ],
    ),
  ];
}

async function correct(context: CliContext, caseId: string, options: EvidenceOptions): Promise<ExitCode> {
  const recorded = recordedBy(context, options);
  return withRunning(context, async (running) => {
    printAct(context, caseId, await correctBreach(running, { caseId, ...recorded }), options);
    return ExitCode.Fine;
  });
}

async function exempt(context: CliContext, options: ExemptOptions): Promise<ExitCode> {
  const recorded = recordedBy(context, options);
  const { institution, kind, period } = options;
  return withRunning(context, async (running) => {
    const region = await regionOrOnly(running.db, options.region);
    const result = await exemptBreach(running, { region, institution, kind, period, ...recorded });
    printAct(context, `breach/${institution}/${kind}/${period}`, result, options);
    return ExitCode.Fine;
  });
}
