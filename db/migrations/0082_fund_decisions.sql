-- Decisions on monthly funds: another ratio of the monthly standard, and a balance below zero that is collected. Proposed by a business
-- head, approved by a director.

create function settle.require_fund_role(p_region text, p_person text, p_role text, p_on date) returns void
language plpgsql stable security definer set search_path = pg_catalog as $$
begin
  if not exists (select from settle.staff where region = p_region and person = p_person) then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of this region', p_person));
  end if;
  if not settle.has_role(p_region, p_person, p_role, p_on) then
    perform settle.refuse('ApprovalRoleMissing', format('%s has not the role %s on %s', p_person, p_role, p_on));
  end if;
end $$;

-- What a proposal says stands; only its approval is added, once, by another person.
create function settle.check_fund_decision() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if tg_op = 'INSERT' then
    if new.approved_by is not null or new.approved_on is not null then
      perform settle.refuse('ApprovalIncomplete', 'a decision is proposed first, and approved by another person');
    end if;
    perform settle.require_fund_role(new.region, new.proposed_by, 'business-head', new.proposed_on);
    if new.institution is not null and not exists (select from settle.institutions i where i.region = new.region and i.institution = new.institution) then
      perform settle.refuse('NotFound', format('%s is not an institution of %s', new.institution, new.region));
    end if;
    return new;
  end if;
  if old.approved_by is not null
     or to_jsonb(new) - '{approved_by,approved_on}'::text[] <> to_jsonb(old) - '{approved_by,approved_on}'::text[] then
    perform settle.refuse('AppendOnly', 'the decision stands as it is');
  end if;
  if new.approved_by = new.proposed_by then
    perform settle.refuse('ApprovalByPreparer', format('%s proposed it and does not approve it', new.approved_by));
  end if;
  perform settle.require_fund_role(new.region, new.approved_by, 'director', new.approved_on);
  return new;
end $$;
create trigger check_fund_decision before insert or update on settle.standard_decisions
  for each row execute function settle.check_fund_decision();

-- A ratio counts from a month whose standard is not worked out yet.
create function settle.check_standard_period() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if exists (select from settle.eligibility where region = new.region and period >= new.from_period) then
    perform settle.refuse('CaseStateInvalid', format('the standard of %s is worked out already: decide from a later month on', new.from_period));
  end if;
  return new;
end $$;
create trigger check_standard_period before insert or update on settle.standard_decisions
  for each row execute function settle.check_standard_period();
alter table settle.standard_decisions add check (ratio ~ '^(0(\.\d{1,10})?|1(\.0{1,10})?)$');

-- A balance below zero, collected in cash at an institution's exit or by decision.
create table settle.balance_collections (
  collection_id text primary key,
  region        text not null references settle.regions,
  institution   text not null,
  pool          text not null,
  amount_fen    bigint not null check (amount_fen > 0),
  reason        text not null check (btrim(reason) <> ''),
  proposed_by   text not null,
  proposed_on   date not null,
  approved_by   text,
  approved_on   date
);
create trigger check_fund_decision before insert or update on settle.balance_collections
  for each row execute function settle.check_fund_decision();

-- What came in for it: the number that the payer gave is what the bank's line is found by.
create table settle.collection_receipts (
  collection_id text primary key references settle.balance_collections,
  receipt_id    text not null unique,
  received_on   date not null,
  recorded_by   text not null
);
create function settle.check_collection_receipt() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_region   text;
  v_approved date;
begin
  select region, approved_on into v_region, v_approved from settle.balance_collections where collection_id = new.collection_id;
  if v_approved is null then
    perform settle.refuse('ApprovalIncomplete', format('%s is not approved', new.collection_id));
  end if;
  if not (settle.has_role(v_region, new.recorded_by, 'accountant', new.received_on) or settle.has_role(v_region, new.recorded_by, 'operator', new.received_on)) then
    perform settle.refuse('RecorderRoleMissing', format('%s is neither accountant nor operator on %s', new.recorded_by, new.received_on));
  end if;
  return new;
end $$;
create trigger check_collection_receipt before insert on settle.collection_receipts
  for each row execute function settle.check_collection_receipt();

do $$
declare
  app text := current_database() || '_app';
  t   text;
begin
  execute format('grant select, insert on settle.balance_collections, settle.collection_receipts to %I', app);
  execute format('grant update (approved_by, approved_on) on settle.standard_decisions to %I', app);
  execute format('grant update (approved_by, approved_on) on settle.balance_collections to %I', app);
  execute format('grant execute on all functions in schema settle to %I', app);
  foreach t in array array['standard_decisions', 'balance_collections', 'collection_receipts'] loop
    execute format('create trigger %I before delete on settle.%I for each statement execute function settle.append_only()', t || '_kept', t);
    execute format('create trigger %I before truncate on settle.%I for each statement execute function settle.append_only()', t || '_no_truncate', t);
  end loop;
  execute format('create trigger collection_receipts_append_only before update on settle.collection_receipts for each statement execute function settle.append_only()');
end $$;
