-- A payment of a statement is cancelled when its part is, and the other way round (DESIGN 5.4): else its lines would stay settled and
-- its money payable, for nobody. One transaction writes both, in whatever order.
create function settle.statement_payment_id(p_region text, p_period text, p_institution text, p_enterprise text, p_revision int) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select concat_ws('/', 'payment', p_region, p_period, p_institution, p_enterprise) || case p_revision when 1 then '' else '#' || p_revision end
$$;

create or replace function settle.check_part_cancelled() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_payment text := settle.statement_payment_id(new.region, new.period, new.institution, new.enterprise, new.revision);
begin
  if (select p.net_fen from settle.posted(new.region, v_payment || '/cancelled', 'payment-cancelled') p) is distinct from new.net_fen then
    perform settle.refuse('LedgerUnbalanced', format('%s is cancelled, and its money is not given back', v_payment));
  end if;
  if not exists (select from settle.payments where payment_id = v_payment and state = 'cancelled') then
    perform settle.refuse('PaymentStateInvalid', format('%s is not cancelled: its part of the statement stays', v_payment));
  end if;
  return null;
end $$;

create function settle.check_payment_cancelled() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (
    select from settle.payments p
     where p.payment_id = new.payment_id and p.kind = 'payment'
       and not exists (
         select from settle.statement_enterprises e
          where (e.region, e.period, e.institution, e.enterprise) = (p.region, p.period, p.institution, p.enterprise)
            and e.cancelled_on is not null
            and settle.statement_payment_id(e.region, e.period, e.institution, e.enterprise, e.revision) = p.payment_id)) then
    perform settle.refuse('PaymentStateInvalid', format('%s is cancelled, and its part of the statement is not', new.payment_id));
  end if;
  return null;
end $$;
create constraint trigger check_payment_cancelled after insert on settle.payment_states
  deferrable initially deferred for each row when (new.to_state = 'cancelled') execute function settle.check_payment_cancelled();

do $$
begin
  execute format('grant execute on function settle.statement_payment_id, settle.check_payment_cancelled to %I', current_database() || '_app');
end $$;
