-- Lines settle as they are when they settle, whoever writes (DESIGN 5.2).

-- Who waits for the lock looks again afterwards, and sees what the other one did: not so under a snapshot that is older.
create or replace function settle.lock_lines(p_region text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform settle.refuse('AppendOnly', 'lines change in transactions that read what is committed, and in no other');
  end if;
  perform pg_advisory_xact_lock(hashtextextended('lines/' || p_region, 0));
end $$;

-- As in 0140; besides, gross and credits of a part are those of its lines, and the day is that of its statement.
create or replace function settle.settle_lines(p_region text, p_period text, p_on date, p_bodies text[], p_revisions int[], p_enterprises text[], p_lines text[])
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
    select body, revision, enterprise, count(*) as lines, coalesce(sum(amount_fen) filter (where amount_fen > 0), 0) as gross_fen,
           coalesce(sum(amount_fen) filter (where amount_fen <= 0), 0) as credits_fen
      from chosen group by 1, 2, 3
  ), kept as (
    insert into settle.settled_parts (region, period, institution, revision, enterprise, lines)
    select p_region, p_period, body, revision, enterprise, lines from part on conflict do nothing
  )
  select coalesce(sum(p.lines), 0),
         min(format('%s to %s in %s, revision %s', p.body, p.enterprise, p_period, p.revision)) filter (
           where not exists (
             select from settle.statement_enterprises e join settle.statements s using (region, period, institution, revision)
              where (e.region, e.period, e.institution, e.revision, e.enterprise) = (p_region, p_period, p.body, p.revision, p.enterprise)
                and e.gross_fen = p.gross_fen and e.credits_fen = p.credits_fen and s.confirmed_on = p_on
                and e.cancelled_on is null and s.reversed_on is null)
           or exists (select from settle.settled_parts k
                       where (k.region, k.period, k.institution, k.revision, k.enterprise) = (p_region, p_period, p.body, p.revision, p.enterprise)))
    into v_lines, v_bad from part p;
  perform set_config('settle.settling', 'off', true);
  if v_bad is not null then
    perform settle.refuse('LineNotOpen', format('the lines that would settle are not those of a statement: %s', v_bad));
  end if;
  return v_lines;
end $$;
