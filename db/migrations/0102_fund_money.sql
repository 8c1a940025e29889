-- No account of a fund is told to pay more than it has (宿迁 2025-06-13 四), whoever prepared what and when: what is on its way from an
-- account, and what leaves it now, is within its balance. One release of a region after the other, as one preparation after the other.
create function settle.check_money() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_region text;
  v_bad    record;
begin
  if not exists (select from added where to_state = 'released' and payment_id like 'fund/%') then
    return null;
  end if;
  for v_region in
    select distinct p.region from added a join settle.payments p using (payment_id) where a.to_state = 'released' and p.kind = 'fund' order by 1
  loop
    perform pg_advisory_xact_lock(hashtextextended('settle money ' || v_region, 0));
  end loop;
  with leaving as materialized (
    select distinct p.region, p.debtor_account, p.pool from added a join settle.payments p using (payment_id)
     where a.to_state = 'released' and p.kind = 'fund')
  select l.debtor_account, m.leaving_fen, coalesce(b.balance_fen, 0) as balance_fen into v_bad
    from leaving l
    cross join lateral (
      select sum(p.amount_fen) as leaving_fen from settle.payments p
       where p.region = l.region and p.debtor_account = l.debtor_account and p.pool = l.pool and p.state in ('released', 'sent', 'unknown')) m
    left join ledger.account a on a.region = l.region
      and a.path = case when l.debtor_account = l.region || '-FISCAL-DEPOSIT' then 'fund/fiscal-deposit/' else 'fund/cash/' end || l.pool
    left join ledger.balance b on b.region = a.region and b.account_id = a.account_id
   where m.leaving_fen > coalesce(b.balance_fen, 0)
   order by 1 limit 1;
  if found then
    perform settle.refuse('LedgerInsufficient', format('%s has %s, and %s would be on its way from it: nothing is released',
      v_bad.debtor_account, to_char(v_bad.balance_fen / 100.0, 'FM999999999999990.00'), to_char(v_bad.leaving_fen / 100.0, 'FM999999999999990.00')));
  end if;
  return null;
end $$;
-- After `apply_payment_states`, by its name.
create trigger check_money after insert on settle.payment_states
  referencing new table as added for each statement execute function settle.check_money();
