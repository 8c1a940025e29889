import type { Knex } from 'knex';
import {
  findBreaches,
  findCorrections,
  insertBreaches,
  loadBreach,
  loadBreaches,
  saveBreachExemption,
  saveCorrection,
  type Watch,
} from '../../db/breaches';
import { insertCaseAct, insertForceMajeure } from '../../db/case-acts';
import { addEvents, openCase } from '../../db/cases';
import { findDelayed } from '../../db/delayed-lines';
import { plannedCases } from '../../db/due-cases';
import { daysAfterNotice } from '../../domain/breach';
import { atPhase, Phase } from '../../domain/business-time';
import { period, plainDate, type PlainDate } from '../../domain/plain-date';
import { exemptBreach } from '../../operator/commands/breaches';
import { confirm, confirmOne } from '../../operator/commands/confirm-statement';
import { withdrawStatement } from '../../operator/commands/withdraw-statement';
import { disputeLines } from '../../operator/commands/dispute-lines';
import { cellsOf, createImports } from '../support/applications';
import { writeByHand } from '../support/by-hand';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { refusalOf } from '../support/ledger';
import { publishedCalendar, publishedPolicy } from '../support/published';
import { acceptLines, fund, REGION, saveWindowRegion, windowContext, type LineOf } from '../support/window';

// 新医保发〔2025〕50号 五(一), DESIGN 5.5: what monitoring of 2026-04 finds on 2026-05-06, from lines made by hand.

const APRIL = period('2026-04');
const END = plainDate('2026-04-20');
const { breach } = publishedPolicy('xinjiang-2025-50').policy;
const WATCH: Watch = {
  region: REGION,
  period: APRIL,
  confirmationTo: END,
  returnTo: plainDate('2026-04-30'),
  ...breach!,
};
const OFFICER = `${REGION}-officer`;

let database: TestDatabase;
let context: ReturnType<typeof windowContext>;
let BODY: string;
let OTHER: string;
let members: { institution: string; body: string }[];
let bodies: string[];

beforeEach(async () => {
  database = await createTestDatabase();
  ({ bodies, members } = await saveWindowRegion(database.owner));
  [BODY, OTHER] = bodies as [string, string];
  context = windowContext(database.app, '2026-04-10');
});
afterEach(() => database.drop());

const line = (id: string, amountFen: bigint, more: Partial<LineOf> = {}): LineOf => ({
  line: id,
  body: BODY,
  enterprise: 'E0001',
  amountFen,
  ...more,
});
const found = (watch = WATCH) => database.app.transaction((trx) => findBreaches(trx, watch));
/** Monitoring of April has begun, and what it found is not written yet. */
const monitor = async (): Promise<void> => {
  const caseId = `monitoring/${REGION}/2026-04`;
  const at = atPhase(plainDate('2026-05-01'), Phase.Deadline);
  const policy = publishedPolicy('xinjiang-2025-50');
  await openCase(database.app, { caseId, region: REGION, kind: 'monitoring', period: APRIL, policy, at });
};
const notice = async (on = '2026-05-06'): Promise<void> => {
  await monitor();
  const days = daysAfterNotice(breach!, plainDate(on), publishedCalendar());
  await database.app.transaction(async (trx) => insertBreaches(trx, WATCH, days, await findBreaches(trx, WATCH)));
};
const corrected = async (on: string): Promise<(string | null)[]> => {
  await database.app.transaction((trx) => findCorrections(trx, REGION, undefined, plainDate(on)));
  return (await loadBreaches(database.app, { region: REGION })).map(({ correctedOn }) => correctedOn);
};
const suspend = (enterprise: string, from: string): Promise<unknown> =>
  writeByHand(database.owner, 'settle.enterprise_cases', (trx) =>
    trx.raw(
      `insert into settle.enterprise_cases (case_id, region, enterprise, kind, period, opened_on, deadline, suspended_from)
       values (?, ?, ?, 'interview', '2026-02', '2026-03-02', '2026-03-16', ?)`,
      [`enterprise/${enterprise}/interview/2026-02`, REGION, enterprise, from],
    ),
  );

