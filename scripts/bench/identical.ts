import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { rehearse } from '../../rehearsal/rehearse';
import { createLogger } from '../../workers/logging';
import { projectRoot } from '../../workers/services/project-root';

const REGIONS = ['650100', '650400', '650500'];
const FILES = ['summary.json', 'journal.csv'];

/**
 * `npm run bench -- identical [--runs 10] [--seed 1]`: rehearses the sample year over and over, every second time on a
 * machine whose processors are all kept busy, and compares the bytes of every `summary.json` and `journal.csv`.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
  });
  const seen = new Map<string, Set<string>>();
  for (let run = 1; run <= Number(values.runs); run += 1) {
    const loaded = run % 2 === 0;
    const seconds = await (loaded ? underLoad : (work: () => Promise<number>) => work())(() =>
      once(Number(values.seed), seen),
    );
    process.stderr.write(`run ${run}${loaded ? ', loaded' : ''}: ${seconds.toFixed(1)} s\n`);
  }
  for (const [file, hashes] of seen)
    process.stdout.write(`${file.padEnd(22)}${[...hashes].map((hash) => hash.slice(0, 16)).join(' ')}\n`);
  const same = [...seen.values()].every(({ size }) => size === 1);
  process.stdout.write(same ? `${values.runs} runs, the same bytes\n` : 'the runs differ\n');
  process.exitCode = same ? 0 : 1;
}

async function once(seed: number, seen: Map<string, Set<string>>): Promise<number> {
  const out = await mkdtemp(join(tmpdir(), 'settle-bench-'));
  const startedAt = performance.now();
  const sample = join(projectRoot(), 'rehearsal', 'sample');
  try {
    await rehearse({
      regions: REGIONS.map((region) => join(sample, region)),
      from: '2026-01',
      to: '2026-12',
      policies: [],
      scenario: join(sample, 'scenario.yaml'),
      seed,
      out,
      provisionalCalendar: false,
      documents: false,
      webUi: false,
      progress: () => undefined,
      log: createLogger('bench', { level: 'error' }),
    });
    for (const name of REGIONS.flatMap((region) => FILES.map((file) => join(region, file)))) {
      const hash = createHash('sha256')
        .update(await readFile(join(out, name)))
        .digest('hex');
      seen.set(name, (seen.get(name) ?? new Set()).add(hash));
    }
    return (performance.now() - startedAt) / 1_000;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** Keeps every processor busy twice over while something runs. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  const busy = Array.from({ length: cpus().length * 2 }, () => new Worker('for (;;);', { eval: true }));
  try {
    return await work();
  } finally {
    await Promise.all(busy.map((worker) => worker.terminate()));
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
