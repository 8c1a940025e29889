-- What the database keeps, whoever writes (DESIGN 6): statement triggers on the transition tables, so that thousands of
-- journals cost one check. "At any point in time" means at the end of every statement.

CREATE FUNCTION ledger.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
BEGIN
  PERFORM ledger.refuse('AppendOnly',
    format('%s of ledger.%s was refused: the ledger is append-only, a mistake is corrected by a further journal', TG_OP, TG_TABLE_NAME),
    '{"rule": "DESIGN 6"}');
  RETURN NULL;
END $$;

-- Balances and chain heads are changed by the triggers below only, never directly.
CREATE FUNCTION ledger.refuse_direct_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    PERFORM ledger.refuse('AppendOnly',
      format('%s of ledger.%s was refused: it follows from the journals', TG_OP, TG_TABLE_NAME), '{"rule": "DESIGN 6"}');
  END IF;
  RETURN NULL;
END $$;

-- An account comes with a balance of zero and its kind's bound.
CREATE FUNCTION ledger.account_opened() RETURNS trigger
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
BEGIN
  INSERT INTO ledger.balance (region, account_id, balance_fen, bound)
  SELECT f.region, f.account_id, 0, k.bound FROM fresh f JOIN ledger.account_kind k ON k.kind = f.kind;
  RETURN NULL;
END $$;

-- Journals continue their region's chain without a gap, in the order in which they are inserted, and each comes with its
-- transfers in the same statement. A statement posts to one region.
CREATE FUNCTION ledger.journals_inserted() RETURNS trigger
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
DECLARE
  head  ledger.chain_head;
  batch record;
BEGIN
  SELECT h.* INTO head FROM ledger.chain_head h WHERE h.region = (SELECT f.region FROM fresh f LIMIT 1) FOR UPDATE;
  SELECT count(*) AS journals, sum(l.transfer_count) AS transfers, max(l.sequence) AS last,
         bool_and(l.region = head.region AND l.sequence = l.before + 1 AND l.chain_hash = sha256(l.link || l.content_hash)) AS continues
  INTO batch
  FROM (SELECT f.region, f.sequence, f.transfer_count, f.content_hash, f.chain_hash,
               lag(f.sequence, 1, head.journal_count) OVER () AS before, lag(f.chain_hash, 1, head.chain_hash) OVER () AS link
        FROM fresh f) l;
  IF batch.journals = 0 THEN RETURN NULL; END IF;
  IF batch.continues IS NOT TRUE THEN
    PERFORM ledger.refuse('LedgerPostingForbidden', format('journals up to %s do not continue the chain of one region', batch.last), '{"rule": "DESIGN 6"}');
  END IF;
  IF batch.transfers <> (SELECT count(*) FROM ledger.transfer t
                         WHERE t.region = head.region AND t.sequence BETWEEN head.journal_count + 1 AND batch.last) THEN
    PERFORM ledger.refuse('LedgerUnbalanced',
      format('journals %s to %s of region %s came without all their transfers', head.journal_count + 1, batch.last, head.region), '{"rule": "DESIGN 6"}');
  END IF;
  UPDATE ledger.chain_head h
  SET journal_count = batch.last, chain_hash = (SELECT f.chain_hash FROM fresh f WHERE f.sequence = batch.last)
  WHERE h.region = head.region;
  RETURN NULL;
END $$;

