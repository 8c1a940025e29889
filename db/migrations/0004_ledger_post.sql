-- The only way in which the application writes the ledger. Arrays in, so that one statement posts thousands of journals:
--   p_books … p_policies: one element per journal; p_policies is the position of its policy in p_policy_ids (from 1).
--   p_transfer_journals … p_amounts_fen: one element per transfer; p_transfer_journals is the position of its journal (from 1),
--   and the transfers of a journal keep their order.
-- Out: how many journals were posted, and the positions of those that were posted before with the same content.
-- Nothing is posted when anything is refused (SQLSTATE ST001, see ledger.refuse).

-- Opens the accounts that are used for the first time; a path outside the chart of accounts is refused.
CREATE FUNCTION ledger.open_accounts(p_region text, p_debits text[], p_credits text[]) RETURNS void
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
DECLARE
  missing text[];
  unknown text;
BEGIN
  missing := ARRAY(SELECT DISTINCT u.path FROM unnest(p_debits || p_credits) AS u (path)
                   WHERE NOT EXISTS (SELECT FROM ledger.account a WHERE a.region = p_region AND a.path = u.path));
  SELECT p.path INTO unknown FROM unnest(missing) AS p (path)
  WHERE NOT EXISTS (SELECT FROM ledger.account_kind k WHERE starts_with(p.path, k.prefix) AND p.path ~ k.pattern) ORDER BY p.path LIMIT 1;
  IF FOUND THEN
    PERFORM ledger.refuse('LedgerPostingForbidden',
      format('%s is not an account of the chart of accounts', coalesce(unknown, 'an empty path')),
      jsonb_build_object('rule', 'DESIGN 6', 'region', p_region, 'account', unknown));
  END IF;
  INSERT INTO ledger.account (region, path, kind, book, pool, institution, enterprise, year)
  SELECT p_region, p.path, k.kind, k.book, split_part(p.path, '/', k.pool_at), split_part(p.path, '/', k.institution_at),
         split_part(p.path, '/', k.enterprise_at), split_part(p.path, '/', k.year_at)::integer
  FROM unnest(missing) AS p (path) JOIN ledger.account_kind k ON starts_with(p.path, k.prefix) AND p.path ~ k.pattern
  ORDER BY p.path COLLATE "C";
END $$;

-- The accounts of both sides of each transfer, in their order; those not used before are opened.
CREATE FUNCTION ledger.resolve_accounts(p_region text, p_debits text[], p_credits text[], OUT debit_ids integer[], OUT credit_ids integer[])
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
BEGIN
  FOR attempt IN 1..2 LOOP
    SELECT array_agg(d.account_id ORDER BY t.at), array_agg(c.account_id ORDER BY t.at) INTO debit_ids, credit_ids
    FROM unnest(p_debits, p_credits) WITH ORDINALITY AS t (debit, credit, at)
    LEFT JOIN ledger.account d ON d.region = p_region AND d.path = t.debit
    LEFT JOIN ledger.account c ON c.region = p_region AND c.path = t.credit;
    EXIT WHEN array_position(debit_ids, NULL) IS NULL AND array_position(credit_ids, NULL) IS NULL;
    PERFORM ledger.open_accounts(p_region, p_debits, p_credits);
  END LOOP;
END $$;

-- The stamps of the policies, in their order; those not seen before are kept.
CREATE FUNCTION ledger.stamp_policies(p_region text, p_ids text[], p_versions text[], p_sha256s text[]) RETURNS integer[]
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
DECLARE
  stamps integer[];
