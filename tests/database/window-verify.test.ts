import { verify } from '../../db/verify';
import { WINDOW_INVARIANTS } from '../../db/verify/window';
import { period } from '../../domain/plain-date';
import { confirm } from '../../operator/commands/confirm-statement';
import { disputeLines } from '../../operator/commands/dispute-lines';
import { withdrawStatement } from '../../operator/commands/withdraw-statement';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { acceptLines, fund, REGION, saveWindowRegion, windowContext } from '../support/window';

// What must hold of lines, statements and their money is found out when somebody tampers with the database.

const APRIL = period('2026-04');
let database: TestDatabase;
let body: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const { bodies } = await saveWindowRegion(database.owner, { institutions: 4 });
  [body] = bodies as [string];
  const other = bodies[1]!;
  await acceptLines(database.app, [
    { line: 'L1', body, enterprise: 'E0001', amountFen: 10_000n },
    { line: 'L2', body, enterprise: 'E0001', amountFen: -2_000n },
    { line: 'L3', body, enterprise: 'E0002', amountFen: 5_000n },
    { line: 'L4', body, enterprise: 'E0002', amountFen: 700n },
    { line: 'M1', body: other, enterprise: 'E0001', amountFen: 300n },
  ]);
  await fund(database.app, body, { prepayment: 9_000n, own: 9_000n });
  await fund(database.app, other, { own: 300n });
  const context = windowContext(database.app, '2026-04-10');
  const mine = { region: REGION, period: APRIL, institution: body, reason: '示例', person: body };
  await disputeLines(context, { ...mine, lines: ['L4'] });
  await confirm(context, { region: REGION, period: APRIL });
  // Taken back and confirmed again, so that there is a first and a second revision.
  await withdrawStatement(context, mine);
  await confirm(context, { region: REGION, period: APRIL });
});
afterAll(() => database.drop());

const ROWS = 'each row of a file is accepted, repeated or rejected';
const LINES = 'each line settles at most once and is in one state';
const PAYMENTS = 'each payment = sum of its lines';
const STATEMENTS = 'statement = sum of its payments = its journal';
const CANCELLED = 'a payment is cancelled with its part of the statement';
const RESERVED = 'reserved = payable, on its way and paid';

/** What is broken while the tampering lasts; it is taken back afterwards. */
async function brokenBy(...statements: string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const takenBack = new Error('taken back');
  await expect(
    database.superuser.transaction(async (trx) => {
      await trx.raw(`set local session_replication_role = replica`);
      for (const statement of statements) await trx.raw(statement);
      for (const { name, check } of WINDOW_INVARIANTS) {
        const { ok, detail } = await check(trx, REGION);
        if (!ok) found[name] = detail;
      }
      throw takenBack;
    }),
  ).rejects.toBe(takenBack);
  return found;
}

const idOf = (line: string): string => `(select line_id from settle.application_lines where line = '${line}')`;

describe('lines, statements and their money', () => {
  it('hold as they are written', async () => {
    const rows = await verify(database.app, REGION, WINDOW_INVARIANTS);
    expect(rows).toEqual([
      { name: ROWS, ok: true, detail: '5 rows of 1 files' },
      { name: LINES, ok: true, detail: '5 lines, 4 settled' },
      { name: PAYMENTS, ok: true, detail: '3 payments, 133.00' },
      { name: CANCELLED, ok: true, detail: '0 cancelled' },
      { name: STATEMENTS, ok: true, detail: '2 statements, 133.00' },
      { name: RESERVED, ok: true, detail: '133.00 reserved' },
    ]);
  });

  it('are checked with every other invariant', async () => {
    const names = (await verify(database.app, REGION)).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([ROWS, LINES, PAYMENTS, CANCELLED, STATEMENTS, RESERVED]));
  });
});

