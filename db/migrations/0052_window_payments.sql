-- Payments of settlement windows, and whom they go to: no money to the wrong account (错付、串户; 新医保发〔2025〕50号 六(三)).

-- A payment that was held because its payee is no longer who was approved is corrected, and goes through approval again.
insert into settle.payment_transitions (from_state, to_state) values ('held', 'prepared');
-- What did not leave before its enterprise was suspended is held; when it leaves after all, it does with ids of its own.
insert into settle.payment_transitions (from_state, to_state, new_attempt) values ('released', 'held', true), ('failed', 'held', true);

create index payments_paid_to on settle.payments (region, enterprise, paid_on) where kind = 'payment' and state = 'succeeded';

-- Payments whose payee is not who the register of the day says it is.
create view settle.differing_payees as
  select p.payment_id, p.request_id, p.case_id, p.state, p.enterprise, p.payee_name, p.payee_account, p.payee_bank_code,
         e.name as register_name, e.account as register_account, e.bank_code as register_bank_code
    from settle.payments p left join settle.enterprises e on e.region = p.region and e.enterprise = p.enterprise
   where p.kind = 'payment'
     and (p.payee_name, p.payee_account, p.payee_bank_code) is distinct from (e.name, e.account, e.bank_code);

create function settle.refuse_payee(p_payment text) returns void
language plpgsql stable set search_path = pg_catalog as $$
begin
  perform settle.refuse('PayeeDiffers', (
    select format('%s would go to %s, account %s at %s; the register of the day says %s', d.payment_id, d.payee_name, d.payee_account,
                  d.payee_bank_code, coalesce(format('%s, account %s at %s', d.register_name, d.register_account, d.register_bank_code), 'nothing of ' || d.enterprise))
      from settle.differing_payees d where d.payment_id = p_payment));
end $$;

-- What every level has to look at: the payee was another one when the enterprise was last paid, or somebody else has the account.
create table settle.payee_flags (
  request_id text not null references settle.approval_requests,
  payment_id text not null references settle.payments,
  flag       text not null check (flag in ('payee-changed', 'shared-account')),
  -- For people: what it was before, or who else has it.
  detail     text not null,
  primary key (request_id, payment_id, flag)
);
create trigger payee_flags_append_only before update or delete on settle.payee_flags
  for each statement execute function settle.append_only();
create trigger payee_flags_no_truncate before truncate on settle.payee_flags
  for each statement execute function settle.append_only();

-- Flags are raised with the request, by the database, so that no request is without them. Payments are found by their ids: in the
-- transaction that writes thousands of them the planner takes the table for empty, and would read it once for each.
create function settle.flag_payees() returns trigger
language plpgsql security definer set search_path = pg_catalog set enable_seqscan = off as $$
declare v_bad text;
begin
  select min(d.payment_id) into v_bad from added a join settle.differing_payees d using (payment_id);
  if v_bad is not null then
    perform settle.refuse_payee(v_bad);
  end if;
  insert into settle.payee_flags (request_id, payment_id, flag, detail)
  with paying as (
    select p.* from added a join settle.payments p on p.payment_id = a.payment_id where p.kind = 'payment'
  ), last_paid as (
    select distinct on (p.region, p.enterprise) p.region, p.enterprise, p.payee_name, p.payee_account, p.payee_bank_code, p.paid_on
      from settle.payments p
     where p.kind = 'payment' and p.state = 'succeeded' and (p.region, p.enterprise) in (select region, enterprise from paying)
     order by p.region, p.enterprise, p.paid_on desc, p.payment_id desc
  ), holders as (
    select region, enterprise as holder, account from settle.enterprises
     union all
    select region, institution, account from settle.institutions
  ), shared as (
    select n.region, n.enterprise, string_agg(h.holder, ', ' order by h.holder collate "C") as others
      from settle.enterprises n join holders h on h.region = n.region and h.account = n.account and h.holder <> n.enterprise
     where n.region in (select region from paying) group by n.region, n.enterprise)
  select p.request_id, p.payment_id, 'payee-changed',
         format('last paid on %s to %s, account %s at %s', l.paid_on, l.payee_name, l.payee_account, l.payee_bank_code)
    from paying p join last_paid l using (region, enterprise)
   where (l.payee_name, l.payee_account, l.payee_bank_code) <> (p.payee_name, p.payee_account, p.payee_bank_code)
   union all
  select p.request_id, p.payment_id, 'shared-account', format('account %s is also that of %s', p.payee_account, s.others)
    from paying p join shared s using (region, enterprise);
  return null;
