import { formatYuan } from '../../domain/money';
import type { Database } from '../connect';
import { FINDINGS_FETCHED, verdict, type Invariant } from './invariant';

async function findings(database: Database, sql: string, region: string): Promise<string[]> {
  const { rows } = await database.raw<{ rows: { finding: string }[] }>(sql, { region, limit: FINDINGS_FETCHED });
  return rows.map(({ finding }) => finding);
}

async function figures<Row>(database: Database, sql: string, region: string): Promise<Row> {
  const { rows } = await database.raw<{ rows: Row[] }>(sql, { region });
  return rows[0]!;
}

/** Sums up to the end of every month; what was paid back in cash, or sent back by the bank, counts against what was pre-allocated. */
const IDENTITY = `
  with months as (
    select institution, pool, period, carried_out_fen,
           sum(payable_fen) over months as payable, sum(preallocated_fen - collected_fen - returned_fen) over months as preallocated,
           sum(paid_fen) over months as paid, sum(held_fen) over months as held
      from settle.settlements where region = :region and settled_on is not null
    window months as (partition by institution, pool order by period)),
  claimed as (
    select institution, pool, period, sum(declared_fen - deducted_fen) as fen from settle.claims where region = :region group by 1, 2, 3),
  found as (
    select institution || ', ' || pool || ', ' || period || ': ' || payable || ' fen payable, ' || preallocated || ' pre-allocated + ' || paid
           || ' paid + ' || held || ' held + ' || carried_out_fen || ' carried' as finding
      from months where payable <> preallocated + paid + held + carried_out_fen
    union all
    select s.institution || ', ' || s.pool || ', ' || s.period || ': ' || s.payable_fen || ' fen payable, ' || coalesce(c.fen, 0) || ' claimed'
      from settle.settlements s left join claimed c using (institution, pool, period)
     where s.region = :region and s.settled_on is not null and s.payable_fen <> coalesce(c.fen, 0)
    union all
    select c.institution || ', ' || c.pool || ', ' || c.quarter || ': its clearing is not the sum of its months'
      from settle.clearings c left join months m
        on m.institution = c.institution and m.pool = c.pool
       and m.period = (select max(x.period) from months x where x.institution = c.institution and x.pool = c.pool
                          and x.period <= left(c.quarter, 4) || '-' || lpad((right(c.quarter, 1)::int * 3)::text, 2, '0'))
     where c.region = :region
       and (c.payable_fen, c.preallocated_fen, c.carried_out_fen, c.paid_fen + c.held_fen)
           is distinct from (m.payable, m.preallocated, m.carried_out_fen::bigint, m.paid + m.held))
  select finding from found order by 1 limit :limit`;

const monthsAddUp: Invariant = {
  name: 'payable = pre-allocated + paid + held + carried, every month',
  async check(database, region) {
    const { months, payable } = await figures<{ months: bigint; payable: bigint }>(
      database,
      `select count(*) as months, coalesce(sum(payable_fen), 0)::bigint as payable
         from settle.settlements where region = :region and settled_on is not null`,
      region,
    );
    const found = await findings(database, IDENTITY, region);
    return verdict(found, `${months} months of institutions and pools, ${formatYuan(payable)} payable`);
  },
};

/**
 * What would be settled by nobody any more, or paid twice: claims, and money paid ahead, of a month that was passed over; more owed
 * again than the bank has sent back; money ahead for who is not eligible.
 */
const ORDER = `
  with told as (
    select institution, pool, period, 'claims' as what, false as settled from settle.claims where region = :region
    union all
    select a.institution, a.pool, a.period, 'money paid ahead', false from settle.preallocations a join settle.payments p using (payment_id)
     where a.region = :region and p.state = 'succeeded'
    union all
    select institution, pool, period, null, true from settle.settlements where region = :region and settled_on is not null),
  months as (
    select institution, pool, period, min(what) as what, bool_or(settled) as settled from told group by 1, 2, 3),
  followed as (
    select *, max(period) filter (where settled) over (partition by institution, pool) as newest from months),
  sent_back as (
    select a.institution, a.pool, sum(a.amount_fen) as fen
      from settle.preallocations a join settle.payments p using (payment_id)
      join settle.settlements s on (s.region, s.period, s.institution, s.pool) = (a.region, a.period, a.institution, a.pool)
     where a.region = :region and p.state = 'cancelled' and s.settled_on is not null and s.preallocated_fen > 0 group by 1, 2),
  owed as (
    select institution, pool, sum(returned_fen) as fen from settle.settlements
     where region = :region and settled_on is not null and returned_fen <> 0 group by 1, 2),
  found as (
    select institution || ', ' || pool || ', ' || period || ': ' || what || ' of a month that is not settled, and a later one is' as finding
      from followed where what is not null and not settled and newest > period
    union all
    select o.institution || ', ' || o.pool || ': ' || o.fen || ' fen owed again, ' || coalesce(b.fen, 0) || ' sent back'
      from owed o left join sent_back b using (institution, pool) where o.fen > coalesce(b.fen, 0)
    union all
    select a.payment_id || ' is paid ahead to who is not eligible'
      from settle.preallocations a left join settle.eligibility e using (region, period, institution)
     where a.region = :region and e.eligible is not true)
  select finding from found order by 1 limit :limit`;

