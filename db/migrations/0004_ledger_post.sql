-- The only way in which the application writes the ledger. Arrays in, so that one statement posts thousands of journals:
--   p_books … p_policies: one element per journal; p_policies is the position of its policy in p_policy_ids (from 1).
--   p_transfer_journals … p_amounts_fen: one element per transfer; p_transfer_journals is the position of its journal (from 1),
--   and the transfers of a journal keep their order.
-- Out: how many journals were posted, and the positions of those that were posted before with the same content.
-- Nothing is posted when anything is refused (SQLSTATE ST001, see ledger.refuse).

-- Opens the accounts that are used for the first time; a path outside the chart of accounts is refused.
CREATE FUNCTION ledger.open_accounts(p_region text, p_paths text[]) RETURNS void
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
DECLARE
  unknown text;
BEGIN
  SELECT p.path INTO unknown FROM unnest(p_paths) AS p (path)
  WHERE NOT EXISTS (SELECT FROM ledger.account_kind k WHERE p.path ~ k.pattern) ORDER BY p.path LIMIT 1;
  IF FOUND THEN
    PERFORM ledger.refuse('LedgerPostingForbidden',
      format('%s is not an account of the chart of accounts', coalesce(unknown, 'an empty path')),
      jsonb_build_object('rule', 'DESIGN 6', 'region', p_region, 'account', unknown));
  END IF;
  INSERT INTO ledger.account (region, path, kind, book, pool, institution, enterprise, year)
  SELECT p_region, p.path, k.kind, k.book, split_part(p.path, '/', k.pool_at), split_part(p.path, '/', k.institution_at),
         split_part(p.path, '/', k.enterprise_at), split_part(p.path, '/', k.year_at)::integer
  FROM unnest(p_paths) AS p (path) JOIN ledger.account_kind k ON p.path ~ k.pattern
  ORDER BY p.path COLLATE "C";
END $$;

-- The stamps of the policies, in their order; those not seen before are kept.
CREATE FUNCTION ledger.stamp_policies(p_ids text[], p_versions text[], p_sha256s text[]) RETURNS integer[]
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
DECLARE
  stamps integer[];
BEGIN
  FOR attempt IN 1..2 LOOP
    SELECT array_agg(s.policy_stamp_id ORDER BY p.at) INTO stamps
    FROM unnest(p_ids, p_versions, p_sha256s) WITH ORDINALITY AS p (id, version, sha256, at)
    LEFT JOIN ledger.policy_stamp s ON s.policy_id = p.id AND s.policy_version = p.version AND s.policy_sha256 = p.sha256;
    EXIT WHEN array_position(stamps, NULL) IS NULL;
    INSERT INTO ledger.policy_stamp (policy_id, policy_version, policy_sha256)
    SELECT DISTINCT * FROM unnest(p_ids, p_versions, p_sha256s) ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING;
  END LOOP;
  RETURN stamps;
END $$;

-- For each journal its place among the new ones (from 1), or 0 when it was posted before with the same content. A key that
-- was used with other content, before or within this call, is refused.
CREATE FUNCTION ledger.new_positions(p_region text, p_books text[], p_keys text[], p_hashes bytea[]) RETURNS integer[]
LANGUAGE plpgsql SET search_path = ledger, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  positions integer[];
  conflict  record;
BEGIN
  SELECT count(*) AS keys, count(*) FILTER (WHERE g.known OR g.times > 1) AS again INTO conflict
  FROM (SELECT count(*) AS times, bool_or(j.sequence IS NOT NULL) AS known
        FROM unnest(p_books, p_keys) AS n (book, key)
        LEFT JOIN ledger.journal j ON j.region = p_region AND j.book = n.book AND j.key = n.key
        GROUP BY n.book, n.key) g;
  IF conflict.again = 0 THEN
    RETURN ARRAY(SELECT generate_series(1, cardinality(p_keys)));
  END IF;

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

-- A call that does not fit together is refused before anything is read.
CREATE FUNCTION ledger.check_shape(p_region text, p_journals integer, p_lengths integer[], p_transfer_journals integer[], p_transfer_lengths integer[], p_amounts_fen bigint[])
RETURNS void
LANGUAGE plpgsql SET search_path = ledger, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  most_journals  CONSTANT integer := 100000;
  most_transfers CONSTANT integer := 1000000;
BEGIN
  IF p_region IS NULL OR p_region !~ '^[0-9]{6}$' THEN
    PERFORM ledger.refuse('LedgerPostingForbidden', format('%s is not the code of a region', coalesce(p_region, 'null')));
  END IF;
  IF (p_journals = ALL (p_lengths)) IS NOT TRUE OR (cardinality(p_transfer_journals) = ALL (p_transfer_lengths)) IS NOT TRUE
     OR p_journals > most_journals OR cardinality(p_transfer_journals) > most_transfers THEN
    PERFORM ledger.refuse('LedgerUnbalanced',
      format('the lists differ in length, or hold more than %s journals or %s transfers', most_journals, most_transfers));
  END IF;
  IF EXISTS (SELECT FROM unnest(p_transfer_journals, p_amounts_fen) AS t (journal, amount_fen)
             WHERE t.journal IS NULL OR t.journal NOT BETWEEN 1 AND p_journals OR t.amount_fen IS NULL OR t.amount_fen <= 0) THEN
    PERFORM ledger.refuse('LedgerUnbalanced', 'a transfer belongs to one of the journals and moves an amount above zero');
  END IF;
