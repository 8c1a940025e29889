-- What the engine knows about a region: the files of a region folder, the policies and calendars it decides by.
create schema settle;

-- The one way in which SQL refuses something: SQLSTATE ST001, the code of domain/refusal.ts as JSON in DETAIL.
create function settle.refuse(code text, message text) returns void
language plpgsql set search_path = pg_catalog as $$
begin
  raise exception using errcode = 'ST001', message = message, detail = json_build_object('code', code);
end $$;

create function settle.append_only() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  perform settle.refuse('AppendOnly', format('%s.%s is append-only: no %s', tg_table_schema, tg_table_name, lower(tg_op)));
  return null;
end $$;

-- The bytes are kept: a decision made under a version can be read under that version for ever.
create table settle.policy_versions (
  policy_id text not null,
  version   text not null,
  sha256    text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  file_name text not null,
  content   text not null,
  primary key (policy_id, version)
);

create table settle.calendar_years (
  year     int primary key,
  source   text not null,
  holidays date[] not null,
  workdays date[] not null
);

create table settle.regions (
  region               text primary key check (region ~ '^\d{6}$'),
  name                 text not null,
  policies             text[] not null,
  provisional_calendar boolean not null,
  -- The supervised account (监管账户), one a region; each institution's virtual book lies in it.
  supervised_account   text not null
);

create table settle.funds (
  region                text not null references settle.regions,
  pool                  text not null,
  account               text not null,
  prepayment_budget_fen bigint not null check (prepayment_budget_fen >= 0),
  primary key (region, pool)
);

create table settle.institutions (
  region          text not null references settle.regions,
  institution     text not null check (institution ~ '^[HP]\d{11}$'),
  name            text not null,
  level           text not null,
  three_flows     boolean not null,
  executes_well   boolean not null,
  settles_through text,
  account         text not null,
  bank_code       text not null,
  primary key (region, institution),
  foreign key (region, settles_through) references settle.institutions
);

create table settle.enterprises (
  region     text not null references settle.regions,
  enterprise text not null,
  name       text not null,
  account    text not null,
  bank_code  text not null,
  primary key (region, enterprise)
);

create table settle.purchases (
  region      text not null,
  year        int not null,
  row_no      int not null,
  institution text not null,
  category    text not null,
  channel     text not null,
  amount_fen  bigint not null,
  primary key (region, year, row_no),
  foreign key (region, institution) references settle.institutions
);

create table settle.staff (
  region     text not null references settle.regions,
  person     text not null,
  name       text not null,
  roles      text[] not null,
  valid_from date,
  valid_to   date,
  primary key (region, person)
);
