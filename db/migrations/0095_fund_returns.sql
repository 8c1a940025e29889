-- What comes back of a fund's money after it was settled (宿迁 2025-06-13 四; DESIGN 6): a pre-allocation that the bank returns when
-- its month is final, and a transfer from the fiscal deposit that the bank returns.

insert into ledger.posting_rule (event, debit_kind, credit_kind, reverses) values
  ('fiscal-transfer-returned', 'fund/fiscal-deposit', 'fund/cash', 'fiscal-transfer'),
  -- Returned between a settlement's preparation and its release: the advance is used up in the books all the same.
  ('preallocation-returned', 'fund/advance/instant', 'fund/benefit', null);

-- Both count like something payable of the month: what was paid back beyond the balance below zero, and pre-allocations of months
-- that were final when the bank sent them back, which are owed again.
alter table settle.settlements
  add column beyond_fen bigint not null default 0 check (beyond_fen >= 0),
  add column returned_fen bigint not null default 0 check (returned_fen >= 0);

do $$
declare v_name text;
begin
  select conname into strict v_name from pg_constraint
   where conrelid = 'settle.settlements'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%carried_in_fen) + paid_fen%';
  execute format('alter table settle.settlements drop constraint %I', v_name);
end $$;
alter table settle.settlements add constraint settlements_add_up
  check (payable_fen = preallocated_fen - beyond_fen - returned_fen - carried_in_fen + paid_fen + held_fen + carried_out_fen);

-- Rows are found by the payment that carries them.
create index preallocations_payment on settle.preallocations (payment_id);
create index settlements_payment on settle.settlements (payment_id) where payment_id is not null;
create index settlements_release on settle.settlements (release_payment_id) where release_payment_id is not null;
