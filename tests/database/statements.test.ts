import type { Knex } from 'knex';
import { openCase } from '../../db/cases';
import { dueStatements } from '../../db/documents/statements';
import { issuedAlready, issueDocuments, listDocuments } from '../../db/documents/store';
import { reopenStatementParts } from '../../db/statement-reversal';
import { period, plainDate } from '../../domain/plain-date';
import { confirm, confirmOne, previewStatements } from '../../operator/commands/confirm-statement';
import { disputeLines, type DisputeCommand } from '../../operator/commands/dispute-lines';
import { fileEntrustments } from '../../operator/commands/file-entrustment';
import { recordTopUps } from '../../operator/commands/record-top-up';
import { withdrawStatement } from '../../operator/commands/withdraw-statement';
import { writeByHand } from '../support/by-hand';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { nonZeroBalances, refusalOf } from '../support/ledger';
import { publishedPolicy } from '../support/published';
import { acceptLines, fileLetter, fund, REGION, saveWindowRegion, windowContext, type LineOf } from '../support/window';

// Confirmation per settlement body (新医保发〔2025〕50号 四(二); DESIGN 5.2), against numbers worked out by hand.

const APRIL = period('2026-04');
let database: TestDatabase;
let app: Knex.Transaction;
let context: ReturnType<typeof windowContext>;
let members: { institution: string; body: string }[];
let BODY: string;
let OTHER: string;
let NO_LETTER: string;

beforeAll(async () => {
  database = await createTestDatabase();
  const region = await saveWindowRegion(database.owner, { entrusted: false });
  ({ members } = region);
  [BODY, OTHER, NO_LETTER] = region.bodies as [string, string, string];
  for (const body of [BODY, OTHER]) await fileLetter(database.app, body);
});
afterAll(() => database.drop());

// Each test is taken back, so that every one begins with the same books.
beforeEach(async () => {
  app = await database.app.transaction();
  context = windowContext(app, '2026-04-10');
});
afterEach(() => app.rollback());

const line = (id: string, enterprise: string, amountFen: bigint, more: Partial<LineOf> = {}): LineOf => ({
  line: id,
  body: BODY,
  enterprise,
  amountFen,
  ...more,
});

const states = async (): Promise<Record<string, string>> => {
  const rows = await app('settle.line_states').orderBy('line_id').select('line', 'state');
  return Object.fromEntries(rows.map((row: { line: string; state: string }) => [row.line, row.state]));
};

/** E0001: 100.00 + 50.00 − 20.00 = 130.00; E0002: 30.00 − 30.00 = 0.00, carried; E0003: 70.00. */
async function handLines(): Promise<void> {
  await acceptLines(app, [
    line('L1', 'E0001', 10_000n),
    line('L2', 'E0001', 5_000n),
    line('L3', 'E0001', -2_000n),
    line('L4', 'E0002', 3_000n),
    line('L5', 'E0002', -3_000n),
    line('L6', 'E0003', 7_000n),
  ]);
}

const confirmBody = (institution = BODY) =>
  confirmOne(context, { region: REGION, period: APRIL, institution, person: institution });

const dispute = (lines: string[], change: Partial<DisputeCommand> = {}) =>
  disputeLines(context, {
    region: REGION,
    period: APRIL,
    institution: BODY,
    lines,
    reason: '示例：数量不符',
    person: change.institution ?? BODY,
    ...change,
  });

const withdraw = (reason = '示例：重新核对') =>
  withdrawStatement(context, { region: REGION, period: APRIL, institution: BODY, reason, person: BODY });

const topUp = (topUpId: string, amountFen: bigint, day = '2026-04-10', person = BODY, institution = BODY) =>
  recordTopUps(context, {
    region: REGION,
    period: APRIL,
    topUps: [{ topUpId, institution, amountFen, receivedOn: plainDate(day) }],
    person,
  });

