-- The double-entry ledger (DESIGN 6). A journal is a header and its transfers; a transfer names the debited and the credited
-- account and one amount above zero, so no journal can be out of balance. Everything is per region: accounts, keys, chain.
-- Text is compared byte by byte (COLLATE "C"), so that orders and hashes do not depend on the server's locale.

CREATE SCHEMA ledger;

-- A refusal for people: `refusal` is a code of domain/refusal.ts, `details` is data for machines. db/refusals.ts reads it back.
CREATE FUNCTION ledger.refuse(refusal text, message text, details jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'ST001', MESSAGE = message, DETAIL = (jsonb_build_object('code', refusal, 'message', message) || details)::text;
END $$;

-- Fen as yuan with two places, as people read it in messages.
CREATE FUNCTION ledger.yuan(fen bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT to_char(fen * 0.01, 'FM99999999999999990.00') $$;

-- Roles are cluster-wide, so the application's role carries the database's name. It must exist before the migrations run.
CREATE FUNCTION ledger.app_role() RETURNS text
LANGUAGE sql STABLE AS $$ SELECT current_database() || '_app' $$;

-- Grants to the application's role: CALL ledger.grant_to_app('SELECT ON ALL TABLES IN SCHEMA ledger').
CREATE PROCEDURE ledger.grant_to_app(privileges text)
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('GRANT %s TO %I', privileges, ledger.app_role());
END $$;

-- The chart of accounts. `template` is the path, names in angle brackets; the columns after it follow from it.
CREATE TABLE ledger.account_kind (
  kind           text COLLATE "C" PRIMARY KEY,
  book           text COLLATE "C" NOT NULL CHECK (book IN ('fund', 'supervised')),
  template       text COLLATE "C" NOT NULL UNIQUE,
  bound          text COLLATE "C" NOT NULL CHECK (bound IN ('debit', 'credit', 'free')),
  prefix         text COLLATE "C" NOT NULL GENERATED ALWAYS AS (split_part(template, '<', 1)) STORED,
  pattern        text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
    '^' || replace(replace(replace(replace(template,
      '<pool>', '(employee|resident|employee-large|employee-personal)'),
      '<institution>', '[HP][0-9]{11}'),
      '<enterprise>', '(?!fund$)[A-Za-z0-9][A-Za-z0-9._-]{0,31}'),
      '<year>', '20[0-9]{2}') || '$') STORED,
  pool_at        integer GENERATED ALWAYS AS (array_position(string_to_array(template, '/'), '<pool>')) STORED,
  institution_at integer GENERATED ALWAYS AS (array_position(string_to_array(template, '/'), '<institution>')) STORED,
  enterprise_at  integer GENERATED ALWAYS AS (array_position(string_to_array(template, '/'), '<enterprise>')) STORED,
  year_at        integer GENERATED ALWAYS AS (array_position(string_to_array(template, '/'), '<year>')) STORED,
  CHECK (split_part(template, '/', 1) = book)
);

-- What each event may post; a transfer that matches no row is refused.
CREATE TABLE ledger.posting_rule (
  event       text COLLATE "C" NOT NULL,
  debit_kind  text COLLATE "C" NOT NULL REFERENCES ledger.account_kind,
  credit_kind text COLLATE "C" NOT NULL REFERENCES ledger.account_kind,
  -- The event this one takes back: only what was posted by it, under the same reference and of the same amount.
  reverses    text COLLATE "C",
  book        text COLLATE "C" NOT NULL GENERATED ALWAYS AS (split_part(debit_kind, '/', 1)) STORED,
  PRIMARY KEY (event, debit_kind, credit_kind),
  CHECK (split_part(debit_kind, '/', 1) = split_part(credit_kind, '/', 1))
);

-- Created by the posting function when a path is first used.
CREATE TABLE ledger.account (
  region      text COLLATE "C" NOT NULL CHECK (region ~ '^[0-9]{6}$'),
  account_id  integer GENERATED ALWAYS AS IDENTITY,
  path        text COLLATE "C" NOT NULL,
  kind        text COLLATE "C" NOT NULL REFERENCES ledger.account_kind,
  book        text COLLATE "C" NOT NULL,
  pool        text COLLATE "C",
  institution text COLLATE "C",
  enterprise  text COLLATE "C",
  year        integer,
  PRIMARY KEY (region, account_id),
  UNIQUE (region, path)
);

-- The stored balance, debit minus credit, and the bounds of its kind: the last line of defence, whoever writes.
CREATE TABLE ledger.balance (
  region      text COLLATE "C" NOT NULL,
  account_id  integer NOT NULL,
  balance_fen bigint NOT NULL,
  bound       text COLLATE "C" NOT NULL,
  PRIMARY KEY (region, account_id),
  CONSTRAINT balance_within_bound CHECK (
    CASE bound WHEN 'debit' THEN balance_fen >= 0 WHEN 'credit' THEN balance_fen <= 0 ELSE true END)
) WITH (fillfactor = 50);

-- One row per region: how many journals there are, and the hash of the last. Whoever posts locks it first.
CREATE TABLE ledger.chain_head (
  region        text COLLATE "C" PRIMARY KEY,
  journal_count bigint NOT NULL DEFAULT 0,
  chain_hash    bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'
);

-- The policy a journal was made under (DESIGN 4), once per version; per region, so that regions never wait for each other.
CREATE TABLE ledger.policy_stamp (
  region          text COLLATE "C" NOT NULL,
  policy_stamp_id integer GENERATED ALWAYS AS IDENTITY,
  policy_id       text COLLATE "C" NOT NULL,
  policy_version  text COLLATE "C" NOT NULL,
  policy_sha256   text COLLATE "C" NOT NULL CHECK (policy_sha256 ~ '^[0-9a-f]{64}$'),
  PRIMARY KEY (region, policy_stamp_id),
  UNIQUE (region, policy_id, policy_version, policy_sha256),
  CHECK ((policy_id || policy_version) !~ '[[:cntrl:]]' AND policy_id <> '' AND policy_version <> '')
);

-- `sequence` counts from 1 without a gap in each region and is the order of the chain:
--   content_hash = sha256(canonical content), chain_hash = sha256(previous chain_hash || content_hash), 32 zero bytes first.
-- The canonical content is UTF-8 text, fields divided by a tab, lines by a line feed, none at the end: a line
--   region, book, key, date, event, reference, case_id, policy id, policy version, policy sha256
-- and for each transfer in its order a line with debited path, credited path, amount in fen.
CREATE TABLE ledger.journal (
  region          text COLLATE "C" NOT NULL,
  sequence        bigint NOT NULL,
  book            text COLLATE "C" NOT NULL,
  key             text COLLATE "C" NOT NULL,
  date            date NOT NULL,
  event           text COLLATE "C" NOT NULL,
  reference       text COLLATE "C" NOT NULL,
  case_id         text COLLATE "C" NOT NULL,
  policy_stamp_id integer NOT NULL,
  transfer_count  smallint NOT NULL CHECK (transfer_count > 0),
  content_hash    bytea NOT NULL,
  chain_hash      bytea NOT NULL,
  recorded_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (region, sequence),
  -- The key first: it decides nearly every comparison alone.
  CONSTRAINT journal_key UNIQUE (key, region, book),
  CONSTRAINT journal_text CHECK (key <> '' AND reference <> '' AND case_id <> ''
    AND octet_length(key) <= 200
    AND strpos(key || reference || case_id, E'\t') = 0 AND strpos(key || reference || case_id, E'\n') = 0)
);
-- Journals come nearly in the order of their dates, so ranges of blocks find a month and cost nothing to keep.
CREATE INDEX journal_by_date ON ledger.journal USING brin (date) WITH (pages_per_range = 32);

CREATE TABLE ledger.transfer (
  region            text COLLATE "C" NOT NULL,
  sequence          bigint NOT NULL,
  ordinal           smallint NOT NULL CHECK (ordinal > 0),
  debit_account_id  integer NOT NULL,
  credit_account_id integer NOT NULL,
  amount_fen        bigint NOT NULL CHECK (amount_fen > 0),
  PRIMARY KEY (region, sequence, ordinal),
  CHECK (debit_account_id <> credit_account_id)
);
-- No index by account: two of them cost every posting a third more (docs/ledger.md), and the rare question for one account's
-- entries reads a region's narrow rows instead.

-- The two sides of every transfer, one row each: what is added to the account, debit minus credit.
CREATE VIEW ledger.entry AS
  SELECT t.region, t.sequence, t.ordinal, s.account_id, s.debit_fen, s.credit_fen
  FROM ledger.transfer t
  CROSS JOIN LATERAL (VALUES (t.debit_account_id, t.amount_fen, 0::bigint), (t.credit_account_id, 0::bigint, t.amount_fen))
    AS s (account_id, debit_fen, credit_fen);
