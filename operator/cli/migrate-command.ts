import type { Command } from 'commander';
import { prepareDatabase } from '../../db/roles';
import { ExitCode, Refusal } from '../../domain/refusal';
import { databaseUrlArgument } from './arguments';
import { action, examples, type CliContext } from './context';

export function addMigrateCommand(program: Command, context: CliContext): void {
  examples(
    program
      .command('migrate')
      .description('bring a database to the newest migration, with the application’s role; again changes nothing')
      .option('--database-url <url>', 'the database, as its owner (default: DATABASE_URL)', databaseUrlArgument)
      .action(action(context, (options: { databaseUrl?: string }) => migrate(context, options))),
    'migrate --database-url postgresql://settle_owner@localhost/settle',
  );
}

async function migrate(context: CliContext, { databaseUrl }: { databaseUrl?: string }): Promise<ExitCode> {
  const url = databaseUrl ?? context.env.DATABASE_URL;
  if (!url)
    throw new Refusal('UsageInvalid', 'no database is named: give --database-url, or set DATABASE_URL', {
      command: 'settle migrate',
    });
  const { appUrl } = await prepareDatabase(url);
  const { username, pathname } = new URL(appUrl);
  context.output.lines([`database ${pathname.slice(1)} is at the newest migration; the application is ${username}`]);
  return ExitCode.Fine;
}