BEGIN
  FOR attempt IN 1..2 LOOP
    SELECT array_agg(s.policy_stamp_id ORDER BY p.at) INTO stamps
    FROM unnest(p_ids, p_versions, p_sha256s) WITH ORDINALITY AS p (id, version, sha256, at)
    LEFT JOIN ledger.policy_stamp s ON s.region = p_region AND s.policy_id = p.id AND s.policy_version = p.version AND s.policy_sha256 = p.sha256;
    EXIT WHEN array_position(stamps, NULL) IS NULL;
    INSERT INTO ledger.policy_stamp (region, policy_id, policy_version, policy_sha256)
    SELECT DISTINCT p_region, p.* FROM unnest(p_ids, p_versions, p_sha256s) AS p ON CONFLICT DO NOTHING;
  END LOOP;
  RETURN stamps;
END $$;

-- For each journal its place among the new ones (from 1), or 0 when it was posted before with the same content. A key that
-- was used with other content, before or within this call, is refused.
-- Keys are looked up through their index whatever the planner believes of a table that grows by the second.
CREATE FUNCTION ledger.new_positions(p_region text, p_books text[], p_keys text[], p_hashes bytea[]) RETURNS integer[]
LANGUAGE plpgsql SET search_path = ledger, pg_temp SET plan_cache_mode = force_custom_plan SET work_mem = '64MB'
  SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  positions integer[];
  conflict  record;
BEGIN
  WITH given AS (
    SELECT n.at, n.book, n.key, n.hash, j.content_hash AS posted,
           first_value(n.hash) OVER same_key AS first_hash, row_number() OVER same_key AS time
    FROM unnest(p_books, p_keys, p_hashes) WITH ORDINALITY AS n (book, key, hash, at)
    LEFT JOIN ledger.journal j ON j.region = p_region AND j.book = n.book AND j.key = n.key
    WINDOW same_key AS (PARTITION BY n.book, n.key ORDER BY n.at)
  )
  SELECT g.book, g.key INTO conflict FROM given g WHERE g.hash <> coalesce(g.posted, g.first_hash) ORDER BY g.at LIMIT 1;
  IF FOUND THEN
    PERFORM ledger.refuse('IdempotencyConflict',
      format('journal %s of the %s book of region %s was posted with other content', conflict.key, conflict.book, p_region),
      jsonb_build_object('rule', 'DESIGN 6', 'region', p_region, 'book', conflict.book, 'journal', conflict.key));
  END IF;

  SELECT array_agg(CASE WHEN d.new THEN d.place ELSE 0 END ORDER BY d.at) INTO positions
  FROM (SELECT g.at, g.new, (sum(g.new::integer) OVER (ORDER BY g.at))::integer AS place
        FROM (SELECT n.at, j.sequence IS NULL AND row_number() OVER (PARTITION BY n.book, n.key ORDER BY n.at) = 1 AS new
              FROM unnest(p_books, p_keys) WITH ORDINALITY AS n (book, key, at)
              LEFT JOIN ledger.journal j ON j.region = p_region AND j.book = n.book AND j.key = n.key) g) d;
  RETURN positions;
END $$;

-- A call whose lists do not fit together is refused before anything is done.
CREATE FUNCTION ledger.check_shape(p_region text, p_journals integer[], p_transfers integer[]) RETURNS void
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
DECLARE
  most_journals  CONSTANT integer := 100000;
  most_transfers CONSTANT integer := 1000000;
BEGIN
  IF p_region IS NULL OR p_region !~ '^[0-9]{6}$' THEN
    PERFORM ledger.refuse('LedgerPostingForbidden', format('%s is not the code of a region', coalesce(p_region, 'nothing')));
  END IF;
  IF (p_journals[1] = ALL (p_journals)) IS NOT TRUE OR (p_transfers[1] = ALL (p_transfers)) IS NOT TRUE
     OR p_journals[1] > most_journals OR p_transfers[1] > most_transfers THEN
    PERFORM ledger.refuse('LedgerUnbalanced',
      format('the lists of one posting differ in length, or hold more than %s journals or %s transfers', most_journals, most_transfers));
  END IF;
END $$;

-- The lines of each journal's transfers in the canonical content, and how many they are.
CREATE FUNCTION ledger.transfer_lines(p_journals integer, p_transfer_journals integer[], p_debits text[], p_credits text[], p_amounts_fen bigint[],
  OUT lines text[], OUT counts integer[])
