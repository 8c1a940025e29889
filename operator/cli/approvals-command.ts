import { Option, type Command } from 'commander';
import { loadRequests, type RequestRecord } from '../../db/approvals';
import { loadRegion } from '../../db/register';
import { ExitCode } from '../../domain/refusal';
import {
  approvalOverview,
  askedNext,
  checkCashierRelease,
  checkDecide,
  resolveRequest,
  type AskedNext,
} from '../commands/approvals';
import { decide, release } from '../commands/decisions';
import { overviewJson, overviewLines, requestRow, REQUEST_COLUMNS, whoIsAsked } from './approval-lines';
import { collect, nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import {
  actingOptions,
  actingPerson,
  given,
  updateIdOption,
  withRunning,
  type ActingOptions,
  type Running,
} from './running';
import { formatTable } from './table';

interface ListOptions {
  region?: string[];
  all?: boolean;
  json?: boolean;
}

interface DecideOptions extends ActingOptions {
  level?: string;
  payeesConfirmed?: boolean;
  holdDiffering?: boolean;
  sha256?: string;
  reason?: string;
}

const REQUEST = '<request>';
const REQUEST_HELP = 'an approval request, or a case, whose newest request is meant';

export function addApprovalCommands(program: Command, context: CliContext): void {
  const group = program.command('approvals').description('what waits for the four levels, and decisions · 审批');
  examples(
    group
      .command('list')
      .description('requests that wait for a level or for the cashier')
      .option('--region <code>', 'of this region only (repeatable)', collect)
      .option('--all', 'decided and released ones too')
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'approvals list',
    'approvals list --region 650100 --all --json',
  );
  examples(
    group
      .command('show')
      .description('what would be paid, to whom, who decided, and what changed since')
      .argument(REQUEST, REQUEST_HELP, nonEmptyArgument)
      .option('--json', 'as JSON')
      .action(action(context, (id: string, options: { json?: boolean }) => show(context, id, options))),
    'approvals show prepayment/650100/2026',
  );
  for (const decision of ['approve', 'reject'] as const) {
    const command = actingOptions(group.command(decision))
      .description(decision === 'approve' ? 'approves the level that is next' : 'sends the case back to preparation')
      .argument(REQUEST, REQUEST_HELP, nonEmptyArgument)
      .option('--level <level>', 'the level that is decided (default: the next one)', nonEmptyArgument)
      .option('--sha256 <hash>', 'the content that was read (default: what is open now)', nonEmptyArgument);
    if (decision === 'approve')
      command.option('--payees-confirmed', 'the payees that `approvals show` marks were looked at');
    const reason = new Option('--reason <text>', 'why; it is kept').argParser(nonEmptyArgument);
    updateIdOption(command)
      .addOption(decision === 'reject' ? reason.makeOptionMandatory() : reason)
      .action(action(context, (id: string, options: DecideOptions) => decideOn(context, decision, id, options)));
    examples(
      command,
      `approvals ${decision} prepayment/650100/2026 --as 650100-officer${decision === 'reject' ? ' --reason 预算批复文号未附' : ''}`,
    );
  }
  addCashierCommands(program, context);
}

function addCashierCommands(program: Command, context: CliContext): void {
  const group = program.command('cashier').description('the release of approved payments to the bank · 出纳');
  const command = actingOptions(group.command('release'))
    .description('releases an approved request to the bank')
    .argument(REQUEST, REQUEST_HELP, nonEmptyArgument)
    .option('--sha256 <hash>', 'the content that was read (default: what is approved now)', nonEmptyArgument)
    .option(
      '--hold-differing',
      'holds payments whose payee is another one in the register by now, and releases the others',
    );
  updateIdOption(command).action(
    action(context, (id: string, options: DecideOptions) => releaseIt(context, id, options)),
  );
  examples(command, 'cashier release prepayment/650100/2026 --as 650100-cashier --dry-run');
}

async function list(context: CliContext, { region, all, json }: ListOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    await Promise.all((region ?? []).map((code) => loadRegion(running.db, code)));
    const requests = await loadRequests(running.db, {
      ...(region ? { regions: region } : {}),
      ...(all ? {} : { states: ['open', 'approved'] }),
    });
    const rows: { request: RequestRecord; next: AskedNext | undefined }[] = [];
    for (const request of requests) rows.push({ request, next: await askedNext(running, request) });
    if (json) context.output.json(rows.map(({ request, next }) => ({ ...requestRow(request), next: next ?? null })));
    else if (rows.length === 0) context.output.lines(['nothing waits for approval · 没有待审批事项']);
    else
      context.output.lines(
        formatTable(
          REQUEST_COLUMNS,
          rows.map(({ request, next }) => {
            const { requestId, state, payments, amountDisplayed } = requestRow(request);
            return [requestId, state, String(payments), amountDisplayed, whoIsAsked(next)];
          }),
        ),
      );
    return ExitCode.Fine;
  });
}

async function show(context: CliContext, id: string, { json }: { json?: boolean }): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const { requestId } = await resolveRequest(running, id);
    const overview = await approvalOverview(running, requestId);
    if (json) context.output.json(overviewJson(overview));
    else context.output.lines(overviewLines(overview, context.output));
    return ExitCode.Fine;
  });
}

async function decideOn(
  context: CliContext,
  decision: 'approve' | 'reject',
  id: string,
  options: DecideOptions,
): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { level, sha256: contentSha256, reason, updateId, payeesConfirmed } = options;
  return withRunning(context, async (running) => {
    const { requestId } = await resolveRequest(running, id);
    const command = {
      requestId,
      person,
      decision,
      ...given({ level, contentSha256, reason, updateId, payeesConfirmed }),
    };
    if (options.dryRun)
      return checked(context, await checkDecide(running, command), `${decision} by ${person}`, options);
    const result = await decide(running, command);
    return told(context, running, { action: `${decision} by ${person}`, state: result.state, requestId }, options);
  });
}

async function releaseIt(context: CliContext, id: string, options: DecideOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { sha256: contentSha256, updateId, holdDiffering } = options;
  return withRunning(context, async (running) => {
    const { requestId } = await resolveRequest(running, id);
    const command = { requestId, person, ...given({ contentSha256, updateId, holdDiffering }) };
    if (options.dryRun)
      return checked(context, await checkCashierRelease(running, command), `release by ${person}`, options);
    const { state } = await release(running, command);
    return told(context, running, { action: `release by ${person}`, state, requestId }, options);
  });
}

function checked(context: CliContext, request: RequestRecord, what: string, { json }: ActingOptions): ExitCode {
  const { requestId, state } = request;
  if (json) context.output.json({ requestId, dryRun: true, action: what, state });
  else context.output.lines([`${what} would be taken; nothing was recorded. ${requestId} is ${state}.`]);
  return ExitCode.Fine;
}

/** The new state, and the next step. */
async function told(
  context: CliContext,
  running: Running,
  done: { action: string; state: string; requestId: string },
  { json }: ActingOptions,
): Promise<ExitCode> {
  const request = await resolveRequest(running, done.requestId);
  const next = await askedNext(running, request);
  if (json) {
    context.output.json({ ...done, next: next ?? null });
    return ExitCode.Fine;
  }
  const after =
    done.state === 'released'
      ? `sent to the bank; settle payments list --case ${request.caseId}`
      : done.state === 'rejected'
        ? 'the case prepares it again'
        : whoIsAsked(next);
  context.output.lines([
    `${context.output.paint('green', '✓')} ${done.action}: ${done.requestId} is ${done.state}`,
    `  next  ${after}`,
  ]);
  return ExitCode.Fine;
}
