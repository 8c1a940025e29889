import type { Database } from '../connect';
import { FUND_INVARIANTS } from './fund';
import type { Invariant } from './invariant';
import { LEDGER_INVARIANTS } from './ledger';
import { PAYMENT_INVARIANTS } from './payments';
import { WINDOW_INVARIANTS } from './window';

export interface VerifyRow {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Every invariant of DESIGN 6, in the order of the report. */
const INVARIANTS: readonly Invariant[] = [
  ...LEDGER_INVARIANTS,
  ...PAYMENT_INVARIANTS,
  ...WINDOW_INVARIANTS,
  ...FUND_INVARIANTS,
];

/** Those of the books alone, which hold whoever posts, also without the cases and payments of the engine. */
export { LEDGER_INVARIANTS } from './ledger';

async function regionsOf(database: Database): Promise<string[]> {
  const { rows } = await database.raw<{ rows: { region: string }[] }>(
    'SELECT region FROM ledger.chain_head UNION SELECT region FROM ledger.journal UNION SELECT region FROM ledger.account ORDER BY region',
  );
  return rows.map((row) => row.region);
}

async function checkRegions(database: Database, invariant: Invariant, regions: readonly string[]): Promise<VerifyRow> {
  const verdicts: { region: string; ok: boolean; detail: string }[] = [];
  for (const region of regions) verdicts.push({ region, ...(await invariant.check(database, region)) });
  const broken = verdicts.filter((each) => !each.ok);
  const shown = broken.length > 0 ? broken : verdicts;
  const detail = shown.map((each) => (regions.length > 1 ? `${each.region}: ${each.detail}` : each.detail)).join(' | ');
  return { name: invariant.name, ok: broken.length === 0, detail: detail === '' ? 'nothing is posted' : detail };
}

/**
 * Recomputes every invariant from the raw rows, on one consistent snapshot. Without a region: of all that have postings.
 * A broken invariant is a row with `ok: false`, not an error.
 * @param database a connection pool; reading is enough
 */
export async function verify(
  database: Database,
  region?: string,
  invariants: readonly Invariant[] = INVARIANTS,
): Promise<VerifyRow[]> {
  return database.transaction(
    async (snapshot) => {
      // Whole regions are read at once; a date in a journal's content is written as in its hash.
      await snapshot.raw(`SELECT set_config('work_mem', '128MB', true), set_config('datestyle', 'ISO, YMD', true)`);
      const regions = region === undefined ? await regionsOf(snapshot) : [region];
      const rows: VerifyRow[] = [];
      for (const invariant of invariants) rows.push(await checkRegions(snapshot, invariant, regions));
      return rows;
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}
