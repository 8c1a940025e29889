-- A statement settles lines (DESIGN 6): each of its parts has settled its lines, once, when the transaction that writes it ends. Lines
-- of a window are found by a block range, too slowly to look for them statement by statement: whatever settles leaves the part's name.
create table settle.settled_parts (
  region      text collate "C" not null,
  period      text collate "C" not null,
  institution text collate "C" not null,
  revision    int not null,
  enterprise  text collate "C" not null,
  lines       int not null check (lines > 0),
  primary key (region, period, institution, revision, enterprise)
);
insert into settle.settled_parts (region, period, institution, revision, enterprise, lines)
  select region, period, institution, revision, enterprise, count(*)
    from (select region, period, institution, revision, enterprise from settle.settled_lines
          union all select region, period, institution, revision, enterprise from settle.unsettled_lines) l group by 1, 2, 3, 4, 5;
create trigger settled_parts_append_only before update or delete on settle.settled_parts
  for each statement execute function settle.append_only();
create trigger settled_parts_no_truncate before truncate on settle.settled_parts
  for each statement execute function settle.append_only();

-- As before (0054), and a part settles its lines in one statement of SQL alone.
create or replace function settle.check_settled_parts() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_bad text;
begin
  execute $query$
    with part as materialized (
      select a.region, a.period, a.institution, a.revision, a.enterprise, sum(l.amount_fen) as net_fen, count(*) as lines,
             bool_and(coalesce(l.region = a.region and l.body = a.institution and l.enterprise = a.enterprise and l.period <= a.period, false)) as own
        from added a left join settle.application_lines l using (line_id) group by 1, 2, 3, 4, 5
    ), kept as (
      insert into settle.settled_parts (region, period, institution, revision, enterprise, lines)
      select region, period, institution, revision, enterprise, lines from part on conflict do nothing
    )
    select format('%s to %s in %s, revision %s', p.institution, p.enterprise, p.period, p.revision) from part p
     where not p.own or not exists (
       select from settle.statement_enterprises e join settle.statements s using (region, period, institution, revision)
        where (e.region, e.period, e.institution, e.revision, e.enterprise) = (p.region, p.period, p.institution, p.revision, p.enterprise)
          and e.net_fen = p.net_fen and e.cancelled_on is null and s.reversed_on is null)
       or exists (select from settle.settled_parts k
                   where (k.region, k.period, k.institution, k.revision, k.enterprise) = (p.region, p.period, p.institution, p.revision, p.enterprise)) limit 1
  $query$ into v_bad;
  if v_bad is not null then
    perform settle.refuse('LineNotOpen', format('the lines that would settle are not those of a statement: %s', v_bad));
  end if;
  return null;
end $$;

create function settle.check_statement_settles() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
  if exists (
    select from settle.statement_enterprises e
     where (e.region, e.period, e.institution, e.revision) = (new.region, new.period, new.institution, new.revision)
       and not exists (select from settle.settled_parts k
                        where (k.region, k.period, k.institution, k.revision, k.enterprise) = (e.region, e.period, e.institution, e.revision, e.enterprise))) then
    perform settle.refuse('LedgerUnbalanced', format('%s settles no lines of its payments',
      settle.statement_key(new.region, new.period, new.institution, new.revision)));
  end if;
  return null;
end $$;
create constraint trigger check_statement_settles after insert on settle.statements
  deferrable initially deferred for each row execute function settle.check_statement_settles();

do $$
begin
  execute format('grant select on settle.settled_parts to %I', current_database() || '_app');
end $$;
