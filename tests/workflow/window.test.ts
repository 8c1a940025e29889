import { atPhase, Phase } from '../../domain/business-time';
import { period as toPeriod, plainDate, type PlainDate } from '../../domain/plain-date';
import { insertCaseAct } from '../../db/case-acts';
import { insertEnterpriseCases, saveEnterpriseAct } from '../../db/enterprise-cases';
import { balances } from '../../db/ledger';
import { verify } from '../../db/verify';
import { actOnPayments } from '../../operator/commands/decisions';
import { personOf, startTestStage, type TestStage } from '../support/stage';
import { endow, hospitalOf, startWindow, toBatch, windowRegionOf, type WindowLine } from '../support/window-stage';

// Settlement windows on a real stage (新医保发〔2025〕50号 四(二)), against numbers worked out by hand.

const PAID = '650301';
const DAYS = '650302';
const RETRIED = '650303';
const CANCELLED = '650304';
const HELD = '650305';
const OVERDUE = '650306';
const ENTERPRISES = ['E0001', 'E0002', 'E0003'];

let play: TestStage;
beforeAll(async () => {
  const regions = [PAID, DAYS, RETRIED, CANCELLED, HELD, OVERDUE].map((code) => windowRegionOf(code, ENTERPRISES));
  const faults = [RETRIED, CANCELLED].map((region) => ({
    kind: 'payment',
    region,
    period: '2026-04',
    institution: hospitalOf(region),
    enterprise: 'E0001',
    outcome: 'rejected',
  }));
  play = await startTestStage(regions, faults);
  for (const code of [PAID, RETRIED, HELD, OVERDUE]) await endow(play, code, { ownFen: 50_000n });
  await endow(play, CANCELLED, { ownFen: 10_000n, prepaidFen: 6_000n });
}, 120_000);
afterAll(() => play.stop());

const line = (id: string, enterprise: string, amountFen: bigint): WindowLine => ({ line: id, enterprise, amountFen });

async function amounts(code: string): Promise<Record<string, bigint>> {
  const all = await balances(play.stage.db, code);
  return Object.fromEntries(
    all
      .filter(({ account, balanceFen }) => account.startsWith('supervised/') && balanceFen !== 0n)
      .map(({ account, balanceFen }) => [account, balanceFen]),
  );
}

const events = (caseId: string): Promise<string[]> =>
  play.stage.db('settle.case_events').where({ case_id: caseId }).orderBy('event_id').pluck('event');

const alerts = (caseId: string): Promise<unknown[]> =>
  play.stage.db('settle.alerts').where({ case_id: caseId }).orderBy('on_date').select('kind', 'on_date', 'detail');

const states = async (caseId: string): Promise<string[]> => (await play.payments(caseId)).map(({ state }) => state);

describe('a window from the application to the money', () => {
  it('closes its cut-offs, forms one batch on the first working day after the 20th, and pays it', async () => {
    // E0001: 100.00 + 50.00 − 20.00 = 130.00; E0002: 30.00 − 30.00 = 0.00, carried; E0003: 70.00.
    const caseId = await toBatch(play, PAID, '2026-04', '2026-04-21', [
      line('L1', 'E0001', 10_000n),
      line('L2', 'E0001', 5_000n),
      line('L3', 'E0001', -2_000n),
      line('L4', 'E0002', 3_000n),
      line('L5', 'E0002', -3_000n),
      line('L6', 'E0003', 7_000n),
    ]);
    expect(await play.request(caseId)).toMatchObject({ payments: 2, amountFen: 20_000n, preparedBy: 'engine' });
    const window = await play.stage.db('settle.windows').where({ region: PAID, period: '2026-04' }).first();
    expect(window).toMatchObject({ applications_closed_on: '2026-04-06', confirmations_closed_on: '2026-04-21' });

    await play.approveAndRelease(caseId);
    expect(await play.payments(caseId)).toMatchObject([
      {
        paymentId: `payment/${PAID}/2026-04/${hospitalOf(PAID)}/E0001`,
        amountFen: 13_000n,
        state: 'succeeded',
        paidOn: '2026-04-21',
      },
      {
        paymentId: `payment/${PAID}/2026-04/${hospitalOf(PAID)}/E0003`,
        amountFen: 7_000n,
        state: 'succeeded',
        paidOn: '2026-04-21',
      },
    ]);
    // Once more on the next working day: nothing came back.
    await play.goTo(caseId, '2026-04-22', Phase.ApprovalsAndBank);
    expect(await play.caseState(caseId)).toEqual({ state: 'settled', closedOn: '2026-04-22' });
    expect(await amounts(PAID)).toEqual({
      'supervised/cash': 30_000n,
      [`supervised/ledger/${hospitalOf(PAID)}/own`]: -30_000n,
    });
    expect(await events(caseId)).toEqual(
      expect.arrayContaining([
        'applications-closed',
        'confirmed',
        'confirmations-closed',
        'prepared',
        'released',
        'sent',
        'booked',
        'closed',
      ]),
    );
    expect(await play.stage.db('settle.alerts').where({ case_id: caseId })).toEqual([]);
  }, 120_000);
});

