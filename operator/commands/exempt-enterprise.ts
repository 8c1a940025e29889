import { randomUUID } from 'node:crypto';
import { insertForceMajeure } from '../../db/case-acts';
import { loadEnterpriseCases } from '../../db/enterprise-cases';
import { policyWith } from '../../db/region-policy';
import type { EnterpriseCaseKind } from '../../domain/enterprise';
import { caseIds } from '../../domain/ids';
import type { Period } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import type { ActResult } from '../../workflows/messages';
import { attempted } from './attempts';
import { requireWatcher } from './capacity';
import type { CommandContext } from './context';
import { requireBegun } from './window-step';

export interface ExemptEnterpriseCommand {
  region: string;
  enterprise: string;
  kind: EnterpriseCaseKind;
  period: Period;
  person: string;
  /** A document's number; it is kept. */
  evidence: string;
  updateId?: string;
  /** Checks only. */
  dryRun?: boolean;
}

/**
 * An officer records force majeure of an enterprise in a month before there is a case about it: no warning is given, no
 * interview found (新医保发〔2025〕50号 五(二)). A case that is there is ended as a case.
 *
 * @throws Refusal `NotFound`, `OfficerRoleMissing`, `EvidenceMissing`, `OutsideWindow`, `CaseStateInvalid`
 */
export async function exemptEnterprise(context: CommandContext, command: ExemptEnterpriseCommand): Promise<ActResult> {
  const { region, enterprise, kind, period, person, evidence, updateId = randomUUID(), dryRun = false } = command;
  const at = context.clock.now();
  const caseId = caseIds.enterprise(enterprise, kind, period, region);
  const run = async (): Promise<ActResult> => {
    await requireWatcher(context, region, person);
    await checkExemption(context, command);
    if (!dryRun)
      await insertForceMajeure(context.db, {
        region,
        subject: enterprise,
        kind,
        period,
        evidence,
        on: at.date,
        person,
      });
    return { state: 'exempted', next: `nothing: ${enterprise} has no ${kind} of ${period}` };
  };
  if (dryRun) return run();
  return attempted(context, { updateId, caseId, person, action: 'exempt', reason: evidence, at }, run);
}

async function checkExemption(
  { db, clock }: CommandContext,
  { region, enterprise, kind, period, evidence }: ExemptEnterpriseCommand,
): Promise<void> {
  const { date } = clock.now();
  if (evidence.trim() === '') throw new Refusal('EvidenceMissing', `force majeure of ${enterprise} needs evidence`);
  requireBegun(period, date, `force majeure of ${enterprise}`);
  const known = await db('settle.enterprises').where({ region, enterprise }).first('enterprise');
  if (!known) throw new Refusal('NotFound', `${enterprise} is not an enterprise of ${region}`, { enterprise });
  const { enterprise: policy } = (await policyWith(db, region, 'enterprise', date)).policy;
  if (!policy!.forceMajeureExempts) throw new Refusal('CaseStateInvalid', `the policy of ${region} exempts nobody`);
  const [there] = await loadEnterpriseCases(db, { region, enterprise, kind, period, exempted: true });
  if (there)
    throw new Refusal('CaseStateInvalid', `${there.caseId} is there: force majeure is recorded of the case`, {
      caseId: there.caseId,
    });
}
