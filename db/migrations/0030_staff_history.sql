-- People's roles with dates and history: who appointed whom, from when, and who stands in for whom (新医保发〔2025〕50号 六(二);
-- DESIGN 5.3). Append-only: an appointment ends by a row of its own, on a day. `settle.staff` says who there is and what the
-- region's folder says of them; what it says becomes appointments here, and only these count.

alter table settle.staff add column from_folder boolean not null default true;

create table settle.appointments (
  appointment_id bigint generated always as identity primary key,
  region       text not null,
  person       text not null,
  role         text not null check (role in ('officer', 'business-head', 'finance', 'director', 'cashier', 'accountant', 'preparer', 'operator', 'compliance')),
  -- First and last day; open where null.
  valid_from   date,
  valid_to     date,
  -- A person, or `folder` for what came with the region's folder.
  appointed_by text not null,
  reason       text not null,
  -- Null for what the folder said when the region came in.
  recorded_on  date,
  at_time      text,
  check (valid_from <= valid_to),
  foreign key (region, person) references settle.staff
);
create index appointments_person on settle.appointments (region, person);

-- The earliest of them counts.
create table settle.appointment_ends (
  end_id         bigint generated always as identity primary key,
  appointment_id bigint not null references settle.appointments,
  last_day       date not null,
  ended_by       text not null,
  reason         text not null,
  recorded_on    date not null,
  at_time        text not null
);
create index appointment_ends_of on settle.appointment_ends (appointment_id);

-- 请假代理: the delegate acts with the principal's role from the first to the last day.
create table settle.delegations (
  delegation_id bigint generated always as identity primary key,
  region      text not null,
  principal   text not null,
  delegate    text not null,
  role        text not null,
  first_day   date not null,
  last_day    date not null,
  recorded_by text not null,
  reason      text not null,
  recorded_on date not null,
  at_time     text not null,
  foreign key (region, principal) references settle.staff,
  foreign key (region, delegate) references settle.staff
);

create function settle.days_overlap(p_from date, p_to date, q_from date, q_to date) returns boolean
language sql immutable set search_path = pg_catalog as $$
  select coalesce(p_from, '-infinity') <= coalesce(q_to, 'infinity') and coalesce(q_from, '-infinity') <= coalesce(p_to, 'infinity')
$$;

-- Appointments as they hold; one that ended before it began is none.
create view settle.staff_terms as
  select a.appointment_id, a.region, a.person, a.role, a.valid_from, d.valid_to
    from settle.appointments a
    cross join lateral (select least(a.valid_to, min(e.last_day)) from settle.appointment_ends e where e.appointment_id = a.appointment_id) d (valid_to)
   where a.valid_from is null or d.valid_to is null or a.valid_from <= d.valid_to;

-- What somebody may do: in their own name, or for somebody for as long as that one has the role too. A delegation of a
-- delegation gives nothing, since it joins own appointments only.
create view settle.staff_capacities as
  select region, person, role, valid_from, valid_to, null::text as acting_for
    from settle.staff_terms
  union all
  select d.region, d.delegate, d.role, greatest(d.first_day, t.valid_from), least(d.last_day, t.valid_to), d.principal
    from settle.delegations d
    join settle.staff_terms t on t.region = d.region and t.person = d.principal and t.role = d.role
   where greatest(d.first_day, t.valid_from) <= least(d.last_day, t.valid_to);

create function settle.has_role(p_region text, p_person text, p_role text, p_on date) returns boolean
language sql stable security definer set search_path = pg_catalog as $$
  select exists (select from settle.staff_capacities
                  where region = p_region and person = p_person and role = p_role
                    and p_on >= coalesce(valid_from, p_on) and p_on <= coalesce(valid_to, p_on))
$$;

-- 会计、出纳分设: nobody may be cashier and accountant on the same day, in their own name or for somebody else.
create function settle.refuse_cashier_accountant(p_region text, p_person text) returns void
language plpgsql stable set search_path = pg_catalog as $$
begin
  if exists (select from settle.staff_capacities c join settle.staff_capacities a using (region, person)
              where region = p_region and person = p_person and c.role = 'cashier' and a.role = 'accountant'
                and settle.days_overlap(c.valid_from, c.valid_to, a.valid_from, a.valid_to)) then
    perform settle.refuse('StaffConflict', format('%s would be cashier and accountant on the same day', p_person));
  end if;
end $$;

create function settle.check_appointment() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  if new.appointed_by <> 'folder' then
    if new.appointed_by = new.person then
      perform settle.refuse('StaffConflict', format('%s appoints nobody but others', new.person));
    end if;
    if not exists (select from settle.staff where region = new.region and person = new.appointed_by) then
      perform settle.refuse('PersonUnknown', format('%s is not on the staff list of %s', new.appointed_by, new.region));
    end if;
    if btrim(new.reason) = '' then
      perform settle.refuse('ReasonMissing', format('%s is appointed with a reason only', new.person));
    end if;
    if new.recorded_on is null or new.valid_from is null or new.valid_from < new.recorded_on then
      perform settle.refuse('StaffConflict', format('%s cannot be %s before the day on which this is said, %s', new.person, new.role, new.recorded_on));
    end if;
  end if;
  if exists (select from settle.staff_terms t
              where t.appointment_id <> new.appointment_id and t.region = new.region and t.person = new.person and t.role = new.role
                and settle.days_overlap(t.valid_from, t.valid_to, new.valid_from, new.valid_to)) then
    perform settle.refuse('StaffConflict', format('%s is %s on days of that time already', new.person, new.role));
  end if;
  perform settle.refuse_cashier_accountant(new.region, new.person);
  return null;
