import { Phase } from '../../domain/business-time';
import { exampleStaff } from '../../domain/region';
import { plainDate } from '../../domain/plain-date';
import { decide, release, type DecideCommand } from '../../operator/commands/decisions';
import type { DecisionResult } from '../../workflows/messages';
import { caseViewQuery, decideUpdate, releaseUpdate } from '../../workflows/messages';
import { refusalOfAsync } from '../support/refusal';
import { personOf, regionOf, startTestStage, type TestStage } from '../support/stage';

// The rules of approval through the commands that people use: a real Temporal server, worker and database
// (新医保发〔2025〕50号 六(二); DESIGN 5.3). What raw SQL is refused is in tests/database/approvals.test.ts.

const ORDERLY = '650111';
const REJECTED = '650112';
const IMPATIENT = '650113';
const staffOf = (code: string) => [
  ...exampleStaff(code),
  { person: `${code}-three-hats`, name: '示例三职', roles: ['officer', 'business-head', 'cashier'] as const },
  { person: `${code}-former`, name: '示例前经办', roles: ['officer', 'cashier'] as const, to: plainDate('2026-03-01') },
];
const hospital = (code: string) => [{ institution: `H${code}00001`, baseFen: 200_000n }];

let play: TestStage;
const cases: Record<string, string> = {};
beforeAll(async () => {
  const codes = [ORDERLY, REJECTED, IMPATIENT];
  play = await startTestStage(codes.map((code) => regionOf(code, hospital(code), { staff: staffOf(code) })));
  for (const code of codes) {
    const caseId = await play.startPrepayment(code);
    await play.goTo(caseId, '2026-03-02', Phase.ApprovalsAndBank);
    cases[code] = caseId;
  }
}, 120_000);
afterAll(() => play?.stop());

interface AttemptRow {
  person: string;
  action: string;
  level: string | null;
  outcome: string;
}

async function attempts(caseId: string): Promise<AttemptRow[]> {
  return play.context
    .db('settle.decision_attempts as a')
    .join('settle.decision_outcomes as o', 'o.attempt_id', 'a.attempt_id')
    .where('a.case_id', caseId)
    .orderBy('a.attempt_id')
    .select('a.person', 'a.action', 'a.level', 'o.outcome');
}

/** What the workflow and the database know of decisions on the open request. */
async function decisionsOf(caseId: string): Promise<unknown[]> {
  const view = await play.context.client.workflow.getHandle(caseId).query(caseViewQuery);
  const { decisions } = await play.request(caseId);
  if (view.request)
    expect(view.request.decisions.map(({ person }) => person)).toEqual(decisions.map((each) => each.person));
  return decisions;
}

async function acceptedUpdates(caseId: string): Promise<number> {
  const { events } = await play.context.client.workflow.getHandle(caseId).fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes).length;
}

