-- As before (0060), and who refused performs on that day or later: an earlier day would undo the suspension (直至该企业按协议履约,
-- 新医保发〔2025〕50号 五(二)).
create or replace function settle.check_enterprise_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_act record;
begin
  for v_act in select * from (values ('refused', old.refused_on, new.refused_on), ('performed', old.performed_on, new.performed_on),
                                     ('exempted', old.exempted_on, new.exempted_on)) v (act, before, after)
                where before is distinct from after loop
    if v_act.before is not null then
      perform settle.refuse('AppendOnly', format('%s is %s already', old.case_id, v_act.act));
    elsif not exists (select from settle.case_acts where case_id = new.case_id and act = v_act.act and on_date >= v_act.after) then
      perform settle.refuse('CaseStateInvalid', format('nobody has recorded that about %s', old.case_id));
    end if;
  end loop;
  if new.performed_on < new.refused_on then
    perform settle.refuse('CaseStateInvalid', format('%s: what was performed on %s does not end a refusal of %s', old.case_id, new.performed_on, new.refused_on));
  end if;
  if new.suspended_from is distinct from old.suspended_from
     and (old.suspended_from is not null or new.refused_on is null
          or (new.suspended_from > greatest(new.deadline, new.refused_on)) is not true) then
    perform settle.refuse('CaseStateInvalid', format('%s: a suspension begins after the deadline and the finding', old.case_id));
  end if;
  return new;
end $$;
