import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REJECTION_REASONS } from '../../domain/window/line-check';
import { cellsOf, clearLines, createImports, csvOf, fates } from '../support/applications';
import { cli, dataOf } from '../support/cli';
import { createTestDatabase, somebodyWaits, type TestDatabase } from '../support/database';
import { refusalOfAsync } from '../support/refusal';
import { REGION, saveWindowRegion, windowContext } from '../support/window';

// What an application file may look like, and what is made of it (DESIGN 5.2).

let database: TestDatabase;
let context: ReturnType<typeof windowContext>;
let imports: ReturnType<typeof createImports>;

beforeAll(async () => {
  database = await createTestDatabase();
  await saveWindowRegion(database.owner);
});
beforeEach(() => {
  context = windowContext(database.app, '2026-04-05');
  imports = createImports(() => context);
});
afterEach(async () => {
  imports.remove();
  await clearLines(database.superuser);
});
afterAll(() => database.drop());

const take = (content: string | Buffer) => imports.file(imports.write(content), { period: '2026-04' });
const lines = csvOf([cellsOf('a'), cellsOf('b')]);

/** The characters of the lines here as the tables of GB18030 have them. */
const GB18030: Readonly<Record<string, number>> = {
  示: 0xcabe,
  例: 0xc0fd,
  药: 0xd2a9,
  品: 0xc6b7,
  订: 0xb6a9,
  单: 0xb5a5,
};

function inGb18030(text: string): Buffer {
  return Buffer.from(
    [...text].flatMap((character) => {
      const code = GB18030[character];
      return code === undefined ? [character.charCodeAt(0)] : [code >> 8, code & 0xff];
    }),
  );
}

describe('a file', () => {
  it.each<[string, () => string | Buffer]>([
    ['in UTF-8 with a byte order mark', () => `\ufeff${lines}`],
    ['with the line ends of Windows', () => lines.replaceAll('\n', '\r\n')],
    ['without a last line end', () => lines.trimEnd()],
    ['with every cell in quotes', () => lines.replaceAll(/[^,\n]+/g, '"$&"')],
    ['in GB18030', () => inGb18030(lines)],
    ['with further columns in another order', () => lines.replaceAll(/^/gm, 'x,').replace(/x,$/, '')],
  ])('%s is taken', async (_, content) => {
    expect(await take(content())).toMatchObject({ rows: 2, accepted: 2, rejected: 0 });
    expect(await database.app('settle.application_lines').distinct('drug')).toEqual([{ drug: '示例药品' }]);
  });

  it('keeps quotes, commas, backslashes and line breaks of quoted cells, and counts lines by where rows begin', async () => {
    const order = '甲"乙,丙\\N\\t';
    // The id and the order of the second row break their lines: it stands on lines 3 to 5.
    await take(csvOf([cellsOf('a', { order }), cellsOf('b\nb'), cellsOf('c', { quantity: 'x' })]));
    expect(await database.app('settle.application_lines').select('line', 'order_no', 'row_no')).toEqual([
      { line: 'a', order_no: order, row_no: 2 },
    ]);
    const rejected = await database.app('settle.rejected_lines').orderBy('row_no').select('line', 'row_no', 'code');
    expect(rejected).toEqual([
      { line: 'b b', row_no: 3, code: 'unreadable' },
      { line: 'c', row_no: 6, code: 'unreadable' },
    ]);
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['that is empty', '', /not even a header/],
    ['without a column', lines.replace('unit_price', 'price'), /column unit_price is missing/],
    ['with a quote that is never closed', `${lines}"c,x\n`, /never closed/],
    ['in neither encoding', Buffer.from([0x6c, 0xff, 0xff, 0x0a]), /neither UTF-8/],
  ])('%s is refused whole, and nothing is taken', async (_, content, message) => {
    const refusal = await refusalOfAsync(() => take(content));
    expect(refusal.code).toBe('FileInvalid');
    expect(refusal.message).toMatch(message);
    expect(await fates(database.app)).toEqual({});
    expect(await database.app('settle.application_files').select('name')).toEqual([]);
  });

  it('whose end is cut off loses its last row only', async () => {
    expect(await take(lines.slice(0, -60))).toMatchObject({ accepted: 1, rejected: 1, codes: { unreadable: 1 } });
  });

  it('that is not there, or names no month, is refused', async () => {
    expect((await refusalOfAsync(() => imports.file(join(imports.directory, 'applications-2026-04.csv')))).code).toBe(
      'FileInvalid',
    );
    expect((await refusalOfAsync(() => imports.file(imports.write(lines)))).code).toBe('UsageInvalid');
  });

  it('of a month that has not begun is refused, and none of its lines is taken', async () => {
    const may = imports.write(lines, 'applications-2026-05.csv');
    expect((await refusalOfAsync(() => imports.file(may))).code).toBe('OutsideWindow');
    expect(await fates(database.app)).toEqual({});
  });

  it('that is only tried leaves nothing behind', async () => {
    const path = imports.write(csvOf([cellsOf('a'), cellsOf('b', { amount: '1.00' })]), 'applications-2026-04.csv');
    expect(await imports.file(path, { dryRun: true })).toMatchObject({ accepted: 1, rejected: 1 });
    expect(await fates(database.app)).toEqual({});
  });
});

