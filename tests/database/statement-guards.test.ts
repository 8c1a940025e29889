import type { Knex } from 'knex';
import { period } from '../../domain/plain-date';
import { confirm } from '../../operator/commands/confirm-statement';
import { withdrawStatement } from '../../operator/commands/withdraw-statement';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { acceptLines, fund, REGION, saveWindowRegion, windowContext } from '../support/window';

// A settlement is neither undone nor written without its trace, whatever SQL the application's role is led to run.

const APRIL = period('2026-04');
let database: TestDatabase;
let body: string;
let other: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const { bodies } = await saveWindowRegion(database.owner);
  [body, other] = bodies as [string, string];
  await acceptLines(database.app, [
    { line: 'L1', body, enterprise: 'E0001', amountFen: 10_000n },
    { line: 'L2', body, enterprise: 'E0001', amountFen: -2_000n },
    { line: 'L3', body, enterprise: 'E0002', amountFen: 5_000n },
    { line: 'M1', body: other, enterprise: 'E0001', amountFen: 300n },
  ]);
  await fund(database.app, body, { prepayment: 9_000n, own: 9_000n });
  await fund(database.app, other, { own: 300n });
  const context = windowContext(database.app, '2026-04-10');
  const mine = { region: REGION, period: APRIL, institutions: [body], person: body };
  await confirm(context, mine);
  await withdrawStatement(context, { ...mine, institution: body, reason: '示例' });
  await confirm(context, mine);
});
afterAll(() => database.drop());

const KEY = (): string => `'${REGION}', '2026-04', '${other}', 1`;
const STATEMENT = (gross = 300, credits = 0): string =>
  `insert into settle.statements (region, period, institution, revision, gross_fen, credits_fen, net_fen, from_prepayment_fen, from_own_fen,
     entrustment, confirmed_on, at_time, confirmed_by) values (${KEY()}, ${gross}, ${credits}, 300, 0, 300, 'x', '2026-04-10', '10:00', 'x')`;
const part = (fen: number, gross = fen, credits = 0): string =>
  `insert into settle.statement_enterprises (region, period, institution, revision, enterprise, gross_fen, credits_fen, net_fen,
     from_prepayment_fen, from_own_fen) values (${KEY()}, 'E0001', ${gross}, ${credits}, ${fen}, 0, ${fen})`;
/** Settles what is open between a body and an enterprise for a part of a statement of April. */
const settle = (of = other, revision = 1, line?: string): string =>
  `select settle.settle_lines('${REGION}', '2026-04', '2026-04-10', '{${of}}', '{${revision}}', '{E0001}', ${line ? `'{${line}}'` : 'null'})`;
const SETTLED = (): string =>
  `insert into settle.settled_lines (line_id, region, period, institution, revision, enterprise)
     select line_id, region, period, body, 1, enterprise from settle.application_lines where line = 'M1'`;
const more = (id: string, like: string): string =>
  `insert into settle.application_lines (region, period, line, order_no, institution, body, enterprise, drug, category, kind, quantity,
     unit_price, amount_fen, received_on, applied_on, verified_by, invoice, file_id, row_no)
   select region, period, '${id}', order_no, institution, body, enterprise, drug, category, kind, quantity, unit_price, amount_fen, received_on,
     applied_on, verified_by, invoice, file_id, 99 from settle.application_lines where line = '${like}'`;

const POSTED = (): string =>
  `select ledger.post('${REGION}', '{supervised}', '{statement/${REGION}/2026-04/${other}#1/confirm}', '{2026-04-10}', '{confirm}', '{r}',
     '{window/${REGION}/2026-04}', '{1}', '{xinjiang-2025-50}', '{1}', '{${'a'.repeat(64)}}', '{1}', '{supervised/ledger/${other}/own}',
     '{supervised/payable/${other}/E0001}', '{300}')`;

/** One transaction of the application's role. */
const asApplication = (...statements: string[]): Promise<void> =>
  database.app.transaction(async (trx: Knex) => {
    for (const statement of statements) await trx.raw(statement);
  });

