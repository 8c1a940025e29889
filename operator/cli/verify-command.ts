import type { Command } from 'commander';
import { connect } from '../../db/connect';
import { loadRegion } from '../../db/register';
import { verify, type VerifyRow } from '../../db/verify';
import { ExitCode, Refusal } from '../../domain/refusal';
import { dataDirectory } from '../files/data-directory';
import { readRunState } from '../run-state';
import { databaseUrlArgument, regionArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { formatTable } from './table';
import { unlessStopped } from '../unless-stopped';

interface VerifyOptions {
  databaseUrl?: string;
  region?: string;
  json?: boolean;
}

export function addVerifyCommand(program: Command, context: CliContext): void {
  examples(
    program
      .command('verify')
      .description('recompute every invariant of the ledger and its payments from the raw rows · 核验')
      .option(
        '--database-url <url>',
        'the database (default: DATABASE_URL, else that of settle up)',
        databaseUrlArgument,
      )
      .option('--region <code>', 'this region only', regionArgument)
      .option('--json', '{region, ok, invariants: [{name, ok, detail}]}')
      .action(action(context, (options: VerifyOptions) => unlessStopped(context.stop, run(context, options)))),
    'verify',
    'verify --database-url postgresql://settle@localhost/settle',
    'verify --region 650100 --json',
  );
}

function databaseUrl(options: VerifyOptions, env: NodeJS.ProcessEnv): string {
  const url = options.databaseUrl ?? (env.DATABASE_URL || readRunState(dataDirectory(env))?.appUrl);
  if (url) return url;
  throw new Refusal('UsageInvalid', 'no database is named: give --database-url, or set DATABASE_URL', {
    command: 'settle verify',
  });
}

/** SQLSTATEs of a database that answers and is not this engine's, and of one that lets nobody in. */
const NOT_OURS = ['3F000', '42P01'];
const NO_ENTRY = ['28000', '28P01', '3D000', '42501', '57P03', '53300'];
const UNREACHABLE = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'ECONNRESET', 'EHOSTUNREACH', 'ENOENT'];

/** What a database says when it cannot be used, without the password that its URL may hold. */
function unusable(error: unknown, url: string): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  const { hostname, port, pathname } = new URL(url);
  const name = `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
  if (typeof code !== 'string') return error;
  if (NOT_OURS.includes(code)) {
    return new Refusal('DatabaseUnusable', `the database ${name} holds no ledger of this engine`, { database: name });
  }
  if (![...NO_ENTRY, ...UNREACHABLE].includes(code)) return error;
  return new Refusal('DatabaseUnusable', `the database ${name} cannot be used (${code}): ${message}`, {
    database: name,
    reason: code,
  });
}

async function invariantsOf(url: string, region: string | undefined): Promise<VerifyRow[]> {
  const database = connect(url, { poolSize: 2, applicationName: 'settle-verify' });
  try {
    if (region !== undefined) await loadRegion(database, region);
    return await verify(database, region);
  } catch (error) {
    throw unusable(error, url);
  } finally {
    await database.destroy();
  }
}

async function run(context: CliContext, options: VerifyOptions): Promise<ExitCode> {
  const invariants = await invariantsOf(databaseUrl(options, context.env), options.region);
  const ok = invariants.length > 0 && invariants.every((each) => each.ok);
  if (options.json) context.output.json({ region: options.region ?? null, ok, invariants });
  else context.output.lines(invariantLines(invariants, context));
  return ok ? ExitCode.Fine : ExitCode.Error;
}

function invariantLines(invariants: readonly VerifyRow[], { output }: CliContext): string[] {
  const rows = invariants.map(({ name, ok, detail }) => [
    ok ? output.paint('green', 'holds') : output.paint('red', 'BROKEN'),
    name,
    detail,
  ]);
  const holding = invariants.filter(({ ok }) => ok).length;
  return [
    ...formatTable([{ title: '' }, { title: '' }, { title: '' }], rows),
    `${holding} of ${invariants.length} invariants hold`,
  ];
}
