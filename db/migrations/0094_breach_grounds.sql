-- A breach has its ground in the data (新医保发〔2025〕50号 五(一); DESIGN 5.5), whoever writes it: monitoring looks at a period that is
-- over, and what it notices is about lines that were applied for, or about a return that was due.
create function settle.check_monitoring_begins() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.case_id <> 'monitoring/' || new.region || '/' || new.period or new.closed_on is not null
     or new.opened_on < (new.period || '-01')::date + interval '1 month' then
    perform settle.refuse('CaseStateInvalid', format('%s: monitoring of %s begins when that month is over, under its own name', new.case_id, new.period));
  end if;
  return new;
end $$;
create trigger check_monitoring_begins before insert on settle.cases
  for each row when (new.kind = 'monitoring') execute function settle.check_monitoring_begins();

-- One join for all lines of a month's breaches; few of them are looked up, many are hashed.
create function settle.check_breach_lines() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_bad text;
begin
  execute $query$
    select format('%s: line %s is not one that %s left open', a.case_id, a.line_id, b.institution)
      from added a join settle.breaches b using (case_id) left join settle.application_lines l using (line_id)
     where b.kind = 'prepayment-not-returned' or (l.region = b.region and l.body = b.institution and l.period <= b.period) is not true limit 1
  $query$ into v_bad;
  if v_bad is not null then
    perform settle.refuse('CaseStateInvalid', v_bad);
  end if;
  return null;
end $$;
create trigger check_breach_lines after insert on settle.breach_lines
  referencing new table as added for each statement execute function settle.check_breach_lines();

create function settle.check_breach_ground() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from settle.return_plan r
                  where new.kind = 'prepayment-not-returned' and (r.region, r.institution, r.period) = (new.region, new.institution, new.period))
     and not exists (select from settle.breach_lines x where new.kind <> 'prepayment-not-returned' and x.case_id = new.case_id) then
    perform settle.refuse('CaseStateInvalid', format('%s has neither lines nor a return of %s', new.case_id, new.period));
  end if;
  return null;
end $$;
create constraint trigger check_breach_ground after insert on settle.breaches
  deferrable initially deferred for each row execute function settle.check_breach_ground();