const monthsFollowEachOther: Invariant = {
  name: 'months are settled in their order, and nothing ahead is paid twice',
  async check(database, region) {
    const { ahead } = await figures<{ ahead: bigint }>(
      database,
      `select coalesce(sum(p.amount_fen), 0)::bigint as ahead from settle.preallocations a join settle.payments p using (payment_id)
        where a.region = :region and p.state = 'succeeded'`,
      region,
    );
    return verdict(await findings(database, ORDER, region), `${formatYuan(ahead)} paid ahead`);
  },
};

/** Each settled sum, each release and each pre-allocation has the one payment that carries it. */
const PAYMENTS = `
  with due as (
    select payment_id, paid_fen as fen from settle.settlements where region = :region and settled_on is not null and paid_fen > 0
    union all
    select release_payment_id, held_fen from settle.settlements where region = :region and released_in is not null
    union all
    select payment_id, amount_fen from settle.preallocations where region = :region),
  found as (
    select coalesce(p.payment_id, d.payment_id) || ': ' || coalesce(p.amount_fen, 0) || ' fen, to be paid ' || coalesce(d.fen, 0) as finding
      from (select * from settle.payments where region = :region and kind = 'fund' and state <> 'cancelled'
               and payment_id not like 'fund/%/transfer/%') p
      full join due d using (payment_id)
     where (p.payment_id is not null and d.fen is distinct from p.amount_fen
            and not (d.payment_id is null and p.state in ('new', 'prepared', 'approved')))
        or (p.payment_id is null and d.payment_id not like '%/preallocation%' and d.payment_id not like '%/release/%')
    union all
    select payment_id || ' is carried ' || count(*) || ' times' from due group by payment_id having count(*) > 1)
  select finding from found order by 1 limit :limit`;

const eachSumHasItsPayment: Invariant = {
  name: 'each payment of a fund is what was settled',
  async check(database, region) {
    const { payments, fen } = await figures<{ payments: bigint; fen: bigint }>(
      database,
      `select count(*) as payments, coalesce(sum(amount_fen), 0)::bigint as fen
         from settle.payments where region = :region and kind = 'fund' and state = 'succeeded'`,
      region,
    );
    return verdict(await findings(database, PAYMENTS, region), `${payments} payments, ${formatYuan(fen)}`);
  },
};

/** 暂付款—即时结算: what was pre-allocated and is neither used up, nor paid back. */
const ADVANCES = `
  with ledger as (
    select a.institution, a.pool, b.balance_fen as fen from ledger.account a join ledger.balance b using (region, account_id)
     where a.region = :region and a.kind = 'fund/advance/instant'),
  collected as (
    select c.institution, c.pool, sum(t.amount_fen) as fen
      from ledger.journal j join ledger.transfer t using (region, sequence)
      join ledger.account c on c.region = t.region and c.account_id = t.credit_account_id and c.kind = 'fund/advance/instant'
     where j.region = :region and j.event in ('instant-collected', 'suspense-resolved') group by 1, 2),
  settled as (
    select institution, pool, (array_agg(carried_out_fen order by period desc))[1] as carried, sum(collected_fen) as counted
      from settle.settlements where region = :region and settled_on is not null group by 1, 2),
  ahead as (
    select a.institution, a.pool, sum(a.amount_fen) as fen from settle.preallocations a join settle.payments p using (payment_id)
     where a.region = :region and p.state in ('sent', 'unknown', 'succeeded')
       and not exists (select from settle.settlements s where s.region = a.region and s.period = a.period and s.institution = a.institution
                          and s.pool = a.pool and s.settled_on is not null) group by 1, 2),
  compared as (
    select institution, pool, coalesce(l.fen, 0) as fen,
           coalesce(h.fen, 0) - coalesce(s.carried, 0) - (coalesce(c.fen, 0) - coalesce(s.counted, 0)) as expected
      from ledger l full join settled s using (institution, pool) full join ahead h using (institution, pool)
      full join collected c using (institution, pool))
  select institution || ', ' || pool || ': ' || fen || ' fen, the months say ' || expected as finding
    from compared where fen <> expected order by 1 limit :limit`;

const advancesAreCarried: Invariant = {
  name: 'instant-settlement advance = pre-allocated and not settled − carried',
  async check(database, region) {
    const { fen } = await figures<{ fen: bigint }>(
      database,
      `select coalesce(sum(b.balance_fen), 0)::bigint as fen from ledger.account a join ledger.balance b using (region, account_id)
        where a.region = :region and a.kind = 'fund/advance/instant'`,
      region,
    );
    return verdict(await findings(database, ADVANCES, region), formatYuan(fen));
  },
};

