import { formatYuan } from '../../domain/money';
import type { Database } from '../connect';
import { chainIntact } from './ledger-chain';
import { FINDINGS_FETCHED, verdict } from './invariant';
import type { Invariant } from './invariant';

async function query<Row>(database: Database, sql: string, region: string): Promise<Row[]> {
  const { rows } = await database.raw<{ rows: Row[] }>(sql, { region, limit: FINDINGS_FETCHED });
  return rows;
}

/** The two sides of every transfer of a region, with their account; written out here, not taken from the writer's view. */
const ENTRIES = `
  SELECT t.sequence, t.debit_account_id AS account_id, t.amount_fen AS fen FROM ledger.transfer t WHERE t.region = :region
  UNION ALL
  SELECT t.sequence, t.credit_account_id, -t.amount_fen FROM ledger.transfer t WHERE t.region = :region`;

const everyBookSumsToZero: Invariant = {
  name: 'every book sums to zero',
  async check(database, region) {
    const rows = await query<{ book: string | null; entries: bigint; fen: bigint; strays: bigint }>(
      database,
      `SELECT split_part(a.path, '/', 1) AS book, count(*) AS entries, sum(e.fen)::bigint AS fen,
              count(*) FILTER (WHERE j.book IS DISTINCT FROM split_part(a.path, '/', 1)) AS strays
       FROM (${ENTRIES}) e
       LEFT JOIN ledger.account a ON a.region = :region AND a.account_id = e.account_id
       LEFT JOIN ledger.journal j ON j.region = :region AND j.sequence = e.sequence
       GROUP BY 1 ORDER BY 1`,
      region,
    );
    const findings = rows.flatMap((row) => {
      const book = row.book ?? 'an unknown book';
      return [
        ...(row.fen === 0n ? [] : [`${book} sums to ${formatYuan(row.fen)}`]),
        ...(row.strays === 0n ? [] : [`${row.strays} entries of ${book} belong to journals of another book`]),
      ];
    });
    return verdict(findings, rows.map((row) => `${row.book}: ${row.entries} entries, 0.00`).join(', ') || 'no entries');
  },
};

const storedBalances: Invariant = {
  name: 'stored balance = sum of entries',
  async check(database, region) {
    const rows = await query<{ account: string; storedFen: bigint | null; sumFen: bigint; wrong: boolean }>(
      database,
      `SELECT coalesce(a.path, '(account ' || coalesce(b.account_id, s.account_id) || ')') AS account, b.balance_fen AS "storedFen",
              coalesce(s.fen, 0) AS "sumFen", b.balance_fen IS DISTINCT FROM coalesce(s.fen, 0) OR a.path IS NULL AS wrong
       FROM (SELECT account_id, sum(fen)::bigint AS fen FROM (${ENTRIES}) e GROUP BY account_id) s
       FULL JOIN (SELECT * FROM ledger.balance WHERE region = :region) b USING (account_id)
       FULL JOIN (SELECT * FROM ledger.account WHERE region = :region) a USING (account_id)
       ORDER BY 1`,
      region,
    );
    const findings = rows
      .filter((row) => row.wrong)
      .map(
        (row) =>
          `${row.account} is stored as ${row.storedFen === null ? 'nothing' : formatYuan(row.storedFen)}, its entries add up to ${formatYuan(row.sumFen)}`,
      );
    return verdict(findings, `${rows.length} accounts`);
  },
};

const supervisedCash: Invariant = {
  name: 'supervised cash = ledgers, payables, transit and suspense',
  async check(database, region) {
    const [row] = await query<{ cash: bigint; ledgers: bigint; payables: bigint; transit: bigint; suspense: bigint }>(
      database,
      `SELECT coalesce(sum(e.fen) FILTER (WHERE a.path = 'supervised/cash'), 0)::bigint AS cash,
              coalesce(-sum(e.fen) FILTER (WHERE a.path LIKE 'supervised/ledger/%'), 0)::bigint AS ledgers,
              coalesce(-sum(e.fen) FILTER (WHERE a.path LIKE 'supervised/payable/%'), 0)::bigint AS payables,
              coalesce(-sum(e.fen) FILTER (WHERE a.path LIKE 'supervised/transit/%'), 0)::bigint AS transit,
              coalesce(-sum(e.fen) FILTER (WHERE a.path = 'supervised/suspense'), 0)::bigint AS suspense
       FROM (${ENTRIES}) e JOIN ledger.account a ON a.region = :region AND a.account_id = e.account_id`,
      region,
    );
    const { cash, ledgers, payables, transit, suspense } = row!;
    const parts = `ledgers ${formatYuan(ledgers)} + payables ${formatYuan(payables)} + transit ${formatYuan(transit)} + suspense ${formatYuan(suspense)}`;
    const holds = cash === ledgers + payables + transit + suspense;
    return { ok: holds, detail: `cash ${formatYuan(cash)} ${holds ? '=' : '≠'} ${parts}` };
  },
};

