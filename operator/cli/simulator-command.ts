import { InvalidArgumentError, type Command } from 'commander';
import { agencyAccounts } from '../../db/register';
import { isInstitutionId, INSTITUTION_RULE } from '../../domain/ids';
import { formatYuan, parseYuan } from '../../domain/money';
import { ExitCode, Refusal } from '../../domain/refusal';
import { createBankScriptClient } from '../../workers/bank-simulator/script-client';
import { showClock } from '../commands/development-clock';
import { formatAmount } from './amounts';
import { nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { regionOption, regionOrOnly, withRunning } from './running';

interface PayInOptions {
  region?: string;
  institution: string;
  amount: bigint;
  receipt: string;
  json?: boolean;
}

/** What happens outside of the agency while a month is tried by hand. */
export function addSimulatorCommands(program: Command, context: CliContext): void {
  const group = program
    .command('simulator')
    .description('beside a development clock: what others do at the bank · 模拟银行');
  examples(
    regionOption(group.command('pay-in'))
      .description('an institution pays money into the supervised account today; the same receipt again is one payment')
      .requiredOption('--institution <id>', 'who pays', institutionArgument)
      .requiredOption('--amount <yuan>', 'how much', amountArgument)
      .requiredOption('--receipt <number>', 'what the bank’s statement says', nonEmptyArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: PayInOptions) => payIn(context, options))),
    'simulator pay-in --institution H65050200001 --amount 617283.95 --receipt R1',
  );
}

function institutionArgument(text: string): string {
  if (!isInstitutionId(text)) throw new InvalidArgumentError(`An institution is ${INSTITUTION_RULE}.`);
  return text;
}

function amountArgument(text: string): bigint {
  const fen = parseYuan(text);
  if (fen === undefined || fen <= 0n) throw new InvalidArgumentError('An amount is written in yuan, such as 5000.00.');
  return fen;
}

async function payIn(context: CliContext, options: PayInOptions): Promise<ExitCode> {
  const { institution, amount: amountFen, receipt } = options;
  return withRunning(context, async (running) => {
    const { now } = await showClock(running);
    const region = await regionOrOnly(running.db, options.region);
    const known = await running.db('settle.institutions').where({ region, institution }).pluck<string[]>('institution');
    if (known.length === 0)
      throw new Refusal('NotFound', `${institution} is no institution of ${region}`, { institution });
    const account = agencyAccounts.supervised(region);
    await createBankScriptClient(running.simulatorUrl!).credit([
      { id: receipt, account, amountFen, bookedOn: now.date, payerName: institution, text: receipt },
    ]);
    if (options.json)
      context.output.json({ receipt, institution, amount: formatYuan(amountFen), account, bookedOn: now.date });
    else
      context.output.lines([
        `${context.output.paint('green', '✓')} ${institution} paid ${formatAmount(amountFen)} into ${account} on ${now.date}`,
        '  next  settle returns record, once the agency has seen it',
      ]);
    return ExitCode.Fine;
  });
}
