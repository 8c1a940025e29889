import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { Phase } from '../../domain/business-time';
import { isPlainDate, type PlainDate } from '../../domain/plain-date';
import { ExitCode, Refusal } from '../../domain/refusal';
import { startDaily, type DailySystem } from '../../workers/daily/start';
import { createLogger } from '../../workers/logging';
import { applySchedules } from '../commands/schedules';
import { connectRunning } from '../connection';
import { dataDirectory } from '../files/data-directory';
import { loadBankFaults } from '../files/scenario';
import { askToEnd, isGone, lockDataDirectory, markProcess, servicesOfLastRun, writeRunState } from '../run-state';
import { dateArgument, nonEmptyArgument } from './arguments';
import { clockLine } from './clock-command';
import { action, examples, type CliContext } from './context';
import { untilStopped } from './interrupted';

interface UpOptions {
  webUi: boolean;
  developmentClock?: PlainDate;
  bankFaults?: string;
  bank?: 'http' | 'directory';
}

/** PostgreSQL writes a checkpoint when its parent was killed, which takes it half a minute at most. */
const OLD_SERVICES_END_WITHIN_MS = 45_000;
const ASK_AGAIN_MS = 100;

export function addUpCommand(program: Command, context: CliContext): void {
  examples(
    program
      .command('up')
      .description('run the engine for daily use, with its data kept, until Ctrl-C (npm run up) · 日常运行')
      .option('--no-web-ui', 'without Temporal’s Web UI')
      .option(
        '--development-clock <date>',
        'try a month by hand: the clock begins on this day and moves on command (or SETTLE_DEVELOPMENT_CLOCK)',
        dateArgument,
      )
      .option(
        '--bank-faults <file>',
        'with a development clock: the bank’s part of this scenario file',
        nonEmptyArgument,
      )
      .addOption(
        new Option(
          '--bank <way>',
          'how the simulated bank is reached: by requests, or by files below the data directory',
        )
          .choices(['http', 'directory'])
          .default('http'),
      )
      .action(action(context, (options: UpOptions) => up(context, options))),
    'up',
    'up --development-clock 2026-02-28',
  );
}

async function up(context: CliContext, { webUi, bank, ...options }: UpOptions): Promise<ExitCode> {
  const development = await developmentOf(context, options);
  const directory = dataDirectory(context.env);
  mkdirSync(directory, { recursive: true });
  const unlock = lockDataDirectory(directory);
  try {
    await untilOldServicesEnded(directory, context);
    const system = await startDaily({
      dataDirectory: directory,
      env: context.env,
      webUi,
      bankOverDirectory: bank === 'directory',
      ...(development && { development }),
      log: createLogger('up', { file: join(directory, 'log', 'settle.log') }),
      progress: (message) => context.output.say(message),
    });
    try {
      return await run(context, directory, system);
    } finally {
      context.output.say('stopping');
      await system.stop();
    }
  } finally {
    unlock();
  }
}

/** @throws Refusal `UsageInvalid`, `FileInvalid` */
async function developmentOf({ env }: CliContext, { developmentClock, bankFaults }: Omit<UpOptions, 'webUi' | 'bank'>) {
  const date = developmentClock ?? (env.SETTLE_DEVELOPMENT_CLOCK || undefined);
  if (date === undefined) {
    if (bankFaults === undefined) return undefined;
    throw new Refusal('UsageInvalid', '--bank-faults is for a development clock: give --development-clock too', {
      command: 'settle up',
    });
  }
  if (!isPlainDate(date))
    throw new Refusal('UsageInvalid', `SETTLE_DEVELOPMENT_CLOCK is a day such as 2026-02-28, and not ${date}`, {
      command: 'settle up',
    });
  return {
    start: { date, phase: Phase.PeopleAct },
    bankFaults: bankFaults === undefined ? [] : await loadBankFaults(bankFaults),
  };
}

/**
 * After a kill the services of the last start are still ending, or, where their guard was killed too, run on: they are asked to
 * end. A second PostgreSQL must not open their data.
 */
async function untilOldServicesEnded(directory: string, { output }: CliContext): Promise<void> {
  const old = servicesOfLastRun(directory);
  const deadline = performance.now() + OLD_SERVICES_END_WITHIN_MS;
  const left = (): typeof old => old.filter((each) => !isGone(each));
  if (left().length > 0) output.say('waiting for what was left of the last run to end');
  left().forEach(askToEnd);
  while (left().length > 0) {
    if (performance.now() > deadline) {
      const names = left().map(({ name, pid }) => `${name} (process ${pid})`);
      throw new Error(`${names.join(', ')} of the last run still lives on ${directory}: end it first`);
    }
    await pause(ASK_AGAIN_MS);
  }
}

/** Schedules start cases by the real clock; a development clock, of which the line is given, does without. */
async function scheduleCases(env: NodeJS.ProcessEnv, developmentClock: boolean): Promise<string | undefined> {
  const connection = await connectRunning(env);
  try {
    await applySchedules(connection);
    return developmentClock ? clockLine(connection.clock.now()) : undefined;
  } finally {
    await connection.close();
  }
}

async function run(context: CliContext, directory: string, system: DailySystem): Promise<ExitCode> {
  const { output, env, stop } = context;
  const { processes, webUiUrl, simulatorUrl, developmentClock, stop: _, ...addresses } = system;
  writeRunState(directory, {
    up: markProcess('settle up', process.pid),
    startedAt: new Date().toISOString(),
    ...addresses,
    ...(webUiUrl === undefined ? {} : { webUiUrl }),
    ...(simulatorUrl === undefined ? {} : { simulatorUrl }),
    services: processes.map(({ name, pid }) => markProcess(name, pid)),
  });
  const clock = await scheduleCases(env, developmentClock);
  output.lines([
    `数据 data            ${directory}`,
    `银行 bank            ${addresses.bankUrl}${addresses.simulatedBank ? ' (simulator)' : ''}`,
    ...(webUiUrl === undefined ? [] : [`流程 Temporal Web UI ${webUiUrl}`]),
    ...(clock === undefined ? [] : ['', output.paint('yellow', clock)]),
    '',
    output.paint('green', '✓ Up. `settle status` shows how it goes; Ctrl-C ends it.'),
  ]);
  const ended = processes.map(async ({ name, exited }) => {
    await exited;
    return name;
  });
  const failed = await Promise.race([untilStopped(stop), ...ended]);
  if (failed === undefined) return ExitCode.Fine;
  output.say(`${failed} has ended by itself; see the logs in ${join(directory, 'log')}, and start again`);
  return ExitCode.Error;
}
