-- What was proposed by mistake is withdrawn with a reason: it stands in the way of no other proposal, and is approved by nobody.

create table settle.decision_withdrawals (
  -- standard/… that is not approved, or collection/… that has not come in.
  decision_id  text primary key,
  region       text not null references settle.regions,
  reason       text not null check (btrim(reason) <> ''),
  withdrawn_by text not null,
  withdrawn_on date not null,
  at_time      text not null check (at_time ~ '^\d\d:\d\d$')
);

create function settle.check_decision_withdrawal() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_standard   settle.standard_decisions;
  v_collection settle.balance_collections;
begin
  if not settle.has_role(new.region, new.withdrawn_by, 'director', new.withdrawn_on) then
    perform settle.require_fund_role(new.region, new.withdrawn_by, 'business-head', new.withdrawn_on);
  end if;
  select * into v_standard from settle.standard_decisions where decision_id = new.decision_id and region = new.region for update;
  select * into v_collection from settle.balance_collections where collection_id = new.decision_id and region = new.region for update;
  if v_standard.decision_id is null and v_collection.collection_id is null then
    perform settle.refuse('NotFound', format('there is no decision %s in %s', new.decision_id, new.region));
  end if;
  if v_standard.approved_on is not null then
    perform settle.refuse('CaseStateInvalid', format('%s is approved: another decision takes its place from a later month on', new.decision_id));
  end if;
  if exists (select from settle.collection_receipts where collection_id = new.decision_id) then
    perform settle.refuse('CaseStateInvalid', format('%s has come in: it is not withdrawn', new.decision_id));
  end if;
  if exists (select from settle.decision_withdrawals where decision_id = new.decision_id) then
    perform settle.refuse('CaseStateInvalid', format('%s is withdrawn already', new.decision_id));
  end if;
  return new;
end $$;
create trigger check_decision_withdrawal before insert on settle.decision_withdrawals
  for each row execute function settle.check_decision_withdrawal();

create function settle.refuse_withdrawn(p_decision text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from settle.decision_withdrawals where decision_id = p_decision) then
    perform settle.refuse('CaseStateInvalid', format('%s was withdrawn: propose it anew', p_decision));
  end if;
end $$;

-- An update holds its row, so that a withdrawal and an approval at once are one after the other.
create function settle.check_standard_stands() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform settle.refuse_withdrawn(new.decision_id);
  return new;
end $$;
create trigger check_standard_stands before update on settle.standard_decisions
  for each row execute function settle.check_standard_stands();

create function settle.check_collection_stands() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform 1 from settle.balance_collections where collection_id = new.collection_id for update;
  perform settle.refuse_withdrawn(new.collection_id);
  return new;
end $$;
create trigger check_collection_stands before update on settle.balance_collections
  for each row execute function settle.check_collection_stands();
create trigger check_collection_stands before insert on settle.collection_receipts
  for each row execute function settle.check_collection_stands();

do $$
declare
  app text := current_database() || '_app';
begin
  execute format('grant select, insert on settle.decision_withdrawals to %I', app);
  execute format('grant execute on all functions in schema settle to %I', app);
  create trigger decision_withdrawals_append_only before update or delete on settle.decision_withdrawals
    for each statement execute function settle.append_only();
  create trigger decision_withdrawals_no_truncate before truncate on settle.decision_withdrawals
    for each statement execute function settle.append_only();
end $$;
