/**
 * `npm run bench -- window [--lines 1000000] [--json]`: one settlement window of so many lines, imported, validated, netted,
 * reserved and posted, beside the bare minimum in SQL on the same durable server in the same run; and both with a tenth of
 * the lines.
 */
import { chmodSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import type { Knex } from 'knex';
import pino from 'pino';
import { connect } from '../../db/connect';
import { postJournals } from '../../db/ledger';
import { savePolicy, saveRegion } from '../../db/register';
import { createDatabase } from '../../db/roles';
import { atPhase, Phase } from '../../domain/business-time';
import { supervisedAccounts, type Journal } from '../../domain/ledger';
import { period, plainDate } from '../../domain/plain-date';
import type { Region } from '../../domain/region';
import type { CommandContext } from '../../operator/commands/context';
import { confirm } from '../../operator/commands/confirm-statement';
import { importApplications } from '../../operator/commands/import-applications';
import { choosePolicies } from '../../operator/files/policy-choice';
import { makeRegion } from '../../rehearsal/made-up-region';
import { writeApplications } from '../../rehearsal/region-files';
import { processGuard } from '../../workers/services/guard';
import { startPostgres } from '../../workers/services/postgres';
import { projectRoot } from '../../workers/services/project-root';
import { runBare } from './window-bare';

const POLICY = 'xinjiang-2025-50';
const PERIOD = period('2026-04');
const INSTITUTIONS = 400;
const ENTERPRISES = 40;
const ENOUGH_FEN = 1_000_000_000_000n;
const WARM_UP_LINES = 5_000;

interface Run {
  readonly lines: number;
  readonly rows: number;
  readonly rejected: number;
  readonly statements: number;
  readonly importSeconds: number;
  readonly confirmSeconds: number;
  readonly seconds: number;
  readonly bareSeconds: number;
  readonly ratio: number;
  readonly linesPerSecond: number;
  readonly bareLinesPerSecond: number;
}

interface Bench {
  readonly app: Knex;
  readonly owner: Knex;
  readonly directory: string;
}

const say = (message: string): void => void process.stderr.write(`${message}\n`);
const rounded = (value: number, places = 2): number => Number(value.toFixed(places));

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const began = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - began) / 1_000 };
}

function contextOn(app: Knex, day: string): CommandContext {
  const now = atPhase(plainDate(day), Phase.PeopleAct);
  // Neither import nor confirmation of a window without a case asks Temporal anything.
  return { db: app, client: {} as Client, log: pino({ level: 'silent' }), clock: { now: () => now } };
}

/** A region whose bodies have their letters on file and money enough. */
async function openRegion({ app, owner }: Bench, code: string): Promise<Region> {
  const region = makeRegion({ code, institutions: INSTITUTIONS, enterprises: ENTERPRISES });
  await saveRegion(owner, region, { policies: [POLICY], provisionalCalendar: false });
  const bodies = region.institutions.filter((each) => each.settlesThrough === undefined);
  await owner('settle.entrustments').insert(
    bodies.map(({ institution }) => ({
      region: code,
      institution,
      number: `示例委托书${institution}`,
      valid_from: '2026-01-01',
      sha256: 'e'.repeat(64),
      filed_on: '2026-01-01',
      filed_by: `${code}-officer`,
    })),
  );
  await postJournals(
    app,
    code,
    bodies.map(({ institution }): Journal => ({
      book: 'supervised',
      key: `bench/${institution}`,
      date: plainDate('2026-04-01'),
      event: 'top-up',
      reference: `bench/${institution}`,
      caseId: `window/${code}/${PERIOD}`,
      policy: { id: POLICY, version: '1', sha256: 'b'.repeat(64) },
      transfers: [
        { debit: supervisedAccounts.cash(), credit: supervisedAccounts.own(institution), amountFen: ENOUGH_FEN },
      ],
    })),
  );
  return region;
}