/** A year's prepayment whose only return has come. */
async function returnedAdvance(institution: string): Promise<void> {
  const caseId = 'prepayment/650500/2026';
  const policy = publishedPolicy('xinjiang-2025-50');
  const at = { date: plainDate('2026-03-02'), time: '09:00' };
  await openCase(app, { caseId, region: REGION, kind: 'prepayment', period: '2026', policy, at });
  const key = { region: REGION, institution };
  await app('settle.prepayments').insert({
    ...key,
    year: 2026,
    case_id: caseId,
    base_fen: 2,
    ratio: '0.5',
    amount_fen: 1,
  });
  await app('settle.return_plan').insert({
    ...key,
    year: 2026,
    period: '2026-04',
    due_on: '2026-04-20',
    amount_fen: 1,
  });
  await app('settle.return_receipts').insert({
    ...key,
    receipt_id: 'R1',
    period: '2026-04',
    received_on: '2026-04-15',
    from_unused_fen: 0,
    paid_in_fen: 1,
    excess_fen: 0,
    recorded_by: institution,
  });
}

describe('a confirmation', () => {
  it('reserves prepayment first, then own money, enterprises in code order, and settles the lines of positive nets', async () => {
    await handLines();
    await fund(app, BODY, { prepayment: 15_000n, own: 6_000n });
    // 130.00 to E0001 from prepayment; E0003's 70.00: the last 20.00 of prepayment and 50.00 of its own.
    expect(await confirmBody()).toMatchObject({
      outcome: 'confirmed',
      revision: 1,
      again: false,
      grossFen: 22_000n,
      creditsFen: -2_000n,
      netFen: 20_000n,
      fromPrepaymentFen: 15_000n,
      fromOwnFen: 5_000n,
      enterprises: [
        { enterprise: 'E0001', netFen: 13_000n, fromPrepaymentFen: 13_000n, fromOwnFen: 0n },
        { enterprise: 'E0003', netFen: 7_000n, fromPrepaymentFen: 2_000n, fromOwnFen: 5_000n },
      ],
      carried: [{ enterprise: 'E0002', netFen: 0n, lines: 2 }],
    });
    expect(await nonZeroBalances(app)).toEqual({
      'supervised/cash': 21_000n,
      [`supervised/ledger/${BODY}/own`]: -1_000n,
      [`supervised/payable/${BODY}/E0001`]: -13_000n,
      [`supervised/payable/${BODY}/E0003`]: -7_000n,
    });
    expect(await states()).toEqual({
      L1: 'settled',
      L2: 'settled',
      L3: 'settled',
      L4: 'open',
      L5: 'open',
      L6: 'settled',
    });
    expect(await app('ledger.journal').where({ event: 'confirm' }).select('key', 'reference', 'date')).toEqual([
      {
        key: `statement/650500/2026-04/${BODY}#1/confirm`,
        reference: `statement/650500/2026-04/${BODY}`,
        date: '2026-04-10',
      },
    ]);
  });
});

describe('a confirmation that is repeated', () => {
  it('gives the statement that is there, with nothing written', async () => {
    await handLines();
    await fund(app, BODY, { own: 20_000n });
    const first = await confirmBody();
    await acceptLines(app, [line('L7', 'E0003', 1_000n)]);
    expect(await confirmBody()).toMatchObject({ outcome: 'confirmed', again: true, revision: 1, netFen: 20_000n });
    expect(first).toMatchObject({ again: false, netFen: 20_000n });
    expect(await states()).toMatchObject({ L7: 'open' });
    expect(await app('settle.statements').select('revision')).toEqual([{ revision: 1 }]);
  });

  it('at the same moment is one', async () => {
    const other = await createTestDatabase();
    try {
      await saveWindowRegion(other.owner);
      await acceptLines(other.app, [line('L1', 'E0001', 10_000n)]);
      await fund(other.app, BODY, { own: 20_000n });
      const together = windowContext(other.app, '2026-04-10');
      const acting = { region: REGION, period: APRIL, institution: BODY, person: BODY };
      const outcomes = await Promise.all([1, 2, 3].map(() => confirmOne(together, acting)));
      expect(outcomes.map((each) => each.outcome === 'confirmed' && each.again).sort()).toEqual([false, true, true]);
      expect(await nonZeroBalances(other.app)).toMatchObject({ [`supervised/payable/${BODY}/E0001`]: -10_000n });
    } finally {
      await other.drop();
    }
  });
});

