-- Cases that another case or an officer begins (DESIGN 7): written first, started by id afterwards, so that none is lost or doubled.
create table settle.planned_cases (
  case_id       text primary key,
  workflow_type text not null,
  region        text not null references settle.regions,
  kind          text not null,
  period        text not null,
  -- What the workflow is started with, besides the offset of its clock.
  input         jsonb not null,
  planned_on    date not null
);

-- 违约 (新医保发〔2025〕50号 五(一); DESIGN 5.5). Dates say what holds: no workflow needs to have run for a suspension to be known.
create table settle.breaches (
  case_id       text primary key,
  region        text not null references settle.regions,
  institution   text not null,
  kind          text not null check (kind in ('late-reconciliation', 'not-settled', 'prepayment-not-returned')),
  period        text not null,
  notice_on     date not null,
  -- The last day of correction, and the day from which who has not corrected before it is suspended.
  deadline      date not null,
  suspends_on   date not null,
  corrected_on  date,
  -- `engine` where it was found from the ledger or the lines, else the officer, with the evidence.
  corrected_by  text,
  evidence      text,
  -- Force majeure that was found after the notice ends the case, and it is left out of every list of breaches.
  exempted_on   date,
  unique (region, institution, kind, period),
  check (notice_on < deadline and deadline < suspends_on),
  check ((corrected_on is null) = (corrected_by is null))
);
-- The lines that were payable when the window's confirmations ended: a window's breach is corrected when none of them is any more.
create table settle.breach_lines (
  case_id text not null references settle.breaches,
  line_id bigint not null,
  primary key (case_id, line_id)
);
create index breach_lines_line on settle.breach_lines (line_id);

-- 不可抗力, recorded with its evidence, before or after the notice.
create table settle.force_majeure (
  region      text not null,
  -- An institution or an enterprise.
  subject     text not null,
  kind        text not null,
  period      text not null,
  evidence    text not null check (btrim(evidence) <> ''),
  recorded_on date not null,
  recorded_by text not null,
  primary key (region, subject, kind, period)
);

-- 医药企业 (五(二); DESIGN 5.6).
create table settle.supply (
  region             text not null,
  period             text not null,
  enterprise         text not null,
  orders             int not null,
  responded          int not null,
  ordered_quantity   numeric not null,
  delivered_quantity numeric not null,
  primary key (region, period, enterprise)
);
create table settle.enterprise_cases (
  case_id        text primary key,
  region         text not null references settle.regions,
  enterprise     text not null,
  kind           text not null check (kind in ('risk-warning', 'interview')),
  period         text not null,
  opened_on      date not null,
  deadline       date,
  -- An officer's finding: refused to mend it, with serious social impact.
  refused_on     date,
  suspended_from date,
  performed_on   date,
  exempted_on    date,
  unique (region, enterprise, kind, period)
);

-- What people did to a case of a breach or of an enterprise, each once, with its evidence (文号). A dishonesty record (失信记录) goes
-- from the agency to the administration, is published, and goes to the region: `recorded`, `administration`, `public`, `region`.
create table settle.case_acts (
  case_id  text not null,
  act      text not null check (act in ('corrected', 'exempted', 'found', 'refused', 'performed', 'recorded', 'administration', 'public', 'region')),
  region   text not null references settle.regions,
  on_date  date not null,
  at_time  text not null check (at_time ~ '^\d\d:\d\d$'),
  person   text not null,
  evidence text not null,
  primary key (case_id, act)
);

-- Whoever acts on a breach or an enterprise is officer or compliance officer on that day, whatever asks the database.
create function settle.require_watcher(p_region text, p_person text, p_on date, p_evidence text) returns void
language plpgsql stable security definer set search_path = pg_catalog as $$
begin
  if not exists (select from settle.staff where region = p_region and person = p_person) then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of this region', p_person));
  end if;
  if not (settle.has_role(p_region, p_person, 'officer', p_on) or settle.has_role(p_region, p_person, 'compliance', p_on)) then
    perform settle.refuse('OfficerRoleMissing', format('%s is neither officer nor compliance on %s', p_person, p_on));
  end if;
  if btrim(p_evidence) = '' then
    perform settle.refuse('EvidenceMissing', 'what is recorded about a breach or an enterprise names its evidence');
  end if;
end $$;
create function settle.check_case_act() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_before text := case new.act when 'refused' then 'found' when 'recorded' then 'refused' when 'administration' then 'recorded'
                                when 'public' then 'administration' when 'region' then 'public' end;
