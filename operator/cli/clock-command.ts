import { InvalidArgumentError, type Command } from 'commander';
import type { BusinessMoment, DuePoint } from '../../domain/business-time';
import { isPlainDate } from '../../domain/plain-date';
import { ExitCode } from '../../domain/refusal';
import { advanceClock, phaseAt, showClock, type AdvanceResult } from '../commands/development-clock';
import { action, examples, type CliContext } from './context';
import { withRunning } from './running';
import { formatTable } from './table';

interface AdvanceOptions {
  to: DuePoint;
  json?: boolean;
}

/** The office is open. */
const MORNING_MINUTES = 10 * 60;
const MOST_EVENTS = 40;

export function addClockCommands(program: Command, context: CliContext): void {
  const group = program.command('clock').description('the clock of a development system · 开发时钟');
  examples(
    group
      .command('show')
      .description('the business time, where a development clock counts')
      .option('--json', 'as JSON')
      .action(action(context, (options: { json?: boolean }) => show(context, options))),
    'clock show',
  );
  examples(
    group
      .command('advance')
      .description('lets the days pass up to a moment: cases begin, timers fire, and nobody acts on the way')
      .requiredOption('--to <moment>', 'day, or day and time such as 2026-03-31T18:00 (default time: 10:00)', moment)
      .option('--json', 'as JSON')
      .action(action(context, (options: AdvanceOptions) => advance(context, options))),
    'clock advance --to 2026-03-02',
    'clock advance --to 2026-03-31T18:00',
  );
}

/** A day, or a day and a time. */
export function moment(text: string): DuePoint {
  const [, date = '', hours, minutes] = /^(\d{4}-\d{2}-\d{2})(?:T([01]\d|2[0-3]):([0-5]\d))?$/.exec(text) ?? [];
  if (!isPlainDate(date))
    throw new InvalidArgumentError('A moment is written YYYY-MM-DD or YYYY-MM-DDTHH:MM, such as 2026-03-31T18:00.');
  return phaseAt(date, hours === undefined ? MORNING_MINUTES : Number(hours) * 60 + Number(minutes));
}

/** One line that nobody takes for the real date. */
export function clockLine({ date, time }: BusinessMoment): string {
  return `DEVELOPMENT CLOCK: business date ${date}, ${time} Asia/Shanghai · 开发时钟，非真实日期`;
}

async function show(context: CliContext, { json }: { json?: boolean }): Promise<ExitCode> {
  const clock = await withRunning(context, showClock);
  if (json) context.output.json(clock);
  else context.output.lines([clockLine(clock.now), `began on ${clock.beganOn}`]);
  return ExitCode.Fine;
}

async function advance(context: CliContext, { to, json }: AdvanceOptions): Promise<ExitCode> {
  const { output } = context;
  let told = '';
  const result = await withRunning(context, (running) =>
    advanceClock(running, {
      to,
      progress: ({ date }) => {
        if (!json && date !== told) output.say((told = date));
      },
    }),
  );
  if (json) output.json(result);
  else output.lines(lines(context, result));
  return result.failed.length > 0 ? ExitCode.SomeItemsFailed : ExitCode.Fine;
}

function lines({ output }: CliContext, { now, events, failed }: AdvanceResult): string[] {
  const more = events.length - MOST_EVENTS;
  return [
    ...(events.length === 0 ? [] : eventTable(events.slice(0, MOST_EVENTS))),
    ...(more > 0 ? [`… and ${more} more; settle history shows those of a case`] : []),
    ...failed.map(({ caseId, message }) => `${output.paint('red', 'ended')} ${caseId}: ${message}`),
    ...(events.length + failed.length > 0 ? [''] : []),
    clockLine(now),
  ];
}

function eventTable(events: AdvanceResult['events']): string[] {
  return formatTable(
    [{ title: 'moment' }, { title: 'case' }, { title: 'event' }, { title: '' }],
    events.map(({ at, caseId, event, detail }) => [`${at.date} ${at.time}`, caseId, event, detail]),
  );
}