describe('a confirmation without the money', () => {
  it('is refused with what is missing, recorded, and changes nothing', async () => {
    await handLines();
    await fund(app, BODY, { prepayment: 12_345n, own: 655n });
    const refusal = confirmBody();
    expect(await refusalOf(refusal)).toBe('ConfirmationUnfunded');
    await expect(confirmBody()).rejects.toMatchObject({
      details: { needed: '200.00', available: '130.00', missing: '70.00' },
    });
    expect(
      await app('settle.refused_confirmations').select('institution', 'code', 'needed_fen', 'available_fen'),
    ).toEqual([
      { institution: BODY, code: 'ConfirmationUnfunded', needed_fen: 20_000n, available_fen: 13_000n },
      { institution: BODY, code: 'ConfirmationUnfunded', needed_fen: 20_000n, available_fen: 13_000n },
    ]);
    expect(Object.values(await states())).toEqual(Array(6).fill('open'));
    expect(await app('settle.statements')).toEqual([]);
  });

  it('goes through when exactly that is topped up', async () => {
    await handLines();
    await fund(app, BODY, { prepayment: 12_345n, own: 655n });
    expect(await refusalOf(confirmBody())).toBe('ConfirmationUnfunded');
    await topUp('T1', 7_000n);
    expect(await confirmBody()).toMatchObject({ fromPrepaymentFen: 12_345n, fromOwnFen: 7_655n, topUpFen: 7_000n });
  });

  it('leaves the other bodies of the same command confirmed', async () => {
    await handLines();
    await acceptLines(app, [line('M1', 'E0001', 4_000n, { body: OTHER })]);
    await fund(app, OTHER, { own: 4_000n });
    const outcomes = await confirm(context, { region: REGION, period: APRIL });
    expect(outcomes).toMatchObject([
      { institution: BODY, outcome: 'refused', code: 'ConfirmationUnfunded', missingFen: 20_000n },
      { institution: OTHER, outcome: 'confirmed', netFen: 4_000n },
    ]);
    expect(await states()).toMatchObject({ L1: 'open', M1: 'settled' });
  });
});