-- The message that says which account went past its bound; runs on the failed path only.
CREATE FUNCTION ledger.refuse_insufficient(in_region text, accounts integer[], deltas bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
DECLARE
  short record;
BEGIN
  SELECT a.region, a.path, abs(b.balance_fen) AS has, abs(d.delta) AS taken INTO short
  FROM unnest(accounts, deltas) AS d (account_id, delta)
  JOIN ledger.balance b ON b.region = in_region AND b.account_id = d.account_id
  JOIN ledger.account a ON a.region = in_region AND a.account_id = d.account_id
  WHERE (b.bound = 'debit' AND b.balance_fen + d.delta < 0) OR (b.bound = 'credit' AND b.balance_fen + d.delta > 0)
  ORDER BY a.path LIMIT 1;
  PERFORM ledger.refuse('LedgerInsufficient',
    format('%s of region %s has %s and the posting takes %s: %s is missing',
      short.path, short.region, ledger.yuan(short.has), ledger.yuan(short.taken), ledger.yuan(short.taken - short.has)),
    jsonb_build_object('rule', 'DESIGN 6', 'region', short.region, 'account', short.path,
      'balanceFen', short.has::text, 'missingFen', (short.taken - short.has)::text));
END $$;

-- Says why a transfer is refused; a reversal that takes back what was posted passes. Runs for few rows only.
CREATE FUNCTION ledger.judge_transfer(in_region text, in_sequence bigint, in_ordinal smallint) RETURNS void
LANGUAGE plpgsql SET search_path = ledger, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  found  record;
  booked bigint;
  undone bigint;
BEGIN
  SELECT j.key, j.event, j.book, j.reference, j.transfer_count, t.debit_account_id, t.credit_account_id, t.amount_fen,
         d.path AS debit, c.path AS credit, r.reverses,
         r.event IS NOT NULL AND (d.institution <> c.institution OR d.pool <> c.pool OR d.enterprise <> c.enterprise) IS NOT TRUE AS allowed
  INTO found
  FROM ledger.transfer t
  LEFT JOIN ledger.journal j USING (region, sequence)
  LEFT JOIN ledger.account d ON d.region = t.region AND d.account_id = t.debit_account_id
  LEFT JOIN ledger.account c ON c.region = t.region AND c.account_id = t.credit_account_id
  LEFT JOIN ledger.posting_rule r
    ON r.event = j.event AND r.debit_kind = d.kind AND r.credit_kind = c.kind AND r.book = j.book
  WHERE t.region = in_region AND t.sequence = in_sequence AND t.ordinal = in_ordinal;
  IF found.key IS NULL OR in_ordinal > found.transfer_count THEN
    PERFORM ledger.refuse('LedgerUnbalanced',
      format('a transfer of region %s belongs to no journal that was posted with it (%s)', in_region, in_sequence), '{"rule": "DESIGN 6"}');
  END IF;
  IF found.allowed AND found.reverses IS NOT NULL THEN
    SELECT count(*) FILTER (WHERE o.event = found.reverses AND t.debit_account_id = found.credit_account_id AND t.credit_account_id = found.debit_account_id),
           count(*) FILTER (WHERE o.event = found.event AND t.debit_account_id = found.debit_account_id AND t.credit_account_id = found.credit_account_id)
    INTO booked, undone
    FROM ledger.journal o JOIN ledger.transfer t USING (region, sequence)
    WHERE o.region = in_region AND o.event IN (found.reverses, found.event) AND o.reference = found.reference
      AND t.amount_fen = found.amount_fen;
  END IF;
  IF NOT found.allowed OR undone > booked THEN
    PERFORM ledger.refuse('LedgerPostingForbidden',
      format('event %s of the %s book may not debit %s and credit %s (journal %s, %s)', found.event, found.book,
        coalesce(found.debit, 'an unknown account'), coalesce(found.credit, 'an unknown account'), found.key, ledger.yuan(found.amount_fen)),
      jsonb_build_object(
        'rule', CASE WHEN found.debit LIKE 'supervised/ledger/%/prepayment' THEN '新医保发〔2025〕50号 四(一)' ELSE 'DESIGN 6' END,
        'region', in_region, 'journal', found.key, 'event', found.event, 'debit', found.debit, 'credit', found.credit));
  END IF;
END $$;

-- Adds a statement's transfers to the stored balances, whose bounds are checked as it does.
CREATE FUNCTION ledger.move_balances(in_region text, accounts integer[], deltas bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = ledger, pg_temp AS $$
BEGIN
  UPDATE ledger.balance b SET balance_fen = b.balance_fen + d.delta
  FROM unnest(accounts, deltas) AS d (account_id, delta)
  WHERE b.region = in_region AND b.account_id = d.account_id AND d.delta <> 0;
EXCEPTION WHEN check_violation THEN
  PERFORM ledger.refuse_insufficient(in_region, accounts, deltas);
END $$;

-- Transfers belong to journals of the same statement, match a posting rule, name the same parties on both sides, and move
-- the stored balances within their bounds. That a journal has all its transfers is checked with the journal: here it is
-- enough that none is numbered beyond its count, since their numbers are unique.
CREATE FUNCTION ledger.transfers_inserted() RETURNS trigger
LANGUAGE plpgsql SET search_path = ledger, pg_temp SET work_mem = '64MB' SET enable_nestloop = on AS $$
DECLARE
  many     CONSTANT bigint := 500;
  batch    record;
  suspect  record;
  accounts integer[];
  deltas   bigint[];
BEGIN
  SELECT min(f.region) AS region, max(f.region) AS other, min(f.sequence) AS first, max(f.sequence) AS last, count(*) AS transfers
  INTO batch FROM fresh f;
  IF batch.region <> batch.other THEN
    PERFORM ledger.refuse('LedgerPostingForbidden', 'a statement posts to one region', '{"rule": "DESIGN 6"}');
  END IF;
  -- The planner knows nothing of rows that were written a moment ago, and would visit them one by one.
  IF batch.transfers > many THEN PERFORM set_config('enable_nestloop', 'off', true); END IF;
  FOR suspect IN
    SELECT f.sequence, f.ordinal
    FROM fresh f
    LEFT JOIN ledger.journal j ON j.region = batch.region AND j.sequence = f.sequence AND j.sequence BETWEEN batch.first AND batch.last
    LEFT JOIN ledger.account d ON d.region = batch.region AND d.account_id = f.debit_account_id
    LEFT JOIN ledger.account c ON c.region = batch.region AND c.account_id = f.credit_account_id
    LEFT JOIN ledger.posting_rule r
      ON r.event = j.event AND r.debit_kind = d.kind AND r.credit_kind = c.kind AND r.book = j.book
    WHERE r.event IS NULL OR r.reverses IS NOT NULL OR f.ordinal > j.transfer_count
       OR d.institution <> c.institution OR d.pool <> c.pool OR d.enterprise <> c.enterprise
    ORDER BY f.sequence, f.ordinal
  LOOP
    PERFORM ledger.judge_transfer(batch.region, suspect.sequence, suspect.ordinal);
  END LOOP;

  SELECT array_agg(s.account_id), array_agg(s.delta) INTO accounts, deltas
  FROM (SELECT e.account_id, sum(e.delta)::bigint AS delta
        FROM (SELECT f.debit_account_id AS account_id, f.amount_fen AS delta FROM fresh f
              UNION ALL SELECT f.credit_account_id, -f.amount_fen FROM fresh f) e
        GROUP BY e.account_id ORDER BY e.account_id) s;
  PERFORM ledger.move_balances(batch.region, accounts, deltas);
  RETURN NULL;
END $$;

CREATE TRIGGER opened AFTER INSERT ON ledger.account
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger.account_opened();
CREATE TRIGGER transfers_posted AFTER INSERT ON ledger.transfer
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger.transfers_inserted();
CREATE TRIGGER journals_posted AFTER INSERT ON ledger.journal
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger.journals_inserted();

DO $$
DECLARE
  guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['account_kind', 'posting_rule', 'account', 'policy_stamp', 'journal', 'transfer'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I
      FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', guarded);
  END LOOP;
  FOREACH guarded IN ARRAY ARRAY['balance', 'chain_head'] LOOP
    EXECUTE format('CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON ledger.%I
      FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', guarded);
    EXECUTE format('CREATE TRIGGER by_posting_only BEFORE UPDATE ON ledger.%I
      FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_direct_change()', guarded);
  END LOOP;
  EXECUTE 'CREATE TRIGGER by_account_only BEFORE INSERT ON ledger.balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_direct_change()';
END $$;
