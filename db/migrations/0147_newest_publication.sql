-- What a case waits for is what it said last: two of its steps may tell it at the same moment, and arrive in any order. A run counts
-- its steps.
alter table settle.cases add column published_run text, add column published_step int;

do $$
begin
  execute format('grant update (published_run, published_step) on settle.cases to %I', current_database() || '_app');
end $$;
