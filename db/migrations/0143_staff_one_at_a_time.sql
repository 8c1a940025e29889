-- People's roles: one change at a time, and none that takes a role away from what was done with it (新医保发〔2025〕50号 六(二);
-- DESIGN 5.3).

-- One change of a region's staff at a time: who checks sees what was said a moment before.
create function settle.one_staff_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('staff/' || new.region, 0));
  return new;
end $$;
create trigger a_one_staff_change before insert on settle.appointments
  for each row execute function settle.one_staff_change();
create trigger a_one_staff_change before insert on settle.delegations
  for each row execute function settle.one_staff_change();

-- Who stands in for somebody has the role again as soon as that one has.
create function settle.check_delegates() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform settle.refuse_cashier_accountant(new.region, d.delegate)
     from settle.delegation_terms d where d.region = new.region and d.principal = new.person and d.role = new.role;
  return null;
end $$;
create trigger check_delegates after insert on settle.appointments
  for each row execute function settle.check_delegates();

-- The last day on which somebody decided, released or looked at the books with the role of its holder: the holder, or who stood in.
create function settle.last_act(p_region text, p_role text, p_holder text, p_stand_in text) returns date
language sql stable set search_path = pg_catalog, pg_temp as $$
  select max(on_date) from (
    select d.decided_on as on_date, d.person, d.acting_for from settle.approval_decisions d
      join settle.approval_requests r using (request_id) join settle.cases c using (case_id)
     where c.region = p_region and r.levels -> (d.level_no - 1) ->> 'role' = p_role
    union all
    select d.released_on, d.person, d.acting_for from settle.releases d
      join settle.approval_requests r using (request_id) join settle.cases c using (case_id)
     where c.region = p_region and p_role = 'cashier'
    union all
    select d.closed_on, d.person, d.acting_for from settle.reconciliation_closings d
      join settle.reconciliation_exceptions e using (exception_id)
     where e.region = p_region and p_role = 'accountant'
    union all
    select d.signed_on, d.person, d.acting_for from settle.reconciliation_sign_offs d
     where d.region = p_region and p_role = 'accountant') a
   where coalesce(acting_for, person) = p_holder and (p_stand_in is null or (person = p_stand_in and acting_for is not null))
$$;

-- As in 0030; besides, what was done today was done with the role.
create or replace function settle.check_appointment_end() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_term  record;
  v_acted date;
begin
  select * into v_term from settle.staff_terms where appointment_id = new.appointment_id;
  if v_term.appointment_id is null then
    perform settle.refuse('NotFound', format('there is no appointment %s', new.appointment_id));
  end if;
  if btrim(new.reason) = '' then
    perform settle.refuse('ReasonMissing', format('the role %s of %s ends with a reason only', v_term.role, v_term.person));
  end if;
  -- What was decided yesterday was decided with the role.
  if new.last_day < new.recorded_on - 1 then
    perform settle.refuse('StaffConflict', format('%s was %s until %s at least: a role does not end in the past', v_term.person, v_term.role, new.recorded_on - 1));
  end if;
  if v_term.valid_to is not null and new.last_day >= v_term.valid_to then
    perform settle.refuse('StaffConflict', format('the role %s of %s ends on %s already', v_term.role, v_term.person, v_term.valid_to));
  end if;
  v_acted := settle.last_act(v_term.region, v_term.role, v_term.person, null);
  if v_acted > new.last_day then
    perform settle.refuse('StaffConflict', format('the role %s of %s was acted with on %s: it ends on that day at the earliest', v_term.role, v_term.person, v_acted));
  end if;
  return new;
end $$;

-- As in 0141, likewise.
create or replace function settle.check_delegation_end() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_term  record;
  v_acted date;
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
  v_acted := settle.last_act(v_term.region, v_term.role, v_term.principal, v_term.delegate);
  if v_acted > new.last_day then
    perform settle.refuse('StaffConflict', format('%s acted for %s on %s: the delegation ends on that day at the earliest', v_term.delegate, v_term.principal, v_acted));
  end if;
  return new;
end $$;
