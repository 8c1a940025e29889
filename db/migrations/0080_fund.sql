-- Monthly fund settlement (宿迁 2025-06-13; DESIGN 5.7): what each institution gets from each pool, ahead and after review.

create table settle.spending (
  region      text not null,
  year        int not null,
  institution text not null,
  pool        text not null,
  amount_fen  bigint not null check (amount_fen >= 0),
  primary key (region, year, institution, pool),
  foreign key (region, institution) references settle.institutions
);

-- What is known of an institution, from a day on: the newest row on or before the 1st of a month decides about it.
create table settle.standings (
  region             text not null,
  institution        text not null,
  known_from         date not null,
  score              numeric not null,
  major_violation_on date,
  traceability       boolean not null,
  active             boolean not null,
  cooperates         boolean not null,
  agreement_kept     boolean not null,
  recorded_by        text not null,
  primary key (region, institution, known_from),
  foreign key (region, institution) references settle.institutions
);

create table settle.eligibility (
  region      text not null,
  period      text not null,
  institution text not null,
  eligible    boolean not null,
  failed      text[] not null,
  -- Each condition with its result and what it was judged by.
  results     jsonb not null,
  primary key (region, period, institution)
);

-- A ratio that was decided on, from a period on; without an institution for all of them, without a pool for all pools.
create table settle.standard_decisions (
  decision_id text primary key,
  region      text not null references settle.regions,
  institution text,
  pool        text,
  ratio       text not null,
  from_period text not null,
  reason      text not null check (btrim(reason) <> ''),
  proposed_by text not null,
  proposed_on date not null,
  approved_by text,
  approved_on date,
  check (approved_by is distinct from proposed_by)
);

create table settle.preallocations (
  region       text collate "C" not null,
  period       text collate "C" not null,
  institution  text collate "C" not null,
  pool         text collate "C" not null,
  ratio        text not null,
  amount_fen   bigint not null check (amount_fen > 0),
  payment_id   text not null,
  primary key (region, period, institution, pool)
);

-- 申报费用 by institution, pool and paying region (就医地结算、参保地支付), with what 初审 and 复核 take off.
create table settle.claims (
  region        text collate "C" not null,
  period        text collate "C" not null,
  institution   text collate "C" not null,
  pool          text collate "C" not null,
  paying_region text collate "C" not null,
  declared_fen  bigint not null check (declared_fen >= 0),
  deducted_fen  bigint not null default 0 check (deducted_fen between 0 and declared_fen),
  reason        text not null default '',
  primary key (region, period, institution, pool, paying_region)
);
create table settle.claim_reviews (
  review_id   bigint generated always as identity primary key,
  region      text not null,
  period      text not null,
  -- 初审 or 复核, two people; a review is of all claims of a period that are there.
  step        text not null check (step in ('first-review', 're-check')),
  claims      int not null,
  deducted_fen bigint not null,
  person      text not null,
  reviewed_on date not null,
  at_time     text not null,
  unique (region, period, step)
);

-- A row is a proposal while the run may still be rejected, and final from `settled_on` on: its advance is used up in the books then.
create table settle.settlements (
  region           text collate "C" not null,
  period           text collate "C" not null,
  institution      text collate "C" not null,
  pool             text collate "C" not null,
  payable_fen      bigint not null check (payable_fen >= 0),
  preallocated_fen bigint not null check (preallocated_fen >= 0),
  carried_in_fen   bigint not null check (carried_in_fen <= 0),
  -- Paid back since the month before was settled; counted in what is carried in, and what exceeds that in what was pre-allocated.
  collected_fen    bigint not null default 0,
  paid_fen         bigint not null check (paid_fen >= 0),
  held_fen         bigint not null check (held_fen >= 0),
  carried_out_fen  bigint not null check (carried_out_fen <= 0),
  offset_fen       bigint not null check (offset_fen >= 0),
  -- What held it: the cases of its breaches, for the institution to read; or that its payment was cancelled.
  held_for         text[] not null default '{}',
  payment_id       text,
  prepared_on      date not null,
  settled_on       date,
  -- Held money that is paid later, once, in the run of another period.
  released_in      text,
  release_payment_id text,
  primary key (region, period, institution, pool),
  check (payable_fen = preallocated_fen - carried_in_fen + paid_fen + held_fen + carried_out_fen),
  check (paid_fen = 0 or held_fen = 0)
);
create index settlements_held on settle.settlements (region, institution, pool) where held_fen > 0;

-- 季度清算: sums over all months settled so far. What was collected is taken off what was pre-allocated.
create table settle.clearings (
  region           text collate "C" not null,
  quarter          text not null check (quarter ~ '^\d{4}-Q[1-4]$'),
  institution      text collate "C" not null,
  pool             text collate "C" not null,
  payable_fen      bigint not null,
  preallocated_fen bigint not null,
  paid_fen         bigint not null,
  held_fen         bigint not null,
  released_fen     bigint not null,
  carried_out_fen  bigint not null check (carried_out_fen <= 0),
  signed_on        date not null,
  primary key (region, quarter, institution, pool),
  check (payable_fen = preallocated_fen + paid_fen + held_fen + carried_out_fen)
);

