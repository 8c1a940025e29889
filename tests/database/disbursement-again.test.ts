import pino from 'pino';
import type { Bank, PaymentAnswer } from '../../activities/bank/port';
import { createApprovalActivities } from '../../activities/payments/approvals';
import { createBankActivities } from '../../activities/payments/bank-exchange';
import { createOperatorActivities } from '../../activities/payments/operator-actions';
import { createDisbursementActivities } from '../../activities/prepayment/disbursement';
import { createReturnActivities } from '../../activities/prepayment/returns';
import type { Prepared, RaisedRequest } from '../../activities/types';
import { postJournals } from '../../db/ledger';
import { loadPayments } from '../../db/payments';
import { loadReturns } from '../../db/prepayments';
import { saveCalendarYear } from '../../db/register';
import { verify } from '../../db/verify';
import { atPhase, Phase } from '../../domain/business-time';
import { plainDate } from '../../domain/plain-date';
import { recordReturn } from '../../operator/commands/record-return';
import { REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { raisedOf } from '../support/fund-desk';
import { journal, transfer } from '../support/ledger';
import { publishedYears } from '../support/published';
import { windowContext } from '../support/window';

// A prepayment that is prepared more than once, and what is returned of it (新医保发〔2025〕50号 四(一)).

const CASE = `prepayment/${REGION}/2026`;
const on = (date: string, phase = Phase.ApprovalsAndBank) => atPhase(plainDate(date), phase);

let database: TestDatabase;
/** What the bank says of a payment. */
let says: (paymentId: string) => Omit<PaymentAnswer, 'endToEndId'>;
const booked = (date: string) => ({ state: 'booked' as const, bookedOn: plainDate(date) });
const REFUSED = { state: 'rejected' as const, reason: 'AC04' };

beforeEach(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
  for (const year of publishedYears()) await saveCalendarYear(database.owner, year);
  const opened = ['employee', 'resident', 'employee-large'].map((pool) =>
    transfer(`fund/cash/${pool}`, `fund/opening/${pool}`, 10_000_000_000n),
  );
  await postJournals(database.app, REGION, [journal('opening', 'opening', opened)]);
});
afterEach(() => database.drop());

function dependencies() {
  const purposes = new Map<string, string>();
  const answer = (endToEndId: string) => ({
    ...says(purposes.get(endToEndId)!),
    bankReference: endToEndId,
    endToEndId,
  });
  const bank = {
    send: ({ messageId, instructions }: Parameters<Bank['send']>[0]) => {
      for (const { endToEndId, purpose } of instructions) purposes.set(endToEndId, purpose);
      return Promise.resolve({ messageId, answers: instructions.map(({ endToEndId }) => answer(endToEndId)) });
    },
  } as Bank;
  return { db: database.app, bank, log: pino({ level: 'silent' }), heartbeat: () => undefined };
}

const prepare = (date: string): Promise<Prepared> =>
  createDisbursementActivities(dependencies()).prepareDisbursement({ caseId: CASE, at: on(date), revision: 1 });
const open = () =>
  createDisbursementActivities(dependencies()).openDisbursement({
    caseId: CASE,
    at: on('2026-03-01'),
    region: REGION,
    year: 2026,
  });

async function decide(caseId: string, request: RaisedRequest, date: string, decision: 'approve' | 'reject') {
  const { requestId, contentSha256, levels } = request;
  for (const { level, role } of decision === 'reject' ? levels.slice(0, 1) : levels)
    await createApprovalActivities(dependencies()).recordDecision({
      caseId,
      at: on(date),
      decision: {
        requestId,
        level,
        person: `${REGION}-${role}`,
        decision,
        contentSha256,
        reason: '示例',
        payeesConfirmed: true,
      },
    });
}

async function payOut(caseId: string, request: RaisedRequest, date: string): Promise<void> {
  const { requestId, contentSha256 } = request;
  await decide(caseId, request, date, 'approve');
  const given = dependencies();
  const release = { requestId, person: `${REGION}-cashier`, contentSha256 };
  await createApprovalActivities(given).recordRelease({ caseId, at: on(date), release });
  await createBankActivities(given).sendReleasedPayments({ caseId, at: on(date) });
}

const act = (action: 'cancel' | 'correct', paymentIds: string[], date: string, account?: object) =>
  createOperatorActivities(dependencies()).applyOperatorAction({
    caseId: CASE,
    at: on(date),
    nextRevision: 2,
    operator: {
      actionId: `${action}-${date}`,
      action,
      paymentIds,
      person: `${REGION}-operator`,
      reason: '示例',
      ...(account ? { account } : {}),
    } as never,
  });

const executesWell = (institution: string, isSo: boolean) =>
  database.owner('settle.institutions').where({ region: REGION, institution }).update({ executes_well: isSo });
const live = async () =>
  (await loadPayments(database.app, { caseId: CASE })).filter(({ state }) => state !== 'cancelled');
const broken = async () => (await verify(database.app, REGION)).filter(({ ok }) => !ok);

