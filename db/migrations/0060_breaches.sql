-- Cases that another case or an officer begins (DESIGN 7): written first, started by id afterwards, so that none is lost or doubled.
create table settle.planned_cases (
  case_id       text primary key,
  workflow_type text not null,
  region        text not null references settle.regions,
  kind          text not null,
  period        text not null,
  -- What the workflow is started with, besides the offset of its clock.
  input         jsonb not null,
  planned_on    date not null
);

-- 违约 (新医保发〔2025〕50号 五(一); DESIGN 5.5). Dates say what holds: no workflow needs to have run for a suspension to be known.
create table settle.breaches (
  case_id       text primary key,
  region        text not null references settle.regions,
  institution   text not null,
  kind          text not null check (kind in ('late-reconciliation', 'not-settled', 'prepayment-not-returned')),
  period        text not null,
  notice_on     date not null,
  -- The last day of correction, and the day from which who has not corrected before it is suspended.
  deadline      date not null,
  suspends_on   date not null,
  corrected_on  date,
  -- `engine` where it was found from the ledger or the lines, else the officer, with the evidence.
  corrected_by  text,
  evidence      text,
  -- Force majeure that was found after the notice ends the case, and it is left out of every list of breaches.
  exempted_on   date,
  unique (region, institution, kind, period)
);
create table settle.breach_lines (
  case_id text not null references settle.breaches,
  line_id bigint not null,
  primary key (case_id, line_id)
);
create index breach_lines_line on settle.breach_lines (line_id);

-- 不可抗力, recorded with its evidence, before or after the notice.
create table settle.force_majeure (
  region      text not null,
  -- An institution or an enterprise.
  subject     text not null,
  kind        text not null,
  period      text not null,
  evidence    text not null check (btrim(evidence) <> ''),
  recorded_on date not null,
  recorded_by text not null,
  primary key (region, subject, kind, period)
);

-- 医药企业 (五(二); DESIGN 5.6).
create table settle.supply (
  region             text not null,
  period             text not null,
  enterprise         text not null,
  orders             int not null,
  responded          int not null,
  ordered_quantity   numeric not null,
  delivered_quantity numeric not null,
  primary key (region, period, enterprise)
);
create table settle.enterprise_cases (
  case_id        text primary key,
  region         text not null references settle.regions,
  enterprise     text not null,
  kind           text not null check (kind in ('risk-warning', 'interview')),
  period         text not null,
  opened_on      date not null,
  deadline       date,
  -- An officer's finding: refused to mend it, with serious social impact.
  refused_on     date,
  suspended_from date,
  performed_on   date,
  exempted_on    date,
  unique (region, enterprise, kind, period)
);

-- The one question that every payment run asks. A correction counts for its whole day (DESIGN 3).
create function settle.suspended_institutions(p_region text, p_on date) returns table (institution text)
language sql stable set search_path = pg_catalog as $$
  select distinct b.institution from settle.breaches b
   where b.region = p_region and b.suspends_on <= p_on and b.exempted_on is null
     and (b.corrected_on is null or b.corrected_on > p_on) and coalesce(b.corrected_on >= b.suspends_on, true)
$$;
create function settle.suspended_enterprises(p_region text, p_on date) returns table (enterprise text)
language sql stable set search_path = pg_catalog as $$
  select distinct c.enterprise from settle.enterprise_cases c
   where c.region = p_region and c.suspended_from <= p_on and c.exempted_on is null
     and (c.performed_on is null or c.performed_on > p_on)
$$;
