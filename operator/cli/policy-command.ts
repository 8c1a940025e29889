import { Option, type Command } from 'commander';
import type { PlainDate } from '../../domain/plain-date';
import { citeRule, listPolicyValues, type PolicyBook, type PolicyFile, type PolicyValue } from '../../domain/policy';
import { ExitCode, Refusal } from '../../domain/refusal';
import { loadPolicyBook } from '../files/policy-files';
import { dateArgument, nonEmptyArgument } from './arguments';
import { exitCodeOf, findingLines } from './check-report';
import { action, examples, policyFolder, today, type CliContext } from './context';
import { checkPolicyFiles } from './policy-check';
import { addPolicyCompareCommand } from './policy-compare-command';
import { formatTable, pad, wrap } from './table';

interface JsonOption {
  json?: boolean;
}

export function addPolicyCommands(program: Command, context: CliContext): void {
  const group = program.command('policy').description('published policies as dated data · 政策');
  examples(
    group
      .command('list')
      .description('the policies that are known, each version with its dates')
      .option('--json', 'as JSON')
      .action(action(context, (options: JsonOption) => list(context, options))),
    'policy list',
  );
  examples(
    group
      .command('show')
      .description('every value of a policy with its clause, or the reason why the text was read this way')
      .argument('<id>', 'as `settle policy list` shows it')
      .addOption(new Option('--version <version>', 'this version (default: the one in force today)').conflicts('on'))
      .option('--on <date>', 'the version in force on this day', dateArgument)
      .option('--json', 'as JSON')
      .action(action(context, (id: string, options: ShowOptions) => show(context, id, options))),
    'policy show xinjiang-2025-50',
    'policy show xinjiang-2025-50 --on 2027-01-01 --json',
  );
  examples(
    group
      .command('check')
      .description('everything that is wrong with policy files, and whether their dates fit the published ones')
      .argument('<file...>', 'policy files', nonEmptyFiles)
      .option('--json', 'as JSON')
      .action(action(context, (files: string[], options: JsonOption) => check(context, files, options))),
    'policy check my-policy.yaml',
    'policy check policies/*.yaml --json',
  );
  addPolicyCompareCommand(group, context);
}

function nonEmptyFiles(file: string, before: string[] | undefined): string[] {
  return [...(before ?? []), nonEmptyArgument(file)];
}

/** A version as machines read it. */
function versionJson({ policy, sha256, fileName }: PolicyFile) {
  const { id, version, document, effective, regions } = policy;
  return {
    id,
    version,
    document,
    effective: { from: effective.from, to: effective.to ?? null },
    regions,
    sha256,
    file: fileName,
  };
}

async function list(context: CliContext, options: JsonOption): Promise<ExitCode> {
  const files = (await loadPolicyBook(policyFolder())).list();
  if (options.json) {
    context.output.json({ policies: files.map(versionJson) });
    return ExitCode.Fine;
  }
  const rows = files.map(({ policy, sha256 }) => [
    policy.id,
    policy.version,
    policy.effective.from,
    policy.effective.to ?? '–',
    policy.document.number ?? '–',
    policy.regions.map(({ name }) => name).join('、'),
    sha256.slice(0, 12),
  ]);
  const titles = ['id', 'version', 'from', 'to', 'document', 'regions', 'sha256'];
  context.output.lines(
    formatTable(
      titles.map((title) => ({ title })),
      rows,
    ),
  );
  return ExitCode.Fine;
}

interface ShowOptions extends JsonOption {
  version?: string;
  on?: PlainDate;
}

function chosenVersion(book: PolicyBook, id: string, { version, on }: ShowOptions): PolicyFile {
  if (version !== undefined) return book.get(id, version);
  if (on !== undefined) return book.inForce(id, on);
  try {
    return book.inForce(id, today());
  } catch (error) {
    // Outside its dates a policy is shown all the same, with its dates.
    const latest = book.list().findLast(({ policy }) => policy.id === id);
    if (latest && error instanceof Refusal && error.code === 'PolicyNotInForce') return latest;
    throw error;
  }
}

async function show(context: CliContext, id: string, options: ShowOptions): Promise<ExitCode> {
  const file = chosenVersion(await loadPolicyBook(policyFolder()), id, options);
  const values = listPolicyValues(file);
  if (options.json) {
    const cited = values.map(({ path, value, clause, interpretation }) => ({
      path,
      value,
      clause: clause ?? null,
      interpretation: interpretation ?? null,
      rule: citeRule(file, path),
    }));
    context.output.json({ ...versionJson(file), values: cited });
    return ExitCode.Fine;
  }
  context.output.lines([...heading(file), ...valueLines(values, context)]);
  return ExitCode.Fine;
}

function heading({ policy, sha256, fileName }: PolicyFile): string[] {
  const { document, effective } = policy;
  return formatTable(
    [{ title: '' }, { title: '' }],
    [
      ['policy', `${policy.id}, version ${policy.version}`],
      ['document', [document.number, document.title].filter((text) => text !== undefined).join(' ')],
      ['issued', `${document.issuedOn} by ${document.issuer}`],
      [
        'in force',
        `from ${effective.from} ${effective.to === undefined ? 'until a later version' : `to ${effective.to}`}`,
      ],
      ['file', fileName],
      ['sha256', sha256],
    ],
  );
}

const PATH_WIDTH = 44;
const INDENT = '      ';
const TEXT_WIDTH = 100;

/** Values under the section they stand in, each with its clause; interpretations below, since they are sentences. */
function valueLines(values: readonly PolicyValue[], { output }: CliContext): string[] {
  const lines: string[] = [];
  let section = '';
  for (const { path, value, clause, interpretation } of values) {
    const [first, ...rest] = path.split('.');
    if (first !== section) lines.push('', output.paint('bold', first!));
    section = first!;
    const name = rest.join('.') || first!;
    lines.push(
      `  ${pad(name, PATH_WIDTH)}  ${formatValue(value)}${clause === undefined ? '' : output.paint('cyan', `  ${clause}`)}`,
    );
    if (interpretation === undefined) continue;
    const text = wrap(`解释 interpretation: ${interpretation}`, TEXT_WIDTH - INDENT.length);
    lines.push(...text.map((line) => output.paint('dim', `${INDENT}${line}`)));
  }
  return lines;
}

/** `{ from: 2026, to: 2026 }`, lists with commas, objects in short. */
function formatValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(formatValue).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, each]) => `${key}: ${formatValue(each)}`)
    .join(', ')} }`;
}

async function check(context: CliContext, files: readonly string[], options: JsonOption): Promise<ExitCode> {
  const checked = await checkPolicyFiles(policyFolder(), files);
  if (options.json) context.output.json({ ok: checked.every(({ ok }) => ok), files: checked });
  else {
    for (const { file, ok, policy, findings } of checked) {
      const fine = `${context.output.paint('green', '✓')} ${file}: ${policy?.id} version ${policy?.version}`;
      context.output.lines(ok ? [fine] : findingLines(file, findings, context));
    }
  }
  return exitCodeOf(checked);
}