end $$;
create trigger check_appointment after insert on settle.appointments
  for each row execute function settle.check_appointment();

create function settle.check_appointment_end() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare v_term record;
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
  return new;
end $$;
create trigger check_appointment_end before insert on settle.appointment_ends
  for each row execute function settle.check_appointment_end();

create function settle.check_delegation() returns trigger
language plpgsql set search_path = pg_catalog as $$
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
  if exists (select from settle.delegations d
              where d.delegation_id <> new.delegation_id and d.region = new.region and d.principal = new.principal and d.role = new.role
                and settle.days_overlap(d.first_day, d.last_day, new.first_day, new.last_day)) then
    perform settle.refuse('DelegationInvalid', format('somebody stands in for %s as %s on days of that time already', new.principal, new.role));
  end if;
  perform settle.refuse_cashier_accountant(new.region, new.delegate);
  return null;
end $$;
create trigger check_delegation after insert on settle.delegations
  for each row execute function settle.check_delegation();

-- What the folder says becomes appointments. A role that a later folder no longer has ends the day before that import, whose
-- day it says in `settle.business_date`: SQL knows no business date.
create function settle.appoint_from_folder() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
  v_day date := nullif(current_setting('settle.business_date', true), '')::date;
  v_role text;
  v_ends date;
begin
  if not new.from_folder then
    return null;
  end if;
  if tg_op = 'INSERT' then
    insert into settle.appointments (region, person, role, valid_from, valid_to, appointed_by, reason, recorded_on)
    select new.region, new.person, role, new.valid_from, new.valid_to, 'folder', '', v_day from unnest(new.roles) role;
    return null;
  end if;
  if (new.roles, new.valid_from, new.valid_to) is not distinct from (old.roles, old.valid_from, old.valid_to) then
    return null;
  end if;
  if v_day is null then
    perform settle.refuse('AppendOnly', format('the roles of %s change on a day: settle.business_date does not name it', new.person));
  end if;
  foreach v_role in array old.roles loop
    v_ends := case when v_role = any (new.roles) and new.valid_from is not distinct from old.valid_from then new.valid_to else v_day - 1 end;
    insert into settle.appointment_ends (appointment_id, last_day, ended_by, reason, recorded_on, at_time)
    select t.appointment_id, greatest(v_ends, v_day - 1), 'folder', 'the folder says so', v_day, '00:00'
      from settle.staff_terms t join settle.appointments a using (appointment_id)
     where t.region = new.region and t.person = new.person and t.role = v_role and a.appointed_by = 'folder'
       and v_ends is not null and (t.valid_to is null or greatest(v_ends, v_day - 1) < t.valid_to);
  end loop;
  foreach v_role in array new.roles loop
    if v_role = any (old.roles) and new.valid_from is not distinct from old.valid_from then
      -- Longer than before: what is new of it. Shorter was an end.
      continue when old.valid_to is null or new.valid_to <= old.valid_to;
      insert into settle.appointments (region, person, role, valid_from, valid_to, appointed_by, reason, recorded_on)
      values (new.region, new.person, v_role, greatest(old.valid_to + 1, v_day), new.valid_to, 'folder', '', v_day);
    elsif new.valid_to is null or new.valid_to >= v_day then
      insert into settle.appointments (region, person, role, valid_from, valid_to, appointed_by, reason, recorded_on)
      values (new.region, new.person, v_role, greatest(new.valid_from, v_day), new.valid_to, 'folder', '', v_day);
    end if;
  end loop;
  return null;
end $$;
create trigger appoint_from_folder after insert or update on settle.staff
  for each row execute function settle.appoint_from_folder();

-- Those who are here already, as their folder has them.
insert into settle.appointments (region, person, role, valid_from, valid_to, appointed_by, reason)
select region, person, role, valid_from, valid_to, 'folder', '' from settle.staff, unnest(roles) role;

do $$
declare
  t text;
  app text := current_database() || '_app';
begin
  foreach t in array array['appointments', 'appointment_ends', 'delegations'] loop
    execute format('create trigger %I before update or delete on settle.%I for each row execute function settle.append_only()', t || '_append_only', t);
    execute format('create trigger %I before truncate on settle.%I for each statement execute function settle.append_only()', t || '_no_truncate', t);
    -- The application reads who may do what; it appoints nobody.
    execute format('grant select on settle.%I to %I', t, app);
  end loop;
  execute format('grant select on settle.staff_terms, settle.staff_capacities to %I', app);
  execute format('grant execute on function settle.days_overlap(date, date, date, date), settle.has_role(text, text, text, date) to %I', app);
end $$;
