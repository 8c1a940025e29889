import { join } from 'node:path';
import pino from 'pino';
import { createHttpBank } from '../../activities/bank/http-bank';
import { loadLines } from '../../db/reconciliation';
import { addDays, plainDate } from '../../domain/plain-date';
import { reconcile } from '../../operator/commands/reconcile';
import { rehearse } from '../../rehearsal/rehearse';
import type { Stage } from '../../rehearsal/stage';

// Every day of the sample to its last scripted fault, with its rejected, late, lost and returned payments: the books against the bank's own
// statements, to the fen (DESIGN 6).

const SAMPLE = join(__dirname, '..', '..', 'rehearsal', 'sample');
const REGIONS = ['650400', '650500'];
const LAST_DAY = '2026-09-30';
const log = pino({ level: 'silent' });

interface Reconciled {
  days: number;
  matched: number;
  ledgerEntries: bigint;
  bankLines: number;
  differences: object[];
}

async function reconcileEveryDay({ db, bankUrl }: Stage, region: string): Promise<Reconciled> {
  const bank = createHttpBank({ baseUrl: bankUrl, timeoutMs: 20_000, log });
  const clock = { now: () => ({ date: plainDate('2027-01-01'), time: '10:00' as const }) };
  const sum: Reconciled = { days: 0, matched: 0, ledgerEntries: 0n, bankLines: 0, differences: [] };
  for (let date = plainDate('2026-01-01'); date <= LAST_DAY; date = addDays(date, 1)) {
    const command = { region, date, person: `${region}-accountant` };
    const { runId, counts, accounts, open } = await reconcile({ db, bank, clock, log }, command);
    const differing = accounts.filter((each) => each.bankClosingFen !== each.ledgerClosingFen);
    sum.days += 1;
    sum.matched += counts.matched;
    sum.bankLines += (await loadLines(db, runId)).filter(({ bankReference }) => bankReference !== null).length;
    sum.differences.push(...open, ...differing);
  }
  const { rows } = await db.raw<{ rows: { entries: bigint }[] }>(
    `select count(*) as entries from generate_series('2026-01-01'::date, ?, '1 day') day
      cross join lateral settle.cash_entries(?, day::date)`,
    [LAST_DAY, region],
  );
  sum.ledgerEntries = rows[0]!.entries;
  return sum;
}

it('nine months of the sample have no exception on any day, and every line and entry is matched', async () => {
  const sums: Record<string, Reconciled> = {};
  const result = await rehearse({
    regions: REGIONS.map((code) => join(SAMPLE, code)),
    from: '2026-01',
    to: '2026-09',
    policies: [],
    scenario: join(SAMPLE, 'scenario.yaml'),
    seed: 1,
    provisionalCalendar: false,
    documents: false,
    webUi: false,
    progress: () => undefined,
    log,
    inspect: async (stage) => {
      await Promise.all(REGIONS.map(async (region) => (sums[region] = await reconcileEveryDay(stage, region))));
    },
  });
  expect(result.ok).toBe(true);
  for (const region of REGIONS) {
    const sum = sums[region]!;
    expect(sum.differences).toEqual([]);
    expect(sum).toMatchObject({ days: 273, matched: sum.bankLines, ledgerEntries: BigInt(sum.matched) });
    expect(sum.matched).toBeGreaterThan(50);
  }
}, 600_000);
