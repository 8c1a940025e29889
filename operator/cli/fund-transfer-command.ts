import type { Command } from 'commander';
import { ExitCode } from '../../domain/refusal';
import { confirmTransfer, refuseTransfer } from '../commands/confirm-transfer';
import { nonEmptyArgument } from './arguments';
import { action, examples, type CliContext } from './context';
import { actingOptions, actingPerson, given, updateIdOption, withRunning, type ActingOptions } from './running';
import { evidenceOptions, printAct, recordedBy, type EvidenceOptions } from './watch-options';

/** The finance department's word on transfers from the fiscal deposit (宿迁 2025-06-13 四). */
export function addTransferCommands(group: Command, context: CliContext): void {
  examples(
    evidenceOptions(group.command('confirm-transfer'), { dated: false })
      .description('the finance department has confirmed a transfer from the fiscal deposit · 财政部门确认')
      .argument('<request>', 'the request, as `approvals list` names it', nonEmptyArgument)
      .action(
        action(context, (requestId: string, options: EvidenceOptions) =>
          withRunning(context, async (running) => {
            const acted = await confirmTransfer(running, { requestId, ...recordedBy(context, options) });
            printAct(context, requestId, acted, options);
            return ExitCode.Fine;
          }),
        ),
      ),
    'fund confirm-transfer fund/321300/2026-11#2 --evidence 拨款凭证3号 --as 321300-11',
  );
  addRefuseTransfer(group, context);
}

type RefuseOptions = ActingOptions & { reason: string; updateId?: string };

function addRefuseTransfer(group: Command, context: CliContext): void {
  examples(
    updateIdOption(actingOptions(group.command('refuse-transfer')))
      .description('the finance department refuses a transfer from the fiscal deposit · 财政部门不予拨付')
      .argument('<request>', 'the request, as `approvals list` names it', nonEmptyArgument)
      .requiredOption('--reason <text>', 'why', nonEmptyArgument)
      .action(
        action(context, (requestId: string, options: RefuseOptions) =>
          withRunning(context, async (running) => {
            const { reason, updateId, dryRun } = options;
            const person = actingPerson(context, options.as);
            const refused = await refuseTransfer(running, {
              requestId,
              person,
              reason,
              ...given({ updateId, dryRun }),
            });
            printAct(context, requestId, refused, options);
            return ExitCode.Fine;
          }),
        ),
      ),
    'fund refuse-transfer fund/321300/2026-11#2 --reason 专户余额已另有安排 --as 321300-11',
  );
}
