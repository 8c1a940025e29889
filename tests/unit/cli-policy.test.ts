import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, dataOf, failureOf } from '../support/cli';

const ROOT = join(__dirname, '../..');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'settle 命令 '));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

describe('policy', () => {
  it('lists the published policies', async () => {
    const { policies } = dataOf(await cli(['policy', 'list', '--json'])) as { policies: object[] };
    expect(policies).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: 'xinjiang-2025-50',
          version: '1',
          effective: { from: '2025-12-23', to: null },
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        }),
        expect.objectContaining({ id: 'suqian-2025' }),
      ]),
    );
    const run = await cli(['policy', 'list']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(/xinjiang-2025-50 +1 +2025-12-23 +– +新医保发〔2025〕50号/);
  });

  it('shows every value with its clause or interpretation', async () => {
    const { values } = dataOf(await cli(['policy', 'show', 'xinjiang-2025-50', '--json'])) as { values: object[] };
    expect(values).toContainEqual({
      path: 'prepayment.ratio',
      value: '0.5',
      clause: '四(一)',
      interpretation: null,
      rule: '新医保发〔2025〕50号 四(一)',
    });
    const run = await cli(['policy', 'show', 'xinjiang-2025-50', '--version', '1']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(/^ {2}ratio +0\.5 {2}四\(一\)$/m);
    expect(run.stdout).toContain('解释 interpretation:');
  });

  it.each<[string[], string]>([
    [['hainan'], 'PolicyUnknown'],
    [['xinjiang-2025-50', '--version', '9'], 'PolicyUnknown'],
    [['xinjiang-2025-50', '--on', '2020-01-01'], 'PolicyNotInForce'],
  ])('show %j is refused with %s', async (argv, code) => {
    const run = await cli(['policy', 'show', ...argv, '--json']);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failureOf(run).error.code).toBe(code);
  });

  const XINJIANG = readFileSync(join(ROOT, 'policies/xinjiang-2025-50.yaml'), 'utf8');

  it('checks files: all findings with file, line and key, 1 for the only one, 3 for some of several', async () => {
    const bad = file(
      'bad.yaml',
      XINJIANG.replace("ratio: { value: '0.5'", "ratio: { value: '5'").replace('dueDay:', 'dueDate:'),
    );
    const good = file('good.yaml', XINJIANG);
    const alone = await cli(['policy', 'check', bad, '--json']);
    expect(alone).toMatchObject({ exitCode: 1, stderr: '' });
    const { ok, files } = dataOf(alone) as { ok: boolean; files: { findings: { column: string; line: number }[] }[] };
    expect(ok).toBe(false);
    const findings = files[0]!.findings;
    const ratioLine = XINJIANG.split('\n').findIndex((line) => line.startsWith('  ratio:')) + 1;
    expect(findings).toContainEqual(
      expect.objectContaining({ file: bad, line: ratioLine, column: 'prepayment.ratio.value', code: 'PolicyInvalid' }),
    );
    expect(findings.some(({ column }) => column.endsWith('dueDate'))).toBe(true);
    const several = await cli(['policy', 'check', good, bad]);
    expect(several.exitCode).toBe(3);
    expect(several.stdout).toContain(`✓ ${good}: xinjiang-2025-50 version 1`);
    expect(several.stdout).toContain(`${bad}:${ratioLine} (prepayment.ratio.value)`);
    expect(await cli(['policy', 'check', good])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('finds versions that overlap, and names the file that does not fit', async () => {
    const line = XINJIANG.split('\n').indexOf('  from: 2025-12-23') + 1;
    const overlapping = file('v2.yaml', XINJIANG.replace("version: '1'", "version: '2'"));
    const run = await cli(['policy', 'check', overlapping, '--json']);
    expect(run.exitCode).toBe(1);
    expect(dataOf(run)).toMatchObject({
      files: [
        {
          ok: false,
          findings: [
            {
              file: overlapping,
              line,
              column: 'effective.from',
              message: expect.stringContaining('overlaps') as string,
            },
          ],
        },
      ],
    });
  });

  it('reports a file that is not there', async () => {
    const run = await cli(['policy', 'check', join(directory, 'none.yaml'), '--json']);
    expect(run.exitCode).toBe(1);
    expect(dataOf(run)).toMatchObject({ files: [{ ok: false, findings: [{ code: 'FileMissing' }] }] });
  });
});