describe('the file of rejected rows', () => {
  it('names line, id, code and reason in both languages, also of earlier rows that became conflicts', async () => {
    await imports.file(imports.write(csvOf([cellsOf('a')]), 'first.csv'), { period: '2026-04' });
    const rejectedPath = join(imports.directory, 'rejected.csv');
    const rows = [cellsOf('b'), cellsOf('c', { applied_on: '2026-04-06' }), cellsOf('a', { order: '二' })];
    await imports.file(imports.write(csvOf(rows), 'second.csv'), { period: '2026-04', rejectedPath });
    const reason = (code: 'conflict' | 'after-cutoff'): string =>
      `${REJECTION_REASONS[code].chinese},${REJECTION_REASONS[code].english}`;
    expect(readFileSync(rejectedPath, 'utf8')).toBe(
      [
        '\ufefffile,row,line,code,reason_zh,reason_en,detail',
        `first.csv,2,a,conflict,${reason('conflict')},`,
        `second.csv,3,c,after-cutoff,${reason('after-cutoff')},`,
        `second.csv,4,a,conflict,${reason('conflict')},`,
        '',
      ].join('\n'),
    );
  });
});

describe('settle applications', () => {
  const run = (...argv: string[]) => cli(['applications', ...argv], { running: context });

  it('imports a file, lists its lines and what was rejected, and says that the same bytes were there', async () => {
    const rows = [
      cellsOf('a', { invoice: '示例发票1' }),
      cellsOf('b', { invoice: '示例发票1' }),
      cellsOf('c', { amount: '125.01' }),
      cellsOf('d', { quantity: 'ten' }),
    ];
    const path = imports.write(csvOf(rows), 'applications-2026-04.csv');
    const first = await run('import', path, '--as', `${REGION}-operator`);
    expect(first.stderr).toBe('');
    expect(first.exitCode).toBe(3);
    expect(first.stdout).toContain('4 rows for 2026-04: 2 accepted, 0 repeated, 2 rejected');
    expect(first.stdout).toContain('示例发票1: a, b');
    expect(existsSync(join(imports.directory, 'applications-2026-04.rejected.csv'))).toBe(true);
    const again = await run('import', path, '--as', `${REGION}-officer`);
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stdout).toContain('these bytes were imported for 2026-04 on 2026-04-05');
    expect(dataOf(await run('list', '--state', 'open', '--json'))).toMatchObject([
      { line: 'a', amount: '125.00', state: 'open' },
      { line: 'b', amount: '125.00', state: 'open' },
    ]);
    expect((await run('list', '--enterprise', 'E0002')).stdout).toContain('no such line');
    expect((await run('list', '--period', '2026-04', '--invoice-twice')).stdout).toBe('示例发票1: a, b\n');
    expect((await run('rejected', '--code', 'unreadable')).stdout).toContain(
      'applications-2026-04.csv:5: d unreadable: a cell cannot be read · 单元格内容无法识别 (quantity is "ten"',
    );
  });

  it('takes applications from officers and operators only', async () => {
    const path = imports.write(lines, 'applications-2026-04.csv');
    expect((await run('import', path, '--as', `${REGION}-cashier`)).stderr).toContain('RecorderRoleMissing');
    expect((await run('import', path, '--as', 'nobody')).stderr).toContain('PersonUnknown');
  });
});

it('that is still being written is not taken; it is when it is complete', async () => {
  const path = imports.write(lines);
  const holder = await database.app.transaction();
  await holder.raw('select settle.lock_lines(?)', [REGION]);
  const first = refusalOfAsync(() => imports.file(path, { period: '2026-04' }));
  await somebodyWaits(database.superuser);
  writeFileSync(path, csvOf([cellsOf('a'), cellsOf('b'), cellsOf('c')]));
  await holder.rollback();
  expect(await first).toMatchObject({
    code: 'FileInvalid',
    details: { findings: [{ code: 'file-changed' }] },
  });
  expect(await database.app('settle.application_files').pluck('file_id')).toEqual([]);
  expect(await imports.file(path, { period: '2026-04' })).toMatchObject({ accepted: 3, again: false });
});