describe('a confirmation is refused', () => {
  beforeEach(async () => {
    await handLines();
    await fund(app, BODY, { own: 20_000n });
  });

  it.each(['2026-04-05', '2026-04-21', '2026-05-10'])('on %s: OutsideWindow', async (day) => {
    context.setDay(day);
    expect(await refusalOf(confirmBody())).toBe('OutsideWindow');
  });

  it.each(['2026-04-06', '2026-04-20'])('on %s it is not', async (day) => {
    context.setDay(day);
    expect(await confirmBody()).toMatchObject({ outcome: 'confirmed' });
  });

  it('without a letter that is current on the day: EntrustmentMissing', async () => {
    await fileLetter(app, NO_LETTER, '2026-01-01', '2026-04-09');
    await fileLetter(app, NO_LETTER, '2026-04-11');
    await acceptLines(app, [line('N1', 'E0001', 100n, { body: NO_LETTER })]);
    await fund(app, NO_LETTER, { own: 100n });
    expect(await refusalOf(confirmBody(NO_LETTER))).toBe('EntrustmentMissing');
    expect(await app('settle.refused_confirmations').pluck('code')).toEqual(['EntrustmentMissing']);
    context.setDay('2026-04-11');
    expect(await confirmBody(NO_LETTER)).toMatchObject({ outcome: 'confirmed' });
  });

  it('to a member of a consortium, an unknown institution, and somebody without the role', async () => {
    expect(await refusalOf(confirmBody(members[0]!.institution))).toBe('NotSettlementBody');
    expect(await refusalOf(confirmBody('H99999999999'))).toBe('NotFound');
    const as = (person: string) =>
      refusalOf(confirmOne(context, { region: REGION, period: APRIL, institution: BODY, person }));
    expect(await as('nobody')).toBe('PersonUnknown');
    expect(await as(OTHER)).toBe('PersonUnknown');
    expect(await as('650500-cashier')).toBe('SpeakerRoleMissing');
    expect(await as('650500-officer')).toBe('not refused');
  });

  it('for a line that is not open: LineNotOpen', async () => {
    const agree = (lines: string[]) =>
      refusalOf(confirmOne(context, { region: REGION, period: APRIL, institution: BODY, lines, person: BODY }));
    expect(await agree(['L1', 'unknown'])).toBe('LineNotOpen');
    await dispute(['L6']);
    expect(await agree(['L1', 'L6'])).toBe('LineNotOpen');
    expect(await agree(['L1'])).toBe('not refused');
    // Repeated, it is answered by the statement that is there.
    expect(await agree(['L1'])).toBe('not refused');
    expect(await states()).toMatchObject({ L1: 'settled', L2: 'open', L6: 'disputed' });
  });

  it('not for a credit that is left unnamed: it is set off all the same, unless it is disputed', async () => {
    const agree = () =>
      confirmOne(context, { region: REGION, period: APRIL, institution: BODY, lines: ['L1'], person: BODY });
    // L1 100.00, and the credit of its enterprise L3 −20.00; those of E0002 stay where they are.
    expect(await agree()).toMatchObject({ netFen: 8_000n, creditsFen: -2_000n });
    expect(await states()).toMatchObject({ L1: 'settled', L2: 'open', L3: 'settled', L5: 'open' });
  });

  it('and each attempt is recorded with its outcome', async () => {
    context.setDay('2026-04-21');
    await refusalOf(confirmBody());
    context.setDay('2026-04-10');
    await confirmBody();
    const attempts = await app('settle.decision_attempts as a')
      .join('settle.decision_outcomes as o', 'o.attempt_id', 'a.attempt_id')
      .orderBy('a.attempt_id')
      .select('a.action', 'a.case_id', 'a.person', 'o.outcome');
    const attempt = { action: 'confirm', case_id: 'window/650500/2026-04', person: BODY };
    expect(attempts).toEqual([
      { ...attempt, outcome: 'OutsideWindow' },
      { ...attempt, outcome: 'accepted' },
    ]);
  });
});

describe('what is open', () => {
  it('is what this window and earlier ones brought, of enterprises that are not suspended', async () => {
    await acceptLines(app, [
      line('L1', 'E0001', 1_000n, { period: '2026-03' }),
      line('L2', 'E0001', 2_000n),
      line('L3', 'E0001', 4_000n, { period: '2026-05' }),
      line('L4', 'E0002', 8_000n),
    ]);
    await writeByHand(database.owner, 'settle.enterprise_cases', (trx) =>
      trx('settle.enterprise_cases').insert({
        case_id: 'enterprise/E0002/interview/2026-03',
        region: REGION,
        enterprise: 'E0002',
        kind: 'interview',
        period: '2026-03',
        opened_on: '2026-03-02',
        suspended_from: '2026-04-10',
      }),
    );
    await fund(app, BODY, { own: 100_000n });
    // Whoever names such a line is told, with its id; it does not fall out of what was agreed.
    const named = confirmOne(context, {
      region: REGION,
      period: APRIL,
      institution: BODY,
      lines: ['L2', 'L4'],
      person: BODY,
    });
    await expect(named).rejects.toMatchObject({
      code: 'LineNotOpen',
      message: 'L4 is of E0002, which is suspended: nothing was done',
      details: { lines: ['L4'], rule: '新医保发〔2025〕50号 五(二)' },
    });
    expect(await confirmBody()).toMatchObject({ netFen: 3_000n });
    expect(await states()).toEqual({ L1: 'settled', L2: 'settled', L3: 'open', L4: 'open' });
    // Not agreeing is no payment: such a line may be disputed.
    await dispute(['L4']);
    expect(await states()).toMatchObject({ L4: 'disputed' });
  });

  it('that nets to nothing is carried, and is set off in the next window', async () => {
    await acceptLines(app, [line('L1', 'E0001', 1_000n), line('L2', 'E0001', -1_500n)]);
    expect(await confirmBody()).toMatchObject({
      outcome: 'nothing',
      carried: [{ enterprise: 'E0001', netFen: -500n }],
    });
    await acceptLines(app, [line('L3', 'E0001', 2_000n, { period: '2026-05' })]);
    await fund(app, BODY, { own: 1_500n });
    context.setDay('2026-05-10');
    // 10.00 − 15.00 + 20.00
    const may = { region: REGION, period: period('2026-05'), institution: BODY, person: BODY };
    expect(await confirmOne(context, may)).toMatchObject({ grossFen: 3_000n, creditsFen: -1_500n, netFen: 1_500n });
  });
});

