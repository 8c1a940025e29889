import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LINE_CODES } from '../../domain/window/line-check';
import { cellsOf, createImports, csvOf, fates, type Cells } from '../support/applications';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { REGION, saveWindowRegion, windowContext } from '../support/window';

// Import of application files (新医保发〔2025〕50号 四(二); DESIGN 5.2): what becomes of each row.

let database: TestDatabase;
let context: ReturnType<typeof windowContext>;
let imports: ReturnType<typeof createImports>;

beforeEach(async () => {
  database = await createTestDatabase();
  await saveWindowRegion(database.owner);
  context = windowContext(database.app, '2026-04-05');
  imports = createImports(() => context);
});
afterEach(async () => {
  imports.remove();
  await database.drop();
});

async function settle(line: string, period: string): Promise<void> {
  await database.app.raw(
    `insert into settle.settled_lines (line_id, region, period, institution, revision, enterprise)
     select line_id, region, ?, body, 1, enterprise from settle.application_lines where line = ?`,
    [period, line],
  );
}

async function dispute(line: string, period: string): Promise<void> {
  await database.app.raw(
    `insert into settle.line_disputes (line_id, period, reason, on_date, at_time, person)
     select line_id, ?, '示例：数量不符', ?, '10:00', 'H65050000001' from settle.application_lines where line = ?`,
    [period, `${period}-10`, line],
  );
}

async function suspend(enterprise: string, from: string): Promise<void> {
  await database.owner('settle.enterprise_cases').insert({
    case_id: `enterprise/${enterprise}/interview/2026-03`,
    region: REGION,
    enterprise,
    kind: 'interview',
    period: '2026-03',
    opened_on: '2026-03-01',
    suspended_from: from,
  });
}

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
    await imports.rows([cellsOf('settled')], '2026-04');
    await settle('settled', '2026-03');
    const rows = [
      cellsOf('good'),
      ...DEFECTS.map(([code, more]) => cellsOf(code, more)),
      cellsOf('conflict'),
      cellsOf('conflict', { order: '示例订单二' }),
    ];
    const imported = await imports.rows(rows);
    expect(imported).toMatchObject({ rows: rows.length, accepted: 1, repeated: 0, rejected: rows.length - 1 });
    expect(imported.codes).toEqual({ ...Object.fromEntries(DEFECTS.map(([code]) => [code, 1])), conflict: 2 });
    const { good, conflict, settled: _, ...others } = await fates(database.app);
    expect(good).toEqual(['accepted']);
    expect(conflict).toEqual(['conflict', 'conflict']);
    expect(others).toEqual(Object.fromEntries(DEFECTS.map(([code]) => [code, [code]])));
  });
});