const HELD = `
  with ledger as (
    select a.institution, a.pool, b.balance_fen as fen from ledger.account a join ledger.balance b using (region, account_id)
     where a.region = :region and a.kind = 'fund/memo/held'),
  held as (
    select s.institution, s.pool, sum(s.held_fen) as fen
      from settle.settlements s left join settle.payments p on p.payment_id = s.release_payment_id
     where s.region = :region and s.settled_on is not null and coalesce(p.state not in ('sent', 'unknown', 'succeeded'), true) group by 1, 2)
  select institution || ', ' || pool || ': ' || coalesce(l.fen, 0) || ' fen held in the books, the months say ' || coalesce(h.fen, 0) as finding
    from ledger l full join held h using (institution, pool) where coalesce(l.fen, 0) <> coalesce(h.fen, 0) order by 1 limit :limit`;

const heldIsInTheBooks: Invariant = {
  name: 'held money stands as a memorandum until it is released',
  async check(database, region) {
    const { fen } = await figures<{ fen: bigint }>(
      database,
      `select coalesce(sum(b.balance_fen), 0)::bigint as fen from ledger.account a join ledger.balance b using (region, account_id)
        where a.region = :region and a.kind = 'fund/memo/held'`,
      region,
    );
    return verdict(await findings(database, HELD, region), formatYuan(fen));
  },
};

/** 财政专户: what it had, less what the bank has moved to the pools' accounts and not sent back. */
const DEPOSITS = `
  with ledger as (
    select a.pool, b.balance_fen as fen from ledger.account a join ledger.balance b using (region, account_id)
     where a.region = :region and a.kind = 'fund/fiscal-deposit'),
  opened as (
    select d.pool, sum(t.amount_fen) as fen from ledger.journal j join ledger.transfer t using (region, sequence)
      join ledger.account d on d.region = t.region and d.account_id = t.debit_account_id and d.kind = 'fund/fiscal-deposit'
     where j.region = :region and j.event = 'opening' group by 1),
  moved as (
    select pool, sum(amount_fen) as fen from settle.payments
     where region = :region and kind = 'fund' and institution is null and state = 'succeeded' group by 1)
  select pool || ': ' || l.fen || ' fen, ' || coalesce(o.fen, 0) || ' opened − ' || coalesce(m.fen, 0) || ' transferred' as finding
    from ledger l left join opened o using (pool) left join moved m using (pool)
   where l.fen <> coalesce(o.fen, 0) - coalesce(m.fen, 0) order by 1 limit :limit`;

const depositsAreWhatIsLeft: Invariant = {
  name: 'fiscal deposit = opening − transfers that arrived',
  async check(database, region) {
    const { fen } = await figures<{ fen: bigint }>(
      database,
      `select coalesce(sum(b.balance_fen), 0)::bigint as fen from ledger.account a join ledger.balance b using (region, account_id)
        where a.region = :region and a.kind = 'fund/fiscal-deposit'`,
      region,
    );
    return verdict(await findings(database, DEPOSITS, region), formatYuan(fen));
  },
};

/** 暂停支付 (新医保发〔2025〕50号 五(一)): by the settlement body, on the day on which the message left. */
const PAID_WHILE_SUSPENDED = `
  with sent as (
    select p.payment_id, s.on_date, coalesce(i.settles_through, i.institution) as body
      from settle.payment_states s join settle.payments p using (payment_id)
      join settle.institutions i on i.region = p.region and i.institution = p.institution
     where p.region = :region and p.kind = 'fund' and s.to_state in ('released', 'sent')),
  days as (select distinct on_date from sent)
  select s.payment_id || ' left on ' || s.on_date || ', while ' || s.body || ' was suspended' as finding
    from sent s join (select d.on_date, x.institution from days d cross join lateral settle.suspended_institutions(:region, d.on_date) x) u
      on u.on_date = s.on_date and u.institution = s.body
   order by 1 limit :limit`;

const suspendedGetNothing: Invariant = {
  name: 'who is suspended gets nothing from the fund',
  async check(database, region) {
    const { held } = await figures<{ held: bigint }>(
      database,
      'select coalesce(sum(held_fen), 0)::bigint as held from settle.settlements where region = :region and settled_on is not null',
      region,
    );
    return verdict(await findings(database, PAID_WHILE_SUSPENDED, region), `${formatYuan(held)} held so far`);
  },
};

/** What must hold of monthly funds (DESIGN 5.7), recomputed from the rows. */
export const FUND_INVARIANTS: readonly Invariant[] = [
  monthsAddUp,
  monthsFollowEachOther,
  eachSumHasItsPayment,
  advancesAreCarried,
  heldIsInTheBooks,
  depositsAreWhatIsLeft,
  suspendedGetNothing,
];
