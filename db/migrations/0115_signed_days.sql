-- A day that the accountant has signed off keeps its cash entries (DESIGN 5.3): what people record as paid in on it is refused. The
-- bank's own evidence is booked on its day whenever it comes, and money found later goes through suspense, booked on the day on
-- which it is placed. One look a statement, at the few events that people record.

create function settle.refuse_signed_day() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_first record;
begin
  select f.key, f.date into v_first
    from fresh f join settle.reconciliation_sign_offs s on s.region = f.region and s.on_date = f.date
   where f.event in ('top-up', 'return-received', 'return-excess', 'instant-collected')
   order by f.sequence limit 1;
  if found then
    perform settle.refuse('AppendOnly', format('%s is signed off: %s is not booked to it; what the bank has of that day is placed from suspense', v_first.date, v_first.key));
  end if;
  return null;
end $$;
create trigger journals_of_signed_days after insert on ledger.journal
  referencing new table as fresh for each statement execute function settle.refuse_signed_day();
