import { balanceOf } from '../../db/ledger';
import { loadPayments } from '../../db/payments';
import { verify } from '../../db/verify';
import { supervisedAccounts } from '../../domain/ledger';
import { refusalOf } from '../support/ledger';
import { REGION } from '../support/window';
import { BODY, paymentOf, raised, startWindowBatch, type WindowBatch } from '../support/window-batch';

// A payment that should not be in the batch: what four levels read does not change under them (新医保发〔2025〕50号 六(二)).

const OWN = supervisedAccounts.own(BODY);

let batch: WindowBatch;
beforeEach(async () => {
  batch = await startWindowBatch(['E0001', 'E0002']);
});
afterEach(() => batch.database.drop());

const own = (): Promise<bigint> => balanceOf(batch.database.app, REGION, OWN);
const broken = async (): Promise<string[]> =>
  (await verify(batch.database.app, REGION)).filter(({ ok }) => !ok).map(({ name }) => name);

it('leaves the batch when a level has rejected it: the next request is without it, and its lines are open again', async () => {
  const first = await raised(batch, 1);
  await batch.act('cancel', [paymentOf('E0001')], '2026-04-21');
  expect(await batch.states()).toEqual({ E0001: 'prepared', E0002: 'prepared' });
  expect(await batch.database.app('settle.alerts').pluck('kind')).toEqual(['payments-left-out']);
  await batch.decide(first, 'reject');
  const second = await raised(batch, 2, '2026-04-22');
  expect(second.contentSha256).not.toBe(first.contentSha256);
  expect(await batch.states()).toEqual({ E0001: 'cancelled', E0002: 'prepared' });
  // 1,000.00 of own money, and 100.00 of it for the other enterprise.
  expect(await own()).toBe(-90_000n);
  const open = await batch.database.app('settle.unsettled_lines').count('* as count').first<{ count: bigint }>();
  expect(Number(open.count)).toBe(1);
  await batch.decide(second);
  await batch.release(second);
  expect(await batch.states()).toEqual({ E0001: 'cancelled', E0002: 'released' });
  expect(await broken()).toEqual([]);
});

it('is paid where all four levels approve it all the same', async () => {
  const request = await raised(batch, 1);
  await batch.act('cancel', [paymentOf('E0001')], '2026-04-21');
  await batch.decide(request);
  await batch.release(request);
  expect(await batch.states()).toEqual({ E0001: 'released', E0002: 'released' });
});

it('is marked once, by an operator, and while it is prepared', async () => {
  await raised(batch, 1);
  await batch.act('cancel', [paymentOf('E0001')], '2026-04-21');
  await batch.act('cancel', [paymentOf('E0001')], '2026-04-21');
  const mark = (payment: string, person: string) =>
    refusalOf(
      batch.database.app('settle.left_out_payments').insert({
        payment_id: payment,
        person,
        reason: '示例',
        on_date: '2026-04-21',
        at_time: '14:00',
      }),
    );
  expect(await mark(paymentOf('E0002'), `${REGION}-cashier`)).toBe('OperatorRoleMissing');
  expect(await refusalOf(batch.database.owner('settle.left_out_payments').delete())).toBe('AppendOnly');
  const [payment] = await loadPayments(batch.database.app, { paymentIds: [paymentOf('E0001')] });
  expect(payment!.state).toBe('prepared');
});