async function run(bench: Bench, code: string, lines: number): Promise<Run> {
  const { app, owner, directory } = bench;
  say(`${lines} lines: writing the file`);
  const region = await openRegion(bench, code);
  // One file for both would stop the bare way at its first line that stands twice.
  const path = await writeApplications(directory, region, { period: PERIOD, lines, defects: false });
  const bareSeconds = await runBare(owner, path);
  say(`${lines} lines: the bare minimum took ${bareSeconds.toFixed(1)} s`);
  await writeApplications(directory, region, { period: PERIOD, lines });
  const imported = await timed(() => importApplications(contextOn(app, '2026-04-05'), { region: code, path }));
  say(`${lines} lines: imported in ${imported.seconds.toFixed(1)} s`);
  const confirmed = await timed(() => confirm(contextOn(app, '2026-04-10'), { region: code, period: PERIOD }));
  say(`${lines} lines: confirmed in ${confirmed.seconds.toFixed(1)} s`);
  const seconds = imported.seconds + confirmed.seconds;
  const { rows, rejected } = imported.result;
  const statements = confirmed.result.filter(({ outcome }) => outcome === 'confirmed').length;
  const refused = confirmed.result.find(({ outcome }) => outcome === 'refused');
  if (refused) throw new Error(`not confirmed: ${JSON.stringify(refused, (_, each: unknown) => String(each))}`);
  return {
    lines,
    rows,
    rejected,
    statements,
    importSeconds: rounded(imported.seconds),
    confirmSeconds: rounded(confirmed.seconds),
    seconds: rounded(seconds),
    bareSeconds: rounded(bareSeconds),
    ratio: rounded(seconds / bareSeconds),
    linesPerSecond: Math.round(rows / seconds),
    bareLinesPerSecond: Math.round(lines / bareSeconds),
  };
}

function readOptions(): { lines: number; json: boolean } {
  const { values } = parseArgs({
    options: { lines: { type: 'string', default: '1000000' }, json: { type: 'boolean', default: false } },
  });
  const lines = Number(values.lines);
  if (!Number.isInteger(lines) || lines < 10_000 || lines > 10_000_000)
    throw new RangeError('--lines is a whole number from 10000 to 10000000');
  return { lines, json: values.json };
}

const BYTES_PER_MEGABYTE = 1_048_576;
const BYTES_PER_KILOBYTE = 1_024;

function report(runs: readonly Run[], loads: readonly number[]): Record<string, unknown> {
  const [small, large] = runs as [Run, Run];
  return {
    machine: { cores: cpus().length, cpu: cpus()[0]?.model.trim() ?? 'unknown', node: process.version, load: loads },
    runs,
    timeForTenTimesTheLines: rounded(large.seconds / small.seconds),
    peakMemoryMegabytes: Math.round((process.resourceUsage().maxRSS * BYTES_PER_KILOBYTE) / BYTES_PER_MEGABYTE),
  };
}

async function main(): Promise<void> {
  const { lines, json } = readOptions();
  const directory = processGuard().temporaryDirectory('settle-bench-');
  chmodSync(directory, 0o755);
  const postgres = await startPostgres({ durable: true, dataDir: join(directory, 'data') });
  const database = await createDatabase(postgres.url, 'bench');
  const [app, owner] = [connect(database.appUrl), connect(database.ownerUrl)];
  try {
    const loads = [rounded(loadavg()[0]!)];
    const { book } = await choosePolicies(join(projectRoot(), 'policies'), [POLICY]);
    for (const file of book.list()) await savePolicy(owner, file);
    const bench = { app, owner, directory };
    await run(bench, '650100', WARM_UP_LINES);
    const runs = [await run(bench, '650400', lines / 10), await run(bench, '650500', lines)];
    loads.push(rounded(loadavg()[0]!));
    const result = report(runs, loads);
    if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    else
      for (const [name, value] of Object.entries(result)) process.stdout.write(`${name}: ${JSON.stringify(value)}\n`);
  } finally {
    await Promise.all([app.destroy(), owner.destroy()]);
    await postgres.stop();
    processGuard().discard(directory);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`settle: the benchmark failed: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
