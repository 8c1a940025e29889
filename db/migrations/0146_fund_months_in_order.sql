-- Monthly funds (宿迁 2025-06-13; DESIGN 5.7): months that are final, transfers that are withdrawn, clearings that were signed.

-- As in 0105; besides, claims of a month whose run was final would be settled by nobody.
create or replace function settle.check_claim_reopening() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_request text;
begin
  perform settle.lock_claims(new.region, new.period);
  perform settle.require_fund_role(new.region, new.reopened_by, 'business-head', new.reopened_on);
  if not exists (select from settle.current_claim_reviews where region = new.region and period = new.period and step = 're-check') then
    perform settle.refuse('CaseStateInvalid', format('the claims of %s are not re-checked: there is nothing to take back', new.period));
  end if;
  if exists (select from settle.settlements where region = new.region and period = new.period and settled_on is not null) then
    perform settle.refuse('CaseStateInvalid', format('%s is settled: what is found now goes into a later month''s claims', new.period));
  end if;
  if exists (select from settle.cases c where c.case_id = format('fund/%s/%s', new.region, new.period)
              and (c.closed_on is not null or exists (select from settle.case_events e where e.case_id = c.case_id and e.event = 'month-settled'))) then
    perform settle.refuse('CaseStateInvalid', format('%s is final, and nobody would settle it: what is found now goes into a later month''s claims', new.period));
  end if;
  select request_id into v_request from settle.approval_requests
   where case_id = format('fund/%s/%s', new.region, new.period) and subject = 'monthly settlement' and state = 'approved';
  if v_request is not null then
    perform settle.refuse('CaseStateInvalid', format('%s has all its approvals: what is found now goes into a later month''s claims', v_request));
  end if;
  return new;
end $$;

-- As in 0080; besides, what is being withdrawn is not confirmed meanwhile.
create or replace function settle.check_transfer() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if old.confirmed_on is not null or (to_jsonb(new) - '{confirmed_on,confirmed_by,evidence}'::text[]) <> (to_jsonb(old) - '{confirmed_on,confirmed_by,evidence}'::text[]) then
    perform settle.refuse('AppendOnly', format('%s is confirmed once', old.transfer_id));
  end if;
  -- Whoever withdraws it waits, or has withdrawn it.
  perform from settle.approval_requests where request_id = new.request_id for update;
  if not exists (select from settle.approval_requests where request_id = new.request_id and state = 'approved') then
    perform settle.refuse('ApprovalIncomplete', format('%s has not passed all levels', new.request_id));
  end if;
  if exists (select from settle.approval_decisions where request_id = new.request_id and new.confirmed_by in (person, acting_for)) then
    perform settle.refuse('ApprovalSamePerson', format('%s has decided on %s', new.confirmed_by, new.request_id));
  end if;
  if not settle.has_role(new.region, new.confirmed_by, 'finance', new.confirmed_on) then
    perform settle.refuse('ApprovalRoleMissing', format('%s has not the role finance on %s', new.confirmed_by, new.confirmed_on));
  end if;
  return new;
end $$;

-- As in 0096; besides, what was released of held money is what the bank has booked of it, and nothing is signed before it is settled.
create or replace function settle.check_clearings() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_bad text;
begin
  with signed as (
    select distinct region, quarter, left(quarter, 4) || '-' || lpad((right(quarter, 1)::int * 3)::text, 2, '0') as last_month from added
  ), summed as (
    select x.quarter, s.region, s.institution, s.pool, sum(s.payable_fen) as payable,
           sum(s.preallocated_fen - s.collected_fen - s.returned_fen) as preallocated, sum(s.paid_fen) as paid, sum(s.held_fen) as held,
           (array_agg(s.carried_out_fen order by s.period desc))[1] as carried, max(s.settled_on) as settled_on,
           coalesce(sum(s.held_fen) filter (where p.state = 'succeeded'), 0) as released
      from signed x join settle.settlements s on s.region = x.region and s.period <= x.last_month and s.settled_on is not null
      left join settle.payments p on p.payment_id = s.release_payment_id
     group by 1, 2, 3, 4)
  select format('%s of %s in %s is not the sum of its months', a.institution, a.pool, a.quarter) into v_bad
    from added a left join summed m using (region, quarter, institution, pool)
   where (a.payable_fen, a.preallocated_fen, a.paid_fen, a.held_fen, a.released_fen, a.carried_out_fen)
         is distinct from (m.payable, m.preallocated, m.paid, m.held, m.released, m.carried::bigint)
      or a.signed_on < m.settled_on
   order by 1 limit 1;
  if v_bad is not null then
    perform settle.refuse('CaseStateInvalid', v_bad);
  end if;
  return null;
end $$;
