import { cellsOf, clearLines, createImports, csvOf, fates, type Cells } from '../support/applications';
import { writeByHand } from '../support/by-hand';
import { period, plainDate } from '../../domain/plain-date';
import { monthFigures, stageDetails } from '../../db/documents/months';
import { loadApplied } from '../../db/window-totals';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { REGION, saveWindowRegion, windowContext } from '../support/window';

// Import of application files (新医保发〔2025〕50号 四(二); DESIGN 5.2): what becomes of each row.

let database: TestDatabase;
let context: ReturnType<typeof windowContext>;
let imports: ReturnType<typeof createImports>;

beforeAll(async () => {
  database = await createTestDatabase();
  await saveWindowRegion(database.owner, { institutions: 24 });
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

async function settle(line: string, period: string): Promise<void> {
  await writeByHand(database.owner, 'settle.settled_lines', (trx) =>
    trx.raw(
      `insert into settle.settled_lines (line_id, region, period, institution, revision, enterprise)
       select line_id, region, ?, body, 1, enterprise from settle.application_lines where line = ?`,
      [period, line],
    ),
  );
}

async function dispute(line: string, period: string): Promise<void> {
  await database.app.raw(
    `insert into settle.line_disputes (line_id, period, reason, on_date, at_time, person)
     select line_id, ?, '示例：数量不符', ?, '10:00', 'H65050000001' from settle.open_lines where line = ?`,
    [period, `${period}-10`, line],
  );
}

async function suspend(enterprise: string, from: string): Promise<void> {
  await writeByHand(database.owner, 'settle.enterprise_cases', (trx) =>
    trx('settle.enterprise_cases').insert({
      case_id: `enterprise/${enterprise}/interview/2026-03`,
      region: REGION,
      enterprise,
      kind: 'interview',
      period: '2026-03',
      opened_on: '2026-03-01',
      suspended_from: from,
    }),
  );
}

const marchCells = (line: string, more: Partial<Cells> = {}): Cells =>
  cellsOf(line, { ordered_on: '2026-03-01', received_on: '2026-03-02', applied_on: '2026-03-03', ...more });
const againInApril = (line: string, more: Partial<Cells> = {}): Cells =>
  marchCells(line, { applied_on: '2026-04-02', ...more });

const DEFECTS: readonly [string, Partial<Cells>][] = [
  ['before-window', { applied_on: '2026-03-31' }],
  ['after-cutoff', { applied_on: '2026-04-06' }],
  ['before-direct-settlement', { ordered_on: '2026-02-28' }],
  ['received-after-application', { received_on: '2026-04-04' }],
  ['out-of-scope', { category: 'vbp-provincial' }],
  ['amount-mismatch', { amount: '125.01' }],
  ['unknown-institution', { institution: 'H65050099999' }],
  ['unknown-enterprise', { enterprise: 'E9999' }],
  ['unverified-credit', { kind: 'return', quantity: '-10', amount: '-125.00', verified_by: 'institution' }],
  ['enterprise-suspended', { enterprise: 'E0002' }],
  ['unreadable', { quantity: 'ten' }],
];

describe('each code', () => {
  it('rejects its line, and the good line beside it goes in', async () => {
    await suspend('E0002', '2026-04-01');
    await imports.rows([marchCells('settled')], '2026-03');
    await settle('settled', '2026-03');
    const rows = [
      cellsOf('good'),
      ...DEFECTS.map(([code, more]) => cellsOf(code, more)),
      cellsOf('conflict'),
      cellsOf('conflict', { order: '示例订单二' }),
      { ...marchCells('settled'), applied_on: '2026-04-05' },
    ];
    const imported = await imports.rows(rows);
    expect(imported).toMatchObject({ rows: rows.length, accepted: 1, repeated: 0, rejected: rows.length - 1 });
    expect(imported.codes).toEqual({
      ...Object.fromEntries(DEFECTS.map(([code]) => [code, 1])),
      conflict: 2,
      'already-settled': 1,
    });
    const { good, conflict, settled, ...others } = await fates(database.app);
    expect(good).toEqual(['accepted']);
    expect(conflict).toEqual(['conflict', 'conflict']);
    expect(settled).toEqual(['accepted', 'already-settled']);
    expect(others).toEqual(Object.fromEntries(DEFECTS.map(([code]) => [code, [code]])));
  });
});

describe('the same line again', () => {
  it('is accepted once, in one file or in two of the period, and a file once', async () => {
    const path = imports.write(csvOf([cellsOf('a'), cellsOf('a', { applied_on: '2026-04-05' }), cellsOf('b')]));
    expect(await imports.file(path, { period: '2026-04' })).toMatchObject({ accepted: 2, repeated: 1, again: false });
    expect(await imports.rows([cellsOf('b'), cellsOf('c')])).toMatchObject({ accepted: 1, repeated: 1, rejected: 0 });
    const before = await fates(database.app);
    expect(before).toEqual({ a: ['accepted', 'repeated'], b: ['accepted', 'repeated'], c: ['accepted'] });
    context.setDay('2026-04-06');
    expect(await imports.file(path, { period: '2026-04' })).toMatchObject({
      again: true,
      importedOn: '2026-04-05',
      accepted: 2,
      repeated: 1,
    });
    expect(await fates(database.app)).toEqual(before);
  });

  it('counts numbers by their value', async () => {
    await imports.rows([cellsOf('a')]);
    const written = cellsOf('a', { quantity: '10.0', unit_price: '12.5000', amount: '125' });
    expect(await imports.rows([written])).toMatchObject({ repeated: 1, rejected: 0 });
  });

  it.each([
    ['is open', async () => undefined, ['accepted', 'repeated']],
    ['was settled by an earlier window', () => settle('a', '2026-03'), ['accepted', 'already-settled']],
    ['was settled by this window', () => settle('a', '2026-04'), ['accepted', 'repeated']],
    ['was disputed in an earlier window', () => dispute('a', '2026-03'), ['accepted', 'accepted']],
    ['was disputed in this window', () => dispute('a', '2026-04'), ['accepted', 'repeated']],
  ])('in the next month, when it %s', async (_, happens, expected) => {
    await imports.rows([marchCells('a')], '2026-03');
    await happens();
    await imports.rows([againInApril('a')]);
    expect(await fates(database.app)).toEqual({ a: expected });
  });

  it('is in the stage report of the earlier month only, whichever was imported first', async () => {
    await imports.rows([againInApril('a')]);
    await imports.rows([marchCells('a')], '2026-03');
    const reported = async (month: string) => {
      const { acceptedLines, acceptedFen } = await monthFigures(
        database.app,
        REGION,
        period(month),
        plainDate('2026-05-12'),
      );
      return [acceptedLines, acceptedFen];
    };
    expect([await reported('2026-03'), await reported('2026-04')]).toEqual([
      [1, 12_500n],
      [0, 0n],
    ]);
  });

  it('is open again where it was disputed: the newer version is the one that counts', async () => {
    await imports.rows([marchCells('a')], '2026-03');
    await dispute('a', '2026-03');
    await imports.rows([againInApril('a', { quantity: '8', amount: '100.00' })]);
    const states = await database.app('settle.line_states').orderBy('period').select('period', 'state', 'amount_fen');
    expect(states).toEqual([
      { period: '2026-03', state: 'superseded', amount_fen: 12_500n },
      { period: '2026-04', state: 'open', amount_fen: 10_000n },
    ]);
  });
});

describe('the same id with other content', () => {
  const other = { order: '示例订单二' };

  it('in a later file of the period takes the accepted line back, and both are conflicts', async () => {
    await imports.rows([cellsOf('a'), cellsOf('a'), cellsOf('b')]);
    expect(await imports.rows([cellsOf('a', other)])).toMatchObject({ rejected: 1, earlierRowsRejected: 2 });
    expect(await fates(database.app)).toEqual({ a: ['conflict', 'conflict', 'conflict'], b: ['accepted'] });
    const [b] = await database.app('settle.open_lines').pluck<bigint[]>('amount_fen');
    expect(await loadApplied(database.app, REGION, '2026-04')).toEqual({ accepted: 1, acceptedFen: b, rejected: 3 });
    const report = [database.app, REGION, period('2026-04'), plainDate('2026-05-12')] as const;
    expect(await monthFigures(...report)).toMatchObject({ acceptedLines: 1, acceptedFen: b, rejectedLines: 3 });
    expect((await stageDetails(...report)).rejections).toEqual([{ code: 'conflict', lines: 3 }]);
    // Once in conflict, whatever comes of it in the period is.
    await imports.rows([cellsOf('a'), cellsOf('c')]);
    expect((await fates(database.app)).a).toEqual(['conflict', 'conflict', 'conflict', 'conflict']);
  });

  it.each(['settled', 'disputed'])(
    'leaves a line that is %s as it is: only the new one is a conflict',
    async (state) => {
      await imports.rows([cellsOf('a')]);
      await (state === 'settled' ? settle('a', '2026-04') : dispute('a', '2026-04'));
      await imports.rows([cellsOf('a', other), cellsOf('a')]);
      expect(await fates(database.app)).toEqual({ a: ['accepted', 'conflict', 'repeated'] });
    },
  );

  it('as an accepted line of an earlier period is a conflict alone, also when the earlier one comes along', async () => {
    await imports.rows([marchCells('a')], '2026-03');
    await imports.rows([againInApril('a', other)]);
    expect(await fates(database.app)).toEqual({ a: ['accepted', 'conflict'] });
    await imports.rows([againInApril('a')]);
    expect(await fates(database.app)).toEqual({ a: ['accepted', 'conflict', 'conflict'] });
  });

  it('turns what was repeated or already settled in the period before it into conflicts', async () => {
    await imports.rows([marchCells('open'), marchCells('settled')], '2026-03');
    await settle('settled', '2026-03');
    await imports.rows([againInApril('open'), againInApril('settled')]);
    await imports.rows([againInApril('open', other), againInApril('settled', other)]);
    expect(await fates(database.app)).toEqual({
      open: ['accepted', 'conflict', 'conflict'],
      settled: ['accepted', 'conflict', 'conflict'],
    });
  });

  it('does not count lines that another code rejects', async () => {
    await imports.rows([cellsOf('a'), cellsOf('a', { ...other, amount: '1.00' })]);
    expect(await fates(database.app)).toEqual({ a: ['accepted', 'amount-mismatch'] });
  });

  it('of a disputed line is its correction', async () => {
    await imports.rows([marchCells('a')], '2026-03');
    await dispute('a', '2026-03');
    await imports.rows([againInApril('a', other)]);
    expect(await fates(database.app)).toEqual({ a: ['accepted', 'accepted'] });
  });
});

describe('an earlier period that is imported later', () => {
  it('has the line: the later one gives way, repeated or in conflict', async () => {
    await imports.rows([againInApril('same'), againInApril('other', { order: '示例订单二' })]);
    await imports.rows([marchCells('same'), marchCells('other')], '2026-03');
    expect(await fates(database.app)).toEqual({ same: ['repeated', 'accepted'], other: ['conflict', 'accepted'] });
    expect(await database.app('settle.line_states').where({ state: 'open' }).distinct('period')).toEqual([
      { period: '2026-03' },
    ]);
  });

  it('and the later one again is repeated, as if it had come after; with other content it is a conflict', async () => {
    await imports.rows([againInApril('same'), againInApril('other')]);
    await imports.rows([marchCells('same'), marchCells('other')], '2026-03');
    await imports.rows([againInApril('same'), againInApril('other', { order: '示例订单二' })]);
    expect(await fates(database.app)).toEqual({
      same: ['repeated', 'accepted', 'repeated'],
      other: ['conflict', 'accepted', 'conflict'],
    });
    await settle('same', '2026-03');
    await imports.rows([againInApril('same'), cellsOf('new')]);
    expect(await fates(database.app)).toMatchObject({ same: ['repeated', 'accepted', 'repeated', 'already-settled'] });
  });

  it('and what the earlier window disputed is not taken up again in the later one, which gave way', async () => {
    await imports.rows([againInApril('a')]);
    await imports.rows([marchCells('a')], '2026-03');
    await dispute('a', '2026-03');
    await imports.rows([againInApril('a'), cellsOf('b')]);
    expect(await fates(database.app)).toEqual({ a: ['conflict', 'accepted', 'conflict'], b: ['accepted'] });
  });
});

describe('a region with a catalogue', () => {
  it('takes what was listed on the day of receipt under its category', async () => {
    await database.owner('settle.catalogue').insert([
      { region: REGION, drug: '甲', category: 'vbp-national', valid_from: '2026-01-01', valid_to: '2026-03-15' },
      { region: REGION, drug: '乙', category: 'negotiated', valid_from: '2026-03-16', valid_to: null },
    ]);
    await imports.rows([
      cellsOf('last-day', { drug: '甲', received_on: '2026-03-15' }),
      cellsOf('day-after', { drug: '甲', received_on: '2026-03-16' }),
      cellsOf('first-day', { drug: '乙', category: 'negotiated', received_on: '2026-03-16' }),
      cellsOf('other-category', { drug: '乙' }),
      cellsOf('not-listed'),
    ]);
    expect(await fates(database.app)).toEqual({
      'last-day': ['accepted'],
      'day-after': ['out-of-scope'],
      'first-day': ['accepted'],
      'other-category': ['out-of-scope'],
      'not-listed': ['out-of-scope'],
    });
  });
});

describe('who settles', () => {
  it('is the settlement body of the institution', async () => {
    const member = await database.app('settle.institutions').whereNotNull('settles_through').first();
    const { institution, settles_through: body } = member as { institution: string; settles_through: string };
    await imports.rows([cellsOf('member', { institution }), cellsOf('body', { institution: body })]);
    expect(await database.app('settle.application_lines').orderBy('row_no').select('institution', 'body')).toEqual([
      { institution, body },
      { institution: body, body },
    ]);
  });
});
