import type { Knex } from 'knex';
import type { Claim, Deduction, ReviewStep } from '../../domain/fund/claims';
import type { BusinessMoment } from '../../domain/business-time';
import type { Period, PlainDate } from '../../domain/plain-date';
import type { Pool } from '../../domain/pools';
import type { Capacity } from '../../domain/staff';
import { refusing } from '../refusals';

export interface ClaimMonth {
  readonly region: string;
  readonly period: Period;
}

export interface ClaimFile {
  readonly fileId: bigint;
  readonly sha256: string;
  readonly claims: number;
  readonly declaredFen: bigint;
  readonly deductedFen: bigint;
  readonly importedBy: string;
  readonly importedOn: PlainDate;
}

/** The file of a month that counts: the newest. */
export async function findClaimFile(db: Knex, { region, period }: ClaimMonth): Promise<ClaimFile | undefined> {
  const row = await db('settle.claim_files').where({ region, period }).orderBy('file_id', 'desc').first('*');
  return row === undefined
    ? undefined
    : {
        fileId: row.file_id,
        sha256: row.sha256,
        claims: row.claims,
        declaredFen: row.declared_fen,
        deductedFen: row.deducted_fen,
        importedBy: row.imported_by,
        importedOn: row.imported_on,
      };
}

/** Nobody else imports or reviews the month's claims until the transaction ends. */
export async function lockClaims(trx: Knex, { region, period }: ClaimMonth): Promise<void> {
  await trx.raw('select settle.lock_claims(?, ?)', [region, period]);
}

const FROM_FILE = '随申报文件';

/**
 * Takes a file's claims in place of those of an earlier file, which are kept aside.
 *
 * @returns the file's id
 * @throws Refusal `CaseStateInvalid` once the month is re-checked
 */
export async function saveClaims(
  trx: Knex,
  { region, period }: ClaimMonth,
  file: { sha256: string; person: string; at: BusinessMoment; claims: readonly Claim[] },
): Promise<bigint> {
  const { claims, at } = file;
  const [row] = await refusing(
    trx('settle.claim_files')
      .insert({
        region,
        period,
        sha256: file.sha256,
        claims: claims.length,
        declared_fen: claims.reduce((sum, { declaredFen }) => sum + declaredFen, 0n),
        deducted_fen: claims.reduce((sum, { deductedFen }) => sum + deductedFen, 0n),
        imported_by: file.person,
        imported_on: at.date,
        at_time: at.time,
      })
      .returning<{ file_id: bigint }[]>('file_id'),
  );
  await trx.raw(
    `with gone as (delete from settle.claims where region = ? and period = ? returning *)
     insert into settle.replaced_claims select gone.*, ?::bigint from gone`,
    [region, period, row!.file_id.toString()],
  );
  await refusing(
    trx.raw(
      `insert into settle.claims (region, period, institution, pool, paying_region, declared_fen, deducted_fen, reason)
       select ?, ?, c.institution, c.pool, c.paying_region, c.declared, c.deducted, case when c.deducted > 0 then ? else '' end
         from unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[]) c (institution, pool, paying_region, declared, deducted)`,
      [
        region,
        period,
        FROM_FILE,
        claims.map(({ institution }) => institution),
        claims.map(({ pool }) => pool),
        claims.map(({ payingRegion }) => payingRegion),
        claims.map(({ declaredFen }) => declaredFen.toString()),
        claims.map(({ deductedFen }) => deductedFen.toString()),
      ] as never,
    ),
  );
  return row!.file_id;
}

export interface ClaimRecord extends Claim {
  /** Empty where nothing is deducted. */
  readonly reason: string;
}

/** The claims of a month as they stand, in order of institution, pool and paying region. */
export async function loadClaims(
  db: Knex,
  { region, period }: ClaimMonth,
  filter: { institution?: string } = {},
): Promise<ClaimRecord[]> {
  const rows = await db('settle.claims')
    .where({ region, period, ...filter })
    .orderBy(['institution', 'pool', 'paying_region'])
    .select('*');
  return rows.map((row) => ({
    institution: row.institution,
    pool: row.pool as Pool,
    payingRegion: row.paying_region,
    declaredFen: row.declared_fen,
    deductedFen: row.deducted_fen,
    reason: row.reason,
  }));
}

export interface ClaimReview extends Capacity {
  readonly step: ReviewStep;
  readonly claims: number;
  readonly deductedFen: bigint;
  readonly reviewedOn: PlainDate;
}