LANGUAGE plpgsql SET search_path = ledger, pg_temp  SET work_mem = '64MB' AS $$
DECLARE
  first  integer;
  last   integer;
  lowest bigint;
BEGIN
  SELECT array_agg(g.lines ORDER BY g.journal), array_agg(g.transfers ORDER BY g.journal), min(g.journal), max(g.journal), min(g.lowest)
  INTO lines, counts, first, last, lowest
  FROM (SELECT t.journal, count(*)::integer AS transfers, min(coalesce(t.amount_fen, 0)) AS lowest,
               string_agg(E'\n' || t.debit || E'\t' || t.credit || E'\t' || t.amount_fen, '') AS lines
        FROM (SELECT * FROM unnest(p_transfer_journals, p_debits, p_credits, p_amounts_fen) WITH ORDINALITY AS u (journal, debit, credit, amount_fen, at)
              ORDER BY u.journal, u.at) t
        GROUP BY t.journal) g;
  IF lowest <= 0 THEN
    PERFORM ledger.refuse('LedgerUnbalanced', 'a transfer moves an amount above zero', '{"rule": "DESIGN 6"}');
  END IF;
  IF coalesce(cardinality(lines), 0) <> p_journals OR first <> 1 OR last <> p_journals THEN
    PERFORM ledger.refuse('LedgerUnbalanced', 'a journal has no transfer, or a transfer no journal', '{"rule": "DESIGN 6"}');
  END IF;
END $$;