-- 财政专户 → 支出户, after four levels, on the finance department's confirmation.
create table settle.fiscal_transfers (
  -- The id of its payment, out of the fiscal deposit into the pool's account.
  transfer_id  text primary key,
  region       text not null references settle.regions,
  case_id      text not null references settle.cases,
  pool         text not null,
  amount_fen   bigint not null check (amount_fen > 0),
  request_id   text not null,
  confirmed_on date,
  confirmed_by text,
  evidence     text check (btrim(evidence) <> ''),
  check (num_nonnulls(confirmed_on, confirmed_by, evidence) in (0, 3))
);
create index fiscal_transfers_request on settle.fiscal_transfers (request_id);

-- 财政部门确认: after all levels, by a person of finance who decided nothing on it.
create function settle.check_transfer() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if old.confirmed_on is not null or (to_jsonb(new) - '{confirmed_on,confirmed_by,evidence}'::text[]) <> (to_jsonb(old) - '{confirmed_on,confirmed_by,evidence}'::text[]) then
    perform settle.refuse('AppendOnly', format('%s is confirmed once', old.transfer_id));
  end if;
  if not exists (select from settle.approval_requests where request_id = new.request_id and state = 'approved') then
    perform settle.refuse('ApprovalIncomplete', format('%s has not passed all levels', new.request_id));
  end if;
  if exists (select from settle.approval_decisions where request_id = new.request_id and new.confirmed_by in (person, acting_for)) then
    perform settle.refuse('ApprovalSamePerson', format('%s has decided on %s', new.confirmed_by, new.request_id));
  end if;
  if not settle.has_role(new.region, new.confirmed_by, 'finance', new.confirmed_on) then
    perform settle.refuse('ApprovalRoleMissing', format('%s has not the role finance on %s', new.confirmed_by, new.confirmed_on));
  end if;
  return new;
end $$;
create trigger check_transfer before update on settle.fiscal_transfers
  for each row execute function settle.check_transfer();

-- Nothing leaves the fiscal deposit that the finance department has not confirmed.
create function settle.check_transfer_release() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if exists (select from settle.fiscal_transfers where request_id = new.request_id and confirmed_on is null) then
    perform settle.refuse('ApprovalIncomplete', format('%s waits for the confirmation of the finance department', new.request_id));
  end if;
  return new;
end $$;
create trigger check_transfer_release before insert on settle.releases
  for each row execute function settle.check_transfer_release();

-- What is final stays; only its payment may turn into held money, and held money be released.
create function settle.guard_settlements() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  if old.settled_on is not null and (tg_op = 'DELETE'
     or (to_jsonb(new) - '{paid_fen,held_fen,held_for,released_in,release_payment_id}'::text[])
        <> (to_jsonb(old) - '{paid_fen,held_fen,held_for,released_in,release_payment_id}'::text[])
     or new.paid_fen > old.paid_fen or new.held_fen < old.held_fen) then
    perform settle.refuse('AppendOnly', format('%s of %s in %s is settled', old.institution, old.pool, old.period));
  end if;
  return coalesce(new, old);
end $$;
create trigger guard_settlements before update or delete on settle.settlements
  for each row execute function settle.guard_settlements();

-- As before (0031); and the engine may take back a fund's payment that has not arrived: where the month is settled without a
-- pre-allocation, and where its institution is suspended by now. Nothing is paid by that.
create or replace function settle.check_operator() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare v_bad record;
begin
  select a.actor, a.on_date, p.payment_id, p.region into v_bad
    from added a join settle.payments p using (payment_id)
   where ((a.from_state in ('failed', 'returned') and a.to_state in ('released', 'prepared', 'cancelled'))
          or (a.from_state = 'held' and a.to_state = 'cancelled'))
     and not (p.kind = 'fund' and a.to_state = 'cancelled' and a.actor = 'engine')
     and not settle.has_role(p.region, a.actor, 'operator', a.on_date)
   order by p.payment_id limit 1;
  if v_bad.payment_id is null then
    return null;
  end if;
  if not exists (select from settle.staff where region = v_bad.region and person = v_bad.actor) then
    perform settle.refuse('PersonUnknown', format('%s is not on the staff list of %s', v_bad.actor, v_bad.region));
  end if;
  perform settle.refuse('OperatorRoleMissing', format('%s has not the role operator on %s: %s stays as it is', v_bad.actor, v_bad.on_date, v_bad.payment_id));
  return null;
end $$;

do $$
declare
  app text := current_database() || '_app';
  t   text;
begin
  foreach t in array array['spending', 'standings', 'eligibility', 'standard_decisions', 'preallocations', 'claims', 'claim_reviews',
      'settlements', 'clearings', 'fiscal_transfers'] loop
    execute format('grant select, insert on settle.%I to %I', t, app);
  end loop;
  -- A run that is rejected is worked out again.
  execute format('grant delete on settle.eligibility, settle.preallocations, settle.settlements to %I', app);
  execute format('grant update (payment_id, settled_on, paid_fen, held_fen, held_for, released_in, release_payment_id) on settle.settlements to %I', app);
  execute format('grant update (payment_id) on settle.preallocations to %I', app);
  execute format('grant update (confirmed_on, confirmed_by, evidence) on settle.fiscal_transfers to %I', app);
  execute format('grant execute on all functions in schema settle to %I', app);
end $$;
