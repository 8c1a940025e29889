import { Phase } from '../../domain/business-time';
import { confirmTransfer, refuseTransfer } from '../../operator/commands/confirm-transfer';
import { release } from '../../operator/commands/decisions';
import { endowFund, fundRegionOf, startFund } from '../support/fund-stage';
import { refusalOf } from '../support/ledger';
import { startTestStage, type TestStage } from '../support/stage';

// A transfer from the fiscal deposit that the finance department refuses first (宿迁 2025-06-13 四), on a real stage.

const CODE = '321741';

let play: TestStage;
beforeAll(async () => {
  play = await startTestStage([fundRegionOf(CODE, { cashFen: 1_000_000n, depositFen: 100_000_000n })]);
}, 120_000);
afterAll(() => play.stop());

it('is over when it is refused, and raised, confirmed and paid on the next working day', async () => {
  // 1,200,000.00 × 30 % ÷ 12 = 30,000.00, of which 10,000.00 are in the account.
  await endowFund(play.stage.owner, CODE, [{ amountFen: 120_000_000n }]);
  const caseId = await startFund(play, CODE, '2026-01');
  await play.goTo(caseId, '2026-01-04', Phase.ApprovalsAndBank);
  const [first, person] = [await play.request(caseId), `${CODE}-treasury`];
  expect(first).toMatchObject({ subject: 'fiscal transfer', amountFen: 2_000_000n });
  const refuse = (command: object = {}) =>
    refuseTransfer(play.context, { requestId: first.requestId, person, reason: '示例：专户余额另有安排', ...command });
  expect(await refusalOf(refuse())).toBe('ApprovalIncomplete');
  await play.approve(caseId);
  expect(await refusalOf(refuse({ reason: ' ' }))).toBe('ReasonMissing');
  expect(await refusalOf(refuse({ person: `${CODE}-cashier` }))).toBe('ApprovalRoleMissing');
  expect(await refuse({ dryRun: true })).toEqual({ state: 'approved', next: 'refused' });
  expect(await refuse({ updateId: 'once' })).toEqual({
    state: 'refused',
    next: 'prepared again on the next working day',
  });
  expect(await refuse({ updateId: 'once' })).toMatchObject({ state: 'refused' });
  await play.settle(caseId);
  expect(await refusalOf(release(play.context, { requestId: first.requestId, person: `${CODE}-cashier` }))).toBe(
    'ApprovalNotOpen',
  );

  await play.goTo(caseId, '2026-01-05', Phase.ApprovalsAndBank);
  const second = await play.request(caseId);
  expect(second).toMatchObject({ subject: 'fiscal transfer', amountFen: 2_000_000n, revision: 2 });
  await play.approve(caseId);
  const confirm = (evidence: string) =>
    confirmTransfer(play.context, { requestId: second.requestId, person, evidence });
  await confirm('示例拨款凭证1号');
  expect(await refusalOf(confirm('示例拨款凭证2号'))).toBe('ApprovalNotOpen');
  await release(play.context, { requestId: second.requestId, person: `${CODE}-cashier` });
  await play.settle(caseId);
  expect(await play.request(caseId)).toMatchObject({ subject: 'pre-allocation', amountFen: 3_000_000n });
  await play.approveAndRelease(caseId);
  const paid = (await play.payments(caseId)).map(({ state, amountFen, paidOn }) => [state, amountFen, paidOn]);
  expect(paid).toEqual([
    ['succeeded', 3_000_000n, '2026-01-05'],
    ['cancelled', 2_000_000n, null],
    ['succeeded', 2_000_000n, '2026-01-05'],
  ]);
}, 180_000);
