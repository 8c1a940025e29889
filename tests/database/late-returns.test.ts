import { closeCase } from '../../db/cases';
import { loadReceivables } from '../../db/documents/financing';
import { monthFigures } from '../../db/documents/months';
import { balanceOf } from '../../db/ledger';
import { loadPayments } from '../../db/payments';
import { verify } from '../../db/verify';
import type { Bank, PaymentAnswer } from '../../activities/bank/port';
import { createBankActivities } from '../../activities/payments/bank-exchange';
import { period, plainDate, type PlainDate } from '../../domain/plain-date';
import { supervisedAccounts } from '../../domain/ledger';
import { confirm } from '../../operator/commands/confirm-statement';
import { actOnSelected, checkPaymentAction, selectPayments } from '../../operator/commands/payment-actions';
import { REGION, windowContext } from '../support/window';
import { BODY, CASE, day, paymentOf, raised, startWindowBatch, type WindowBatch } from '../support/window-batch';

// A bank gives money back after the window's case has ended (DESIGN 5.4): the supplier is owed again, and paid by the next window.

const FAILING = paymentOf('E0001');
const [CASH, OWN] = [supervisedAccounts.cash(), supervisedAccounts.own(BODY)];

let batch: WindowBatch;
/** What the bank says when it is asked. */
let says: Omit<PaymentAnswer, 'endToEndId'>;

beforeEach(async () => {
  batch = await startWindowBatch(['E0001', 'E0002']);
  says = { state: 'booked', bookedOn: plainDate('2026-04-21'), bankReference: 'B-1' };
  let failing: string | undefined;
  const told = (endToEndIds: readonly string[]) =>
    endToEndIds.map((endToEndId): PaymentAnswer => {
      failing ??= endToEndId;
      const paid = { state: 'booked' as const, bookedOn: plainDate('2026-04-21'), bankReference: `B-${endToEndId}` };
      return { endToEndId, ...(endToEndId === failing ? says : paid) };
    });
  batch.bank.send = ({ messageId, instructions }) =>
    Promise.resolve({ messageId, answers: told(instructions.map(({ endToEndId }) => endToEndId)) });
  batch.bank.ask = ({ payments }) => Promise.resolve(told(payments.map(({ endToEndId }) => endToEndId)));
  const request = await raised(batch, 1);
  await batch.decide(request);
  await batch.release(request);
  await batch.send('2026-04-21');
  await closeCase(batch.database.app, { caseId: CASE, state: 'paid', at: day('2026-04-22') });
});
afterEach(() => batch.database.drop());

const context = (on: string) => ({
  ...windowContext(batch.database.app, on),
  connectBank: () => batch.bank as Bank,
});

async function act(action: 'ask' | 'cancel' | 'retry', on: string, person = `${REGION}-operator`): Promise<string> {
  const payments = await selectPayments(batch.database.app, action, { paymentIds: [FAILING] });
  const command = { action, payments, person, reason: '示例：收款账户已销户' };
  await checkPaymentAction(context(on), command);
  return (await actOnSelected(context(on), command))[0]!.next!;
}

const stateOf = async (paymentId: string): Promise<string> =>
  (await loadPayments(batch.database.app, { paymentIds: [paymentId] }))[0]!.state;
const balance = (account: string): Promise<bigint> => balanceOf(batch.database.app, REGION, account);
const broken = async (): Promise<string[]> =>
  (await verify(batch.database.app, REGION)).filter(({ ok }) => !ok).map(({ name }) => name);
const returnedOn = (date: PlainDate): void => {
  says = { ...says, state: 'returned', returnedOn: date, reasonCode: 'AC04' };
};

it('is found by asking, booked on the bank’s day, and paid by the next window when it is cancelled', async () => {
  // 1,000.00 of own money, of which 200.00 was paid.
  expect([await balance(CASH), await balance(OWN)]).toEqual([80_000n, -80_000n]);
  expect(await act('ask', '2026-04-27')).toBe('nothing: the bank has given nothing back');
  returnedOn(plainDate('2026-04-27'));
  expect(await act('ask', '2026-04-28')).toMatch(/^1 came back/);
  expect([await stateOf(FAILING), await stateOf(paymentOf('E0002'))]).toEqual(['returned', 'succeeded']);
  expect(await balance(CASH)).toBe(90_000n);
  expect(await broken()).toEqual([]);

  await act('cancel', '2026-04-28');
  expect(await stateOf(FAILING)).toBe('cancelled');
  // The advance of the year is not there: all of it was own money and is again.
  expect(await balance(OWN)).toBe(-90_000n);
  const { app } = batch.database;
  await confirm(context('2026-05-10'), { region: REGION, period: period('2026-05') });
  const parts = await app('settle.statement_enterprises')
    .where({ period: '2026-05' })
    .select<object[]>('institution', 'enterprise', 'net_fen');
  expect(parts).toEqual([{ institution: BODY, enterprise: 'E0001', net_fen: 10_000n }]);
  expect(await balance(OWN)).toBe(-80_000n);
  expect(await broken()).toEqual([]);
});

