-- 复核 is taken back while nothing of the month is settled: what is rejected for a wrong claim or deduction can be put right (DESIGN 5.3: a
-- rejection returns the case to preparation), and who claims too late can be added.

create table settle.claim_reopenings (
  reopening_id bigint generated always as identity primary key,
  region       text not null references settle.regions,
  period       text not null,
  reason       text not null check (btrim(reason) <> ''),
  reopened_by  text not null,
  reopened_on  date not null,
  at_time      text not null check (at_time ~ '^\d\d:\d\d$')
);
create index claim_reopenings_of on settle.claim_reopenings (region, period);

create function settle.review_round(p_region text, p_period text) returns int
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select count(*)::int from settle.claim_reopenings where region = p_region and period = p_period
$$;

-- A review counts until the claims are opened again.
alter table settle.claim_reviews add column round int not null default 0;
drop index settle.claim_reviews_once;
create unique index claim_reviews_once on settle.claim_reviews (region, period, step, file_id, round) nulls not distinct;
create or replace view settle.current_claim_reviews as
  select r.* from settle.claim_reviews r
   where r.file_id is not distinct from settle.newest_claim_file(r.region, r.period) and r.round = settle.review_round(r.region, r.period);

-- Whether a re-check was taken back and none was done since.
create function settle.claims_are_reopened(p_region text, p_period text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select settle.review_round(p_region, p_period) > 0 and not exists (
    select from settle.current_claim_reviews where region = p_region and period = p_period and step = 're-check')
$$;

-- As before (0081, 0097), of the round that the review is done in.
do $$
declare v_source text := pg_get_functiondef('settle.check_claim_review()'::regprocedure);
begin
  if v_source not like '%new.in_transaction := pg_current_xact_id();%' then
    raise exception 'settle.check_claim_review is not what 0081 made it';
  end if;
  execute replace(v_source, 'new.in_transaction := pg_current_xact_id();',
    'new.in_transaction := pg_current_xact_id();
  new.round := settle.review_round(new.region, new.period);');
end $$;

-- As before (0081): another file comes until the re-check, or once it is taken back.
create or replace function settle.check_claim_file() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform settle.lock_claims(new.region, new.period);
  if exists (select from settle.current_claim_reviews where region = new.region and period = new.period and step = 're-check') then
    perform settle.refuse('CaseStateInvalid', format('the claims of %s were re-checked: they are not replaced any more', new.period));
  end if;
  return new;
end $$;

create function settle.check_claim_reopening() returns trigger
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
  select request_id into v_request from settle.approval_requests
   where case_id = format('fund/%s/%s', new.region, new.period) and subject = 'monthly settlement' and state = 'approved';
  if v_request is not null then
    perform settle.refuse('CaseStateInvalid', format('%s has all its approvals: what is found now goes into a later month''s claims', v_request));
  end if;
  return new;
end $$;
create trigger check_claim_reopening before insert on settle.claim_reopenings
  for each row execute function settle.check_claim_reopening();

-- What was worked out from claims that are open again is approved by nobody: it is rejected, and worked out anew after the next re-check.
create function settle.check_claims_stand() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_case settle.cases;
begin
  select c.* into v_case from settle.approval_requests r join settle.cases c using (case_id)
   where r.request_id = new.request_id and r.subject = 'monthly settlement' and c.kind = 'fund';
  if v_case.case_id is null or new.decision <> 'approve' then
    return new;
  end if;
  perform settle.lock_claims(v_case.region, v_case.period);
  if settle.claims_are_reopened(v_case.region, v_case.period) then
    perform settle.refuse('ApprovalContentChanged',
      format('the claims of %s are open again: reject %s; it is prepared anew after their re-check', v_case.period, new.request_id));
  end if;
  return new;
end $$;
create trigger check_claims_stand before insert on settle.approval_decisions
  for each row execute function settle.check_claims_stand();

do $$
declare
  app text := current_database() || '_app';
begin
  execute format('grant select, insert on settle.claim_reopenings to %I', app);
  execute format('grant execute on all functions in schema settle to %I', app);
  create trigger claim_reopenings_append_only before update or delete on settle.claim_reopenings
    for each statement execute function settle.append_only();
  create trigger claim_reopenings_no_truncate before truncate on settle.claim_reopenings
    for each statement execute function settle.append_only();
end $$;