describe('a preview', () => {
  it('shows the statement that would come out, and writes nothing', async () => {
    await handLines();
    await fund(app, BODY, { prepayment: 15_000n, own: 6_000n });
    const [plan] = await previewStatements(context, { region: REGION, period: APRIL, institutions: [BODY] });
    expect(plan).toMatchObject({ outcome: 'funded', netFen: 20_000n, fromPrepaymentFen: 15_000n });
    expect(await app('settle.statements')).toEqual([]);
    expect(Object.values(await states())).toEqual(Array(6).fill('open'));
  });
});

describe('a dispute', () => {
  it('takes lines out of the statement, and is told twice without effect', async () => {
    await handLines();
    await fund(app, BODY, { own: 20_000n });
    expect(await dispute(['L2', 'L3'])).toEqual({ disputed: 2, repeated: 0, amountFen: 3_000n });
    expect(await dispute(['L2', 'L3'])).toEqual({ disputed: 0, repeated: 2, amountFen: 0n });
    expect(await confirmBody()).toMatchObject({ netFen: 17_000n });
    expect(await refusalOf(dispute(['L1']))).toBe('LineNotOpen');
  });

  it('needs a reason, an open line of the body, and its days', async () => {
    await handLines();
    expect(await refusalOf(dispute(['L1'], { reason: ' ' }))).toBe('ReasonMissing');
    expect(await refusalOf(dispute(['L1'], { institution: OTHER, person: OTHER }))).toBe('LineNotOpen');
    context.setDay('2026-04-21');
    expect(await refusalOf(dispute(['L1']))).toBe('OutsideWindow');
    expect(Object.values(await states())).toEqual(Array(6).fill('open'));
  });

  it('may be about a line that an earlier window left open', async () => {
    await handLines();
    context.setDay('2026-05-06');
    await dispute(['L1'], { period: period('2026-05') });
    expect(await app('settle.line_disputes').pluck('period')).toEqual(['2026-05']);
  });
});

