-- A line does not vanish and is not counted twice (DESIGN 5.2), whoever writes: what is taken back is repeated or rejected, with the
-- same statement of SQL or before it, and what is rejected is not accepted. Letters are filed by somebody.
create function settle.check_withdrawn_rows() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_bad text;
begin
  select l.line || ' of ' || l.period into v_bad from added a join settle.application_lines l using (line_id)
   where not exists (select from settle.repeated_lines r where (r.file_id, r.row_no) = (l.file_id, l.row_no))
     and not exists (select from settle.rejected_lines r where (r.file_id, r.row_no) = (l.file_id, l.row_no)) limit 1;
  if v_bad is not null then
    perform settle.refuse('AppendOnly', format('line %s is not taken back: its row is neither repeated nor rejected', v_bad));
  end if;
  return null;
end $$;
create trigger check_withdrawn_rows after insert on settle.line_withdrawals
  referencing new table as added for each statement execute function settle.check_withdrawn_rows();

create function settle.check_rejected_rows() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_bad text;
begin
  select l.line || ' of ' || l.period into v_bad from added a
    join settle.application_lines l on (l.line, l.region, l.period) = (a.line, a.region, a.period) and (l.file_id, l.row_no) = (a.file_id, a.row_no)
   where not exists (select from settle.line_withdrawals w where w.line_id = l.line_id) limit 1;
  if v_bad is not null then
    perform settle.refuse('AppendOnly', format('line %s is not rejected: its row is accepted', v_bad));
  end if;
  return null;
end $$;
create trigger check_rejected_rows after insert on settle.rejected_lines
  referencing new table as added for each statement execute function settle.check_rejected_rows();

create function settle.check_entrustment() returns trigger
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.filed_by <> new.institution and not exists (
    select from settle.staff s where s.region = new.region and s.person = new.filed_by) then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of this region', new.filed_by));
  end if;
  return new;
end $$;
create trigger check_entrustment before insert on settle.entrustments
  for each row execute function settle.check_entrustment();