describe('a line', () => {
  it.each([
    [
      'that is settled and disputed',
      `insert into settle.line_disputes select ${idOf('L1')}, '2026-04', 'x', '2026-04-10', '10:00', 'x'`,
    ],
    ['that is settled and withdrawn', `insert into settle.line_withdrawals values (${idOf('L1')}, 1)`],
    ['that is disputed and withdrawn', `insert into settle.line_withdrawals values (${idOf('L4')}, 1)`],
  ])('%s is in more than one state', async (_, statement) => {
    expect((await brokenBy(statement))[LINES]).toMatch(/^line L[14] of 2026-04 is in more than one state$/);
  });

  const applyAgain = (line: string): string =>
    `insert into settle.application_lines overriding system value
     select 1000000, region, '2026-05', line, order_no, institution, body, enterprise, drug, category, kind, quantity, unit_price, amount_fen,
            ordered_on, received_on, applied_on, verified_by, invoice, file_id, row_no from settle.application_lines where line = '${line}'`;

  it('whose later version gave way to an earlier file is in one state', async () => {
    const broken = await brokenBy(
      applyAgain('M1'),
      'insert into settle.line_withdrawals values (1000000, 1)',
      `delete from settle.settled_lines where line_id = ${idOf("M1' and period = '2026-04")}`,
    );
    expect(broken[LINES]).toBeUndefined();
  });

  it('that is applied for again and settled under both periods settles twice', async () => {
    const settleAgain = `insert into settle.settled_lines select 1000000, region, period, institution, revision, enterprise from settle.settled_lines where line_id = ${idOf('L1')}`;
    // The line's id is no longer one line's, so its place is found before.
    expect((await brokenBy(settleAgain, applyAgain('L1')))[LINES]).toContain(
      'line L1 of 2026-04 is settled more than once',
    );
  });

  it('that is applied for again while it is settled', async () => {
    expect((await brokenBy(applyAgain('L1')))[LINES]).toContain('applied for again while it was neither');
  });

  it.each([
    ['another enterprise', `enterprise = 'E0003'`, 'between other parties'],
    ['another body', `institution = 'H99999999999'`, 'between other parties'],
    ['an earlier window', `period = '2026-03'`, 'before it was applied for'],
    ['another revision', `revision = 7`, 'by no statement'],
  ])('that is settled with %s', async (_, change, reason) => {
    const found = await brokenBy(`update settle.settled_lines set ${change} where line_id = ${idOf('L1')}`);
    expect(found[LINES]).toContain(reason);
    expect(found).toHaveProperty([PAYMENTS]);
  });

  it('that is settled and was never accepted', async () => {
    const found = await brokenBy(
      `insert into settle.settled_lines select 1000001, region, period, institution, revision, enterprise from settle.settled_lines limit 1`,
    );
    expect(found[LINES]).toContain('settled line 1000001 is not an accepted one');
  });
});

describe('a payment', () => {
  it('whose line is gone is not the sum of its lines', async () => {
    const found = await brokenBy(`delete from settle.settled_lines where line_id = ${idOf('L3')}`);
    expect(found).toEqual({ [PAYMENTS]: `${body} to E0002 in 2026-04: 50.00, its lines are 0.00` });
  });

  it('whose line has another amount is not the sum of its lines', async () => {
    const found = await brokenBy(`update settle.application_lines set amount_fen = amount_fen + 1 where line = 'L3'`);
    expect(found[PAYMENTS]).toContain(`${body} to E0002 in 2026-04: 50.00, its lines are 50.01`);
  });

  it('whose credits and positive lines are both wrong by the same is found', async () => {
    const found = await brokenBy(
      `update settle.statement_enterprises set gross_fen = gross_fen + 5, credits_fen = credits_fen - 5 where enterprise = 'E0001' and institution = '${body}'`,
    );
    expect(Object.keys(found)).toEqual([PAYMENTS, STATEMENTS]);
  });

  it('that pays other than its part', async () => {
    const found = await brokenBy(
      `insert into settle.payments (payment_id, region, case_id, kind, period, institution, enterprise, amount_fen, debtor_account,
          payee_name, payee_account, payee_bank_code, request_id)
       values ('payment/${REGION}/2026-04/${body}/E0002#2', '${REGION}', 'x', 'payment', '2026-04', '${body}', 'E0002', 5001, 'x', 'x', 'x', 'x', 'x')`,
    );
    expect(found).toEqual({ [PAYMENTS]: `payment/${REGION}/2026-04/${body}/E0002#2 is 50.01, its part 50.00` });
  });
});

