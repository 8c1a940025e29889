-- The ledger's cash against the bank's statements, day by day (新医保发〔2025〕50号 六(二) 会计与出纳分设; DESIGN 6). Everything here
-- is append-only: a run is repeated, not corrected, and a difference is closed by a person with a reason, not removed.

create table settle.reconciliation_runs (
  run_id     bigint generated always as identity primary key,
  region     text not null references settle.regions,
  on_date    date not null,
  run_by     text not null,
  run_on     date not null,
  at_time    text not null check (at_time ~ '^\d\d:\d\d$'),
  -- How many postings to cash the ledger had for that day: a sign-off on fewer than there are now is refused.
  ledger_entries bigint not null
);
create index reconciliation_runs_day on settle.reconciliation_runs (region, on_date, run_id);

create table settle.reconciliation_accounts (
  run_id       bigint not null references settle.reconciliation_runs,
  account      text collate "C" not null,
  bank_account text not null,
  bank_opening_fen   bigint not null,
  bank_closing_fen   bigint not null,
  ledger_closing_fen bigint not null,
  primary key (run_id, account)
);

-- Amounts are signed: what came in is positive, what left negative.
create table settle.reconciliation_lines (
  run_id  bigint not null references settle.reconciliation_runs,
  line_no int not null,
  account text collate "C" not null,
  class   text not null check (class in ('matched', 'bank-only', 'ledger-only', 'amount-differs')),
  bank_reference    text,
  bank_amount_fen   bigint,
  bank_detail       text,
  ledger_key        text,
  ledger_amount_fen bigint,
  primary key (run_id, line_no),
  check ((bank_reference is null) = (bank_amount_fen is null) and (ledger_key is null) = (ledger_amount_fen is null)),
  check (case class
           when 'matched' then bank_amount_fen is not null and bank_amount_fen is not distinct from ledger_amount_fen
           when 'bank-only' then bank_amount_fen is not null and ledger_amount_fen is null
           when 'ledger-only' then bank_amount_fen is null and ledger_amount_fen is not null
           else bank_amount_fen <> ledger_amount_fen end)
);
-- In exactly one class: each side of a line occurs once a run.
create unique index reconciliation_bank_once on settle.reconciliation_lines (run_id, account, bank_reference) where bank_reference is not null;
create unique index reconciliation_ledger_once on settle.reconciliation_lines (run_id, account, ledger_key, (ledger_amount_fen > 0)) where ledger_key is not null;

-- The same difference found again is the same exception; it stays open until somebody closes it, also when a later run no
-- longer finds it.
create table settle.reconciliation_exceptions (
  exception_id bigint generated always as identity primary key,
  run_id  bigint not null references settle.reconciliation_runs,
  region  text not null references settle.regions,
  on_date date not null,
  account text collate "C" not null,
  class   text not null check (class in ('bank-only', 'ledger-only', 'amount-differs')),
  bank_reference    text,
  bank_amount_fen   bigint,
  bank_detail       text,
  ledger_key        text,
  ledger_amount_fen bigint,
  unique nulls not distinct (region, on_date, account, class, bank_reference, bank_amount_fen, ledger_key, ledger_amount_fen)
);

create table settle.reconciliation_closings (
  exception_id bigint primary key references settle.reconciliation_exceptions,
  person    text not null,
  reason    text not null,
  closed_on date not null,
  at_time   text not null check (at_time ~ '^\d\d:\d\d$')
);

create table settle.reconciliation_sign_offs (
  region    text not null references settle.regions,
  on_date   date not null,
  run_id    bigint not null references settle.reconciliation_runs,
  person    text not null,
  signed_on date not null,
  at_time   text not null check (at_time ~ '^\d\d:\d\d$'),
  primary key (region, on_date)
);

-- The cash entries of one day. What belongs together is one entry: a payment's booking by its journal; a receipt that was
-- split into what is due and what is more by its reference.
create function settle.cash_entries(p_region text, p_date date)
returns table (account text, ledger_key text, amount_fen bigint, institution text, postings bigint)
language sql stable set search_path = pg_catalog as $$
  select a.path, k.ledger_key, sum(e.debit_fen - e.credit_fen)::bigint, min(o.institution collate "C"), count(*)
    from ledger.journal j
    join ledger.transfer t using (region, sequence)
    cross join lateral (values (t.debit_account_id, t.credit_account_id, t.amount_fen, 0::bigint),
                               (t.credit_account_id, t.debit_account_id, 0::bigint, t.amount_fen))
      e (account_id, other_id, debit_fen, credit_fen)
    join ledger.account a on a.region = j.region and a.account_id = e.account_id and a.kind in ('fund/cash', 'supervised/cash')
    join ledger.account o on o.region = j.region and o.account_id = e.other_id
    left join settle.payments p on p.payment_id = j.reference
    cross join lateral (select case when p.payment_id is not null then j.key
                                    when j.event = 'opening' then 'opening' else j.reference end) k (ledger_key)
   where j.region = p_region and j.date = p_date
   group by a.path, k.ledger_key, e.debit_fen = 0
