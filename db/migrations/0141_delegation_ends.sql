-- Who comes back early takes the role back: a delegation ends by a row of its own, on a day, like an appointment
-- (新医保发〔2025〕50号 六(二); DESIGN 5.3).

-- The earliest of them counts.
create table settle.delegation_ends (
  end_id        bigint generated always as identity primary key,
  delegation_id bigint not null references settle.delegations,
  last_day      date not null,
  ended_by      text not null,
  reason        text not null,
  recorded_on   date not null,
  at_time       text not null
);
create index delegation_ends_of on settle.delegation_ends (delegation_id);

-- Delegations as they hold; one that ended before it began is none.
create view settle.delegation_terms as
  select d.delegation_id, d.region, d.principal, d.delegate, d.role, d.first_day, t.last_day
    from settle.delegations d
    cross join lateral (select least(d.last_day, min(e.last_day)) from settle.delegation_ends e where e.delegation_id = d.delegation_id) t (last_day)
   where d.first_day <= t.last_day;

create or replace view settle.staff_capacities as
  select region, person, role, valid_from, valid_to, null::text as acting_for
    from settle.staff_terms
  union all
  select d.region, d.delegate, d.role, greatest(d.first_day, t.valid_from), least(d.last_day, t.valid_to), d.principal
    from settle.delegation_terms d
    join settle.staff_terms t on t.region = d.region and t.person = d.principal and t.role = d.role
   where greatest(d.first_day, t.valid_from) <= least(d.last_day, t.valid_to);

-- As in 0030, but for the last question: a delegation that was ended leaves room for another one.
create or replace function settle.check_delegation() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.principal = new.delegate then
    perform settle.refuse('DelegationInvalid', format('%s cannot stand in for themselves', new.delegate));
  end if;
  if new.recorded_by = new.delegate then
    perform settle.refuse('StaffConflict', format('%s cannot take a role by their own word', new.delegate));
  end if;
  if not exists (select from settle.staff where region = new.region and person = new.recorded_by) then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of %s', new.recorded_by, new.region));
  end if;
  if btrim(new.reason) = '' then
    perform settle.refuse('ReasonMissing', format('%s stands in for %s with a reason only', new.delegate, new.principal));
  end if;
  if new.last_day < new.first_day or new.first_day < new.recorded_on then
    perform settle.refuse('DelegationInvalid', format('%s to %s, said on %s: a delegation begins today or later and ends on a day after', new.first_day, new.last_day, new.recorded_on));
  end if;
  if not exists (select from settle.staff_terms t
                  where t.region = new.region and t.person = new.principal and t.role = new.role
                    and coalesce(t.valid_from <= new.first_day, true) and coalesce(t.valid_to >= new.last_day, true)) then
    perform settle.refuse('DelegationInvalid', format('%s has not the role %s of their own from %s to %s', new.principal, new.role, new.first_day, new.last_day));
  end if;
  if exists (select from settle.staff_terms t
              where t.region = new.region and t.person = new.delegate and t.role = new.role
                and settle.days_overlap(t.valid_from, t.valid_to, new.first_day, new.last_day)) then
    perform settle.refuse('DelegationInvalid', format('%s is %s in that time anyway', new.delegate, new.role));
  end if;
  if exists (select from settle.delegation_terms d
              where d.delegation_id <> new.delegation_id and d.region = new.region and d.principal = new.principal and d.role = new.role
                and settle.days_overlap(d.first_day, d.last_day, new.first_day, new.last_day)) then
    perform settle.refuse('DelegationInvalid', format('somebody stands in for %s as %s on days of that time already', new.principal, new.role));
  end if;
  perform settle.refuse_cashier_accountant(new.region, new.delegate);
  return null;
end $$;

create function settle.check_delegation_end() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v_term record;
begin
  select * into v_term from settle.delegation_terms where delegation_id = new.delegation_id;
  if v_term.delegation_id is null then
    perform settle.refuse('NotFound', format('there is no delegation %s', new.delegation_id));
  end if;
  if btrim(new.reason) = '' then
    perform settle.refuse('ReasonMissing', format('what %s does for %s ends with a reason only', v_term.delegate, v_term.principal));
  end if;
  if not exists (select from settle.staff where region = v_term.region and person = new.ended_by) then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of %s', new.ended_by, v_term.region));
  end if;
  -- What was decided yesterday was decided with the role.
  if new.last_day < new.recorded_on - 1 then
    perform settle.refuse('StaffConflict', format('%s stood in for %s until %s at least: a delegation does not end in the past', v_term.delegate, v_term.principal, new.recorded_on - 1));
  end if;
  if new.last_day >= v_term.last_day then
    perform settle.refuse('StaffConflict', format('%s stands in for %s until %s anyway', v_term.delegate, v_term.principal, v_term.last_day));
  end if;
  return new;
end $$;
create trigger check_delegation_end before insert on settle.delegation_ends
  for each row execute function settle.check_delegation_end();

create trigger delegation_ends_append_only before update or delete on settle.delegation_ends
  for each row execute function settle.append_only();
create trigger delegation_ends_no_truncate before truncate on settle.delegation_ends
  for each statement execute function settle.append_only();

do $$
declare app text := current_database() || '_app';
begin
  -- The application reads who may do what; it appoints nobody.
  execute format('grant select on settle.delegation_ends, settle.delegation_terms to %I', app);
end $$;
