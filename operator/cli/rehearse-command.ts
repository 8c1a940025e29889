import type { Command } from 'commander';
import { ExitCode, Refusal } from '../../domain/refusal';
import type { Period } from '../../domain/plain-date';
import type { RehearsalResult, RehearseOptions } from '../../rehearsal/rehearse';
import { createLogger } from '../../workers/logging';
import { collect, nonEmptyArgument, periodArgument, seedArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { fundLines } from './fund-months';
import { createProgressPrinter } from './progress';
import { everyInvariantHolds, figureLines, headingLines } from './rehearsal-summary';

export const DEFAULT_SEED = 1;

interface RehearseCommandOptions {
  from: Period;
  to: Period;
  policy?: string[];
  scenario?: string;
  seed: number;
  out?: string;
  json?: boolean;
  provisionalCalendar?: boolean;
  documents?: boolean;
}

export function addRehearseCommand(program: Command, context: CliContext): void {
  examples(
    program
      .command('rehearse')
      .description('run the policy year of regions in seconds, with scripted people and a scripted bank · 预演')
      .argument('<region-dir...>', 'region folders', (dir: string, before: string[] | undefined) => [
        ...(before ?? []),
        nonEmptyArgument(dir),
      ])
      .requiredOption('--from <month>', 'first month that is reported, such as 2026-01', periodArgument)
      .requiredOption('--to <month>', 'last month, such as 2026-12', periodArgument)
      .option('--policy <id|file>', 'run this policy instead of the regions’ own (repeatable)', collect)
      .option('--scenario <file>', 'what goes otherwise than on time (YAML)', nonEmptyArgument)
      .option('--seed <n>', 'orders what happens at the same moment', seedArgument, DEFAULT_SEED)
      .option('--out <dir>', 'write summary.json, journal.csv, timeline.csv and report.html there', nonEmptyArgument)
      .option('--json', 'print the summary as JSON: one object, or an array where several regions were given')
      .option('--provisional-calendar', 'assume weekends alone in years without a notice, and mark every result')
      .option('--documents', 'draw the documents too, as PDF and XLSX beside the result (about 60 ms each)')
      .action(action(context, (dirs: string[], options: RehearseCommandOptions) => run(context, dirs, options))),
    'rehearse rehearsal/sample/650100 --from 2026-01 --to 2026-12',
    'rehearse rehearsal/sample/650* --from 2026-01 --to 2026-12 --scenario rehearsal/sample/scenario.yaml --out out/year',
  );
}

function checkMonths({ from, to }: RehearseCommandOptions): void {
  if (from <= to) return;
  throw new Refusal('UsageInvalid', `--from ${from} is after --to ${to}`, { command: 'settle rehearse' });
}

/**
 * Rehearses with progress on standard error, and stops what it started when somebody asks for it.
 * @throws Interrupted
 */
export async function rehearseVisibly(
  context: CliContext,
  options: Omit<RehearseOptions, 'command' | 'progress' | 'stop' | 'log'>,
): Promise<RehearsalResult> {
  const progress = createProgressPrinter(context.output);
  const log = createLogger('rehearsal', { file: context.logFile });
  try {
    return await context.rehearse({
      ...options,
      command: context.commandLine,
      progress: (event) => progress.show(event),
      stop: context.stop,
      log,
    });
  } finally {
    progress.end();
  }
}

async function run(context: CliContext, regions: string[], options: RehearseCommandOptions): Promise<ExitCode> {
  checkMonths(options);
  const result = await rehearseVisibly(context, {
    regions,
    from: options.from,
    to: options.to,
    policies: options.policy ?? [],
    seed: options.seed,
    provisionalCalendar: options.provisionalCalendar ?? false,
    documents: options.documents ?? false,
    webUi: false,
    ...(options.scenario === undefined ? {} : { scenario: options.scenario }),
    ...(options.out === undefined ? {} : { out: options.out }),
  });
  await result.stop();
  const { output } = context;
  if (options.json) output.json(regions.length === 1 ? result.summaries[0] : result.summaries);
  else
    output.lines([
      ...headingLines(result.summaries, output),
      '',
      ...figureLines(result.summaries, output),
      ...fundLines(result.summaries, result.transfers, output),
      ...fileLines(result),
    ]);
  return result.ok && everyInvariantHolds(result.summaries) ? ExitCode.Fine : ExitCode.Error;
}

/** Where the files of a rehearsal are; nothing where none were asked for. */
export function fileLines({ files, report }: RehearsalResult): string[] {
  if (files.length === 0) return [];
  return [
    '',
    ...files.flatMap(({ summary, journal, timeline }) => [summary, journal, timeline]),
    ...(report === undefined ? [] : [report]),
  ];
}
