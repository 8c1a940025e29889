import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { wasAccepted } from '../../db/attempts';
import { findCorrections } from '../../db/breaches';
import { lockInstitutions, lockWindowsUpTo } from '../../db/settlement-locks';
import { membersWithLines, planStatements, type StatementPlan } from '../../db/statement-plan';
import { confirmStatements, type ConfirmationOutcome } from '../../db/statements';
import type { BusinessMoment } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { formatYuan } from '../../domain/money';
import type { Period, PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { attempted } from './attempts';
import type { CommandContext } from './context';
import { tellCorrections } from './corrections';
import { requireOpenLines, requireUnsuspended } from './open-lines';
import {
  contentHash,
  requireConfirmationOpen,
  requireStandIn,
  settlingBodies,
  SPEAKERS,
  tellWindow,
  THEMSELVES,
  windowRules,
} from './window-step';

export interface ConfirmCommand {
  region: string;
  period: Period;
  /** Settlement bodies; all of the region that have open lines where left out. */
  institutions?: readonly string[];
  /** The lines that one body agrees to; all that are open where left out. */
  lines?: readonly string[];
  /** Who confirms for them; each body for itself where left out. */
  person?: string;
  /** The caller's key: the same command again is answered by the statement that is there. */
  updateId?: string;
}

/**
 * Settlement bodies agree to what enterprises applied for: a statement each over the positive nets, its money reserved from
 * prepayment and then own money, its lines settled (新医保发〔2025〕50号 四(二)). What is refused for one body is an outcome
 * and leaves the others' statements as they are; it is recorded all the same.
 *
 * @throws Refusal `OutsideWindow`, `NotFound`, `NotSettlementBody`, `LineNotOpen`, `SpeakerRoleMissing`
 */
export async function confirm(context: CommandContext, command: ConfirmCommand): Promise<ConfirmationOutcome[]> {
  const { region, period, person, updateId = randomUUID() } = command;
  const { clock, db, log } = context;
  const at = clock.now();
  const attempt = {
    updateId,
    caseId: caseIds.window(region, period),
    person: person ?? THEMSELVES,
    action: 'confirm',
    contentSha256: contentHash([command.institutions ?? null, command.lines ?? null]),
    reason: command.institutions?.length === 1 ? command.institutions[0]! : '',
    at,
  };
  const done = await wasAccepted(db, updateId);
  return attempted(context, attempt, async () => {
    if (done) return answerAgain(context, command);
    const { outcomes, corrected } = await db.transaction((trx) => confirmIn(trx, command, at));
    await tellCorrections(context, corrected);
    log.info({ region, period, ...countOf(outcomes) }, 'statements confirmed');
    return outcomes;
  });
}

/**
 * Lines that are agreed to are open and of enterprises that are paid on this day, unless the statement over them is there: a
 * repeated command is answered by it.
 */
async function requireAgreedLines(
  db: Knex,
  { region, period, lines }: ConfirmCommand,
  bodies: readonly string[],
  on: PlainDate,
): Promise<void> {
  if (!lines) return;
  const live = await db('settle.statements')
    .where({ region, period })
    .whereIn('institution', bodies)
    .whereNull('reversed_on')
    .first('revision');
  if (live) return;
  await requireOpenLines(db, { region, period, bodies, lines });
  await requireUnsuspended(db, { region, period, bodies, lines, on });
}

/** What was confirmed under this key; what has been taken back since is not confirmed again by repeating it. */
async function answerAgain(context: CommandContext, command: ConfirmCommand): Promise<ConfirmationOutcome[]> {
  const plans = await previewStatements(context, command);
  return plans.flatMap((plan): ConfirmationOutcome[] => {
    if (plan.outcome === 'confirmed') return [{ ...plan, again: true }];
    return plan.outcome === 'funded' ? [] : [plan];
  });
}

async function confirmIn(
  trx: Knex,
  command: ConfirmCommand,
  at: BusinessMoment,
): Promise<{ outcomes: ConfirmationOutcome[]; corrected: string[] }> {
  const { region, period, person, institutions, lines } = command;
  const rules = await windowRules(trx, region, period, at.date);
  requireConfirmationOpen(rules, period, at);
  await lockWindowsUpTo(trx, region, period);
  const bodies = await settlingBodies(trx, region, institutions);
  await requireStandIn(trx, { region, ...(person ? { person } : {}), bodies, on: at.date }, SPEAKERS);
  // Lines belong to the body of the day of their import: what the register says today is not all that is planned.
  await lockInstitutions(trx, region, institutions ? bodies : [...bodies, ...(await membersWithLines(trx, region))]);
  await requireAgreedLines(trx, command, bodies, at.date);
  const outcomes = await confirmStatements(trx, {
    region,
    period,
    at,
    ...(person ? { person } : {}),
    ...(institutions ? { institutions: bodies } : {}),
    ...(lines ? { lines } : {}),
    fundingOrder: rules.window.fundingOrder,
    policy: rules.stamp,
  });
  await tell(trx, command, at, outcomes);
  // Who has nothing to pay any more has corrected too: credits may have come since.
  const asked = outcomes.flatMap((each) => (each.outcome === 'refused' ? [] : [each.institution]));
  return { outcomes, corrected: await findCorrections(trx, region, asked, at.date) };
}

/** The statements that would come out now; nothing is written. @throws Refusal as {@link confirm} */
export async function previewStatements(
  { db, clock }: CommandContext,
  { region, period, institutions, lines, person }: ConfirmCommand,
): Promise<StatementPlan[]> {
  const at = clock.now();
  const rules = await windowRules(db, region, period, at.date);
  requireConfirmationOpen(rules, period, at);
  const bodies = await settlingBodies(db, region, institutions);
  await requireStandIn(db, { region, ...(person ? { person } : {}), bodies, on: at.date }, SPEAKERS);
  await requireAgreedLines(db, { region, period, ...(lines ? { lines } : {}) }, bodies, at.date);
  return planStatements(db, {
    region,
    period,
    on: at.date,
    ...(institutions ? { institutions: bodies } : {}),
    ...(lines ? { lines } : {}),
    fundingOrder: rules.window.fundingOrder,
  });
}

/**
 * Confirms for one body. @throws Refusal as {@link confirm}, `ConfirmationUnfunded` or `EntrustmentMissing`, which are
 * recorded; `StatementMissing` where its key confirmed what has been taken back since
 */
export async function confirmOne(
  context: CommandContext,
  command: Omit<ConfirmCommand, 'institutions'> & { institution: string },
): Promise<Exclude<ConfirmationOutcome, { outcome: 'refused' }>> {
  const { institution, ...rest } = command;
  const [outcome] = await confirm(context, { ...rest, institutions: [institution] });
  if (outcome === undefined)
    throw new Refusal(
      'StatementMissing',
      `${institution} has taken back since what this key confirmed: use another key`,
      {
        institution,
      },
    );
  if (outcome.outcome !== 'refused') return outcome;
  throw refusalOf(outcome, command.period);
}

/** A refused outcome in the words of a refusal. */
export function refusalOf(
  { institution, code, neededFen, availableFen, missingFen }: Extract<ConfirmationOutcome, { outcome: 'refused' }>,
  period: Period,
): Refusal {
  const message =
    code === 'EntrustmentMissing'
      ? `${institution} has no entrustment letter that is current: it cannot confirm ${period}`
      : `${institution} needs ${formatYuan(neededFen)} for ${period} and has ${formatYuan(availableFen)}: ${formatYuan(missingFen)} is missing`;
  return new Refusal(code, message, {
    institution,
    needed: formatYuan(neededFen),
    available: formatYuan(availableFen),
    missing: formatYuan(missingFen),
    rule: code === 'EntrustmentMissing' ? '新医保发〔2025〕50号 五(一)' : '新医保发〔2025〕50号 四(二)',
  });
}

function countOf(outcomes: readonly ConfirmationOutcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** New statements and refusals stand in the story of the window's case, once it has begun. */
async function tell(
  trx: Knex,
  { region, period, person }: ConfirmCommand,
  at: BusinessMoment,
  outcomes: readonly ConfirmationOutcome[],
): Promise<void> {
  const events = outcomes.flatMap((each) => {
    const { institution } = each;
    if (each.outcome === 'confirmed' && !each.again) {
      const detail = `${institution}: ${formatYuan(each.netFen)}, ${formatYuan(each.fromPrepaymentFen)} of it from prepayment`;
      return [
        { key: `confirm/${institution}#${each.revision}`, event: 'confirmed', actor: person ?? institution, detail },
      ];
    }
    if (each.outcome === 'refused') {
      const detail =
        each.code === 'EntrustmentMissing'
          ? `${institution}: no entrustment letter is current`
          : `${institution}: ${formatYuan(each.missingFen)} of ${formatYuan(each.neededFen)} is missing`;
      const key = `refused/${institution}/${at.date}T${at.time}`;
      return [{ key, event: 'confirmation-refused', actor: person ?? institution, detail }];
    }
    return [];
  });
  await tellWindow(trx, caseIds.window(region, period), at, events);
}
