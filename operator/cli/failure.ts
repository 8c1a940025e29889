import { isRefusalCode, Refusal, REFUSALS, ExitCode, type FilePlace } from '../../domain/refusal';
import { createLogger } from '../../workers/logging';
import type { CliContext } from './context';
import { Interrupted } from './interrupted';
import { toJson } from './output';

/** Wrapped errors are followed so deep; a longer chain is a loop. */
const DEEPEST_CAUSE = 10;

/** The refusal that an error is or was caused by: Temporal carries refusals as failures typed with their code. */
export function refusalIn(error: unknown): Refusal | undefined {
  let cause = error;
  for (let depth = 0; depth < DEEPEST_CAUSE && cause instanceof Error; depth += 1) {
    if (cause instanceof Refusal) return cause;
    const { type, details } = cause as { type?: unknown; details?: unknown };
    if (typeof type === 'string' && isRefusalCode(type)) {
      const [first] = Array.isArray(details) ? (details as unknown[]) : [];
      return new Refusal(type, cause.message, (first ?? {}) as Refusal['details']);
    }
    cause = cause.cause;
  }
  return undefined;
}

/** `purchases-2025.csv:3 (amount)` */
export function formatPlace({ file, line, column }: FilePlace): string {
  return `${file}${line === undefined ? '' : `:${line}`}${column === undefined ? '' : ` (${column})`}`;
}

/** What `--json` prints of a failure. */
export interface FailureJson {
  error: {
    code: string;
    message: string;
    rule?: string;
    place?: FilePlace;
    remedy: string;
    details: Record<string, unknown>;
  };
}

export function refusalJson(refusal: Refusal): FailureJson {
  const { rule, place, ...details } = refusal.details;
  return {
    error: {
      code: refusal.code,
      message: refusal.message,
      ...(rule === undefined ? {} : { rule }),
      ...(place === undefined ? {} : { place }),
      remedy: refusal.remedy,
      details,
    },
  };
}

function refusalLines(refusal: Refusal, context: CliContext): string[] {
  const { rule, place } = refusal.details;
  const { paintError } = context.output;
  const label = (text: string) => paintError('bold', text);
  return [
    `${paintError('red', `settle: refused (${refusal.code})`)}: ${refusal.message}`,
    ...(rule === undefined ? [] : [`  ${label('rule ')}  ${rule}`]),
    ...(place === undefined ? [] : [`  ${label('place')}  ${formatPlace(place)}`]),
    `  ${label('next ')}  ${refusal.remedy}`,
  ];
}

/** What commander says is wrong with the arguments, as a refusal: `error: unknown option '--jso'` and its suggestion. */
export function usageRefusal(message: string, command: string): Refusal {
  return new Refusal('UsageInvalid', message.replace(/^error: /, '').trim(), { command });
}

function printRefusal(refusal: Refusal, context: CliContext): ExitCode {
  const { output } = context;
  if (context.json) output.say(toJson(refusalJson(refusal)));
  else if (refusal.code === 'UsageInvalid') {
    const command = typeof refusal.details.command === 'string' ? refusal.details.command : 'settle';
    output.say(
      `${output.paintError('red', 'settle')}: ${refusal.message}\n  ${command} --help shows how it is written.`,
    );
  } else output.say(refusalLines(refusal, context).join('\n'));
  return refusal.exitCode;
}

/** True where the log could be written: a failure is never hidden behind one of its log. */
function writeToLog(error: unknown, context: CliContext): boolean {
  try {
    createLogger('cli', { file: context.logFile }).error({ err: error }, 'the command failed');
    return true;
  } catch {
    return false;
  }
}

function printUnexpected(error: unknown, context: CliContext): ExitCode {
  const { output, env, logFile } = context;
  const message = error instanceof Error ? error.message : String(error);
  const logged = writeToLog(error, context);
  if (context.json) {
    const remedy = REFUSALS.FaultPersists.remedy;
    const details = logged ? { log: logFile } : {};
    output.say(toJson({ error: { code: 'Unexpected', message, remedy, details } }));
  } else {
    output.say(`${output.paintError('red', 'settle: something went wrong')}: ${message}`);
    if (logged) output.say(`  the details are in ${logFile}`);
  }
  if (env.SETTLE_DEBUG === '1' && error instanceof Error) output.say(error.stack ?? '');
  return ExitCode.Error;
}

/** Prints what went wrong on standard error, for people or as one JSON object, and returns the exit code. */
export function printFailure(error: unknown, context: CliContext): number {
  if (error instanceof Interrupted) {
    context.output.say('settle: stopped');
    return error.exitCode;
  }
  const refusal = refusalIn(error);
  return refusal === undefined ? printUnexpected(error, context) : printRefusal(refusal, context);
}
