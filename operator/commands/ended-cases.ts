import { randomUUID } from 'node:crypto';
import { createBankActivities } from '../../activities/payments/bank-exchange';
import { createOperatorActivities } from '../../activities/payments/operator-actions';
import { loadCase } from '../../db/cases';
import { Refusal } from '../../domain/refusal';
import { attempted } from './attempts';
import { requireRole } from './capacity';
import type { CommandContext } from './context';

/** What an operator does about payments of a case that has ended. */
export interface EndedCaseCommand {
  caseId: string;
  region: string;
  person: string;
  reason: string;
  updateId?: string;
}

/** Whether a case has run to its end: no workflow is told of its payments any more. */
export async function hasEnded({ db }: Pick<CommandContext, 'db'>, caseId: string): Promise<boolean> {
  return (await loadCase(db, caseId)).closedOn !== null;
}

/**
 * Asks the bank about the payments of a case that has ended. A bank may give money back long after it paid; the case asked for the
 * last time on the working day after (DESIGN 5.4: `succeeded → returned`). What it says is booked as the case would have.
 *
 * @throws Refusal `PersonUnknown`, `OperatorRoleMissing`, `NotRunning` where no bank is named; BankTimeout, BankUnreachable
 */
export async function askAboutEnded(context: CommandContext, command: EndedCaseCommand): Promise<string> {
  const { db, log, clock } = context;
  const { caseId, person, reason, updateId = randomUUID() } = command;
  const at = clock.now();
  return attempted(context, { updateId, caseId, person, action: 'ask', reason, at }, async () => {
    await requireRole(context, command, person, 'operator', 'OperatorRoleMissing');
    const bank = context.connectBank?.();
    if (!bank) throw new Refusal('NotRunning', 'no bank is named: nobody can be asked');
    const { counts } = await createBankActivities({ db, bank, log, heartbeat: () => undefined }).askBank({
      caseId,
      at,
    });
    const returned = counts.returned ?? 0;
    if (returned === 0) return 'nothing: the bank has given nothing back';
    return `${returned} came back; settle payments cancel gives back what was reserved for them, for the next run`;
  });
}

/**
 * Ends payments that came back after their case had ended: the money goes back as it was reserved, lines are open again, and the next
 * run pays to the account of its day, under an approval of its own. Sending again needs a case that follows the payment.
 *
 * @throws Refusal `NotFound`, `PaymentStateInvalid`, `PersonUnknown`, `OperatorRoleMissing`
 */
export async function cancelInEnded(
  context: CommandContext,
  command: EndedCaseCommand & { paymentIds: readonly string[] },
): Promise<string> {
  const { db, log, clock } = context;
  const { caseId, person, reason, paymentIds, updateId = randomUUID() } = command;
  const at = clock.now();
  return attempted(context, { updateId, caseId, person, action: 'cancel', reason, at }, async () => {
    const operator = { actionId: updateId, action: 'cancel' as const, paymentIds: [...paymentIds], person, reason };
    await createOperatorActivities({ db, log }).applyOperatorAction({ caseId, at, operator, nextRevision: 0 });
    return 'cancelled; the next run takes what they were for';
  });
}

/** What only a running case can do. @throws Refusal `CaseClosed` */
export function refuseInEnded(caseId: string, action: string): never {
  throw new Refusal(
    'CaseClosed',
    `${caseId} has ended, and nobody would follow the payment: ${action} is not possible; settle payments cancel gives back what was reserved for it, and the next run pays it`,
    { caseId },
  );
}
