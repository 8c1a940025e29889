import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '../../domain/refusal';
import { cli, failureOf } from '../support/cli';

const ROOT = join(__dirname, '../..');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'settle 命令 '));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const ownData = (): NodeJS.ProcessEnv => ({ SETTLE_DATA: join(directory, 'data') });

describe('a command line that cannot be understood ends with exit code 2 and says why', () => {
  it.each<[string, RegExp]>([
    ['', /Usage: settle/],
    ['calendar', /Usage: settle calendar/],
    ['rehears', /unknown command 'rehears'[^]*Did you mean rehearse/],
    ['calendar shwo 2026', /unknown command 'shwo'[^]*Did you mean show/],
    ['policy list --jsn', /unknown option '--jsn'/],
    ['calendar show', /missing required argument 'year\|period'/],
    ['calendar show 2026 2027', /too many arguments/],
    ['calendar show 26', /A year is written YYYY and a month YYYY-MM/],
    ['calendar show 2026-13', /A year is written YYYY and a month YYYY-MM/],
    ['calendar working-days 2026-1', /A year is written YYYY and a month YYYY-MM/],
    ['calendar import x.csv', /required option '--notice <number>'/],
    ['policy show', /missing required argument 'id'/],
    ['policy show xinjiang-2025-50 --on 2026-02-30', /A day is written YYYY-MM-DD/],
    ['policy show xinjiang-2025-50 --on 2026-03-01 --version 1', /cannot be used with/],
    ['policy check', /missing required argument 'file'/],
    ['region check', /missing required argument 'dir'/],
    ['rehearse --from 2026-01 --to 2026-12', /missing required argument 'region-dir'/],
    ['rehearse x --to 2026-12', /required option '--from <month>'/],
    ['rehearse x --from 2026-01', /required option '--to <month>'/],
    ['rehearse x --from 2026 --to 2026-12', /A month is written YYYY-MM/],
    ['rehearse x --from 2026-01 --to 2026-00', /A month is written YYYY-MM/],
    ['rehearse x --from 2026-03 --to 2026-02', /--from 2026-03 is after --to 2026-02/],
    ['rehearse x --from 2026-01 --to 2026-02 --seed 1.5', /A seed is a whole number/],
    ['rehearse x --from 2026-01 --to 2026-02 --seed -1', /A seed is a whole number/],
    ['rehearse x --from 2026-01 --to 2026-02 --seed 4294967296', /A seed is a whole number/],
    ['verify', /no database is named/],
    ['verify --database-url mysql://x/y', /postgresql:\/\//],
    ['verify --database-url postgresql://x/y --region 65', /A region code is six digits/],
    ['start now', /too many arguments/],
  ])('settle %s', async (line, message) => {
    const argv = line === '' ? [] : line.split(' ');
    const run = await cli(argv);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(message);
    const json = await cli([...argv, '--json']);
    // `start` prints a story and has no JSON; an unknown option is what is wrong then.
    expect(json).toMatchObject({ exitCode: 2, stdout: '' });
    expect(failureOf(json).error).toMatchObject({ code: 'UsageInvalid', remedy: expect.any(String) as string });
  });
});

/** Every command there is, by the help of the program and of its groups. */
async function commandsOf(path: readonly string[] = []): Promise<string[]> {
  const { stdout } = await cli([...path, '--help']);
  const [, listed] = stdout.split('\nCommands:\n');
  if (listed === undefined) return [path.join(' ')];
  const names = [...listed.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'help');
  return (await Promise.all(names.map((name) => commandsOf([...path, name])))).flat();
}

describe('help', () => {
  it('of every command is data on standard output, with examples', async () => {
    const commands = await commandsOf();
    expect(commands.length).toBeGreaterThan(20);
    for (const command of commands) {
      const run = await cli([...command.split(' '), '--help']);
      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
      expect(run.stdout).toMatch(new RegExp(`Usage: settle ${command}[^]*Examples:\n {2}\\$ settle ${command}`));
    }
  });

  it('the version is the one of package.json', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await cli(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('docs/cli.md', () => {
  const sections = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8').split(/^## /m).slice(1);
  const headingOf = (section: string): string => section.slice(0, section.indexOf('\n'));

  it('has an example of every command, in its section or that of its group', async () => {
    const missing = (await commandsOf()).filter((command) => {
      const section = sections.find((each) => [command, command.split(' ')[0]].includes(headingOf(each)));
      return section === undefined || !new RegExp(`^\\$ settle ${command}( |$)`, 'm').test(section);
    });
    expect(missing).toEqual([]);
  });

  it('has no section of a command that there is not', async () => {
    const commands = await commandsOf();
    const known = new Set([...commands, ...commands.map((command) => command.split(' ')[0])]);
    expect(sections.map(headingOf).filter((heading) => !known.has(heading))).toEqual([]);
  });
});

describe('verify', () => {
  it('refuses a database that does not answer, without its password', async () => {
    const run = await cli(['verify', '--database-url', 'postgresql://settle:secret@127.0.0.1:1/settle', '--json']);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failureOf(run).error).toMatchObject({ code: 'DatabaseUnusable' });
    expect(run.stderr).not.toContain('secret');
  });
});

describe('failures', () => {
  const rehearse = ['rehearse', 'region', '--from', '2026-01', '--to', '2026-12'];

  it.each([
    ['FileInvalid', 1],
    ['ApprovalOutOfOrder', 4],
    ['PaymentUnknown', 5],
    ['OutsideWindow', 6],
  ] as const)('a refusal %s exits with %i, and says what, why, where and what next', async (code, exitCode) => {
    const refusal = new Refusal(code, 'this is refused since', {
      rule: '新医保发〔2025〕50号 四(一)',
      place: { file: 'a.csv', line: 3, column: 'amount' },
      amount: 5n,
    });
    const options = { rehearse: () => Promise.reject(refusal), env: ownData() };
    const run = await cli(rehearse, options);
    expect(run).toMatchObject({ exitCode, stdout: '' });
    expect(run.stderr).toMatch(/this is refused since[^]*四\(一\)[^]*a\.csv:3 \(amount\)[^]*next/);
    const json = await cli([...rehearse, '--json'], options);
    expect(json).toMatchObject({ exitCode, stdout: '' });
    expect(failureOf(json).error).toEqual({
      code,
      message: 'this is refused since',
      rule: '新医保发〔2025〕50号 四(一)',
      place: { file: 'a.csv', line: 3, column: 'amount' },
      remedy: refusal.remedy,
      details: { amount: '5' },
    });
  });

  it('a refusal that Temporal carried keeps its code', async () => {
    const failed = Object.assign(new Error('the budgets do not reach'), {
      type: 'BudgetInsufficient',
      details: [{ rule: '四(一)' }],
    });
    const run = await cli(rehearse, {
      rehearse: () => Promise.reject(new Error('Workflow execution failed', { cause: failed })),
      env: ownData(),
    });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('refused (BudgetInsufficient): the budgets do not reach');
  });

  it('an unexpected error is short, says where the log is, and shows its stack only when asked', async () => {
    const boom = { rehearse: () => Promise.reject(new Error('boom')) };
    const run = await cli(rehearse, { ...boom, env: ownData() });
    const log = join(directory, 'data', 'log', 'settle.log');
    expect(run).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `settle: something went wrong: boom\n  the details are in ${log}\n`,
    });
    expect(readFileSync(log, 'utf8')).toContain('boom');
    const debug = await cli(rehearse, { ...boom, env: { ...ownData(), SETTLE_DEBUG: '1' } });
    expect(debug.stderr).toMatch(/Error: boom\n +at /);
    const json = await cli([...rehearse, '--json'], { ...boom, env: ownData() });
    expect(failureOf(json).error).toMatchObject({ code: 'Unexpected', message: 'boom', details: { log } });
  });
});
