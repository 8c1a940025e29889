-- What enterprises apply for (新医保发〔2025〕50号 四(二); DESIGN 5.2). Rows are only ever added: what becomes of a line stands in
-- tables of its own, so that a million lines are settled without rewriting one.

-- The row whose lock commands in bulk take: imports, disputes, confirmations, top-ups of one window come one after the other.
create table settle.windows (
  region                  text not null references settle.regions,
  period                  text not null check (period ~ '^\d{4}-\d{2}$'),
  applications_closed_on  date,
  confirmations_closed_on date,
  primary key (region, period)
);

-- A file is imported once: the same bytes again, in their period, have no effect.
create table settle.application_files (
  file_id     bigint generated always as identity primary key,
  region      text not null,
  period      text not null,
  name        text not null,
  sha256      text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  rows        int not null,
  accepted    int not null,
  -- Rows whose line was accepted before with the same content.
  repeated    int not null,
  rejected    int not null,
  imported_on date not null,
  at_time     text not null,
  person      text not null,
  unique (region, period, sha256),
  foreign key (region, period) references settle.windows
);

-- Accepted lines, one row for each period in which a line was applied for; a later row of the same line supersedes an earlier
-- one, which was disputed then.
create table settle.application_lines (
  line_id     bigint generated always as identity primary key,
  region      text collate "C" not null,
  period      text collate "C" not null,
  line        text collate "C" not null,
  order_no    text not null,
  institution text collate "C" not null,
  -- The settlement body (医联体/医共体结算主体) through which the institution settled on the day of the import.
  body        text collate "C" not null,
  enterprise  text collate "C" not null,
  drug        text not null,
  category    text not null,
  kind        text not null check (kind in ('delivery', 'return', 'price-adjustment')),
  quantity    numeric not null,
  unit_price  numeric not null,
  amount_fen  bigint not null,
  ordered_on  date,
  received_on date not null,
  applied_on  date not null,
  verified_by text not null,
  invoice     text not null,
  file_id     bigint not null,
  -- The line of the file on which it stands; the header is line 1.
  row_no      int not null,
  unique (region, line, period)
);

-- An accepted line is taken back when its period brings another line of the same id: both are conflicts then.
create table settle.line_withdrawals (
  line_id bigint primary key,
  file_id bigint not null
);

-- Rows whose line was accepted before with the same content: nothing is taken from them.
create table settle.repeated_lines (
  region     text collate "C" not null,
  period     text collate "C" not null,
  file_id    bigint not null,
  row_no     int not null,
  line       text collate "C" not null,
  amount_fen bigint not null,
  primary key (file_id, row_no)
);
create index repeated_lines_line on settle.repeated_lines (region, period, line);

-- One row for each row of a file that was not accepted, also for an accepted or repeated one that a later file of the period
-- made a conflict.
create table settle.rejected_lines (
  region  text collate "C" not null,
  period  text collate "C" not null,
  file_id bigint not null,
  row_no  int not null,
  line    text collate "C" not null,
  code    text not null,
  detail  text not null default '',
  -- Null where the cells could not be read as an amount.
  amount_fen bigint,
  -- The file whose import found it: the row's own, or a later one of the same period.
  found_by bigint not null,
  primary key (file_id, row_no, code)
);
create index rejected_lines_window on settle.rejected_lines (region, period, line);
create index rejected_lines_found_by on settle.rejected_lines (found_by);

-- Each rejected row once, with the first code that applies: a row that was `already-settled` and became a conflict is one.
create view settle.rejected_rows as
  select distinct on (file_id, row_no) region, period, file_id, row_no, line, code, detail, amount_fen, found_by
    from settle.rejected_lines order by file_id, row_no, code = 'already-settled';

create table settle.catalogue (
  region     text not null references settle.regions,
  drug       text not null,
  category   text not null,
  valid_from date not null,
  valid_to   date,
  primary key (region, drug, category, valid_from)
);

-- Within an import the planner has to know how many lines there are; the application's role owns no table to analyze.
create function settle.analyze_lines() returns void
language plpgsql security definer set search_path = pg_catalog as $$
begin
  analyze settle.application_lines (line_id, region, period, body, enterprise);
end $$;
