-- Within an import a few ids are looked for among all lines: without statistics of the ids the planner takes each for 1/200 of the
-- table, and reads the whole of it instead of the index.
create or replace function settle.analyze_lines() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  analyze settle.application_lines (line_id, region, period, line, body, enterprise);
end $$;

-- It only reads: what is asked of a million lines may be asked by several processes.
alter function settle.suspended_enterprises(text, date) parallel safe;
