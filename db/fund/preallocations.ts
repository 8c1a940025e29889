import type { Knex } from 'knex';
import { firstDayOf, yearOf, type Period } from '../../domain/plain-date';
import type { FundPolicy } from '../../domain/policy';

/**
 * Works out what each eligible institution is pre-allocated in a month (宿迁 2025-06-13 三(二)1, 2): a twelfth of the pool's
 * spending of the year looked back to, times the ratio in force, rounded half up once; nothing for who is suspended on the 1st,
 * by its settlement body (新医保发〔2025〕50号 五(一)). The most special decision on the ratio counts, of those the newest.
 */
export async function planPreallocations(
  trx: Knex,
  { region, period, policy }: { region: string; period: Period; policy: FundPolicy },
): Promise<void> {
  const { ratio, spendingYearsBack } = policy.preallocation;
  await trx('settle.preallocations').where({ region, period }).delete();
  await trx.raw(
    `insert into settle.preallocations (region, period, institution, pool, ratio, amount_fen, payment_id)
     select * from (
       select e.region, e.period, e.institution, s.pool, coalesce(d.ratio, :ratio) as ratio,
              -- Twice the amount, so that a half is rounded up by whole numbers.
              div(2 * s.amount_fen * coalesce(d.ratio, :ratio)::numeric + 12, 24)::bigint as amount_fen,
              concat_ws('/', 'fund', e.region, e.period, e.institution, s.pool, 'preallocation') as payment_id
         from settle.eligibility e
         join settle.institutions i using (region, institution)
         join settle.spending s on s.region = e.region and s.institution = e.institution and s.year = :year
                               and s.pool = any(cast(:pools as text[]))
         left join lateral (
           select x.ratio from settle.standard_decisions x
            where x.region = e.region and x.approved_on is not null and x.from_period <= e.period
              and coalesce(x.institution = e.institution, true) and coalesce(x.pool = s.pool, true)
            order by x.institution nulls last, x.pool nulls last, x.from_period desc, x.approved_on desc, x.decision_id desc limit 1) d on true
        where e.region = :region and e.period = :period and e.eligible
          and coalesce(i.settles_through, i.institution) not in (select institution from settle.suspended_institutions(:region, :first))) planned
      where amount_fen > 0`,
    {
      region,
      period,
      ratio,
      first: firstDayOf(period),
      year: yearOf(period) - spendingYearsBack,
      pools: [...policy.pools],
    } as never,
  );
}

/** Rows of the month's plan that no payment carries, since their pool had not the money. */
export async function countUnpreparedPreallocations(db: Knex, region: string, period: Period): Promise<number> {
  const { rows } = await db.raw<{ rows: { count: number }[] }>(
    `select count(*)::int as count from settle.preallocations a left join settle.payments p using (payment_id)
      where a.region = ? and a.period = ? and p.payment_id is null`,
    [region, period],
  );
  return rows[0]!.count;
}
