-- A line is in one state, whoever writes and at whatever moment (DESIGN 6). The tables of states each know only their own rows, and
-- transactions do not see each other's: whoever moves lines of a region holds the region's lock until the transaction ends.
create function settle.lock_lines(p_region text) returns void
language sql set search_path = pg_catalog as $$
  select pg_advisory_xact_lock(hashtextextended('lines/' || p_region, 0))
$$;

create function settle.refuse_line(p_line bigint, p_done text) returns void
language plpgsql stable set search_path = pg_catalog as $$
begin
  perform settle.refuse('LineNotOpen', format('line %s is not open: it is not %s',
    coalesce((select line || ' of ' || period from settle.application_lines where line_id = p_line), p_line::text), p_done));
end $$;

-- Both tables are small beside a million lines that settle at once: they are hashed.
create function settle.check_settled_open() returns trigger
language plpgsql security definer set search_path = pg_catalog set enable_nestloop = off as $$
declare v_bad bigint;
begin
  perform settle.lock_lines(r.region) from (select distinct region from added order by region) r;
  select line_id into v_bad
    from added join (select line_id from settle.line_withdrawals union all select line_id from settle.line_disputes) o using (line_id) limit 1;
  if v_bad is not null then
    perform settle.refuse_line(v_bad, 'settled');
  end if;
  return null;
end $$;
create trigger check_settled_open after insert on settle.settled_lines
  referencing new table as added for each statement execute function settle.check_settled_open();

create function settle.check_taken_out_open() returns trigger
language plpgsql security definer set search_path = pg_catalog set enable_seqscan = off as $$
declare v_bad bigint;
begin
  perform settle.lock_lines(r.region)
     from (select distinct l.region from added join settle.application_lines l using (line_id) order by l.region) r;
  select a.line_id into v_bad from added a
   where exists (select from settle.settled_lines s where s.line_id = a.line_id)
      or (exists (select from settle.line_withdrawals w where w.line_id = a.line_id)
          and exists (select from settle.line_disputes d where d.line_id = a.line_id)) limit 1;
  if v_bad is not null then
    perform settle.refuse_line(v_bad, case tg_table_name when 'line_disputes' then 'disputed' else 'withdrawn' end);
  end if;
  return null;
end $$;
create trigger check_withdrawn_open after insert on settle.line_withdrawals
  referencing new table as added for each statement execute function settle.check_taken_out_open();
create trigger check_disputed_open after insert on settle.line_disputes
  referencing new table as added for each statement execute function settle.check_taken_out_open();