END $$;

CREATE FUNCTION ledger.post(
  p_region text,
  p_books text[], p_keys text[], p_dates date[], p_events text[], p_references text[], p_case_ids text[], p_policies integer[],
  p_policy_ids text[], p_policy_versions text[], p_policy_sha256s text[],
  p_transfer_journals integer[], p_debits text[], p_credits text[], p_amounts_fen bigint[],
  OUT posted integer, OUT duplicates integer[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp SET plan_cache_mode = force_custom_plan SET datestyle = 'ISO, YMD' AS $$
#variable_conflict use_column
DECLARE
  v_journals  CONSTANT integer := cardinality(p_keys);
  v_head      ledger.chain_head;
  v_missing   text[];
  v_stamps    integer[];
  v_hashes    bytea[];
  v_counts    integer[];
  v_positions integer[];
  v_chain     bytea[] := '{}';
  v_link      bytea;
  v_at        integer := 0;
BEGIN
  PERFORM ledger.check_shape(p_region, v_journals,
    ARRAY[cardinality(p_books), cardinality(p_dates), cardinality(p_events), cardinality(p_references), cardinality(p_case_ids), cardinality(p_policies)],
    p_transfer_journals, ARRAY[cardinality(p_debits), cardinality(p_credits), cardinality(p_amounts_fen)], p_amounts_fen);
  posted := 0;
  duplicates := '{}';
  IF v_journals = 0 THEN RETURN; END IF;

  -- The head first: whoever posts to a region waits here, so that what follows needs no further order of locks.
  INSERT INTO ledger.chain_head (region) VALUES (p_region) ON CONFLICT DO NOTHING;
  SELECT * INTO v_head FROM ledger.chain_head WHERE region = p_region FOR UPDATE;

  v_missing := ARRAY(SELECT DISTINCT path FROM unnest(p_debits || p_credits) AS u (path)
                     EXCEPT SELECT path FROM ledger.account WHERE region = p_region);
  IF v_missing <> '{}' THEN PERFORM ledger.open_accounts(p_region, v_missing); END IF;
  v_stamps := ledger.stamp_policies(p_policy_ids, p_policy_versions, p_policy_sha256s);

  SELECT array_agg(sha256(convert_to(concat_ws(E'\t', p_region, j.book, j.key, j.date, j.event, j.reference, j.case_id,
                                               p.id, p.version, p.sha256) || l.lines, 'UTF8')) ORDER BY j.at),
         array_agg(coalesce(l.transfers, 0) ORDER BY j.at)
  INTO v_hashes, v_counts
  FROM unnest(p_books, p_keys, p_dates, p_events, p_references, p_case_ids, p_policies)
         WITH ORDINALITY AS j (book, key, date, event, reference, case_id, policy, at)
  LEFT JOIN unnest(p_policy_ids, p_policy_versions, p_policy_sha256s) WITH ORDINALITY AS p (id, version, sha256, at) ON p.at = j.policy
  LEFT JOIN (SELECT t.journal, count(*)::integer AS transfers,
                    string_agg(concat(E'\n', t.debit, E'\t', t.credit, E'\t', t.amount_fen), '' ORDER BY t.at) AS lines
             FROM unnest(p_transfer_journals, p_debits, p_credits, p_amounts_fen) WITH ORDINALITY AS t (journal, debit, credit, amount_fen, at)
             GROUP BY t.journal) l ON l.journal = j.at;
  IF array_position(v_hashes, NULL) IS NOT NULL THEN
    PERFORM ledger.refuse('LedgerUnbalanced', format('journal %s has no transfer', p_keys[array_position(v_hashes, NULL)]));
  END IF;

  v_positions := ledger.new_positions(p_region, p_books, p_keys, v_hashes);
  FOREACH v_link IN ARRAY v_hashes LOOP
    v_at := v_at + 1;
    IF v_positions[v_at] > 0 THEN
      v_head.chain_hash := sha256(v_head.chain_hash || v_link);
      posted := posted + 1;
    ELSE
      duplicates := array_append(duplicates, v_at);
    END IF;
    v_chain := array_append(v_chain, v_head.chain_hash);
  END LOOP;
  IF posted = 0 THEN RETURN; END IF;

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
         d.account_id, c.account_id, t.amount_fen
  FROM unnest(p_transfer_journals, p_debits, p_credits, p_amounts_fen) WITH ORDINALITY AS t (journal, debit, credit, amount_fen, at)
  LEFT JOIN ledger.account d ON d.region = p_region AND d.path = t.debit
  LEFT JOIN ledger.account c ON c.region = p_region AND c.path = t.credit
  WHERE v_positions[t.journal] > 0;
END $$;

-- Functions are executable by everybody unless said otherwise.
REVOKE ALL ON ALL ROUTINES IN SCHEMA ledger FROM PUBLIC;
CALL ledger.grant_to_app('USAGE ON SCHEMA ledger');
CALL ledger.grant_to_app('SELECT ON ALL TABLES IN SCHEMA ledger');
CALL ledger.grant_to_app('EXECUTE ON FUNCTION ledger.post');
CALL ledger.grant_to_app('EXECUTE ON FUNCTION ledger.yuan');
