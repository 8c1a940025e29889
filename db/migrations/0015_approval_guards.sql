-- What raw SQL could still do about an approval: ask fewer people than the policy does, have another case's people decide,
-- or write a state that no decision led to. Refused here for the owner too, who is not kept out by privileges.

-- The levels a policy asks for, out of its bytes, so that a request can be held against them.
alter table settle.policy_versions add column approval_levels jsonb not null default '[]';

create function settle.guard_requests() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'open' then
      perform settle.refuse('ApprovalIncomplete', format('%s begins open, not %s', new.request_id, new.state));
    end if;
    if new.levels is distinct from (select v.approval_levels from settle.cases c
                                      join settle.policy_versions v on v.policy_id = c.policy_id and v.version = c.policy_version
                                     where c.case_id = new.case_id) then
      perform settle.refuse('ApprovalImpossible', format('%s does not ask the levels that the policy of %s asks', new.request_id, new.case_id));
    end if;
    if exists (select from settle.payments where request_id = new.request_id and case_id <> new.case_id) then
      perform settle.refuse('ApprovalImpossible', format('%s contains payments of another case than %s', new.request_id, new.case_id));
    end if;
    return new;
  end if;
  if tg_op = 'DELETE' or (to_jsonb(new) - 'state') <> (to_jsonb(old) - 'state') then
    perform settle.refuse('AppendOnly', format('%s was raised and stays as it was raised', old.request_id));
  end if;
  -- Decisions and the release write the state from their own triggers, one level further in.
  if pg_trigger_depth() = 1 then
    perform settle.refuse('ApprovalIncomplete', format('the state of %s follows from its decisions', old.request_id));
  end if;
  return new;
end $$;
create trigger guard_requests before insert or update or delete on settle.approval_requests
  for each row execute function settle.guard_requests();
create trigger approval_requests_no_truncate before truncate on settle.approval_requests
  for each statement execute function settle.append_only();

create function settle.guard_payments() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'new' or new.changes <> 0 or new.attempt <> 1 or new.paid_on is not null then
      perform settle.refuse('PaymentStateInvalid', format('%s begins new, not %s', new.payment_id, new.state));
    end if;
    return new;
  end if;
  if tg_op = 'DELETE' then
    perform settle.refuse('AppendOnly', format('%s is cancelled, not removed', old.payment_id));
  end if;
  if pg_trigger_depth() = 1 and (new.state, new.changes, new.attempt, new.paid_on) is distinct from (old.state, old.changes, old.attempt, old.paid_on) then
    perform settle.refuse('PaymentStateInvalid', format('%s is %s: its state follows from the rows of its history', old.payment_id, old.state));
  end if;
  -- Before it is sent a change voids the approvals; afterwards it would rewrite what was paid.
  if old.state in ('sent', 'unknown', 'succeeded', 'failed', 'returned', 'cancelled')
     and (settle.payment_content(new), new.request_id) is distinct from (settle.payment_content(old), old.request_id) then
    perform settle.refuse('AppendOnly', format('%s is %s: what it was stays', old.payment_id, old.state));
  end if;
  return new;
end $$;
create trigger guard_payments before insert or update or delete on settle.payments
  for each row execute function settle.guard_payments();
create trigger payments_no_truncate before truncate on settle.payments
  for each statement execute function settle.append_only();