describe('lines that nobody confirmed or disputed by the 20th', () => {
  it('are late reconciliation', async () => {
    await acceptLines(database.app, [line('L1', 10_000n)]);
    expect(await found()).toEqual([{ institution: BODY, kind: 'late-reconciliation' }]);
  });

  it('of an earlier window are in this one', async () => {
    await acceptLines(database.app, [line('L1', 10_000n, { period: '2026-03' })]);
    expect(await found()).toEqual([{ institution: BODY, kind: 'late-reconciliation' }]);
  });

  it('of a later window are not', async () => {
    await acceptLines(database.app, [line('L1', 10_000n, { period: '2026-05' })]);
    expect(await found()).toEqual([]);
  });

  it('of a member are the settlement body’s', async () => {
    const { institution, body } = members[0]!;
    await acceptLines(database.app, [line('L1', 10_000n, { institution, body })]);
    expect(await found()).toEqual([{ institution: body, kind: 'late-reconciliation' }]);
  });

  it('are none where the body confirmed or disputed them, on the 20th too', async () => {
    await acceptLines(database.app, [line('L1', 10_000n), line('L2', 20_000n, { enterprise: 'E0002' })]);
    await fund(database.app, BODY, { own: 10_000n });
    context.setDay('2026-04-20');
    const dispute = { institution: BODY, lines: ['L2'], reason: '示例：数量不符', person: BODY };
    await disputeLines(context, { region: REGION, period: APRIL, ...dispute });
    await confirm(context, { region: REGION, period: APRIL });
    expect(await found()).toEqual([]);
  });

  it('count where the statement was taken back, and not where it was opened again after the 20th by a cancelled payment', async () => {
    await acceptLines(database.app, [line('L1', 10_000n)]);
    await fund(database.app, BODY, { own: 10_000n });
    await confirm(context, { region: REGION, period: APRIL });
    const reopen = (on: string): Promise<unknown> =>
      writeByHand(database.owner, ['settle.settled_lines', 'settle.unsettled_lines'], (trx) =>
        trx.raw(
          `with gone as (delete from settle.settled_lines returning *)
           insert into settle.unsettled_lines select line_id, region, period, institution, revision, enterprise, ? from gone`,
          [on],
        ),
      );
    await reopen('2026-04-27');
    expect(await found()).toEqual([]);
    expect(await findDelayed(database.app, WATCH)).toEqual({ imported: 0, reopened: 1, amountFen: 10_000n });
    await database.superuser.raw('alter table settle.unsettled_lines disable trigger user');
    await database.superuser.raw(`update settle.unsettled_lines set reopened_on = '2026-04-15'`);
    expect(await found()).toEqual([{ institution: BODY, kind: 'late-reconciliation' }]);
  });

  it('are the agency’s delay where they were imported after the 20th', async () => {
    await acceptLines(database.app, [line('L1', 10_000n)]);
    await database.superuser.raw('alter table settle.application_files disable trigger user');
    await database.superuser('settle.application_files').update({ imported_on: '2026-04-21' });
    expect(await found()).toEqual([]);
    expect(await findDelayed(database.app, WATCH)).toEqual({ imported: 1, reopened: 0, amountFen: 10_000n });
  });

  it('are not payable where credits are as much, or the enterprise was suspended on the 20th', async () => {
    await acceptLines(database.app, [
      line('L1', 10_000n),
      line('L2', -10_000n),
      line('L3', 30_000n, { enterprise: 'E0002' }),
    ]);
    await suspend('E0002', '2026-04-20');
    expect(await found()).toEqual([]);
  });

  it('stay a breach where the enterprise is suspended after the 20th only', async () => {
    await acceptLines(database.app, [line('L1', 30_000n, { enterprise: 'E0002' })]);
    await suspend('E0002', '2026-04-21');
    expect(await found()).toEqual([{ institution: BODY, kind: 'late-reconciliation' }]);
  });

  it('are what they were at the end of the 20th, whatever was confirmed since', async () => {
    await acceptLines(database.app, [line('L1', 10_000n)]);
    await fund(database.app, BODY, { own: 10_000n });
    context.setDay('2026-05-06');
    await confirm(context, { region: REGION, period: period('2026-05') });
    expect(await found()).toEqual([{ institution: BODY, kind: 'late-reconciliation' }]);
    await notice();
    expect(await corrected('2026-05-06')).toEqual(['2026-05-06']);
  });
});

