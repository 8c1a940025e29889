import { existsSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { isRegionCode } from '../../domain/ids';
import { ExitCode, Refusal } from '../../domain/refusal';
import { prepareFolder, prepareStored, type RegionPreparation } from '../commands/prepare';
import { choosePolicies } from '../files/policy-choice';
import { loadRegion } from '../files/region-folder';
import { writeWhole } from '../files/write-whole';
import { collect, nonEmptyArgument } from './arguments';
import { action, examples, policyFolder, type CliContext } from './context';
import { preparationCsv, preparationHtml, preparationJson, preparationLines } from './preparation-report';
import { withRunning } from './running';

interface PrepareOptions {
  region: string;
  year?: number;
  policy?: string[];
  out?: string;
  json?: boolean;
}

export function addPrepareCommand(program: Command, context: CliContext): void {
  examples(
    program
      .command('prepare')
      .description('takes stock of a region before anything runs · 全面准备阶段')
      .requiredOption(
        '--region <folder|code>',
        'a region folder, or the code of one that is imported',
        nonEmptyArgument,
      )
      .option('--year <year>', 'the year that is prepared (default: the one after the last purchases)', yearArgument)
      .option('--policy <id|file>', 'this policy instead of the folder’s own (repeatable)', collect)
      .option('--out <file>', 'writes the report: .csv or .html', outArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: PrepareOptions) => prepare(context, options))),
    'prepare --region rehearsal/sample/650100',
    'prepare --region 650100 --year 2026 --out preparation.html',
  );
}

function yearArgument(text: string): number {
  if (/^20\d{2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A year is written YYYY, such as 2026.');
}

function outArgument(text: string): string {
  if (/\.(csv|html)$/.test(text)) return text;
  throw new InvalidArgumentError('A report is written as .csv or .html.');
}

async function prepare(context: CliContext, options: PrepareOptions): Promise<ExitCode> {
  const { output } = context;
  const found = await preparationOf(context, options);
  if (options.out !== undefined)
    writeWhole(options.out, options.out.endsWith('.csv') ? preparationCsv(found) : preparationHtml(found));
  if (options.json) output.json(preparationJson(found));
  else output.lines(preparationLines(context, found));
  if (options.out !== undefined) output.say(`written to ${options.out}`);
  return ExitCode.Fine;
}

async function preparationOf(
  context: CliContext,
  { region, year, policy }: PrepareOptions,
): Promise<RegionPreparation> {
  if (!existsSync(region) && isRegionCode(region)) {
    if (policy) throw new Refusal('UsageInvalid', '--policy goes with a region folder: an imported region has its own');
    return withRunning(context, ({ db }) => prepareStored(db, region, year));
  }
  return prepareFolder(await loadRegion(region), await choosePolicies(policyFolder(), policy ?? []), year);
}
