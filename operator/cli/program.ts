import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { ExitCode } from '../../domain/refusal';
import { projectRoot } from '../../workers/services/project-root';
import { dataDirectory } from '../files/data-directory';
import { addApplicationCommands } from './applications-command';
import { addApprovalCommands } from './approvals-command';
import { addAttemptCommands } from './attempts-command';
import { addBreachCommands } from './breaches-command';
import { addCalendarCommands } from './calendar-command';
import type { CliContext } from './context';
import { printFailure, usageRefusal } from './failure';
import { createOutput, type TextStream } from './output';
import { addCaseCommands } from './cases-command';
import { addClockCommands } from './clock-command';
import { addDocumentCommands, addReportCommands } from './documents-command';
import { addPaymentCommands } from './payments-command';
import { addFundCommands } from './fund-command';
import { addImportCommand } from './import-command';
import { addCompletionCommand } from './completion-command';
import { addEntrustmentCommands } from './entrustment-command';
import { addEnterpriseCommands } from './enterprises-command';
import { addExportCommand } from './export-command';
import { addLedgerCommands } from './ledger-command';
import { addReturnCommands } from './returns-command';
import { addMigrateCommand } from './migrate-command';
import { addNamespaceCommands } from './namespace-command';
import { addPolicyCommands } from './policy-command';
import { addRatioCommands } from './ratio-command';
import { addPrepareCommand } from './prepare-command';
import { addReconcileCommands } from './reconcile-command';
import { addRegionCommands } from './region-command';
import { addRehearseCommand } from './rehearse-command';
import { addScheduleCommands } from './schedules-command';
import { addSimulatorCommands } from './simulator-command';
import { addStaffCommands } from './staff-command';
import { addStartCommand } from './start-command';
import { addStatementCommands } from './statements-command';
import { addStatusCommand } from './status-command';
import { addSuspenseCommands } from './suspense-command';
import { addWindowCommands } from './window-command';
import { addTopUpCommands } from './top-up-command';
import { addUpCommand } from './up-command';
import { addVerifyCommand } from './verify-command';

/** What a command line runs with; tests give memory and a rehearsal of their own. */
export interface CliEnvironment {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: NodeJS.ProcessEnv;
  readonly stop: AbortSignal;
  readonly rehearse: CliContext['rehearse'];
  readonly connect: CliContext['connect'];
}

const EXIT_CODES = `
Exit codes: 0 fine, 1 error, 2 usage, 3 some items failed, 4 refused by approval rules, 5 bank state unknown,
6 outside its window. Data goes to standard output, everything else to standard error.`;

function version(): string {
  const text = readFileSync(join(projectRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function createProgram(context: CliContext, environment: CliEnvironment): Command {
  const program = new Command('settle')
    .description('Batch settlement of medical-insurance funds · 医保基金结算引擎')
    .version(version())
    // An option after a command is the command's own: `policy show ID --version 1`.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void environment.stdout.write(text),
      // What is wrong with the arguments is printed once, with every other failure.
      writeErr: () => undefined,
    })
    .addHelpText('after', EXIT_CODES);
  addStartCommand(program, context);
  addUpCommand(program, context);
  addStatusCommand(program, context);
  addImportCommand(program, context);
  addScheduleCommands(program, context);
  addClockCommands(program, context);
  addSimulatorCommands(program, context);
  addMigrateCommand(program, context);
  addNamespaceCommands(program, context);
  addRehearseCommand(program, context);
  addVerifyCommand(program, context);
  addCalendarCommands(program, context);
  addPolicyCommands(program, context);
  addRegionCommands(program, context);
  addPrepareCommand(program, context);
  addApplicationCommands(program, context);
  addWindowCommands(program, context);
  addEntrustmentCommands(program, context);
  addStatementCommands(program, context);
  addTopUpCommands(program, context);
  addApprovalCommands(program, context);
  addRatioCommands(program, context);
  addReconcileCommands(program, context);
  addSuspenseCommands(program, context);
  addCaseCommands(program, context);
  addPaymentCommands(program, context);
  addReturnCommands(program, context);
  addFundCommands(program, context);
  addBreachCommands(program, context);
  addEnterpriseCommands(program, context);
  addLedgerCommands(program, context);
  addDocumentCommands(program, context);
  addReportCommands(program, context);
  addExportCommand(program, context);
  addStaffCommands(program, context);
  addAttemptCommands(program, context);
  addCompletionCommand(program, context);
  return program;
}

/** The command that the arguments name, as far as they name one: `settle calendar show`. */
function commandOf(program: Command, argv: readonly string[]): Command {
  let command = program;
  for (const word of argv) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) break;
    command = next;
  }
  return command;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** A word of a command line, in quotes where a shell would need them. */
function quoted(word: string): string {
  return /^[\w./:=@%+,〔〕\u3400-\u9fff-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A group without its command, or nothing at all: the help says what there is. */
const HELP_INSTEAD = 'commander.help';

/**
 * Runs one command line (without node and script) and returns the exit code. Never throws: what goes wrong is printed on
 * standard error.
 */
export async function runCli(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const beforeSeparator = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const context: CliContext = {
    output: createOutput(environment.stdout, environment.stderr, environment.env),
    env: environment.env,
    stop: environment.stop,
    json: beforeSeparator.includes('--json'),
    commandLine: ['settle', ...argv].map(quoted).join(' '),
    rehearse: environment.rehearse,
    connect: environment.connect,
    logFile: join(dataDirectory(environment.env), 'log', 'settle.log'),
    exitCode: ExitCode.Fine,
  };
  const program = createProgram(context, environment);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return printFailure(error, context);
    const command = commandOf(program, argv);
    if (error.code === HELP_INSTEAD && !context.json) {
      context.output.say(command.helpInformation().trimEnd());
      return ExitCode.Usage;
    }
    if (error.exitCode === 0) return ExitCode.Fine;
    return printFailure(usageRefusal(error.message, pathOf(command)), context);
  }
}
