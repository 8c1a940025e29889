import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { insertEntrustments, keyOf } from '../../db/entrustments';
import type { BusinessMoment } from '../../domain/business-time';
import { Refusal } from '../../domain/refusal';
import type { Entrustment } from '../../domain/window/entrustment';
import { attempted } from './attempts';
import type { CommandContext } from './context';
import { contentHash, requireStandIn, settlingBodies, SPEAKERS, THEMSELVES } from './window-step';

export interface EntrustmentsCommand {
  region: string;
  letters: readonly Entrustment[];
  /** Who files them; each institution for itself where left out. */
  person?: string;
  updateId?: string;
}

export type FiledLetter = Entrustment & {
  /** It was filed before with the same content. */
  again: boolean;
};

/**
 * Files entrustment letters (委托书): without a current one an institution cannot confirm (新医保发〔2025〕50号 五(一)). All or
 * none.
 *
 * @throws Refusal `UsageInvalid` where a letter ends before it begins, `IdempotencyConflict`, `NotFound`,
 * `NotSettlementBody`, `SpeakerRoleMissing`
 */
export async function fileEntrustments(context: CommandContext, command: EntrustmentsCommand): Promise<FiledLetter[]> {
  const { region, letters, person, updateId = randomUUID() } = command;
  const at = context.clock.now();
  const attempt = {
    updateId,
    caseId: `entrustments/${region}`,
    person: person ?? THEMSELVES,
    action: 'file-entrustment',
    contentSha256: contentHash(letters),
    at,
  };
  return attempted(context, attempt, () => context.db.transaction((trx) => fileIn(trx, command, at)));
}

async function fileIn(trx: Knex, command: EntrustmentsCommand, at: BusinessMoment): Promise<FiledLetter[]> {
  const { region, letters, person } = command;
  for (const { institution, number, from, to } of letters)
    if (to !== undefined && to < from)
      throw new Refusal(
        'UsageInvalid',
        `letter ${number} of ${institution} ends on ${to}, before it begins on ${from}`,
      );
  const bodies = await settlingBodies(
    trx,
    region,
    letters.map(({ institution }) => institution),
  );
  const who = person ? { person } : {};
  await requireStandIn(trx, { region, ...who, bodies, on: at.date }, SPEAKERS);
  const fresh = await insertEntrustments(trx, { region, letters, on: at.date, ...who });
  return letters.map((letter) => ({ ...letter, again: !fresh.has(keyOf(letter)) }));
}
