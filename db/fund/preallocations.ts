import type { Knex } from 'knex';
import { firstDayOf, yearOf, type Period } from '../../domain/plain-date';
import type { FundPolicy } from '../../domain/policy';
import { ratioDecided, STANDARD_FEN } from './standards';

interface PlannedMonth {
  region: string;
  period: Period;
  policy: FundPolicy;
}

/** The standard of each eligible institution and pool, of whoever is not suspended on the 1st. As SQL over `bindingsOf`. */
const STANDARDS = `
  select * from (
    select e.region, e.period, e.institution, s.pool, coalesce(d.ratio, :ratio) as ratio, ${STANDARD_FEN} as amount_fen,
           concat_ws('/', 'fund', e.region, e.period, e.institution, s.pool, 'preallocation') as payment_id
      from settle.eligibility e
      join settle.institutions i using (region, institution)
      join settle.spending s on s.region = e.region and s.institution = e.institution and s.year = :year
                            and s.pool = any(cast(:pools as text[]))
      left join lateral (${ratioDecided('e.region', 'e.period')}) d on true
     where e.region = :region and e.period = :period and e.eligible
       -- Who is settled for the month is paid nothing ahead for it any more.
       and not exists (select from settle.settlements m where m.region = e.region and m.period = e.period
                          and m.institution = e.institution and m.pool = s.pool and m.settled_on is not null)
       and coalesce(i.settles_through, i.institution) not in (select institution from settle.suspended_institutions(:region, :first))) planned
   where amount_fen > 0`;

function bindingsOf({ region, period, policy }: PlannedMonth): object {
  const { ratio, ratioMinimum, spendingYearsBack } = policy.preallocation;
  const year = yearOf(period) - spendingYearsBack;
  return { region, period, ratio, ratioMinimum, first: firstDayOf(period), year, pools: [...policy.pools] };
}

/**
 * Works out what each eligible institution is pre-allocated in a month (宿迁 2025-06-13 三(二)1, 2): a twelfth of the pool's
 * spending of the year looked back to, times the ratio in force, rounded half up once; nothing for who is suspended on the 1st,
 * by its settlement body (新医保发〔2025〕50号 五(一)). The most special decision on the ratio counts, of those the newest; never one
 * below the ratio that the policy in force allows.
 */
export async function planPreallocations(trx: Knex, month: PlannedMonth): Promise<void> {
  const { region, period } = month;
  await trx.raw(
    `delete from settle.preallocations a where a.region = ? and a.period = ?
        and not exists (select from settle.settlements m where m.region = a.region and m.period = a.period
                           and m.institution = a.institution and m.pool = a.pool and m.settled_on is not null)`,
    [region, period],
  );
  await trx.raw(
    `insert into settle.preallocations (region, period, institution, pool, ratio, amount_fen, payment_id) ${STANDARDS}`,
    bindingsOf(month) as never,
  );
}

export interface MissingSpending {
  /** Eligible institutions of a month before whose plan nobody imported what the pools paid in the year looked back to. */
  institutions: number;
  year: number;
  /** Pre-allocations that can be worked out by now, in a month that has none. */
  unplanned: number;
}

/** A month whose year of spending was not there when it was planned: it is planned when it is there. */
export async function findMissingSpending(db: Knex, month: PlannedMonth): Promise<MissingSpending> {
  const { rows } = await db.raw<{ rows: Omit<MissingSpending, 'year'>[] }>(
    `select (select count(*)::int from settle.eligibility where region = :region and period = :period and eligible
                and not exists (select from settle.spending where region = :region and year = :year)) as institutions,
            case when exists (select from settle.preallocations where region = :region and period = :period) then 0
                 else (select count(*)::int from (${STANDARDS}) p) end as unplanned`,
    bindingsOf(month) as never,
  );
  return { ...rows[0]!, year: yearOf(month.period) - month.policy.preallocation.spendingYearsBack };
}

/** Which of these payments are pre-allocations whose month is settled with them: no advance is left of them. */
export async function settledAdvances(trx: Knex, payments: readonly { paymentId: string }[]): Promise<Set<string>> {
  const ids = payments.map(({ paymentId }) => paymentId).filter((id) => id.includes('/preallocation'));
  if (ids.length === 0) return new Set();
  const { rows } = await trx.raw<{ rows: { payment_id: string }[] }>(
    `select a.payment_id from settle.preallocations a join settle.settlements s using (region, period, institution, pool)
      where a.payment_id = any(?::text[]) and s.settled_on is not null and s.preallocated_fen > 0`,
    [ids] as never,
  );
  return new Set(rows.map(({ payment_id }) => payment_id));
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
