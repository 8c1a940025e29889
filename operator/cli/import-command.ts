import type { Command } from 'commander';
import { ExitCode } from '../../domain/refusal';
import { createBankScriptClient } from '../../workers/bank-simulator/script-client';
import { changeText, importRegion, type Imported } from '../commands/import-region';
import { bankAccounts } from '../commands/opening';
import { applySchedules } from '../commands/schedules';
import { connectRunning } from '../connection';
import { choosePolicies } from '../files/policy-choice';
import { collect } from './arguments';
import { action, examples, loadYears, policyFolder, type CliContext } from './context';

interface ImportOptions {
  policy?: string[];
  replace?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

const MOST_CHANGES = 40;

export function addImportCommand(program: Command, context: CliContext): void {
  examples(
    program
      .command('import')
      .description('take a region folder into the running system; the same again changes nothing · 导入')
      .argument('<dir>', 'region folder')
      .option('--policy <id|file>', 'this policy instead of the region’s own (repeatable)', collect)
      .option('--replace', 'take the folder’s values where others are stored')
      .option('--dry-run', 'only tell what would change')
      .option('--json', 'as JSON')
      .action(action(context, (dir: string, options: ImportOptions) => run(context, dir, options))),
    'import rehearsal/sample/650500',
    'import rehearsal/sample/650500 --dry-run',
  );
}

async function run(context: CliContext, dir: string, options: ImportOptions): Promise<ExitCode> {
  const { replace = false, dryRun = false } = options;
  const choice = await choosePolicies(policyFolder(), options.policy ?? []);
  const { years } = await loadYears(context.env);
  const running = await connectRunning(context.env);
  try {
    const input = { dir, choice, calendars: years, replace, dryRun };
    const imported = await importRegion(running, running.ownerDb(), input);
    if (!dryRun) {
      if (running.simulatorUrl !== undefined && imported.opened > 0)
        await createBankScriptClient(running.simulatorUrl).openAccounts(bankAccounts(imported.region));
      await applySchedules(running);
    }
    report(context, imported, options);
    return ExitCode.Fine;
  } finally {
    await running.close();
  }
}

function report({ output }: CliContext, { region, policies, changes, opened }: Imported, options: ImportOptions): void {
  if (options.json) {
    output.json({ region: region.code, policies, dryRun: options.dryRun === true, changes, opened });
    return;
  }
  const more = changes.length - MOST_CHANGES;
  const head = options.dryRun ? 'would change' : 'changed';
  output.lines([
    `${region.code} ${region.name}: ${changes.length === 0 ? 'nothing to change' : `${changes.length} rows ${head}`}`,
    ...changes.slice(0, MOST_CHANGES).map((change) => `  ${changeText(change)}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
    ...(opened > 0 ? [`opening balances of ${opened} pools posted`] : []),
    ...(options.dryRun ? [] : [`policies: ${policies.join(', ')}; \`settle status\` shows when its cases begin`]),
  ]);
}
