-- One case is one workflow. The row is what lists and the rehearsal's conductor read; the story is in case_events.
create table settle.cases (
  case_id        text primary key,
  region         text not null references settle.regions,
  kind           text not null,
  period         text not null,
  policy_id      text not null,
  policy_version text not null,
  policy_sha256  text not null,
  state          text not null,
  opened_on      date not null,
  -- When its next timer is due; null where it waits for a person only.
  next_due_at    timestamptz,
  closed_on      date,
  foreign key (policy_id, policy_version) references settle.policy_versions
);
create index cases_open on settle.cases (next_due_at) where closed_on is null;

-- What happened, in the words that people read. `event_key` makes a step that an activity repeats appear once.
create table settle.case_events (
  event_id  bigint generated always as identity primary key,
  case_id   text not null references settle.cases,
  event_key text not null,
  on_date   date not null,
  at_time   text not null check (at_time ~ '^\d\d:\d\d$'),
  event     text not null,
  actor     text not null,
  detail    text not null,
  unique (case_id, event_key)
);

create table settle.alerts (
  region  text not null references settle.regions,
  kind    text not null,
  case_id text not null,
  on_date date not null,
  detail  text not null,
  primary key (region, kind, case_id, on_date)
);

create trigger case_events_append_only before update or delete on settle.case_events
  for each row execute function settle.append_only();
create trigger case_events_no_truncate before truncate on settle.case_events
  for each statement execute function settle.append_only();
