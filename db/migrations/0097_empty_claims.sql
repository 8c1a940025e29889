-- As before (0081); and a month whose file has no claims is reviewed too: nothing claimed is payable 0, and what was pre-allocated is
-- worked off (DESIGN 5.7).
do $$
declare v_source text := pg_get_functiondef('settle.check_claim_review()'::regprocedure);
begin
  if v_source not like '%if not exists (select from settle.claims where region = new.region and period = new.period) then%' then
    raise exception 'settle.check_claim_review is not what 0081 made it';
  end if;
  execute replace(v_source, 'if not exists (select from settle.claims where region = new.region and period = new.period) then',
    'if new.file_id is null and not exists (select from settle.claims where region = new.region and period = new.period) then');
end $$;