CREATE FUNCTION ledger.post(
  p_region text,
  p_books text[], p_keys text[], p_dates date[], p_events text[], p_references text[], p_case_ids text[], p_policies integer[],
  p_policy_ids text[], p_policy_versions text[], p_policy_sha256s text[],
  p_transfer_journals integer[], p_debits text[], p_credits text[], p_amounts_fen bigint[],
  OUT posted integer, OUT duplicates integer[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
  SET work_mem = '64MB' SET datestyle = 'ISO, YMD' SET jit = off AS $$
#variable_conflict use_column
DECLARE
  c_many      CONSTANT integer := 500;
  v_head      ledger.chain_head;
  v_debits    integer[];
  v_credits   integer[];
  v_stamps    integer[];
  v_policies  text[];
  v_lines     text[];
  v_counts    integer[];
  v_hashes    bytea[];
  v_positions integer[];
  v_chain     bytea[];
  v_hash      bytea;
  v_link      bytea;
  v_at        integer;
BEGIN
  PERFORM ledger.check_shape(p_region,
    ARRAY[cardinality(p_keys), cardinality(p_books), cardinality(p_dates), cardinality(p_events), cardinality(p_references), cardinality(p_case_ids), cardinality(p_policies)],
    ARRAY[cardinality(p_transfer_journals), cardinality(p_debits), cardinality(p_credits), cardinality(p_amounts_fen)]);
  -- Few rows use the session's plans, which must stay right as the tables grow: indexes only. For many it is worth planning
  -- anew, with their number in view.
  IF cardinality(p_amounts_fen) > c_many THEN PERFORM set_config('plan_cache_mode', 'force_custom_plan', true); END IF;
  posted := 0;
  duplicates := '{}';
  IF p_keys = '{}' THEN RETURN; END IF;

  -- The head first: whoever posts to a region waits here, so that what follows needs no further order of locks.
  INSERT INTO ledger.chain_head (region) VALUES (p_region) ON CONFLICT DO NOTHING;
  SELECT * INTO v_head FROM ledger.chain_head WHERE region = p_region FOR UPDATE;

  SELECT debit_ids, credit_ids INTO v_debits, v_credits FROM ledger.resolve_accounts(p_region, p_debits, p_credits);
  v_stamps := ledger.stamp_policies(p_region, p_policy_ids, p_policy_versions, p_policy_sha256s);
  v_policies := ARRAY(SELECT E'\t' || id || E'\t' || version || E'\t' || sha256
                      FROM unnest(p_policy_ids, p_policy_versions, p_policy_sha256s) WITH ORDINALITY AS p (id, version, sha256, at) ORDER BY at);
  SELECT lines, counts INTO v_lines, v_counts
  FROM ledger.transfer_lines(cardinality(p_keys), p_transfer_journals, p_debits, p_credits, p_amounts_fen);
  -- A field that is null makes its hash null, and the column refuses it. unnest gives its rows in order.
  v_hashes := ARRAY(
    SELECT sha256(convert_to(p_region || E'\t' || j.book || E'\t' || j.key || E'\t' || j.date || E'\t' || j.event || E'\t'
                             || j.reference || E'\t' || j.case_id || v_policies[j.policy] || j.lines, 'UTF8'))
    FROM unnest(p_books, p_keys, p_dates, p_events, p_references, p_case_ids, p_policies, v_lines)
           AS j (book, key, date, event, reference, case_id, policy, lines));

  -- Keys are nearly always new, and then the unique index is the only look-up; else the second round leaves out the others.
  v_positions := ARRAY(SELECT generate_series(1, cardinality(p_keys)));
  FOR attempt IN 1..2 LOOP
    v_at := 0;
    posted := 0;
    v_link := v_head.chain_hash;
    v_chain := '{}';
    FOREACH v_hash IN ARRAY v_hashes LOOP
      v_at := v_at + 1;
      IF v_positions[v_at] > 0 THEN
        v_link := sha256(v_link || v_hash);
        posted := posted + 1;
      ELSE
        duplicates := array_append(duplicates, v_at);
      END IF;
      v_chain := array_append(v_chain, v_link);
    END LOOP;
    EXIT WHEN posted = 0;

    BEGIN
      -- One statement for both tables: the triggers see the journals with their transfers, and the other way round.
      WITH journals AS (
        INSERT INTO ledger.journal (region, sequence, book, key, date, event, reference, case_id, policy_stamp_id, transfer_count, content_hash, chain_hash)
        SELECT p_region, v_head.journal_count + v_positions[j.at], j.book, j.key, j.date, j.event, j.reference, j.case_id,
               v_stamps[j.policy], j.transfers, j.content_hash, j.chain_hash
        FROM unnest(p_books, p_keys, p_dates, p_events, p_references, p_case_ids, p_policies, v_counts, v_hashes, v_chain)
               WITH ORDINALITY AS j (book, key, date, event, reference, case_id, policy, transfers, content_hash, chain_hash, at)
        WHERE v_positions[j.at] > 0
      )
      INSERT INTO ledger.transfer (region, sequence, ordinal, debit_account_id, credit_account_id, amount_fen)
      SELECT p_region, v_head.journal_count + v_positions[t.journal], row_number() OVER (PARTITION BY t.journal ORDER BY t.at),
             t.debit_id, t.credit_id, t.amount_fen
      FROM unnest(p_transfer_journals, v_debits, v_credits, p_amounts_fen) WITH ORDINALITY AS t (journal, debit_id, credit_id, amount_fen, at)
      WHERE v_positions[t.journal] > 0;
      EXIT;
    EXCEPTION WHEN unique_violation THEN
      v_positions := ledger.new_positions(p_region, p_books, p_keys, v_hashes);
    END;
  END LOOP;
END $$;

-- Functions are executable by everybody unless said otherwise.
REVOKE ALL ON ALL ROUTINES IN SCHEMA ledger FROM PUBLIC;
CALL ledger.grant_to_app('USAGE ON SCHEMA ledger');
CALL ledger.grant_to_app('SELECT ON ALL TABLES IN SCHEMA ledger');
CALL ledger.grant_to_app('EXECUTE ON FUNCTION ledger.post');
CALL ledger.grant_to_app('EXECUTE ON FUNCTION ledger.yuan');
