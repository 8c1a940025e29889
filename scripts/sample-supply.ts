/**
 * `npm run build && node dist/scripts/sample-supply.js`: writes the made-up figures (示例) of the procurement system for sample
 * region 650400, the same files every time.
 */
import { join } from 'node:path';
import { period, periodsBetween, type Period } from '../domain/plain-date';
import { loadRegion } from '../operator/files/region-folder';
import { makeSupply, type SupplyPercent } from '../rehearsal/made-up-supply';
import { writeSupply } from '../rehearsal/region-files';
import { projectRoot } from '../workers/services/project-root';

const REGION = '650400';

/** Below 80 % is warned of (五(二)); exactly 80 % is not. */
const OTHERWISE: Readonly<Record<Period, Readonly<Record<string, SupplyPercent>>>> = {
  // Answers too few orders, delivers what it answered, and does better from June: a warning, nothing more.
  [period('2026-05')]: { E6503: { responded: 74, delivered: 92 } },
  // Delivers too little; the officer's finding of 2026-08-03 in scenario.yaml is about the same month.
  [period('2026-07')]: { E6504: { responded: 81, delivered: 58 } },
  // On the edge: no warning.
  [period('2026-10')]: { E6502: { responded: 80, delivered: 80 } },
};

async function main(): Promise<void> {
  const dir = join(projectRoot(), 'rehearsal', 'sample', REGION);
  const region = await loadRegion(dir);
  for (const month of periodsBetween(period('2026-03'), period('2026-12')))
    await writeSupply(dir, month, makeSupply(region, { period: month, otherwise: OTHERWISE[month] ?? {} }));
}

main().catch((error: unknown) => {
  process.stderr.write(
    `settle: the sample was not written: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