describe('a decision that the rules do not allow is refused, recorded, and changes nothing', () => {
  const caseId = () => cases[ORDERLY]!;
  const by = (role: string) => `${ORDERLY}-${role}`;
  const change = (account: string) =>
    play.context.db('settle.payments').where({ case_id: caseId() }).update({ payee_account: account });

  type Wrong = Partial<DecideCommand> & { person: string; code: string; is: string };
  const wrong = (is: string, code: string, person: string, more: Partial<DecideCommand> = {}): Wrong => ({
    is,
    code,
    person,
    ...more,
  });

  async function refused({ is: _, code, ...command }: Wrong): Promise<void> {
    const before = await decisionsOf(caseId());
    const { requestId } = await play.request(caseId());
    const refusal = await refusalOfAsync(() => decide(play.context, { requestId, decision: 'approve', ...command }));
    expect(refusal.code).toBe(code);
    expect(refusal.exitCode).toBe(4);
    expect((await attempts(caseId())).at(-1)).toMatchObject({ person: command.person, outcome: code });
    expect(await decisionsOf(caseId())).toEqual(before);
  }

  async function releaseRefused(person: string, code: string, contentSha256?: string): Promise<void> {
    const { requestId } = await play.request(caseId());
    const more = contentSha256 === undefined ? {} : { contentSha256 };
    const refusal = await refusalOfAsync(() => release(play.context, { requestId, person, ...more }));
    expect(refusal.code).toBe(code);
    expect((await attempts(caseId())).at(-1)).toMatchObject({ person, action: 'release', outcome: code });
    expect((await play.request(caseId())).state).not.toBe('released');
  }

  it.each([
    wrong('without the role', 'ApprovalRoleMissing', by('finance')),
    wrong('with a role that has ended', 'ApprovalRoleMissing', by('former')),
    wrong('by nobody of the staff', 'PersonUnknown', by('nobody')),
    wrong('on the second level first', 'ApprovalOutOfOrder', by('business-head'), { level: 'second-review' }),
    wrong('of other content', 'ApprovalContentChanged', by('officer'), { contentSha256: 'f'.repeat(64) }),
    wrong('rejecting without a reason', 'ReasonMissing', by('officer'), { decision: 'reject' }),
    wrong('rejecting with a blank reason', 'ReasonMissing', by('officer'), { decision: 'reject', reason: ' ' }),
  ])('$is: $code', refused);

  it('releasing before anybody approved: ApprovalIncomplete', () =>
    releaseRefused(by('cashier'), 'ApprovalIncomplete'));

  it('the first level approves', async () => {
    const { requestId } = await play.request(caseId());
    const result = await decide(play.context, {
      requestId,
      person: by('three-hats'),
      decision: 'approve',
      updateId: 'first',
    });
    expect(result).toMatchObject({ requestId, state: 'open', next: 'second-review' });
  });

  it.each([
    wrong('by the same person on the next level', 'ApprovalSamePerson', by('three-hats')),
    wrong('on a level that is through', 'ApprovalOutOfOrder', by('officer'), { level: 'first-review' }),
  ])('$is: $code', refused);

  it('with an account that was changed in the database: ApprovalContentChanged', async () => {
    await change('ELSEWHERE');
    await refused(wrong('', 'ApprovalContentChanged', by('business-head')));
    await change(`${ORDERLY}-SUPERVISED`);
  });

  it('the same command again under its id gives the first result, and is one decision', async () => {
    const { requestId, contentSha256 } = await play.request(caseId());
    const again = await decide(play.context, {
      requestId,
      person: by('three-hats'),
      decision: 'approve',
      updateId: 'first',
    });
    expect(again).toEqual({ requestId, contentSha256, state: 'open', next: 'second-review' } satisfies DecisionResult);
    expect(await decisionsOf(caseId())).toHaveLength(1);
  });

  it.each([
    ['content', { contentSha256: 'e'.repeat(64) }],
    ['decision', { decision: 'reject', reason: '示例' }],
    ['level', { level: 'second-review' }],
  ] as const)('the same id with another %s: IdempotencyConflict', async (_, other) => {
    const { requestId } = await play.request(caseId());
    const command: DecideCommand = {
      requestId,
      person: by('three-hats'),
      decision: 'approve',
      updateId: 'first',
      ...other,
    };
    expect((await refusalOfAsync(() => decide(play.context, command))).code).toBe('IdempotencyConflict');
    expect((await attempts(caseId())).at(-1)).toMatchObject({ outcome: 'IdempotencyConflict' });
    expect(await decisionsOf(caseId())).toHaveLength(1);
  });

  it('the other levels approve', async () => {
    await play.approve(caseId());
    expect((await play.request(caseId())).state).toBe('approved');
    expect(await play.payments(caseId())).toMatchObject([{ state: 'approved', amountFen: 100_000n }]);
  });

  it('deciding once all have: ApprovalNotOpen', () => refused(wrong('', 'ApprovalNotOpen', by('director'))));
  it('releasing without the role: CashierRoleMissing', () => releaseRefused(by('accountant'), 'CashierRoleMissing'));
  it('releasing with a role that has ended', () => releaseRefused(by('former'), 'CashierRoleMissing'));
  it('releasing by an approver: CashierIsApprover', () => releaseRefused(by('three-hats'), 'CashierIsApprover'));
  it('releasing other content', () => releaseRefused(by('cashier'), 'ApprovalContentChanged', 'f'.repeat(64)));
  it('releasing what was changed in the database', async () => {
    await change('ELSEWHERE');
    await releaseRefused(by('cashier'), 'ApprovalContentChanged');
    await change(`${ORDERLY}-SUPERVISED`);
  });

  it('the cashier releases, it is paid on the day, and closed once nothing came back', async () => {
    const { requestId } = await play.request(caseId());
    await release(play.context, { requestId, person: by('cashier'), updateId: 'release' });
    const again = await release(play.context, { requestId, person: by('cashier'), updateId: 'release' });
    expect(again.state).toBe('released');
    await play.settle(caseId());
    expect(await play.payments(caseId())).toMatchObject([{ state: 'succeeded', attempt: 1, paidOn: '2026-03-02' }]);
    await play.goTo(caseId(), '2026-03-03', Phase.ApprovalsAndBank);
    expect(await play.caseState(caseId())).toEqual({ state: 'settled', closedOn: '2026-03-03' });
  });

  it('refused updates left no event, every attempt a row', async () => {
    const recorded = await attempts(caseId());
    const accepted = recorded.filter(({ outcome }) => outcome === 'accepted');
    // Four levels and the release, and the two repeats that were answered with the first result.
    expect(accepted).toHaveLength(7);
    // Four levels and the release, and the two that only the database could refuse, since the workflow cannot see a
    // changed account: everything else was refused by the validators.
    expect(await acceptedUpdates(caseId())).toBe(7);
    expect(recorded.filter(({ outcome }) => outcome === 'ApprovalContentChanged')).toHaveLength(4);
  });

  it('a case that has ended: CaseClosed', async () => {
    const { requestId } = await play.request(caseId());
    const late = () =>
      decide(play.context, { requestId, person: by('officer'), decision: 'approve', level: 'first-review' });
    expect((await refusalOfAsync(late)).code).toBe('CaseClosed');
  });

  it('a request that does not exist: NotFound', async () => {
    const command: DecideCommand = { requestId: 'none', person: by('officer'), decision: 'approve' };
    expect((await refusalOfAsync(() => decide(play.context, command))).code).toBe('NotFound');
  });
});