describe('a window in which nothing is confirmed', () => {
  it.each([
    ['2026-06', '2026-06-22', 'the 20th is a Saturday'],
    ['2026-09', '2026-09-21', 'the 20th is a working Sunday'],
    ['2026-10', '2026-10-21', 'the 10th is a working Saturday'],
  ])(
    'of %s ends on %s with nothing to pay: %s',
    async (period, batchOn) => {
      const caseId = await startWindow(play, DAYS, period);
      await play.goTo(caseId, batchOn, Phase.RunsStart);
      expect(await play.caseState(caseId)).toEqual({ state: 'nothing-to-pay', closedOn: batchOn });
    },
    120_000,
  );
});

const act = (caseId: string, action: 'retry' | 'cancel', paymentIds: string[]) =>
  actOnPayments(play.context, {
    caseId,
    person: personOf(caseId, 'operator'),
    action,
    paymentIds,
    reason: '核对无误',
  });

const paymentOf = (code: string, period: string, enterprise: string): string =>
  `payment/${code}/${period}/${hospitalOf(code)}/${enterprise}`;

describe('a payment that the bank refuses', () => {
  it('waits for an operator, is sent again as the same payment, and the window ends', async () => {
    const caseId = await toBatch(play, RETRIED, '2026-04', '2026-04-21', [
      line('L1', 'E0001', 10_000n),
      line('L2', 'E0002', 20_000n),
    ]);
    await play.approveAndRelease(caseId);
    expect(await states(caseId)).toEqual(['failed', 'succeeded']);
    expect(await play.caseState(caseId)).toMatchObject({ state: 'operator', closedOn: null });
    await play.goTo(caseId, '2026-04-27', Phase.ApprovalsAndBank);
    await act(caseId, 'retry', [paymentOf(RETRIED, '2026-04', 'E0001')]);
    await play.settle(caseId);
    expect(await play.payments(caseId)).toMatchObject([
      { state: 'succeeded', attempt: 2, paidOn: '2026-04-27' },
      { state: 'succeeded', attempt: 1, paidOn: '2026-04-21' },
    ]);
    await play.goTo(caseId, '2026-04-28', Phase.ApprovalsAndBank);
    expect(await play.caseState(caseId)).toEqual({ state: 'settled', closedOn: '2026-04-28' });
    expect(await amounts(RETRIED)).toMatchObject({ 'supervised/cash': 20_000n });
  }, 120_000);

  it('that is cancelled gives its money back as it was reserved, and its lines are in the next window', async () => {
    // 100.00 to E0001: 60.00 prepaid and 40.00 of its own.
    const caseId = await toBatch(play, CANCELLED, '2026-04', '2026-04-21', [line('L1', 'E0001', 10_000n)]);
    await play.approveAndRelease(caseId);
    expect(await states(caseId)).toEqual(['failed']);
    await act(caseId, 'cancel', [paymentOf(CANCELLED, '2026-04', 'E0001')]);
    await play.settle(caseId);
    expect(await play.caseState(caseId)).toEqual({ state: 'settled', closedOn: '2026-04-21' });
    expect(await amounts(CANCELLED)).toEqual({
      'supervised/cash': 16_000n,
      [`supervised/ledger/${hospitalOf(CANCELLED)}/prepayment`]: -6_000n,
      [`supervised/ledger/${hospitalOf(CANCELLED)}/own`]: -10_000n,
    });
    const lines = await play.stage.db('settle.line_states').where({ region: CANCELLED }).pluck('state');
    expect(lines).toEqual(['open']);

    // Confirmed again in May without a new application, with 20.00 more from the same supplier.
    const next = await toBatch(play, CANCELLED, '2026-05', '2026-05-21', [line('L2', 'E0001', 2_000n)]);
    await play.approveAndRelease(next);
    expect(await play.payments(next)).toMatchObject([{ amountFen: 12_000n, state: 'succeeded', paidOn: '2026-05-21' }]);
    expect(await amounts(CANCELLED)).toEqual({
      'supervised/cash': 4_000n,
      [`supervised/ledger/${hospitalOf(CANCELLED)}/own`]: -4_000n,
    });
    const rows = await verify(play.stage.db, CANCELLED);
    expect(rows.filter(({ ok, name }) => !ok && !name.startsWith('advance'))).toEqual([]);
  }, 120_000);
});

