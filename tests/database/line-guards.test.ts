import type { Knex } from 'knex';
import { period } from '../../domain/plain-date';
import { confirm } from '../../operator/commands/confirm-statement';
import { disputeLines } from '../../operator/commands/dispute-lines';
import { cellsOf, clearLines, createImports } from '../support/applications';
import { createTestDatabase, somebodyWaits, type TestDatabase } from '../support/database';
import { acceptLines, fund, REGION, saveWindowRegion, windowContext } from '../support/window';

// A line settles once, also when files and confirmations come at the same moment, and whoever writes.

let database: TestDatabase;
let body: string;
let other: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const { bodies } = await saveWindowRegion(database.owner);
  [body, other] = bodies as [string, string];
  for (const each of [body, other]) await fund(database.app, each, { own: 100_000n });
});
afterEach(() => clearLines(database.superuser));
afterAll(() => database.drop());

const APRIL = period('2026-04');
const confirmIn = (month: string, by = body) =>
  confirm(windowContext(database.app, `${month}-10`), {
    region: REGION,
    period: period(month),
    institutions: [by],
    person: by,
  });
const disputeIt = () =>
  disputeLines(windowContext(database.app, '2026-04-10'), {
    region: REGION,
    period: APRIL,
    institution: other,
    lines: ['G1'],
    reason: '示例',
    person: other,
  });
const accept = () => acceptLines(database.app, [{ line: 'G1', body: other, enterprise: 'E0001', amountFen: 12_500n }]);
const WITHDRAW = `insert into settle.line_withdrawals (line_id, file_id) select line_id, 1 from settle.application_lines where line = 'G1'`;
/** What is taken back is repeated or rejected. */
const REPEAT = `insert into settle.repeated_lines (region, period, file_id, row_no, line, amount_fen)
  select region, period, file_id, row_no, line, amount_fen from settle.application_lines where line = 'G1'`;
const REJECT = `insert into settle.rejected_lines (region, period, file_id, row_no, line, code, amount_fen, found_by)
  select region, period, file_id, row_no, line, 'conflict', amount_fen, file_id from settle.application_lines where line = 'G1'`;
async function takeBack(trx: Knex): Promise<void> {
  for (const statement of [REPEAT, WITHDRAW, REJECT]) await trx.raw(statement);
}
/** How many lines settle; a line that is not open is none, whatever it is settled for. */
async function settle(): Promise<number> {
  const { rows } = await database.app.raw<{ rows: { lines: number }[] }>(
    `select settle.settle_lines(?, '2026-04', '2026-04-10', ?::text[], '{1}', '{E0001}', '{G1}')::int as lines`,
    [REGION, [other]] as never,
  );
  return rows[0]!.lines;
}

describe('a line that a late file of an earlier month takes back', () => {
  it('is settled once, by the window that is being confirmed meanwhile', async () => {
    const march = { ordered_on: '2026-03-01', received_on: '2026-03-02', institution: body };
    const april = createImports(() => windowContext(database.app, '2026-04-05'));
    await april.rows([cellsOf('G1', { ...march, applied_on: '2026-04-02' })]);
    april.remove();
    const trx = await database.app.transaction();
    // The first file ever of March, on 9 April: nobody else can see its window yet.
    const late = createImports(() => windowContext(trx, '2026-04-09'));
    await late.rows([cellsOf('G1', { ...march, applied_on: '2026-03-03' })], '2026-03');
    late.remove();
    const confirmed = confirmIn('2026-04');
    await somebodyWaits(database.superuser);
    await trx.commit();
    expect(await confirmed).toMatchObject([{ outcome: 'confirmed', netFen: 12_500n }]);
    expect(await database.app('settle.line_states').orderBy('period').select('period', 'state')).toEqual([
      { period: '2026-03', state: 'settled' },
      { period: '2026-04', state: 'withdrawn' },
    ]);
    expect(await confirmIn('2026-05')).toMatchObject([{ outcome: 'nothing' }]);
  });
});

describe('the database refuses', () => {
  beforeEach(accept);

  it('to withdraw or dispute what is settled: LineNotOpen', async () => {
    await confirmIn('2026-04', other);
    await expect(database.app.raw(WITHDRAW)).rejects.toThrow('line G1 of 2026-04 is not open: it is not withdrawn');
    const disputed = `insert into settle.line_disputes select line_id, '2026-04', '示例', '2026-04-10', '10:00', 'x' from settle.settled_lines`;
    await expect(database.app.raw(disputed)).rejects.toThrow('line G1 of 2026-04 is not open: it is not disputed');
  });

  it('to settle what is withdrawn or disputed, and to withdraw what is disputed', async () => {
    await expect(settle()).rejects.toThrow('not those of a statement');
    await disputeIt();
    expect(await settle()).toBe(0);
    await expect(database.app.raw(WITHDRAW)).rejects.toThrow('it is not withdrawn');
    await clearLines(database.superuser);
    await accept();
    await database.app.transaction(takeBack);
    expect(await settle()).toBe(0);
  });

  it('to settle what another transaction is withdrawing', async () => {
    const trx = await database.app.transaction();
    await takeBack(trx);
    const settled = settle();
    await somebodyWaits(database.superuser);
    await trx.commit();
    expect(await settled).toBe(0);
  });

  it('to change lines in a transaction that does not see what others have done meanwhile', async () => {
    const dispute = `insert into settle.line_disputes select line_id, '2026-04', '示例', '2026-04-10', '10:00', 'x' from settle.application_lines`;
    const settles = `select settle.settle_lines('${REGION}', '2026-04', '2026-04-10', '{${other}}', '{1}', '{E0001}', null)`;
    for (const isolationLevel of ['repeatable read', 'serializable'] as const)
      for (const sql of [dispute, settles, `${REPEAT}; ${WITHDRAW}`]) {
        const done = database.app.transaction((trx) => trx.raw(sql), { isolationLevel });
        await expect(done).rejects.toThrow('lines change in transactions that read what is committed, and in no other');
      }
    expect(await database.app('settle.line_states').pluck('state')).toEqual(['open']);
  });

  it('to take back a line whose row is neither repeated nor rejected, and to reject one that is accepted', async () => {
    await expect(database.app.raw(WITHDRAW)).rejects.toThrow(
      'line G1 of 2026-04 is not taken back: its row is neither repeated nor rejected',
    );
    await expect(database.app.raw(REJECT)).rejects.toThrow('line G1 of 2026-04 is not rejected: its row is accepted');
    await database.app.transaction(takeBack);
    expect(await database.app('settle.line_states').pluck('state')).toEqual(['withdrawn']);
  });

  it('to take back as repeated what nothing else repeats: the line would vanish', async () => {
    const vanish = database.app.transaction(async (trx) => {
      await trx.raw(REPEAT);
      await trx.raw(WITHDRAW);
    });
    await expect(vanish).rejects.toThrow(
      'line G1 of 2026-04 would vanish: nothing that it repeats is accepted or rejected',
    );
    expect(await database.app('settle.line_states').pluck('state')).toEqual(['open']);
  });

  it('a letter that somebody files who is neither on the staff list nor the institution', async () => {
    const letter = {
      region: REGION,
      institution: body,
      number: 'W9',
      valid_from: '2026-01-01',
      sha256: 'a'.repeat(64),
    };
    const file = (by: string) =>
      database.app('settle.entrustments').insert({ ...letter, filed_on: '2026-01-05', filed_by: by });
    await expect(file('nobody')).rejects.toThrow('nobody is not on the staff list of this region');
    await file(body);
  });
});
