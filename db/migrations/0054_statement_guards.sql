-- A settlement is not undone without a trace, nor written without its money (DESIGN 6): statements and their parts stay as they were
-- written, are taken back once, and the lines follow by themselves. All checks are of whole statements of SQL, so that a million lines
-- cost one join.

-- Only a trigger moves lines from settled to unsettled.
create function settle.only_by_trigger() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  if pg_trigger_depth() < 2 then
    perform settle.refuse('AppendOnly', format('no %s of %s.%s: lines follow their statement', lower(tg_op), tg_table_schema, tg_table_name));
  end if;
  return null;
end $$;
create trigger settled_lines_kept before delete on settle.settled_lines
  for each statement execute function settle.only_by_trigger();
create trigger settled_lines_append_only before update on settle.settled_lines
  for each statement execute function settle.append_only();
create trigger settled_lines_no_truncate before truncate on settle.settled_lines
  for each statement execute function settle.append_only();
create trigger unsettled_lines_written before insert on settle.unsettled_lines
  for each statement execute function settle.only_by_trigger();

-- What settles in one statement of SQL is all of a live part: accepted lines of its two parties, and their sum is its net. Planned
-- anew each time: one line is looked up, a million are hashed.
create function settle.check_settled_parts() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_bad text;
begin
  execute $query$
    with part as (
      select a.region, a.period, a.institution, a.revision, a.enterprise, sum(l.amount_fen) as net_fen,
             bool_and(coalesce(l.region = a.region and l.body = a.institution and l.enterprise = a.enterprise and l.period <= a.period, false)) as own
        from added a left join settle.application_lines l using (line_id) group by 1, 2, 3, 4, 5)
    select format('%s to %s in %s, revision %s', p.institution, p.enterprise, p.period, p.revision) from part p
     where not p.own or not exists (
       select from settle.statement_enterprises e join settle.statements s using (region, period, institution, revision)
        where (e.region, e.period, e.institution, e.revision, e.enterprise) = (p.region, p.period, p.institution, p.revision, p.enterprise)
          and e.net_fen = p.net_fen and e.cancelled_on is null and s.reversed_on is null) limit 1
  $query$ into v_bad;
  if v_bad is not null then
    perform settle.refuse('LineNotOpen', format('the lines that would settle are not those of a statement: %s', v_bad));
  end if;
  return null;
end $$;
create trigger check_settled_parts after insert on settle.settled_lines
  referencing new table as added for each statement execute function settle.check_settled_parts();

-- Statements and parts begin live, and the day on which they are taken back or cancelled is set once.
create function settle.guard_statement() returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
  v_end text := tg_argv[0];
begin
  if tg_op = 'INSERT' then
    if to_jsonb(new) ->> v_end is not null then
      perform settle.refuse('AppendOnly', format('a row of %s begins without %s', tg_table_name, v_end));
    end if;
  elsif tg_op = 'DELETE' or to_jsonb(old) ->> v_end is not null or to_jsonb(new) ->> v_end is null
        or to_jsonb(new) - v_end <> to_jsonb(old) - v_end then
    perform settle.refuse('AppendOnly', format('%s of %s: only %s is set, and only once', lower(tg_op), tg_table_name, v_end));
  end if;
  return new;
end $$;
create trigger guard_statement before insert or update or delete on settle.statements
  for each row execute function settle.guard_statement('reversed_on');
create trigger guard_part before insert or update or delete on settle.statement_enterprises
  for each row execute function settle.guard_statement('cancelled_on');
create trigger statements_no_truncate before truncate on settle.statements
  for each statement execute function settle.append_only();
create trigger statement_enterprises_no_truncate before truncate on settle.statement_enterprises
  for each statement execute function settle.append_only();

-- A statement is the sum of its parts from the statement of SQL on that writes them.
create function settle.check_parts() returns trigger
language plpgsql security definer set search_path = pg_catalog set enable_seqscan = off as $$
declare v_bad text;
begin
  select format('%s in %s, revision %s', s.institution, s.period, s.revision) into v_bad
    from (select distinct region, period, institution, revision from added) a
    join settle.statements s using (region, period, institution, revision)
   where (select (sum(e.gross_fen), sum(e.credits_fen), sum(e.net_fen), sum(e.from_prepayment_fen), sum(e.from_own_fen))
                 is distinct from (s.gross_fen::numeric, s.credits_fen::numeric, s.net_fen::numeric, s.from_prepayment_fen::numeric, s.from_own_fen::numeric)
            from settle.statement_enterprises e
           where e.region = s.region and e.period = s.period and e.institution = s.institution and e.revision = s.revision) limit 1;
  if v_bad is not null then
    perform settle.refuse('LedgerUnbalanced', format('the statement of %s is not the sum of its payments', v_bad));
  end if;
  return null;