end $$;
create trigger flag_payees after insert on settle.approval_items
  referencing new table as added for each statement execute function settle.flag_payees();

-- Who approves a request with flags says that the payees were looked at.
alter table settle.approval_decisions add column payees_confirmed boolean not null default false;
create function settle.check_payees_confirmed() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if new.decision = 'approve' and not new.payees_confirmed
     and exists (select from settle.payee_flags where request_id = new.request_id) then
    perform settle.refuse('PayeesUnconfirmed', format('%s has payees to be confirmed', new.request_id));
  end if;
  return new;
end $$;
create trigger check_payees_confirmed before insert on settle.approval_decisions
  for each row execute function settle.check_payees_confirmed();

-- Nothing is released to a payee who is not in the register as approved: neither by the cashier nor when it is sent again.
create function settle.check_released_payees() returns trigger
language plpgsql security definer set search_path = pg_catalog set enable_seqscan = off as $$
declare v_bad text;
begin
  select min(d.payment_id) into v_bad
    from settle.differing_payees d where d.request_id = new.request_id and d.state = 'approved';
  if v_bad is not null then
    perform settle.refuse_payee(v_bad);
  end if;
  return new;
end $$;
create trigger check_released_payees before insert on settle.releases
  for each row execute function settle.check_released_payees();

create function settle.check_payees() returns trigger
language plpgsql security definer set search_path = pg_catalog set enable_seqscan = off as $$
declare v_bad text;
begin
  if not exists (select from added where to_state = 'released') then
    return null;
  end if;
  select min(d.payment_id) into v_bad
    from added a join settle.differing_payees d using (payment_id) where a.to_state = 'released';
  if v_bad is not null then
    perform settle.refuse_payee(v_bad);
  end if;
  return null;
end $$;
create trigger check_payees after insert on settle.payment_states
  referencing new table as added for each statement execute function settle.check_payees();

-- Nothing is released or sent to an enterprise that is suspended on that day (新医保发〔2025〕50号 五(二)), by whatever way.
create function settle.check_suspended_payees() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_bad text;
begin
  if not exists (select from added where to_state in ('released', 'sent')) then
    return null;
  end if;
  with leaving as materialized (
    select p.payment_id, p.region, p.enterprise, a.on_date from added a join settle.payments p using (payment_id)
     where p.kind = 'payment' and a.to_state in ('released', 'sent')
  ), suspended as materialized (
    select d.region, d.on_date, s.enterprise from (select distinct region, on_date from leaving) d
     cross join lateral settle.suspended_enterprises(d.region, d.on_date) s)
  select min(payment_id) into v_bad from leaving join suspended using (region, on_date, enterprise);
  if v_bad is not null then
    perform settle.refuse('PayeeSuspended', format('%s is not paid: its enterprise is suspended', v_bad));
  end if;
  return null;
end $$;
create trigger check_suspended_payees after insert on settle.payment_states
  referencing new table as added for each statement execute function settle.check_suspended_payees();

-- What slipped through shows when the day is reconciled: the bank says that it credited another account than was approved.
alter table settle.reconciliation_lines
  drop constraint reconciliation_lines_class_check,
  drop constraint reconciliation_lines_check1,
  add constraint reconciliation_lines_class check (class in ('matched', 'bank-only', 'ledger-only', 'amount-differs', 'payee-differs')),
  add constraint reconciliation_lines_sides check (case class
    when 'matched' then bank_amount_fen is not null and bank_amount_fen is not distinct from ledger_amount_fen
    when 'payee-differs' then bank_amount_fen is not null and bank_amount_fen is not distinct from ledger_amount_fen
    when 'bank-only' then bank_amount_fen is not null and ledger_amount_fen is null
    when 'ledger-only' then bank_amount_fen is null and ledger_amount_fen is not null
    else bank_amount_fen <> ledger_amount_fen end);
alter table settle.reconciliation_exceptions
  drop constraint reconciliation_exceptions_class_check,
  add constraint reconciliation_exceptions_class check (class in ('bank-only', 'ledger-only', 'amount-differs', 'payee-differs'));

-- A window changes thousands of payments in one statement. Of the rows of a trigger's own table the planner knows no number; it
-- takes them for a handful and goes through all of them for each payment: 3,960 took 6 s so, and 0.5 s with this.
alter function settle.apply_payment_states() set enable_nestloop = off;
