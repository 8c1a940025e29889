import { join } from 'node:path';
import { formatYuan, sum } from '../../domain/money';
import { dayInPeriod } from '../../domain/plain-date';
import { periodOfYear, scheduleOf, type PolicyFile } from '../../domain/policy';
import { planPrepayments, type PrepaymentPlan } from '../../domain/prepayment';
import { isPrepaymentPool, type PrepaymentPool } from '../../domain/pools';
import type { FindingCode } from '../../domain/finding';
import { Refusal, type RefusalCode } from '../../domain/refusal';
import type { Region } from '../../domain/region';
import { createFileFindings } from './findings';
import { readRegionFolder } from './region-folder';
import { readYaml } from './yaml';
import { policyIdsOf, versionsOf, type PolicyChoice } from './policy-choice';

/** A finding of a file reader, or what a policy refuses, with its place in the folder. */
export interface CheckFinding {
  readonly file: string;
  readonly line?: number;
  readonly column?: string;
  readonly code: FindingCode | RefusalCode;
  readonly rule: string;
  readonly message: string;
}

/** What the policy would pay in a year on the folder's purchases. */
export interface PlannedYear {
  readonly policy: string;
  readonly year: number;
  readonly prepayments: number;
  readonly amount: string;
  readonly excluded: readonly { institution: string; reason: string }[];
}

export interface CheckedRegion {
  readonly dir: string;
  readonly ok: boolean;
  readonly region?: { code: string; name: string; institutions: number; enterprises: number; purchases: number };
  readonly policies: readonly string[];
  readonly planned: readonly PlannedYear[];
  readonly findings: readonly CheckFinding[];
}

/** Checks every file of a folder, and when they are right what the region's policies say of them. */
export async function checkRegionFolder(dir: string, choice: PolicyChoice): Promise<CheckedRegion> {
  const { region, findings } = await readRegionFolder(dir, { applicationRows: true });
  if (region === undefined) return { dir, ok: false, policies: [], planned: [], findings };
  const checked = await checkPolicies(dir, region, choice);
  const { code, name, institutions, enterprises, purchases } = region;
  const counts = { institutions: institutions.length, enterprises: enterprises.length, purchases: purchases.length };
  return { dir, ok: checked.findings.length === 0, region: { code, name, ...counts }, ...checked };
}

/** What the region's policies say of it: what they would pay, and what they refuse, with its place in the folder. */
export async function checkPolicies(
  dir: string,
  region: Region,
  choice: PolicyChoice,
  /** Years whose prepayment matters; every year that the folder has purchases for where it is left out. */
  matters: (year: number) => boolean = () => true,
): Promise<Pick<CheckedRegion, 'policies' | 'planned' | 'findings'>> {
  const policies = policyIdsOf(region, choice);
  const planned: PlannedYear[] = [];
  const findings: CheckFinding[] = [];
  for (const id of policies) {
    try {
      for (const version of versionsOf(choice.book, id)) planned.push(...planVersion(version, region, matters));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      findings.push(await findingOf(dir, error, id));
    }
  }
  return { policies, planned, findings };
}

/** The years that the folder has purchases for and in which this version is the one that disburses. */
function planVersion(version: PolicyFile, region: Region, matters: (year: number) => boolean): PlannedYear[] {
  const { prepayment, id, effective, document } = version.policy;
  if (prepayment === undefined) return [];
  const years = [...new Set(region.purchases.map(({ year }) => year + prepayment.base.yearsBack))].sort();
  const budgets = budgetsOf(region);
  return years
    .filter(matters)
    .filter((year) => {
      const schedule = prepayment.schedules.some(({ years: { from, to } }) => from <= year && year <= (to ?? year));
      if (!schedule) return false;
      const startsBy = dayInPeriod(periodOfYear(year, scheduleOf(prepayment, year).disbursement.month), 31);
      return effective.from <= startsBy && startsBy <= (effective.to ?? startsBy);
    })
    .map((year) => {
      const plan = planOf(() => planPrepayments({ ...region, budgets, policy: prepayment, year }), document);
      const amount = formatYuan(sum(plan.rows.map(({ amountFen }) => amountFen)));
      return { policy: id, year, prepayments: plan.rows.length, amount, excluded: plan.excluded };
    });
}

/** What each pool may prepay, as the folder has it. */
export function budgetsOf(region: Region): Partial<Record<PrepaymentPool, bigint>> {
  const budgets: Partial<Record<PrepaymentPool, bigint>> = {};
  for (const { pool, prepaymentBudgetFen } of region.funds) {
    if (isPrepaymentPool(pool)) budgets[pool] = prepaymentBudgetFen;
  }
  return budgets;
}

/** The sums cite the clause alone; here it gets the number of its document. */
function planOf(plan: () => PrepaymentPlan, document: PolicyFile['policy']['document']): PrepaymentPlan {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const rule = `${document.number ?? document.title} ${error.details.rule ?? ''}`.trimEnd();
    throw new Refusal(error.code, error.message, { ...error.details, rule });
  }
}

/** Where in the folder the reader finds what a policy refuses. */
async function findingOf(dir: string, refusal: Refusal, policyId: string): Promise<CheckFinding> {
  const { place, rule } = refusal.details;
  const { code, message } = refusal;
  const file = join(dir, 'region.yaml');
  if (code === 'BudgetInsufficient') {
    return { file, ...(await lineOf(file, 'funds')), column: 'funds', code, rule: rule ?? policyId, message };
  }
  if (code === 'PolicyUnknown') {
    const named = 'a region names policies that are known';
    return { file, ...(await lineOf(file, 'policies')), column: 'policies', code, rule: named, message };
  }
  const at = place === undefined ? { file: dir } : { ...place, file: join(dir, place.file) };
  return { ...at, code, rule: rule ?? policyId, message };
}

async function lineOf(file: string, key: string): Promise<{ line?: number }> {
  const source = await readYaml(file, createFileFindings(file));
  return source === undefined ? {} : { line: source.lineOf([key]) };
}
