import pino from 'pino';
import type { Bank } from '../../activities/bank/port';
import { createFundActivities } from '../../activities/fund';
import { createApprovalActivities } from '../../activities/payments/approvals';
import { createBankActivities } from '../../activities/payments/bank-exchange';
import { createDisbursementActivities } from '../../activities/prepayment/disbursement';
import { createReturnActivities } from '../../activities/prepayment/returns';
import type { Prepared, RaisedRequest } from '../../activities/types';
import { postJournals } from '../../db/ledger';
import { saveCalendarYear, savePolicy } from '../../db/register';
import { atPhase, Phase, type BusinessMoment } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import { period, plainDate } from '../../domain/plain-date';
import { recordReturn } from '../../operator/commands/record-return';
import { REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { openFundRegion } from '../support/fund-stage';
import { journal, transfer } from '../support/ledger';
import { publishedPolicy, publishedYears } from '../support/published';
import { windowContext } from '../support/window';

// A case that begins again counts its requests from one: what was decided under a number stays decided (DESIGN 5.3, 7).

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
  const pools = ['employee', 'resident', 'employee-large'];
  await postJournals(database.app, REGION, [
    journal(
      '示例/opening',
      'opening',
      pools.map((pool) => transfer(`fund/cash/${pool}`, `fund/opening/${pool}`, 10_000_000_000n)),
    ),
  ]);
});
afterEach(() => database.drop());

const on = (date: string): BusinessMoment => atPhase(plainDate(date), Phase.ApprovalsAndBank);

/** A bank that books whatever it is sent, on that day. */
function bookingBank(date: string): Bank {
  const booked: { endToEndId: string }[] = [];
  return {
    send: ({ messageId, instructions }) => {
      booked.push(...instructions);
      const answers = instructions.map(({ endToEndId }) => ({ endToEndId, state: 'accepted' as const }));
      return Promise.resolve({ messageId, answers });
    },
    ask: () =>
      Promise.resolve(
        booked.map(({ endToEndId }) => ({
          endToEndId,
          state: 'booked' as const,
          bookedOn: plainDate(date),
          bankReference: `示例/${endToEndId}`,
        })),
      ),
    statement: () => Promise.reject(new Error('nobody asks for statements here')),
  };
}

const dependenciesOn = (date: string) => ({
  db: database.app,
  bank: bookingBank(date),
  log: pino({ level: 'silent' }),
  heartbeat: () => undefined,
});

async function decide(
  caseId: string,
  request: RaisedRequest,
  date: string,
  decision: 'approve' | 'reject',
): Promise<void> {
  const { recordDecision } = createApprovalActivities(dependenciesOn(date));
  const { requestId, contentSha256, levels } = request;
  for (const { level, role } of decision === 'reject' ? levels.slice(0, 1) : levels)
    await recordDecision({
      caseId,
      at: on(date),
      decision: {
        requestId,
        level,
        person: `${caseId.split('/')[1]}-${role}`,
        decision,
        contentSha256,
        reason: '示例',
        payeesConfirmed: true,
      },
    });
}

async function release(caseId: string, { requestId, contentSha256 }: RaisedRequest, date: string): Promise<void> {
  await createApprovalActivities(dependenciesOn(date)).recordRelease({
    caseId,
    at: on(date),
    release: { requestId, person: `${caseId.split('/')[1]}-cashier`, contentSha256 },
  });
}

/** Rejected, begun again, released, begun again: no request that is over is handed out. */
async function rejectedAndReleased(caseId: string, date: string, prepare: () => Promise<Prepared>): Promise<void> {
  const first = (await prepare()) as RaisedRequest;
  expect(first).toMatchObject({ requestId: `${caseId}#1`, revision: 1 });
  expect(await prepare()).toEqual(first);
  await decide(caseId, first, date, 'reject');
  const second = (await prepare()) as RaisedRequest;
  expect(second).toMatchObject({ requestId: `${caseId}#2`, revision: 2 });
  expect(second).not.toHaveProperty('decisions');
  await decide(caseId, second, date, 'approve');
  // It waits for the cashier, and is handed out with what was decided.
  expect(await prepare()).toMatchObject({
    requestId: `${caseId}#2`,
    decisions: second.levels.map(({ level }) => ({ level })),
  });
  await release(caseId, second, date);
  expect(await prepare()).toEqual({ paymentsUnderWay: true });
}

/** The prepayment of 2026 as far as its release on 2 March. */
async function disburse(): Promise<void> {
  const caseId = `prepayment/${REGION}/2026`;
  const steps = createDisbursementActivities(dependenciesOn('2026-03-02'));
  await steps.openDisbursement({ caseId, at: on('2026-03-01'), region: REGION, year: 2026 });
  // The case itself asks for number one whenever it begins.
  await rejectedAndReleased(caseId, '2026-03-02', () =>
    steps.prepareDisbursement({ caseId, at: on('2026-03-02'), revision: 1 }),
  );
}

it('a prepayment that begins again raises the next number, and nothing over what was released', disburse);

it('so does the move of returns to the fund account', async () => {
  await disburse();
  const caseId = `prepayment/${REGION}/2026`;
  const bank = createBankActivities(dependenciesOn('2026-03-02'));
  await bank.sendReleasedPayments({ caseId, at: on('2026-03-02') });
  await bank.askBank({ caseId, at: on('2026-03-02') });
  const due = await database.app('settle.return_plan').where({ period: '2026-04' }).orderBy('institution').first();
  await recordReturn(windowContext(database.app, '2026-04-15'), {
    receiptId: 'R1',
    region: REGION,
    institution: due.institution,
    period: '2026-04',
    paidInFen: due.amount_fen,
    receivedOn: plainDate('2026-04-15'),
    person: due.institution,
  });
  const moveId = `return/${REGION}/2026-04`;
  const steps = createReturnActivities(dependenciesOn('2026-04-30'));
  await steps.openReturn({ caseId: moveId, at: on('2026-04-01'), region: REGION, period: '2026-04' });
  await rejectedAndReleased(moveId, '2026-04-30', () =>
    steps.prepareReturnMove({ caseId: moveId, at: on('2026-04-30'), revision: 1 }),
  );
});

it('so does a month’s pre-allocation', async () => {
  const code = '321800';
  await savePolicy(database.owner, publishedPolicy('suqian-2025'));
  await openFundRegion(database, code);
  const fund = createFundActivities(dependenciesOn('2026-01-04'));
  const caseId = caseIds.fund(code, period('2026-01'));
  await fund.openFund({ caseId, at: on('2026-01-01'), region: code, period: '2026-01' });
  await rejectedAndReleased(caseId, '2026-01-04', () =>
    fund.prepareFund({ caseId, at: on('2026-01-04'), revision: 1, stage: 'preallocation' }),
  );
});