describe('force majeure', () => {
  it('is recorded of a month that has begun only', async () => {
    const said = { region: REGION, institution: BODY, person: OFFICER, evidence: '示例：洪水' };
    const exempt = (month: string) =>
      exemptBreach(context, { ...said, kind: 'late-reconciliation', period: period(month) });
    expect(await refusalOf(exempt('2026-05'))).toBe('OutsideWindow');
    expect(await refusalOf(exempt('2031-05'))).toBe('OutsideWindow');
    expect(await exempt('2026-04')).toMatchObject({ state: 'exempted' });
    expect(await database.app('settle.force_majeure').select('period')).toEqual([{ period: '2026-04' }]);
  });
});

describe('who agreed and had not the money', () => {
  beforeEach(async () => {
    await acceptLines(database.app, [line('L1', 10_000n)]);
    await expect(confirmOne(context, { region: REGION, period: APRIL, institution: BODY })).rejects.toMatchObject({
      code: 'ConfirmationUnfunded',
    });
  });

  it('has not settled, and nothing else: one kind a window', async () => {
    expect(await found()).toEqual([{ institution: BODY, kind: 'not-settled' }]);
  });

  it('is in no breach once it has confirmed with the money', async () => {
    await fund(database.app, BODY, { own: 10_000n });
    await confirm(context, { region: REGION, period: APRIL });
    expect(await found()).toEqual([]);
  });

  it('is exempt by force majeure of this kind only', async () => {
    const record = { region: REGION, subject: BODY, period: APRIL, evidence: '示例：洪水,证据12', person: OFFICER };
    const on = plainDate('2026-04-30');
    await insertForceMajeure(database.app, { ...record, kind: 'late-reconciliation', on });
    expect(await found()).toEqual([{ institution: BODY, kind: 'not-settled' }]);
    await insertForceMajeure(database.app, { ...record, kind: 'not-settled', on });
    expect(await found()).toEqual([]);
    expect(await found({ ...WATCH, forceMajeureExempts: false })).toHaveLength(1);
  });
});

