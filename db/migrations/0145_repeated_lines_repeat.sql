-- A line that is taken back as repeated repeats something: a version that is there, or one that was rejected and says why. Asked at
-- the end of the transaction, since a file brings its own versions after it has taken others back (DESIGN 5.2).
create function settle.check_given_way() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare v_gone settle.application_lines;
begin
  select * into v_gone from settle.application_lines where line_id = new.line_id;
  if exists (select from settle.application_lines o
              where (o.line, o.region) = (v_gone.line, v_gone.region)
                and (not exists (select from settle.line_withdrawals w where w.line_id = o.line_id)
                     or exists (select from settle.rejected_lines r where (r.file_id, r.row_no) = (o.file_id, o.row_no)))) then
    return null;
  end if;
  perform settle.refuse('AppendOnly', format('line %s of %s would vanish: nothing that it repeats is accepted or rejected', v_gone.line, v_gone.period));
  return null;
end $$;
create constraint trigger check_given_way after insert on settle.line_withdrawals
  deferrable initially deferred for each row execute function settle.check_given_way();
