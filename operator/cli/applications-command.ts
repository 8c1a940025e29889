import type { Command } from 'commander';
import { ExitCode } from '../../domain/refusal';
import type { Period } from '../../domain/plain-date';
import { REJECTION_CODES, REJECTION_REASONS } from '../../domain/window/line-check';
import { importApplications, type ImportedApplications } from '../commands/import-applications';
import { nonEmptyArgument, periodArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { actingOptions, actingPerson, regionOption, regionOrOnly, withRunning, type ActingOptions } from './running';

export function addApplicationCommands(program: Command, context: CliContext): void {
  const group = program.command('applications').description('what enterprises apply for, line by line · 结算申请');
  examples(
    regionOption(actingOptions(group.command('import')))
      .description('takes an application file into its window: good lines go in, every other one is told with its code')
      .argument('<file>', 'applications-2026-03.csv (UTF-8 or GB18030)', nonEmptyArgument)
      .option('--period <month>', 'the window’s month (default: by the file’s name)', periodArgument)
      .option('--rejected <file>', 'where rejected rows are written (default: beside the file)', nonEmptyArgument)
      .action(action(context, (file: string, options: ImportOptions) => importFile(context, file, options))),
    'applications import applications-2026-03.csv --as 650500-operator',
    'applications import export.csv --period 2026-03 --as 650500-operator --dry-run',
  );
}

interface ImportOptions extends ActingOptions {
  region?: string;
  period?: Period;
  rejected?: string;
}

async function importFile(context: CliContext, path: string, options: ImportOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { dryRun = false, period } = options;
  // A dry run leaves nothing behind, unless it is asked to.
  const rejectedPath = options.rejected ?? (dryRun ? undefined : path.replace(/(\.\w+)?$/, '.rejected.csv'));
  return withRunning(context, async (running) => {
    const imported = await importApplications(running, {
      region: await regionOrOnly(running.db, options.region),
      path,
      person,
      dryRun,
      ...(period === undefined ? {} : { period }),
      ...(rejectedPath === undefined ? {} : { rejectedPath }),
    });
    if (options.json) context.output.json({ ...imported, dryRun });
    else context.output.lines(linesOf(context, path, imported, dryRun));
    return imported.rejected > 0 && !imported.again ? ExitCode.SomeItemsFailed : ExitCode.Fine;
  });
}

function linesOf({ output }: CliContext, path: string, imported: ImportedApplications, dryRun: boolean): string[] {
  const { period, rows, accepted, repeated, rejected, earlierRowsRejected, rejectedPath } = imported;
  if (imported.again)
    return [
      `${path}: these bytes were imported for ${period} on ${imported.importedOn} by ${imported.person}; nothing is to be done · 已导入`,
    ];
  const codes = REJECTION_CODES.flatMap((code) => {
    const count = imported.codes[code] ?? 0;
    const { chinese, english } = REJECTION_REASONS[code];
    return count === 0 ? [] : [`  ${output.paint('red', '✗')} ${count} ${code}: ${english} · ${chinese}`];
  });
  return [
    `${path}: ${rows} rows for ${period}: ${accepted} accepted, ${repeated} repeated, ${rejected} rejected` +
      (dryRun ? '; nothing was recorded' : ''),
    ...codes,
    ...(earlierRowsRejected > 0
      ? [`  ${earlierRowsRejected} rows of earlier files are in conflict with it and rejected too`]
      : []),
    ...(rejectedPath === undefined ? [] : [`  rejected rows: ${rejectedPath}`]),
  ];
}
