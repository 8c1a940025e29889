-- Decisions and releases in the name of somebody on leave: whoever stands in takes the place of both (新医保发〔2025〕50号 六(二)).

-- In whose name somebody decided; null is their own.
alter table settle.approval_decisions add column acting_for text;
alter table settle.releases add column acting_for text;

-- Everything that people did about a case: whoever did one step of it does no other one for somebody on leave.
create function settle.acts_on_case(p_case text) returns table (person text, step text)
language sql stable security definer set search_path = pg_catalog as $$
  select prepared_by, 'preparation' from settle.approval_requests where case_id = p_case
  union
  select p.person, d.level from settle.approval_decisions d join settle.approval_requests r using (request_id)
    cross join lateral (values (d.person), (d.acting_for)) p (person) where r.case_id = p_case and p.person is not null
  union
  select p.person, 'release' from settle.releases d join settle.approval_requests r using (request_id)
    cross join lateral (values (d.person), (d.acting_for)) p (person) where r.case_id = p_case and p.person is not null
  union
  select s.actor, 'operator' from settle.payment_states s join settle.payments p using (payment_id)
   where p.case_id = p_case and s.from_state in ('failed', 'returned', 'held') and s.to_state in ('released', 'prepared', 'cancelled')
$$;

-- Whether somebody may take a step of a request, and in whose name; refuses where they may not.
create function settle.require_capacity(
  p_request text, p_step text, p_person text, p_acting_for text, p_role text, p_on date, p_code text, p_same text
) returns void
language plpgsql stable set search_path = pg_catalog as $$
declare
  v_region text;
  v_case   text;
  v_by     text;
begin
  select c.region, c.case_id, r.prepared_by into v_region, v_case, v_by
    from settle.approval_requests r join settle.cases c using (case_id) where r.request_id = p_request;
  if not exists (select from settle.staff where region = v_region and person = p_person) then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of this region', p_person));
  end if;
  if not exists (select from settle.staff_capacities
                  where region = v_region and person = p_person and role = p_role and acting_for is not distinct from p_acting_for
                    and p_on >= coalesce(valid_from, p_on) and p_on <= coalesce(valid_to, p_on)) then
    perform settle.refuse(p_code, format('%s has not the role %s on %s%s', p_person, p_role, p_on, ' for ' || p_acting_for));
  end if;
  if p_acting_for is null then
    return;
  end if;
  if p_acting_for = v_by then
    perform settle.refuse(case p_step when 'release' then p_same else 'ApprovalByPreparer' end,
                          format('%s, for whom %s acts, prepared %s', p_acting_for, p_person, p_request));
  end if;
  if exists (select from settle.acts_on_case(v_case) a where a.person = p_person and a.step <> p_step) then
    perform settle.refuse(p_same, format('%s has acted on %s: another person stands in for %s', p_person, v_case, p_acting_for));
  end if;
end $$;

drop function settle.require_role(text, text, text, date, text);

create or replace function settle.check_decision() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_request settle.approval_requests;
  v_next    int;
begin
  select * into v_request from settle.approval_requests where request_id = new.request_id for update;
  if v_request.request_id is null or v_request.state <> 'open' then
    perform settle.refuse('ApprovalNotOpen', format('%s waits for no approval: it is %s', new.request_id, coalesce(v_request.state, 'not known')));
  end if;
  if new.content_sha256 <> v_request.content_sha256 or settle.live_sha256(new.request_id) <> v_request.content_sha256 then
    perform settle.refuse('ApprovalContentChanged', format('%s: the content is not what the decision names (%s…)', new.request_id, left(new.content_sha256, 12)));
  end if;
  select count(*) + 1 into v_next from settle.approval_decisions where request_id = new.request_id;
  if new.level_no <> v_next or v_request.levels -> (v_next - 1) ->> 'level' is distinct from new.level then
    perform settle.refuse('ApprovalOutOfOrder', format('%s waits for %s, not for %s', new.request_id, v_request.levels -> (v_next - 1) ->> 'level', new.level));
  end if;
  if new.person = v_request.prepared_by then
    perform settle.refuse('ApprovalByPreparer', format('%s prepared %s', new.person, new.request_id));
  end if;
  -- Whoever stands in for somebody takes the place of both.
  if exists (select from settle.approval_decisions d where d.request_id = new.request_id
              and array[d.person, d.acting_for] && array_remove(array[new.person, new.acting_for], null)) then
    perform settle.refuse('ApprovalSamePerson', format('%s has decided on another level of %s', concat_ws(' or ', new.person, new.acting_for), new.request_id));
  end if;
  perform settle.require_capacity(new.request_id, new.level, new.person, new.acting_for, v_request.levels -> (v_next - 1) ->> 'role',
                                  new.decided_on, 'ApprovalRoleMissing', 'ApprovalSamePerson');
  if new.decision = 'reject' and btrim(new.reason) = '' then
    perform settle.refuse('ReasonMissing', format('a rejection of %s says why', new.request_id));
  end if;
  if new.decision = 'reject' then
    update settle.approval_requests set state = 'rejected' where request_id = new.request_id;
  elsif v_next = jsonb_array_length(v_request.levels) then
    update settle.approval_requests set state = 'approved' where request_id = new.request_id;
  end if;
  return new;
end $$;

create or replace function settle.check_release() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_request settle.approval_requests;
  v_people  text[] := array_remove(array[new.person, new.acting_for], null);
begin
  select * into v_request from settle.approval_requests where request_id = new.request_id for update;
  if v_request.request_id is null or v_request.state in ('rejected', 'released') then
    perform settle.refuse('ApprovalNotOpen', format('%s waits for no release: it is %s', new.request_id, coalesce(v_request.state, 'not known')));
  end if;
  if (select count(*) from settle.approval_decisions where request_id = new.request_id and decision = 'approve')
     < jsonb_array_length(v_request.levels) then
    perform settle.refuse('ApprovalIncomplete', format('%s has not passed all %s levels', new.request_id, jsonb_array_length(v_request.levels)));
  end if;
  if new.content_sha256 <> v_request.content_sha256
     or settle.live_sha256(new.request_id) <> v_request.content_sha256
     or exists (select from settle.approval_decisions where request_id = new.request_id and content_sha256 <> v_request.content_sha256) then
    perform settle.refuse('ApprovalContentChanged', format('%s: what would be paid is not what was approved', new.request_id));
  end if;
  if v_request.prepared_by = any (v_people)
     or exists (select from settle.approval_decisions d where d.request_id = new.request_id and array[d.person, d.acting_for] && v_people) then
    perform settle.refuse('CashierIsApprover', format('%s prepared or approved %s and cannot release it', array_to_string(v_people, ' or '), new.request_id));
  end if;
  perform settle.require_capacity(new.request_id, 'release', new.person, new.acting_for, 'cashier', new.released_on, 'CashierRoleMissing', 'CashierIsApprover');
  update settle.approval_requests set state = 'released' where request_id = new.request_id;
  return new;
end $$;

do $$
begin
  execute format('grant execute on function settle.acts_on_case(text) to %I', current_database() || '_app');
end $$;
