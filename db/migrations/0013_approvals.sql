-- Four levels bound to the SHA-256 of exactly what they approve (新医保发〔2025〕50号 六(二); DESIGN 5.3).
create table settle.approval_requests (
  request_id     text primary key,
  case_id        text not null references settle.cases,
  revision       int not null,
  subject        text not null,
  content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
  payments       int not null,
  amount_fen     bigint not null,
  prepared_by    text not null,
  prepared_on    date not null,
  -- The policy's levels in order, as [{"level": "first-review", "role": "officer"}, …].
  levels         jsonb not null,
  state          text not null default 'open' check (state in ('open', 'approved', 'rejected', 'released')),
  unique (case_id, revision)
);
create unique index one_open_request on settle.approval_requests (case_id) where state in ('open', 'approved');

-- What the request contained when it was raised: the text that its hash is made of, for the auditor.
create table settle.approval_items (
  request_id text not null references settle.approval_requests,
  payment_id text not null references settle.payments,
  content    text not null,
  primary key (request_id, payment_id)
);

create table settle.approval_decisions (
  request_id     text not null references settle.approval_requests,
  level_no       int not null,
  level          text not null,
  person         text not null,
  decision       text not null check (decision in ('approve', 'reject')),
  content_sha256 text not null,
  reason         text not null default '',
  decided_on     date not null,
  at_time        text not null,
  primary key (request_id, level_no),
  unique (request_id, person)
);

create table settle.releases (
  request_id     text primary key references settle.approval_requests,
  person         text not null,
  content_sha256 text not null,
  released_on    date not null,
  at_time        text not null
);

-- Every attempt, refused ones too; written before the workflow is asked, so that a validator's refusal leaves a trace.
create table settle.decision_attempts (
  attempt_id bigint generated always as identity primary key,
  update_id  text not null,
  case_id    text not null,
  request_id text,
  person     text not null,
  action     text not null,
  level      text,
  content_sha256 text,
  reason     text not null default '',
  on_date    date not null,
  at_time    text not null
);
create table settle.decision_outcomes (
  attempt_id bigint primary key references settle.decision_attempts,
  outcome    text not null,
  message    text not null default ''
);

create function settle.items_sha256(p_request text) returns text
language sql stable set search_path = pg_catalog as $$
  select encode(sha256(convert_to(coalesce(string_agg(content, E'\n' order by payment_id collate "C"), ''), 'UTF8')), 'hex')
  from settle.approval_items where request_id = p_request
$$;

-- The hash of what would be paid now, from the payments themselves.
create function settle.live_sha256(p_request text) returns text
language sql stable set search_path = pg_catalog as $$
  select encode(sha256(convert_to(coalesce(string_agg(settle.payment_content(p), E'\n' order by p.payment_id collate "C"), ''), 'UTF8')), 'hex')
  from settle.payments p where p.request_id = p_request
$$;

-- Raises a request over the payments that name it. The only way to raise one: its hash is taken here, from the rows.
create function settle.raise_request(
  p_request text, p_case text, p_revision int, p_subject text, p_by text, p_on date, p_levels jsonb
) returns settle.approval_requests
language plpgsql security definer set search_path = pg_catalog as $$
declare v_request settle.approval_requests;
begin
  if jsonb_array_length(p_levels) = 0 then
    perform settle.refuse('ApprovalImpossible', format('%s names no approval level', p_request));
  end if;
  insert into settle.approval_requests (request_id, case_id, revision, subject, content_sha256, payments, amount_fen, prepared_by, prepared_on, levels)
  select p_request, p_case, p_revision, p_subject, settle.live_sha256(p_request), count(*), coalesce(sum(amount_fen), 0), p_by, p_on, p_levels
    from settle.payments where request_id = p_request
  returning * into v_request;
  insert into settle.approval_items (request_id, payment_id, content)
  select p_request, payment_id, settle.payment_content(p) from settle.payments p where request_id = p_request;
  return v_request;
end $$;

create function settle.require_role(p_request text, p_person text, p_role text, p_on date, p_code text) returns void
language plpgsql stable set search_path = pg_catalog as $$
declare v_staff settle.staff;
begin
  select s.* into v_staff from settle.staff s
    join settle.cases c on c.region = s.region
    join settle.approval_requests r on r.case_id = c.case_id
   where r.request_id = p_request and s.person = p_person;
  if v_staff.person is null then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of this region', p_person));
  end if;
  if not p_role = any (v_staff.roles) or p_on < coalesce(v_staff.valid_from, p_on) or p_on > coalesce(v_staff.valid_to, p_on) then
    perform settle.refuse(p_code, format('%s has not the role %s on %s', p_person, p_role, p_on));
  end if;
end $$;

create function settle.check_decision() returns trigger
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
  if exists (select from settle.approval_decisions where request_id = new.request_id and person = new.person) then
    perform settle.refuse('ApprovalSamePerson', format('%s has decided on another level of %s', new.person, new.request_id));
  end if;
  perform settle.require_role(new.request_id, new.person, v_request.levels -> (v_next - 1) ->> 'role', new.decided_on, 'ApprovalRoleMissing');
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
create trigger check_decision before insert on settle.approval_decisions
  for each row execute function settle.check_decision();

