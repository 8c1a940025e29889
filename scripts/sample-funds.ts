/**
 * `npm run build && node dist/scripts/sample-funds.js`: writes the made-up spending and claims (示例) of the sample regions with monthly
 * funds, the same files every time. Their standings are written by hand.
 */
import { join } from 'node:path';
import { yuan } from '../domain/money';
import { period, periodsBetween } from '../domain/plain-date';
import type { Pool } from '../domain/pools';
import { loadRegion } from '../operator/files/region-folder';
import { makeClaims, makeSpending } from '../rehearsal/made-up-funds';
import { writeFundFiles } from '../rehearsal/region-files';
import { projectRoot } from '../workers/services/project-root';

interface SampleRegion {
  readonly code: string;
  readonly year: Partial<Record<Pool, string>>;
  readonly payingRegions: readonly string[];
}

/** What each pool paid in 2025, and neighbours whose people were treated here. */
const REGIONS: readonly SampleRegion[] = [
  {
    code: '321300',
    year: { employee: '118000000.00', resident: '96000000.00', 'employee-personal': '24000000.00' },
    payingRegions: ['320800', '320300'],
  },
  {
    code: '650500',
    year: { employee: '52000000.00', resident: '30000000.00', 'employee-personal': '12000000.00' },
    payingRegions: ['650400'],
  },
];

async function main(): Promise<void> {
  for (const { code, year, payingRegions } of REGIONS) {
    const dir = join(projectRoot(), 'rehearsal', 'sample', code);
    const region = await loadRegion(dir);
    const yearFen = Object.fromEntries(Object.entries(year).map(([pool, text]) => [pool, yuan(text)]));
    const spending = makeSpending(region, { year: 2025, yearFen });
    const months = periodsBetween(period('2026-01'), period('2026-12'));
    const claims = new Map(
      months.map((month) => [month, makeClaims(region, spending, { period: month, payingRegions })]),
    );
    await writeFundFiles(dir, region, { spending, standings: [], claims });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(
    `settle: the sample was not written: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
