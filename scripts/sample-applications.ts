/**
 * `npm run build && node dist/scripts/sample-applications.js`: writes the made-up applications (示例) of the sample regions,
 * the same files every time.
 */
import { join } from 'node:path';
import { period, periodsBetween } from '../domain/plain-date';
import { loadRegion } from '../operator/files/region-folder';
import { writeApplications } from '../rehearsal/region-files';
import { projectRoot } from '../workers/services/project-root';

/** Lines a month; the two hospitals that the text names have none that is wrong. */
const REGIONS = [
  { code: '650100', lines: 40, defects: false },
  { code: '650400', lines: 90, defects: true },
  { code: '650500', lines: 130, defects: true },
];

async function main(): Promise<void> {
  for (const { code, ...options } of REGIONS) {
    const dir = join(projectRoot(), 'rehearsal', 'sample', code);
    const region = await loadRegion(dir);
    for (const month of periodsBetween(period('2026-03'), period('2026-12')))
      await writeApplications(dir, region, { ...options, period: month });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(
    `settle: the sample was not written: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
