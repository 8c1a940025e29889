-- The fiscal deposit (财政专户; 宿迁 2025-06-13 四): its money goes to the pools' own accounts, after the finance department's word on
-- exactly that payment; what the department refuses, and what a settlement makes superfluous, is over without a payment.

-- Only a pool's own account is paid from the fiscal deposit, and only that is a transfer.
create function settle.check_deposit_payment() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_account text;
begin
  select coalesce((select account from settle.funds where region = new.region and pool = new.pool), new.region || '-FUND-' || upper(new.pool)) into v_account;
  if (new.kind, new.institution, new.enterprise, new.debtor_account, new.payee_account, new.payee_bank_code)
     is distinct from ('fund', null::text, null::text, new.region || '-FISCAL-DEPOSIT', v_account, new.region || '000000')
     or new.payment_id not like 'fund/%/transfer/' || new.pool || '/%' then
    perform settle.refuse('PayeeDiffers', format('%s would go from %s to %s at %s: the fiscal deposit pays a pool''s own account, and nobody else',
                                                 new.payment_id, new.debtor_account, new.payee_account, new.payee_bank_code));
  end if;
  return new;
end $$;
create trigger check_deposit_payment
  before insert or update of kind, institution, enterprise, pool, debtor_account, payee_account, payee_bank_code on settle.payments
  for each row when (new.debtor_account = new.region || '-FISCAL-DEPOSIT' or (new.kind = 'fund' and new.institution is null))
  execute function settle.check_deposit_payment();

-- A transfer is what its payment is, and begins unconfirmed.
create function settle.check_new_transfer() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if num_nonnulls(new.confirmed_on, new.confirmed_by, new.evidence) > 0 then
    perform settle.refuse('ApprovalIncomplete', format('%s begins unconfirmed', new.transfer_id));
  end if;
  if not exists (select from settle.payments
                  where payment_id = new.transfer_id and (region, case_id, pool, amount_fen, request_id)
                        = (new.region, new.case_id, new.pool, new.amount_fen, new.request_id)
                    and debtor_account = region || '-FISCAL-DEPOSIT') then
    perform settle.refuse('ApprovalContentChanged', format('%s is not the transfer that its payment is', new.transfer_id));
  end if;
  return new;
end $$;
create trigger check_new_transfer before insert on settle.fiscal_transfers
  for each row execute function settle.check_new_transfer();

-- As before (0080), by the payments of the request: none leaves the fiscal deposit whose own confirmation is not there.
create or replace function settle.check_transfer_release() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from settle.payments p
              left join settle.fiscal_transfers t on t.transfer_id = p.payment_id
                and (t.request_id, t.pool, t.amount_fen) = (p.request_id, p.pool, p.amount_fen)
              where p.request_id = new.request_id and p.debtor_account = p.region || '-FISCAL-DEPOSIT' and t.confirmed_on is null) then
    perform settle.refuse('ApprovalIncomplete', format('%s waits for the confirmation of the finance department', new.request_id));
  end if;
  return new;
end $$;

-- A request that is over without a release, though no level rejected it: the finance department refuses its transfers, or the engine
-- withdraws pre-allocations whose month is about to be settled without them.
create table settle.request_withdrawals (
  request_id   text primary key references settle.approval_requests,
  withdrawn_by text not null,
  reason       text not null check (btrim(reason) <> ''),
  withdrawn_on date not null,
  at_time      text not null check (at_time ~ '^\d\d:\d\d$')
);
create function settle.check_withdrawal() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_request settle.approval_requests;
  v_region  text;
begin
  select * into v_request from settle.approval_requests where request_id = new.request_id for update;
  if v_request.request_id is null or v_request.state in ('rejected', 'released') then
    perform settle.refuse('ApprovalNotOpen', format('%s waits for nothing: it is %s', new.request_id, coalesce(v_request.state, 'not known')));
  end if;
  -- What the department has confirmed is moved already.
  if exists (select from settle.fiscal_transfers where request_id = new.request_id and confirmed_on is not null) then
    perform settle.refuse('ApprovalNotOpen', format('%s is confirmed by the finance department', new.request_id));
  end if;
  select region into v_region from settle.cases where case_id = v_request.case_id;
  if new.withdrawn_by = 'engine' then
    if exists (select from settle.payments where request_id = new.request_id
                  and (kind <> 'fund' or institution is not null and payment_id not like '%/preallocation%')) then
      perform settle.refuse('ApprovalNotOpen', format('%s pays what is owed: only people reject it', new.request_id));
    end if;
  else
    if exists (select from settle.payments where request_id = new.request_id and debtor_account <> region || '-FISCAL-DEPOSIT') then
      perform settle.refuse('NotFound', format('%s is no transfer from the fiscal deposit', new.request_id));
    end if;
    if v_request.state <> 'approved' then
      perform settle.refuse('ApprovalIncomplete', format('%s has not passed all levels', new.request_id));
    end if;
    if exists (select from settle.approval_decisions where request_id = new.request_id and new.withdrawn_by in (person, acting_for)) then
      perform settle.refuse('ApprovalSamePerson', format('%s has decided on %s', new.withdrawn_by, new.request_id));
    end if;
    if not settle.has_role(v_region, new.withdrawn_by, 'finance', new.withdrawn_on) then
      perform settle.refuse('ApprovalRoleMissing', format('%s has not the role finance on %s', new.withdrawn_by, new.withdrawn_on));
    end if;
  end if;
  update settle.approval_requests set state = 'rejected' where request_id = new.request_id;
  return new;
end $$;
create trigger check_withdrawal before insert on settle.request_withdrawals
  for each row execute function settle.check_withdrawal();
create trigger request_withdrawals_append_only before update or delete on settle.request_withdrawals
  for each row execute function settle.append_only();
create trigger request_withdrawals_no_truncate before truncate on settle.request_withdrawals
  for each statement execute function settle.append_only();

do $$
declare app text := current_database() || '_app';
begin
  execute format('grant select, insert on settle.request_withdrawals to %I', app);
  execute format('grant execute on all functions in schema settle to %I', app);
end $$;
