import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { ExitCode } from '../../domain/refusal';
import { startDaily, type DailySystem } from '../../workers/daily/start';
import { createLogger } from '../../workers/logging';
import { applySchedules } from '../commands/schedules';
import { connectRunning } from '../connection';
import { dataDirectory } from '../files/data-directory';
import { isGone, lastRunState, lockDataDirectory, markProcess, writeRunState } from '../run-state';
import { action, examples, type CliContext } from './context';
import { untilStopped } from './interrupted';

interface UpOptions {
  webUi: boolean;
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
      .action(action(context, (options: UpOptions) => up(context, options))),
    'up',
  );
}

async function up(context: CliContext, { webUi }: UpOptions): Promise<ExitCode> {
  const directory = dataDirectory(context.env);
  mkdirSync(directory, { recursive: true });
  const unlock = lockDataDirectory(directory);
  try {
    await untilOldServicesEnded(directory, context);
    const system = await startDaily({
      dataDirectory: directory,
      env: context.env,
      webUi,
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

/** After a kill the services of the last start are still ending: a second PostgreSQL must not open their data. */
async function untilOldServicesEnded(directory: string, { output }: CliContext): Promise<void> {
  const old = lastRunState(directory)?.services ?? [];
  const deadline = performance.now() + OLD_SERVICES_END_WITHIN_MS;
  const left = (): typeof old => old.filter((each) => !isGone(each));
  if (left().length > 0) output.say('waiting for what was left of the last run to end');
  while (left().length > 0) {
    if (performance.now() > deadline) {
      const names = left().map(({ name, pid }) => `${name} (process ${pid})`);
      throw new Error(`${names.join(', ')} of the last run still lives on ${directory}: end it first`);
    }
    await pause(ASK_AGAIN_MS);
  }
}

async function run(context: CliContext, directory: string, system: DailySystem): Promise<ExitCode> {
  const { output, env, stop } = context;
  const { processes, webUiUrl, stop: _, ...addresses } = system;
  writeRunState(directory, {
    up: markProcess('settle up', process.pid),
    startedAt: new Date().toISOString(),
    ...addresses,
    simulatedBank: !env.SETTLE_BANK_URL,
    ...(webUiUrl === undefined ? {} : { webUiUrl }),
    services: processes.map(({ name, pid }) => markProcess(name, pid)),
  });
  const connection = await connectRunning(env);
  try {
    await applySchedules(connection);
  } finally {
    await connection.close();
  }
  output.lines([
    `数据 data            ${directory}`,
    `银行 bank            ${addresses.bankUrl}${env.SETTLE_BANK_URL ? '' : ' (simulator)'}`,
    ...(webUiUrl === undefined ? [] : [`流程 Temporal Web UI ${webUiUrl}`]),
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