describe('a statement that is taken back', () => {
  it('gives the money back as it was reserved, opens the lines, and may be confirmed anew', async () => {
    await handLines();
    await fund(app, BODY, { prepayment: 15_000n, own: 6_000n });
    const before = await nonZeroBalances(app);
    await confirmBody();
    expect(await withdraw()).toMatchObject({ revision: 1, netFen: 20_000n, lines: 4 });
    expect(await nonZeroBalances(app)).toEqual(before);
    expect(Object.values(await states())).toEqual(Array(6).fill('open'));
    await dispute(['L6']);
    expect(await confirmBody()).toMatchObject({ revision: 2, netFen: 13_000n, again: false });
  });

  it('is marked in the list of documents; its 明细单 stays as it was issued, and the new one stands', async () => {
    await handLines();
    await fund(app, BODY, { own: 20_000n });
    const issue = async (): Promise<void> => {
      for (const { about, load } of await dueStatements(app, REGION, plainDate('2026-04-20')))
        if (!(await issuedAlready(app, REGION)).has(`pre-settlement-statement ${about}`))
          await issueDocuments(app, REGION, [await load()]);
    };
    const listed = async () =>
      (await listDocuments(app, { region: REGION }, 10)).map(({ number, withdrawnOn }) => [number, withdrawnOn]);
    await confirmBody();
    await issue();
    expect(await listed()).toEqual([['650500-MX-2026-0001', null]]);
    const content = await app('settle.documents').pluck('content_sha256');
    context.setDay('2026-04-12');
    await withdraw();
    await confirmBody();
    await issue();
    expect(await listed()).toEqual([
      ['650500-MX-2026-0001', '2026-04-12'],
      ['650500-MX-2026-0002', null],
    ]);
    expect(await app('settle.documents').where({ serial: 1 }).pluck('content_sha256')).toEqual(content);
  });

  it('is done once under its key, and repeating a confirmation or a withdrawal undoes nothing that came since', async () => {
    await handLines();
    await fund(app, BODY, { own: 20_000n });
    const acting = { region: REGION, period: APRIL, institution: BODY, person: BODY };
    const confirmUnder = (updateId: string) => confirmOne(context, { ...acting, updateId });
    const withdrawUnder = (updateId: string) => withdrawStatement(context, { ...acting, reason: '示例', updateId });
    await confirmUnder('c1');
    expect(await confirmUnder('c1')).toMatchObject({ again: true, revision: 1 });
    const taken = await withdrawUnder('w1');
    expect(await withdrawUnder('w1')).toEqual(taken);
    expect(await refusalOf(confirmUnder('c1'))).toBe('StatementMissing');
    expect(await confirmUnder('c2')).toMatchObject({ again: false, revision: 2 });
    expect(await withdrawUnder('w1')).toEqual(taken);
    expect(await confirmUnder('c2')).toMatchObject({ again: true, revision: 2 });
    expect(await refusalOf(confirmOne(context, { ...acting, lines: ['L1'], updateId: 'c2' }))).toBe(
      'IdempotencyConflict',
    );
  });

  it('is refused after the 20th, without a reason, and where there is none', async () => {
    await handLines();
    await fund(app, BODY, { own: 20_000n });
    expect(await refusalOf(withdraw())).toBe('StatementMissing');
    await confirmBody();
    expect(await refusalOf(withdraw(''))).toBe('ReasonMissing');
    context.setDay('2026-04-21');
    expect(await refusalOf(withdraw())).toBe('OutsideWindow');
    expect(await states()).toMatchObject({ L1: 'settled' });
  });
});

describe('a top-up', () => {
  it('has a number of its payer: two institutions may use the same, on one day', async () => {
    await topUp('T1', 500n);
    expect(await topUp('T1', 800n, '2026-04-10', OTHER, OTHER)).toMatchObject([{ again: false, amountFen: 800n }]);
    expect(await topUp('T1', 500n)).toMatchObject([{ again: true, amountFen: 500n }]);
    expect(await refusalOf(topUp('T1', 500n, '2026-04-10', OTHER, OTHER))).toBe('IdempotencyConflict');
    const { rows } = await app.raw(`select * from settle.cash_entries(?, '2026-04-10') order by institution`, [REGION]);
    const entry = { account: 'supervised/cash', postings: 1n };
    expect(rows).toMatchObject([
      { ...entry, ledger_key: `T1 ${BODY}`, institution: BODY, amount_fen: 500n },
      { ...entry, ledger_key: `T1 ${OTHER}`, institution: OTHER, amount_fen: 800n },
    ]);
    expect(await app.raw(`select key from ledger.journal where event = 'top-up' order by key`)).toMatchObject({
      rows: [{ key: `top-up/${REGION}/${BODY}/T1` }, { key: `top-up/${REGION}/${OTHER}/T1` }],
    });
  });

  it('is own money, once under its number', async () => {
    expect(await topUp('T1', 500n)).toMatchObject([{ again: false }]);
    expect(await topUp('T1', 500n)).toMatchObject([{ again: true }]);
    expect(await refusalOf(topUp('T1', 501n))).toBe('IdempotencyConflict');
    expect(await nonZeroBalances(app)).toEqual({
      'supervised/cash': 500n,
      [`supervised/ledger/${BODY}/own`]: -500n,
    });
  });

  it('of a day to come, of a month to come or of before there were windows is refused, as is one of nothing', async () => {
    expect(await refusalOf(topUp('T1', 500n, '2026-04-11'))).toBe('OutsideWindow');
    expect(await refusalOf(topUp('T1', 500n, '2026-02-28'))).toBe('OutsideWindow');
    const topUps = [{ topUpId: 'T1', institution: BODY, amountFen: 500n, receivedOn: plainDate('2026-04-10') }];
    expect(await refusalOf(recordTopUps(context, { region: REGION, period: period('2026-05'), topUps }))).toBe(
      'OutsideWindow',
    );
    expect(await refusalOf(topUp('T1', 0n))).toBe('UsageInvalid');
    expect(await app('settle.top_ups')).toEqual([]);
  });

  it('is recorded by accountants and operators only', async () => {
    expect(await refusalOf(topUp('T1', 500n, '2026-04-10', '650500-officer'))).toBe('RecorderRoleMissing');
    expect(await refusalOf(topUp('T1', 500n, '2026-04-10', '650500-accountant'))).toBe('not refused');
  });
});

