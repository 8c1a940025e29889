import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, dataOf, type CliRun } from '../support/cli';

const SAMPLE = join(__dirname, '../../rehearsal/sample');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'settle 命令 '));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('region check', () => {
  async function copyOf(code: string, name: string, edit: (text: string) => string, target: string): Promise<string> {
    const dir = join(directory, target);
    mkdirSync(dir);
    await cp(join(SAMPLE, code), dir, { recursive: true });
    const path = join(dir, name);
    const text = readFileSync(path, 'utf8');
    expect(edit(text)).not.toBe(text);
    writeFileSync(path, edit(text));
    return dir;
  }
  const findingsOf = (run: CliRun) =>
    (
      dataOf(run) as {
        regions: { findings: { file: string; line?: number; column?: string; code: string; rule: string }[] }[];
      }
    ).regions[0]!.findings;

  it('finds the sample right, and tells what the policy would pay', async () => {
    const run = await cli(['region', 'check', join(SAMPLE, '650500'), '--json']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dataOf(run)).toMatchObject({
      ok: true,
      regions: [
        {
          ok: true,
          region: { code: '650500' },
          policies: ['xinjiang-2025-50', 'suqian-2025'],
          planned: [{ year: 2026 }],
          findings: [],
        },
      ],
    });
  });

  it('finds a budget that does not reach: region.yaml, the line of its funds, and the clause', async () => {
    const dir = await copyOf('650500', 'region.yaml', (text) => text.replace("'14000000.00'", "'1.00'"), 'poor');
    const run = await cli(['region', 'check', dir, '--json']);
    expect(run.exitCode).toBe(1);
    const line = readFileSync(join(dir, 'region.yaml'), 'utf8').split('\n').indexOf('funds:') + 1;
    expect(findingsOf(run)).toEqual([
      expect.objectContaining({
        file: join(dir, 'region.yaml'),
        line,
        column: 'funds',
        code: 'BudgetInsufficient',
        rule: '新医保发〔2025〕50号 四(一)',
      }),
    ]);
  });

  it.each<[string, string, (text: string) => string, object]>([
    [
      'a missing column',
      'institutions.csv',
      (text) => text.replace('three_flows', 'three'),
      { line: 1, code: 'column-missing' },
    ],
    [
      'a bad code',
      'institutions.csv',
      (text) => text.replace('H65050', 'X65050'),
      { line: 2, column: 'institution', code: 'id-pattern' },
    ],
    [
      'a negative base',
      'purchases-2025.csv',
      (text) => text.replace('online,', 'online,-'),
      { line: 2, column: 'amount', code: 'base-negative' },
    ],
    [
      'an unknown pool',
      'region.yaml',
      (text) => text.replace('pool: resident', 'pool: rural'),
      { column: 'funds[1].pool', code: 'value-unknown' },
    ],
    ['a damaged CSV', 'purchases-2025.csv', (text) => `${text}"H65`, { code: 'csv-damaged' }],
  ])('finds %s, with file and rule', async (_, name, edit, expected) => {
    const dir = await copyOf('650500', name, edit, 'bad');
    const run = await cli(['region', 'check', dir, '--json']);
    expect(run).toMatchObject({ exitCode: 1, stderr: '' });
    expect(findingsOf(run)).toContainEqual(
      expect.objectContaining({ file: join(dir, name), rule: expect.any(String) as string, ...expected }),
    );
    const people = await cli(['region', 'check', dir]);
    expect(people.stdout).toContain(`✗ ${dir}`);
    expect(people.stdout).toContain(join(dir, name));
  });

  it('finds a policy that nobody knows, at its line', async () => {
    const naming = (text: string): string => text.replace(/^policies: .*$/m, 'policies: [hainan]');
    const dir = await copyOf('650500', 'region.yaml', naming, 'named');
    const findings = findingsOf(await cli(['region', 'check', dir, '--json']));
    const line = readFileSync(join(dir, 'region.yaml'), 'utf8').split('\n').indexOf('policies: [hainan]') + 1;
    expect(findings).toEqual([expect.objectContaining({ line, column: 'policies', code: 'PolicyUnknown' })]);
  });

  it('goes on after a folder that fails: 3 for some of several', async () => {
    const dir = await copyOf('650500', 'region.yaml', (text) => text.replace("'650500'", "'65'"), 'bad');
    const run = await cli(['region', 'check', dir, join(SAMPLE, '650100'), join(directory, 'none')]);
    expect(run.exitCode).toBe(3);
    expect(run.stdout).toMatch(/✗ [^]*✓ .*650100[^]*✗ .*none/);
  });
});
