import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { findCorrections } from '../../db/breaches';
import { lockInstitutions, lockWindowsUpTo } from '../../db/settlement-locks';
import type { BusinessMoment } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { formatYuan } from '../../domain/money';
import type { Period } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { attempted } from './attempts';
import type { CommandContext } from './context';
import { tellCorrections } from './corrections';
import { requireOpenLines } from './open-lines';
import {
  contentHash,
  requireConfirmationOpen,
  requireStandIn,
  settlingBodies,
  SPEAKERS,
  tellWindow,
  windowRules,
} from './window-step';

export interface DisputeCommand {
  region: string;
  /** The window in which the lines are disputed; they may come from an earlier one. */
  period: Period;
  /** The settlement body that does not agree. */
  institution: string;
  lines: readonly string[];
  reason: string;
  person: string;
  updateId?: string;
}

export interface DisputeResult {
  /** Lines that are disputed now; those that this window had disputed before are not among them. */
  disputed: number;
  repeated: number;
  amountFen: bigint;
}

/**
 * A settlement body sends lines back with a reason (新医保发〔2025〕50号 四(二)). A disputed line is in a later window only if
 * the enterprise applies for it again. All lines named, or none.
 *
 * @throws Refusal `ReasonMissing`, `OutsideWindow`, `NotFound`, `NotSettlementBody`, `SpeakerRoleMissing`, `LineNotOpen`
 */
export async function disputeLines(context: CommandContext, command: DisputeCommand): Promise<DisputeResult> {
  const { region, period, institution, lines, reason, person, updateId = randomUUID() } = command;
  const at = context.clock.now();
  const caseId = caseIds.window(region, period);
  const contentSha256 = contentHash([institution, [...lines].sort()]);
  return attempted(context, { updateId, caseId, person, action: 'dispute', contentSha256, reason, at }, async () => {
    const { corrected, ...result } = await context.db.transaction((trx) =>
      disputeIn(trx, { ...command, updateId }, at),
    );
    await tellCorrections(context, corrected);
    return result;
  });
}

async function disputeIn(
  trx: Knex,
  command: DisputeCommand & { updateId: string },
  at: BusinessMoment,
): Promise<DisputeResult & { corrected: string[] }> {
  const { region, period, institution, person, reason } = command;
  if (reason.trim() === '') throw new Refusal('ReasonMissing', `${institution} disputes without a reason`);
  requireConfirmationOpen(await windowRules(trx, region, period, at.date), period, at);
  await lockWindowsUpTo(trx, region, period);
  const bodies = await settlingBodies(trx, region, [institution]);
  await requireStandIn(trx, { region, person, bodies, on: at.date }, SPEAKERS);
  await lockInstitutions(trx, region, bodies);
  const repeated = new Set(await disputedHere(trx, command));
  const lines = [...new Set(command.lines)].filter((line) => !repeated.has(line));
  await requireOpenLines(trx, { region, period, bodies, lines });
  const amountFen = await insertDisputes(trx, { ...command, lines }, at);
  const detail = `${institution}: ${lines.length} lines, ${formatYuan(amountFen)}: ${reason}`;
  if (lines.length > 0)
    await tellWindow(trx, caseIds.window(region, period), at, [
      { key: `dispute/${institution}/${command.updateId}`, event: 'disputed', actor: person, detail },
    ]);
  const corrected = await findCorrections(trx, region, bodies, at.date);
  return { disputed: lines.length, repeated: repeated.size, amountFen, corrected };
}

/** Of the lines named, those that the body has disputed in this window before. */
async function disputedHere(trx: Knex, { region, period, institution, lines }: DisputeCommand): Promise<string[]> {
  return trx('settle.line_disputes as d')
    .join('settle.application_lines as l', 'l.line_id', 'd.line_id')
    .where({ 'l.region': region, 'd.period': period, 'l.body': institution })
    .whereRaw('l.line = any(?::text[])', [[...lines]])
    .pluck<string[]>('l.line');
}

async function insertDisputes(
  trx: Knex,
  { region, period, institution, lines, reason, person }: DisputeCommand,
  at: BusinessMoment,
): Promise<bigint> {
  const { rows } = await trx.raw<{ rows: { amount_fen: bigint }[] }>(
    `with named as (select l.line_id, l.amount_fen from settle.open_lines l
                     where l.region = ? and l.period <= ? and l.body = ? and l.line = any(?::text[])),
          written as (insert into settle.line_disputes (line_id, period, reason, on_date, at_time, person)
                      select line_id, ?, ?, ?, ?, ? from named)
     select coalesce(sum(amount_fen), 0)::bigint as amount_fen from named`,
    [region, period, institution, [...lines], period, reason, at.date, at.time, person],
  );
  return rows[0]!.amount_fen;
}