$$;

create function settle.check_reconciliation_person(p_region text, p_on_date date, p_person text, p_today date) returns void
language plpgsql stable security definer set search_path = pg_catalog as $$
declare v_staff settle.staff;
begin
  select * into v_staff from settle.staff where region = p_region and person = p_person;
  if v_staff.person is null then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of this region', p_person));
  end if;
  if not 'accountant' = any (v_staff.roles) or p_today < coalesce(v_staff.valid_from, p_today) or p_today > coalesce(v_staff.valid_to, p_today) then
    perform settle.refuse('AccountantRoleMissing', format('%s has not the role accountant on %s', p_person, p_today));
  end if;
  if exists (select from settle.releases r join settle.approval_requests q using (request_id) join settle.cases c using (case_id)
              where c.region = p_region and r.released_on = p_on_date and r.person = p_person) then
    perform settle.refuse('AccountantIsCashier', format('%s released payments of %s: another person looks at that day', p_person, p_on_date));
  end if;
end $$;

create function settle.check_closing() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_exception settle.reconciliation_exceptions;
begin
  select * into v_exception from settle.reconciliation_exceptions where exception_id = new.exception_id;
  if v_exception.exception_id is null then
    perform settle.refuse('NotFound', format('there is no exception %s', new.exception_id));
  end if;
  if btrim(new.reason) = '' then
    perform settle.refuse('ReasonMissing', format('exception %s is closed with a reason only', new.exception_id));
  end if;
  perform settle.check_reconciliation_person(v_exception.region, v_exception.on_date, new.person, new.closed_on);
  return new;
end $$;
create trigger check_closing before insert on settle.reconciliation_closings
  for each row execute function settle.check_closing();

create function settle.check_sign_off() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_run settle.reconciliation_runs;
  v_open bigint;
  v_entries bigint;
begin
  -- No entry is posted for the day while it is signed: whoever posts takes this row first.
  perform from ledger.chain_head where region = new.region for share;
  perform settle.check_reconciliation_person(new.region, new.on_date, new.person, new.signed_on);
  if new.signed_on < new.on_date then
    perform settle.refuse('ReconciliationOpen', format('%s is not over', new.on_date));
  end if;
  select * into v_run from settle.reconciliation_runs where region = new.region and on_date = new.on_date order by run_id desc limit 1;
  if v_run.run_id is null then
    perform settle.refuse('ReconciliationOpen', format('%s has not been reconciled in %s', new.on_date, new.region));
  end if;
  if v_run.run_id <> new.run_id then
    perform settle.refuse('ReconciliationOpen', format('%s was reconciled again since', new.on_date));
  end if;
  select coalesce(sum(postings), 0) into v_entries from settle.cash_entries(new.region, new.on_date);
  if v_entries <> v_run.ledger_entries then
    perform settle.refuse('ReconciliationOpen', format('%s has %s postings to cash now and had %s when it was reconciled', new.on_date, v_entries, v_run.ledger_entries));
  end if;
  select count(*) into v_open from settle.reconciliation_exceptions e
   where e.region = new.region and e.on_date = new.on_date
     and not exists (select from settle.reconciliation_closings c where c.exception_id = e.exception_id);
  if v_open > 0 then
    perform settle.refuse('ReconciliationOpen', format('%s has %s open exceptions in %s', new.on_date, v_open, new.region));
  end if;
  return new;
end $$;
create trigger check_sign_off before insert on settle.reconciliation_sign_offs
  for each row execute function settle.check_sign_off();

do $$
declare
  t text;
  app text := current_database() || '_app';
begin
  foreach t in array array['runs', 'accounts', 'lines', 'exceptions', 'closings', 'sign_offs'] loop
    t := 'reconciliation_' || t;
    execute format('create trigger %I before update or delete on settle.%I for each row execute function settle.append_only()', t || '_append_only', t);
    execute format('create trigger %I before truncate on settle.%I for each statement execute function settle.append_only()', t || '_no_truncate', t);
    execute format('grant select, insert on settle.%I to %I', t, app);
  end loop;
  execute format('grant execute on function settle.cash_entries(text, date), settle.check_reconciliation_person(text, date, text, date) to %I', app);
end $$;
