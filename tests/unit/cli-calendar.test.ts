import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, dataOf, failureOf } from '../support/cli';

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

const ownData = (): NodeJS.ProcessEnv => ({ SETTLE_DATA: join(directory, 'data') });

describe('calendar', () => {
  it('tells the working days of a month with the notice they come from', async () => {
    const run = await cli(['calendar', 'working-days', '2026-02', '--json']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    // 国办发明电〔2025〕7号: 15 to 23 February off, 14 and 28 February are working Saturdays.
    expect(dataOf(run)).toEqual({
      period: '2026-02',
      source: '国办发明电〔2025〕7号',
      workingDays: ['02', '03', '04', '05', '06', '09', '10', '11', '12', '13', '14', '24', '25', '26', '27', '28'].map(
        (day) => `2026-02-${day}`,
      ),
    });
  });

  it('tells those of a year; without --json one a line, the source beside the data', async () => {
    const year = dataOf(await cli(['calendar', 'working-days', '2026', '--json'])) as {
      period: string;
      workingDays: string[];
    };
    expect(year.period).toBe('2026');
    const run = await cli(['calendar', 'working-days', '2026']);
    expect(
      run.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(0, 10)),
    ).toEqual(year.workingDays);
    expect(run.stderr).toContain('国办发明电〔2025〕7号');
  });

  it('shows a month as a grid with holidays and make-up working days', async () => {
    const run = await cli(['calendar', 'show', '2026-10']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toBe(
      [
        '     2026年10月 · October 2026',
        ' 一   二   三   四   五   六   日',
        '                 1休  2休  3休  4休',
        '  5休  6休  7休  8    9   10班 11',
        ' 12   13   14   15   16   17   18',
        ' 19   20   21   22   23   24   25',
        ' 26   27   28   29   30   31',
        '',
        '18 working days · 18 个工作日   休 holiday   班 make-up working day',
        'Source · 依据  国办发明电〔2025〕7号',
        '',
      ].join('\n'),
    );
  });

  it('gives every day of a month with its kind', async () => {
    const { days, ...rest } = dataOf(await cli(['calendar', 'show', '2026-10', '--json'])) as { days: object[] };
    expect(rest).toEqual({ period: '2026-10', source: '国办发明电〔2025〕7号', workingDayCount: 18 });
    expect(days).toHaveLength(31);
    expect(days[0]).toEqual({ date: '2026-10-01', weekday: 4, kind: 'holiday', working: false });
    expect(days[9]).toEqual({ date: '2026-10-10', weekday: 6, kind: 'make-up', working: true });
    expect(days[10]).toEqual({ date: '2026-10-11', weekday: 7, kind: 'weekend', working: false });
    expect(days[11]).toEqual({ date: '2026-10-12', weekday: 1, kind: 'working', working: true });
  });

  it.each([['show'], ['working-days']])('%s refuses a year without a notice, with the remedy', async (command) => {
    const run = await cli(['calendar', command, '2027-01'], { env: ownData() });
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toMatch(/CalendarNotPublished[^]*rule[^]*next .*settle calendar import FILE/);
    const json = await cli(['calendar', command, '2027', '--json'], { env: ownData() });
    expect(json).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failureOf(json)).toEqual({
      error: {
        code: 'CalendarNotPublished',
        message: expect.stringContaining('2027') as string,
        rule: expect.any(String) as string,
        remedy: expect.any(String) as string,
        details: { year: 2027, published: [2024, 2025, 2026] },
      },
    });
  });

  const NOTICE =
    'date,kind\n2027-01-01,holiday\n2027-05-01,holiday\n2027-10-01,holiday\n2027-10-02,holiday\n2027-10-03,holiday\n2027-02-20,workday\n';
  const imported = (path: string, ...more: string[]) =>
    cli(['calendar', 'import', path, '--notice', '示例〔2026〕1号', '--json', ...more], { env: ownData() });

  it('imports a notice, keeps it beside the published ones, and answers from it', async () => {
    const path = file('2027.csv', NOTICE);
    const first = await imported(path);
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dataOf(first)).toEqual({
      year: 2027,
      source: '示例〔2026〕1号',
      changed: true,
      path: join(directory, 'data', 'calendar', '2027.yaml'),
      holidays: 5,
      workdays: 1,
      missingHolidays: [],
    });
    expect(dataOf(await imported(path))).toMatchObject({ changed: false, path: null });
    const shown = await cli(['calendar', 'working-days', '2027-02', '--json'], { env: ownData() });
    expect((dataOf(shown) as { workingDays: string[] }).workingDays).toContain('2027-02-20');
  });

  it('refuses other content for a known year without --replace', async () => {
    await imported(file('2027.csv', NOTICE));
    const other = file('other.csv', NOTICE.replace('2027-02-20', '2027-02-21'));
    const refused = await imported(other);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failureOf(refused).error).toMatchObject({ code: 'CalendarInvalid', place: { file: other } });
    expect(await imported(other, '--replace')).toMatchObject({ exitCode: 0 });
  });

  it('warns of holidays by law that the file does not list', async () => {
    const run = await imported(file('2027.csv', NOTICE.replace('2027-05-01,holiday\n', '')));
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain('2027-05-01');
    expect(dataOf(run)).toMatchObject({ missingHolidays: ['2027-05-01'] });
  });

  it.each<[string, string, object]>([
    ['a column that is missing', 'day,kind\n2027-01-01,holiday\n', { line: 1 }],
    ['a date that does not exist', 'date,kind\n2027-02-30,holiday\n', { line: 2, column: 'date' }],
    ['an unknown kind', 'date,kind\n2027-01-01,off\n', { line: 2, column: 'kind' }],
    ['a make-up day on a Monday', 'date,kind\n2027-01-01,holiday\n2027-01-04,workday\n', { line: 3, column: 'date' }],
  ])('refuses a notice with %s, naming file and line', async (_, text, place) => {
    const path = file('notice.csv', text);
    const run = await imported(path);
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failureOf(run).error).toMatchObject({ code: 'CalendarInvalid', place: { file: path, ...place } });
  });
});
