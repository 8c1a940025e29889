import { formatYuan } from '../../domain/money';
import type { Claim, Deduction } from '../../domain/fund/claims';
import type { Standing } from '../../domain/fund/eligibility';
import type { Spending } from '../../domain/fund/spending';
import type { Pool } from '../../domain/pools';
import type { YearFile } from '../../domain/region';
import { createFileFindings, refusalOf, type FileFindings } from './findings';
import { CLAIM_COLUMNS, DEDUCTION_COLUMNS, ELIGIBILITY_COLUMNS, SPENDING_COLUMNS } from './region-folder/tables';
import { readTable } from './table';

/** The years of spending of a folder; rows of one institution and pool add up. @throws Refusal `FileInvalid` */
export async function readSpending(files: readonly YearFile[]): Promise<Spending[]> {
  const spending = new Map<string, Spending>();
  for (const { year, path } of files)
    await rightFile(path, (findings) =>
      readTable(path, SPENDING_COLUMNS, findings, ({ institution, pool, amount }) => {
        const key = `${year}/${institution}/${pool}`;
        const amountFen = (spending.get(key)?.amountFen ?? 0n) + amount;
        spending.set(key, { year, institution, pool, amountFen });
      }),
    );
  return [...spending.values()];
}

/** What an `eligibility.csv` says of each institution. @throws Refusal `FileInvalid` */
export async function readStandings(path: string | undefined): Promise<Standing[]> {
  if (path === undefined) return [];
  const standings: Standing[] = [];
  await rightFile(path, (findings) =>
    readTable(path, ELIGIBILITY_COLUMNS, findings, (row) => {
      standings.push({
        institution: row.institution,
        score: row.score,
        ...(row.major_violation_on === undefined ? {} : { majorViolationOn: row.major_violation_on }),
        traceability: row.traceability,
        active: row.active,
        cooperates: row.cooperates,
        agreementKept: row.agreement_kept ?? true,
      });
    }),
  );
  return standings;
}

export interface ClaimsCheck {
  /** The region that settles: it pays where no other one is named. */
  readonly region: string;
  readonly institutions: ReadonlySet<string>;
  /** The pools that the region's policy settles. */
  readonly pools: readonly Pool[];
}

/** The claims of a month, one row each: what stands twice would be paid twice. @throws Refusal `FileInvalid` */
export async function readClaims(path: string, check: ClaimsCheck): Promise<Claim[]> {
  const claims = new Map<string, Claim>();
  await rightFile(path, (findings) =>
    readTable(path, CLAIM_COLUMNS, findings, (row, line) => {
      const { institution, pool, declared, deducted, paying_region: payingRegion = check.region } = row;
      if (!check.institutions.has(institution)) {
        const message = `institution ${institution} is not one of ${check.region}`;
        findings.add('reference-unknown', message, { line, column: 'institution' });
      }
      if (!check.pools.includes(pool)) {
        const message = `pool is "${pool}", but the policy settles ${check.pools.join(', ')}`;
        findings.add('value-unknown', message, { line, column: 'pool' });
      }
      if (deducted > declared) {
        const message = `deducted is ${formatYuan(deducted)}, more than the ${formatYuan(declared)} that is declared`;
        findings.add('deducted-too-much', message, { line, column: 'deducted' });
      }
      const key = `${institution}/${pool}/${payingRegion}`;
      if (claims.has(key)) {
        const message = `${institution} claims from ${pool} of ${payingRegion} twice: one row with the whole amount`;
        findings.add('duplicate', message, { line });
      }
      claims.set(key, { institution, pool, payingRegion, declaredFen: declared, deductedFen: deducted });
    }),
  );
  return [...claims.values()];
}

/** The deductions of a review as a file: one row a claim. @throws Refusal `FileInvalid` */
export async function readDeductions(path: string): Promise<Deduction[]> {
  const deductions = new Map<string, Deduction>();
  await rightFile(path, (findings) =>
    readTable(path, DEDUCTION_COLUMNS, findings, (row, line) => {
      const { institution, pool, deducted, reason, paying_region: payingRegion } = row;
      const key = `${institution}/${pool}/${payingRegion ?? ''}`;
      if (deductions.has(key))
        findings.add('duplicate', `${institution} ${pool} stands twice: leave one of them`, { line });
      deductions.set(key, {
        institution,
        pool,
        ...(payingRegion === undefined ? {} : { payingRegion }),
        deductedFen: deducted,
        reason,
      });
    }),
  );
  return [...deductions.values()];
}

async function rightFile(path: string, read: (findings: FileFindings) => Promise<unknown>): Promise<void> {
  const findings = createFileFindings(path);
  await read(findings);
  if (findings.count > 0) throw refusalOf(path, findings.list());
}