begin
  perform settle.require_watcher(new.region, new.person, new.on_date, new.evidence);
  if v_before is not null
     and not exists (select from settle.case_acts a where a.case_id = new.case_id and a.act = v_before and a.on_date <= new.on_date) then
    perform settle.refuse('CaseStateInvalid', format('%s: %s comes after %s', new.case_id, new.act, v_before));
  end if;
  return new;
end $$;
create trigger check_case_act before insert on settle.case_acts
  for each row execute function settle.check_case_act();
create function settle.check_force_majeure() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform settle.require_watcher(new.region, new.recorded_by, new.recorded_on, new.evidence);
  return new;
end $$;
create trigger check_force_majeure before insert on settle.force_majeure
  for each row execute function settle.check_force_majeure();

-- A breach begins with its notice, by the period's monitoring and before that has said what it found; nothing has come of it then.
create function settle.check_breach_begins() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if new.corrected_on is not null or new.evidence is not null or new.exempted_on is not null then
    perform settle.refuse('CaseStateInvalid', format('%s cannot begin corrected or exempted', new.case_id));
  elsif not exists (
    select from settle.cases c
     where c.region = new.region and c.kind = 'monitoring' and c.period = new.period and c.closed_on is null and c.opened_on <= new.notice_on
       and not exists (select from settle.case_events e where e.case_id = c.case_id and e.event = 'breaches-noticed')) then
    perform settle.refuse('CaseStateInvalid', format('%s: monitoring of %s does not notice it', new.case_id, new.period));
  end if;
  return new;
end $$;
create trigger check_breach_begins before insert on settle.breaches
  for each row execute function settle.check_breach_begins();
create function settle.check_enterprise_begins() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if num_nonnulls(new.refused_on, new.suspended_from, new.performed_on, new.exempted_on) > 0
     or (new.kind = 'interview') <> (new.deadline is not null) or new.deadline < new.opened_on then
    perform settle.refuse('CaseStateInvalid', format('%s begins open, an interview with its deadline', new.case_id));
  end if;
  return new;
end $$;
create trigger check_enterprise_begins before insert on settle.enterprise_cases
  for each row execute function settle.check_enterprise_begins();

-- A case changes only as somebody's act says, and what has happened stays: no suspension is undone by a later statement.
create function settle.check_breach_change() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if (old.corrected_on is not null and (new.corrected_on, new.corrected_by) is distinct from (old.corrected_on, old.corrected_by))
     or (old.exempted_on is not null and new.exempted_on is distinct from old.exempted_on) then
    perform settle.refuse('AppendOnly', format('%s is corrected or exempted already', old.case_id));
  end if;
  if (new.corrected_by is distinct from old.corrected_by and new.corrected_by <> 'engine'
      and not exists (select from settle.case_acts where case_id = new.case_id and act = 'corrected' and person = new.corrected_by))
     or (new.exempted_on is distinct from old.exempted_on
      and not exists (select from settle.case_acts where case_id = new.case_id and act = 'exempted' and on_date = new.exempted_on)) then
    perform settle.refuse('CaseStateInvalid', format('nobody has recorded that about %s', old.case_id));
  end if;
  return new;
end $$;
create trigger check_breach_change before update on settle.breaches
  for each row execute function settle.check_breach_change();
create function settle.check_enterprise_change() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_act record;
begin
  for v_act in select * from (values ('refused', old.refused_on, new.refused_on), ('performed', old.performed_on, new.performed_on),
                                     ('exempted', old.exempted_on, new.exempted_on)) v (act, before, after)
                where before is distinct from after loop
    if v_act.before is not null then
      perform settle.refuse('AppendOnly', format('%s is %s already', old.case_id, v_act.act));
    elsif not exists (select from settle.case_acts where case_id = new.case_id and act = v_act.act and on_date >= v_act.after) then
      perform settle.refuse('CaseStateInvalid', format('nobody has recorded that about %s', old.case_id));
    end if;
  end loop;
  if new.suspended_from is distinct from old.suspended_from
     and (old.suspended_from is not null or new.refused_on is null
          or (new.suspended_from > greatest(new.deadline, new.refused_on)) is not true) then
    perform settle.refuse('CaseStateInvalid', format('%s: a suspension begins after the deadline and the finding', old.case_id));
  end if;
  return new;
end $$;
create trigger check_enterprise_change before update on settle.enterprise_cases
  for each row execute function settle.check_enterprise_change();

-- The one question that every payment run asks. A correction counts for its whole day (DESIGN 3).
create function settle.suspended_institutions(p_region text, p_on date) returns table (institution text)
language sql stable set search_path = pg_catalog as $$
  select distinct b.institution from settle.breaches b
   where b.region = p_region and b.suspends_on <= p_on and coalesce(b.exempted_on > p_on, true)
     and (b.corrected_on is null or b.corrected_on > p_on) and coalesce(b.corrected_on >= b.suspends_on, true)
