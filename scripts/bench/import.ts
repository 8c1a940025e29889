/**
 * `npm run bench -- import [--rows 200000] [--json]`: the same application rows imported as CSV, as a workbook with its texts in their
 * cells, and as one with shared strings, each by a process of its own, whose peak memory is told; and all of it with a tenth of
 * the rows.
 */
import { execFile } from 'node:child_process';
import { chmodSync, renameSync, statSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Client } from '@temporalio/client';
import type { Knex } from 'knex';
import pino from 'pino';
import { connect } from '../../db/connect';
import { savePolicy, saveRegion } from '../../db/register';
import { createDatabase } from '../../db/roles';
import { atPhase, Phase } from '../../domain/business-time';
import { period, plainDate } from '../../domain/plain-date';
import type { Region } from '../../domain/region';
import { importApplications } from '../../operator/commands/import-applications';
import { choosePolicies } from '../../operator/files/policy-choice';
import { makeApplications } from '../../rehearsal/made-up-applications';
import { makeRegion } from '../../rehearsal/made-up-region';
import { writeApplications } from '../../rehearsal/region-files';
import { processGuard } from '../../workers/services/guard';
import { startPostgres } from '../../workers/services/postgres';
import { projectRoot } from '../../workers/services/project-root';
import { writeWorkbook } from './import-workbook';

const POLICY = 'xinjiang-2025-50';
const PERIOD = period('2026-04');
const DAY = plainDate('2026-04-05');
const INSTITUTIONS = 400;
const ENTERPRISES = 40;
const BYTES_PER_MEGABYTE = 1_048_576;
const BYTES_PER_KILOBYTE = 1_024;
/** What a sheet can have, its header aside (`operator/files/xlsx-records.ts`). */
const MOST_ROWS = 1_000_000;

const FORMATS = ['csv', 'xlsx-inline', 'xlsx-shared'] as const;
type Format = (typeof FORMATS)[number];

/** What the process that imports tells of itself. */
interface Imported {
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
}

interface Run extends Imported {
  readonly format: Format;
  readonly fileMegabytes: number;
}

const say = (message: string): void => void process.stderr.write(`${message}\n`);
const rounded = (value: number, places = 1): number => Number(value.toFixed(places));

/** Imports one file and writes to standard output what it took. */
async function importOne(path: string, region: string): Promise<void> {
  const db = connect(process.env.DATABASE_URL!);
  const now = atPhase(DAY, Phase.PeopleAct);
  // An import of a window without a case asks Temporal nothing.
  const context = { db, client: {} as Client, log: pino({ level: 'silent' }), clock: { now: () => now } };
  try {
    const began = performance.now();
    const { rows, accepted, rejected } = await importApplications(context, { region, path, period: PERIOD });
    const seconds = rounded((performance.now() - began) / 1_000);
    const peak = (process.resourceUsage().maxRSS * BYTES_PER_KILOBYTE) / BYTES_PER_MEGABYTE;
    const imported: Imported = { rows, accepted, rejected, seconds, peakMegabytes: Math.round(peak) };
    process.stdout.write(JSON.stringify(imported));
  } finally {
    await db.destroy();
  }
}

async function importApart(appUrl: string, path: string, region: string): Promise<Imported> {
  const args = [__filename, '--file', path, '--region', region];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, DATABASE_URL: appUrl },
  });
  return JSON.parse(stdout) as Imported;
}

async function writeFile(directory: string, region: Region, format: Format, rows: number): Promise<string> {
  const path = join(directory, `${format}-${rows}.${format.slice(0, format.includes('-') ? 4 : 3)}`);
  if (format === 'csv') renameSync(await writeApplications(directory, region, { period: PERIOD, lines: rows }), path);
  else
    await writeWorkbook(
      path,
      makeApplications(region, { period: PERIOD, lines: rows }),
      format === 'xlsx-shared' ? 'shared' : 'inline',
    );
  return path;
}

async function run(owner: Knex, appUrl: string, directory: string, rows: number, code: number): Promise<Run[]> {
  const runs: Run[] = [];
  for (const [index, format] of FORMATS.entries()) {
    // A region for each, so that each imports all of it; the parties are the same, but for the region's code.
    const region = makeRegion({ code: String(code + index), institutions: INSTITUTIONS, enterprises: ENTERPRISES });
    await saveRegion(owner, region, { policies: [POLICY], provisionalCalendar: false });
    const path = await writeFile(directory, region, format, rows);
    const imported = await importApart(appUrl, path, region.code);
    say(`${rows} rows as ${format}: ${imported.seconds} s, ${imported.peakMegabytes} MB`);
    const [first] = runs;
    if (first && (imported.rows !== first.rows || imported.accepted !== first.accepted))
      throw new Error(`${format}: ${imported.rows} rows, ${imported.accepted} accepted; as CSV it was otherwise`);
    runs.push({ format, fileMegabytes: rounded(statSync(path).size / BYTES_PER_MEGABYTE), ...imported });
  }
  return runs;
}

async function measure(rows: number): Promise<Record<string, unknown>> {
  const directory = processGuard().temporaryDirectory('settle-bench-');
  chmodSync(directory, 0o755);
  const postgres = await startPostgres({ durable: true, dataDir: join(directory, 'data') });
  const database = await createDatabase(postgres.url, 'bench');
  const owner = connect(database.ownerUrl);
  try {
    const load = [rounded(loadavg()[0]!)];
    const { book } = await choosePolicies(join(projectRoot(), 'policies'), [POLICY]);
    for (const file of book.list()) await savePolicy(owner, file);
    const tenth = await run(owner, database.appUrl, directory, rows / 10, 650100);
    const whole = await run(owner, database.appUrl, directory, rows, 650200);
    load.push(rounded(loadavg()[0]!));
    return { machine: { cores: cpus().length, node: process.version, load }, tenth, whole };
  } finally {
    await owner.destroy();
    await postgres.stop();
    processGuard().discard(directory);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '200000' },
      json: { type: 'boolean', default: false },
      file: { type: 'string' },
      region: { type: 'string' },
    },
  });
  if (values.file !== undefined && values.region !== undefined) return importOne(values.file, values.region);
  const rows = Number(values.rows);
  if (!Number.isInteger(rows) || rows < 10_000 || rows > MOST_ROWS || rows % 10 !== 0)
    throw new RangeError(`--rows is a multiple of ten from 10000 to ${MOST_ROWS}`);
  const result = await measure(rows);
  if (values.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else for (const [name, value] of Object.entries(result)) process.stdout.write(`${name}: ${JSON.stringify(value)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`settle: the benchmark failed: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
