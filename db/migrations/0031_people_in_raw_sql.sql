-- Payments that did not arrive are an operator's (DESIGN 5.4), and every attempt of a person is recorded, whatever it was at.

-- A person's way out of failed, returned and held: retry, correct the account, cancel. What the engine does by itself
-- from these states is the release of what was held, which no person asks for.
create function settle.check_operator() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_bad record;
begin
  select a.actor, a.on_date, p.payment_id, p.region into v_bad
    from added a join settle.payments p using (payment_id)
   where ((a.from_state in ('failed', 'returned') and a.to_state in ('released', 'prepared', 'cancelled'))
          or (a.from_state = 'held' and a.to_state = 'cancelled'))
     and not settle.has_role(p.region, a.actor, 'operator', a.on_date)
   order by p.payment_id limit 1;
  if v_bad.payment_id is null then
    return null;
  end if;
  if not exists (select from settle.staff where region = v_bad.region and person = v_bad.actor) then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of %s', v_bad.actor, v_bad.region));
  end if;
  perform settle.refuse('OperatorRoleMissing', format('%s has not the role operator on %s: %s stays as it is', v_bad.actor, v_bad.on_date, v_bad.payment_id));
  return null;
end $$;
-- After `apply_payment_states`, by its name: a state that cannot follow is told first.
create trigger check_operator after insert on settle.payment_states
  referencing new table as added for each statement execute function settle.check_operator();

-- Attempts that are at no case: a receipt that fits none, a day's sign-off, a role.
alter table settle.decision_attempts alter column case_id drop not null;
alter table settle.decision_attempts add column region text;
-- What it was at: a receipt, an exception, a day, a person.
alter table settle.decision_attempts add column subject text;
alter table settle.decision_attempts add check (case_id is not null or region is not null);
create index decision_attempts_case on settle.decision_attempts (case_id);