/** One institution, prepaid from two pools. */
async function twoPools(): Promise<{ institution: string; resident: string }> {
  await open();
  const first = raisedOf(await prepare('2026-03-02'));
  const [payment, ...others] = await live();
  await decide(CASE, first, '2026-03-02', 'reject');
  const budget = (pool: string, fen: bigint) =>
    database.owner('settle.funds').where({ region: REGION, pool }).update({ prepayment_budget_fen: fen.toString() });
  await budget('employee', payment!.amountFen / 2n);
  await budget('resident', 9_000_000_000n);
  for (const { institution } of others)
    if (institution !== payment!.institution) await executesWell(institution!, false);
  await payOut(CASE, raisedOf(await prepare('2026-03-02')), '2026-03-02');
  const resident = (await live()).find(({ pool }) => pool === 'resident')!;
  return { institution: payment!.institution!, resident: resident.paymentId };
}

it('who was left out of one rejected preparation is in the next one again', async () => {
  await open();
  const first = raisedOf(await prepare('2026-03-02'));
  const before = await live();
  const { institution } = before[0]!;
  await decide(CASE, first, '2026-03-02', 'reject');
  await executesWell(institution!, false);
  const second = raisedOf(await prepare('2026-03-02'));
  expect((await live()).map((each) => each.institution)).not.toContain(institution);
  await decide(CASE, second, '2026-03-02', 'reject');
  await executesWell(institution!, true);
  says = () => booked('2026-03-03');
  await payOut(CASE, raisedOf(await prepare('2026-03-03')), '2026-03-03');
  const paid = (await live()).map((each) => [each.institution, each.pool, each.amountFen, each.state]);
  expect(paid).toEqual(before.map((each) => [each.institution, each.pool, each.amountFen, 'succeeded']));
  expect(await broken()).toEqual([]);
});

it('what an operator cancelled is not prepared anew with what is corrected', async () => {
  await open();
  says = () => REFUSED;
  await payOut(CASE, raisedOf(await prepare('2026-03-02')), '2026-03-02');
  const [kept, ...others] = await live();
  await act(
    'cancel',
    others.map(({ paymentId }) => paymentId),
    '2026-03-03',
  );
  const corrected = await act('correct', [kept!.paymentId], '2026-03-03', kept!.payee);
  await decide(CASE, raisedOf(corrected), '2026-03-03', 'reject');
  expect(raisedOf(await prepare('2026-03-04')).requestId).toBe(`${CASE}#3`);
  expect((await live()).map(({ paymentId, state }) => [paymentId, state])).toEqual([[kept!.paymentId, 'prepared']]);
});

it('a plan that a cancelled part fixes in May has no return that was due before', async () => {
  says = (paymentId) => (paymentId.includes('/resident') ? REFUSED : booked('2026-03-02'));
  const { institution, resident } = await twoPools();
  expect(await loadReturns(database.app, { region: REGION })).toEqual([]);
  await act('cancel', [resident], '2026-05-05');
  const plan = await loadReturns(database.app, { region: REGION });
  expect(plan.map(({ dueOn }) => dueOn)).toEqual(
    ['05', '06', '07', '08', '09', '10', '11'].map((month) => `2026-${month}-20`),
  );
  const employee = (await live()).find((each) => each.institution === institution)!;
  expect(plan.reduce((sum, { amountFen }) => sum + amountFen, 0n)).toBe(employee.amountFen);
});

it('a receipt that is recorded while the month-end move is being prepared is moved with the next one', async () => {
  says = () => booked('2026-03-02');
  const { institution } = await twoPools();
  const [april] = await loadReturns(database.app, { region: REGION });
  const receive = (receiptId: string, date: string, paidInFen: bigint) =>
    recordReturn(windowContext(database.app, date), {
      receiptId,
      region: REGION,
      institution,
      period: '2026-04',
      paidInFen,
      receivedOn: plainDate(date),
      person: institution,
    });
  await receive('R1', '2026-04-15', april!.amountFen - 100_000n);
  const returns = createReturnActivities(dependencies());
  const move = async (period: string, date: string) => {
    const caseId = `return/${REGION}/${period}`;
    await returns.openReturn({ caseId, at: on(`${period}-01`), region: REGION, period });
    return returns.prepareReturnMove({ caseId, at: on(date, Phase.FundMoves), revision: 1 });
  };
  // The preparation has read what came, and waits before it writes its payments.
  const blocker = await database.superuser.transaction();
  await blocker.raw('lock table settle.payments in share row exclusive mode');
  const moving = move('2026-04', '2026-04-30');
  await new Promise((done) => setTimeout(done, 300));
  await receive('R2', '2026-04-30', 100_000n);
  await blocker.rollback();
  const moved = async (period: string) =>
    (await loadPayments(database.app, { caseId: `return/${REGION}/${period}` })).reduce(
      (sum, { amountFen }) => sum + amountFen,
      0n,
    );
  const request = raisedOf(await moving);
  expect(await moved('2026-04')).toBe(april!.amountFen - 100_000n);
  says = () => booked('2026-04-30');
  await payOut(`return/${REGION}/2026-04`, request, '2026-04-30');
  await move('2026-05', '2026-05-29');
  expect(await moved('2026-05')).toBe(100_000n);
  expect(await broken()).toEqual([]);
});
