import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { loadEntrustments, type FiledEntrustment } from '../../db/entrustments';
import { loadInstitutionNames } from '../../db/register';
import type { PlainDate } from '../../domain/plain-date';
import { ExitCode, Refusal } from '../../domain/refusal';
import type { Entrustment } from '../../domain/window/entrustment';
import { fileEntrustments, type FiledLetter } from '../commands/file-entrustment';
import { settlingBodies } from '../commands/window-step';
import { readEntrustments } from '../files/entrustments';
import { dateArgument, institutionArgument, nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { actingOptions, actingPerson, regionOption, regionOrOnly, withRunning, type ActingOptions } from './running';
import { formatTable } from './table';
import { tried } from './window-options';

interface FileOptions extends ActingOptions {
  region?: string;
  institution: string;
  number: string;
  from: PlainDate;
  to?: PlainDate;
  document?: string;
  sha256?: string;
}

interface ListOptions {
  region?: string;
  institution?: string;
  missing?: boolean;
  json?: boolean;
}

export function addEntrustmentCommands(program: Command, context: CliContext): void {
  const group = program.command('entrustment').description('letters by which institutions entrust the agency · 委托书');
  examples(
    regionOption(actingOptions(group.command('file')))
      .description('files a letter: without a current one an institution cannot confirm')
      .requiredOption('--institution <id>', 'the settlement body', institutionArgument)
      .requiredOption('--number <number>', 'the letter’s own number', nonEmptyArgument)
      .requiredOption('--from <date>', 'its first day', dateArgument)
      .option('--to <date>', 'its last day (default: until further notice)', dateArgument)
      .option('--document <file>', 'the letter itself; its SHA-256 is kept', nonEmptyArgument)
      .option('--sha256 <hash>', 'the letter’s SHA-256, where the file is elsewhere', hashArgument)
      .action(action(context, (options: FileOptions) => fileOne(context, options))),
    'entrustment file --institution H65050100001 --number W1 --from 2026-03-01 --document letter.pdf --as 650500-officer',
  );
  examples(
    regionOption(actingOptions(group.command('import')))
      .description('files the letters of an entrustments.csv: institution,number,from,to,sha256; all or none')
      .argument('<file>', 'the file', nonEmptyArgument)
      .action(
        action(context, (path: string, options: ActingOptions & { region?: string }) =>
          importFile(context, path, options),
        ),
      ),
    'entrustment import entrustments.csv --as 650500-officer --dry-run',
  );
  examples(
    regionOption(group.command('list'))
      .description('letters on file, and who has none that is current')
      .option('--institution <id>', 'of this settlement body', institutionArgument)
      .option('--missing', 'only settlement bodies without a current letter')
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'entrustment list --missing',
  );
}

function hashArgument(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('A SHA-256 has 64 hexadecimal digits.');
}

async function hashOf({ document, sha256 }: FileOptions): Promise<string> {
  if ((document === undefined) === (sha256 === undefined))
    throw new Refusal('UsageInvalid', 'give the letter with --document, or its hash with --sha256');
  if (sha256 !== undefined) return sha256;
  try {
    return createHash('sha256')
      .update(await readFile(document!))
      .digest('hex');
  } catch (error) {
    throw new Refusal('FileMissing', `${document} cannot be read: ${(error as Error).message}`, {
      place: { file: document! },
    });
  }
}

async function fileOne(context: CliContext, options: FileOptions): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { institution, number, from, to } = options;
  const letter = { institution, number, from, ...(to ? { to } : {}), sha256: await hashOf(options) };
  return fileThem(context, [letter], options, person);
}

async function importFile(
  context: CliContext,
  path: string,
  options: ActingOptions & { region?: string },
): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  return fileThem(context, await readEntrustments(path), options, person);
}

async function fileThem(
  context: CliContext,
  letters: readonly Entrustment[],
  { region, dryRun = false, json }: ActingOptions & { region?: string },
  person: string,
): Promise<ExitCode> {
  return withRunning(context, async (running) => {
    const code = await regionOrOnly(running.db, region);
    const filed = await tried(running, dryRun, (inside) => fileEntrustments(inside, { region: code, letters, person }));
    if (json) context.output.json(filed.map((each) => ({ ...each, to: each.to ?? null, dryRun })));
    else
      context.output.lines([
        ...filed.map((each) => filedLine(context, each)),
        ...(dryRun ? ['nothing was recorded'] : []),
      ]);
    return ExitCode.Fine;
  });
}

function filedLine({ output }: CliContext, { institution, number, from, to, again }: FiledLetter): string {
  const already = again ? ' (it was on file)' : '';
  return `${output.paint('green', '✓')} letter ${number} of ${institution}, ${from} – ${to ?? 'until further notice'}${already}`;
}

/** Letters, and settlement bodies without a current one. */
async function list(context: CliContext, { region, institution, missing, json }: ListOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db, clock }) => {
    const code = await regionOrOnly(db, region);
    const today = clock.now().date;
    const letters = await loadEntrustments(db, code, institution);
    const isCurrent = ({ from, to }: FiledEntrustment): boolean => from <= today && today <= (to ?? today);
    const entrusted = new Set(letters.filter(isCurrent).map((each) => each.institution));
    const bodies = await settlingBodies(db, code, institution === undefined ? undefined : [institution]);
    const names = await loadInstitutionNames(db, code);
    const without = bodies
      .filter((body) => !entrusted.has(body))
      .map((body) => ({ institution: body, name: names.get(body) ?? '' }));
    const shown = missing ? [] : letters.map((each) => ({ ...each, to: each.to ?? null, current: isCurrent(each) }));
    if (json) context.output.json({ region: code, letters: shown, missing: without });
    else
      context.output.lines([
        ...(shown.length === 0 ? [] : letterTable(shown)),
        ...without.map(
          (each) =>
            `${context.output.paint('red', '✗')} ${each.institution} ${each.name}: no current letter · 缺委托书`,
        ),
        ...(shown.length + without.length === 0 ? ['every settlement body has a current letter · 委托书齐全'] : []),
      ]);
    return ExitCode.Fine;
  });
}

function letterTable(
  letters: readonly (Omit<FiledEntrustment, 'to'> & { to: PlainDate | null; current: boolean })[],
): string[] {
  return formatTable(
    [
      { title: '机构 institution' },
      { title: '编号 number' },
      { title: '起 from' },
      { title: '止 to' },
      { title: '有效 current' },
      { title: '归档 filed' },
      { title: 'SHA-256' },
    ],
    letters.map((each) => [
      each.institution,
      each.number,
      each.from,
      each.to ?? '',
      each.current ? '是 yes' : '否 no',
      `${each.filedOn} ${each.filedBy}`,
      each.sha256.slice(0, 16),
    ]),
  );
}
