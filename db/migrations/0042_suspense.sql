-- Money at the bank that nobody can place yet (DESIGN 6): booked to suspense from a `bank-only` exception, and from there to
-- whoever it belongs, each by the accountant with a reason. Append-only.

create table settle.suspense_items (
  suspense_id    text primary key,
  exception_id   bigint not null unique references settle.reconciliation_exceptions,
  region         text not null references settle.regions,
  -- The cash account that it is in, and the bank's own reference: by it the day is reconciled.
  account        text collate "C" not null,
  bank_reference text not null,
  amount_fen     bigint not null check (amount_fen > 0),
  received_on    date not null,
  person         text not null,
  acting_for     text,
  reason         text not null,
  recorded_on    date not null,
  at_time        text not null check (at_time ~ '^\d\d:\d\d$')
);

create table settle.suspense_resolutions (
  resolution_id text primary key,
  suspense_id   text not null references settle.suspense_items,
  account       text collate "C" not null,
  amount_fen    bigint not null check (amount_fen > 0),
  -- Where the bank has taken it back: its line.
  exception_id  bigint unique references settle.reconciliation_exceptions,
  person        text not null,
  acting_for    text,
  reason        text not null,
  resolved_on   date not null,
  at_time       text not null check (at_time ~ '^\d\d:\d\d$'),
  check ((exception_id is null) = (account !~ '/cash'))
);
create index suspense_resolutions_of on settle.suspense_resolutions (suspense_id);

create function settle.check_suspense_item() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_exception settle.reconciliation_exceptions;
begin
  select * into v_exception from settle.reconciliation_exceptions where exception_id = new.exception_id;
  if v_exception.exception_id is null then
    perform settle.refuse('NotFound', format('there is no exception %s', new.exception_id));
  end if;
  if v_exception.class <> 'bank-only' or v_exception.bank_amount_fen <= 0 then
    perform settle.refuse('SuspenseInvalid', format('exception %s is no money that came in and that only the bank has', new.exception_id));
  end if;
  if (new.region, new.account, new.bank_reference, new.amount_fen, new.received_on)
     is distinct from (v_exception.region, v_exception.account, v_exception.bank_reference, v_exception.bank_amount_fen, v_exception.on_date) then
    perform settle.refuse('SuspenseInvalid', format('%s is not what the bank says of exception %s', new.suspense_id, new.exception_id));
  end if;
  if btrim(new.reason) = '' then
    perform settle.refuse('ReasonMissing', format('%s is booked to suspense with a reason only', new.suspense_id));
  end if;
  if exists (select from settle.reconciliation_sign_offs where region = new.region and on_date = new.received_on) then
    perform settle.refuse('AppendOnly', format('%s is signed off: nothing more is booked to it', new.received_on));
  end if;
  perform settle.check_reconciliation_person(new.region, new.received_on, new.person, new.recorded_on);
  new.acting_for := settle.accountant_acting_for(new.region, new.person, new.recorded_on);
  return new;
end $$;
create trigger check_suspense_item before insert on settle.suspense_items
  for each row execute function settle.check_suspense_item();

create function settle.check_suspense_resolution() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_item settle.suspense_items;
  v_left bigint;
  v_back settle.reconciliation_exceptions;
begin
  select * into v_item from settle.suspense_items where suspense_id = new.suspense_id for update;
  if v_item.suspense_id is null then
    perform settle.refuse('NotFound', format('there is no %s in suspense', new.suspense_id));
  end if;
  if btrim(new.reason) = '' then
    perform settle.refuse('ReasonMissing', format('%s leaves suspense with a reason only', new.suspense_id));
  end if;
  select v_item.amount_fen - coalesce(sum(amount_fen), 0) into v_left from settle.suspense_resolutions where suspense_id = new.suspense_id;
  if new.amount_fen > v_left then
    perform settle.refuse('SuspenseInvalid', format('%s has %s fen left in suspense, not %s', new.suspense_id, v_left, new.amount_fen));
  end if;
  if new.exception_id is not null then
    select * into v_back from settle.reconciliation_exceptions where exception_id = new.exception_id;
    if v_back.class is distinct from 'bank-only' or v_back.region <> v_item.region or v_back.account <> v_item.account
       or new.account <> v_item.account or v_back.bank_amount_fen <> -new.amount_fen then
      perform settle.refuse('SuspenseInvalid', format('exception %s is not the bank taking %s fen back from %s', new.exception_id, new.amount_fen, v_item.account));
    end if;
    if exists (select from settle.reconciliation_sign_offs where region = v_item.region and on_date = v_back.on_date) then
      perform settle.refuse('AppendOnly', format('%s is signed off: nothing more is booked to it', v_back.on_date));
    end if;
  end if;
  perform settle.check_reconciliation_person(v_item.region, coalesce(v_back.on_date, new.resolved_on), new.person, new.resolved_on);
  new.acting_for := settle.accountant_acting_for(v_item.region, new.person, new.resolved_on);
  return new;
end $$;
create trigger check_suspense_resolution before insert on settle.suspense_resolutions
  for each row execute function settle.check_suspense_resolution();

do $$
declare
  t text;
  app text := current_database() || '_app';
begin
  foreach t in array array['suspense_items', 'suspense_resolutions'] loop
    execute format('create trigger %I before update or delete on settle.%I for each row execute function settle.append_only()', t || '_append_only', t);
    execute format('create trigger %I before truncate on settle.%I for each statement execute function settle.append_only()', t || '_no_truncate', t);
    execute format('grant select, insert on settle.%I to %I', t, app);
  end loop;
end $$;
