-- Imports stage their lines in temporary tables, so the application may create some (0079). Unless a search path names pg_temp, it
-- comes first in it: a temporary table called like a type or a relation that a function of the owner names would stand in for it.
-- Every function with a search path of its own looks there last.
do $$
declare f record;
begin
  for f in
    select p.oid::regprocedure as signature, substr(c.setting, length('search_path=') + 1) as path
      from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
      cross join lateral unnest(p.proconfig) as c (setting)
     where n.nspname in ('settle', 'ledger') and c.setting like 'search_path=%' and c.setting !~ 'pg_temp'
  loop
    execute format('alter routine %s set search_path = %s, pg_temp', f.signature, f.path);
  end loop;
end $$;
