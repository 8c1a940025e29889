import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../db/connect';
import { saveRegion } from '../../db/register';
import { loadRegion } from '../../operator/files/region-folder';
import type { Summary } from '../../rehearsal/summary';
import { createTestDatabase, testServerUrl, type TestDatabase } from '../support/database';

/** The command as it is built: what only a process of its own shows. */
const ROOT = join(__dirname, '../..');
const MAIN = join(ROOT, 'dist/operator/cli/main.js');
const SAMPLE = join(ROOT, 'rehearsal/sample');
const STOPPED_WITHIN_MS = 20_000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'settle 示例 '));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Run {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

function started(argv: readonly string[], env: NodeJS.ProcessEnv = {}, command = process.execPath): ChildProcess {
  const inherited: NodeJS.ProcessEnv = { ...process.env, SETTLE_DATA: join(directory, 'data'), NO_COLOR: '1' };
  for (const name of ['DATABASE_URL', 'INIT_CWD', 'npm_lifecycle_event']) delete inherited[name];
  return spawn(command, argv, { cwd: directory, env: { ...inherited, ...env } });
}

async function ended(child: ChildProcess): Promise<Run> {
  const run: Run = { exitCode: null, stdout: '', stderr: '' };
  child.stdout!.on('data', (part: Buffer) => (run.stdout += part.toString()));
  child.stderr!.on('data', (part: Buffer) => (run.stderr += part.toString()));
  run.exitCode = await new Promise((resolve) => child.once('close', resolve));
  return run;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Process ids with their parents': from /proc, or from ps where there is none. */
function parents(): (readonly [pid: number, parent: number])[] {
  if (!existsSync('/proc/self/stat')) {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
    return lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): [number, number][] => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** Processes that this one started, and theirs. */
function descendantsOf(pid: number): number[] {
  const all = parents();
  const below = (of: number): number[] =>
    all.filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

const settle = (argv: readonly string[], env?: NodeJS.ProcessEnv): Promise<Run> => ended(started([MAIN, ...argv], env));

describe('a reader that has seen enough', () => {
  it('is no failure', async () => {
    const script = `set -o pipefail; "$0" "$1" calendar working-days 2026 | head -n 1`;
    const run = await ended(started(['-c', script, process.execPath, MAIN], {}, 'bash'));
    expect(run.stdout).toBe('2026-01-04 Sun\n');
    expect(run.stderr).not.toContain('EPIPE');
    expect(run.exitCode).toBe(0);
  });
});

describe('paths', () => {
  it('are meant from where the person typed, also through npm', async () => {
    mkdirSync(join(directory, '地区'));
    await cp(join(SAMPLE, '650100'), join(directory, '地区'), { recursive: true });
    const direct = await settle(['region', 'check', '地区']);
    expect(direct).toMatchObject({ exitCode: 0, stderr: '' });
    const throughNpm = started([MAIN, 'region', 'check', '地区'], {
      INIT_CWD: directory,
      npm_lifecycle_event: 'settle',
    });
    expect(await ended(throughNpm)).toEqual(direct);
  });
});

describe('verify', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    const region = await loadRegion(join(SAMPLE, '650100'));
    await saveRegion(database.owner, region, { policies: ['xinjiang-2025-50'], provisionalCalendar: false });
  });
  afterAll(() => database.drop());

  it('prints every invariant, and takes the database from DATABASE_URL too', async () => {
    const run = await settle(['verify', '--json', '--region', '650100'], { DATABASE_URL: database.appUrl });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const { region, ok, invariants } = JSON.parse(run.stdout) as {
      region: string;
      ok: boolean;
      invariants: { name: string; ok: boolean; detail: string }[];
    };
    expect({ region, ok }).toEqual({ region: '650100', ok: true });
    expect(invariants.length).toBeGreaterThan(5);
    expect(invariants.every((each) => each.ok && each.name !== '' && typeof each.detail === 'string')).toBe(true);
    const people = await settle(['verify', '--database-url', database.appUrl]);
    expect(people.exitCode).toBe(0);
    expect(people.stdout).toContain(`${invariants.length} of ${invariants.length} invariants hold`);
  });

  it('refuses a region that the database does not know', async () => {
    const run = await settle(['verify', '--database-url', database.appUrl, '--region', '650400']);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toContain('NotFound');
  });

  it('refuses a database without a ledger, and a wrong password', async () => {
    const empty = await settle(['verify', '--database-url', testServerUrl(), '--json']);
    expect(empty).toMatchObject({ exitCode: 1, stdout: '' });
    expect(JSON.parse(empty.stderr)).toMatchObject({ error: { code: 'DatabaseUnusable' } });
    const none = new URL(testServerUrl());
    none.pathname = '/nowhere';
    const missing = await settle(['verify', '--database-url', none.toString()]);
    expect(missing).toMatchObject({ exitCode: 1, stdout: '' });
    expect(missing.stderr).toContain('DatabaseUnusable');
  });

  it('ends with 1 when an invariant is broken, and names it', async () => {
    await database.superuser.transaction(async (trx) => {
      await trx.raw('SET LOCAL session_replication_role = replica');
      await trx.raw(`INSERT INTO ledger.chain_head (region, journal_count) VALUES ('650100', 5)
                     ON CONFLICT (region) DO UPDATE SET journal_count = 5`);
    });
    const run = await settle(['verify', '--database-url', database.appUrl]);
    expect(run).toMatchObject({ exitCode: 1, stderr: '' });
    expect(run.stdout).toMatch(/^BROKEN .*chain/m);
  });
});

describe('rehearse', () => {
  async function region(): Promise<string> {
    mkdirSync(join(directory, '地区 一'));
    await cp(join(SAMPLE, '650100'), join(directory, '地区 一'), { recursive: true });
    return '地区 一';
  }
  const march = ['--from', '2026-03', '--to', '2026-03'];

  it('prints the summary alone on standard output, the same that it writes', async () => {
    const run = await settle(['rehearse', await region(), ...march, '--json', '--out', '结果']);
    expect(run.exitCode).toBe(0);
    const summary = JSON.parse(run.stdout) as Summary;
    expect(summary).toMatchObject({ region: '650100', from: '2026-03', to: '2026-03' });
    expect(summary.prepayments).toHaveLength(2);
    expect(summary.invariants.every(({ ok }) => ok)).toBe(true);
    expect(JSON.parse(readFileSync(join(directory, '结果', 'summary.json'), 'utf8'))).toEqual(summary);
    expect(readdirSync(join(directory, '结果')).sort()).toEqual([
      'journal.csv',
      'report.html',
      'summary.json',
      'timeline.csv',
    ]);
  });

  it('refuses a budget that does not reach before anything is started or written', async () => {
    const dir = await region();
    const path = join(directory, dir, 'region.yaml');
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(/prepaymentBudget: '\d+\.\d\d'/g, "prepaymentBudget: '1.00'"),
    );
    const run = await settle(['rehearse', dir, ...march, '--json', '--out', '结果']);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).not.toContain('starting');
    expect(run.stderr).toMatch(/"code": "BudgetInsufficient"[^]*region\.yaml/);
    expect(existsSync(join(directory, '结果'))).toBe(false);
  });

  it('stops everything on Ctrl-C', async () => {
    const child = started([MAIN, 'rehearse', await region(), '--from', '2026-01', '--to', '2026-12']);
    const running = ended(child);
    let seen = '';
    child.stderr!.on('data', (part: Buffer) => (seen += part.toString()));
    while (!seen.includes('opening the books') && child.exitCode === null) await pause(50);
    const services = descendantsOf(child.pid!);
    expect(services.length).toBeGreaterThan(0);
    child.kill('SIGINT');
    const run = await running;
    expect(run).toMatchObject({ exitCode: 130, stdout: '' });
    expect(run.stderr).toContain('settle: stopped');
    const deadline = performance.now() + STOPPED_WITHIN_MS;
    while (services.some(isAlive) && performance.now() < deadline) await pause(100);
    expect(services.filter(isAlive)).toEqual([]);
  });

  it('leaves no database and no role on the server of DATABASE_URL, also when it is killed', async () => {
    const server = connect(testServerUrl(), { poolSize: 1 });
    const left = async (): Promise<number> => {
      const databases = await server('pg_database').whereLike('datname', 'settle_rehearsal_%');
      const roles = await server('pg_roles').whereLike('rolname', 'settle_rehearsal_%');
      return databases.length + roles.length;
    };
    try {
      const child = started([MAIN, 'rehearse', await region(), '--from', '2026-01', '--to', '2026-12'], {
        DATABASE_URL: testServerUrl(),
      });
      const running = ended(child);
      let seen = '';
      child.stderr!.on('data', (part: Buffer) => (seen += part.toString()));
      while (!seen.includes('opening the books') && child.exitCode === null) await pause(50);
      expect(await left()).toBe(3);
      child.kill('SIGKILL');
      await running;
      const deadline = performance.now() + STOPPED_WITHIN_MS;
      while ((await left()) > 0 && performance.now() < deadline) await pause(100);
      expect(await left()).toBe(0);
    } finally {
      await server.destroy();
    }
  });
});