describe('a rejection', () => {
  const caseId = () => cases[REJECTED]!;

  it('returns the case to preparation with its reason, and a new revision asks all levels again', async () => {
    const first = await play.request(caseId());
    await decide(play.context, { requestId: first.requestId, person: `${REJECTED}-officer`, decision: 'approve' });
    const result = await decide(play.context, {
      requestId: first.requestId,
      person: `${REJECTED}-business-head`,
      decision: 'reject',
      reason: '示例：批复文号未附',
    });
    expect(result).toMatchObject({ state: 'rejected', next: 'preparation' });
    await play.settle(caseId());

    const second = await play.request(caseId());
    expect(second).toMatchObject({ requestId: `${caseId()}#2`, revision: 2, state: 'open', decisions: [] });
    const events = await play.context
      .db('settle.case_events')
      .where({ case_id: caseId(), event: 'rejected' })
      .select('actor', 'detail');
    expect(events).toEqual([
      { actor: `${REJECTED}-business-head`, detail: `second-review of ${caseId()}#1: 示例：批复文号未附` },
    ]);
  });

  it('leaves the rejected request closed for good', async () => {
    const requestId = `${caseId()}#1`;
    const late = () =>
      decide(play.context, { requestId, person: `${REJECTED}-finance`, decision: 'approve', level: 'finance-check' });
    expect((await refusalOfAsync(late)).code).toBe('ApprovalNotOpen');
    const releasing = () => release(play.context, { requestId, person: `${REJECTED}-cashier` });
    expect((await refusalOfAsync(releasing)).code).toBe('ApprovalNotOpen');
  });

  it('and the approvals of the first revision do not count for the second', async () => {
    expect(await attempts(caseId())).toContainEqual(
      expect.objectContaining({ outcome: 'accepted', level: 'first-review' }),
    );
    const early = () => release(play.context, { requestId: `${caseId()}#2`, person: `${REJECTED}-cashier` });
    expect((await refusalOfAsync(early)).code).toBe('ApprovalIncomplete');
    await play.approveAndRelease(caseId());
    expect(await play.payments(caseId())).toMatchObject([{ state: 'succeeded', requestId: `${caseId()}#2` }]);
  });
});

describe('the same decision sent twice at once', () => {
  const caseId = () => cases[IMPATIENT]!;

  it('counts once, at every level and at the release', async () => {
    const { requestId, contentSha256, levels } = await play.request(caseId());
    const handle = play.context.client.workflow.getHandle(caseId());
    const at = play.context.clock.now();
    for (const { level, role } of levels) {
      const args = {
        requestId,
        contentSha256,
        level,
        person: personOf(caseId(), role),
        decision: 'approve',
        reason: '',
        at,
      } as const;
      const both = await Promise.allSettled([1, 2].map(() => handle.executeUpdate(decideUpdate, { args: [args] })));
      expect(both.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
    }
    expect(await decisionsOf(caseId())).toHaveLength(4);
    const args = { requestId, contentSha256, person: `${IMPATIENT}-cashier`, at };
    await Promise.allSettled([1, 2].map(() => handle.executeUpdate(releaseUpdate, { args: [args] })));
    await play.settle(caseId());
    expect(await play.payments(caseId())).toMatchObject([{ state: 'succeeded', attempt: 1 }]);
  });
});
