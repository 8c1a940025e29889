import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { loadBreach, loadBreaches, type BreachRecord } from '../../db/breaches';
import { insertForceMajeure } from '../../db/case-acts';
import { policyWith } from '../../db/region-policy';
import { lockMonitoring } from '../../db/settlement-locks';
import { checkBreachAct } from '../../domain/breach';
import { caseIds } from '../../domain/ids';
import type { Period, PlainDate } from '../../domain/plain-date';
import type { BreachKind } from '../../domain/policy/schema';
import { Refusal } from '../../domain/refusal';
import { correctUpdate, exemptUpdate, type ActResult } from '../../workflows/messages';
import { attempted } from './attempts';
import { requireWatcher } from './capacity';
import type { CommandContext } from './context';
import { update } from './decisions';
import { transactionally } from './dry-run';
import { requireBegun, settlingBodies } from './window-step';

interface BreachCommand {
  person: string;
  /** A document's number; it is kept. */
  evidence: string;
  updateId?: string;
  /** Checks only. */
  dryRun?: boolean;
}

export interface CorrectCommand extends BreachCommand {
  caseId: string;
  /** The day on which it was corrected; today where left out. */
  on?: PlainDate;
}

/**
 * An officer records with evidence that a breach is corrected (新医保发〔2025〕50号 五(一)): what the ledger and the lines show
 * is found by itself.
 *
 * @throws Refusal `NotFound`, `OfficerRoleMissing`, `EvidenceMissing`, `OutsideWindow`, `CaseStateInvalid`, `CaseClosed`
 */
export async function correctBreach(context: CommandContext, command: CorrectCommand): Promise<ActResult> {
  const breach = await loadBreach(context.db, command.caseId);
  return actOnBreach(context, breach, 'correct', command);
}

export interface ExemptCommand extends BreachCommand {
  region: string;
  /** A settlement body. */
  institution: string;
  kind: BreachKind;
  period: Period;
}

/**
 * An officer records force majeure with its evidence, before the notice or after it: the institution is not in breach (五(一)).
 * Nothing excuses a month that has not begun.
 *
 * @throws Refusal as {@link correctBreach}, and `NotSettlementBody`; `CaseStateInvalid` where monitoring notices it meanwhile
 */
export async function exemptBreach(context: CommandContext, command: ExemptCommand): Promise<ActResult> {
  const { db, clock } = context;
  const { region, institution, kind, period, person, evidence, dryRun = false } = command;
  await settlingBodies(db, region, [institution]);
  const caseId = caseIds.breach(institution, kind, period);
  const [breach] = await loadBreaches(db, { caseId, exempted: true });
  if (breach) return actOnBreach(context, breach, 'exempt', command);
  const at = clock.now();
  const { breach: policy } = (await policyWith(db, region, 'breach', at.date)).policy;
  const run = async (): Promise<ActResult> => {
    await requireWatcher(context, region, person);
    requireBegun(period, at.date, caseId, caseId);
    check(caseId, { correctedOn: null, exemptedOn: null }, { evidence, on: at.date }, at.date, {
      exemptable: policy!.forceMajeureExempts,
    });
    await transactionally(db, dryRun, async (trx) => {
      await lockMonitoring(trx, region, period);
      await refuseWatched(trx, command);
      await insertForceMajeure(trx, { region, subject: institution, kind, period, evidence, on: at.date, person });
    });
    return { state: 'exempted', next: `nothing: monitoring of ${period} will not notice it` };
  };
  if (dryRun) return run();
  const { updateId = randomUUID() } = command;
  return attempted(context, { updateId, caseId, person, action: 'exempt', reason: evidence, at }, run);
}

/** Monitoring has looked at the period and found no such breach: there is nothing to exempt. */
async function refuseWatched(trx: Knex, { region, institution, kind, period }: ExemptCommand): Promise<void> {
  const watched = await trx('settle.case_events')
    .where({ case_id: caseIds.monitoring(region, period), event: 'breaches-noticed' })
    .first('event_id');
  const caseId = caseIds.breach(institution, kind, period);
  if ((await loadBreaches(trx, { caseId })).length > 0)
    throw new Refusal('CaseStateInvalid', `${caseId} has been noticed meanwhile: record the force majeure again`, {
      caseId,
    });
  if (watched)
    throw new Refusal(
      'NotFound',
      `monitoring of ${period} found no ${kind} of ${institution}: there is nothing to exempt`,
    );
}

async function actOnBreach(
  context: CommandContext,
  breach: BreachRecord,
  action: 'correct' | 'exempt',
  command: BreachCommand & { on?: PlainDate },
): Promise<ActResult> {
  const { client, clock } = context;
  const { caseId, region } = breach;
  const at = clock.now();
  const { person, evidence, on = at.date, updateId = randomUUID(), dryRun = false } = command;
  const checked = async (): Promise<void> => {
    await requireWatcher(context, region, person);
    check(caseId, breach, { evidence, on }, at.date);
  };
  if (dryRun) {
    await checked();
    return { state: action === 'correct' ? 'corrected' : 'exempted', next: 'the case would be closed' };
  }
  return attempted(context, { updateId, caseId, person, action, reason: evidence, at }, async () => {
    await checked();
    await context.reach?.(caseId);
    const message = action === 'correct' ? correctUpdate : exemptUpdate;
    const result = await update(client, caseId, () =>
      client.workflow.getHandle(caseId).executeUpdate(message, { updateId, args: [{ person, evidence, on, at }] }),
    );
    await context.settled?.(caseId);
    return result;
  });
}

function check(
  caseId: string,
  facts: Parameters<typeof checkBreachAct>[0],
  act: Parameters<typeof checkBreachAct>[1],
  today: PlainDate,
  more: { exemptable?: boolean } = {},
): void {
  const finding = checkBreachAct(facts, act, { today, ...more });
  if (finding) throw new Refusal(finding.code, `${caseId}: ${finding.message}`, { caseId });
}