describe('a breach that is noticed', () => {
  beforeEach(async () => {
    await acceptLines(database.app, [
      line('L1', 10_000n),
      line('L2', -4_000n),
      line('L3', 5_000n, { enterprise: 'E0002' }),
      line('L9', 1_000n, { body: OTHER }),
    ]);
    await notice();
  });

  it('names its lines, and is a case to begin; noticed again it is the same', async () => {
    await notice('2026-05-07');
    const caseId = `breach/${BODY}/late-reconciliation/2026-04`;
    expect(await loadBreach(database.app, caseId)).toMatchObject({
      institution: BODY,
      noticeOn: '2026-05-06',
      deadline: '2026-05-19',
      suspendsOn: '2026-06-01',
      lines: 3,
      amountFen: 11_000n,
      correctedOn: null,
    });
    expect((await plannedCases(database.app, [REGION])).map((each) => each.caseId)).toEqual(
      [BODY, OTHER].map((body) => `breach/${body}/late-reconciliation/2026-04`),
    );
  });

  it('is corrected when none of its lines is payable any more, on the day of the last one', async () => {
    await fund(database.app, BODY, { own: 6_000n });
    context.setDay('2026-05-08');
    const may = period('2026-05');
    const dispute = { institution: BODY, lines: ['L3'], reason: '示例：数量不符', person: BODY };
    await disputeLines(context, { region: REGION, period: may, ...dispute });
    expect(await corrected('2026-05-08')).toEqual([null, null]);
    context.setDay('2026-05-12');
    await confirm(context, { region: REGION, period: may, institutions: [BODY] });
    expect(await corrected('2026-05-15')).toEqual(['2026-05-12', null]);
    expect(await loadBreach(database.app, `breach/${BODY}/late-reconciliation/2026-04`)).toMatchObject({
      correctedBy: 'engine',
    });
  });

  it('stays corrected: the statement that did it is not taken back, another one is', async () => {
    await fund(database.app, BODY, { own: 20_000n });
    await acceptLines(database.app, [line('L5', 2_000n, { body: BODY, enterprise: 'E0003', period: '2026-05' })]);
    const mine = { region: REGION, institution: BODY };
    const may = { ...mine, period: period('2026-05') };
    const takeBack = () => withdrawStatement(context, { ...may, reason: '示例：有误', person: BODY });
    const statement = (lines?: string[]) =>
      confirm(context, { ...may, institutions: [BODY], ...(lines ? { lines } : {}) });
    context.setDay('2026-05-12');
    // Of the line that was never in breach, and of all: 60.00 + 50.00 + 20.00.
    await statement(['L5']);
    expect(await takeBack()).toMatchObject({ netFen: 2_000n, lines: 1 });
    await statement();
    expect(await refusalOf(takeBack())).toBe('CaseStateInvalid');
    expect(await corrected('2026-06-01')).toEqual(['2026-05-12', null]);
    const live = await database.app('settle.statements').where(mine).whereNull('reversed_on').select('net_fen');
    expect(live).toEqual([{ net_fen: 13_000n }]);
  });

  it('is corrected by credits that make the net no longer positive, and by the suspension of the enterprise', async () => {
    await acceptLines(database.app, [line('L4', -6_000n, { period: '2026-05' })]);
    await suspend('E0002', '2026-05-11');
    expect(await corrected('2026-05-10')).toEqual([null, null]);
    expect(await corrected('2026-05-11')).toEqual(['2026-05-11', null]);
  });

  it('is corrected by credits on the day of their import, and else when the body finds that nothing is to be paid', async () => {
    const caseIdOf = (body: string): string => `breach/${body}/late-reconciliation/2026-04`;
    const correctedOn = async (body: string) => (await loadBreach(database.app, caseIdOf(body))).correctedOn;
    await acceptLines(database.app, [
      line('L7', -6_000n, { period: '2026-05' }),
      line('L8', -5_000n, { period: '2026-05', enterprise: 'E0002' }),
    ]);
    context.setDay('2026-05-10');
    const outcomes = await confirm(context, { region: REGION, period: period('2026-05'), institutions: [BODY] });
    expect(outcomes).toMatchObject([{ institution: BODY, outcome: 'nothing' }]);
    expect([await correctedOn(BODY), await correctedOn(OTHER)]).toEqual(['2026-05-10', null]);

    context.setDay('2026-05-12');
    const imports = createImports(() => context);
    const amounts = { kind: 'return', quantity: '-10', unit_price: '1.00', amount: '-10.00' };
    const dates = { ordered_on: '2026-04-10', received_on: '2026-04-28', applied_on: '2026-05-03' };
    const imported = await imports.rows([cellsOf('L10', { institution: OTHER, ...amounts, ...dates })], '2026-05');
    imports.remove();
    expect(imported).toMatchObject({ accepted: 1, rejected: 0 });
    expect(await correctedOn(OTHER)).toBe('2026-05-12');
    expect(await corrected('2026-06-01')).toEqual(['2026-05-10', '2026-05-12']);
  });

  it('stays corrected, whoever says otherwise', async () => {
    const caseId = `breach/${BODY}/late-reconciliation/2026-04`;
    const byEngine = (): Promise<number> =>
      database
        .app('settle.breaches')
        .where({ case_id: caseId })
        .update({ corrected_on: '2026-05-08', corrected_by: 'engine' });
    expect(await refusalOf(byEngine())).toBe('CaseStateInvalid');
    await acceptLines(database.app, [
      line('L5', -6_000n, { period: '2026-05' }),
      line('L6', -5_000n, { period: '2026-05', enterprise: 'E0002' }),
    ]);
    await byEngine();
    await expect(saveCorrection(database.app, { caseId, on: END, by: OFFICER, evidence: 'x' })).rejects.toMatchObject({
      code: 'AppendOnly',
    });
  });

  it('is changed on an officer’s recorded act only, and by nobody without the role', async () => {
    const caseId = `breach/${BODY}/late-reconciliation/2026-04`;
    const by = { on: plainDate('2026-05-08'), by: OFFICER, evidence: '示例：核查记录' };
    const at = atPhase(plainDate('2026-05-08'), Phase.PeopleAct);
    const act = { caseId, region: REGION, act: 'corrected', at, person: OFFICER, evidence: '示例：核查记录' };
    await expect(saveCorrection(database.app, { caseId, ...by })).rejects.toMatchObject({ code: 'CaseStateInvalid' });
    await expect(saveBreachExemption(database.app, caseId, at.date)).rejects.toMatchObject({
      code: 'CaseStateInvalid',
    });
    const insert = (change: Partial<typeof act>) => insertCaseAct(database.app, { ...act, ...change });
    await expect(insert({ person: `${REGION}-cashier` })).rejects.toMatchObject({ code: 'OfficerRoleMissing' });
    await expect(insert({ person: 'nobody' })).rejects.toMatchObject({ code: 'PersonUnknown' });
    await expect(insert({ evidence: ' ' })).rejects.toMatchObject({ code: 'EvidenceMissing' });
    await insertCaseAct(database.app, act);
    await saveCorrection(database.app, { caseId, ...by });
    expect(await loadBreach(database.app, caseId)).toMatchObject({ correctedOn: '2026-05-08', correctedBy: OFFICER });
  });
});

