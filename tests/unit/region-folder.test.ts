import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Finding } from '../../domain/finding';
import { plainDate } from '../../domain/plain-date';
import { Refusal } from '../../domain/refusal';
import { ROLES } from '../../domain/region';
import { loadRegion, readRegionFolder } from '../../operator/files/region-folder';
import { makeRegion } from '../../rehearsal/made-up-region';
import { writeRegionFolder } from '../../rehearsal/region-files';

const SMALL: Record<string, string> = {
  'region.yaml':
    'code: 650500\nname: 示例地区\nfunds:\n  - { pool: employee, cash: 100.00, prepaymentBudget: 60.5 }\n  - { pool: resident }\n',
  'institutions.csv':
    'institution,name,level,three_flows,executes_well,settles_through,account,bank_code\n' +
    'H65050200001,示例医院,三级,true,true,,00001,0001\n' +
    'H65050200002,示例卫生院,一级,false,true,H65050200001,,\n',
  'enterprises.csv': 'enterprise,name,account,bank_code\nE0001,示例公司,00002,0001\n',
  'purchases-2025.csv':
    'institution,category,channel,amount\nH65050200001,vbp-national,online,123.45\nH65050200002,other,offline,1\n',
};

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), '示例 region '))));
afterEach(() => rm(dir, { recursive: true }));

async function write(files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
}

/** Findings without the folder's path and the texts of the rules. */
async function check(files: Record<string, string | Buffer | undefined>): Promise<Partial<Finding>[]> {
  const whole = { ...SMALL, ...files };
  for (const [name, content] of Object.entries(whole))
    if (content !== undefined) await writeFile(join(dir, name), content);
  const { region, findings } = await readRegionFolder(dir, { applicationRows: true });
  expect(region === undefined).toBe(findings.length > 0);
  return findings.map(({ file, line, column, code }) => ({
    file: file.slice(dir.length + 1),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    code,
  }));
}

function edit(name: string, from: string, to: string): Record<string, string> {
  const text = SMALL[name]!;
  if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
  return { [name]: text.replace(from, to) };
}

