import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import writeXlsxFile from 'write-excel-file/node';
import { readApplications } from '../../operator/files/applications';
import { createFileFindings } from '../../operator/files/findings';
import { readRecords, type FileRecord } from '../../operator/files/records';
import { dateText, decimalText, isDateFormat } from '../../operator/files/xlsx-values';
import { APPLICATION_COLUMNS, cellsOf, csvOf } from '../support/applications';

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'settle-workbooks-'))));
afterAll(() => rmSync(directory, { recursive: true }));

const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const rels = (...all: [string, string, string][]): string =>
  `<Relationships>${all.map(([id, type, target]) => `<Relationship Id="${id}" Type="${REL}/${type}" Target="${target}"/>`).join('')}</Relationships>`;

interface ByHand {
  readonly sheet: string;
  readonly strings?: string;
  readonly workbook?: string;
}

/** A minimal workbook: the strings stand after the sheet, style 1 is a date of the built-in kind, style 2 one of the file's. */
function workbook({ sheet, strings = '', workbook: properties = '' }: ByHand): Buffer {
  const parts = {
    '_rels/.rels': rels(['r1', 'officeDocument', 'xl/workbook.xml']),
    'xl/workbook.xml': `<workbook>${properties}<sheets><sheet name="示例" sheetId="1" r:id="r1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': rels(
      ['r1', 'worksheet', 'worksheets/sheet1.xml'],
      ['r2', 'sharedStrings', '/xl/sharedStrings.xml'],
      ['r3', 'styles', 'styles.xml'],
    ),
    'xl/worksheets/sheet1.xml': `<?xml version="1.0"?><x:worksheet><x:sheetData>${sheet}</x:sheetData></x:worksheet>`,
    'xl/styles.xml':
      '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>' +
      '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs></styleSheet>',
    'xl/sharedStrings.xml': `<sst>${strings}</sst>`,
  };
  return Buffer.from(zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)]))));
}

async function read(content: Buffer, name = 'sheet.xlsx') {
  const path = join(directory, name);
  writeFileSync(path, content);
  const findings = createFileFindings(path);
  const records: FileRecord[] = [];
  for await (const batch of readRecords(path, findings)) records.push(...batch);
  return { records, findings: findings.list() };
}

async function applications(content: Buffer | string, name: string) {
  const path = join(directory, name);
  writeFileSync(path, content);
  const findings = createFileFindings(path);
  const rows = [];
  for await (const batch of readApplications(path, findings)) rows.push(...batch);
  return { rows, findings: findings.list() };
}

describe('a workbook', () => {
  it('gives every kind of cell as a CSV file would have it, with the row of the sheet', async () => {
    const { records, findings } = await read(
      workbook({
        strings: '<si><t>名 &amp; &#x4E2D;</t></si><si><r><t>粗</t></r><r><t>体</t></r><rPh><t>cu</t></rPh></si>',
        sheet:
          '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c><c r="D2" t="inlineStr"><is><t>行_x000A_内</t></is></c></row>' +
          '<row r="3"><c r="A3"/></row>' +
          '<row r="7"><c r="A7" s="1"><v>46115</v></c><c r="B7" s="2"><v>46115.5</v></c><c><v>8.4145</v></c><c t="b"><v>1</v></c></row>' +
          '<row><c><v>0.30000000000000004</v></c><c><f>1+1</f><v>1.2E3</v></c><c t="str"><v>文</v></c></row>',
      }),
    );
    expect(findings).toEqual([]);
    expect(records).toEqual([
      { line: 2, cells: ['名 & 中', '', '粗体', '行\n内'] },
      { line: 7, cells: ['2026-04-03', '2026-04-03 12:00:00', '8.4145', 'true'] },
      { line: 8, cells: ['0.3', '1200', '文', ''] },
    ]);
  });

  it('may have > and the other quote within the quotes of an attribute', async () => {
    const { records, findings } = await read(
      workbook({
        workbook: `<fileVersion a="[>=100]0.0;'0" b='x">y'/>`,
        sheet: `<row r="2" x="a>b/>c"><c r="A2" y='">'><v>8.5</v></c><c z="'/>"/><c><v>9</v></c></row>`,
      }),
    );
    expect(findings).toEqual([]);
    expect(records).toEqual([{ line: 2, cells: ['8.5', '', '9'] }]);
  });

  it('is read as its CSV twin is, row by row', async () => {
    const rows = [
      cellsOf('a'),
      cellsOf('b', { quantity: 'ten' }),
      cellsOf('c', { received_on: '' }),
      cellsOf('d', { invoice: '0012' }),
    ];
    const cells = rows.map((row) =>
      APPLICATION_COLUMNS.map((name) => {
        const value = row[name];
        if (['quantity', 'unit_price', 'amount'].includes(name) && value !== 'ten')
          return { value: Number(value), type: Number };
        if (name.endsWith('_on') && value !== '')
          return { value: new Date(`${value}T00:00:00Z`), type: Date, format: 'yyyy-mm-dd' };
        return value === '' ? null : { value, type: String };
      }),
    );
    const header = APPLICATION_COLUMNS.map((value) => ({ value, type: String }));
    const twin = await writeXlsxFile([header, ...cells] as never).toBuffer();
    const fromCsv = await applications(csvOf(rows), 'applications-2026-04.csv');
    const fromWorkbook = await applications(twin, 'applications-2026-04.xlsx');
    const plain = ({ rows: all }: typeof fromCsv) =>
      all.map((row) =>
        'line' in row
          ? {
              ...row,
              line: { ...row.line, quantity: Number(row.line.quantity), unitPrice: Number(row.line.unitPrice) },
            }
          : row,
      );
    expect(plain(fromWorkbook)).toEqual(plain(fromCsv));
    expect(fromWorkbook.rows).toHaveLength(4);
    expect(fromWorkbook.rows.filter((row) => 'unreadable' in row).map((row) => row.rowNo)).toEqual([3, 4]);
  });

  const ROW = '<row r="1"><c><v>1</v></c></row>';
  it.each([
    ['a cut file', workbook({ sheet: ROW }).subarray(0, 400), 'xlsx-damaged', undefined],
    ['an .xls or an encrypted file', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'xlsx-unsupported', undefined],
    ['text under the name of a workbook', Buffer.from('line,order\n'.repeat(9)), 'xlsx-damaged', undefined],
    [
      'days counted from 1904',
      workbook({ sheet: ROW, workbook: '<workbookPr date1904="1"/>' }),
      'xlsx-unsupported',
      undefined,
    ],
    [
      'a text that is not there',
      workbook({ sheet: `${ROW}<row r="5"><c t="s"><v>9</v></c></row>` }),
      'xlsx-damaged',
      5,
    ],
    ['rows out of order', workbook({ sheet: `${ROW}<row r="1"/>` }), 'xlsx-damaged', 1],
    ['a row beyond the last', workbook({ sheet: `${ROW}<row r="1048577"/>` }), 'xlsx-damaged', 1],
    [
      'a cell that is too long',
      workbook({ sheet: `<row r="4"><c t="str"><v>${'长'.repeat(32_768)}</v></c></row>` }),
      'xlsx-damaged',
      undefined,
    ],
    ['elements that do not close', workbook({ sheet: '<row r="3"><c></row>' }), 'xlsx-damaged', 3],
    ['a document type', workbook({ sheet: '<!DOCTYPE a>' }), 'xlsx-damaged', undefined],
  ])('with %s is refused', async (_, content, code, line) => {
    const { findings } = await read(content);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code, ...(line === undefined ? {} : { line }) });
  });

  it('whose bytes were changed is refused by its checksum', async () => {
    const content = workbook({ sheet: '<row r="1"><c><v>1</v></c></row>' });
    const stored = Buffer.from(zipSync({ 'a.txt': [strToU8('abc'), { level: 0 }] }));
    stored[stored.indexOf('abc')] = 0x62;
    expect((await read(stored)).findings[0]?.code).toBe('xlsx-damaged');
    expect((await read(content)).findings).toEqual([]);
  });

  it('without a column of the header is refused with its place', async () => {
    const { findings } = await applications(
      workbook({ sheet: '<row r="3"><c t="str"><v>line</v></c></row>' }),
      'few.xlsx',
    );
    expect(findings[0]).toMatchObject({ code: 'column-missing', line: 3, column: 'order' });
  });
});

describe('numbers and dates', () => {
  it('keeps the decimals of an amount as they are written', () => {
    fc.assert(
      // Thirteen digits and two decimals: fifteen are what a spreadsheet keeps.
      fc.property(fc.integer({ min: 1 - 1e13, max: 1e13 - 1 }), fc.integer({ min: 0, max: 99 }), (whole, cents) => {
        const written = `${whole}.${String(cents).padStart(2, '0')}`;
        expect(decimalText(written)).toBe(written);
      }),
    );
  });

  it('shows binary noise as the decimal number that was meant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 1e9 }), (a, b) => {
        const cents = a + b;
        const shown = decimalText(String(a / 100 + b / 100))!;
        expect(Number(shown)).toBe(cents / 100);
        expect((shown.split('.')[1] ?? '').length).toBeLessThanOrEqual(2);
      }),
    );
    expect(['59263.32', '1.2E3', '1E-7', '12345678901234567', 'x', ''].map(decimalText)).toEqual([
      '59263.32',
      '1200',
      '0.0000001',
      '12345678901234600',
      undefined,
      undefined,
    ]);
  });

  it('gives every serial number from 1900-03-01 its day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 61, max: 2_958_465 }), (serial) => {
        expect(dateText(String(serial))).toBe(new Date(Date.UTC(1899, 11, 30 + serial)).toISOString().slice(0, 10));
      }),
    );
    expect(['1', '59', '60', '61', '0', '2958466'].map(dateText)).toEqual([
      '1900-01-01',
      '1900-02-28',
      undefined,
      '1900-03-01',
      undefined,
      undefined,
    ]);
  });

  it.each([
    [14, undefined, true],
    [31, undefined, true],
    [2, undefined, false],
    [170, '[$-804]yyyy"年"m"月"d"日"', true],
    [170, '#,##0.00"day"', false],
    [170, '0.00E+00', false],
  ])('knows whether format %s %s shows a date', (id, code, isDate) => expect(isDateFormat(id, code)).toBe(isDate));
});