describe('a return', () => {
  const receive = (receiptId: string, on: string, fen: bigint): Promise<unknown> =>
    database.owner('settle.return_receipts').insert({
      receipt_id: receiptId,
      region: REGION,
      institution: BODY,
      period: APRIL,
      received_on: on,
      from_unused_fen: 0n,
      paid_in_fen: fen,
      excess_fen: 0n,
      recorded_by: BODY,
    });

  beforeEach(async () => {
    await database.superuser.raw('set session_replication_role = replica');
    await database.superuser('settle.return_plan').insert({
      region: REGION,
      institution: BODY,
      period: APRIL,
      year: 2026,
      due_on: '2026-04-20',
      amount_fen: 10_000n,
    });
  });

  it.each([
    [[['2026-04-30', 10_000n]], []],
    [[['2026-05-01', 10_000n]], ['prepayment-not-returned']],
    [
      [
        ['2026-04-30', 9_999n],
        ['2026-05-01', 1n],
      ],
      ['prepayment-not-returned'],
    ],
    [[], ['prepayment-not-returned']],
  ] as [[string, bigint][], string[]][])('that came as %o is a breach: %s', async (receipts, kinds) => {
    for (const [on, fen] of receipts) await receive(`R${on}`, on, fen);
    expect((await found()).map(({ kind }) => kind)).toEqual(kinds);
  });

  it('that comes in parts is corrected on the day on which the sum reaches what is due', async () => {
    await notice();
    await receive('R1', '2026-05-10', 4_000n);
    expect(await corrected('2026-05-10')).toEqual([null]);
    await receive('R2', '2026-05-12', 7_000n);
    expect(await corrected('2026-05-13')).toEqual(['2026-05-12']);
  });
});

