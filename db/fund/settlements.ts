import type { Knex } from 'knex';
import { caseIds } from '../../domain/ids';
import { addMonths, type Period, type PlainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';

export interface SettlementRun {
  region: string;
  period: Period;
  pools: readonly string[];
  /** The day whose suspensions count. */
  on: PlainDate;
}

/** What each institution and pool carries on from its newest settled month before one. As SQL over :region. */
const CARRIED = `
  select distinct on (institution, pool) institution, pool, carried_out_fen as fen from settle.settlements
   where region = :region and period < :period and settled_on is not null order by institution, pool, period desc`;

/** Whoever claims from one of the pools in a month, or was pre-allocated money for it. As SQL over :region and :pools. */
const dueIn = (period: string): string => `
    select institution, pool from settle.claims where region = :region and period = ${period} and pool = any(cast(:pools as text[]))
    union
    select a.institution, a.pool from settle.preallocations a join settle.payments p using (payment_id)
     where a.region = :region and a.period = ${period} and p.state <> 'cancelled'`;

/** Who is settled for a month, or has carried on past it. As SQL over :region and :period. */
const settledFrom = (months: '=' | '>='): string => `
  select institution, pool from settle.settlements where region = :region and period ${months} :period and settled_on is not null`;

/** Who is due in a month and not settled for it. */
const UNSETTLED = `(${dueIn(':period')}) except (${settledFrom('=')})`;

/** Who is to be settled for a month: who is due in it, or has something carried on from before, from whatever pool. */
const TO_SETTLE = `
  (${UNSETTLED})
  union
  (select institution, pool from (${CARRIED}) carried where fen <> 0 except (${settledFrom('>=')}))`;

const bindings = ({ region, period, pools }: Omit<SettlementRun, 'on'>) => ({
  region,
  period,
  before: addMonths(period, -1),
  beforeCase: caseIds.fund(region, addMonths(period, -1)),
  pools: [...pools],
});

/** How many institutions and pools that are due in a month are not settled finally. */
export async function countUnsettled(db: Knex, run: Omit<SettlementRun, 'on'>): Promise<number> {
  const { rows } = await db.raw<{ rows: { count: number }[] }>(
    `select count(*)::int as count from (${UNSETTLED}) u`,
    bindings(run) as never,
  );
  return rows[0]!.count;
}

/**
 * Who is not settled for an earlier month that the engine settles, and whose settlement of another month is being decided: months
 * follow each other, and what is carried, collected or owed again counts in one of them.
 */
const WAITING = `
  select d.institution, d.pool from settle.cases c cross join lateral (${dueIn('c.period')}) d
   where c.region = :region and c.kind = 'fund' and c.period < :period and (c.closed_on is null or c.case_id = :beforeCase)
     and not exists (select from settle.settlements s where s.region = :region and s.period = c.period and s.institution = d.institution
                        and s.pool = d.pool and s.settled_on is not null)
  union
  select m.institution, m.pool from settle.settlements m join settle.cases c on c.region = m.region and c.kind = 'fund' and c.period = m.period
   where m.region = :region and m.period <> :period and m.settled_on is null and c.closed_on is null`;

/**
 * A pre-allocation of which nobody knows yet whether the bank books it, of this month or the one before, or of any that is not
 * settled; its institution and pool are settled when that is known.
 */
const OPEN_ADVANCE = `
  select a.institution, a.pool from settle.preallocations a join settle.payments p using (payment_id)
   where a.region = :region and a.period <= :period and p.state not in ('succeeded', 'cancelled')
     and (a.period in (:period, :before)
          or not exists (select from settle.settlements s where s.region = a.region and s.period = a.period and s.institution = a.institution
                            and s.pool = a.pool and s.settled_on is not null))`;

/** Everything that was paid back in cash on an advance, by institution and pool, whoever placed it. */
const COLLECTED = `
  select c.institution, c.pool, sum(t.amount_fen)::bigint as fen
    from ledger.journal j join ledger.transfer t using (region, sequence)
    join ledger.account c on c.region = t.region and c.account_id = t.credit_account_id and c.kind = 'fund/advance/instant'
   where j.region = :region and j.event in ('instant-collected', 'suspense-resolved') group by 1, 2`;

/**
 * Pre-allocations that the bank sent back when their month was final, and that are not sent again: owed since (DESIGN 5.7). As
 * SQL over :region.
 */
const OWED_AGAIN = `
  select a.institution, a.pool, sum(p.amount_fen)::bigint as fen
    from settle.preallocations a join settle.payments p using (payment_id)
    join settle.settlements s on s.region = a.region and s.period = a.period and s.institution = a.institution and s.pool = a.pool
   where a.region = :region and p.region = :region and p.kind = 'fund' and p.state = 'cancelled'
     and s.settled_on is not null and s.preallocated_fen > 0 group by 1, 2`;

/**
 * Works out the month of everybody who is not settled yet, in place of what an earlier preparation worked out (宿迁 2025-06-13
 * 三(二)3): payable less what the bank booked ahead and less what is carried in; a negative result is carried on, a suspended
 * institution's is held (新医保发〔2025〕50号 五(一)). The same as `settleMonth` of domain/fund, for all at once. What was paid back
 * works off the balance first; the rest of it is no more than the month's advance.
 *
 * @throws Refusal `CaseStateInvalid` where a later month of somebody who is due is settled: what it carried in would be another amount
 */
export async function planSettlements(trx: Knex, run: SettlementRun): Promise<void> {
  const { region, period } = run;
  await refuseOvertaken(trx, run);
  await trx('settle.settlements').where({ region, period }).whereNull('settled_on').delete();
  await trx.raw(
    `with claimed as (
       select institution, pool, sum(declared_fen - deducted_fen)::bigint as fen from settle.claims
        where region = :region and period = :period group by 1, 2),
     advanced as (
       select a.institution, a.pool, sum(p.amount_fen)::bigint as fen from settle.preallocations a join settle.payments p using (payment_id)
        where a.region = :region and a.period = :period and p.state = 'succeeded' group by 1, 2),
     carried as (
       ${CARRIED}),
     collected as (${COLLECTED}),
     counted as (
       select institution, pool, sum(collected_fen)::bigint as fen, sum(returned_fen)::bigint as returned from settle.settlements
        where region = :region and settled_on is not null and (collected_fen <> 0 or returned_fen <> 0) group by 1, 2),
     owed as (${OWED_AGAIN}),
     owed_again as (
       select o.institution, o.pool, o.fen - coalesce(k.returned, 0) as fen from owed o left join counted k using (institution, pool)
        where o.fen > coalesce(k.returned, 0)),
     suspended as (select institution from settle.suspended_institutions(:region, :on)),
     month as (
       select u.institution, u.pool, coalesce(c.fen, 0) as payable, coalesce(a.fen, 0) as booked, coalesce(r.fen, 0) as brought,
              coalesce(p.fen, 0) - coalesce(k.fen, 0) as collected, coalesce(o.fen, 0) as returned,
              coalesce(i.settles_through, i.institution) as body
         from (((${TO_SETTLE})
                union (select institution, pool from owed_again
                       except select institution, pool from settle.settlements
                        where region = :region and period >= :period and settled_on is not null))
               except (${OPEN_ADVANCE}) except (${WAITING})) u
         left join claimed c using (institution, pool) left join advanced a using (institution, pool)
         left join owed_again o using (institution, pool)
         left join carried r using (institution, pool) left join collected p using (institution, pool)
         left join counted k using (institution, pool)
         join settle.institutions i on i.region = :region and i.institution = u.institution),
     brought as (
       select institution, pool, body, payable, returned, booked as preallocated, least(brought + collected, 0) as carried_in,
              least(greatest(brought + collected, 0), booked) as beyond,
              collected - greatest(brought + collected - booked, 0) as collected
         from month),
     net as (
       select *, payable + returned + beyond - preallocated + carried_in as net, body in (select institution from suspended) as is_suspended from brought)
     insert into settle.settlements (region, period, institution, pool, payable_fen, preallocated_fen, carried_in_fen, collected_fen,
            beyond_fen, returned_fen, paid_fen, held_fen, carried_out_fen, offset_fen, held_for, payment_id, prepared_on)
     select :region, :period, institution, pool, payable, preallocated, carried_in, collected, beyond, returned,
            case when is_suspended then 0 else greatest(net, 0) end, case when is_suspended then greatest(net, 0) else 0 end,
            least(net, 0), least(payable + returned, preallocated - carried_in - beyond),
            case when is_suspended and net > 0 then ${suspendingCases('body')} else '{}' end,
            case when not is_suspended and net > 0 then concat_ws('/', 'fund', cast(:region as text), cast(:period as text), institution, pool, 'settlement') end,
            cast(:on as date)
       from net`,
    { ...bindings(run), on: run.on } as never,
  );
}

async function refuseOvertaken(trx: Knex, run: SettlementRun): Promise<void> {
  const later = trx('settle.settlements').where({ region: run.region }).where('period', '>', run.period);
  if (!(await later.whereNotNull('settled_on').first<object | undefined>('period'))) return;
  const { rows } = await trx.raw<{ rows: { institution: string; pool: string; period: string }[] }>(
    `select institution, pool, min(s.period) as period from settle.settlements s join (${UNSETTLED}) u using (institution, pool)
      where s.region = :region and s.period > :period and s.settled_on is not null group by 1, 2 order by 1, 2 limit 1`,
    bindings(run) as never,
  );
  const [first] = rows;
  if (first)
    throw new Refusal(
      'CaseStateInvalid',
      `${first.period} is settled for ${first.institution} and ${first.pool}: ${run.period} is not settled after it`,
      { ...first },
    );
}

/**
 * Takes money that earlier runs held, of whoever is not suspended on the day of this one, into this run; once.
 */
export async function planReleases(trx: Knex, run: SettlementRun): Promise<void> {
  const { region, period, on } = run;
  await trx.raw(
    `update settle.settlements s set released_in = null, release_payment_id = null
      where s.region = :region and s.released_in is not null
        and not exists (select from settle.payments p where p.payment_id = s.release_payment_id
                           and not (p.state = 'cancelled' or (s.released_in = :period and p.state in ('new', 'prepared'))))`,
    { region, period },
  );
  await trx.raw(
    `update settle.settlements s
        set released_in = :period, release_payment_id = concat_ws('/', 'fund', s.region, cast(:period as text), s.institution, s.pool, 'release', s.period)
       from settle.institutions i
      where s.region = :region and s.period < :period and s.settled_on is not null and s.held_fen > 0 and s.released_in is null
        and i.region = s.region and i.institution = s.institution
        and coalesce(i.settles_through, i.institution) not in (select institution from settle.suspended_institutions(:region, :on))`,
    { region, period, on } as never,
  );
}

export interface FinalRow {
  institution: string;
  pool: string;
  offsetFen: bigint;
  heldFen: bigint;
  /** A pre-allocation counted in the row that the bank has sent back since it was worked out. */
  lostAdvance: { paymentId: string; amountFen: bigint } | null;
}

/** Makes final what the run has worked out; gives what is to be posted about it, in order. */
export async function finishSettlements(
  trx: Knex,
  { region, period, on }: Pick<SettlementRun, 'region' | 'period' | 'on'>,
): Promise<FinalRow[]> {
  const { rows } = await trx.raw<{
    rows: (Omit<FinalRow, 'lostAdvance'> & { lost: string | null; lostFen: bigint | null })[];
  }>(
    `with final as (
       update settle.settlements set settled_on = :on where region = :region and period = :period and settled_on is null
       returning institution, pool, offset_fen, held_fen, preallocated_fen),
     lost as (
       select a.institution, a.pool, p.payment_id, p.amount_fen from settle.preallocations a join settle.payments p using (payment_id)
        where a.region = :region and a.period = :period and p.state not in ('sent', 'unknown', 'succeeded'))
     select f.institution, f.pool, f.offset_fen as "offsetFen", f.held_fen as "heldFen", l.payment_id as lost, l.amount_fen as "lostFen"
       from final f left join lost l on l.institution = f.institution and l.pool = f.pool and f.preallocated_fen > 0
      order by f.institution, f.pool`,
    { region, period, on },
  );
  return rows.map(({ lost, lostFen, ...row }) => ({
    ...row,
    lostAdvance: lost === null ? null : { paymentId: lost, amountFen: lostFen! },
  }));
}

export interface HeldRow {
  period: Period;
  institution: string;
  pool: string;
  heldFen: bigint;
}

/** The cases of a body's breaches that suspend it on a day, for the institution to read. As SQL over :region, :on and a body. */
const suspendingCases = (body: string): string => `
  array(select b.case_id from settle.breaches b
         where b.region = :region and b.institution = ${body} and b.suspends_on <= :on and coalesce(b.corrected_on > :on, true)
           and coalesce(b.exempted_on > :on, true) order by 1)`;

/**
 * What was to be paid and is not: it is held, and released with a later run. Held for the cases that suspend its institution on the
 * day; where none does, for the mark.
 */
export async function holdCancelled(
  trx: Knex,
  { region, on, paymentIds, mark }: { region: string; on: PlainDate; paymentIds: readonly string[]; mark: string },
): Promise<HeldRow[]> {
  const { rows } = await trx.raw<{ rows: HeldRow[] }>(
    `update settle.settlements s set held_fen = s.paid_fen, paid_fen = 0,
            held_for = coalesce(nullif(${suspendingCases('coalesce(i.settles_through, i.institution)')}, '{}'), array[cast(:mark as text)])
       from settle.institutions i
      where s.payment_id = any(cast(:paymentIds as text[])) and s.settled_on is not null and s.paid_fen > 0
        and i.region = s.region and i.institution = s.institution
      returning s.period, s.institution, s.pool, s.held_fen as "heldFen"`,
    { region, on, mark, paymentIds: [...paymentIds] } as never,
  );
  return rows;
}

/** Held money whose release did not come about waits for the next run. */
export async function reopenReleases(trx: Knex, paymentIds: readonly string[]): Promise<void> {
  await trx.raw(
    `update settle.settlements set released_in = null, release_payment_id = null where release_payment_id = any(?::text[])`,
    [[...paymentIds]] as never,
  );
}