/**
 * In the fund book every advance is what was disbursed less what was moved back; and what the fund book says was booked to and
 * from an institution, the supervised book says too, since a movement between the books is two journals.
 */
const advanceOutstanding: Invariant = {
  name: 'advance outstanding = disbursed − moved back',
  async check(database, region) {
    const advances = await query<{ account: string; outstanding: bigint; disbursed: bigint; moved: bigint }>(
      database,
      `SELECT a.path AS account, sum(e.fen)::bigint AS outstanding,
              coalesce(sum(e.fen) FILTER (WHERE j.event IN ('disbursement-sent', 'disbursement-failed', 'disbursement-returned')), 0)::bigint AS disbursed,
              coalesce(-sum(e.fen) FILTER (WHERE j.event IN ('return-move-booked', 'return-move-returned')), 0)::bigint AS moved
       FROM (${ENTRIES}) e
       JOIN ledger.account a ON a.region = :region AND a.account_id = e.account_id AND a.path LIKE 'fund/advance/vbp/%'
       LEFT JOIN ledger.journal j ON j.region = :region AND j.sequence = e.sequence
       GROUP BY a.path ORDER BY a.path`,
      region,
    );
    const movements = await query<{ institution: string; event: string; fund: bigint; supervised: bigint }>(
      database,
      `SELECT CASE a.book WHEN 'fund' THEN split_part(a.path, '/', 4 + (a.path LIKE 'fund/advance/%')::integer)
                          ELSE split_part(a.path, '/', 3) END AS institution, j.event,
              coalesce(sum(abs(e.fen)) FILTER (WHERE j.book = 'fund'), 0)::bigint AS fund,
              coalesce(sum(abs(e.fen)) FILTER (WHERE j.book = 'supervised'), 0)::bigint AS supervised
       FROM (${ENTRIES}) e
       JOIN ledger.account a ON a.region = :region AND a.account_id = e.account_id
       JOIN ledger.journal j ON j.region = :region AND j.sequence = e.sequence
       WHERE j.event IN ('disbursement-booked', 'disbursement-returned', 'return-move-booked', 'return-move-returned')
         AND a.path NOT LIKE 'fund/cash/%' AND a.path <> 'supervised/cash'
       GROUP BY 1, 2 ORDER BY 1, 2`,
      region,
    );
    const findings = [
      ...advances
        .filter((row) => row.outstanding !== row.disbursed - row.moved)
        .map(
          (row) =>
            `${row.account} has ${formatYuan(row.outstanding)}, but ${formatYuan(row.disbursed)} was disbursed and ${formatYuan(row.moved)} moved back`,
        ),
      ...movements
        .filter((row) => row.fund !== row.supervised)
        .map(
          (row) =>
            `${row.event} of ${row.institution}: ${formatYuan(row.fund)} in the fund book, ${formatYuan(row.supervised)} in the supervised book`,
        ),
    ];
    const total = (of: (row: (typeof advances)[number]) => bigint): string =>
      formatYuan(advances.reduce((all, row) => all + of(row), 0n));
    return verdict(
      findings,
      `${total((row) => row.outstanding)} = ${total((row) => row.disbursed)} − ${total((row) => row.moved)}`,
    );
  },
};

const memoMirror: Invariant = {
  name: 'memo accounts mirror each other',
  async check(database, region) {
    const rows = await query<{ pool: string; held: bigint; contra: bigint }>(
      database,
      `SELECT split_part(a.path, '/', 4) AS pool,
              coalesce(sum(e.fen) FILTER (WHERE a.path LIKE 'fund/memo/held/%'), 0)::bigint AS held,
              coalesce(-sum(e.fen) FILTER (WHERE a.path LIKE 'fund/memo/contra/%'), 0)::bigint AS contra
       FROM (${ENTRIES}) e JOIN ledger.account a ON a.region = :region AND a.account_id = e.account_id
       WHERE a.path LIKE 'fund/memo/%' GROUP BY 1 ORDER BY 1`,
      region,
    );
    const findings = rows
      .filter((row) => row.held !== row.contra)
      .map((row) => `${row.pool}: held ${formatYuan(row.held)}, contra ${formatYuan(row.contra)}`);
    return verdict(findings, rows.map((row) => `${row.pool} ${formatYuan(row.held)}`).join(', ') || 'nothing is held');
  },
};