describe('what nobody noticed or found', () => {
  const breachOf = (change: object = {}, db: Knex = database.app) =>
    db('settle.breaches').insert({
      case_id: `breach/${BODY}/late-reconciliation/2026-04`,
      region: REGION,
      institution: BODY,
      kind: 'late-reconciliation',
      period: APRIL,
      notice_on: '2026-05-06',
      deadline: '2026-05-19',
      suspends_on: '2026-06-01',
      ...change,
    });
  const enterpriseCase = (change: object = {}) =>
    database.app('settle.enterprise_cases').insert({
      case_id: 'enterprise/E0001/interview/2026-04',
      region: REGION,
      enterprise: 'E0001',
      kind: 'interview',
      period: APRIL,
      opened_on: '2026-05-06',
      deadline: '2026-05-19',
      ...change,
    });

  it('is no breach: without monitoring, before it began, or after it has said what it found', async () => {
    expect(await refusalOf(breachOf())).toBe('CaseStateInvalid');
    await monitor();
    expect(await refusalOf(breachOf({ notice_on: '2026-04-30' }))).toBe('CaseStateInvalid');
    expect(await refusalOf(breachOf({ period: '2026-03' }))).toBe('CaseStateInvalid');
    const said = { key: 'noticed', event: 'breaches-noticed', actor: 'engine', detail: 'no breach' };
    const at = atPhase(plainDate('2026-05-06'), Phase.Monitoring);
    await addEvents(database.app, `monitoring/${REGION}/2026-04`, at, [said]);
    expect(await refusalOf(breachOf())).toBe('CaseStateInvalid');
  });

  it.each([
    ['suspended before its deadline', { suspends_on: '2026-05-19' }, '23514'],
    ['with a deadline before its notice', { deadline: '2026-05-05' }, '23514'],
    ['corrected by the engine', { corrected_on: '2026-05-06', corrected_by: 'engine' }, 'CaseStateInvalid'],
    ['exempted', { exempted_on: '2026-05-06' }, 'CaseStateInvalid'],
  ])('no breach begins %s', async (_, change, code) => {
    await monitor();
    expect(await refusalOf(breachOf(change))).toBe(code);
    await acceptLines(database.app, [line('L1', 10_000n)]);
    expect(await refusalOf(aboutLines(['L1']))).toBe('not refused');
  });

  /** A breach with the lines that it is said to be about. */
  const aboutLines = (lines: string[], change: object = {}): Promise<unknown> =>
    database.app.transaction(async (trx) => {
      await breachOf(change, trx);
      await trx.raw(
        `insert into settle.breach_lines select ?, line_id from settle.application_lines where line = any(?::text[])`,
        [`breach/${BODY}/late-reconciliation/2026-04`, lines],
      );
    });

  it.each([
    ['without a line', []],
    ['about lines of another body', ['theirs']],
    ['about lines of a later month', ['later']],
  ])('is no breach %s', async (_, lines) => {
    await monitor();
    await acceptLines(database.app, [
      line('theirs', 100n, { body: OTHER }),
      line('later', 100n, { period: '2026-05' }),
    ]);
    expect(await refusalOf(aboutLines(lines))).toBe('CaseStateInvalid');
    expect(await refusalOf(aboutLines(['later'], { kind: 'prepayment-not-returned' }))).toBe('CaseStateInvalid');
    expect(await refusalOf(breachOf({ kind: 'prepayment-not-returned' }))).toBe('CaseStateInvalid');
  });

  it.each([
    ['while the month runs', `monitoring/${REGION}/2026-04`, '2026-04-30'],
    ['under another name', `monitoring/${REGION}/2026-4`, '2026-05-01'],
  ])('is not watched for %s', async (_, caseId, on) => {
    const at = atPhase(plainDate(on), Phase.Monitoring);
    const policy = publishedPolicy('xinjiang-2025-50');
    const opened = openCase(database.app, { caseId, region: REGION, kind: 'monitoring', period: APRIL, policy, at });
    expect(await refusalOf(opened)).toBe('CaseStateInvalid');
  });

  it('is corrected by no nameless person, and a return by the engine on its day only', async () => {
    await notice();
    await writeByHand(database.owner, 'settle.breaches', (trx) =>
      breachOf({ case_id: 'r', kind: 'prepayment-not-returned' }, trx),
    );
    const change = (columns: object) => database.app('settle.breaches').where({ case_id: 'r' }).update(columns);
    expect(await refusalOf(change({ corrected_on: '2026-05-12' }))).toBe('23514');
    expect(await refusalOf(change({ corrected_on: '2026-05-12', corrected_by: 'engine' }))).toBe('CaseStateInvalid');
  });

  it.each([
    ['refused', { refused_on: '2026-05-06' }],
    ['suspended', { suspended_from: '2026-05-06' }],
    ['performed', { performed_on: '2026-05-06' }],
    ['without a deadline', { deadline: null }],
    ['after its deadline', { deadline: '2026-05-05' }],
  ])('no interview begins %s', async (_, change) => {
    expect(await refusalOf(enterpriseCase(change))).toBe('CaseStateInvalid');
    expect(await refusalOf(enterpriseCase())).toBe('not refused');
  });

  it('suspends no enterprise: a refusal of an interview does', async () => {
    await enterpriseCase();
    const suspended = database.app('settle.enterprise_cases').update({ suspended_from: '2026-05-20' });
    expect(await refusalOf(suspended)).toBe('CaseStateInvalid');
  });

  it('ends no refusal with a day before it', async () => {
    await enterpriseCase();
    const change = (columns: object) => database.app('settle.enterprise_cases').update(columns);
    for (const [act, on] of [
      ['found', '2026-05-06'],
      ['refused', '2026-05-22'],
      ['performed', '2026-06-20'],
    ] as const) {
      const at = atPhase(plainDate(on), Phase.PeopleAct);
      const caseId = 'enterprise/E0001/interview/2026-04';
      await insertCaseAct(database.app, { caseId, region: REGION, act, at, person: OFFICER, evidence: '示例：认定书' });
    }
    await change({ refused_on: '2026-05-22', suspended_from: '2026-05-23' });
    expect(await refusalOf(change({ performed_on: '2026-05-21' }))).toBe('CaseStateInvalid');
    await change({ performed_on: '2026-05-22' });
  });
});

