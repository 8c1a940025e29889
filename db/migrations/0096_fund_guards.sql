-- What raw SQL could still do with a fund's months. Refused here, whoever asks.

-- What was paid ahead stays on record: the settlement takes it off.
create function settle.guard_preallocations() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from settle.payments where payment_id = old.payment_id and state not in ('new', 'prepared', 'cancelled'))
     or exists (select from settle.settlements s where s.region = old.region and s.period = old.period and s.institution = old.institution
                   and s.pool = old.pool and s.settled_on is not null and s.preallocated_fen > 0) then
    perform settle.refuse('AppendOnly', format('%s was paid ahead, or is being paid', old.payment_id));
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger guard_preallocations before update or delete on settle.preallocations
  for each row execute function settle.guard_preallocations();

-- As before (0080); a row is worked out before it is final, what was paid turns into held money only when its payment is cancelled,
-- and held money is released anew only when the release before it did not leave.
create or replace function settle.guard_settlements() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    if new.settled_on is not null then
      perform settle.refuse('AppendOnly', format('%s of %s in %s is worked out before it is final', new.institution, new.pool, new.period));
    end if;
    return new;
  end if;
  if old.settled_on is null then
    return case when tg_op = 'DELETE' then old else new end;
  end if;
  if tg_op = 'DELETE'
     or (to_jsonb(new) - '{paid_fen,held_fen,held_for,released_in,release_payment_id}'::text[])
        <> (to_jsonb(old) - '{paid_fen,held_fen,held_for,released_in,release_payment_id}'::text[])
     or new.paid_fen > old.paid_fen or new.held_fen < old.held_fen
     or (new.paid_fen <> old.paid_fen
         and not exists (select from settle.payments where payment_id = old.payment_id and state = 'cancelled')) then
    perform settle.refuse('AppendOnly', format('%s of %s in %s is settled', old.institution, old.pool, old.period));
  end if;
  if old.release_payment_id is not null
     and (new.released_in, new.release_payment_id) is distinct from (old.released_in, old.release_payment_id)
     and exists (select from settle.payments where payment_id = old.release_payment_id and state not in ('new', 'prepared', 'cancelled')) then
    perform settle.refuse('AppendOnly', format('%s is released, or is being released', old.release_payment_id));
  end if;
  return new;
end $$;
drop trigger guard_settlements on settle.settlements;
create trigger guard_settlements before insert or update or delete on settle.settlements
  for each row execute function settle.guard_settlements();

-- A clearing is the sum of the months settled, and stays what was signed.
create function settle.check_clearings() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_bad text;
begin
  with signed as (
    select distinct region, quarter, left(quarter, 4) || '-' || lpad((right(quarter, 1)::int * 3)::text, 2, '0') as last_month from added
  ), summed as (
    select x.quarter, s.region, s.institution, s.pool, sum(s.payable_fen) as payable,
           sum(s.preallocated_fen - s.collected_fen - s.returned_fen) as preallocated, sum(s.paid_fen) as paid, sum(s.held_fen) as held,
           (array_agg(s.carried_out_fen order by s.period desc))[1] as carried
      from signed x join settle.settlements s on s.region = x.region and s.period <= x.last_month and s.settled_on is not null
     group by 1, 2, 3, 4)
  select format('%s of %s in %s is not the sum of its months', a.institution, a.pool, a.quarter) into v_bad
    from added a left join summed m using (region, quarter, institution, pool)
   where (a.payable_fen, a.preallocated_fen, a.paid_fen, a.held_fen, a.carried_out_fen)
         is distinct from (m.payable, m.preallocated, m.paid, m.held, m.carried::bigint)
   order by 1 limit 1;
  if v_bad is not null then
    perform settle.refuse('CaseStateInvalid', v_bad);
  end if;
  return null;
end $$;
create trigger check_clearings after insert on settle.clearings
  referencing new table as added for each statement execute function settle.check_clearings();
create trigger clearings_append_only before update or delete on settle.clearings
  for each row execute function settle.append_only();
create trigger clearings_no_truncate before truncate on settle.clearings
  for each statement execute function settle.append_only();

-- A ratio is never decided below the one that every version of the region's policies asks at least (宿迁 2025-06-13 三(二)2).
alter table settle.policy_versions add column ratio_minimum numeric;
update settle.policy_versions set ratio_minimum = substring(content from 'ratioMinimum:\s*\{?\s*(?:\n\s*)?value:\s*''?([0-9.]+)')::numeric;
create function settle.check_standard_ratio() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_minimum numeric;
begin
  select min(v.ratio_minimum) into v_minimum
    from settle.policy_versions v join settle.regions r on r.region = new.region
   where cardinality(coalesce(r.policies, '{}')) = 0 or v.policy_id = any (r.policies);
  if new.ratio::numeric < v_minimum then
    perform settle.refuse('RatioTooLow', format('a ratio of %s is below %s, which no decision may go below', new.ratio, v_minimum));
  end if;
  return new;
end $$;
create trigger check_standard_ratio before insert on settle.standard_decisions
  for each row execute function settle.check_standard_ratio();
