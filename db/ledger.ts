import type { Book } from '../domain/ledger/chart';
import type { Journal, PolicyStamp } from '../domain/ledger/journal';
import type { PlainDate } from '../domain/plain-date';
import type { Database } from './connect';
import { refusing } from './refusals';

export interface Posted {
  /** How many journals were new. */
  readonly posted: number;
  /** Those that had been posted before with the same content: nothing was done for them. */
  readonly duplicates: readonly Journal[];
}

const JOURNALS_PER_STATEMENT = 50_000;

const POST = `SELECT posted, duplicates FROM ledger.post(
  ?, ?::text[], ?::text[], ?::date[], ?::text[], ?::text[], ?::text[], ?::integer[], ?::text[], ?::text[], ?::text[],
  ?::integer[], ?::text[], ?::text[], ?::bigint[])`;

/** The distinct policies of some journals, and for each journal the position of its own (from 1). */
function stampPolicies(journals: readonly Journal[]): { stamps: PolicyStamp[]; positions: number[] } {
  const known = new Map<string, number>();
  const stamps: PolicyStamp[] = [];
  const positions = journals.map(({ policy }) => {
    const name = `${policy.id}\t${policy.version}\t${policy.sha256}`;
    let position = known.get(name);
    if (position === undefined) {
      position = stamps.push(policy);
      known.set(name, position);
    }
    return position;
  });
  return { stamps, positions };
}

function bindings(region: string, journals: readonly Journal[]): unknown[] {
  const { stamps, positions } = stampPolicies(journals);
  const transfers = journals.flatMap((journal, index) =>
    journal.transfers.map((transfer) => ({ at: index + 1, ...transfer })),
  );
  return [
    region,
    journals.map((journal) => journal.book),
    journals.map((journal) => journal.key),
    journals.map((journal) => journal.date),
    journals.map((journal) => journal.event),
    journals.map((journal) => journal.reference),
    journals.map((journal) => journal.caseId),
    positions,
    stamps.map((stamp) => stamp.id),
    stamps.map((stamp) => stamp.version),
    stamps.map((stamp) => stamp.sha256),
    transfers.map((transfer) => transfer.at),
    transfers.map((transfer) => transfer.debit),
    transfers.map((transfer) => transfer.credit),
    transfers.map((transfer) => transfer.amountFen),
  ];
}

/**
 * Posts journals to a region's ledger, all or none when `database` is a transaction. Bounds are checked at the end of each
 * statement, which is one for up to 50,000 journals. Journals that were posted before with the same content are no-ops.
 * Keeps the region's chain head locked until the transaction ends.
 *
 * @throws Refusal `IdempotencyConflict` (key used with other content), `LedgerInsufficient` (an account went past its bound),
 *   `LedgerPostingForbidden` (no posting rule, other parties, unknown account), `LedgerUnbalanced` (no transfer, no amount)
 */
export async function postJournals(database: Database, region: string, journals: readonly Journal[]): Promise<Posted> {
  let posted = 0;
  const duplicates: Journal[] = [];
  for (let from = 0; from < journals.length; from += JOURNALS_PER_STATEMENT) {
    const part = journals.slice(from, from + JOURNALS_PER_STATEMENT);
    const { rows } = await refusing(
      database.raw<{ rows: { posted: number; duplicates: number[] }[] }>(POST, bindings(region, part) as never),
    );
    posted += rows[0]!.posted;
    for (const position of rows[0]!.duplicates) duplicates.push(part[position - 1]!);
  }
  return { posted, duplicates };
}

export interface AccountBalance {
  readonly book: Book;
  readonly account: string;
  /** Debit minus credit. */
  readonly balanceFen: bigint;
}

/**
 * The balances of a region, by book and path: as stored, or with `on` what the journals dated up to that day add up to.
 * Accounts without a movement are left out with `on`.
 */