end $$;
create trigger check_parts after insert on settle.statement_enterprises
  referencing new table as added for each statement execute function settle.check_parts();

-- What one journal moved: all of it, and what of it left or entered prepayments.
create function settle.posted(p_region text, p_key text, p_event text, out net_fen bigint, out prepayment_fen bigint)
language sql stable security definer set search_path = pg_catalog set enable_seqscan = off as $$
  select sum(t.amount_fen), coalesce(sum(t.amount_fen) filter (where 'supervised/ledger/prepayment' in (d.kind, c.kind)), 0)
    from ledger.journal j join ledger.transfer t using (region, sequence)
    join ledger.account d on d.region = t.region and d.account_id = t.debit_account_id
    join ledger.account c on c.region = t.region and c.account_id = t.credit_account_id
   where j.key = p_key and j.region = p_region and j.book = 'supervised' and j.event = p_event
$$;

create function settle.statement_key(p_region text, p_period text, p_institution text, p_revision int) returns text
language sql immutable set search_path = pg_catalog as $$
  select 'statement/' || p_region || '/' || p_period || '/' || p_institution || '#' || p_revision
$$;

-- Money and rows come in one transaction; which of them first is not said. One check a statement, at the end.
create function settle.check_statement_posted() returns trigger
language plpgsql security definer set search_path = pg_catalog set enable_seqscan = off as $$
declare
  v_key    text := settle.statement_key(new.region, new.period, new.institution, new.revision);
  v_posted record;
  v_live   bigint;
begin
  select sum(e.net_fen) filter (where tg_op = 'INSERT' or e.cancelled_on is null) into v_live from settle.statement_enterprises e
   where e.region = new.region and e.period = new.period and e.institution = new.institution and e.revision = new.revision;
  if tg_op = 'INSERT' then
    select * into v_posted from settle.posted(new.region, v_key || '/confirm', 'confirm');
    if (v_live, v_posted.net_fen, v_posted.prepayment_fen) is distinct from (new.net_fen, new.net_fen, new.from_prepayment_fen) then
      perform settle.refuse('LedgerUnbalanced', format('%s is not posted as it is written', v_key));
    end if;
  else
    select * into v_posted from settle.posted(new.region, v_key || '/confirm-reversal', 'confirm-reversal');
    if v_live is distinct from v_posted.net_fen then
      perform settle.refuse('LedgerUnbalanced', format('%s is taken back, and its money is not', v_key));
    end if;
  end if;
  return null;
end $$;
create constraint trigger check_statement_posted after insert on settle.statements
  deferrable initially deferred for each row execute function settle.check_statement_posted();
create constraint trigger check_statement_taken_back after update on settle.statements
  deferrable initially deferred for each row execute function settle.check_statement_posted();

create function settle.check_part_cancelled() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_payment text := concat_ws('/', 'payment', new.region, new.period, new.institution, new.enterprise)
                          || case new.revision when 1 then '' else '#' || new.revision end;
begin
  if (select p.net_fen from settle.posted(new.region, v_payment || '/cancelled', 'payment-cancelled') p) is distinct from new.net_fen then
    perform settle.refuse('LedgerUnbalanced', format('%s is cancelled, and its money is not given back', v_payment));
  end if;
  return null;
end $$;
create constraint trigger check_part_cancelled after update on settle.statement_enterprises
  deferrable initially deferred for each row execute function settle.check_part_cancelled();

-- Lines of what is taken back or cancelled are open again, on that day. One window after the other: the index of settled lines needs
-- to be told which.
create function settle.reopen_lines() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_window record;
begin
  for v_window in select distinct region, period from ended loop
    if tg_table_name = 'statements' then
      with gone as (
        delete from settle.settled_lines l using ended n
         where l.region = v_window.region and l.period = v_window.period
           and (n.region, n.period, n.institution, n.revision) = (l.region, l.period, l.institution, l.revision)
        returning l.*, n.reversed_on)
      insert into settle.unsettled_lines (line_id, region, period, institution, revision, enterprise, reopened_on) select * from gone;
    else
      with gone as (
        delete from settle.settled_lines l using ended n
         where l.region = v_window.region and l.period = v_window.period
           and (n.region, n.period, n.institution, n.revision, n.enterprise) = (l.region, l.period, l.institution, l.revision, l.enterprise)
        returning l.*, n.cancelled_on)
      insert into settle.unsettled_lines (line_id, region, period, institution, revision, enterprise, reopened_on) select * from gone;
    end if;
  end loop;
  return null;
end $$;
create trigger reopen_lines after update on settle.statements
  referencing new table as ended for each statement execute function settle.reopen_lines();
create trigger reopen_lines after update on settle.statement_enterprises
  referencing new table as ended for each statement execute function settle.reopen_lines();
