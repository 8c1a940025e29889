-- Whom monthly funds pay: the register of the day says it, and nobody who is suspended (错付、串户; 新医保发〔2025〕50号 五(一), 六(三)).

-- Whoever has no account of its own is paid to its settlement body's.
create view settle.institution_payees as
  select i.region, i.institution, coalesce(i.settles_through, i.institution) as body,
         case when i.account = '' then b.name else i.name end as name,
         case when i.account = '' then b.account else i.account end as account,
         case when i.account = '' then b.bank_code else i.bank_code end as bank_code
    from settle.institutions i left join settle.institutions b on b.region = i.region and b.institution = i.settles_through;

-- As before (0052), and those of monthly funds: `enterprise` names the payee.
create or replace view settle.differing_payees as
  select p.payment_id, p.request_id, p.case_id, p.state, p.enterprise, p.payee_name, p.payee_account, p.payee_bank_code,
         e.name as register_name, e.account as register_account, e.bank_code as register_bank_code
    from settle.payments p left join settle.enterprises e on e.region = p.region and e.enterprise = p.enterprise
   where p.kind = 'payment'
     and (p.payee_name, p.payee_account, p.payee_bank_code) is distinct from (e.name, e.account, e.bank_code)
  union all
  select p.payment_id, p.request_id, p.case_id, p.state, p.institution, p.payee_name, p.payee_account, p.payee_bank_code,
         i.name, i.account, i.bank_code
    from settle.payments p left join settle.institution_payees i on i.region = p.region and i.institution = p.institution
   where p.kind = 'fund' and p.institution is not null
     and (p.payee_name, p.payee_account, p.payee_bank_code) is distinct from (i.name, i.account, i.bank_code)
  union all
  select p.payment_id, p.request_id, p.case_id, p.state, p.pool, p.payee_name, p.payee_account, p.payee_bank_code,
         p.payee_name, f.account, p.payee_bank_code
    from settle.payments p join settle.funds f on f.region = p.region and f.pool = p.pool
   where p.kind = 'fund' and p.institution is null and p.payee_account <> f.account;

create index payments_fund_paid_to on settle.payments (region, institution, paid_on) where kind = 'fund' and state = 'succeeded';

-- What every level looks at, for the institutions that a fund pays: as 0052 has it for enterprises.
create function settle.flag_fund_payees() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
  insert into settle.payee_flags (request_id, payment_id, flag, detail)
  with paying as materialized (
    select p.* from added a join settle.payments p on p.payment_id = a.payment_id where p.kind = 'fund' and p.institution is not null
  ), payees as materialized (
    select distinct region, institution from paying
  ), last_paid as materialized (
    select n.region, n.institution, l.* from payees n cross join lateral (
      select p.payee_name, p.payee_account, p.payee_bank_code, p.paid_on from settle.payments p
       where p.region = n.region and p.institution = n.institution and p.kind = 'fund' and p.state = 'succeeded'
       order by p.paid_on desc, p.payment_id desc limit 1) l
  ), holders as materialized (
    select region, enterprise as holder, account from settle.enterprises where region in (select region from payees)
     union all
    select region, institution, account from settle.institutions where region in (select region from payees)
  ), shared as materialized (
    select n.region, n.institution, string_agg(h.holder, ', ' order by h.holder collate "C") as others
      from payees n join settle.institution_payees i using (region, institution)
      join holders h on h.region = i.region and h.account = i.account and h.account <> '' and h.holder not in (i.institution, i.body)
     group by n.region, n.institution)
  select p.request_id, p.payment_id, 'payee-changed',
         format('last paid on %s to %s, account %s at %s', l.paid_on, l.payee_name, l.payee_account, l.payee_bank_code)
    from paying p join last_paid l using (region, institution)
   where (l.payee_name, l.payee_account, l.payee_bank_code) <> (p.payee_name, p.payee_account, p.payee_bank_code)
   union all
  select p.request_id, p.payment_id, 'shared-account', format('account %s is also that of %s', p.payee_account, s.others)
    from paying p join shared s using (region, institution);
  return null;
end $$;
create trigger flag_fund_payees after insert on settle.approval_items
  referencing new table as added for each statement execute function settle.flag_fund_payees();

-- As before (0052), and nothing of a fund to an institution whose settlement body is suspended on that day (五(一)).
create or replace function settle.check_suspended_payees() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_bad text;
begin
  if not exists (select from added where to_state in ('released', 'sent')) then
    return null;
  end if;
  with leaving as materialized (
    select p.payment_id, p.region, p.kind, p.enterprise, p.institution, a.on_date from added a join settle.payments p using (payment_id)
     where p.kind in ('payment', 'fund') and a.to_state in ('released', 'sent')
  ), days as materialized (
    select distinct region, on_date from leaving
  ), suspended as materialized (
    select d.region, d.on_date, s.enterprise from days d cross join lateral settle.suspended_enterprises(d.region, d.on_date) s
  ), suspended_funds as materialized (
    select d.region, d.on_date, i.institution from days d cross join lateral settle.suspended_institutions(d.region, d.on_date) s
      join settle.institutions i on i.region = d.region and coalesce(i.settles_through, i.institution) = s.institution)
  select min(payment_id) into v_bad from (
    select l.payment_id from leaving l join suspended s using (region, on_date, enterprise) where l.kind = 'payment'
     union all
    select l.payment_id from leaving l join suspended_funds s using (region, on_date, institution) where l.kind = 'fund') bad;
  if v_bad is not null then
    perform settle.refuse('PayeeSuspended', format('%s is not paid: its %s is suspended', v_bad,
      case when v_bad like 'fund/%' then 'institution' else 'enterprise' end));
  end if;
  return null;
end $$;

do $$
declare app text := current_database() || '_app';
begin
  execute format('grant select on settle.institution_payees to %I', app);
  execute format('grant execute on all functions in schema settle to %I', app);
end $$;
