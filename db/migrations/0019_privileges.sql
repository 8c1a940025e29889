-- The application's own role. It writes what the triggers check; it changes no history and no approved content.
do $$
declare app text := current_database() || '_app';
begin
  execute format('grant usage on schema settle to %I', app);
  execute format('grant select on all tables in schema settle to %I', app);
  execute format('grant insert on all tables in schema settle to %I', app);
  execute format('revoke insert on settle.payment_transitions, settle.approval_requests, settle.approval_items, settle.payments from %I', app);
  -- Whoever may decide, and under which levels, is written by the owner: nobody appoints themselves.
  execute format('revoke insert on settle.staff, settle.policy_versions, settle.calendar_years from %I', app);
  -- Nobody invents a payee, a budget or a base either: registers are the owner's to write.
  execute format('revoke insert on settle.regions, settle.funds, settle.institutions, settle.enterprises, settle.purchases from %I', app);
  execute format('grant insert (payment_id, region, case_id, kind, period, institution, enterprise, pool, advance_year, amount_fen, debtor_account, payee_name, payee_account, payee_bank_code, request_id) on settle.payments to %I', app);
  execute format('grant update (state, next_due_at, closed_on) on settle.cases to %I', app);
  execute format('grant update (request_id, payee_name, payee_account, payee_bank_code, amount_fen) on settle.payments to %I', app);
  execute format('grant update (state) on settle.bank_messages to %I', app);
  execute format('grant update (payment_id) on settle.return_receipt_pools to %I', app);
  execute format('grant delete on settle.prepayments, settle.prepayment_pools, settle.return_plan, settle.return_plan_pools to %I', app);
  execute format('grant execute on all functions in schema settle to %I', app);
end $$;