/** The reviews of the file that counts, 初审 first. */
export async function loadReviews(db: Knex, { region, period }: ClaimMonth): Promise<ClaimReview[]> {
  const rows = await db('settle.current_claim_reviews').where({ region, period }).orderBy('review_id').select('*');
  return rows.map((row) => ({
    step: row.step as ReviewStep,
    claims: row.claims,
    deductedFen: row.deducted_fen,
    person: row.person,
    ...(row.acting_for === null ? {} : { actingFor: row.acting_for as string }),
    reviewedOn: row.reviewed_on,
  }));
}

/**
 * Takes the reviews of a month back, so that claims and deductions can be put right.
 *
 * @returns the id of the reopening
 * @throws Refusal `PersonUnknown`, `ApprovalRoleMissing`; `CaseStateInvalid` before the re-check, and once the month is settled or its
 * settlement has all its approvals
 */
export async function reopenClaims(
  trx: Knex,
  { region, period }: ClaimMonth,
  { person, reason, at }: { person: string; reason: string; at: BusinessMoment },
): Promise<bigint> {
  const [row] = await refusing(
    trx('settle.claim_reopenings')
      .insert({ region, period, reason, reopened_by: person, reopened_on: at.date, at_time: at.time })
      .returning<{ reopening_id: bigint }[]>('reopening_id'),
  );
  return row!.reopening_id;
}

/** Whether a month's re-check was taken back, and none was done since. Under {@link lockClaims} it stays so. */
export async function areClaimsReopened(trx: Knex, { region, period }: ClaimMonth): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { reopened: boolean }[] }>(
    'select settle.claims_are_reopened(?, ?) as reopened',
    [region, period],
  );
  return rows[0]!.reopened;
}

/** How many claims there are, and what would be taken off them with these deductions. */
async function reviewedTotals(
  trx: Knex,
  { region, period }: ClaimMonth,
  deductions: readonly Deduction[],
): Promise<{ claims: number; deductedFen: bigint }> {
  const { rows } = await trx.raw<{ rows: { claims: number; deducted: string }[] }>(
    `select count(*)::int as claims, coalesce(sum(coalesce(d.deducted, c.deducted_fen)), 0)::text as deducted
       from settle.claims c
       left join unnest(?::text[], ?::text[], ?::text[], ?::bigint[]) d (institution, pool, paying_region, deducted)
            using (institution, pool, paying_region)
      where c.region = ? and c.period = ?`,
    [...deductionColumns(region, deductions), region, period] as never,
  );
  return { claims: rows[0]!.claims, deductedFen: BigInt(rows[0]!.deducted) };
}

function deductionColumns(region: string, deductions: readonly Deduction[]): string[][] {
  return [
    deductions.map(({ institution }) => institution),
    deductions.map(({ pool }) => pool),
    deductions.map(({ payingRegion }) => payingRegion ?? region),
    deductions.map(({ deductedFen }) => deductedFen.toString()),
  ];
}

/**
 * Records a review with what it takes off. Who may do it, and in which order, is for the database to check.
 *
 * @throws Refusal `PersonUnknown`, `ApprovalRoleMissing`, `NotFound`, `ApprovalNotOpen`, `ApprovalOutOfOrder`, `ApprovalSamePerson`,
 * `DeductionInvalid`
 */
export async function saveReview(
  trx: Knex,
  { region, period }: ClaimMonth,
  review: { step: ReviewStep; capacity: Capacity; at: BusinessMoment; deductions: readonly Deduction[] },
): Promise<{ reviewId: bigint; claims: number; deductedFen: bigint }> {
  const { step, capacity, at, deductions } = review;
  const totals = await reviewedTotals(trx, { region, period }, deductions);
  const [row] = await refusing(
    trx('settle.claim_reviews')
      .insert({
        region,
        period,
        step,
        claims: totals.claims,
        deducted_fen: totals.deductedFen,
        person: capacity.person,
        acting_for: capacity.actingFor ?? null,
        reviewed_on: at.date,
        at_time: at.time,
      })
      .returning<{ review_id: bigint }[]>('review_id'),
  );
  if (deductions.length > 0)
    await refusing(
      trx.raw(
        `insert into settle.claim_deductions (review_id, institution, pool, paying_region, deducted_fen, reason)
         select ?, d.* from unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[]) d`,
        [row!.review_id, ...deductionColumns(region, deductions), deductions.map(({ reason }) => reason)] as never,
      ),
    );
  await refusing(trx.raw('set constraints all immediate'));
  return { reviewId: row!.review_id, ...totals };
}