describe('a region folder that is right', () => {
  it('may hold the rejection files of imports', async () => {
    expect(await check({ 'applications-2026-04.rejected.csv': 'line,code\n' })).toEqual([]);
  });

  it('is read as it stands, amounts in fen, empty amounts zero, people made up where there is no staff.csv', async () => {
    await write(SMALL);
    const region = await loadRegion(dir);
    expect(region).toMatchObject({
      code: '650500',
      name: '示例地区',
      funds: [
        { pool: 'employee', cashFen: 10000n, fiscalDepositFen: 0n, prepaymentBudgetFen: 6050n },
        { pool: 'resident', cashFen: 0n, fiscalDepositFen: 0n, prepaymentBudgetFen: 0n },
      ],
      institutions: [
        {
          institution: 'H65050200001',
          threeFlows: true,
          executesWell: true,
          settlesThrough: undefined,
          account: '00001',
        },
        { institution: 'H65050200002', threeFlows: false, settlesThrough: 'H65050200001', account: '', bankCode: '' },
      ],
      purchases: [
        { year: 2025, institution: 'H65050200001', category: 'vbp-national', channel: 'online', amountFen: 12345n },
        { year: 2025, institution: 'H65050200002', category: 'other', channel: 'offline', amountFen: 100n },
      ],
      staffIsExample: true,
      files: { applications: [], claims: [], supply: [], spending: [] },
    });
    expect(region.policies).toBeUndefined();
    expect(region.staff.map(({ person }) => person)).toEqual(ROLES.map((role) => `650500-${role}`));
  });

  it('may have columns in another order, further columns, a byte order mark, CRLF, quotes, several years and staff', async () => {
    await write({
      ...SMALL,
      'enterprises.csv':
        '\ufeffremark,bank_code,account,name,enterprise\r\n"a ""b"", c",0001,00002,"示例,公司",E0001\r\n',
      'purchases-2024.csv': 'institution,category,channel,amount\nH65050200001,negotiated,online,2.5\n',
      'staff.csv': 'person,name,roles,from,to\nz1,示例人员,officer;preparer,2026-01-01,\n',
      'notes.csv': 'anything',
    });
    const region = await loadRegion(dir);
    expect(region.enterprises).toEqual([
      { enterprise: 'E0001', name: '示例,公司', account: '00002', bankCode: '0001' },
    ]);
    expect(region.purchases.map(({ year, amountFen }) => [year, amountFen])).toEqual([
      [2024, 250n],
      [2025, 12345n],
      [2025, 100n],
    ]);
    expect(region.staff).toEqual([
      { person: 'z1', name: '示例人员', roles: ['officer', 'preparer'], from: plainDate('2026-01-01') },
    ]);
    expect(region.staffIsExample).toBe(false);
  });

  it('needs no enterprises.csv while no file names an enterprise', async () => {
    expect(await check({ 'enterprises.csv': undefined })).toEqual([]);
    expect(
      await check({ 'supply-2026-04.csv': 'enterprise,orders,responded,ordered_quantity,delivered_quantity\n' }),
    ).toEqual([]);
  });

  it('is the same in GB18030 as in UTF-8', async () => {
    await write(SMALL);
    const utf8 = await loadRegion(dir);
    // 示例地区, 示例医院, 示例卫生院 and 三级, 一级 in GB18030, byte by byte.
    const gb: Record<string, number[]> = {
      示: [0xca, 0xbe],
      例: [0xc0, 0xfd],
      地: [0xb5, 0xd8],
      区: [0xc7, 0xf8],
      医: [0xd2, 0xbd],
      院: [0xd4, 0xba],
      卫: [0xce, 0xc0],
      生: [0xc9, 0xfa],
      三: [0xc8, 0xfd],
      一: [0xd2, 0xbb],
      级: [0xbc, 0xb6],
      公: [0xb9, 0xab],
      司: [0xcb, 0xbe],
    };
    for (const [name, text] of Object.entries(SMALL)) {
      await writeFile(join(dir, name), Buffer.from([...text].flatMap((each) => gb[each] ?? [each.charCodeAt(0)])));
      expect((await readFile(join(dir, name))).includes('示例')).toBe(false);
    }
    expect(await loadRegion(dir)).toEqual(utf8);
  });

  it('is what a made-up region of any size is written as', async () => {
    const options = fc.record({
      code: fc.constantFrom('650400', '321300'),
      institutions: fc.integer({ min: 1, max: 70 }),
      enterprises: fc.integer({ min: 0, max: 6 }),
      seed: fc.integer({ min: 0, max: 1_000_000 }),
    });
    await fc.assert(
      fc.asyncProperty(options, async (each) => {
        const folder = await mkdtemp(join(dir, 'made-up-'));
        const region = makeRegion(each);
        await writeRegionFolder(folder, region);
        expect(await readRegionFolder(folder)).toEqual({ region, findings: [] });
      }),
      { numRuns: 40 },
    );
  });
});

const HEADER = SMALL['institutions.csv']!.split('\n')[0]!;
const ROW = 'H65050200003,示例,一级,false,true,,00003,0001\n';

