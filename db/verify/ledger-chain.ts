import type { Database } from '../connect';
import { FINDINGS_FETCHED, verdict } from './invariant';
import type { Invariant } from './invariant';

/**
 * Recomputes each journal's content and link from the raw rows. Each link is checked against the one before it, and the first
 * against 32 zero bytes, which is the whole chain by induction; the head says where it ends, so that a cut tail is found too.
 * The canonical content is described with the table, in migration 0001.
 */
const BROKEN_LINKS = `
  WITH lines AS (
    SELECT t.sequence, count(*) AS transfers, string_agg(E'\\n' || d.path || E'\\t' || c.path || E'\\t' || t.amount_fen, '' ORDER BY t.ordinal) AS text
    FROM ledger.transfer t
    JOIN ledger.account d ON d.region = t.region AND d.account_id = t.debit_account_id
    JOIN ledger.account c ON c.region = t.region AND c.account_id = t.credit_account_id
    WHERE t.region = :region GROUP BY t.sequence),
  policies AS (
    SELECT policy_stamp_id, E'\\t' || policy_id || E'\\t' || policy_version || E'\\t' || policy_sha256 AS line
    FROM ledger.policy_stamp WHERE region = :region),
  recomputed AS (
    SELECT j.sequence, j.key, j.book, j.transfer_count, l.transfers, j.content_hash, j.chain_hash,
      sha256(convert_to(j.region || E'\\t' || j.book || E'\\t' || j.key || E'\\t' || j.date::text || E'\\t' || j.event || E'\\t' || j.reference || E'\\t'
        || j.case_id || p.line || l.text, 'UTF8')) AS content,
      lag(j.sequence, 1, 0) OVER chain AS before,
      lag(j.chain_hash, 1, decode(repeat('00', 32), 'hex')) OVER chain AS link
    FROM ledger.journal j
    LEFT JOIN policies p USING (policy_stamp_id)
    LEFT JOIN lines l ON l.sequence = j.sequence
    WHERE j.region = :region
    WINDOW chain AS (ORDER BY j.sequence))
  SELECT r.key, r.book,
    CASE WHEN r.sequence <> r.before + 1 THEN 'a journal before it is missing'
         WHEN r.transfers IS DISTINCT FROM r.transfer_count THEN 'its transfers are not those it was posted with'
         WHEN r.content IS DISTINCT FROM r.content_hash THEN 'its content is not what was posted'
         ELSE 'its hash does not continue the chain' END AS reason
  FROM recomputed r
  WHERE r.sequence <> r.before + 1 OR r.transfers IS DISTINCT FROM r.transfer_count OR r.content IS DISTINCT FROM r.content_hash
     OR r.chain_hash <> sha256(r.link || r.content)
  ORDER BY r.sequence LIMIT :limit`;

const ENDS = `
  SELECT count(j.sequence) AS journals, h.journal_count AS "headCount",
         h.chain_hash = coalesce((array_agg(j.chain_hash ORDER BY j.sequence DESC))[1], decode(repeat('00', 32), 'hex')) AS "headAgrees",
         (SELECT count(*) FROM ledger.transfer t WHERE t.region = :region
          AND NOT EXISTS (SELECT FROM ledger.journal o WHERE o.region = t.region AND o.sequence = t.sequence)) AS strays
  FROM (SELECT 1) one
  LEFT JOIN ledger.chain_head h ON h.region = :region
  LEFT JOIN ledger.journal j ON j.region = :region
  GROUP BY h.region, h.journal_count, h.chain_hash`;

interface Ends {
  journals: bigint;
  headCount: bigint | null;
  headAgrees: boolean | null;
  strays: bigint;
}

function endFindings({ journals, headCount, headAgrees, strays }: Ends): string[] {
  const findings: string[] = [];
  if ((headCount ?? 0n) !== journals)
    findings.push(`${journals} journals are there, the head of the chain counts ${headCount ?? 0n}`);
  else if (headAgrees === false) findings.push('the last journal is not the one that the head of the chain names');
  if (strays > 0n) findings.push(`${strays} transfers belong to no journal`);
  return findings;
}

export const chainIntact: Invariant = {
  name: 'chain intact',
  async check(database: Database, region: string) {
    const broken = await database.raw<{ rows: { key: string; book: string; reason: string }[] }>(BROKEN_LINKS, {
      region,
      limit: FINDINGS_FETCHED,
    });
    const ends = await database.raw<{ rows: Ends[] }>(ENDS, { region });
    const findings = broken.rows.map((row) => `journal ${row.key} of the ${row.book} book: ${row.reason}`);
    return verdict([...findings, ...endFindings(ends.rows[0]!)], `${ends.rows[0]!.journals} journals`);
  },
};
