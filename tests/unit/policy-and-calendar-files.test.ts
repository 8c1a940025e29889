import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCalendar } from '../../domain/calendar';
import { plainDate } from '../../domain/plain-date';
import { importNotice, readCalendarYears } from '../../operator/files/calendar-files';
import { dataDirectory } from '../../operator/files/data-directory';
import { loadPolicyBook, readPolicyFile, readPolicyFolder } from '../../operator/files/policy-files';
import { publishedPolicyText } from '../support/published';
import { refusalOfAsync } from '../support/refusal';

const POLICIES = join(__dirname, '../../policies');
const PUBLISHED = join(POLICIES, 'calendar');
const NOTICE_2027 = [
  'date,kind,remark',
  '2027-01-01,holiday,元旦',
  '2027-05-01,holiday,劳动节',
  '2027-10-01,holiday,国庆节',
  '2027-10-02,holiday,国庆节',
  '2027-10-03,holiday,国庆节',
  '2027-10-09,workday,示例',
  '',
].join('\r\n');

let folder: string;
beforeEach(() => {
  // Blanks and Chinese characters, as on people's own machines.
  folder = join(mkdtempSync(join(tmpdir(), 'settle-files-')), '示例 folder');
  mkdirSync(folder);
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

function written(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('policy files', () => {
  it('are read with the SHA-256 of their bytes', async () => {
    const files = await readPolicyFolder(POLICIES);
    expect(files.map(({ policy }) => policy.id)).toEqual(['suqian-2025', 'xinjiang-2025-50']);
    for (const file of files) {
      const bytes = readFileSync(join(POLICIES, file.fileName));
      expect(file.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it('named twice with the same bytes are one', async () => {
    const copy = join(folder, 'copy.yaml');
    copyFileSync(join(POLICIES, 'xinjiang-2025-50.yaml'), copy);
    expect((await loadPolicyBook(POLICIES, [copy])).list()).toHaveLength(2);
  });

  it('of a later version take over from their date', async () => {
    const later = publishedPolicyText('xinjiang-2025-50')
      .replace("version: '1'", "version: '2'")
      .replace('from: 2025-12-23', 'from: 2026-07-01');
    const book = await loadPolicyBook(POLICIES, [written('later.yaml', later)]);
    expect(book.inForce('xinjiang-2025-50', plainDate('2026-06-30')).policy.version).toBe('1');
    expect(book.inForce('xinjiang-2025-50', plainDate('2026-07-01')).policy.version).toBe('2');
  });

  it('with other content under the same version are refused', async () => {
    const other = written(
      'other.yaml',
      publishedPolicyText('xinjiang-2025-50').replace("value: '0.6'", "value: '0.7'"),
    );
    const refusal = await refusalOfAsync(() => loadPolicyBook(POLICIES, [other]));
    expect(refusal.code).toBe('PolicyInvalid');
    expect(refusal.message).toContain('xinjiang-2025-50.yaml');
  });

  it('that are not there, or not UTF-8, are refused', async () => {
    expect((await refusalOfAsync(() => readPolicyFile(join(folder, 'none.yaml')))).code).toBe('FileMissing');
    expect((await refusalOfAsync(() => readPolicyFolder(join(folder, 'none')))).code).toBe('FileMissing');
    const latin = written('latin.yaml', Buffer.from([0x69, 0x64, 0x3a, 0x20, 0xff, 0xfe]));
    expect((await refusalOfAsync(() => readPolicyFile(latin))).code).toBe('PolicyInvalid');
  });
});

describe('calendar import', () => {
  const known = [PUBLISHED];
  const importOf = (file: string, replace = false) =>
    importNotice({ file, source: '示例号', known, target: join(folder, 'calendar'), replace });

  it('takes a new year, which then is published', async () => {
    const imported = await importOf(written('2027.csv', NOTICE_2027));
    expect(imported.year.year).toBe(2027);
    expect(imported.missingHolidays).toEqual([]);
    const calendar = createCalendar(await readCalendarYears([PUBLISHED, join(folder, 'calendar')]));
    expect(calendar.sourceOf(2027)).toBe('示例号');
    expect(calendar.isWorkingDay(plainDate('2027-01-01'))).toBe(false);
    expect(calendar.isWorkingDay(plainDate('2027-10-09'))).toBe(true);
    expect(calendar.sourceOf(2026)).toBe('国办发明电〔2025〕7号');
  });

  it('of the same notice again changes nothing', async () => {
    const file = written('2027.csv', NOTICE_2027);
    expect((await importOf(file)).path).toBe(join(folder, 'calendar', '2027.yaml'));
    expect((await importOf(file)).path).toBeUndefined();
    expect(readdirSync(join(folder, 'calendar'))).toEqual(['2027.yaml']);
  });

  it('of a known year with other content needs to be asked to replace, and leaves the published folder alone', async () => {
    const before = readFileSync(join(PUBLISHED, '2026.yaml'));
    const file = written('2026.csv', 'date,kind\n2026-01-01,holiday\n');
    const refusal = await refusalOfAsync(() => importOf(file));
    expect(refusal.code).toBe('CalendarInvalid');
    expect(refusal.message).toContain('国办发明电〔2025〕7号');
    expect((await importOf(file, true)).missingHolidays).toHaveLength(4);
    expect(readFileSync(join(PUBLISHED, '2026.yaml'))).toEqual(before);
    const years = await readCalendarYears([PUBLISHED, join(folder, 'calendar')]);
    expect(years.find(({ year }) => year === 2026)!.source).toBe('示例号');
  });

  it('reads GB18030', async () => {
    const remark = Buffer.from([0xd4, 0xaa, 0xb5, 0xa9]); // 元旦
    const bytes = Buffer.concat([Buffer.from('date,kind,remark\n2027-01-01,holiday,'), remark, Buffer.from('\n')]);
    expect((await importOf(written('gb.csv', bytes))).year.holidays).toEqual(['2027-01-01']);
  });

  it.each([
    ['without the column kind', 'date\n2027-01-01\n', 1],
    ['with a kind that is none', 'date,kind\n2027-01-01,holiday\n2027-01-02,rest\n', 3],
    ['with a date that is none', 'date,kind\n2027-02-29,holiday\n', 2],
    ['with a make-up day on a Monday', 'date,kind\n2027-01-01,holiday\n2027-01-04,workday\n', 3],
    ['with a date twice', 'date,kind\n2027-01-01,holiday\n2027-01-01,workday\n', 3],
    ['with an open quote', 'date,kind\n2027-01-01,"holiday\n', 2],
    ['without a day', 'date,kind\n', 1],
    ['that is empty', '', 1],
  ])('refuses a file %s, with file and line, and keeps nothing', async (_, text, line) => {
    const file = written('bad.csv', text);
    const refusal = await refusalOfAsync(() => importOf(file));
    expect(refusal.code).toBe('CalendarInvalid');
    expect(refusal.details.place).toMatchObject({ file, line });
    expect(readdirSync(folder)).toEqual(['bad.csv']);
  });

  it('refuses a file that is not there, and a notice without its number', async () => {
    expect((await refusalOfAsync(() => importOf(join(folder, 'none.csv')))).code).toBe('CalendarInvalid');
    const file = written('2027.csv', NOTICE_2027);
    const call = () => importNotice({ file, source: ' ', known, target: join(folder, 'calendar') });
    expect((await refusalOfAsync(call)).message).toContain('number');
  });

  it('finds a year under a name that says another', async () => {
    written('2030.yaml', readFileSync(join(PUBLISHED, '2026.yaml')));
    expect((await refusalOfAsync(() => readCalendarYears([folder]))).code).toBe('CalendarInvalid');
    expect(await readCalendarYears([join(folder, 'none')])).toEqual([]);
  });
});

it.each([
  [{ SETTLE_DATA: '/srv/settle', XDG_DATA_HOME: '/srv/data' }, /^\/srv\/settle$/],
  [{ XDG_DATA_HOME: '/srv/data' }, /^\/srv\/data\/settle$/],
  [{}, /\.local\/share\/settle$/],
])('own data lies where %j says', (environment, expected) => {
  expect(dataDirectory(environment)).toMatch(expected);
});
