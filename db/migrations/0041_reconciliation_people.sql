-- The accountant of a day by the appointments and delegations of 0030; who stands in for somebody is recorded beside them.
alter table settle.reconciliation_closings add column acting_for text;
alter table settle.reconciliation_sign_offs add column acting_for text;

create or replace function settle.check_reconciliation_person(p_region text, p_on_date date, p_person text, p_today date) returns void
language plpgsql stable security definer set search_path = pg_catalog as $$
begin
  if not exists (select from settle.staff where region = p_region and person = p_person) then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of this region', p_person));
  end if;
  if not settle.has_role(p_region, p_person, 'accountant', p_today) then
    perform settle.refuse('AccountantRoleMissing', format('%s has not the role accountant on %s', p_person, p_today));
  end if;
  if exists (select from settle.releases r join settle.approval_requests q using (request_id) join settle.cases c using (case_id)
              where c.region = p_region and r.released_on = p_on_date
                and (p_person in (r.person, r.acting_for)
                     or exists (select from settle.staff_capacities a
                                 where a.region = p_region and a.person = p_person and a.role = 'accountant' and a.acting_for in (r.person, r.acting_for)
                                   and p_today >= a.valid_from and p_today <= a.valid_to))) then
    perform settle.refuse('AccountantIsCashier', format('%s released payments of %s: another person looks at that day', p_person, p_on_date));
  end if;
end $$;

-- Whom somebody stands in for as accountant; null in their own name.
create function settle.accountant_acting_for(p_region text, p_person text, p_today date) returns text
language sql stable set search_path = pg_catalog as $$
  select acting_for from settle.staff_capacities
   where region = p_region and person = p_person and role = 'accountant'
     and p_today >= coalesce(valid_from, p_today) and p_today <= coalesce(valid_to, p_today)
   order by acting_for nulls first limit 1
$$;

create function settle.name_stand_in() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_row jsonb := to_jsonb(new);
begin
  new.acting_for := settle.accountant_acting_for(
    coalesce(v_row ->> 'region', (select region from settle.reconciliation_exceptions where exception_id = (v_row ->> 'exception_id')::bigint)),
    new.person, coalesce(v_row ->> 'closed_on', v_row ->> 'signed_on')::date);
  return new;
end $$;
create trigger name_stand_in before insert on settle.reconciliation_closings
  for each row execute function settle.name_stand_in();
create trigger name_stand_in before insert on settle.reconciliation_sign_offs
  for each row execute function settle.name_stand_in();

do $$
begin
  execute format('grant execute on function settle.accountant_acting_for(text, text, date) to %I', current_database() || '_app');
end $$;
