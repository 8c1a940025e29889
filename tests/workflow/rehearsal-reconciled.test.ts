import { join } from 'node:path';
import pino from 'pino';
import { createHttpBank } from '../../activities/bank/http-bank';
import { loadLines } from '../../db/reconciliation';
import { addDays, plainDate } from '../../domain/plain-date';
import { reconcile } from '../../operator/commands/reconcile';
import { rehearse } from '../../rehearsal/rehearse';
import type { Stage } from '../../rehearsal/stage';

// Every day of the sample year, with its rejected, late, lost and returned payments: the books against the bank's own
// statements, to the fen (DESIGN 6).

const SAMPLE = join(__dirname, '..', '..', 'rehearsal', 'sample');
const REGIONS = ['650100', '650400', '650500'];
const log = pino({ level: 'silent' });

interface Year {
  days: number;
  matched: number;
  ledgerEntries: bigint;
  bankLines: number;
  differences: object[];
}

async function reconcileYear({ db, bankUrl }: Stage, region: string): Promise<Year> {
  const bank = createHttpBank({ baseUrl: bankUrl, timeoutMs: 20_000, log });
  const clock = { now: () => ({ date: plainDate('2027-01-01'), time: '10:00' as const }) };
  const year: Year = { days: 0, matched: 0, ledgerEntries: 0n, bankLines: 0, differences: [] };
  for (let date = plainDate('2026-01-01'); date <= '2026-12-31'; date = addDays(date, 1)) {
    const command = { region, date, person: `${region}-accountant` };
    const { runId, counts, accounts, open } = await reconcile({ db, bank, clock, log }, command);
    const differing = accounts.filter((each) => each.bankClosingFen !== each.ledgerClosingFen);
    year.days += 1;
    year.matched += counts.matched;
    year.bankLines += (await loadLines(db, runId)).filter(({ bankReference }) => bankReference !== null).length;
    year.differences.push(...open, ...differing);
  }
  const { rows } = await db.raw<{ rows: { entries: bigint }[] }>(
    `select count(*) as entries from generate_series('2026-01-01'::date, '2026-12-31', '1 day') day
      cross join lateral settle.cash_entries(?, day::date)`,
    [region],
  );
  year.ledgerEntries = rows[0]!.entries;
  return year;
}

it('a whole year of the sample has no exception on any day, and every line and entry is matched', async () => {
  const years: Record<string, Year> = {};
  const result = await rehearse({
    regions: REGIONS.map((code) => join(SAMPLE, code)),
    from: '2026-01',
    to: '2026-12',
    policies: [],
    scenario: join(SAMPLE, 'scenario.yaml'),
    seed: 1,
    provisionalCalendar: false,
    documents: false,
    webUi: false,
    progress: () => undefined,
    log,
    inspect: async (stage) => {
      await Promise.all(REGIONS.map(async (region) => (years[region] = await reconcileYear(stage, region))));
    },
  });
  expect(result.ok).toBe(true);
  for (const region of REGIONS) {
    const year = years[region]!;
    expect(year.differences).toEqual([]);
    expect(year).toMatchObject({ days: 365, matched: year.bankLines, ledgerEntries: BigInt(year.matched) });
    expect(year.matched).toBeGreaterThan(50);
  }
}, 600_000);
