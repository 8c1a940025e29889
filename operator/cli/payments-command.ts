import type { Command } from 'commander';
import { loadStateChanges } from '../../db/case-history';
import { loadPayments, type PaymentRecord } from '../../db/payments';
import { formatYuan, sum } from '../../domain/money';
import type { PaymentState } from '../../domain/payment';
import { ExitCode, Refusal } from '../../domain/refusal';
import { formatAmount } from './amounts';
import { nonEmptyArgument, regionArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { addPaymentActions, paymentLines, stateOption } from './payment-actions-command';
import { given, withRunning } from './running';
import { formatTable } from './table';

interface ListOptions {
  state?: PaymentState[];
  case?: string;
  region?: string;
  json?: boolean;
}

export function addPaymentCommands(program: Command, context: CliContext): void {
  const group = program.command('payments').description('payments, and what to do where one did not arrive · 支付');
  examples(
    group
      .command('list')
      .description('payments by state, case and region')
      .addOption(stateOption())
      .option('--case <case>', 'of this case only', nonEmptyArgument)
      .option('--region <code>', 'of this region only', regionArgument)
      .option('--json', 'as JSON')
      .action(action(context, (options: ListOptions) => list(context, options))),
    'payments list --state failed --state unknown',
    'payments list --case prepayment/650100/2026 --json',
  );
  examples(
    group
      .command('show')
      .description('one payment, its payee, and every change of its state')
      .argument('<payment>', 'a payment', nonEmptyArgument)
      .option('--json', 'as JSON')
      .action(action(context, (id: string, options: { json?: boolean }) => show(context, id, options))),
    'payments show disbursement/650100/2026/H65010200001/employee',
  );
  addPaymentActions(group, context);
}

export function paymentJson({ amountFen, ...payment }: PaymentRecord) {
  return { ...payment, amount: formatYuan(amountFen) };
}

async function list(context: CliContext, { state, case: caseId, region, json }: ListOptions): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const payments = await loadPayments(db, given({ caseId, region, states: state }));
    if (json) context.output.json(payments.map(paymentJson));
    else if (payments.length === 0) context.output.lines(['no such payment · 没有符合条件的支付']);
    else
      context.output.lines([
        ...paymentLines(payments),
        `${payments.length} payments, ${formatAmount(sum(payments.map(({ amountFen }) => amountFen)))} yuan`,
      ]);
    return ExitCode.Fine;
  });
}

async function show(context: CliContext, paymentId: string, { json }: { json?: boolean }): Promise<ExitCode> {
  return withRunning(context, async ({ db }) => {
    const [payment] = await loadPayments(db, { paymentIds: [paymentId] });
    if (!payment) throw new Refusal('NotFound', `there is no payment ${paymentId}`, { paymentId });
    const changes = await loadStateChanges(db, { paymentId });
    if (json) context.output.json({ ...paymentJson(payment), changes });
    else
      context.output.lines([
        ...formatTable(
          [{ title: '' }, { title: '' }],
          [
            ['支付 payment', paymentId],
            ['状态 state', `${payment.state}, attempt ${payment.attempt}`],
            ['金额 yuan', formatAmount(payment.amountFen)],
            ['收款 payee', `${payment.payee.name}  ${payment.payee.account}  ${payment.payee.bankCode}`],
            ['付款 from', payment.debtorAccount],
            ['审批 request', payment.requestId],
            ['到账 booked', payment.paidOn ?? '–'],
          ],
        ),
        '',
        ...formatTable(
          [{ title: '' }, { title: '' }, { title: '' }, { title: '' }],
          changes.map(({ date, time, from, to, actor, reason, bankReference }) => [
            `${date} ${time}`,
            `${from} → ${to}`,
            actor,
            [reason, bankReference].filter(Boolean).join(' · '),
          ]),
        ),
      ]);
    return ExitCode.Fine;
  });
}
