import type { Command } from 'commander';
import { listCases, type CasesWanted } from '../../db/case-history';
import { fromEpochMs } from '../../domain/business-time';
import { ExitCode } from '../../domain/refusal';
import { caseHistory } from '../commands/history';
import { nonEmptyArgument, regionArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { given, withRunning } from './running';
import { displayWidth, formatTable, wrap } from './table';

interface ListOptions extends CasesWanted {
  json?: boolean;
}

export function addCaseCommands(program: Command, context: CliContext): void {
  const group = program.command('cases').description('cases, each of them one workflow · 业务');
  examples(
    group
      .command('list')
      .description('cases by state, period, kind and region')
      .option('--state <state>', 'approval, release, bank, operator, settled, …', nonEmptyArgument)
      .option('--period <period>', 'a year or month: 2026, 2026-04', nonEmptyArgument)
      .option('--kind <kind>', 'prepayment, return, …', nonEmptyArgument)
      .option('--region <code>', 'of this region only', regionArgument)
      .option('--open', 'only those that have not ended')
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'cases list --open',
    'cases list --region 650100 --kind return --json',
  );
  examples(
    program
      .command('history')
      .description('what happened in a case: events, decisions, payments and Temporal’s history · 流水')
      .argument('<case>', 'a case, such as prepayment/650100/2026', nonEmptyArgument)
      .option('--no-temporal', 'without Temporal’s own events')
      .option('--json', 'as JSON')
      .action(action(context, (caseId: string, options: HistoryOptions) => history(context, caseId, options))),
    'history prepayment/650100/2026',
    'history prepayment/650100/2026 --no-temporal --json',
  );
}

interface HistoryOptions {
  temporal: boolean;
  json?: boolean;
}

async function list(context: CliContext, { json, ...wanted }: ListOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const cases = (await listCases(db, given(wanted))).map(({ nextDueAt, ...each }) => {
      const due = nextDueAt === null ? null : fromEpochMs(nextDueAt.getTime());
      return { ...each, nextDue: due === null ? null : `${due.date} ${due.time}` };
    });
    if (json) context.output.json(cases);
    else if (cases.length === 0) context.output.lines(['no such case · 没有符合条件的业务']);
    else
      context.output.lines(
        formatTable(
          [
            { title: '业务 case' },
            { title: '状态 state' },
            { title: '开始 opened' },
            { title: '结束 closed' },
            { title: '下次 next due' },
          ],
          cases.map(({ caseId, state, openedOn, closedOn, nextDue }) => [
            caseId,
            state,
            openedOn,
            closedOn ?? '–',
            nextDue ?? '–',
          ]),
        ),
      );
    return ExitCode.Fine;
  });
}

const DEFAULT_COLUMNS = 120;
const NARROWEST_DETAIL = 40;

async function history(context: CliContext, caseId: string, { json, temporal }: HistoryOptions): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const { output } = context;
    const story = await caseHistory(running, caseId);
    const entries = story.entries.filter(({ source }) => temporal || source !== 'temporal');
    if (json) {
      output.json({ ...story, entries });
      return ExitCode.Fine;
    }
    const heads = formatTable(
      [{ title: '' }, { title: '' }, { title: '' }, { title: '' }],
      entries.map(({ date, time, source, what, actor }) => [
        `${date} ${time}`,
        source,
        what,
        source === 'temporal' ? '' : actor,
      ]),
    );
    const indent = Math.max(0, ...heads.map(displayWidth)) + 2;
    const width = Math.max(NARROWEST_DETAIL, (output.columns ?? DEFAULT_COLUMNS) - indent);
    const { state, policy, openedOn, closedOn } = story.case;
    output.lines([
      `${output.paint('bold', caseId)}  ${state}, opened ${openedOn}${closedOn === null ? '' : `, closed ${closedOn}`}, ${policy.id} version ${policy.version}`,
      ...entries.flatMap(({ detail }, index) => {
        const [first = '', ...rest] = wrap(detail, width);
        const head = heads[index]!;
        const line = `${head}${' '.repeat(indent - displayWidth(head))}${first}`.trimEnd();
        return [line, ...rest.map((text) => ' '.repeat(indent) + text)];
      }),
      ...(story.temporalKept ? [] : ['Temporal keeps nothing of this case any more; this is PostgreSQL’s record.']),
    ]);
    return ExitCode.Fine;
  });
}
