import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { wasAccepted } from '../../db/attempts';
import { lockInstitutions, lockWindowsUpTo } from '../../db/settlement-locks';
import {
  correctedByStatement,
  lastReversed,
  reverseStatement,
  type ReversedStatement,
} from '../../db/statement-reversal';
import type { BusinessMoment } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { formatYuan } from '../../domain/money';
import type { Period } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { attempted } from './attempts';
import type { CommandContext } from './context';
import {
  contentHash,
  requireConfirmationOpen,
  requireStandIn,
  settlingBodies,
  SPEAKERS,
  tellWindow,
  windowRules,
} from './window-step';

export interface WithdrawCommand {
  region: string;
  period: Period;
  institution: string;
  reason: string;
  person: string;
  updateId?: string;
}

/**
 * A settlement body takes its statement back while the window is open to institutions: the money goes back as it was
 * reserved and the lines are open again; it may confirm anew. One that corrected a breach stays: a suspension would otherwise
 * end with a statement of which nothing is paid (直至其完成整改, 新医保发〔2025〕50号 五(一)).
 *
 * @throws Refusal `ReasonMissing`, `OutsideWindow`, `NotFound`, `NotSettlementBody`, `SpeakerRoleMissing`, `StatementMissing`,
 * `CaseStateInvalid`
 */
export async function withdrawStatement(context: CommandContext, command: WithdrawCommand): Promise<ReversedStatement> {
  const { region, period, institution, reason, person, updateId = randomUUID() } = command;
  const at = context.clock.now();
  const caseId = caseIds.window(region, period);
  const contentSha256 = contentHash([institution]);
  const done = await wasAccepted(context.db, updateId);
  return attempted(context, { updateId, caseId, person, action: 'withdraw-statement', contentSha256, reason, at }, () =>
    context.db.transaction((trx) => (done ? answerAgain(trx, command) : withdrawIn(trx, command, at))),
  );
}

/** What was taken back under this key; a statement confirmed since is not taken back by repeating it. */
async function answerAgain(trx: Knex, { region, period, institution }: WithdrawCommand): Promise<ReversedStatement> {
  return (await lastReversed(trx, { region, period, institution }))!;
}

async function withdrawIn(trx: Knex, command: WithdrawCommand, at: BusinessMoment): Promise<ReversedStatement> {
  const { region, period, institution, person, reason } = command;
  if (reason.trim() === '')
    throw new Refusal('ReasonMissing', `${institution} takes its statement back without a reason`);
  const rules = await windowRules(trx, region, period, at.date);
  requireConfirmationOpen(rules, period, at);
  const bodies = await settlingBodies(trx, region, [institution]);
  await requireStandIn(trx, { region, person, bodies, on: at.date }, SPEAKERS);
  await lockWindowsUpTo(trx, region, period);
  await lockInstitutions(trx, region, bodies);
  await refuseCorrecting(trx, { region, period, institution });
  const reversed = await reverseStatement(trx, { region, period, institution, at, policy: rules.stamp });
  if (!reversed)
    throw new Refusal(
      'StatementMissing',
      `${institution} has no statement in window ${period} that could be taken back`,
      {
        institution,
      },
    );
  await tellWindow(trx, caseIds.window(region, period), at, [
    {
      key: `withdrawn/${institution}#${reversed.revision}`,
      event: 'statement-withdrawn',
      actor: person,
      detail: `${institution}: ${formatYuan(reversed.netFen)}, ${reversed.lines} lines: ${reason}`,
    },
  ]);
  return reversed;
}

/** Whether the live statement settles lines by which the engine found a breach corrected. */
async function refuseCorrecting(
  trx: Knex,
  { region, period, institution }: Pick<WithdrawCommand, 'region' | 'period' | 'institution'>,
): Promise<void> {
  const caseId = await correctedByStatement(trx, { region, period, institution });
  if (caseId === undefined) return;
  throw new Refusal(
    'CaseStateInvalid',
    `the statement of ${institution} in window ${period} corrected the breach ${caseId}: it is paid, not taken back`,
    { institution, caseId, rule: '新医保发〔2025〕50号 五(一)' },
  );
}
