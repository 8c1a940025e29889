import { Phase } from '../../domain/business-time';
import { balances } from '../../db/ledger';
import { startTestStage, type TestStage } from '../support/stage';
import { endow, hospitalOf, startWindow, toBatch, windowRegionOf, type WindowLine } from '../support/window-stage';

// Settlement windows on a real stage (新医保发〔2025〕50号 四(二)), against numbers worked out by hand.

const PAID = '650301';
const DAYS = '650302';

let play: TestStage;
beforeAll(async () => {
  play = await startTestStage([windowRegionOf(PAID, ['E0001', 'E0002', 'E0003']), windowRegionOf(DAYS, ['E0001'])]);
  await endow(play, PAID, 50_000n);
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
