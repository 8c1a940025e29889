/** The statements that the ledger's benchmark compares. All start from the same staged rows and commit by themselves. */
export const REGION = '650500';

/** Beside the ledger: where rows are staged, the same tables without checks, and a ledger that takes one transfer a call. */
export const SETUP = `
CREATE SCHEMA bench;
CREATE UNLOGGED TABLE bench.staging (
  n integer, book text, key text, date date, event text, reference text, case_id text, debit text, credit text, amount_fen bigint);
CALL ledger.grant_to_app('USAGE ON SCHEMA bench');
CALL ledger.grant_to_app('SELECT ON bench.staging');

CREATE TABLE bench.bare_journal (LIKE ledger.journal INCLUDING DEFAULTS);
CREATE TABLE bench.bare_transfer (LIKE ledger.transfer INCLUDING DEFAULTS);
CREATE TABLE bench.raw_journal (LIKE ledger.journal INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE bench.raw_transfer (LIKE ledger.transfer INCLUDING DEFAULTS INCLUDING INDEXES);

CREATE TABLE bench.account (path text PRIMARY KEY, kind text NOT NULL, bound text NOT NULL, balance_fen bigint NOT NULL DEFAULT 0,
  CHECK (CASE bound WHEN 'debit' THEN balance_fen >= 0 WHEN 'credit' THEN balance_fen <= 0 ELSE true END));
CREATE TABLE bench.head (one boolean PRIMARY KEY, journal_count bigint NOT NULL, chain_hash bytea NOT NULL);
INSERT INTO bench.head VALUES (true, 0, decode(repeat('00', 32), 'hex'));
CREATE TABLE bench.single_journal (LIKE ledger.journal INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE bench.single_transfer (LIKE ledger.transfer INCLUDING DEFAULTS INCLUDING INDEXES);

-- The usual way: a call for each transfer, with the same rules, bounds, key and chain.
CREATE FUNCTION bench.post_one(s bench.staging) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_head bench.head;
  v_debit text;
  v_credit text;
  content bytea;
BEGIN
  SELECT * INTO v_head FROM bench.head FOR UPDATE;
  SELECT kind INTO STRICT v_debit FROM ledger.account_kind WHERE s.debit ~ pattern;
  SELECT kind INTO STRICT v_credit FROM ledger.account_kind WHERE s.credit ~ pattern;
  PERFORM FROM ledger.posting_rule r WHERE r.event = s.event AND r.debit_kind = v_debit AND r.credit_kind = v_credit;
  IF NOT FOUND THEN RAISE EXCEPTION 'forbidden'; END IF;
  INSERT INTO bench.account SELECT s.debit, k.kind, k.bound FROM ledger.account_kind k WHERE k.kind = v_debit ON CONFLICT DO NOTHING;
  INSERT INTO bench.account SELECT s.credit, k.kind, k.bound FROM ledger.account_kind k WHERE k.kind = v_credit ON CONFLICT DO NOTHING;
  UPDATE bench.account SET balance_fen = balance_fen + s.amount_fen WHERE path = s.debit;
  UPDATE bench.account SET balance_fen = balance_fen - s.amount_fen WHERE path = s.credit;
  content := sha256(convert_to(concat_ws(E'\\t', s.book, s.key, s.date, s.event, s.reference, s.case_id, s.debit, s.credit, s.amount_fen), 'UTF8'));
  v_head.chain_hash := sha256(v_head.chain_hash || content);
  v_head.journal_count := v_head.journal_count + 1;
  INSERT INTO bench.single_journal VALUES ('${REGION}', v_head.journal_count, s.book, s.key, s.date, s.event, s.reference, s.case_id, 1, 1, content, v_head.chain_hash);
  INSERT INTO bench.single_transfer VALUES ('${REGION}', v_head.journal_count, 1, 1, 2, s.amount_fen);
  UPDATE bench.head h SET journal_count = v_head.journal_count, chain_hash = v_head.chain_hash;
END $$`;

/**
 * Rows of one turn: 500 institutions with 4 enterprises each; top-ups, confirmations, payments sent and booked, in such an
 * order that a ledger which takes one transfer at a time never goes below zero either.
 */
export const stage = (turn: number, journals: number): string => `
TRUNCATE bench.staging;
INSERT INTO bench.staging
SELECT i + 1, 'supervised', event || '/' || ${turn} || '/' || i, date '2026-04-01' + ${turn % 28}, event, 'window/${REGION}/2026-04/' || i / 4, 'window/${REGION}/2026-04',
       CASE event WHEN 'top-up' THEN 'supervised/cash' WHEN 'confirm' THEN own WHEN 'payment-sent' THEN payable ELSE transit END,
       CASE event WHEN 'top-up' THEN own WHEN 'confirm' THEN payable WHEN 'payment-sent' THEN transit ELSE 'supervised/cash' END,
       1000 + i / 4
FROM (SELECT i, (ARRAY['top-up', 'confirm', 'payment-sent', 'payment-booked'])[1 + i % 4] AS event,
             'supervised/ledger/' || h || '/own' AS own, 'supervised/payable/' || h || '/' || e AS payable, 'supervised/transit/' || h || '/' || e AS transit
      FROM (SELECT i, 'H' || lpad((i / 4 % 500)::text, 11, '0') AS h, 'E' || lpad((i / 2000 % 4)::text, 4, '0') AS e
            FROM generate_series(0, ${journals - 1}) AS i) names) made`;

export const POST_STAGED = `
SELECT p.posted FROM (
  SELECT array_agg(book) AS books, array_agg(key) AS keys, array_agg(date) AS dates, array_agg(event) AS events,
         array_agg(reference) AS refs, array_agg(case_id) AS cases, array_agg(1) AS policies, array_agg(n) AS journals,
         array_agg(debit) AS debits, array_agg(credit) AS credits, array_agg(amount_fen) AS amounts
  FROM (SELECT * FROM bench.staging ORDER BY n) ordered) s,
LATERAL ledger.post('${REGION}', s.books, s.keys, s.dates, s.events, s.refs, s.cases, s.policies,
  ARRAY['bench'], ARRAY['1'], ARRAY[repeat('b', 64)], s.journals, s.debits, s.credits, s.amounts) p`;

const insertInto = (journal: string, transfer: string, base: string): string => `
WITH base AS (SELECT ${base} AS sequence),
j AS (
  INSERT INTO ${journal}
  SELECT '${REGION}', base.sequence + n, book, key, date, event, reference, case_id, 1, 1, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), now()
  FROM bench.staging, base)
INSERT INTO ${transfer} SELECT '${REGION}', base.sequence + n, 1, 1, 2 + n % 4500, amount_fen FROM bench.staging, base`;

export const RAW_INSERT = insertInto(
  'bench.raw_journal',
  'bench.raw_transfer',
  `coalesce((SELECT max(sequence) FROM bench.raw_journal WHERE region = '${REGION}'), 0)`,
);

export const BARE = insertInto('bench.bare_journal', 'bench.bare_transfer', '0');

export const SINGLE_CALLS = `SELECT bench.post_one(s) FROM (SELECT * FROM bench.staging ORDER BY n LIMIT :calls) s`;
