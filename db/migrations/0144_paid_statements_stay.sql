-- What is in a payment batch is paid or cancelled there: its statement is not taken back any more (DESIGN 5.2, 5.4).
create function settle.check_unpaid_statement() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare v_part record;
begin
  select e.enterprise, coalesce(p.state, 'cancelled') as state into v_part
    from settle.statement_enterprises e
    left join settle.payments p
      on p.payment_id = concat_ws('/', 'payment', e.region, e.period, e.institution, e.enterprise) || case e.revision when 1 then '' else '#' || e.revision end
   where (e.region, e.period, e.institution, e.revision) = (new.region, new.period, new.institution, new.revision)
     and (e.cancelled_on is not null or p.payment_id is not null)
   order by e.enterprise limit 1;
  if found then
    perform settle.refuse('PaymentStateInvalid', format('%s is not taken back: its payment to %s is %s',
                          settle.statement_key(new.region, new.period, new.institution, new.revision), v_part.enterprise, v_part.state));
  end if;
  return null;
end $$;
create constraint trigger check_unpaid_statement after update on settle.statements
  deferrable initially deferred for each row execute function settle.check_unpaid_statement();
