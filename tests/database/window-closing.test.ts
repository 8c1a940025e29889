import { randomUUID } from 'node:crypto';
import { verify } from '../../db/verify';
import { period } from '../../domain/plain-date';
import { confirm } from '../../operator/commands/confirm-statement';
import { disputeLines } from '../../operator/commands/dispute-lines';
import { withdrawStatement } from '../../operator/commands/withdraw-statement';
import { somebodyWaits } from '../support/database';
import { refusalOf } from '../support/ledger';
import { acceptLines, REGION, windowContext } from '../support/window';
import { BODY, raised, startWindowBatch, type WindowBatch } from '../support/window-batch';

// What an institution says on the last day counts until its window is closed: the batch pays what was agreed to, all of it and
// nothing else (新医保发〔2025〕50号 四(二)).

let batch: WindowBatch;
beforeEach(async () => {
  batch = await startWindowBatch(['E0001']);
});
afterEach(() => batch.database.drop());

const LAST_DAY = '2026-04-20';
const mine = { region: REGION, period: period('2026-04'), person: BODY };
const context = () => windowContext(batch.database.app, LAST_DAY);
const withdraw = () => withdrawStatement(context(), { ...mine, institution: BODY, reason: '示例' });
const agree = (updateId: string = randomUUID()) => confirm(context(), { ...mine, institutions: [BODY], updateId });
const dispute = () =>
  disputeLines(context(), { ...mine, institution: BODY, lines: ['L-E0002'], reason: '示例：未收到货' });
const broken = async (): Promise<string[]> =>
  (await verify(batch.database.app, REGION)).filter(({ ok }) => !ok).map(({ name }) => name);
const newLine = () =>
  acceptLines(batch.database.app, [{ line: 'L-E0002', body: BODY, enterprise: 'E0002', amountFen: 5_000n }]);

/** Begins while somebody else has the lines, and goes on when the window is closed and its batch is there. */
async function overtaken(work: () => Promise<unknown>): Promise<string> {
  const holder = await batch.database.app.transaction();
  await holder.raw('select settle.lock_lines(?)', [REGION]);
  const outcome = refusalOf(work());
  await somebodyWaits(batch.database.superuser);
  await batch.close('2026-04-21');
  await batch.prepare(1);
  await holder.commit();
  return outcome;
}

it.each([
  ['takes its statement back', withdraw],
  ['disputes a line', dispute],
])('who %s and waits until the window is closed comes too late', async (_, work) => {
  await newLine();
  expect(await overtaken(work)).toBe('OutsideWindow');
  expect(await batch.states()).toEqual({ E0001: 'prepared' });
  const states = await batch.database.app('settle.line_states').orderBy('line').pluck('state');
  expect(states).toEqual(['settled', 'open']);
  const outcomes = await batch.database.app('settle.decision_outcomes').orderBy('attempt_id').pluck('outcome');
  expect(outcomes.at(-1)).toBe('OutsideWindow');
  expect(await broken()).toEqual([]);
});

it('who agrees and waits until the window is closed comes too late: nothing is agreed to that no batch pays', async () => {
  await withdraw();
  expect(await overtaken(agree)).toBe('OutsideWindow');
  expect(await batch.database.app('settle.line_states').pluck('state')).toEqual(['open']);
  expect(await batch.states()).toEqual({});
  expect(await broken()).toEqual([]);
});

it('what was agreed to before is answered again after the closing, and is paid', async () => {
  await withdraw();
  const key = randomUUID();
  const first = await agree(key);
  await batch.close('2026-04-21');
  expect(await agree(key)).toMatchObject([{ outcome: 'confirmed', again: true, netFen: 10_000n }]);
  expect(first).toMatchObject([{ outcome: 'confirmed', netFen: 10_000n }]);
  expect(await refusalOf(agree())).toBe('OutsideWindow');
  await raised(batch, 1);
  expect(await batch.states()).toEqual({ E0001: 'prepared' });
});

describe('a statement with a payment in a batch', () => {
  const reversal = `select ledger.post('${REGION}', '{supervised}', '{statement/${REGION}/2026-04/${BODY}#1/confirm-reversal}', '{2026-04-21}',
     '{confirm-reversal}', '{r}', '{window/${REGION}/2026-04}', '{1}', '{xinjiang-2025-50}', '{1}', '{${'a'.repeat(64)}}', '{1}',
     '{supervised/payable/${BODY}/E0001}', '{supervised/ledger/${BODY}/own}', '{10000}')`;
  /** By raw SQL, with its money. */
  const takeBack = (): Promise<unknown> =>
    batch.database.app.transaction(async (trx) => {
      await trx.raw(reversal);
      await trx('settle.statements').where({ revision: 1 }).update({ reversed_on: '2026-04-21' });
    });

  it('is not taken back, whatever becomes of the payment: PaymentStateInvalid', async () => {
    const refused = (state: string) =>
      expect(takeBack()).rejects.toThrow(
        `statement/${REGION}/2026-04/${BODY}#1 is not taken back: its payment to E0001 is ${state}`,
      );
    const request = await raised(batch, 1);
    await refused('prepared');
    await batch.decide(request);
    await batch.release(request);
    await refused('released');
    await batch.send('2026-04-21');
    await refused('failed');
    expect(await broken()).toEqual([]);
  });

  it('is taken back while there is none', async () => {
    await takeBack();
    expect(await broken()).toEqual([]);
  });
});
