-- A payment is one sum to one payee (DESIGN 5.4). Its state changes are append-only rows; `state` points at the last.
create table settle.payments (
  payment_id      text primary key,
  region          text not null references settle.regions,
  case_id         text not null references settle.cases,
  kind            text not null check (kind in ('disbursement', 'agency-return', 'payment', 'fund')),
  period          text not null,
  institution     text,
  enterprise      text,
  pool            text,
  -- The year of the advance that a disbursement makes or an agency-return reduces.
  advance_year    int,
  amount_fen      bigint not null check (amount_fen > 0),
  debtor_account  text not null,
  payee_name      text not null,
  payee_account   text not null,
  payee_bank_code text not null,
  -- The approval request that covers what is paid now; a corrected account moves the payment to a new one.
  request_id      text not null,
  state           text not null default 'new',
  changes         int not null default 0,
  attempt         int not null default 1,
  paid_on         date
);
create index payments_case on settle.payments (case_id, state);
create index payments_request on settle.payments (request_id);

-- Exactly what an approver approves of one payment, as one line of text; JSON, so that no field can reach into the next.
create function settle.payment_content(p settle.payments) returns text
language sql immutable set search_path = pg_catalog as $$
  select jsonb_build_array(p.payment_id, p.kind, p.period, p.institution, p.enterprise, p.pool, p.advance_year,
                           p.amount_fen, p.debtor_account, p.payee_name, p.payee_account, p.payee_bank_code)::text
$$;

create table settle.payment_states (
  payment_id text not null references settle.payments,
  seq        int not null,
  from_state text not null,
  to_state   text not null,
  attempt    int not null,
  on_date    date not null,
  at_time    text not null check (at_time ~ '^\d\d:\d\d$'),
  actor      text not null,
  reason     text not null default '',
  -- For `succeeded` and `returned`: the bank's own reference and booking date.
  bank_reference text,
  booked_on      date,
  primary key (payment_id, seq),
  check (to_state not in ('succeeded', 'returned') or (bank_reference is not null and booked_on is not null))
);
-- A payment succeeds once an attempt, whoever says so.
create unique index payment_succeeds_once on settle.payment_states (payment_id, attempt) where to_state = 'succeeded';

-- The states of DESIGN 5.4, as data: what is not here is refused. `retry` is failed|returned → released, with a new
-- attempt; `correct` is failed|returned → prepared, so that the new account goes through approval again.
create table settle.payment_transitions (
  from_state text not null,
  to_state   text not null,
  new_attempt boolean not null default false,
  primary key (from_state, to_state)
);
insert into settle.payment_transitions (from_state, to_state, new_attempt) values
  ('new', 'prepared', false),
  ('prepared', 'approved', false), ('prepared', 'cancelled', false),
  ('approved', 'released', false), ('approved', 'held', false),
  ('held', 'approved', false), ('held', 'cancelled', false),
  ('released', 'sent', false),
  ('sent', 'succeeded', false), ('sent', 'failed', false), ('sent', 'unknown', false),
  ('unknown', 'succeeded', false), ('unknown', 'failed', false),
  ('succeeded', 'returned', false),
  ('failed', 'released', true), ('failed', 'prepared', true), ('failed', 'cancelled', false),
  ('returned', 'released', true), ('returned', 'prepared', true), ('returned', 'cancelled', false);

-- A message is stored before it is sent, and never expires: whatever becomes of the process, the bank can be asked.
create table settle.bank_messages (
  message_id  text primary key,
  region      text not null references settle.regions,
  case_id     text not null references settle.cases,
  debtor_account text not null,
  created_on  date not null,
  created_at_time text not null,
  -- stored → sending → answered | unanswered. A message found in `sending` by a restarted activity is unanswered.
  state       text not null default 'stored' check (state in ('stored', 'sending', 'answered', 'unanswered'))
);

create table settle.payment_attempts (
  end_to_end_id text primary key,
  message_id    text not null references settle.bank_messages,
  payment_id    text not null references settle.payments,
  attempt       int not null,
  unique (payment_id, attempt)
);
create index payment_attempts_message on settle.payment_attempts (message_id);