describe('an entrustment letter', () => {
  const file = (change: object = {}) =>
    fileEntrustments(context, {
      region: REGION,
      letters: [{ institution: BODY, number: 'W1', from: plainDate('2026-04-01'), sha256: 'a'.repeat(64), ...change }],
    });

  it('is filed once under its number', async () => {
    expect(await file()).toMatchObject([{ again: false }]);
    expect(await file()).toMatchObject([{ again: true }]);
    expect(await refusalOf(file({ sha256: 'b'.repeat(64) }))).toBe('IdempotencyConflict');
    expect(await refusalOf(file({ to: plainDate('2026-12-31') }))).toBe('IdempotencyConflict');
  });

  it('ends on or after the day on which it begins, and is the settlement body’s', async () => {
    expect(await refusalOf(file({ to: plainDate('2026-03-31') }))).toBe('UsageInvalid');
    expect(await refusalOf(file({ institution: members[0]!.institution }))).toBe('NotSettlementBody');
  });
});

describe('a payment that is cancelled', () => {
  const cancel = async (enterprise: string) => {
    const caseId = await openWindowCase();
    await app.transaction((trx) =>
      reopenStatementParts(
        trx,
        [
          {
            paymentId: `payment/650500/2026-04/${BODY}/${enterprise}`,
            region: REGION,
            caseId,
            period: '2026-04',
            institution: BODY,
            enterprise,
          },
        ],
        { date: plainDate('2026-04-27'), time: '14:00' },
      ),
    );
  };
  const openWindowCase = async (): Promise<string> => {
    const caseId = 'window/650500/2026-04';
    const policy = publishedPolicy('xinjiang-2025-50');
    const at = { date: plainDate('2026-04-01'), time: '00:00' };
    await openCase(app, { caseId, region: REGION, kind: 'window', period: '2026-04', policy, at });
    return caseId;
  };
  beforeEach(async () => {
    await handLines();
    await fund(app, BODY, { prepayment: 15_000n, own: 5_000n });
    await confirmBody();
  });

  it('gives its money back as it was reserved and opens its lines, once', async () => {
    await cancel('E0003');
    await cancel('E0003');
    expect(await nonZeroBalances(app)).toEqual({
      'supervised/cash': 20_000n,
      [`supervised/ledger/${BODY}/prepayment`]: -2_000n,
      [`supervised/ledger/${BODY}/own`]: -5_000n,
      [`supervised/payable/${BODY}/E0001`]: -13_000n,
    });
    expect(await states()).toMatchObject({ L1: 'settled', L6: 'open' });
    expect(await app('settle.statement_enterprises').orderBy('enterprise').pluck('cancelled_on')).toEqual([
      null,
      '2026-04-27',
    ]);
  });

  it('gives all of it to own money once the advance is returned', async () => {
    await returnedAdvance(BODY);
    await cancel('E0003');
    expect(await nonZeroBalances(app)).toMatchObject({ [`supervised/ledger/${BODY}/own`]: -7_000n });
    expect(await nonZeroBalances(app)).not.toHaveProperty(`supervised/ledger/${BODY}/prepayment`);
  });
});