$$;
create function settle.suspended_enterprises(p_region text, p_on date) returns table (enterprise text)
language sql stable set search_path = pg_catalog as $$
  select distinct c.enterprise from settle.enterprise_cases c
   where c.region = p_region and c.suspended_from <= p_on and coalesce(c.exempted_on > p_on, true)
     and (c.performed_on is null or c.performed_on > p_on)
$$;

-- Lines that were payable at the end of a day, which is the one on which a window's confirmations ended: neither confirmed nor
-- disputed by then, of enterprises that were not suspended and whose net was positive. What was imported after that day, or was
-- opened again after it by a payment that was cancelled, is the agency's or the bank's delay.
create function settle.payable_lines_at(p_region text, p_period text, p_end date)
returns table (line_id bigint, body text, enterprise text) language sql stable set search_path = pg_catalog as $$
  with waiting as materialized (
    select l.line_id, l.body, l.enterprise, sum(l.amount_fen) over (partition by l.body, l.enterprise) as net_fen
      from settle.application_lines l
     where l.region = p_region and l.period <= p_period
       and not exists (select from settle.line_withdrawals w where w.line_id = l.line_id)
       and not exists (select from settle.line_disputes d where d.line_id = l.line_id and d.on_date <= p_end)
       and not exists (select from settle.settled_lines s join settle.statements t using (region, period, institution, revision)
                        where s.line_id = l.line_id and t.confirmed_on <= p_end)
       and not exists (select from settle.unsettled_lines u join settle.statements t using (region, period, institution, revision)
                        where u.line_id = l.line_id and t.confirmed_on <= p_end and u.reopened_on > p_end)
       and not exists (select from settle.application_files f where f.file_id = l.file_id and f.imported_on > p_end)
       and not exists (select from settle.suspended_enterprises(p_region, p_end) e where e.enterprise = l.enterprise))
  select line_id, body, enterprise from waiting where net_fen > 0
$$;

-- The day on which the sum of what came for a return reached what was due; null while it has not.
create function settle.return_completed_on(p_region text, p_institution text, p_period text) returns date
language sql stable set search_path = pg_catalog as $$
  select min(c.received_on)
    from (select received_on, sum(from_unused_fen + paid_in_fen - excess_fen) over (order by received_on, receipt_id) as so_far
            from settle.return_receipts
           where region = p_region and institution = p_institution and period = p_period) c
    join settle.return_plan r on r.region = p_region and r.institution = p_institution and r.period = p_period
   where c.so_far >= r.amount_fen
$$;

-- What the engine writes is what the ledger and the lines show, once for all breaches that a statement corrects: a return is complete
-- on that day, and none of a window's lines is payable any more.
create function settle.check_engine_corrections() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_fresh text[];
  v_wrong text;
begin
  select array_agg(n.case_id) into v_fresh from now_rows n join was_rows w using (case_id)
   where n.corrected_by = 'engine' and w.corrected_by is distinct from 'engine';
  if v_fresh is null then return null; end if;
  select b.case_id into v_wrong from settle.breaches b
   where b.case_id = any(v_fresh) and b.kind = 'prepayment-not-returned'
     and settle.return_completed_on(b.region, b.institution, b.period) is distinct from b.corrected_on;
  if v_wrong is null and exists (select from settle.breaches where case_id = any(v_fresh) and kind <> 'prepayment-not-returned') then
    with fresh as materialized (
      select case_id, region, institution, corrected_on from settle.breaches
       where case_id = any(v_fresh) and kind <> 'prepayment-not-returned'
    ), suspended as materialized (
      select f.case_id, s.enterprise from fresh f, settle.suspended_enterprises(f.region, f.corrected_on) s
    ), waiting as materialized (
      select f.case_id, o.line_id, sum(o.amount_fen) over (partition by f.case_id, o.enterprise) as net_fen
        from settle.open_lines o join fresh f on f.region = o.region and f.institution = o.body
       where (f.case_id, o.enterprise) not in (select case_id, enterprise from suspended)
    )
    select w.case_id into v_wrong from waiting w join settle.breach_lines l using (case_id, line_id) where w.net_fen > 0 limit 1;
  end if;
  if v_wrong is not null then
    perform settle.refuse('CaseStateInvalid', format('%s is not corrected: the ledger and the lines do not show it', v_wrong));
  end if;
  return null;
end $$;
create trigger check_engine_corrections after update on settle.breaches
  referencing old table as was_rows new table as now_rows
  for each statement execute function settle.check_engine_corrections();
