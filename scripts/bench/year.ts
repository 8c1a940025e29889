import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lastDayOf, period, periodsBetween } from '../../domain/plain-date';
import { writeApplications, writeRegionFolder } from '../../rehearsal/region-files';
import { makeRegion } from '../../rehearsal/made-up-region';
import { rehearse } from '../../rehearsal/rehearse';
import { createLogger } from '../../workers/logging';

const FROM = period('2026-01');
const TO = period('2026-12');
/** The first window of the policy (新医保发〔2025〕50号 三(二)). */
const FIRST_WINDOW = period('2026-03');

/**
 * `npm run bench -- year [--institutions 60] [--enterprises 40] [--lines 100000] [--keep DIR]`: rehearses a made-up region's
 * policy year, its lines spread over the ten windows of 2026, and prints how long it took, month by month.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      institutions: { type: 'string', default: '60' },
      enterprises: { type: 'string', default: '40' },
      lines: { type: 'string', default: '100000' },
      keep: { type: 'string' },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'settle-bench-'));
  try {
    const region = makeRegion({
      code: '659901',
      institutions: Number(values.institutions),
      enterprises: Number(values.enterprises),
    });
    await writeRegionFolder(folder, region);
    const windows = periodsBetween(FIRST_WINDOW, TO);
    for (const window of windows)
      await writeApplications(folder, region, {
        period: window,
        lines: Math.ceil(Number(values.lines) / windows.length),
      });

    const marks = new Map<string, number>();
    const startedAt = performance.now();
    const seconds = (): number => (performance.now() - startedAt) / 1_000;
    const { summaries, ok } = await rehearse({
      regions: [folder],
      from: FROM,
      to: TO,
      policies: [],
      seed: 1,
      ...(values.keep === undefined ? {} : { out: values.keep }),
      provisionalCalendar: false,
      documents: false,
      webUi: false,
      progress: (event) => marks.set(event.kind === 'day' ? event.date.slice(0, 7) : event.message, seconds()),
      log: createLogger('bench', { level: 'error' }),
    });
    const [summary] = summaries;
    process.stdout.write(
      [
        `${values.institutions} institutions, ${values.enterprises} enterprises, ${values.lines} lines on ${cpus().length} cores`,
        ...[...marks].map(([what, at]) => `  ${at.toFixed(1).padStart(6)} s  ${what}`),
        `${summary!.statements.length} statements, ${summary!.payments.length} payments, ${summary!.rejectedLines.length} rejected lines, to ${lastDayOf(TO)}`,
        `${seconds().toFixed(1)} s in all; ${ok ? 'every invariant holds' : 'AN INVARIANT IS BROKEN'}`,
        '',
      ].join('\n'),
    );
    process.exitCode = ok ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