describe('a region folder with a fault', () => {
  it.each<[string, Record<string, string | Buffer | undefined>, Partial<Finding>]>([
    [
      'a missing column',
      edit('institutions.csv', ',executes_well', ''),
      { file: 'institutions.csv', line: 1, column: 'executes_well', code: 'column-missing' },
    ],
    [
      'a column twice',
      edit('enterprises.csv', ',bank_code', ',bank_code,name'),
      { file: 'enterprises.csv', line: 1, column: 'name', code: 'column-twice' },
    ],
    ['an empty file', { 'purchases-2025.csv': '' }, { file: 'purchases-2025.csv', line: 1, code: 'csv-empty' }],
    [
      'too few cells',
      edit('purchases-2025.csv', 'vbp-national,online', 'online'),
      { file: 'purchases-2025.csv', line: 2, code: 'csv-columns' },
    ],
    [
      'too many cells',
      edit('purchases-2025.csv', '123.45', '123,45'),
      { file: 'purchases-2025.csv', line: 2, code: 'csv-columns' },
    ],
    [
      'a quote that never closes',
      edit('purchases-2025.csv', 'other', '"other'),
      { file: 'purchases-2025.csv', line: 3, code: 'csv-damaged' },
    ],
    [
      'a bad institution code',
      edit('institutions.csv', 'H65050200001,示', 'H6505020001,示'),
      { file: 'institutions.csv', line: 2, column: 'institution', code: 'id-pattern' },
    ],
    [
      'an enterprise called like the fund',
      edit('enterprises.csv', 'E0001', 'fund'),
      { file: 'enterprises.csv', line: 2, column: 'enterprise', code: 'id-pattern' },
    ],
    [
      'a boolean that is none',
      edit('institutions.csv', 'true,true', 'true,是'),
      { file: 'institutions.csv', line: 2, column: 'executes_well', code: 'boolean' },
    ],
    [
      'an institution twice',
      edit('institutions.csv', 'H65050200002,', 'H65050200001,'),
      { file: 'institutions.csv', line: 3, column: 'institution', code: 'duplicate' },
    ],
    [
      'an account missing where it is paid',
      edit('institutions.csv', ',00001,', ',,'),
      { file: 'institutions.csv', line: 2, column: 'account', code: 'required' },
    ],
    [
      'an unknown settlement body',
      edit('institutions.csv', ',H65050200001,,', ',H65050200009,,'),
      { file: 'institutions.csv', line: 3, column: 'settles_through', code: 'reference-unknown' },
    ],
    [
      'an institution that settles through itself',
      edit('institutions.csv', ',H65050200001,,', ',H65050200002,,'),
      { file: 'institutions.csv', line: 3, column: 'settles_through', code: 'settles-through-self' },
    ],
    [
      'a chain of settlement bodies',
      { 'institutions.csv': `${SMALL['institutions.csv']}${ROW.replace(',,', ',H65050200002,')}` },
      { file: 'institutions.csv', line: 4, column: 'settles_through', code: 'settles-through-chain' },
    ],
    [
      'an amount with three decimals',
      edit('purchases-2025.csv', '123.45', '123.456'),
      { file: 'purchases-2025.csv', line: 2, column: 'amount', code: 'amount' },
    ],
    [
      'an amount with separators',
      edit('purchases-2025.csv', '123.45', '"1,123.45"'),
      { file: 'purchases-2025.csv', line: 2, column: 'amount', code: 'amount' },
    ],
    [
      'a negative base',
      edit('purchases-2025.csv', '123.45', '-123.45'),
      { file: 'purchases-2025.csv', line: 2, column: 'amount', code: 'base-negative' },
    ],
    [
      'an unknown category',
      edit('purchases-2025.csv', 'vbp-national', 'vbp'),
      { file: 'purchases-2025.csv', line: 2, column: 'category', code: 'value-unknown' },
    ],
    [
      'an unknown channel',
      edit('purchases-2025.csv', 'offline', 'Online'),
      { file: 'purchases-2025.csv', line: 3, column: 'channel', code: 'value-unknown' },
    ],
    [
      'purchases of a stranger',
      edit('purchases-2025.csv', 'H65050200002', 'H65050200009'),
      { file: 'purchases-2025.csv', line: 3, column: 'institution', code: 'reference-unknown' },
    ],
    [
      'a cell left empty',
      edit('purchases-2025.csv', '123.45', ''),
      { file: 'purchases-2025.csv', line: 2, column: 'amount', code: 'required' },
    ],
    ['purchases without a year', { 'purchases-25.csv': '' }, { file: 'purchases-25.csv', code: 'file-name' }],
    [
      'a workbook in place of a CSV file',
      { 'applications-2026-04.xlsx': '' },
      { file: 'applications-2026-04.xlsx', code: 'file-name' },
    ],
    ['claims without a month', { 'claims-2026-13.csv': '' }, { file: 'claims-2026-13.csv', code: 'file-name' }],
    [
      'a cashier who is accountant',
      { 'staff.csv': 'person,name,roles,from,to\np1,示例,officer,,\np2,示例,cashier;accountant,,\n' },
      { file: 'staff.csv', line: 3, column: 'roles', code: 'cashier-accountant' },
    ],
    [
      'an unknown role',
      { 'staff.csv': 'person,name,roles,from,to\np1,示例,officer;boss,,\n' },
      { file: 'staff.csv', line: 2, column: 'roles', code: 'value-unknown' },
    ],
    [
      'a person twice',
      { 'staff.csv': 'person,name,roles,from,to\np1,示例,officer,,\np1,示例,finance,,\n' },
      { file: 'staff.csv', line: 3, column: 'person', code: 'duplicate' },
    ],
    [
      'a day that does not exist',
      { 'staff.csv': 'person,name,roles,from,to\np1,示例,officer,2026-02-30,\n' },
      { file: 'staff.csv', line: 2, column: 'from', code: 'date' },
    ],
    [
      'an end before the beginning',
      { 'staff.csv': 'person,name,roles,from,to\np1,示例,officer,2026-03-02,2026-03-01\n' },
      { file: 'staff.csv', line: 2, column: 'from', code: 'date-order' },
    ],
    [
      'an unknown pool',
      edit('region.yaml', 'resident', 'residents'),
      { file: 'region.yaml', line: 5, column: 'funds[1].pool', code: 'value-unknown' },
    ],
    [
      'a pool twice',
      edit('region.yaml', 'resident', 'employee'),
      { file: 'region.yaml', line: 5, column: 'funds[1].pool', code: 'duplicate' },
    ],
    [
      'a budget on a pool that is not prepaid',
      edit('region.yaml', 'resident', 'employee-personal, prepaymentBudget: 1'),
      { file: 'region.yaml', line: 5, column: 'funds[1].pool', code: 'pool-not-prepaid' },
    ],
    [
      'a misspelt key',
      edit('region.yaml', 'prepaymentBudget', 'prepaymentbudget'),
      { file: 'region.yaml', line: 4, column: 'funds[0].prepaymentbudget', code: 'key-unknown' },
    ],
    [
      'negative cash',
      edit('region.yaml', '100.00', '-100.00'),
      { file: 'region.yaml', line: 4, column: 'funds[0].cash', code: 'amount-negative' },
    ],
    [
      'a missing key',
      edit('region.yaml', 'name: 示例地区\n', ''),
      { file: 'region.yaml', line: 1, column: 'name', code: 'key-missing' },
    ],
    [
      'a pool left out',
      edit('region.yaml', 'pool: resident', ''),
      { file: 'region.yaml', line: 5, column: 'funds[1].pool', code: 'key-missing' },
    ],
    [
      'a region code of five digits',
      edit('region.yaml', '650500', '65050'),
      { file: 'region.yaml', line: 1, column: 'code', code: 'id-pattern' },
    ],
    [
      'funds that are no list',
      edit('region.yaml', SMALL['region.yaml']!.split('\n').slice(2).join('\n'), 'funds: none\n'),
      { file: 'region.yaml', line: 3, column: 'funds', code: 'value-type' },
    ],
    [
      'damaged YAML',
      edit('region.yaml', '{ pool: resident }', '{ pool: resident'),
      { file: 'region.yaml', line: 6, code: 'yaml-damaged' },
    ],
    [
      'a key twice',
      edit('region.yaml', 'name:', 'code: 650400\nname:'),
      { file: 'region.yaml', line: 2, code: 'yaml-damaged' },
    ],
    [
      'text in neither encoding',
      { 'enterprises.csv': Buffer.concat([Buffer.from(SMALL['enterprises.csv']!), Buffer.from([0xff, 0xff, 0x0a])]) },
      { file: 'enterprises.csv', line: 3, code: 'encoding' },
    ],
    ['no institutions.csv', { 'institutions.csv': undefined }, { file: 'institutions.csv', code: 'file-missing' }],
    [
      'no enterprises.csv beside supply',
      {
        'enterprises.csv': undefined,
        'supply-2026-04.csv': 'enterprise,orders,responded,ordered_quantity,delivered_quantity\n',
      },
      { file: 'enterprises.csv', code: 'file-missing' },
    ],
    [
      'claims of a stranger',
      { 'claims-2026-04.csv': 'institution,pool,declared,deducted\nH65050200009,employee,1,0\n' },
      { file: 'claims-2026-04.csv', line: 2, column: 'institution', code: 'reference-unknown' },
    ],
    [
      'claims on an unknown pool',
      { 'claims-2026-04.csv': 'institution,pool,declared,deducted\nH65050200001,gold,1,0\n' },
      { file: 'claims-2026-04.csv', line: 2, column: 'pool', code: 'value-unknown' },
    ],
    [
      'spending below zero',
      { 'spending-2025.csv': 'institution,pool,amount\nH65050200001,employee,-1\n' },
      { file: 'spending-2025.csv', line: 2, column: 'amount', code: 'amount-negative' },
    ],
    [
      'eligibility told twice',
      {
        'eligibility.csv':
          'institution,score,major_violation_on,traceability,active,cooperates\nH65050200001,80,,true,true,true\nH65050200001,81.5,,true,true,true\n',
      },
      { file: 'eligibility.csv', line: 3, column: 'institution', code: 'duplicate' },
    ],
    [
      'supply of a stranger',
      { 'supply-2026-04.csv': 'enterprise,orders,responded,ordered_quantity,delivered_quantity\nE0009,1,1,1,1\n' },
      { file: 'supply-2026-04.csv', line: 2, column: 'enterprise', code: 'reference-unknown' },
    ],
    [
      'half an order',
      { 'supply-2026-04.csv': 'enterprise,orders,responded,ordered_quantity,delivered_quantity\nE0001,1.5,1,1,1\n' },
      { file: 'supply-2026-04.csv', line: 2, column: 'orders', code: 'number' },
    ],
    [
      'a letter without its hash',
      { 'entrustments.csv': 'institution,number,from,to,sha256\nH65050200001,1,2026-01-01,2026-12-31,abc\n' },
      { file: 'entrustments.csv', line: 2, column: 'sha256', code: 'id-pattern' },
    ],
    [
      'a catalogue entry that ends before it begins',
      { 'catalogue.csv': 'drug,category,from,to\nD1,negotiated,2026-02-01,2026-01-01\n' },
      { file: 'catalogue.csv', line: 2, column: 'from', code: 'date-order' },
    ],
    [
      'a price with five decimals',
      {
        'applications-2026-03.csv':
          'line,order,institution,enterprise,drug,category,kind,quantity,unit_price,amount,received_on,applied_on,verified_by\nL1,O1,H65050200001,E0001,D1,negotiated,delivery,1,1.00001,1.00,2026-03-01,2026-03-02,\n',
      },
      { file: 'applications-2026-03.csv', line: 2, column: 'unit_price', code: 'number' },
    ],
  ])('names file, line, column and rule of %s', async (_, files, finding) => {
    expect(await check(files)).toEqual([finding]);
  });

  it('reports every fault of every file, in the order of their lines', async () => {
    const found = await check({
      'region.yaml': SMALL['region.yaml']!.replace('resident', 'gold').replace('100.00', '1.001'),
      'institutions.csv': `${HEADER}\n${ROW.replace('false,true', 'no,yes')}X1,示例,一级,false,true,,1,1\n`,
      'purchases-2025.csv': 'institution,category,channel,amount\nH65050200009,a,b,c\n',
    });
    expect(found).toEqual([
      { file: 'region.yaml', line: 4, column: 'funds[0].cash', code: 'amount' },
      { file: 'region.yaml', line: 5, column: 'funds[1].pool', code: 'value-unknown' },
      { file: 'institutions.csv', line: 2, column: 'three_flows', code: 'boolean' },
      { file: 'institutions.csv', line: 2, column: 'executes_well', code: 'boolean' },
      { file: 'institutions.csv', line: 3, column: 'institution', code: 'id-pattern' },
      { file: 'purchases-2025.csv', line: 2, column: 'category', code: 'value-unknown' },
      { file: 'purchases-2025.csv', line: 2, column: 'channel', code: 'value-unknown' },
      { file: 'purchases-2025.csv', line: 2, column: 'amount', code: 'amount' },
    ]);
  });

  it('lists fifty findings of a file and counts the rest', async () => {
    const rows = 'H65050200001,vbp,online,1\n'.repeat(80);
    await write({ ...SMALL, 'purchases-2025.csv': `institution,category,channel,amount\n${rows}` });
    const { findings } = await readRegionFolder(dir);
    expect(findings).toHaveLength(51);
    expect(findings[50]).toMatchObject({ code: 'more-findings', message: 'and 30 more findings in this file' });
  });

  it('is refused as a whole, with the place of the first fault and all findings', async () => {
    await write({ ...SMALL, ...edit('purchases-2025.csv', '123.45', '-123.45') });
    const refusal = await loadRegion(dir).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    const { code, details, message } = refusal as Refusal;
    const file = join(dir, 'purchases-2025.csv');
    expect(code).toBe('FileInvalid');
    expect(details.place).toEqual({ file, line: 2, column: 'amount' });
    expect(details.rule).toContain('四(一)');
    expect(message).toContain(`${file}:2: amount is "-123.45"`);
  });

  it('is told from a folder that is not there', async () => {
    const { findings } = await readRegionFolder(join(dir, 'nowhere'));
    expect(findings).toMatchObject([{ file: join(dir, 'nowhere'), code: 'file-unreadable' }]);
  });
});
