import fc from 'fast-check';
import { cellsOf, clearLines, createImports, csvOf, fates, type Cells } from '../support/applications';
import { writeByHand } from '../support/by-hand';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { saveWindowRegion, windowContext } from '../support/window';
import '../support/property-time';

// Whatever the order of rows in files and of the files of a period, the same lines are accepted and rejected (issue 5).

let database: TestDatabase;
let imports: ReturnType<typeof createImports>;

beforeAll(async () => {
  database = await createTestDatabase();
  await saveWindowRegion(database.owner);
  imports = createImports(() => windowContext(database.app, '2026-04-05'));
});
afterAll(async () => {
  imports.remove();
  await database.drop();
});

/** Few ids and few contents, so that they meet. */
const row = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    order: fc.constantFrom('一', '一', '一', '二'),
    defect: fc.constantFrom<Partial<Cells>>(
      {},
      {},
      {},
      {},
      { amount: '1.00' },
      { quantity: 'x' },
      { applied_on: '2026-04-06' },
    ),
    applied: fc.constantFrom('2026-04-01', '2026-04-05'),
  })
  .map(({ id, order, defect, applied }) => cellsOf(id, { order, applied_on: applied, ...defect }));

/** Days that a line of March and its copy in April have in common. */
const withDays = (each: Cells): Cells => ({ ...each, ordered_on: '2026-03-01', received_on: '2026-03-04' });

interface Case {
  readonly march: Cells[];
  readonly settled: readonly string[];
  readonly disputed: readonly string[];
  readonly rows: Cells[];
}

/** Lines of March, some of them settled or disputed, and rows of April in any number. */
const cases: fc.Arbitrary<Case> = fc.record({
  march: fc
    .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 })
    .map((ids) => ids.map((id) => withDays(cellsOf(id, { order: '一', applied_on: '2026-03-05' })))),
  settled: fc.subarray(['a', 'b']),
  disputed: fc.subarray(['c', 'd']),
  rows: fc.array(row, { minLength: 1, maxLength: 14 }),
});

async function prepare({ march, settled, disputed }: Case): Promise<void> {
  await clearLines(database.superuser);
  if (march.length > 0) await imports.rows(march, '2026-03');
  await writeByHand(database.owner, 'settle.settled_lines', (trx) =>
    trx.raw(
      `insert into settle.settled_lines (line_id, region, period, institution, revision, enterprise)
       select line_id, region, period, body, 1, enterprise from settle.application_lines where line = any(?::text[])`,
      [[...settled]],
    ),
  );
  await database.app.raw(
    `insert into settle.line_disputes (line_id, period, reason, on_date, at_time, person)
     select line_id, period, '示例', '2026-03-10', '10:00', body from settle.application_lines where line = any(?::text[])`,
    [[...disputed]],
  );
}

async function importAll(each: Case, files: readonly (readonly Cells[])[]): Promise<Record<string, string[]>> {
  await prepare(each);
  for (const rows of files) if (rows.length > 0) await imports.rows(rows.map(withDays));
  const found = await fates(database.app);
  // Which of equal rows is the accepted one depends on their order; how many are does not.
  return Object.fromEntries(Object.entries(found).map(([line, all]) => [line, [...all].sort()]));
}

/** The rule of DESIGN 5.2 for a whole period at once, apart from the SQL. */
function expected({ march, settled, disputed, rows }: Case): Record<string, string[]> {
  const all: Record<string, string[]> = Object.fromEntries(march.map(({ line }) => [line, ['accepted']]));
  const add = (line: string, fate: string): void => void (all[line] = [...(all[line] ?? []), fate]);
  const candidates = new Map<string, Cells[]>();
  for (const each of rows) {
    if (each.quantity === 'x') add(each.line, 'unreadable');
    else if (each.applied_on === '2026-04-06') add(each.line, 'after-cutoff');
    else if (each.amount === '1.00') add(each.line, 'amount-mismatch');
    else candidates.set(each.line, [...(candidates.get(each.line) ?? []), each]);
  }
  for (const [line, copies] of candidates) {
    const orders = new Set(copies.map(({ order }) => order));
    const before = march.find((each) => each.line === line);
    const isSame = before?.order === copies[0]!.order;
    const mayComeBack = !before || disputed.includes(line);
    if (orders.size > 1 || (!mayComeBack && !isSame)) copies.forEach(() => add(line, 'conflict'));
    else if (mayComeBack) copies.forEach((_, index) => add(line, index === 0 ? 'accepted' : 'repeated'));
    else copies.forEach(() => add(line, settled.includes(line) ? 'already-settled' : 'repeated'));
  }
  return Object.fromEntries(Object.entries(all).map(([line, each]) => [line, each.sort()]));
}

it('any order of rows and any division into files gives what the rule says of all of them at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      cases,
      fc.infiniteStream(fc.nat(2)),
      fc.array(fc.nat(1_000), { minLength: 14, maxLength: 14 }),
      async (each, divide, keys) => {
        const shuffled = each.rows.map((cells, index) => ({ cells, key: keys[index]! })).sort((a, b) => a.key - b.key);
        const files: Cells[][] = [[], [], []];
        for (const { cells } of shuffled) files[divide.next().value as number]!.push(cells);
        // The same bytes again have no effect, and their rows are not counted twice: not what this is about.
        const contents = files.filter((rows) => rows.length > 0).map(csvOf);
        fc.pre(new Set(contents).size === contents.length);
        expect(await importAll(each, files)).toEqual(expected(each));
        expect(await importAll(each, [each.rows])).toEqual(expected(each));
      },
    ),
    { numRuns: 25 },
  );
});

it('gross in is accepted, repeated and rejected, row by row, and the same files again change nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
      await clearLines(database.superuser);
      const path = imports.write(csvOf(rows));
      const first = await imports.file(path, { period: '2026-04' });
      expect(first.accepted + first.repeated + first.rejected).toBe(rows.length);
      const all = await fates(database.app);
      expect(Object.values(all).flat()).toHaveLength(rows.length);
      expect(
        Object.values(all)
          .flat()
          .filter((fate) => fate === 'accepted'),
      ).toHaveLength(first.accepted);
      expect((await imports.file(path, { period: '2026-04' })).again).toBe(true);
      expect(await fates(database.app)).toEqual(all);
    }),
    { numRuns: 20 },
  );
});
