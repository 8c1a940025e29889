-- Two payees with one account (错付、串户; 新医保发〔2025〕50号 六(三)), however it is written: the bank knows neither hyphens nor small
-- letters. An account is also held by the agency itself, and, of enterprises, by whoever has it in another region: suppliers have
-- one id everywhere, so that another id is somebody else.

create function settle.account_key(account text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$ select upper(replace(account, '-', '')) $$;

create view settle.account_holders as
  select region, enterprise as holder, settle.account_key(account) as account_key from settle.enterprises
   union all
  select region, institution, settle.account_key(account) from settle.institutions where account <> ''
   union all
  select region, 'the supervised account of ' || region, settle.account_key(supervised_account) from settle.regions
   union all
  select region, 'the fund ' || pool || ' of ' || region, settle.account_key(account) from settle.funds;

-- As before (0052), with accounts compared so and over all regions.
create or replace function settle.flag_payees() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
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
  ), payees as materialized (
    select n.region, n.enterprise, settle.account_key(n.account) as account_key
      from settle.enterprises n where (n.region, n.enterprise) in (select region, enterprise from paying)
  ), holders as materialized (
    select distinct account_key, holder from settle.account_holders
  ), shared as materialized (
    select n.region, n.enterprise, string_agg(h.holder, ', ' order by h.holder collate "C") as others
      from payees n join holders h on h.account_key = n.account_key and h.holder <> n.enterprise
     group by n.region, n.enterprise)
  select p.request_id, p.payment_id, 'payee-changed',
         format('last paid on %s to %s, account %s at %s', l.paid_on, l.payee_name, l.payee_account, l.payee_bank_code)
    from paying p join last_paid l using (region, enterprise)
   where (l.payee_name, l.payee_account, l.payee_bank_code) <> (p.payee_name, p.payee_account, p.payee_bank_code)
   union all
  select p.request_id, p.payment_id, 'shared-account', format('account %s is also that of %s', p.payee_account, s.others)
    from paying p join shared s using (region, enterprise);
  return null;
end $$;

-- As before (0103), with accounts compared so.
create or replace function settle.flag_fund_payees() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_nestloop = off as $$
declare v_payments text[] := array(select payment_id from added);
begin
  insert into settle.payee_flags (request_id, payment_id, flag, detail)
  with paying as materialized (
    select p.* from settle.payments p where p.payment_id = any (v_payments) and p.kind = 'fund' and p.institution is not null
  ), payees as materialized (
    select distinct region, institution from paying
  ), last_paid as materialized (
    select n.region, n.institution, l.* from payees n cross join lateral (
      select p.payee_name, p.payee_account, p.payee_bank_code, p.paid_on from settle.payments p
       where p.region = n.region and p.institution = n.institution and p.kind = 'fund' and p.state = 'succeeded'
       order by p.paid_on desc, p.payment_id desc limit 1) l
  ), holders as materialized (
    select region, holder, account_key from settle.account_holders where region in (select region from payees)
  ), accounts as materialized (
    select i.region, i.institution, i.body, settle.account_key(i.account) as account_key from settle.institution_payees i
     where (i.region, i.institution) in (select region, institution from payees) and i.account <> ''
  ), shared as materialized (
    select i.region, i.institution, string_agg(h.holder, ', ' order by h.holder collate "C") as others
      from accounts i join holders h on h.region = i.region and h.account_key = i.account_key and h.holder not in (i.institution, i.body)
     group by i.region, i.institution)
  select p.request_id, p.payment_id, 'payee-changed',
         format('last paid on %s to %s, account %s at %s', l.paid_on, l.payee_name, l.payee_account, l.payee_bank_code)
    from paying p join last_paid l using (region, institution)
   where (l.payee_name, l.payee_account, l.payee_bank_code) <> (p.payee_name, p.payee_account, p.payee_bank_code)
   union all
  select p.request_id, p.payment_id, 'shared-account', format('account %s is also that of %s', p.payee_account, s.others)
    from paying p join shared s using (region, institution);
  return null;
end $$;