describe('a supplier that is suspended after the confirmation', () => {
  const recorded = (interview: string, act: string, on: PlainDate): Promise<void> =>
    insertCaseAct(play.stage.db, {
      caseId: interview,
      region: HELD,
      act,
      at: atPhase(on, Phase.PeopleAct),
      person: `${HELD}-officer`,
      evidence: '示例：约谈记录',
    });

  it('has its payment held on the release, and paid with the run after it has performed; others are paid at once', async () => {
    const caseId = await toBatch(play, HELD, '2026-04', '2026-04-21', [
      line('L1', 'E0001', 10_000n),
      line('L2', 'E0002', 20_000n),
    ]);
    const asked = { region: HELD, enterprise: 'E0001', kind: 'interview', period: toPeriod('2026-03') } as const;
    const [openedOn, deadline] = [plainDate('2026-04-01'), plainDate('2026-04-15')];
    const [interview] = await insertEnterpriseCases(play.stage.db, [{ ...asked, openedOn, deadline }]);
    await recorded(interview!, 'found', openedOn);
    await recorded(interview!, 'refused', deadline);
    await saveEnterpriseAct(play.stage.db, interview!, {
      act: 'refused',
      on: deadline,
      suspendedFrom: plainDate('2026-04-16'),
    });
    await play.approveAndRelease(caseId);
    expect(await states(caseId)).toEqual(['held', 'succeeded']);

    // The month ends, and the run of May finds it suspended still.
    await play.goTo(caseId, '2026-05-21', Phase.ApprovalsAndBank);
    expect(await states(caseId)).toEqual(['held', 'succeeded']);
    expect(await play.caseState(caseId)).toEqual({ state: 'held', closedOn: null });
    expect(await alerts(caseId)).toEqual([
      {
        kind: 'window-overdue',
        on_date: '2026-05-01',
        detail: '1 payments, 100.00: held: suspended, or another payee in the register',
      },
    ]);

    // It performs on 3 June; the run of June is on Monday the 22nd, and needs no new approval.
    const performedOn = plainDate('2026-06-03');
    await recorded(interview!, 'performed', performedOn);
    await saveEnterpriseAct(play.stage.db, interview!, { act: 'performed', on: performedOn });
    await play.goTo(caseId, '2026-06-21', Phase.ApprovalsAndBank);
    expect(await states(caseId)).toEqual(['held', 'succeeded']);
    await play.goTo(caseId, '2026-06-22', Phase.ApprovalsAndBank);
    expect(await play.payments(caseId)).toMatchObject([
      { state: 'succeeded', paidOn: '2026-06-22', requestId: `${caseId}#1` },
      { state: 'succeeded', paidOn: '2026-04-21' },
    ]);
    await play.goTo(caseId, '2026-06-23', Phase.ApprovalsAndBank);
    expect(await play.caseState(caseId)).toEqual({ state: 'settled', closedOn: '2026-06-23' });
    expect(await amounts(HELD)).toEqual({
      'supervised/cash': 20_000n,
      [`supervised/ledger/${hospitalOf(HELD)}/own`]: -20_000n,
    });
  }, 120_000);
});

describe('a window that is not paid when its month ends', () => {
  it('is an alert of the agency that names who holds it, and is paid all the same', async () => {
    const caseId = await toBatch(play, OVERDUE, '2026-04', '2026-04-21', [line('L1', 'E0001', 10_000n)]);
    await play.goTo(caseId, '2026-04-30', Phase.FundMoves);
    expect(await alerts(caseId)).toEqual([]);
    await play.goTo(caseId, '2026-05-06', Phase.ApprovalsAndBank);
    expect(await alerts(caseId)).toEqual([
      { kind: 'window-overdue', on_date: '2026-05-01', detail: '1 payments, 100.00: waits for first-review' },
    ]);
    await play.approveAndRelease(caseId);
    expect(await play.payments(caseId)).toMatchObject([{ state: 'succeeded', paidOn: '2026-05-06' }]);
    await play.goTo(caseId, '2026-05-07', Phase.ApprovalsAndBank);
    expect(await play.caseState(caseId)).toEqual({ state: 'settled', closedOn: '2026-05-07' });
  }, 120_000);
});
