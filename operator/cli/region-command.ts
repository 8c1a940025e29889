import type { Command } from 'commander';
import type { ExitCode } from '../../domain/refusal';
import { collect, nonEmptyArgument } from './arguments';
import { exitCodeOf, findingLines } from './check-report';
import { action, examples, policyFolder, type CliContext } from './context';
import { groupThousands } from './amounts';
import { choosePolicies } from '../files/policy-choice';
import { checkRegionFolder, type CheckedRegion } from '../files/region-policy-check';

interface CheckOptions {
  policy?: string[];
  json?: boolean;
}

export function addRegionCommands(program: Command, context: CliContext): void {
  const group = program.command('region').description('region folders, the files of one 统筹地区 · 统筹地区数据');
  examples(
    group
      .command('check')
      .description('everything that is wrong with region folders: file, line, column and rule; nothing is run')
      .argument('<dir...>', 'region folders', (dir: string, before: string[] | undefined) => [
        ...(before ?? []),
        nonEmptyArgument(dir),
      ])
      .option('--policy <id|file>', 'check against this policy instead of the region’s own (repeatable)', collect)
      .option('--json', 'as JSON')
      .action(action(context, (dirs: string[], options: CheckOptions) => check(context, dirs, options))),
    'region check rehearsal/sample/650100',
    'region check rehearsal/sample/650100 rehearsal/sample/650400 --json',
  );
}

async function check(context: CliContext, dirs: readonly string[], options: CheckOptions): Promise<ExitCode> {
  const choice = await choosePolicies(policyFolder(), options.policy ?? []);
  const checked: CheckedRegion[] = [];
  for (const dir of dirs) {
    const region = await checkRegionFolder(dir, choice);
    checked.push(region);
    if (!options.json)
      context.output.lines(region.ok ? fineLines(region, context) : findingLines(dir, region.findings, context));
  }
  if (options.json) context.output.json({ ok: checked.every(({ ok }) => ok), regions: checked });
  return exitCodeOf(checked);
}

function fineLines({ dir, region, policies, planned }: CheckedRegion, { output }: CliContext): string[] {
  const { code, name, institutions, enterprises, purchases } = region!;
  return [
    `${output.paint('green', '✓')} ${dir}: ${code} ${name}`,
    `  ${institutions} institutions, ${enterprises} enterprises, ${purchases} rows of purchases; policies: ${policies.join(', ') || 'none'}`,
    ...planned.map(
      ({ policy, year, prepayments, amount, excluded }) =>
        `  ${policy}: ${prepayments} prepayments of ${groupThousands(amount)} yuan in ${year}` +
        (excluded.length === 0
          ? ''
          : `, none for ${excluded.map((each) => `${each.institution} (${each.reason})`).join(', ')}`),
    ),
  ];
}