it('changes nothing where the same is done twice', async () => {
  returnedOn(plainDate('2026-04-27'));
  await act('ask', '2026-04-28');
  const { db, log } = { ...context('2026-04-28'), db: batch.database.app };
  const bank = createBankActivities({ db, bank: batch.bank as Bank, log, heartbeat: () => undefined });
  expect((await bank.askBank({ caseId: CASE, at: day('2026-04-28') })).counts.returned).toBe(1);
  expect(await balance(CASH)).toBe(90_000n);
  await act('cancel', '2026-04-28');
  await expect(act('cancel', '2026-04-29')).rejects.toMatchObject({ code: 'PaymentStateInvalid' });
  expect(await balance(OWN)).toBe(-90_000n);
});

it('is not sent again by a case that nobody follows any more, and not by somebody else', async () => {
  returnedOn(plainDate('2026-04-27'));
  await act('ask', '2026-04-28');
  await expect(act('retry', '2026-04-28')).rejects.toMatchObject({ code: 'CaseClosed' });
  await expect(act('cancel', '2026-04-28', `${REGION}-cashier`)).rejects.toMatchObject({ code: 'OperatorRoleMissing' });
  await expect(act('ask', '2026-04-28', 'nobody')).rejects.toMatchObject({ code: 'PersonUnknown' });
  expect(await stateOf(FAILING)).toBe('returned');
});

it('is not booked while the bank says that it has paid', async () => {
  await act('ask', '2026-04-28');
  await expect(act('cancel', '2026-04-28')).rejects.toMatchObject({ code: 'PaymentStateInvalid' });
  expect(await stateOf(FAILING)).toBe('succeeded');
});

it('stands in the stage report as not paid, as does what has no payment at all', async () => {
  const { app } = batch.database;
  const unpaid = async (): Promise<[bigint, bigint]> => {
    const { paidFen, unpaidFen } = await monthFigures(app, REGION, period('2026-04'), plainDate('2026-05-11'));
    return [paidFen, unpaidFen];
  };
  // Two payments of 100.00 each.
  expect(await unpaid()).toEqual([20_000n, 0n]);
  returnedOn(plainDate('2026-04-27'));
  await act('ask', '2026-04-28');
  expect(await unpaid()).toEqual([10_000n, 10_000n]);
  await act('cancel', '2026-04-28');
  expect(await unpaid()).toEqual([10_000n, 0n]);
  // The next window's statement, before its batch is prepared.
  await confirm(context('2026-05-10'), { region: REGION, period: period('2026-05') });
  expect(await monthFigures(app, REGION, period('2026-05'), plainDate('2026-05-11'))).toMatchObject({
    paidFen: 0n,
    unpaidFen: 10_000n,
  });
});

it('is owed to its supplier on the days on which it was not paid, whatever came later', async () => {
  const owed = async (on: string): Promise<string[]> =>
    (await loadReceivables(batch.database.app, REGION, 'E0001', plainDate(on))).map(
      ({ amountFen, paymentState }) => `${amountFen} ${paymentState}`,
    );
  returnedOn(plainDate('2026-04-27'));
  await act('ask', '2026-04-28');
  // Confirmed on the 10th, paid on the 21st, known to be back on the 28th.
  expect(await owed('2026-04-09')).toEqual([]);
  expect(await owed('2026-04-20')).toEqual(['10000 confirmed']);
  expect(await owed('2026-04-22')).toEqual([]);
  expect(await owed('2026-04-28')).toEqual(['10000 returned']);
  await act('cancel', '2026-04-29');
  expect(await owed('2026-04-28')).toEqual(['10000 returned']);
  expect(await owed('2026-04-29')).toEqual([]);
});