create function settle.check_release() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_request settle.approval_requests;
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
  if new.person = v_request.prepared_by
     or exists (select from settle.approval_decisions where request_id = new.request_id and person = new.person) then
    perform settle.refuse('CashierIsApprover', format('%s prepared or approved %s and cannot release it', new.person, new.request_id));
  end if;
  perform settle.require_role(new.request_id, new.person, 'cashier', new.released_on, 'CashierRoleMissing');
  update settle.approval_requests set state = 'released' where request_id = new.request_id;
  return new;
end $$;
create trigger check_release before insert on settle.releases
  for each row execute function settle.check_release();

-- Payments: a state follows from the one before, and money moves only under a complete approval.
create function settle.apply_payment_states() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_bad record;
begin
  perform 1 from settle.payments where payment_id in (select payment_id from added) order by payment_id for update;

  select a.payment_id, a.from_state, a.to_state, p.state into v_bad
    from added a join settle.payments p using (payment_id)
    left join settle.payment_transitions t on t.from_state = p.state and t.to_state = a.to_state
   where t.to_state is null or a.from_state <> p.state or a.seq <> p.changes + 1
      or a.attempt <> p.attempt + t.new_attempt::int
   order by a.payment_id limit 1;
  if found then
    perform settle.refuse('PaymentStateInvalid', format('%s is %s: it cannot become %s', v_bad.payment_id, v_bad.state, v_bad.to_state));
  end if;

  select p.payment_id, r.state, a.to_state into v_bad
    from added a join settle.payments p using (payment_id) join settle.approval_requests r using (request_id)
   where (a.to_state = 'approved' and r.state not in ('approved', 'released'))
      or (a.to_state in ('released', 'sent') and r.state <> 'released')
   order by p.payment_id limit 1;
  if found then
    perform settle.refuse('ApprovalIncomplete', format('%s cannot become %s: its request is %s', v_bad.payment_id, v_bad.to_state, v_bad.state));
  end if;

  select p.payment_id into v_bad
    from added a join settle.payments p using (payment_id)
    left join settle.approval_items i on i.request_id = p.request_id and i.payment_id = p.payment_id
   where a.to_state in ('approved', 'released', 'sent') and i.content is distinct from settle.payment_content(p)
   order by p.payment_id limit 1;
  if found then
    perform settle.refuse('ApprovalContentChanged', format('%s is not what was approved', v_bad.payment_id));
  end if;

  select a.payment_id into v_bad from added a
   where a.to_state = 'sent'
     and not exists (select from settle.payment_attempts t where t.payment_id = a.payment_id and t.attempt = a.attempt)
   order by a.payment_id limit 1;
  if found then
    perform settle.refuse('PaymentStateInvalid', format('%s cannot be sent: no message id is stored for it', v_bad.payment_id));
  end if;

  update settle.payments p
     set state = a.to_state, changes = a.seq, attempt = a.attempt,
         paid_on = case when a.to_state = 'succeeded' then a.booked_on when a.to_state = 'returned' then null else p.paid_on end
    from added a where a.payment_id = p.payment_id;
  return null;
end $$;
create trigger apply_payment_states after insert on settle.payment_states
  referencing new table as added for each statement execute function settle.apply_payment_states();

-- A new attempt is possible only for a payment that is released: nothing is sent again while the last one is unknown.
create function settle.check_attempts() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_bad record;
begin
  select p.payment_id, p.state into v_bad from added a join settle.payments p using (payment_id)
   where p.state <> 'released' or p.attempt <> a.attempt order by p.payment_id limit 1;
  if found then
    perform settle.refuse(case when v_bad.state = 'unknown' then 'PaymentUnknown' else 'PaymentStateInvalid' end,
                          format('%s is %s: it is not sent', v_bad.payment_id, v_bad.state));
  end if;
  return null;
end $$;
create trigger check_attempts after insert on settle.payment_attempts
  referencing new table as added for each statement execute function settle.check_attempts();

do $$
declare t text;
begin
  foreach t in array array['payment_states', 'payment_attempts', 'approval_items', 'approval_decisions', 'releases', 'decision_attempts', 'decision_outcomes'] loop
    execute format('create trigger %I before update or delete on settle.%I for each row execute function settle.append_only()', t || '_append_only', t);
    execute format('create trigger %I before truncate on settle.%I for each statement execute function settle.append_only()', t || '_no_truncate', t);
  end loop;
end $$;

-- Moves payments from whatever state they are in to the next; the trigger above decides whether they may.
create function settle.change_payments(
  p_payments text[], p_to text, p_on date, p_at text, p_actor text, p_reason text,
  p_references text[] default null, p_booked date[] default null
) returns void
language sql set search_path = pg_catalog as $$
  insert into settle.payment_states (payment_id, seq, from_state, to_state, attempt, on_date, at_time, actor, reason, bank_reference, booked_on)
  select p.payment_id, p.changes + 1, p.state, p_to, p.attempt + coalesce(t.new_attempt, false)::int, p_on, p_at, p_actor, p_reason, i.reference, i.booked
    from unnest(p_payments, p_references, p_booked) i (payment_id, reference, booked)
    join settle.payments p using (payment_id)
    left join settle.payment_transitions t on t.from_state = p.state and t.to_state = p_to
$$;
