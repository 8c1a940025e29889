-- Prepayment and its return (新医保发〔2025〕50号 四(一); DESIGN 5.1). Institutions here are settlement bodies.
create table settle.prepayments (
  region      text not null,
  year        int not null,
  institution text not null,
  case_id     text not null references settle.cases,
  base_fen    bigint not null check (base_fen > 0),
  ratio       text not null,
  amount_fen  bigint not null check (amount_fen > 0),
  primary key (region, year, institution),
  foreign key (region, institution) references settle.institutions
);

create table settle.prepayment_pools (
  region      text not null,
  year        int not null,
  institution text not null,
  pool        text not null,
  amount_fen  bigint not null check (amount_fen > 0),
  payment_id  text not null,
  primary key (region, year, institution, pool),
  foreign key (region, year, institution) references settle.prepayments
);

-- What is prepared may be prepared anew; what has been approved or paid stays as the reason of its payment.
create function settle.keep_paid_pools() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  if exists (select from settle.payments p where p.payment_id = old.payment_id and p.state not in ('new', 'prepared', 'cancelled')) then
    perform settle.refuse('AppendOnly', format('%s is under way: its prepayment is not taken away', old.payment_id));
  end if;
  return old;
end $$;
create trigger keep_paid_pools before delete on settle.prepayment_pools
  for each row execute function settle.keep_paid_pools();

-- The plan is fixed when the disbursement is booked, as if every return came.
create table settle.return_plan (
  region      text not null,
  institution text not null,
  period      text not null,
  year        int not null,
  due_on      date not null,
  amount_fen  bigint not null check (amount_fen > 0),
  primary key (region, institution, period),
  foreign key (region, year, institution) references settle.prepayments
);

create table settle.return_plan_pools (
  region      text not null,
  institution text not null,
  period      text not null,
  pool        text not null,
  amount_fen  bigint not null check (amount_fen > 0),
  primary key (region, institution, period, pool),
  foreign key (region, institution, period) references settle.return_plan
);

-- What came for a return, from unused prepayment or paid in. The key is the caller's, so a repeat is one receipt.
create table settle.return_receipts (
  receipt_id  text primary key,
  region      text not null,
  institution text not null,
  period      text not null,
  received_on date not null,
  from_unused_fen bigint not null check (from_unused_fen >= 0),
  paid_in_fen     bigint not null check (paid_in_fen >= 0),
  excess_fen      bigint not null check (excess_fen >= 0),
  recorded_by text not null,
  foreign key (region, institution, period) references settle.return_plan
);
create index return_receipts_return on settle.return_receipts (region, institution, period);

-- A receipt's share of each pool, and the transfer that moved it on to the fund account.
create table settle.return_receipt_pools (
  receipt_id text not null references settle.return_receipts,
  pool       text not null,
  amount_fen bigint not null check (amount_fen > 0),
  payment_id text references settle.payments,
  primary key (receipt_id, pool)
);
create index return_receipt_pools_unmoved on settle.return_receipt_pools (receipt_id) where payment_id is null;
