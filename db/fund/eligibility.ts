import type { Knex } from 'knex';
import { firstDayOf, yearOf, type Period } from '../../domain/plain-date';
import { majorViolationFrom, type FundPolicy } from '../../domain/policy';

/**
 * Judges every institution with a standing, condition by condition, on what was known when the month began, and keeps the results
 * with what they were judged by (宿迁 2025-06-13 二(三)). The same as `judgeEligibility` of domain/fund, for all at once.
 */
export async function judgeInstitutions(
  trx: Knex,
  { region, period, policy }: { region: string; period: Period; policy: FundPolicy },
): Promise<void> {
  const first = firstDayOf(period);
  const { scoreMinimum, conditions } = policy.eligibility;
  await trx('settle.eligibility').where({ region, period }).delete();
  await trx.raw(
    `with known as (
       select distinct on (institution) * from settle.standings
        where region = :region and known_from <= :first order by institution, known_from desc),
     judged as (
       select k.institution, c.* from known k cross join lateral (values
         (1, 'score', k.score >= cast(:minimum as numeric), k.score || '/' || :minimum),
         (2, 'major-violation', coalesce(k.major_violation_on < :since or k.major_violation_on > :first, true),
             coalesce(k.major_violation_on || ' (' || :since || '…' || :first || ')', 'none')),
         (3, 'traceability', k.traceability, k.traceability::text),
         (4, 'active', k.active, k.active::text),
         (5, 'cooperates', k.cooperates, k.cooperates::text),
         (6, 'agreement-kept', k.agreement_kept, k.agreement_kept::text)) c (place, condition, met, evidence)
        where c.condition in ('score', 'major-violation') or c.condition = any(cast(:conditions as text[])))
     insert into settle.eligibility (region, period, institution, eligible, failed, results)
     select :region, :period, institution, bool_and(met), coalesce(array_agg(condition order by place) filter (where not met), '{}'),
            jsonb_agg(jsonb_build_object('condition', condition, 'met', met, 'evidence', evidence) order by place)
       from judged group by institution`,
    {
      region,
      period,
      first,
      since: majorViolationFrom(policy, period),
      minimum: String(scoreMinimum),
      conditions: [...conditions],
    } as never,
  );
}

export async function countEligible(
  db: Knex,
  region: string,
  period: Period,
): Promise<{ eligible: number; of: number }> {
  const { rows } = await db.raw<{ rows: { eligible: number; of: number }[] }>(
    `select count(*) filter (where eligible)::int as eligible, count(*)::int as "of"
       from settle.eligibility where region = ? and period = ?`,
    [region, period],
  );
  return rows[0]!;
}

/**
 * Institutions of which nothing was known when the month began, though they would be paid ahead: those that the pools paid in the year
 * looked back to; every one of a region of which no institution was known. They are settled without pre-allocation.
 */
export async function findUnknown(
  db: Knex,
  { region, period, policy }: { region: string; period: Period; policy: FundPolicy },
): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { institution: string }[] }>(
    `with known as (select distinct institution from settle.standings where region = :region and known_from <= :first)
     select institution from settle.institutions i
      where region = :region and institution not in (select institution from known)
        and (not exists (select from known)
             or exists (select from settle.spending s where s.region = i.region and s.institution = i.institution and s.year = :year))
      order by 1`,
    { region, first: firstDayOf(period), year: yearOf(period) - policy.preallocation.spendingYearsBack },
  );
  return rows.map(({ institution }) => institution);
}
