import { InvalidArgumentError, Option, type Command } from 'commander';
import type { PaymentRecord } from '../../db/payments';
import { formatYuan, sum } from '../../domain/money';
import { PaymentState } from '../../domain/payment';
import { ExitCode, Refusal } from '../../domain/refusal';
import {
  actOnSelected,
  checkPaymentAction,
  selectPayments,
  type CaseOutcome,
  type PaymentAction,
  type PaymentsCommand,
} from '../commands/payment-actions';
import { accountNumber, bankCode, text, Mismatch, type Cell } from '../files/cells';
import { formatAmount } from './amounts';
import { nonEmptyArgument, regionArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { actingOptions, actingPerson, given, updateIdOption, withRunning, type ActingOptions } from './running';
import { formatTable } from './table';

interface SelectOptions extends ActingOptions {
  state?: PaymentState[];
  case?: string;
  region?: string;
  reason: string;
  yes?: boolean;
}

interface AccountOptions extends SelectOptions {
  name?: string;
  account: string;
  bankCode?: string;
}

const STATES: readonly string[] = Object.values(PaymentState);

export function stateOption(): Option {
  return new Option('--state <state>', `${STATES.join(', ')} (repeatable)`).argParser(
    (state: string, before: PaymentState[] | undefined) => {
      if (!STATES.includes(state)) throw new InvalidArgumentError(`A state is one of ${STATES.join(', ')}.`);
      return [...(before ?? []), state as PaymentState];
    },
  );
}

const SEVERAL: readonly { name: PaymentAction; does: string }[] = [
  { name: 'retry', does: 'sends failed or returned payments once more' },
  { name: 'ask', does: 'asks the bank now about payments whose end is not known' },
  { name: 'cancel', does: 'ends failed, returned or held payments; the money goes back as it was reserved' },
];

/** Several at once are shown first: nothing is done without `--yes`. */
export function addPaymentActions(group: Command, context: CliContext): void {
  for (const { name, does } of SEVERAL) {
    const command = actingOptions(group.command(name))
      .description(does)
      .argument('[payment...]', 'the payments; or name them by --case, --state or --region')
      .addOption(stateOption())
      .option('--case <case>', 'those of this case', nonEmptyArgument)
      .option('--region <code>', 'those of this region', regionArgument)
      .requiredOption('--reason <text>', 'why; it is kept', nonEmptyArgument)
      .option('--yes', 'do it: without it, several payments are only shown');
    updateIdOption(command).action(
      action(context, (ids: string[], options: SelectOptions) => act(context, name, ids, options)),
    );
    examples(command, `payments ${name} --case prepayment/650100/2026 --as 650100-operator --reason 核对无误 --yes`);
  }
  const correct = actingOptions(group.command('correct-account'))
    .description('gives a payment that did not arrive its right account; it goes through approval again')
    .argument('<payment>', 'a failed or returned payment', nonEmptyArgument)
    .requiredOption('--account <number>', 'the right account', cellArgument(accountNumber))
    .option('--name <name>', 'the right name of its holder (default: as it is)', cellArgument(text))
    .option('--bank-code <code>', 'the right bank (default: as it is)', cellArgument(bankCode))
    .requiredOption('--reason <text>', 'why; it is kept', nonEmptyArgument);
  updateIdOption(correct).action(
    action(context, (id: string, options: AccountOptions) => act(context, 'correct', [id], options)),
  );
  examples(
    correct,
    'payments correct-account disbursement/650100/2026/H65010200001/employee --account 0000650100999 --as 650100-operator --reason 账号有误',
  );
}

/** What a file's column asks for is asked for here too. */
function cellArgument(cell: Cell<string>): (given: string) => string {
  return (value) => {
    const read = cell(value);
    if (read instanceof Mismatch) throw new InvalidArgumentError(`It has to be ${read.expected}.`);
    return read;
  };
}

export function paymentLines(payments: readonly PaymentRecord[]): string[] {
  return formatTable(
    [
      { title: '支付 payment' },
      { title: '状态 state' },
      { title: '金额 yuan', align: 'right' },
      { title: '收款 payee' },
      { title: '到账 booked' },
    ],
    payments.map(({ paymentId, state, amountFen, payee, paidOn }) => [
      paymentId,
      state,
      formatAmount(amountFen),
      `${payee.name} ${payee.account}`,
      paidOn ?? '–',
    ]),
  );
}

function correctedAccount(options: Partial<AccountOptions>, payment: PaymentRecord | undefined) {
  if (options.account === undefined || payment === undefined) return undefined;
  const { name, account, bankCode: code } = options;
  return { ...payment.payee, account, ...given({ name, bankCode: code }) };
}

async function act(
  context: CliContext,
  name: PaymentAction,
  ids: readonly string[],
  options: SelectOptions & Partial<AccountOptions>,
): Promise<ExitCode> {
  const person = actingPerson(context, options.as);
  const { reason, updateId, case: caseId, region, state: states } = options;
  if (ids.length === 0 && caseId === undefined && region === undefined && states === undefined)
    throw new Refusal('UsageInvalid', 'name payments, or choose them by --case, --state or --region');
  return withRunning(context, async (running) => {
    const payments = await selectPayments(running.db, name, { ...given({ caseId, region, states }), paymentIds: ids });
    const account = correctedAccount(options, payments[0]);
    const command: PaymentsCommand = { action: name, payments, person, reason, ...given({ account, updateId }) };
    if (payments.length === 0) return told(context, command, [], options);
    const severalUnconfirmed = payments.length > 1 && !options.yes;
    if (options.dryRun || severalUnconfirmed) {
      await checkPaymentAction(running, command);
      return previewed(context, command, options);
    }
    return told(context, command, await actOnSelected(running, command), options);
  });
}

function previewed(context: CliContext, command: PaymentsCommand, { json, dryRun }: SelectOptions): ExitCode {
  const { action: name, payments } = command;
  const total = sum(payments.map(({ amountFen }) => amountFen));
  if (json) {
    const ids = payments.map(({ paymentId }) => paymentId);
    context.output.json({ action: name, dryRun: true, paymentIds: ids, amount: formatYuan(total) });
    return ExitCode.Fine;
  }
  context.output.lines([
    ...paymentLines(payments),
    `${name}: ${payments.length} payments, ${formatAmount(total)} yuan; nothing was done${dryRun ? '' : ', --yes does it'}`,
  ]);
  return ExitCode.Fine;
}

function told(
  context: CliContext,
  { action: name }: PaymentsCommand,
  outcomes: readonly CaseOutcome[],
  { json }: SelectOptions,
): ExitCode {
  const { output } = context;
  if (json) output.json({ action: name, cases: outcomes });
  else if (outcomes.length === 0) output.lines([`${name}: no payment is in a state for it; nothing was done`]);
  else
    output.lines(
      outcomes.flatMap(({ caseId, paymentIds, next, refusal }) =>
        refusal
          ? [`${output.paint('red', '✗')} ${caseId}: ${refusal.message} [${refusal.code}]`]
          : [
              `${output.paint('green', '✓')} ${name}: ${paymentIds.length} payments of ${caseId}`,
              `  next  ${next ?? ''}`,
            ],
      ),
    );
  return outcomes.some(({ refusal }) => refusal) ? ExitCode.SomeItemsFailed : ExitCode.Fine;
}
