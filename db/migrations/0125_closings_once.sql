-- The end of the 5th and of the 20th come once (四(二)): what a window closed on stays as it was written.
create function settle.check_closings() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.applications_closed_on is not null and new.applications_closed_on is distinct from old.applications_closed_on
     or old.confirmations_closed_on is not null and new.confirmations_closed_on is distinct from old.confirmations_closed_on then
    perform settle.refuse('AppendOnly', format('window %s of %s was closed before: its days stay as they are', new.period, new.region));
  end if;
  return new;
end $$;
create trigger check_closings before update on settle.windows
  for each row execute function settle.check_closings();
