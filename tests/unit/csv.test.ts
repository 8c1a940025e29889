import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createCsvScanner, formatCsvLine } from '../../operator/files/csv';
import { detectEncoding, readWhole } from '../../operator/files/encoding';
import { createFileFindings } from '../../operator/files/findings';
import { detectTextEncoding } from '../../operator/files/table';

function scan(text: string, cut = text.length) {
  const records: [number, string[]][] = [];
  const scanner = createCsvScanner((cells, line) => records.push([line, cells]));
  for (let at = 0; at < text.length; at += Math.max(1, cut)) scanner.push(text.slice(at, at + Math.max(1, cut)));
  return { damage: scanner.end(), records };
}

describe('CSV', () => {
  it('numbers each record by the line on which it starts, after blank lines and cells with line breaks too', () => {
    expect(scan('a,b\r\n1,2\r\n\r\n"x\ny\n""z""",3\r\n4,"5"\n6,').records).toEqual([
      [1, ['a', 'b']],
      [2, ['1', '2']],
      [4, ['x\ny\n"z"', '3']],
      [7, ['4', '5']],
      [8, ['6', '']],
    ]);
  });

  it.each([
    ['a quote that never closes', 'a,b\n1,2\n"x,3\n4,5\n', 3, /never closed/],
    ['a quote that opens after a cell with line breaks', 'a,b\n"1\n2","3\n4', 3, /never closed/],
    ['a quote inside a plain cell', 'a,b\n1,2"x\n3,4\n', 2, /does not start with one/],
    ['text after a closing quote', 'a,b\n1,"2"x\n3,4\n', 2, /after a closing quote/],
    ['an endless record', `a,b\n1,2\n"${'x\n'.repeat(50_000)}`, 3, /does not end within 65536/],
  ])('names the line of %s', (_, text, line, message) => {
    for (const cut of [text.length, 1000, 7]) {
      const { damage } = scan(text, cut);
      expect(damage?.line).toBe(line);
      expect(damage?.message).toMatch(message);
    }
  });

  it('reads back what it writes, wherever the text is cut into chunks', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '1', '新', '"', ',', '\n', '\r\n', ' '), maxLength: 6 });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 9 }), (written, cut) => {
        const { records, damage } = scan(written.map(formatCsvLine).join(''), cut);
        expect(damage).toBeUndefined();
        expect(records.map(([, cells]) => cells)).toEqual(written);
      }),
    );
  });
});

describe('encoding', () => {
  let dir: string;
  beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'settle-encoding-'))));
  afterAll(() => rm(dir, { recursive: true }));

  // 新疆 as GB18030: D0 C2 BD AE.
  const GB = Buffer.from([0xd0, 0xc2, 0xbd, 0xae]);

  it.each([
    ['plain ASCII', Buffer.from('abc\n'), 'utf-8', 'abc\n'],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeff新疆\n'), 'utf-8', '新疆\n'],
    ['GB18030', Buffer.concat([GB, Buffer.from('\n')]), 'gb18030', '新疆\n'],
  ])('tells %s', async (_, bytes, encoding, text) => {
    const path = join(dir, 'file');
    await writeFile(path, bytes);
    expect(await detectEncoding(path)).toBe(encoding);
    expect(await readWhole(path, encoding as 'utf-8')).toBe(text);
  });

  it('decodes characters that lie across chunks, in a file larger than a chunk', async () => {
    const path = join(dir, 'large');
    const lines = 80_000;
    await writeFile(
      path,
      Buffer.concat(Array.from({ length: lines }, () => Buffer.concat([Buffer.from('a'), GB, Buffer.from('\n')]))),
    );
    expect(await detectEncoding(path)).toBe('gb18030');
    expect(await readWhole(path, 'gb18030')).toBe('a新疆\n'.repeat(lines));
  });

  it('names the lines at which a file is neither', async () => {
    const path = join(dir, 'broken');
    await writeFile(
      path,
      Buffer.concat([Buffer.from('a\n'), GB, Buffer.from('\nb\n'), Buffer.from([0xff, 0xff]), Buffer.from('\n')]),
    );
    expect(await detectEncoding(path)).toEqual({ utf8Line: 2, gb18030Line: 4 });
  });

  it('takes a UTF-8 file with one cell of GB18030 for neither, although all of it would pass for GB18030', async () => {
    const path = join(dir, 'mixed');
    // 药品 has six bytes in UTF-8, three characters of GB18030 each.
    await writeFile(path, Buffer.concat([Buffer.from('drug\n药品\n药品\n'), GB, Buffer.from('\n')]));
    expect(await detectEncoding(path)).toEqual({ utf8Line: 4, mixedLine: 2 });
    const findings = createFileFindings(path);
    expect(await detectTextEncoding(path, findings)).toBeUndefined();
    expect(findings.list()).toMatchObject([
      { code: 'encoding', message: 'line 4 is GB18030 and line 2 is UTF-8: save the whole file as one of them' },
    ]);
  });

  it('takes GB18030 for what it is where one short line of it is UTF-8 by accident', async () => {
    const path = join(dir, 'accident');
    // 联通 with other bytes: C2 AA CD A8 are two characters in either encoding.
    const accident = Buffer.from([0xc2, 0xaa, 0xcd, 0xa8]);
    await writeFile(path, Buffer.concat([Buffer.from('a\n'), accident, Buffer.from('\n'), GB, Buffer.from('\n')]));
    expect(await detectEncoding(path)).toBe('gb18030');
  });

  it('reads UTF-8 whose characters lie across chunks', async () => {
    const path = join(dir, 'large-utf8');
    const text = 'a新疆𠮷\n'.repeat(80_000);
    await writeFile(path, text);
    expect(await detectEncoding(path)).toBe('utf-8');
    expect(await readWhole(path, 'utf-8')).toBe(text);
  });

  it('takes no spreadsheet or UTF-16 for text', async () => {
    const path = join(dir, 'utf16');
    await writeFile(path, Buffer.from('a,b\n', 'utf16le'));
    expect(await detectEncoding(path)).toEqual({ utf8Line: 1, gb18030Line: 1 });
  });
});
