import type { Knex } from 'knex';
import type { Ratio } from '../domain/money';
import type { PlainDate } from '../domain/plain-date';
import type { ApprovedRatio } from '../domain/prepayment';
import { refusing } from './refusals';

/** Another ratio of the prepayment of a settlement body, as it was proposed and approved. */
export interface RatioDecision {
  region: string;
  institution: string;
  year: number;
  ratio: Ratio;
  reason: string;
  /** 批复文号 */
  document: string;
  proposedBy: string;
  proposedOn: PlainDate;
  approvedBy: string | null;
  approvedOn: PlainDate | null;
}

const COLUMNS = {
  region: 'region',
  institution: 'institution',
  year: 'year',
  ratio: 'ratio',
  reason: 'reason',
  document: 'document',
  proposedBy: 'proposed_by',
  proposedOn: 'proposed_on',
  approvedBy: 'approved_by',
  approvedOn: 'approved_on',
} as const;

export async function listRatioDecisions(
  db: Knex,
  wanted: { region?: string; institution?: string; year?: number },
): Promise<RatioDecision[]> {
  return db('settle.ratio_decisions')
    .where(wanted)
    .orderBy(['region', 'year', 'institution'])
    .select<RatioDecision[]>(COLUMNS);
}

/** @throws Refusal `ApprovalRoleMissing`, `PaymentStateInvalid` (from the database) */
export async function insertRatioDecision(
  db: Knex,
  decision: Omit<RatioDecision, 'approvedBy' | 'approvedOn'>,
): Promise<void> {
  const row = Object.fromEntries(
    Object.entries(decision).map(([key, value]) => [COLUMNS[key as keyof typeof COLUMNS], value]),
  );
  await refusing(db('settle.ratio_decisions').insert(row));
}

/** @throws Refusal `ApprovalByPreparer`, `ApprovalRoleMissing`, `AppendOnly`, `PaymentStateInvalid` (from the database) */
export async function approveRatioDecision(
  db: Knex,
  { region, institution, year }: Pick<RatioDecision, 'region' | 'institution' | 'year'>,
  approval: { person: string; on: PlainDate },
): Promise<void> {
  await refusing(
    db('settle.ratio_decisions')
      .where({ region, institution, year })
      .update({ approved_by: approval.person, approved_on: approval.on }),
  );
}

/** The approved ratios of a year, by settlement body. */
export async function loadApprovedRatios(db: Knex, region: string, year: number): Promise<Map<string, ApprovedRatio>> {
  const decisions = await listRatioDecisions(db, { region, year });
  return new Map(
    decisions
      .filter(({ approvedBy }) => approvedBy !== null)
      .map(({ institution, ratio, reason, document }) => [institution, { ratio, reason: `${reason}（${document}）` }]),
  );
}
