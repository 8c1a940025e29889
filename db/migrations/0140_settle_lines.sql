-- Lines settle by one function alone, which chooses them itself: open ones of the two parties of live parts, whose sum is the part's net.
-- What triggers looked up again afterwards, line by line, holds by how they are chosen; a million lines cost half the time.

-- Which open lines a confirmation on a day is about (新医保发〔2025〕50号 四(二)): those of its window or before, of enterprises that are
-- not suspended. Where lines are named, what is to be set off against their enterprises comes along (予以冲抵): who does not agree to a
-- credit disputes it. Without search path, so that the planner sees through it; its names are bound already.
create function settle.confirmable_lines(p_region text, p_period text, p_on date, p_bodies text[], p_lines text[])
returns table (line_id bigint, body text, enterprise text, amount_fen bigint)
language sql stable parallel safe
begin atomic
  select l.line_id, l.body, l.enterprise, l.amount_fen from settle.open_lines l
   where l.region = p_region and l.period <= p_period
     and (p_bodies is null or l.body = any(p_bodies))
     and (p_lines is null or l.line = any(p_lines)
          or l.amount_fen < 0 and (l.body, l.enterprise) in (
               select n.body, n.enterprise from settle.open_lines n
                where n.region = p_region and n.period <= p_period and n.line = any(p_lines)))
     and not exists (select from settle.suspended_enterprises(p_region, p_on) s where s.enterprise = l.enterprise);
end;

-- The three arrays name the parts: body, revision of its statement, enterprise. The planner takes body and enterprise for
-- independent, so the joins are hashed in any case; and lines settle in the order of their key, which grows at its end then.
create function settle.settle_lines(p_region text, p_period text, p_on date, p_bodies text[], p_revisions int[], p_enterprises text[], p_lines text[])
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
  set work_mem = '128MB' set enable_nestloop = off set enable_mergejoin = off set plan_cache_mode = force_custom_plan as $$
declare
  v_lines bigint;
  v_bad   text;
begin
  perform settle.lock_lines(p_region);
  perform set_config('settle.settling', 'on', true);
  with chosen as materialized (
    select l.line_id, l.body, e.revision, l.enterprise, l.amount_fen
      from settle.confirmable_lines(p_region, p_period, p_on, p_bodies, p_lines) l
      join unnest(p_bodies, p_revisions, p_enterprises) e (body, revision, enterprise)
        on e.body collate "C" = l.body and e.enterprise collate "C" = l.enterprise
     order by l.line_id
  ), settled as (
    insert into settle.settled_lines (line_id, region, period, institution, revision, enterprise)
    select line_id, p_region, p_period, body, revision, enterprise from chosen
  ), part as materialized (
    select body, revision, enterprise, sum(amount_fen) as net_fen, count(*) as lines from chosen group by 1, 2, 3
  ), kept as (
    insert into settle.settled_parts (region, period, institution, revision, enterprise, lines)
    select p_region, p_period, body, revision, enterprise, lines from part on conflict do nothing
  )
  select coalesce(sum(p.lines), 0),
         min(format('%s to %s in %s, revision %s', p.body, p.enterprise, p_period, p.revision)) filter (
           where not exists (
             select from settle.statement_enterprises e join settle.statements s using (region, period, institution, revision)
              where (e.region, e.period, e.institution, e.revision, e.enterprise) = (p_region, p_period, p.body, p.revision, p.enterprise)
                and e.net_fen = p.net_fen and e.cancelled_on is null and s.reversed_on is null)
           or exists (select from settle.settled_parts k
                       where (k.region, k.period, k.institution, k.revision, k.enterprise) = (p_region, p_period, p.body, p.revision, p.enterprise)))
    into v_lines, v_bad from part p;
  perform set_config('settle.settling', 'off', true);
  if v_bad is not null then
    perform settle.refuse('LineNotOpen', format('the lines that would settle are not those of a statement: %s', v_bad));
  end if;
  return v_lines;
end $$;

drop trigger check_settled_open on settle.settled_lines;
drop trigger check_settled_parts on settle.settled_lines;
drop function settle.check_settled_open();
drop function settle.check_settled_parts();

-- Whoever owns the table is kept to it, too.
create function settle.only_by_settling() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if current_setting('settle.settling', true) is distinct from 'on' then
    perform settle.refuse('AppendOnly', 'lines settle by settle.settle_lines alone');
  end if;
  return null;
end $$;
create trigger settled_lines_written before insert on settle.settled_lines
  for each statement execute function settle.only_by_settling();

do $$
declare app text := current_database() || '_app';
begin
  execute format('revoke insert on settle.settled_lines from %I', app);
  execute format('grant execute on function settle.confirmable_lines, settle.settle_lines, settle.only_by_settling to %I', app);
end $$;
