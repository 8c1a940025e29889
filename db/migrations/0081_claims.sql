-- Claims and their review (宿迁 2025-06-13 三(一)): what comes in, who looks at it, and what is taken off, whatever asks the database.

-- Each file that was taken; of a period the newest one counts.
create table settle.claim_files (
  file_id      bigint generated always as identity primary key,
  region       text not null references settle.regions,
  period       text not null,
  sha256       text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  claims       int not null,
  declared_fen bigint not null,
  deducted_fen bigint not null,
  -- Empty where nobody was asked: a rehearsal's import.
  imported_by  text not null,
  imported_on  date not null,
  at_time      text not null
);
create index claim_files_of on settle.claim_files (region, period, file_id);

-- What an earlier file of the period said, once another one took its place.
create table settle.replaced_claims (like settle.claims);
alter table settle.replaced_claims add column replaced_by bigint not null references settle.claim_files;

-- A review is of a file: another file needs another one.
alter table settle.claim_reviews drop constraint claim_reviews_region_period_step_key;
alter table settle.claim_reviews add column file_id bigint references settle.claim_files;
alter table settle.claim_reviews add column acting_for text;
alter table settle.claim_reviews add column in_transaction xid8 not null default pg_current_xact_id();
create unique index claim_reviews_once on settle.claim_reviews (region, period, step, file_id) nulls not distinct;

-- 扣减: what a review takes off a claim in place of what was taken off before, and why.
create table settle.claim_deductions (
  review_id     bigint not null references settle.claim_reviews,
  institution   text not null,
  pool          text not null,
  paying_region text not null,
  deducted_fen  bigint not null check (deducted_fen >= 0),
  reason        text not null check (btrim(reason) <> ''),
  primary key (review_id, institution, pool, paying_region)
);

create function settle.newest_claim_file(p_region text, p_period text) returns bigint
language sql stable security definer set search_path = pg_catalog as $$
  select max(file_id) from settle.claim_files where region = p_region and period = p_period
$$;

-- The reviews that count: of the newest file.
create view settle.current_claim_reviews as
  select r.* from settle.claim_reviews r where r.file_id is not distinct from settle.newest_claim_file(r.region, r.period);

create function settle.lock_claims(p_region text, p_period text) returns void
language sql volatile set search_path = pg_catalog as $$
  select pg_advisory_xact_lock(hashtext('settle claims'), hashtext(p_region || '/' || p_period))
$$;

create function settle.check_claim_file() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform settle.lock_claims(new.region, new.period);
  if exists (select from settle.claim_reviews where region = new.region and period = new.period and step = 're-check') then
    perform settle.refuse('CaseStateInvalid', format('the claims of %s were re-checked: they are not replaced any more', new.period));
  end if;
  return new;
end $$;
create trigger check_claim_file before insert on settle.claim_files
  for each row execute function settle.check_claim_file();

-- Claims come and go with a file, and only before anybody has reviewed it.
create function settle.check_claims() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_period text;
begin
  select c.period into v_period
    from (select distinct region, period from touched) c
   where exists (select from settle.current_claim_reviews r where r.region = c.region and r.period = c.period) limit 1;
  if v_period is not null then
    perform settle.refuse('CaseStateInvalid', format('the claims of %s are under review: another file takes their place as a whole', v_period));
  end if;
  return null;
end $$;
create trigger check_new_claims after insert on settle.claims referencing new table as touched
  for each statement execute function settle.check_claims();
create trigger check_gone_claims after delete on settle.claims referencing old table as touched
  for each statement execute function settle.check_claims();

-- 初审 by an officer, then 复核 by a business head: two people, also where one stands in for somebody on leave.
create function settle.check_claim_review() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_role  text := case new.step when 'first-review' then 'officer' else 'business-head' end;
  v_first settle.claim_reviews;
