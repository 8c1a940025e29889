import { join } from 'node:path';
import type { Command } from 'commander';
import { ExitCode } from '../../domain/refusal';
import type { RehearsalResult } from '../../rehearsal/rehearse';
import { projectRoot } from '../../workers/services/project-root';
import { action, examples, type CliContext } from './context';
import { fundLines } from './fund-months';
import { untilStopped } from './interrupted';
import { everyInvariantHolds, figureLines, headingLines } from './rehearsal-summary';
import { DEFAULT_SEED, rehearseVisibly } from './rehearse-command';
import { monthLines, notableLines } from './start-story';

const SAMPLE_REGIONS = ['650100', '650400', '650500'];
const FROM = '2026-01';
const TO = '2026-12';

interface StartOptions {
  once?: boolean;
}

export function addStartCommand(program: Command, context: CliContext): void {
  examples(
    program
      .command('start')
      .description('rehearse the sample regions’ year, and keep the Temporal Web UI up until Ctrl-C (npm start)')
      .option('--once', 'end after the rehearsal; exit code 0 only where every invariant holds')
      .action(action(context, (options: StartOptions) => start(context, options))),
    'start',
    'start --once',
  );
}

async function start(context: CliContext, { once = false }: StartOptions): Promise<ExitCode> {
  const sample = join(projectRoot(), 'rehearsal', 'sample');
  const result = await rehearseVisibly(context, {
    regions: SAMPLE_REGIONS.map((code) => join(sample, code)),
    from: FROM,
    to: TO,
    policies: [],
    scenario: join(sample, 'scenario.yaml'),
    seed: DEFAULT_SEED,
    out: join(projectRoot(), 'out', 'rehearsal'),
    provisionalCalendar: false,
    documents: false,
    webUi: !once,
    keepUp: !once,
  });
  try {
    context.output.lines(storyLines(context, result));
    if (!once) await stayUp(context, result);
  } finally {
    await result.stop();
  }
  return result.ok && everyInvariantHolds(result.summaries) ? ExitCode.Fine : ExitCode.Error;
}

function storyLines({ output }: CliContext, result: RehearsalResult): string[] {
  const { summaries, timelines, transfers, durationMs, ok } = result;
  const { paint } = output;
  const seconds = (durationMs / 1_000).toFixed(1);
  const holds = ok && everyInvariantHolds(summaries);
  const title = (text: string): string[] => ['', paint('bold', text)];
  return [
    ...headingLines(summaries, output),
    ...title('一年的资金 · the year’s money, yuan'),
    ...monthLines(summaries),
    ...title('未按计划发生的事 · what did not go by itself'),
    ...notableLines(timelines, output),
    ...title('各统筹地区 · the regions'),
    ...figureLines(summaries, output),
    ...fundLines(summaries, transfers, output),
    '',
    holds
      ? paint('green', `✓ Every invariant holds. One year in ${seconds} s.`)
      : paint('red', `✗ An invariant is broken. One year in ${seconds} s.`),
    ...(result.report === undefined ? [] : [`报告 report  ${result.report}`]),
  ];
}

async function stayUp({ output, stop }: CliContext, { webUiUrl }: RehearsalResult): Promise<void> {
  output.lines([...(webUiUrl === undefined ? [] : [`流程 Temporal Web UI  ${webUiUrl}`]), '', 'Ctrl-C ends it.']);
  await untilStopped(stop);
}
