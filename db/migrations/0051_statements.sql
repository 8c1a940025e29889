-- What institutions say to applications (新医保发〔2025〕50号 四(二), 五(一); DESIGN 5.2).

-- 药品货款直接结算委托书: without a current one an institution cannot confirm.
create table settle.entrustments (
  region      text not null,
  institution text not null,
  number      text not null,
  valid_from  date not null,
  valid_to    date,
  sha256      text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  filed_on    date not null,
  filed_by    text not null,
  primary key (region, institution, number),
  foreign key (region, institution) references settle.institutions
);

create table settle.line_disputes (
  line_id  bigint primary key references settle.application_lines,
  -- The window in which it was disputed.
  period   text not null,
  reason   text not null check (btrim(reason) <> ''),
  on_date  date not null,
  at_time  text not null,
  person   text not null
);

-- 货款预结算明细单. A statement that is taken back within its window is reversed, and the next one has the next revision.
create table settle.statements (
  region              text collate "C" not null,
  period              text collate "C" not null,
  institution         text collate "C" not null,
  revision            int not null,
  -- Sum of its positive lines, and of its negative ones (zero or less); net is their sum.
  gross_fen           bigint not null check (gross_fen > 0),
  credits_fen         bigint not null check (credits_fen <= 0),
  net_fen             bigint not null check (net_fen > 0 and net_fen = gross_fen + credits_fen),
  from_prepayment_fen bigint not null check (from_prepayment_fen >= 0),
  from_own_fen        bigint not null check (from_own_fen >= 0),
  top_up_fen          bigint not null default 0,
  entrustment         text not null,
  confirmed_on        date not null,
  at_time             text not null,
  confirmed_by        text not null,
  reversed_on         date,
  primary key (region, period, institution, revision),
  check (net_fen = from_prepayment_fen + from_own_fen)
);
create unique index one_statement_a_window on settle.statements (region, period, institution) where reversed_on is null;

-- One row is one payment: what the institution pays one enterprise.
create table settle.statement_enterprises (
  region              text collate "C" not null,
  period              text collate "C" not null,
  institution         text collate "C" not null,
  revision            int not null,
  enterprise          text collate "C" not null,
  gross_fen           bigint not null,
  credits_fen         bigint not null,
  net_fen             bigint not null check (net_fen > 0),
  from_prepayment_fen bigint not null,
  from_own_fen        bigint not null,
  -- Set when the payment was cancelled: the money went back as it was reserved, and the lines are open again.
  cancelled_on        date,
  primary key (region, period, institution, revision, enterprise),
  foreign key (region, period, institution, revision) references settle.statements,
  check (net_fen = from_prepayment_fen + from_own_fen)
);

-- A line settles at most once: its row here is the settlement. A reversal or a cancelled payment moves it to unsettled_lines.
create table settle.settled_lines (
  line_id     bigint primary key,
  region      text collate "C" not null,
  period      text collate "C" not null,
  institution text collate "C" not null,
  revision    int not null,
  enterprise  text collate "C" not null
);
-- Lines of one window lie together, so that a block range index finds them; a tree of a million of these keys costs more than the
-- lines themselves.
create index settled_lines_window on settle.settled_lines using brin (region, period) with (pages_per_range = 16);
create table settle.unsettled_lines (
  line_id     bigint not null,
  region      text collate "C" not null,
  period      text collate "C" not null,
  institution text collate "C" not null,
  revision    int not null,
  enterprise  text collate "C" not null,
  reopened_on date not null,
  primary key (line_id, period, revision)
);

create table settle.top_ups (
  top_up_id   text primary key,
  region      text not null,
  institution text not null,
  period      text not null,
  amount_fen  bigint not null check (amount_fen > 0),
  received_on date not null,
  recorded_by text not null
);

-- Every confirmation that was refused. Who was refused with ConfirmationUnfunded agreed and had not the money: `not-settled`, not
-- `late-reconciliation`, if the window ends so.
create table settle.refused_confirmations (
  refusal_id  bigint generated always as identity primary key,
  region      text not null,
  period      text not null,
  institution text not null,
  code        text not null,
  needed_fen  bigint not null,
  available_fen bigint not null,
  on_date     date not null,
  at_time     text not null,
  person      text not null
);

-- Lines that wait: what a confirmation, a dispute or a breach is about. The same as state `open` below, written so that it costs
-- three anti-joins (a line that is superseded was disputed before).
create view settle.open_lines as
  select l.* from settle.application_lines l
   where not exists (select from settle.settled_lines s where s.line_id = l.line_id)
     and not exists (select from settle.line_disputes d where d.line_id = l.line_id)
     and not exists (select from settle.line_withdrawals w where w.line_id = l.line_id);

-- Every accepted line is in exactly one state.
create view settle.line_states as
  select l.line_id, l.region, l.period, l.line, l.body, l.enterprise, l.amount_fen,
         case when w.line_id is not null then 'withdrawn'
              when exists (select from settle.application_lines n
                            where n.region = l.region and n.line = l.line and n.period > l.period
                              and not exists (select from settle.line_withdrawals nw where nw.line_id = n.line_id)) then 'superseded'
              when s.line_id is not null then 'settled'
              when d.line_id is not null then 'disputed'
              else 'open' end as state
    from settle.application_lines l
    left join settle.line_withdrawals w using (line_id)
    left join settle.settled_lines s using (line_id)
    left join settle.line_disputes d using (line_id);
