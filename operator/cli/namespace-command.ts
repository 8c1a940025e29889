import { Connection } from '@temporalio/client';
import { InvalidArgumentError, type Command } from 'commander';
import { ExitCode, Refusal } from '../../domain/refusal';
import { searchAttributes } from '../../workers/services';
import { temporalAddress } from '../../workers/temporal-connection';
import { setUpNamespace, type NamespaceChange } from '../commands/namespace';
import { nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';

/** Closed cases stay readable in the Web UI until the year's audit is over. */
const RETENTION_DAYS = 400;
const CONNECT_WITHIN = '10 seconds';

interface SetUpOptions {
  retentionDays: number;
  dryRun?: boolean;
  json?: boolean;
}

export function addNamespaceCommands(program: Command, context: CliContext): void {
  const group = program.command('namespace').description('the engine’s namespace on a Temporal cluster · 命名空间');
  examples(
    group
      .command('setup')
      .description('creates it with retention and search attributes, or brings it up to date; again changes nothing')
      .argument('[name]', 'default: TEMPORAL_NAMESPACE, else settle', nonEmptyArgument)
      .option('--retention-days <days>', 'how long closed cases stay in Temporal', daysArgument, RETENTION_DAYS)
      .option('--dry-run', 'only tell what would be done')
      .option('--json', 'as JSON')
      .action(action(context, (name: string | undefined, options: SetUpOptions) => setUp(context, name, options))),
    'namespace setup',
    'namespace setup settle --retention-days 400 --dry-run',
  );
}

function daysArgument(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A retention is a number of days from 1 to 9999.');
}

async function setUp(context: CliContext, name: string | undefined, options: SetUpOptions): Promise<ExitCode> {
  const { env, output } = context;
  const namespace = name ?? (env.TEMPORAL_NAMESPACE || 'settle');
  const { retentionDays, dryRun = false } = options;
  const connection = await connect(env);
  try {
    const input = { namespace, retentionDays, searchAttributes: searchAttributes(), dryRun };
    const change = await setUpNamespace(connection, input);
    if (options.json) output.json({ namespace, retentionDays, dryRun, ...change });
    else output.lines(lines(context, input, change));
    return ExitCode.Fine;
  } finally {
    await connection.close();
  }
}

async function connect(env: NodeJS.ProcessEnv): Promise<Connection> {
  const { TEMPORAL_ADDRESS: address } = env;
  if (!address)
    throw new Refusal('UsageInvalid', 'TEMPORAL_ADDRESS is not set: on which cluster is it to be?', {
      command: 'settle namespace setup',
    });
  try {
    return await Connection.connect({ ...temporalAddress(address, env), connectTimeout: CONNECT_WITHIN });
  } catch (error) {
    throw new Refusal('NotRunning', `Temporal does not answer at ${address}: ${(error as Error).message}`, { address });
  }
}

function lines(
  { output }: CliContext,
  { namespace, retentionDays, dryRun }: { namespace: string; retentionDays: number; dryRun: boolean },
  { created, retentionDaysBefore, addedAttributes }: NamespaceChange,
): string[] {
  const done = [
    ...(created ? [`created with a retention of ${retentionDays} days`] : []),
    ...(retentionDaysBefore !== null && retentionDaysBefore !== retentionDays
      ? [`retention ${retentionDaysBefore} → ${retentionDays} days`]
      : []),
    ...(addedAttributes.length > 0 ? [`search attributes ${addedAttributes.join(', ')}`] : []),
  ];
  if (done.length === 0) return [`${output.paint('green', '✓')} namespace ${namespace} is as it should be`];
  return [
    `${output.paint('green', '✓')} namespace ${namespace}${dryRun ? ' would be changed; nothing was done' : ''}`,
    ...done.map((each) => `  ${each}`),
    `  next  ${dryRun ? 'the same without --dry-run' : 'npm run worker, with the same TEMPORAL_ settings'}`,
  ];
}
