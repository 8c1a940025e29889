/**
 * `npm run bench -- ledger`: how many journals a second the posting function takes, durably, with balances, bounds, rules and
 * chain, beside what the same machine does at the same time without any check and with a call for each transfer. The ways
 * take turns, statement by statement, so that whatever else the machine does meets all of them.
 */
import { chmodSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect } from '../../db/connect';
import type { Database } from '../../db/connect';
import { postJournals } from '../../db/ledger';
import { createDatabase } from '../../db/roles';
import { LEDGER_INVARIANTS, verify } from '../../db/verify';
import type { Journal } from '../../domain/ledger';
import type { PlainDate } from '../../domain/plain-date';
import { processGuard } from '../../workers/services/guard';
import { startPostgres } from '../../workers/services/postgres';
import { BARE, REGION, POST_STAGED, RAW_INSERT, SETUP, SINGLE_CALLS, stage } from './ledger-sql';

interface Sizes {
  readonly statements: number;
  readonly journals: number;
  /** Per statement of the ways that are slow for each call. */
  readonly calls: number;
}

interface Series {
  readonly name: string;
  /** Journals of each timed statement. */
  readonly size: number;
  readonly seconds: number[];
}

interface Line {
  readonly name: string;
  readonly statements: number;
  readonly journalsPerStatement: number;
  readonly minPerSecond: number;
  readonly medianPerSecond: number;
  readonly maxPerSecond: number;
  /** Median over the turns of this way's rate by that of the first way in the same turn. */
  readonly ratio: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

async function timed(series: Series, work: () => PromiseLike<unknown>): Promise<void> {
  const began = performance.now();
  await work();
  series.seconds.push((performance.now() - began) / 1_000);
}

interface StagedRow {
  book: 'supervised';
  key: string;
  date: PlainDate;
  event: Journal['event'];
  reference: string;
  debit: string;
  credit: string;
  amount_fen: bigint;
}

/** The staged rows as the application would have them, under keys of their own. */
async function journalsOf(app: Database, prefix: string, limit: number): Promise<Journal[]> {
  const rows = (await app('bench.staging').orderBy('n').limit(limit)) as StagedRow[];
  const policy = { id: 'bench', version: '1', sha256: 'b'.repeat(64) };
  return rows.map((row) => ({
    book: row.book,
    key: `${prefix}/${row.key}`,
    date: row.date,
    event: row.event,
    reference: row.reference,
    caseId: 'bench',
    policy,
    transfers: [{ debit: row.debit, credit: row.credit, amountFen: row.amount_fen }],
  }));
}

async function measure(app: Database, owner: Database, sizes: Sizes): Promise<Series[]> {
  const series = (name: string, size: number): Series => ({ name, size, seconds: [] });
  const posting = series('posting function, rows of a table', sizes.journals);
  const typescript = series('posting function, from TypeScript', sizes.journals);
  const bare = series('INSERT without checks or indexes', sizes.journals);
  const raw = series('INSERT without checks, same indexes', sizes.journals);
  const single = series('function for one transfer, called for each', sizes.calls);
  const small = series('posting function, one journal a transaction', Math.min(sizes.calls, 200));
  for (let turn = 1; turn <= sizes.statements; turn += 1) {
    process.stderr.write(`settle: turn ${turn} of ${sizes.statements}\n`);
    await owner.raw(stage(turn, sizes.journals));
    await timed(posting, () => app.raw(POST_STAGED));
    await timed(bare, () => owner.raw(BARE));
    await timed(raw, () => owner.raw(RAW_INSERT));
    await timed(single, () => owner.raw(SINGLE_CALLS, { calls: sizes.calls }));
    const journals = await journalsOf(app, 'ts', sizes.journals);
    await timed(typescript, () => postJournals(app, REGION, journals));
    const few = await journalsOf(app, 'one', small.size);
    await timed(small, async () => {
      for (const journal of few) await postJournals(app, REGION, [journal]);
    });
  }
  return [posting, typescript, bare, raw, single, small];
}

function lineOf({ name, size, seconds }: Series, first: Series): Line {
  const rates = seconds.map((each) => size / each);
  const ratios = rates.map((rate, turn) => rate / (first.size / first.seconds[turn]!));
  return {
    name,
    statements: seconds.length,
    journalsPerStatement: size,
    minPerSecond: Math.round(Math.min(...rates)),
    medianPerSecond: Math.round(median(rates)),
    maxPerSecond: Math.round(Math.max(...rates)),
    ratio: Number(median(ratios).toFixed(3)),
  };
}

async function machine(owner: Database): Promise<Record<string, unknown>> {
  const { rows } = await owner.raw<{ rows: { name: string; setting: string }[] }>(
    `SELECT name, setting FROM pg_settings
     WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers') ORDER BY name`,
  );
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore: Number(loadavg()[0]!.toFixed(2)),
    postgres: Object.fromEntries(rows.map((row) => [row.name, row.setting])),
  };
}

function table(lines: readonly Line[]): string {
  const heads = ['journals/s', 'journals', 'times', 'min', 'median', 'max', 'ratio'];
  const cells = lines.map((line) => [
    line.name,
    line.journalsPerStatement,
    line.statements,
    line.minPerSecond,
    line.medianPerSecond,
    line.maxPerSecond,
    line.ratio.toFixed(3),
  ]);
  return [heads, ...cells]
    .map(([name, ...rest]) => String(name).padEnd(46) + rest.map((cell) => String(cell).padStart(10)).join(''))
    .join('\n');
}

function readSizes(): Sizes & { readonly json: boolean } {
  const { values } = parseArgs({
    options: {
      statements: { type: 'string', default: '20' },
      journals: { type: 'string', default: '50000' },
      calls: { type: 'string', default: '5000' },
      json: { type: 'boolean', default: false },
    },
  });
  const sizes = { statements: +values.statements, journals: +values.journals, calls: +values.calls };
  const wrong = Object.entries(sizes).find(([, size]) => !Number.isInteger(size) || size < 1 || size > 100_000);
  if (wrong) throw new RangeError(`--${wrong[0]} is a whole number from 1 to 100000`);
  return { ...sizes, json: values.json };
}

async function main(): Promise<void> {
  const { json, ...sizes } = readSizes();
  const directory = processGuard().temporaryDirectory('settle-bench-');
  chmodSync(directory, 0o755);
  const postgres = await startPostgres({ durable: true, dataDir: join(directory, 'data') });
  const database = await createDatabase(postgres.url, 'bench');
  const [app, owner] = [connect(database.appUrl), connect(database.ownerUrl)];
  try {
    const about = await machine(owner);
    await owner.raw(SETUP);
    const all = await measure(app, owner, sizes);
    const lines = all.map((each) => lineOf(each, all[0]!));
    const began = performance.now();
    const invariants = await verify(app, REGION, LEDGER_INVARIANTS);
    const verifySeconds = Number(((performance.now() - began) / 1_000).toFixed(1));
    const journals = invariants.find((row) => row.name === 'chain intact')!.detail;
    const result = { machine: about, sizes, lines, verify: { seconds: verifySeconds, of: journals, invariants } };
    if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    else
      process.stdout.write(
        `${table(lines)}\n\nverify: ${journals}, ${invariants.length} invariants in ${verifySeconds} s\n${JSON.stringify(about)}\n`,
      );
    if (invariants.some((row) => !row.ok)) process.exitCode = 1;
  } finally {
    await Promise.all([app.destroy(), owner.destroy()]);
    await postgres.stop();
    processGuard().discard(directory);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`settle: the benchmark failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
