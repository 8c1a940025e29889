import { BankUnreachable } from '../../activities/bank/port';
import { statusOf } from '../../activities/payments/payment-status';
import { verify } from '../../db/verify';
import { changePayments, loadPayments } from '../../db/payments';
import { reopenStatementParts } from '../../db/statement-reversal';
import { plainDate } from '../../domain/plain-date';
import { writeByHand } from '../support/by-hand';
import { refusalOf } from '../support/ledger';
import { CASE, day, paymentOf, raised, startFailed, startWindowBatch, type WindowBatch } from '../support/window-batch';
import { REGION } from '../support/window';

// Requests over a window's payments: none of them loses a payment whose money is reserved (DESIGN 5.3, 5.4).

let batch: WindowBatch;
afterEach(() => batch.database.drop());

const broken = async (): Promise<string[]> =>
  (await verify(batch.database.app, REGION)).filter(({ ok }) => !ok).map(({ name }) => name);

describe('a correction whose request was rejected', () => {
  beforeEach(async () => {
    batch = await startFailed(['E0001', 'E0002']);
    expect(await batch.states()).toEqual({ E0001: 'failed', E0002: 'failed' });
    const second = (await batch.act('correct', [paymentOf('E0001')], '2026-04-22', 2))!;
    await batch.decide(second, 'reject');
  });

  it('is not left out by the correction of another payment', async () => {
    const other = batch.act('correct', [paymentOf('E0002')], '2026-04-22', 3);
    await expect(other).rejects.toThrow(`${paymentOf('E0001')} waits for approval`);
    expect(await batch.states()).toEqual({ E0001: 'prepared', E0002: 'failed' });
    expect(await broken()).toEqual([]);
    // What was prepared again is decided first; after that the other one's turn has come.
    const third = await raised(batch, 3, '2026-04-22');
    expect(third.requestId).toMatch(/#3$/);
    await batch.decide(third);
    await batch.release(third);
    expect(await batch.states()).toEqual({ E0001: 'released', E0002: 'failed' });
  });
});

describe('an enterprise that is suspended', () => {
  const suspend = async (from: string): Promise<void> => {
    const { superuser } = batch.database;
    await superuser.transaction(async (trx) => {
      // As an officer's finding and the deadline leave it; how it comes to that is not in question here.
      await trx.raw('set local session_replication_role = replica');
      await trx('settle.enterprise_cases').insert({
        case_id: 'enterprise/E0001/interview/2026-03',
        region: REGION,
        enterprise: 'E0001',
        kind: 'interview',
        period: '2026-03',
        opened_on: '2026-04-01',
        deadline: '2026-04-15',
        refused_on: '2026-04-15',
        suspended_from: from,
      });
    });
  };
  const performs = (on: string) =>
    batch.database.superuser.transaction(async (trx) => {
      await trx.raw('set local session_replication_role = replica');
      await trx('settle.enterprise_cases').update({ performed_on: on });
    });

  it('is not sent again what the bank refused before, and is when it has performed', async () => {
    batch = await startFailed(['E0001', 'E0002']);
    await suspend('2026-04-22');
    const retry = (on: string) => batch.act('retry', [paymentOf('E0001'), paymentOf('E0002')], on);
    expect(await refusalOf(retry('2026-04-22'))).toBe('PayeeSuspended');
    expect(await batch.states()).toEqual({ E0001: 'failed', E0002: 'failed' });
    await batch.act('retry', [paymentOf('E0002')], '2026-04-22');
    await performs('2026-04-24');
    await batch.act('retry', [paymentOf('E0001')], '2026-04-24');
    expect(await batch.states()).toEqual({ E0001: 'released', E0002: 'released' });
  });

  it('gets nothing of a message that the bank did not take before, and the other payments leave', async () => {
    batch = await startWindowBatch(['E0001', 'E0002']);
    const { send } = batch.bank;
    batch.bank.send = () => Promise.reject(new BankUnreachable('示例'));
    const request = await raised(batch, 1);
    await batch.decide(request);
    await batch.release(request);
    await batch.send('2026-04-21');
    expect(await batch.states()).toEqual({ E0001: 'sent', E0002: 'sent' });

    await suspend('2026-04-22');
    const left: string[][] = [];
    batch.bank.send = (message) => {
      left.push(message.instructions.map(({ purpose }) => purpose));
      return send(message);
    };
    await batch.send('2026-04-22');
    expect(left).toEqual([[paymentOf('E0002')]]);
    expect(await batch.states()).toEqual({ E0001: 'held', E0002: 'failed' });
    expect(await broken()).toEqual([]);

    // With the run of May it leaves under the same approval, in a message of its own.
    await performs('2026-05-06');
    await batch.resume('2026-05-21');
    await batch.send('2026-05-21');
    expect(left).toEqual([[paymentOf('E0002')], [paymentOf('E0001')]]);
    expect(await broken()).toEqual([]);
  });

  it('gets nothing by raw SQL either', async () => {
    batch = await startFailed(['E0001']);
    await suspend('2026-04-22');
    const change = { to: 'released', at: day('2026-04-22'), actor: `${REGION}-operator`, reason: '示例' } as const;
    expect(await refusalOf(changePayments(batch.database.app, [paymentOf('E0001')], change))).toBe('PayeeSuspended');
  });
});

describe('a window that begins again after a refusal', () => {
  it('takes the number after the last one that was decided', async () => {
    batch = await startWindowBatch(['E0001']);
    await batch.decide(await raised(batch, 1), 'reject');
    const again = await raised(batch, 1);
    expect(again).toMatchObject({ requestId: `${CASE}#2`, revision: 2 });
    expect(again).not.toHaveProperty('decisions');
    // The step repeated gives what it raised.
    expect(await batch.prepare(2)).toEqual(again);
    await batch.decide(again);
    await batch.release(again);
    expect(await batch.states()).toEqual({ E0001: 'released' });
  });

  it('goes on with the request that waits, and with what was decided on it', async () => {
    batch = await startWindowBatch(['E0001']);
    const request = await raised(batch, 1);
    await batch.decide({ ...request, levels: request.levels.slice(0, 2) });
    expect(await batch.prepare(1)).toMatchObject({
      requestId: request.requestId,
      decisions: [{ person: `${REGION}-officer` }, { person: `${REGION}-business-head` }],
    });
  });

  it('follows what was released before, and raises nothing over it', async () => {
    batch = await startFailed(['E0001']);
    expect(await batch.prepare(1)).toEqual({ paymentsUnderWay: true });
    const corrected = await batch.act('correct', [paymentOf('E0001')], '2026-04-22', 1);
    expect(corrected).toMatchObject({ requestId: `${CASE}#2` });
  });
});

describe('payments that are held', () => {
  const resumesOn = async (date: string, time: string): Promise<string | undefined> =>
    (await statusOf(batch.database.app, CASE, { date: plainDate(date), time })).resumeHeldOn;

  it('are looked at on the batch day of this month, at 14:00, or of the next', async () => {
    batch = await startFailed(['E0001']);
    const change = { to: 'held', at: day('2026-04-22'), actor: 'engine', reason: '示例' } as const;
    await changePayments(batch.database.app, [paymentOf('E0001')], change);
    // 2026-11-23 is the Monday after the 20th, a Friday; 2026-12-21 the Monday after a Sunday.
    expect(await resumesOn('2026-11-22', '18:00')).toBe('2026-11-23');
    expect(await resumesOn('2026-11-23', '10:00')).toBe('2026-11-23');
    expect(await resumesOn('2026-11-23', '14:00')).toBe('2026-12-21');
    // The calendar of 2027 is not published; December's own run is.
    expect(await resumesOn('2026-12-01', '14:00')).toBe('2026-12-21');
    const after = await statusOf(batch.database.app, CASE, day('2026-12-21'));
    expect(after.resumeHeldOn).toBeUndefined();
    expect(after.askAgainOn).toBe('2027-01-01');
  });
});

describe('an action on payments', () => {
  it('that names one twice is done once', async () => {
    batch = await startFailed(['E0001']);
    await batch.act('cancel', [paymentOf('E0001'), paymentOf('E0001')], '2026-04-22');
    expect(await batch.states()).toEqual({ E0001: 'cancelled' });
    expect(await broken()).toEqual([]);
  });
});

describe('a payment that is cancelled without its part', () => {
  it('is refused by the database, as is the part without the payment', async () => {
    batch = await startFailed(['E0001']);
    const change = { to: 'cancelled', at: day('2026-04-22'), actor: `${REGION}-operator`, reason: '示例' } as const;
    const { app } = batch.database;
    await expect(app.transaction((trx) => changePayments(trx, [paymentOf('E0001')], change))).rejects.toThrow(
      `${paymentOf('E0001')} is cancelled, and its part of the statement is not`,
    );
    const [payment] = await loadPayments(app, { paymentIds: [paymentOf('E0001')] });
    await expect(app.transaction((trx) => reopenStatementParts(trx, [payment!], day('2026-04-22')))).rejects.toThrow(
      `${paymentOf('E0001')} is not cancelled: its part of the statement stays`,
    );
    expect(await batch.states()).toEqual({ E0001: 'failed' });
    expect(await broken()).toEqual([]);
  });

  it('is found', async () => {
    batch = await startFailed(['E0001']);
    await writeByHand(batch.database.owner, 'settle.payments', (trx) =>
      trx('settle.payments').update({ state: 'cancelled' }),
    );
    expect(await broken()).toContain('a payment is cancelled with its part of the statement');
  });

  it('is not dropped by a request that leaves it out either', async () => {
    batch = await startFailed(['E0001', 'E0002']);
    const second = (await batch.act('correct', [paymentOf('E0001')], '2026-04-22', 2))!;
    await batch.decide(second, 'reject');
    await writeByHand(batch.database.owner, 'settle.statement_enterprises', (trx) =>
      trx('settle.statement_enterprises').where({ enterprise: 'E0001' }).update({ cancelled_on: '2026-04-22' }),
    );
    expect(await refusalOf(batch.prepare(3, '2026-04-22'))).toBe('PaymentStateInvalid');
    expect(await batch.states()).toEqual({ E0001: 'prepared', E0002: 'failed' });
  });
});