begin
  perform settle.lock_claims(new.region, new.period);
  new.file_id := settle.newest_claim_file(new.region, new.period);
  new.in_transaction := pg_current_xact_id();
  if not exists (select from settle.staff where region = new.region and person = new.person) then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of this region', new.person));
  end if;
  if not exists (select from settle.staff_capacities
                  where region = new.region and person = new.person and role = v_role and acting_for is not distinct from new.acting_for
                    and new.reviewed_on >= coalesce(valid_from, new.reviewed_on) and new.reviewed_on <= coalesce(valid_to, new.reviewed_on)) then
    perform settle.refuse('ApprovalRoleMissing', format('%s has not the role %s on %s', new.person, v_role, new.reviewed_on));
  end if;
  if not exists (select from settle.claims where region = new.region and period = new.period) then
    perform settle.refuse('NotFound', format('there are no claims of %s', new.period));
  end if;
  if exists (select from settle.current_claim_reviews r
              where r.region = new.region and r.period = new.period and r.step in (new.step, 're-check')) then
    perform settle.refuse('ApprovalNotOpen', format('the claims of %s have their %s', new.period, new.step));
  end if;
  if new.step = 're-check' then
    select * into v_first from settle.current_claim_reviews r
     where r.region = new.region and r.period = new.period and r.step = 'first-review';
    if v_first.review_id is null then
      perform settle.refuse('ApprovalOutOfOrder', format('the claims of %s have no first review yet', new.period));
    end if;
    if array_remove(array[v_first.person, v_first.acting_for], null) && array_remove(array[new.person, new.acting_for], null) then
      perform settle.refuse('ApprovalSamePerson', format('%s has done the first review: another person re-checks', v_first.person));
    end if;
  end if;
  return new;
end $$;
create trigger check_claim_review before insert on settle.claim_reviews
  for each row execute function settle.check_claim_review();

-- Deductions are part of their review: they come with it, and what they say becomes what is taken off.
create function settle.take_deductions() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_taken int;
  v_wrong text;
begin
  if exists (select from added a join settle.claim_reviews r using (review_id) where r.in_transaction <> pg_current_xact_id()) then
    perform settle.refuse('ApprovalNotOpen', 'deductions are recorded with their review, not after it');
  end if;
  select format('%s %s: %s is deducted of %s', a.institution, a.pool, ledger.yuan(a.deducted_fen), coalesce(ledger.yuan(c.declared_fen), 'nothing declared'))
    into v_wrong
    from added a join settle.claim_reviews r using (review_id)
    left join settle.claims c using (region, period, institution, pool, paying_region)
   where c.declared_fen is null or a.deducted_fen > c.declared_fen limit 1;
  if v_wrong is not null then
    perform settle.refuse('DeductionInvalid', v_wrong);
  end if;
  update settle.claims c set deducted_fen = a.deducted_fen, reason = a.reason
    from added a join settle.claim_reviews r using (review_id)
   where c.region = r.region and c.period = r.period and c.institution = a.institution and c.pool = a.pool and c.paying_region = a.paying_region;
  return null;
end $$;
create trigger take_deductions after insert on settle.claim_deductions referencing new table as added
  for each statement execute function settle.take_deductions();

-- What a review says it has seen is what is there when it is done.
create function settle.check_review_totals() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  v_claims   int;
  v_deducted bigint;
begin
  select count(*), coalesce(sum(deducted_fen), 0) into v_claims, v_deducted
    from settle.claims where region = new.region and period = new.period;
  if v_claims <> new.claims or v_deducted <> new.deducted_fen then
    perform settle.refuse('ApprovalContentChanged', format('%s: %s claims with %s deducted are there, not %s with %s', new.period,
      v_claims, ledger.yuan(v_deducted), new.claims, ledger.yuan(new.deducted_fen)));
  end if;
  return null;
end $$;
create constraint trigger check_review_totals after insert on settle.claim_reviews
  deferrable initially deferred for each row execute function settle.check_review_totals();

do $$
declare
  app text := current_database() || '_app';
  t   text;
begin
  execute format('grant select on settle.claim_files, settle.replaced_claims, settle.claim_deductions, settle.current_claim_reviews to %I', app);
  execute format('grant insert on settle.claim_files, settle.replaced_claims, settle.claim_deductions to %I', app);
  execute format('grant delete on settle.claims to %I', app);
  -- What was spent is a base, and what is known of an institution decides about money: registers are the owner's to write.
  execute format('revoke insert on settle.spending, settle.standings from %I', app);
  execute format('grant execute on all functions in schema settle to %I', app);
  foreach t in array array['claim_files', 'replaced_claims', 'claim_reviews', 'claim_deductions'] loop
    execute format('create trigger %I before update or delete on settle.%I for each statement execute function settle.append_only()', t || '_append_only', t);
    execute format('create trigger %I before truncate on settle.%I for each statement execute function settle.append_only()', t || '_no_truncate', t);
  end loop;
end $$;
