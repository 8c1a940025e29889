-- Payments to enterprises that are to leave a batch that is still being decided (新医保发〔2025〕50号 六(二) 核查确认): content that four
-- levels read is not changed under them. When a level rejects the request, it is prepared anew without them.
create table settle.left_out_payments (
  payment_id text primary key references settle.payments,
  person     text not null,
  reason     text not null check (btrim(reason) <> ''),
  on_date    date not null,
  at_time    text not null check (at_time ~ '^\d\d:\d\d$')
);

create function settle.check_left_out() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_payment settle.payments;
begin
  select * into v_payment from settle.payments where payment_id = new.payment_id for update;
  if v_payment.kind <> 'payment' or v_payment.state <> 'prepared' then
    perform settle.refuse('PaymentStateInvalid',
      format('%s is %s: what is prepared for an enterprise can be left out of its batch', new.payment_id, v_payment.state));
  end if;
  if not settle.has_role(v_payment.region, new.person, 'operator', new.on_date) then
    perform settle.refuse('OperatorRoleMissing', format('%s has not the role operator on %s', new.person, new.on_date));
  end if;
  return new;
end $$;
create trigger check_left_out before insert on settle.left_out_payments
  for each row execute function settle.check_left_out();
create trigger left_out_payments_append_only before update or delete on settle.left_out_payments
  for each row execute function settle.append_only();
create trigger left_out_payments_no_truncate before truncate on settle.left_out_payments
  for each statement execute function settle.append_only();

do $$
begin
  execute format('grant select, insert on settle.left_out_payments to %I', current_database() || '_app');
end $$;