/**
 * Cash, institution ledgers and all other bounded accounts stayed on their side of zero after every transaction, recomputed
 * from the entries in their order; journals of one transaction share their recording time.
 */
const withinBounds: Invariant = {
  name: 'cash and institution ledgers never below zero',
  async check(database, region) {
    const rows = await query<{ account: string; lowest: bigint }>(
      database,
      `WITH bounded AS (
         SELECT account_id, path, CASE
           WHEN path LIKE 'fund/cash/%' OR path LIKE 'fund/fiscal-deposit/%' OR path LIKE 'fund/advance/%'
             OR path LIKE 'fund/memo/held/%' OR path = 'supervised/cash' THEN 1
           WHEN path LIKE 'fund/transit/%' OR path LIKE 'fund/memo/contra/%' OR path LIKE '%/suspense'
             OR path LIKE 'supervised/%' THEN -1 END AS side
         FROM ledger.account WHERE region = :region),
       steps AS (
         SELECT e.account_id, min(e.sequence) AS first, sum(e.fen) AS fen
         FROM (${ENTRIES}) e LEFT JOIN ledger.journal j ON j.region = :region AND j.sequence = e.sequence
         GROUP BY e.account_id, j.recorded_at),
       after_each AS (
         SELECT b.path, b.side * sum(s.fen) OVER (PARTITION BY s.account_id ORDER BY s.first) AS running
         FROM steps s JOIN bounded b USING (account_id) WHERE b.side IS NOT NULL)
       SELECT path AS account, min(running)::bigint AS lowest FROM after_each WHERE running < 0
       GROUP BY path ORDER BY path LIMIT :limit`,
      region,
    );
    return verdict(
      rows.map((row) => `${row.account} went to ${formatYuan(row.lowest)}`),
      'after every transaction',
    );
  },
};

/** 预付资金专项用于货款直接结算,严禁挪作他用 (新医保发〔2025〕50号 四(一)). */
const prepaymentPurpose: Invariant = {
  name: 'prepayment pays direct settlement only',
  async check(database, region) {
    const rows = await query<{ journal: string; event: string; account: string; credit: string; fen: bigint }>(
      database,
      `SELECT coalesce(j.key, '(none)') AS journal, coalesce(j.event, '(none)') AS event, d.path AS account, c.path AS credit, t.amount_fen AS fen
       FROM ledger.transfer t
       JOIN ledger.account d ON d.region = t.region AND d.account_id = t.debit_account_id
       JOIN ledger.account c ON c.region = t.region AND c.account_id = t.credit_account_id
       LEFT JOIN ledger.journal j ON j.region = t.region AND j.sequence = t.sequence
       WHERE t.region = :region AND d.path LIKE 'supervised/ledger/%/prepayment' AND NOT coalesce(CASE j.event
         WHEN 'confirm' THEN c.path LIKE 'supervised/payable/' || split_part(d.path, '/', 3) || '/%'
         WHEN 'return-from-unused' THEN c.path = 'supervised/ledger/' || split_part(d.path, '/', 3) || '/returning'
         WHEN 'prepayment-rest' THEN c.path = 'supervised/ledger/' || split_part(d.path, '/', 3) || '/own'
         WHEN 'disbursement-returned' THEN c.path = 'supervised/cash' END, false)
       ORDER BY 1, 3, 4 LIMIT :limit`,
      region,
    );
    return verdict(
      rows.map(
        (row) => `${row.journal} (${row.event}) moved ${formatYuan(row.fen)} from ${row.account} to ${row.credit}`,
      ),
      'payables, returns and the rest after the last return',
    );
  },
};

export const LEDGER_INVARIANTS: readonly Invariant[] = [
  everyBookSumsToZero,
  storedBalances,
  supervisedCash,
  advanceOutstanding,
  memoMirror,
  withinBounds,
  prepaymentPurpose,
  chainIntact,
];
