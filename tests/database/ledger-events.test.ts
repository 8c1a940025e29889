import { fundAccounts as fund, supervisedAccounts as supervised } from '../../domain/ledger/chart';
import { POSTING_RULES } from '../../domain/ledger/posting-rules';
import type { LedgerEvent } from '../../domain/ledger/posting-rules';
import type { Transfer } from '../../domain/ledger/journal';
import { postJournals } from '../../db/ledger';
import { createTestDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { HOSPITAL as H, journal, nonZeroBalances, transfer, verifyLedger } from '../support/ledger';

const E = 'E0001';
const cash = fund.cash('employee');
const transit = fund.transit('employee', H);
const vbp = fund.advanceVbp('employee', H, 2026);
const instant = fund.advanceInstant('employee', H);
const benefit = fund.benefit('employee');
const held = fund.memoHeld('employee', H);
const contra = fund.memoContra('employee');
const own = supervised.own(H);
const prepayment = supervised.prepayment(H);
const returning = supervised.returning(H);
const payable = supervised.payable(H, E);
const toEnterprise = supervised.transitToEnterprise(H, E);
const toFund = supervised.transitToFund(H);

/** One step: an event, its transfers, and the balances (debit minus credit, fen) of the accounts they touch afterwards. */
interface Step {
  readonly event: LedgerEvent;
  readonly transfers: readonly Transfer[];
  readonly after: Record<string, bigint>;
  readonly reference?: string;
  /** Where the key says what it takes back. */
  readonly key?: string;
}

const step = (
  event: LedgerEvent,
  transfers: readonly Transfer[],
  after: Record<string, bigint>,
  reference = 'r',
): Step => ({
  event,
  transfers,
  after,
  reference,
});

// Worked out by hand, one line after the other, amounts in fen.
const PREPAYMENT: readonly Step[] = [
  step(
    'opening',
    [
      transfer(cash, 'fund/opening/employee', 100_000n),
      transfer('fund/fiscal-deposit/employee', 'fund/opening/employee', 50_000n),
    ],
    {
      [cash]: 100_000n,
      'fund/fiscal-deposit/employee': 50_000n,
      'fund/opening/employee': -150_000n,
    },
  ),
  step('fiscal-transfer', [transfer(cash, 'fund/fiscal-deposit/employee', 20_000n)], {
    [cash]: 120_000n,
    'fund/fiscal-deposit/employee': 30_000n,
  }),
  step('fiscal-transfer-returned', [transfer('fund/fiscal-deposit/employee', cash, 20_000n)], {
    [cash]: 100_000n,
    'fund/fiscal-deposit/employee': 50_000n,
  }),
  step('fiscal-transfer', [transfer(cash, 'fund/fiscal-deposit/employee', 20_000n)], {
    [cash]: 120_000n,
    'fund/fiscal-deposit/employee': 30_000n,
  }),
  step('disbursement-sent', [transfer(vbp, transit, 60_000n)], { [vbp]: 60_000n, [transit]: -60_000n }),
  step('disbursement-failed', [transfer(transit, vbp, 60_000n)], { [vbp]: 0n, [transit]: 0n }),
  step('disbursement-sent', [transfer(vbp, transit, 60_000n)], { [vbp]: 60_000n, [transit]: -60_000n }),
  step('disbursement-booked', [transfer(transit, cash, 60_000n)], { [transit]: 0n, [cash]: 60_000n }),
  step('disbursement-booked', [transfer('supervised/cash', prepayment, 60_000n)], {
    'supervised/cash': 60_000n,
    [prepayment]: -60_000n,
  }),
  step('disbursement-returned', [transfer(cash, vbp, 60_000n)], { [cash]: 120_000n, [vbp]: 0n }),
  step('disbursement-returned', [transfer(prepayment, 'supervised/cash', 60_000n)], {
    'supervised/cash': 0n,
    [prepayment]: 0n,
  }),
  step('disbursement-sent', [transfer(vbp, transit, 60_000n)], { [vbp]: 60_000n }),
  step('disbursement-booked', [transfer(transit, cash, 60_000n)], { [cash]: 60_000n }, 'again'),
  step(
    'disbursement-booked',
    [transfer('supervised/cash', prepayment, 60_000n)],
    { 'supervised/cash': 60_000n },
    'again',
  ),
  step('return-received', [transfer('supervised/cash', returning, 6_000n)], {
    'supervised/cash': 66_000n,
    [returning]: -6_000n,
  }),
  step('return-excess', [transfer('supervised/cash', own, 50n)], { 'supervised/cash': 66_050n, [own]: -50n }),
  step('return-move-sent', [transfer(returning, toFund, 6_000n)], { [returning]: 0n, [toFund]: -6_000n }),
  step('return-move-failed', [transfer(toFund, returning, 6_000n)], { [returning]: -6_000n, [toFund]: 0n }),
  step('return-move-sent', [transfer(returning, toFund, 6_000n)], { [returning]: 0n, [toFund]: -6_000n }),
  step('return-move-booked', [transfer(toFund, 'supervised/cash', 6_000n)], {
    [toFund]: 0n,
    'supervised/cash': 60_050n,
  }),
  step('return-move-booked', [transfer(cash, vbp, 6_000n)], { [cash]: 66_000n, [vbp]: 54_000n }),
  step('return-move-returned', [transfer('supervised/cash', returning, 6_000n)], {
    'supervised/cash': 66_050n,
    [returning]: -6_000n,
  }),
  step('return-move-returned', [transfer(vbp, cash, 6_000n)], { [cash]: 60_000n, [vbp]: 60_000n }),
];

const SETTLEMENT: readonly Step[] = [
  step('top-up', [transfer('supervised/cash', own, 3_950n)], { 'supervised/cash': 70_000n, [own]: -4_000n }),
  {
    ...step('confirm', [transfer(prepayment, payable, 7_000n), transfer(own, payable, 1_000n)], {
      [prepayment]: -53_000n,
      [own]: -3_000n,
      [payable]: -8_000n,
    }),
    key: 'statement#1/confirm',
  },
  {
    ...step('confirm-reversal', [transfer(payable, prepayment, 7_000n), transfer(payable, own, 1_000n)], {
      [prepayment]: -60_000n,
      [own]: -4_000n,
      [payable]: 0n,
    }),
    key: 'statement#1/confirm-reversal',
  },
  step('confirm', [transfer(prepayment, payable, 7_000n), transfer(own, payable, 1_000n)], { [payable]: -8_000n }),
  step('payment-sent', [transfer(payable, toEnterprise, 8_000n)], { [payable]: 0n, [toEnterprise]: -8_000n }),
  step('payment-failed', [transfer(toEnterprise, payable, 8_000n)], { [payable]: -8_000n, [toEnterprise]: 0n }),
  step('payment-sent', [transfer(payable, toEnterprise, 8_000n)], { [payable]: 0n, [toEnterprise]: -8_000n }),
  step('payment-booked', [transfer(toEnterprise, 'supervised/cash', 8_000n)], {
    [toEnterprise]: 0n,
    'supervised/cash': 62_000n,
  }),
  step('payment-returned', [transfer('supervised/cash', payable, 8_000n)], {
    [payable]: -8_000n,
    'supervised/cash': 70_000n,
  }),
  step('payment-cancelled', [transfer(payable, prepayment, 7_000n), transfer(payable, own, 1_000n)], {
    [payable]: 0n,
    [prepayment]: -60_000n,
    [own]: -4_000n,
  }),
  step('return-from-unused', [transfer(prepayment, returning, 54_000n)], {
    [prepayment]: -6_000n,
    [returning]: -60_000n,
  }),
  step('prepayment-rest', [transfer(prepayment, own, 6_000n)], { [prepayment]: 0n, [own]: -10_000n }),
  step('suspense-received', [transfer('supervised/cash', 'supervised/suspense', 900n)], {
    'supervised/suspense': -900n,
    'supervised/cash': 70_900n,
  }),
  step(
    'suspense-resolved',
    [transfer('supervised/suspense', own, 300n), transfer('supervised/suspense', returning, 100n)],
    { 'supervised/suspense': -500n, [own]: -10_300n, [returning]: -60_100n },
  ),
  step(
    'suspense-resolved',
    [transfer('supervised/suspense', payable, 200n), transfer('supervised/suspense', 'supervised/cash', 300n)],
    { 'supervised/suspense': 0n, [payable]: -200n, 'supervised/cash': 70_600n },
  ),
];

const FUND: readonly Step[] = [
  step('preallocation-sent', [transfer(instant, transit, 5_000n)], { [instant]: 5_000n, [transit]: -5_000n }),
  step('preallocation-failed', [transfer(transit, instant, 5_000n)], { [instant]: 0n, [transit]: 0n }),
  step('preallocation-sent', [transfer(instant, transit, 5_000n)], { [instant]: 5_000n, [transit]: -5_000n }),
  step('preallocation-booked', [transfer(transit, cash, 5_000n)], { [transit]: 0n, [cash]: 55_000n }),
  step('preallocation-returned', [transfer(cash, instant, 5_000n)], { [cash]: 60_000n, [instant]: 0n }),
  step('preallocation-sent', [transfer(instant, transit, 5_000n)], { [instant]: 5_000n }),
  step('preallocation-booked', [transfer(transit, cash, 5_000n)], { [cash]: 55_000n }),
  step('settlement-offset', [transfer(benefit, instant, 4_000n)], { [benefit]: 4_000n, [instant]: 1_000n }),
  // Sent back between the preparation of a settlement and its release.
  step('preallocation-returned', [transfer(instant, benefit, 1_000n)], { [benefit]: 3_000n, [instant]: 2_000n }),
  step('settlement-offset', [transfer(benefit, instant, 1_000n)], { [benefit]: 4_000n, [instant]: 1_000n }),
  step('settlement-sent', [transfer(benefit, transit, 2_500n)], { [benefit]: 6_500n, [transit]: -2_500n }),
  step('settlement-failed', [transfer(transit, benefit, 2_500n)], { [benefit]: 4_000n, [transit]: 0n }),
  step('settlement-sent', [transfer(benefit, transit, 2_500n)], { [benefit]: 6_500n, [transit]: -2_500n }),
  step('settlement-booked', [transfer(transit, cash, 2_500n)], { [transit]: 0n, [cash]: 52_500n }),
  step('settlement-returned', [transfer(cash, benefit, 2_500n)], { [cash]: 55_000n, [benefit]: 4_000n }),
  step('hold', [transfer(held, contra, 1_200n)], { [held]: 1_200n, [contra]: -1_200n }),
  step('release-sent', [transfer(contra, held, 1_200n), transfer(benefit, transit, 1_200n)], {
    [held]: 0n,
    [contra]: 0n,
    [benefit]: 5_200n,
    [transit]: -1_200n,
  }),
  step('release-failed', [transfer(held, contra, 1_200n), transfer(transit, benefit, 1_200n)], {
    [held]: 1_200n,
    [contra]: -1_200n,
    [benefit]: 4_000n,
    [transit]: 0n,
  }),
  step('release-sent', [transfer(contra, held, 1_200n), transfer(benefit, transit, 1_200n)], {
    [held]: 0n,
    [transit]: -1_200n,
  }),
  step('release-booked', [transfer(transit, cash, 1_200n)], { [transit]: 0n, [cash]: 53_800n }),
  step('release-returned', [transfer(held, contra, 1_200n), transfer(cash, benefit, 1_200n)], {
    [held]: 1_200n,
    [cash]: 55_000n,
    [benefit]: 4_000n,
  }),
  step('instant-collected', [transfer(cash, instant, 600n)], { [cash]: 55_600n, [instant]: 400n }),
  step('suspense-received', [transfer(cash, 'fund/suspense', 700n)], { [cash]: 56_300n, 'fund/suspense': -700n }),
  step('suspense-resolved', [transfer('fund/suspense', instant, 400n), transfer('fund/suspense', cash, 300n)], {
    'fund/suspense': 0n,
    [instant]: 0n,
    [cash]: 56_000n,
  }),
];

const STEPS = [...PREPAYMENT, ...SETTLEMENT, ...FUND];

describe('every event of the ledger posts what the table of DESIGN 6 says', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it.each(STEPS.map((each, index) => [index + 1, each.event, each] as const))(
    'step %i, %s',
    async (index, event, { transfers, after, reference, key = `${event}/${index}` }) => {
      const result = await postJournals(database.app, '650500', [
        journal(key, event, transfers, { reference: reference! }),
      ]);
      expect(result.posted).toBe(1);
      const all = await nonZeroBalances(database.app);
      for (const [account, fen] of Object.entries(after)) expect([account, all[account] ?? 0n]).toEqual([account, fen]);
    },
  );

  it('leaves the balances that the steps add up to, and every invariant holds', async () => {
    expect(await nonZeroBalances(database.app)).toEqual({
      [cash]: 56_000n,
      'fund/fiscal-deposit/employee': 30_000n,
      'fund/opening/employee': -150_000n,
      [vbp]: 60_000n,
      [benefit]: 4_000n,
      [held]: 1_200n,
      [contra]: -1_200n,
      'supervised/cash': 70_600n,
      [own]: -10_300n,
      [returning]: -60_100n,
      [payable]: -200n,
    });
    expect((await verifyLedger(database.app)).filter((row) => !row.ok)).toEqual([]);
  });

  it('covers every event and every rule of the table', () => {
    const used = new Set(STEPS.flatMap((each) => each.transfers.map((t) => `${each.event} ${t.debit} ${t.credit}`)));
    const rules = Object.values(POSTING_RULES).flat().length;
    expect(new Set(STEPS.map((each) => each.event))).toEqual(new Set(Object.keys(POSTING_RULES)));
    expect(used.size).toBe(rules);
  });
});
