-- The number of a top-up is its payer's own: two institutions, or regions, may use the same.
alter table settle.top_ups drop constraint top_ups_pkey, add primary key (region, institution, top_up_id);

-- As before (0040), but what two institutions paid in under one number on one day are two entries, told apart by the institution.
create or replace function settle.cash_entries(p_region text, p_date date)
returns table (account text, ledger_key text, amount_fen bigint, institution text, postings bigint)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select c.path,
         c.ledger_key || case when c.payer is not null and count(*) over (partition by c.path, c.ledger_key, c.is_credit) > 1 then ' ' || c.payer else '' end,
         c.amount_fen, c.institution, c.postings
    from (
      select a.path, k.ledger_key, k.payer, e.debit_fen = 0 as is_credit, sum(e.debit_fen - e.credit_fen)::bigint as amount_fen,
             min(o.institution collate "C") as institution, count(*) as postings
        from ledger.journal j
        join ledger.transfer t using (region, sequence)
        cross join lateral (values (t.debit_account_id, t.credit_account_id, t.amount_fen, 0::bigint),
                                   (t.credit_account_id, t.debit_account_id, 0::bigint, t.amount_fen))
          e (account_id, other_id, debit_fen, credit_fen)
        join ledger.account a on a.region = j.region and a.account_id = e.account_id and a.kind in ('fund/cash', 'supervised/cash')
        join ledger.account o on o.region = j.region and o.account_id = e.other_id
        left join settle.payments p on p.payment_id = j.reference
        cross join lateral (select case when p.payment_id is not null then j.key
                                        when j.event = 'opening' then 'opening' else j.reference end,
                                   case when j.event = 'top-up' then o.institution end) k (ledger_key, payer)
       where j.region = p_region and j.date = p_date
       group by a.path, k.ledger_key, k.payer, e.debit_fen = 0) c
$$;
