import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { insertCaseAct, loadCaseActs } from '../../db/case-acts';
import { addEvents } from '../../db/cases';
import {
  insertEnterpriseCases,
  loadEnterpriseCase,
  loadEnterpriseCases,
  type EnterpriseCaseRecord,
} from '../../db/enterprise-cases';
import { loadCalendar } from '../../db/register';
import { policyWith } from '../../db/region-policy';
import {
  checkEnterpriseAct,
  DISHONESTY_STEPS,
  enterpriseStanding,
  interviewDeadline,
  type DishonestyStep,
  type EnterpriseAct,
} from '../../domain/enterprise';
import type { BusinessMoment } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import type { Period, PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { exemptUpdate, performUpdate, refuseUpdate, type ActResult } from '../../workflows/messages';
import { attempted } from './attempts';
import { requireWatcher } from './capacity';
import type { CommandContext } from './context';
import { update } from './decisions';
import { transactionally } from './dry-run';
import { startPlannedNow } from './planned-cases';
import { requireBegun } from './window-step';

interface EnterpriseCommand {
  person: string;
  /** A document's number; it is kept. */
  evidence: string;
  updateId?: string;
  /** Checks only. */
  dryRun?: boolean;
}

export interface FindCommand extends EnterpriseCommand {
  region: string;
  enterprise: string;
  period: Period;
}

export interface Interview extends ActResult {
  caseId: string;
  deadline: PlainDate;
}

/**
 * An officer finds that an enterprise did not deliver against its agreement: it is interviewed, with a deadline (新医保发〔2025〕
 * 50号 五(二)). The same finding again changes nothing; another agreement of the month is a finding of the same interview while
 * that is open.
 *
 * @throws Refusal `NotFound`, `OfficerRoleMissing`, `EvidenceMissing`, `OutsideWindow`, `CaseStateInvalid`
 */
export async function findUndelivered(context: CommandContext, command: FindCommand): Promise<Interview> {
  const { db, clock } = context;
  const { region, enterprise, period, person, evidence, updateId = randomUUID(), dryRun = false } = command;
  const at = clock.now();
  const caseId = caseIds.enterprise(enterprise, 'interview', period, region);
  const found = async (): Promise<Interview> => {
    await requireWatcher(context, region, person);
    if (evidence.trim() === '') throw new Refusal('EvidenceMissing', `${caseId}: an interview needs evidence`);
    requireBegun(period, at.date, caseId, caseId);
    return transactionally(db, dryRun, (trx) => findIn(trx, { ...command, at }));
  };
  if (dryRun) return found();
  const attempt = { updateId, caseId, person, action: 'find', reason: evidence, at };
  const interview = await attempted(context, attempt, found);
  await startPlannedNow(context, region);
  return interview;
}

async function findIn(
  trx: Knex,
  { at, region, enterprise, period, person, evidence }: FindCommand & { at: BusinessMoment },
): Promise<Interview> {
  const registered = await trx('settle.enterprises').where({ region, enterprise }).first('enterprise');
  if (!registered) throw new Refusal('NotFound', `${enterprise} is not an enterprise of ${region}`, { enterprise });
  await refuseExempt(trx, { region, enterprise, period });
  const policy = (await policyWith(trx, region, 'enterprise', at.date)).policy.enterprise!;
  const deadline = interviewDeadline(policy, at.date, await loadCalendar(trx, region));
  const added = await insertEnterpriseCases(trx, [
    { region, enterprise, kind: 'interview', period, openedOn: at.date, deadline },
  ]);
  const [record] = await loadEnterpriseCases(trx, { region, enterprise, kind: 'interview', period, exempted: true });
  const { caseId, performedOn, exemptedOn } = record!;
  if (exemptedOn) throw new Refusal('CaseStateInvalid', `force majeure exempts ${enterprise} in ${period}`);
  const known = added.length > 0 ? [] : await loadCaseActs(trx, caseId);
  const isKnown = known.some((act) => act.act === 'found' && act.evidence === evidence);
  if (!isKnown && performedOn)
    throw new Refusal(
      'CaseStateInvalid',
      `the interview of ${enterprise} for ${period} ended when it performed, on ${performedOn}: this finding is one of a later month`,
      { caseId },
    );
  if (!isKnown) await insertCaseAct(trx, { caseId, region, act: 'found', at, person, evidence });
  const next = performedOn
    ? `nothing: the enterprise performed on ${performedOn}`
    : `the enterprise performs by ${record!.deadline}; settle enterprises refuse, where it refuses`;
  return { caseId, deadline: record!.deadline!, state: enterpriseStanding(record!, at.date).state, next };
}

async function refuseExempt(
  trx: Knex,
  { region, enterprise, period }: Pick<FindCommand, 'region' | 'enterprise' | 'period'>,
): Promise<void> {
  const exempt = await trx('settle.force_majeure')
    .where({ region, subject: enterprise, kind: 'interview', period })
    .first<{ recorded_on: PlainDate } | undefined>('recorded_on');
  if (exempt)
    throw new Refusal(
      'CaseStateInvalid',
      `force majeure of ${enterprise} in ${period} stands since ${exempt.recorded_on}`,
    );
}

export interface ActCommand extends EnterpriseCommand {
  caseId: string;
  /** The day on which it was so; today where left out. */
  on?: PlainDate;
}

const UPDATES = { refused: refuseUpdate, performed: performUpdate, exempted: exemptUpdate };

/**
 * An officer finds that an enterprise refuses with serious social impact (it is suspended from the day after the deadline,
 * and its dishonesty record begins), that it performs, or that force majeure exempts it (五(二)).
 *
 * @throws Refusal `NotFound`, `OfficerRoleMissing`, `EvidenceMissing`, `OutsideWindow`, `CaseStateInvalid`, `CaseClosed`
 */
export async function actOnEnterprise(
  context: CommandContext,
  act: keyof typeof UPDATES,
  command: ActCommand,
): Promise<ActResult> {
  const { client, clock } = context;
  const at = clock.now();
  const { caseId, person, evidence, on = at.date, updateId = randomUUID(), dryRun = false } = command;
  const record = await loadEnterpriseCase(context.db, caseId);
  const checked = (): Promise<void> => checkAct(context, record, act, { person, evidence, on });
  if (dryRun) {
    await checked();
    return { state: act, next: 'nothing was recorded' };
  }
  return attempted(context, { updateId, caseId, person, action: act, reason: evidence, at }, async () => {
    await checked();
    await context.reach?.(caseId);
    const result = await update(client, caseId, () =>
      client.workflow.getHandle(caseId).executeUpdate(UPDATES[act], { updateId, args: [{ person, evidence, on, at }] }),
    );
    await context.settled?.(caseId);
    return result;
  });
}

/**
 * Records the next step of a dishonesty record: to the local administration, published, to the region (五(二)). It may go on
 * after the enterprise has performed.
 *
 * @throws Refusal as {@link actOnEnterprise}
 */
export async function reportDishonesty(
  context: CommandContext,
  command: ActCommand & { step: DishonestyStep },
): Promise<ActResult> {
  const { db, clock } = context;
  const at = clock.now();
  const { caseId, step, person, evidence, updateId = randomUUID(), dryRun = false } = command;
  const record = await loadEnterpriseCase(db, caseId);
  const run = async (): Promise<ActResult> => {
    await checkAct(context, record, step, { person, evidence, on: at.date });
    await transactionally(db, dryRun, async (trx) => {
      await insertCaseAct(trx, { caseId, region: record.region, act: step, at, person, evidence });
      await addEvents(trx, caseId, at, [
        { key: `dishonesty/${step}`, event: `dishonesty-${step}`, actor: person, detail: evidence },
      ]);
    });
    const next = DISHONESTY_STEPS[DISHONESTY_STEPS.indexOf(step) + 1];
    return { state: step, next: next ? `settle enterprises report --step ${next}` : 'nothing: it is with the region' };
  };
  if (dryRun) return run();
  return attempted(context, { updateId, caseId, person, action: `dishonesty-${step}`, reason: evidence, at }, run);
}

async function checkAct(
  context: CommandContext,
  record: EnterpriseCaseRecord,
  act: EnterpriseAct,
  { person, ...said }: { person: string; evidence: string; on: PlainDate },
): Promise<void> {
  await requireWatcher(context, record.region, person);
  const finding = checkEnterpriseAct(record, act, said, context.clock.now().date);
  if (finding) throw new Refusal(finding.code, `${record.caseId}: ${finding.message}`, { caseId: record.caseId });
}
