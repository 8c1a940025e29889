import { loadInstitutionNames } from '../../db/register';
import { planStatements, type StatementPlan } from '../../db/statement-plan';
import { loadStatement, loadStatementLines, type StatementLine, type StatementRecord } from '../../db/statement-read';
import type { Period } from '../../domain/plain-date';
import type { CommandContext } from './context';
import { settlingBodies, windowRules } from './window-step';

export type NamedPlan = StatementPlan & { name: string };

/**
 * Every settlement body that has open lines or a statement in a window: what is payable and carried now, and what a
 * confirmation of today would come to.
 *
 * @throws Refusal `PolicyNotInForce`, `OutsideWindow` for a month before the first window, `NotFound`, `NotSettlementBody`
 */
export async function statementOverview(
  { db, clock }: CommandContext,
  { region, period, institution }: { region: string; period: Period; institution?: string },
): Promise<NamedPlan[]> {
  const { date: on } = clock.now();
  const { window } = await windowRules(db, region, period, on);
  const institutions =
    institution === undefined ? {} : { institutions: await settlingBodies(db, region, [institution]) };
  const plans = await planStatements(db, { region, period, on, fundingOrder: window.fundingOrder, ...institutions });
  const names = await loadInstitutionNames(db, region);
  return plans.map((plan) => ({ ...plan, name: names.get(plan.institution) ?? '' }));
}

/** 货款预结算明细单: a body's statement as confirmed, or as it would come out now, with its lines. */
export interface StatementView {
  plan: NamedPlan;
  /** The newest one, taken back or not. */
  statement: StatementRecord | undefined;
  lines: StatementLine[];
}

/** @throws Refusal as {@link statementOverview} */
export async function viewStatement(
  context: CommandContext,
  where: { region: string; period: Period; institution: string },
): Promise<StatementView> {
  const [plan] = await statementOverview(context, where);
  const statement = await loadStatement(context.db, where);
  return { plan: plan!, statement, lines: await loadStatementLines(context.db, where) };
}
