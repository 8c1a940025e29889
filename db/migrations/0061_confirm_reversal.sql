-- A confirmation is taken back as it was posted, and once: its journal's key is the confirmation's with `-reversal`, and what it
-- puts into prepaid money is at most what that confirmation took from it for the same enterprise. Own money that became prepaid
-- would be the fund's to claim (新医保发〔2025〕50号 四(一): 专款专用).
create function ledger.check_confirm_reversal() returns trigger
language plpgsql set search_path = ledger, pg_temp as $$
declare
  taken bigint;
  extra record;
begin
  select j.sequence into taken from ledger.journal j
   where j.region = new.region and j.book = new.book and j.key = left(new.key, -length('-reversal')) and j.event = 'confirm'
     and j.reference = new.reference and j.sequence < new.sequence and new.key like '%-reversal';
  for extra in
    select t.debit_account_id, t.credit_account_id, sum(t.amount_fen) as fen
      from ledger.transfer t
      join ledger.account a on a.region = t.region and a.account_id = t.credit_account_id
     where t.region = new.region and t.sequence = new.sequence and a.kind = 'supervised/ledger/prepayment'
     group by t.debit_account_id, t.credit_account_id
  loop
    if extra.fen > (select coalesce(sum(o.amount_fen), 0) from ledger.transfer o
                     where o.region = new.region and o.sequence = taken
                       and o.debit_account_id = extra.credit_account_id and o.credit_account_id = extra.debit_account_id) then
      perform ledger.refuse('LedgerPostingForbidden',
        format('%s puts %s back into prepaid money, which its confirmation did not take from there', new.key, ledger.yuan(extra.fen::bigint)),
        jsonb_build_object('rule', '新医保发〔2025〕50号 四(一)', 'region', new.region, 'journal', new.key));
    end if;
  end loop;
  return null;
end $$;
create trigger confirm_reversed after insert on ledger.journal
  for each row when (new.event = 'confirm-reversal') execute function ledger.check_confirm_reversal();