describe('a statement', () => {
  const change = (columns: string, revision = 2): string =>
    `update settle.statements set ${columns} where institution = '${body}' and revision = ${revision}`;

  it.each([
    [
      'that has another sum than its payments',
      'gross_fen = gross_fen + 1, net_fen = net_fen + 1, from_own_fen = from_own_fen + 1',
      'is not the sum',
    ],
    [
      'that has the money from elsewhere',
      'from_own_fen = from_own_fen + 1, from_prepayment_fen = from_prepayment_fen - 1',
      'is not the sum',
    ],
    ['that is taken back without its money', `reversed_on = '2026-04-10'`, 'was taken back, and its money was not'],
  ])('%s', async (_, columns, reason) => {
    expect((await brokenBy(change(columns)))[STATEMENTS]).toContain(`statement/${REGION}/2026-04/${body}#2 ${reason}`);
  });

  it('that is live although its money was given back', async () => {
    expect(
      (await brokenBy(`drop index settle.one_statement_a_window`, change('reversed_on = null', 1)))[STATEMENTS],
    ).toContain('was not taken back, but its money was');
  });

  it('whose journal moved other money', async () => {
    const found = await brokenBy(
      `update ledger.transfer t set amount_fen = amount_fen + 1 from ledger.journal j
        where j.sequence = t.sequence and j.key = 'statement/${REGION}/2026-04/${body}#2/confirm' and t.ordinal = 1`,
    );
    expect(found[STATEMENTS]).toContain('was posted with other money than it has');
    expect(found[RESERVED]).toContain('reserved');
  });

  it('that is gone leaves its journal behind', async () => {
    const found = await brokenBy(`delete from settle.statements where institution = '${body}' and revision = 2`);
    expect(found[STATEMENTS]).toContain(`statement/${REGION}/2026-04/${body}#2/confirm belongs to no statement`);
  });
});

describe('reserved money', () => {
  it('that left the payable without a payment is found', async () => {
    const found = await brokenBy(
      `update ledger.journal set event = 'payment-cancelled' where key like '%#1/confirm-reversal'`,
      `update settle.statement_enterprises set cancelled_on = '2026-04-10' where enterprise = 'E0002' and institution = '${body}' and revision = 2`,
    );
    expect(found[RESERVED]).toBe(`${body} to E0002: 0.00 reserved, 50.00 waits and 0.00 is paid`);
  });
});

describe('a row of a file', () => {
  const row = (line: string): string =>
    `(select region, period, file_id, row_no, line, amount_fen from settle.application_lines where line = '${line}')`;

  it.each([
    [
      'is accepted and rejected',
      `insert into settle.rejected_lines (region, period, file_id, row_no, line, amount_fen, code, found_by)
       select x.*, 'conflict', x.file_id from ${row('L1')} x`,
      /^row 2 of file \d+ \(L1\) is accepted, and repeated or rejected as well$/,
    ],
    [
      'is taken back for nothing',
      `insert into settle.line_withdrawals values (${idOf('M1')}, 1)`,
      /^row 6 of file \d+ \(M1\) is taken back, and neither repeated nor rejected$/,
    ],
    [
      'is repeated by nothing',
      `insert into settle.line_withdrawals values (${idOf('M1')}, 1);
       insert into settle.repeated_lines (region, period, file_id, row_no, line, amount_fen) select x.* from ${row('M1')} x`,
      /^line M1, row 6 of file \d+, is repeated, and nothing that it repeats is accepted or rejected$/,
    ],
    [
      'is of no file',
      `update settle.application_lines set file_id = 77777 where line = 'L3'`,
      /^file \d+ has 5 rows, and 4 are accounted for; file 77777 was never imported, and has 1 rows$/,
    ],
    [
      'has vanished',
      `delete from settle.application_lines where line = 'L4'`,
      /^file \d+ has 5 rows, and 4 are accounted for$/,
    ],
    [
      'stands twice',
      `update settle.application_lines set row_no = 2 where line = 'L3'`,
      /^file \d+ has 5 rows, and 4 are accounted for; row 2 of file \d+ \(L1\) is more than one line$/,
    ],
    ['is not counted', `update settle.application_files set accepted = 4`, /^file \d+ has 5 rows, and counts 4$/],
  ])('that %s is found', async (_, statement, expected) => {
    expect((await brokenBy(statement))[ROWS]).toMatch(expected);
  });
});