export async function balances(
  database: Database,
  region: string,
  { on }: { on?: PlainDate } = {},
): Promise<AccountBalance[]> {
  const stored = `SELECT a.book, a.path AS account, b.balance_fen AS "balanceFen"
    FROM ledger.account a JOIN ledger.balance b USING (region, account_id)
    WHERE a.region = ? ORDER BY a.book, a.path`;
  const dated = `SELECT a.book, a.path AS account, sum(e.debit_fen - e.credit_fen)::bigint AS "balanceFen"
    FROM ledger.journal j JOIN ledger.entry e USING (region, sequence) JOIN ledger.account a USING (region, account_id)
    WHERE j.region = ? AND j.date <= ?::date GROUP BY a.book, a.path ORDER BY a.book, a.path`;
  const { rows } = await (on === undefined
    ? database.raw<{ rows: AccountBalance[] }>(stored, [region])
    : database.raw<{ rows: AccountBalance[] }>(dated, [region, on]));
  return rows;
}

/** The stored balance of one account, debit minus credit; 0 for one that was never used. */
export async function balanceOf(database: Database, region: string, account: string): Promise<bigint> {
  const { rows } = await database.raw<{ rows: { balanceFen: bigint }[] }>(
    `SELECT b.balance_fen AS "balanceFen" FROM ledger.account a JOIN ledger.balance b USING (region, account_id)
     WHERE a.region = ? AND a.path = ?`,
    [region, account],
  );
  return rows[0]?.balanceFen ?? 0n;
}

export interface AccountEntry {
  readonly sequence: bigint;
  readonly date: PlainDate;
  readonly journal: string;
  readonly event: string;
  readonly reference: string;
  readonly caseId: string;
  readonly debitFen: bigint;
  readonly creditFen: bigint;
}

/** What moved an account, in the order of posting. */
export async function accountEntries(
  database: Database,
  region: string,
  account: string,
  { limit = 1_000, after = 0n }: { limit?: number; after?: bigint } = {},
): Promise<AccountEntry[]> {
  const { rows } = await database.raw<{ rows: AccountEntry[] }>(
    `SELECT j.sequence, j.date, j.key AS journal, j.event, j.reference, j.case_id AS "caseId",
            sum(s.debit_fen)::bigint AS "debitFen", sum(s.credit_fen)::bigint AS "creditFen"
     FROM ledger.account a
     CROSS JOIN LATERAL (
       SELECT t.sequence, t.amount_fen AS debit_fen, 0 AS credit_fen FROM ledger.transfer t
       WHERE t.region = a.region AND t.debit_account_id = a.account_id AND t.sequence > :after
       UNION ALL
       SELECT t.sequence, 0, t.amount_fen FROM ledger.transfer t
       WHERE t.region = a.region AND t.credit_account_id = a.account_id AND t.sequence > :after) s
     JOIN ledger.journal j ON j.region = a.region AND j.sequence = s.sequence
     WHERE a.region = :region AND a.path = :account
     GROUP BY j.region, j.sequence ORDER BY j.sequence LIMIT :limit`,
    { region, account, limit, after: after.toString() },
  );
  return rows;
}

export interface JournalRow {
  readonly date: PlainDate;
  readonly book: Book;
  readonly journal: string;
  readonly event: string;
  readonly reference: string;
  readonly account: string;
  readonly debitFen: bigint;
  readonly creditFen: bigint;
}

/**
 * The rows of `journal.csv` for the business days `from` to `to`, both included: by date, book, business key, account, side;
 * the amounts of one account and side in a journal are added up. The order holds nothing of the order of posting, since
 * parallel cases commit in any order.
 */
export async function journalRows(
  database: Database,
  region: string,
  from: PlainDate,
  to: PlainDate,
): Promise<JournalRow[]> {
  const { rows } = await database.raw<{ rows: JournalRow[] }>(
    `SELECT j.date, j.book, j.key AS journal, j.event, j.reference, a.path AS account,
            sum(e.debit_fen)::bigint AS "debitFen", sum(e.credit_fen)::bigint AS "creditFen"
     FROM ledger.journal j JOIN ledger.entry e USING (region, sequence) JOIN ledger.account a USING (region, account_id)
     WHERE j.region = ? AND j.date BETWEEN ?::date AND ?::date
     GROUP BY j.date, j.book, j.key, j.event, j.reference, a.path, e.debit_fen = 0
     ORDER BY j.date, j.book, j.key, a.path, e.debit_fen = 0`,
    [region, from, to],
  );
  return rows;
}
