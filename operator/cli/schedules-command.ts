import type { Command } from 'commander';
import type { BusinessMoment } from '../../domain/business-time';
import type { Period } from '../../domain/plain-date';
import { ExitCode, Refusal } from '../../domain/refusal';
import {
  applySchedules,
  backfillSchedules,
  listSchedules,
  pauseSchedules,
  resumeSchedules,
  triggerSchedules,
} from '../commands/schedules';
import { nonEmptyArgument, periodArgument, regionArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { withRunning, type Running } from './running';
import { formatTable } from './table';

interface Options {
  region?: string;
  json?: boolean;
  reason?: string;
}

interface BackfillOptions extends Options {
  from: Period;
  to: Period;
  dryRun?: boolean;
}

export function addScheduleCommands(program: Command, context: CliContext): void {
  const group = program.command('schedules').description('what begins on the first of each month · 定时任务');
  const sub = (name: string, description: string, handler: (options: Options) => Promise<ExitCode>): Command =>
    group.command(name).description(description).option('--json', 'as JSON').action(action(context, handler));
  const region = (command: Command): Command =>
    command.option('--region <code>', 'this region only (default: all)', regionArgument);
  examples(
    sub('apply', 'make every region’s schedule, or bring it up to date', (options) => apply(context, options)),
    'schedules apply',
  );
  examples(
    sub('list', 'every schedule with its last and next run, in Asia/Shanghai', (options) => list(context, options)),
    'schedules list',
  );
  const changed = changing(context);
  examples(
    region(sub('pause', 'let nothing begin; missed runs are not caught up', changed('paused', pauseSchedules))).option(
      '--reason <text>',
      'kept with the schedule',
      nonEmptyArgument,
    ),
    'schedules pause --region 650500 --reason 年终结账',
  );
  examples(
    region(sub('resume', 'let cases begin again', changed('resumed', resumeSchedules))).option(
      '--reason <text>',
      'kept with the schedule',
      nonEmptyArgument,
    ),
    'schedules resume --region 650500',
  );
  examples(
    region(
      sub(
        'trigger',
        'run this month’s start now; what has begun does not begin again',
        changed('run', triggerSchedules),
      ),
    ),
    'schedules trigger --region 650500',
  );
  addBackfill(group, context);
}

function addBackfill(group: Command, context: CliContext): void {
  examples(
    group
      .command('backfill')
      .description('run the starts of past months, in order; what has begun does not begin again')
      .requiredOption('--from <month>', 'first month', periodArgument)
      .requiredOption('--to <month>', 'last month', periodArgument)
      .option('--region <code>', 'this region only (default: all)', regionArgument)
      .option('--dry-run', 'only tell what would begin')
      .option('--json', 'as JSON')
      .action(action(context, (options: BackfillOptions) => backfill(context, options))),
    'schedules backfill --from 2026-03 --to 2026-06 --dry-run',
    'schedules backfill --from 2026-03 --to 2026-06 --region 650500',
  );
}

const moment = (at: BusinessMoment | null): string => (at ? `${at.date} ${at.time}` : '–');

async function apply(context: CliContext, { json }: Options): Promise<ExitCode> {
  const applied = await withRunning(context, applySchedules);
  if (json) context.output.json(applied);
  else {
    const lines = applied.map(({ region, created }) => `${region}: ${created ? 'made' : 'up to date'}`);
    context.output.lines(lines.length > 0 ? lines : ['no region is imported yet']);
  }
  return ExitCode.Fine;
}

async function list(context: CliContext, { json }: Options): Promise<ExitCode> {
  const schedules = await withRunning(context, listSchedules);
  if (json) context.output.json(schedules);
  else context.output.lines(scheduleLines(schedules));
  return ExitCode.Fine;
}

/** Lines of a table of schedules. */
export function scheduleLines(schedules: Awaited<ReturnType<typeof listSchedules>>): string[] {
  if (schedules.length === 0) return ['none: import a region first; beside a development clock there are none'];
  return formatTable(
    [{ title: 'schedule' }, { title: 'last run' }, { title: 'next run' }, { title: '' }],
    schedules.map(({ scheduleId, lastRun, nextRun, paused, note }) => [
      scheduleId,
      moment(lastRun),
      moment(nextRun),
      paused ? `paused${note ? `: ${note}` : ''}` : '',
    ]),
  );
}

type Change = (running: Running, region: string | undefined, reason: string) => Promise<string[]>;

function changing(context: CliContext) {
  return (word: string, change: Change) =>
    async ({ region, reason, json }: Options): Promise<ExitCode> => {
      const regions = await withRunning(context, (running) => change(running, region, reason ?? `${word} by hand`));
      if (json) context.output.json({ regions, [word]: true });
      else context.output.lines(regions.map((each) => `${each}: ${word}`));
      return ExitCode.Fine;
    };
}

async function backfill(context: CliContext, options: BackfillOptions): Promise<ExitCode> {
  const { from, to, region, dryRun = false, json } = options;
  if (to < from) throw new Refusal('UsageInvalid', `--from ${from} is after --to ${to}`);
  const months = await withRunning(context, (running) => backfillSchedules(running, { region, from, to, dryRun }));
  if (json) context.output.json({ dryRun, months });
  else
    context.output.lines([
      ...formatTable(
        [{ title: 'region' }, { title: 'month' }, { title: dryRun ? 'would begin, by today’s books' : 'begins' }],
        months.map(({ region: code, month, cases }) => [
          code,
          month,
          cases.map(({ caseId, ended }) => (ended ? `${caseId} (has ended)` : caseId)).join(', ') || '–',
        ]),
      ),
      ...(dryRun ? [] : ['', 'The months are run one after the other; `settle status` shows the cases.']),
    ]);
  return ExitCode.Fine;
}