describe('who is suspended', () => {
  const institutionsOn = async (on: string): Promise<string[]> =>
    (
      await database.app.raw<{ rows: { institution: string }[] }>(
        'select institution from settle.suspended_institutions(?, ?) order by 1',
        [REGION, on],
      )
    ).rows.map(({ institution }) => institution);
  const add = (kind: string, month: string, suspendsOn: string, correctedOn: string | null): Promise<unknown> =>
    writeByHand(database.owner, 'settle.breaches', (trx) =>
      trx('settle.breaches').insert({
        case_id: `breach/${BODY}/${kind}/${month}`,
        region: REGION,
        institution: BODY,
        kind,
        period: month,
        notice_on: '2026-08-03',
        deadline: '2026-08-17' as PlainDate,
        suspends_on: suspendsOn,
        corrected_on: correctedOn,
        corrected_by: correctedOn === null ? null : 'engine',
      }),
    );

  it('from 00:00 of its day until the day of the correction, which counts whole', async () => {
    await add('late-reconciliation', '2026-07', '2026-09-01', '2026-09-10');
    const days = ['2026-08-31', '2026-09-01', '2026-09-09', '2026-09-10', '2026-09-11'];
    expect(await Promise.all(days.map(institutionsOn))).toEqual([[], [BODY], [BODY], [], []]);
  });

  it('nobody who corrected before the day, and nobody on the day who corrects on it', async () => {
    await add('late-reconciliation', '2026-07', '2026-09-01', '2026-08-31');
    await add('not-settled', '2026-06', '2026-09-01', '2026-09-01');
    expect(await Promise.all(['2026-08-31', '2026-09-01', '2026-09-02'].map(institutionsOn))).toEqual([[], [], []]);
  });

  it('with several breaches until the last is corrected', async () => {
    await add('late-reconciliation', '2026-07', '2026-09-01', '2026-09-05');
    await add('prepayment-not-returned', '2026-07', '2026-09-01', '2026-10-08');
    await add('not-settled', '2026-08', '2026-10-01', null);
    const days = ['2026-09-04', '2026-09-05', '2026-10-07', '2026-10-08', '2026-12-31'];
    expect(await Promise.all(days.map(institutionsOn))).toEqual([[BODY], [BODY], [BODY], [BODY], [BODY]]);
  });
});