describe('the application’s role', () => {
  it.each([
    ['takes a settled line away', () => ['delete from settle.settled_lines'], 'permission denied'],
    ['moves one to another window', () => [`update settle.settled_lines set period = '2026-05'`], 'permission denied'],
    [
      'says of a line that it was settled once',
      () => [`insert into settle.unsettled_lines select *, '2026-04-10' from settle.settled_lines`],
      'permission denied',
    ],
    [
      'forgets that a statement was taken back',
      () => ['update settle.statements set reversed_on = null'],
      'only reversed_on is set, and only once',
    ],
    [
      'takes one back without its money',
      () => [`update settle.statements set reversed_on = '2026-04-11' where revision = 2`],
      `statement/${REGION}/2026-04/H65050000001#2 is taken back, and its money is not`,
    ],
    [
      'cancels a part without its money',
      () => [
        `update settle.statement_enterprises set cancelled_on = '2026-04-22' where revision = 2 and enterprise = 'E0002'`,
      ],
      `payment/${REGION}/2026-04/H65050000001/E0002#2 is cancelled, and its money is not given back`,
    ],
    [
      'writes a statement without a journal',
      () => [STATEMENT(), part(300), settle()],
      'is not posted as it is written',
    ],
    ['writes one without parts', () => [STATEMENT()], 'is not posted as it is written'],
    ['writes one of other parts', () => [STATEMENT(), part(299)], 'is not the sum of its payments'],
    ['settles a line by hand', () => [STATEMENT(), part(300), SETTLED()], 'permission denied'],
    [
      'settles a line that is not there',
      () => [POSTED(), STATEMENT(), part(300), settle(other, 1, 'nowhere')],
      `statement/${REGION}/2026-04/H65050000002#1 settles no lines of its payments`,
    ],
    [
      'settles the lines of another body',
      () => [POSTED(), STATEMENT(), part(300), settle(body, 2, 'M1')],
      `statement/${REGION}/2026-04/H65050000002#1 settles no lines of its payments`,
    ],
    [
      'writes one that settles no line, with its journal',
      () => [POSTED(), STATEMENT(), part(300)],
      `statement/${REGION}/2026-04/H65050000002#1 settles no lines of its payments`,
    ],
    [
      'settles lines that are not the sum of their part',
      () => [more('M2', 'M1'), STATEMENT(), part(300), settle()],
      'not those of a statement',
    ],
    [
      'settles lines of the same sum for a part that has its lines',
      () => [more('L4', 'L1'), more('L5', 'L2'), settle(body, 2)],
      'not those of a statement',
    ],
    [
      'settles for a part of a statement that was taken back',
      () => [more('L4', 'L1'), more('L5', 'L2'), settle(body, 1)],
      'not those of a statement',
    ],
    [
      'says that credits were in a part that has none',
      () => [POSTED(), STATEMENT(500, -200), part(300, 500, -200), settle()],
      'not those of a statement',
    ],
    [
      'settles lines by another day than that of their statement',
      () => [POSTED(), STATEMENT(), part(300), settle().replace("'2026-04-10'", "'2026-04-09'")],
      'not those of a statement',
    ],
    [
      'settles lines by no day',
      () => [POSTED(), STATEMENT(), part(300), settle().replace("'2026-04-10'", 'null')],
      'not those of a statement',
    ],
    ['settles lines without a statement', () => [settle()], 'not those of a statement'],
  ])('%s: refused', async (_, statements, reason) => {
    const before = await database.app('settle.line_states').orderBy('line_id').select('line', 'state');
    await expect(asApplication(...statements())).rejects.toThrow(new RegExp(reason));
    expect(await database.app('settle.line_states').orderBy('line_id').select('line', 'state')).toEqual(before);
  });

  it('begins no statement as taken back, and no part as cancelled', async () => {
    await expect(
      asApplication(
        `${STATEMENT().replace('confirmed_by)', 'confirmed_by, reversed_on)').slice(0, -1)}, '2026-04-11')`,
      ),
    ).rejects.toThrow('begins without reversed_on');
    await expect(
      asApplication(
        STATEMENT(),
        `${part(300).replace('own_fen)', 'own_fen, cancelled_on)').slice(0, -1)}, '2026-04-22')`,
      ),
    ).rejects.toThrow('begins without cancelled_on');
  });
});

describe('the owner', () => {
  it.each([
    `insert into settle.settled_lines select line_id, region, period, body, 1, enterprise from settle.application_lines where line = 'M1'`,
    'delete from settle.settled_lines',
    'delete from settle.statements',
    'truncate settle.settled_lines',
    `update settle.statements set top_up_fen = 1`,
  ])('is kept to it too: %s', async (statement) => {
    await expect(database.owner.raw(statement)).rejects.toMatchObject({
      detail: expect.stringContaining('AppendOnly') as string,
    });
  });
});

describe('a statement that is taken back', () => {
  it('leaves its lines behind, as they were settled and on which day', async () => {
    const rows = await database
      .app('settle.unsettled_lines as u')
      .join('settle.application_lines as l', 'l.line_id', 'u.line_id')
      .orderBy('l.line')
      .select('l.line', 'u.revision', 'u.enterprise', 'u.reopened_on');
    const gone = { revision: 1, reopened_on: '2026-04-10' };
    expect(rows).toEqual([
      { line: 'L1', enterprise: 'E0001', ...gone },
      { line: 'L2', enterprise: 'E0001', ...gone },
      { line: 'L3', enterprise: 'E0002', ...gone },
    ]);
  });
});

it('a window closes once: its days stay as they were written', async () => {
  const change = (set: string) => asApplication(`update settle.windows set ${set} where period = '2026-04'`);
  await change(`applications_closed_on = '2026-04-06'`);
  await change(`applications_closed_on = '2026-04-06', confirmations_closed_on = '2026-04-21'`);
  for (const set of [`applications_closed_on = null`, `confirmations_closed_on = '2026-04-20'`])
    await expect(change(set)).rejects.toThrow('closed before');
});
