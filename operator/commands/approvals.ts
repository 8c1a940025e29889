import {
  byRevision,
  liveSha256,
  loadApprovedContents,
  loadDecisionAttempts,
  loadLiveContents,
  type ApprovedContent,
  type RecordedAttempt,
} from '../../db/approval-contents';
import { loadRequests, type RequestRecord } from '../../db/approvals';
import { loadCase } from '../../db/cases';
import { loadPayments, type PaymentRecord } from '../../db/payments';
import { loadDifferingPayees, loadPayeeFlags, type PayeeFlag } from '../../db/payees';
import {
  checkDecision,
  checkRelease,
  nextLevel,
  RELEASE_STEP,
  stepsLeft,
  type RuleFinding,
} from '../../domain/approval';
import { Refusal } from '../../domain/refusal';
import type { CommandContext } from './context';
import { decidingCapacity, releasingCapacity, whoCould } from './capacity';
import { openRequest, type DecideCommand, type ReleaseCommand } from './decisions';

/** Who is asked next about a request: the level or the release, the role, and who could do it. */
export interface AskedNext {
  step: string;
  role: string;
  people: { person: string; name: string; actingFor?: string }[];
}

/** Undefined where nobody is asked: rejected, or released. */
export async function askedNext(context: CommandContext, request: RequestRecord): Promise<AskedNext | undefined> {
  if (request.state !== 'open' && request.state !== 'approved') return undefined;
  const [next] = stepsLeft(request);
  const people = await whoCould(context, request, next!);
  return { step: next!.step === RELEASE_STEP ? 'cashier release' : next!.step, role: next!.role, people };
}

/** How the content of one payment differs from what it was before. */
export interface ContentChange {
  paymentId: string;
  change: 'added' | 'removed' | 'changed';
  before?: ApprovedContent;
  after?: ApprovedContent;
}

export function compareContents(
  before: readonly ApprovedContent[],
  after: readonly ApprovedContent[],
): ContentChange[] {
  const earlier = new Map(before.map((each) => [each.paymentId, each]));
  const later = new Map(after.map((each) => [each.paymentId, each]));
  const ids = [...new Set([...earlier.keys(), ...later.keys()])].sort();
  return ids.flatMap((paymentId): ContentChange[] => {
    const from = earlier.get(paymentId);
    const to = later.get(paymentId);
    if (!from) return [{ paymentId, change: 'added', after: to! }];
    if (!to) return [{ paymentId, change: 'removed', before: from }];
    const fields = ['amountFen', 'payeeName', 'payeeAccount', 'payeeBankCode'] as const;
    return fields.every((field) => from[field] === to[field])
      ? []
      : [{ paymentId, change: 'changed', before: from, after: to }];
  });
}

/** Everything that an approver reads before deciding. */
export interface ApprovalOverview {
  request: RequestRecord;
  payments: PaymentRecord[];
  /** Payees to be looked at (新医保发〔2025〕50号 六(三)). */
  flags: PayeeFlag[];
  next: AskedNext | undefined;
  attempts: RecordedAttempt[];
  /** Against the revision before this one; undefined for the first. */
  sinceRevision: { requestId: string; changes: ContentChange[] } | undefined;
  /** Against what the levels before have approved: anything here voids their approvals. */
  sinceLevels: ContentChange[];
}

export async function approvalOverview(context: CommandContext, requestId: string): Promise<ApprovalOverview> {
  const { db } = context;
  const request = await openRequest(context, requestId);
  const contents = await loadApprovedContents(db, requestId);
  const previous = byRevision(await loadRequests(db, { caseId: request.caseId }))
    .filter(({ revision }) => revision < request.revision)
    .at(-1);
  const waits = request.state === 'open' || request.state === 'approved';
  return {
    request,
    payments: await loadPayments(db, { paymentIds: contents.map(({ paymentId }) => paymentId) }),
    flags: await loadPayeeFlags(db, requestId),
    next: await askedNext(context, request),
    attempts: await loadDecisionAttempts(db, { requestId }),
    sinceRevision: previous && {
      requestId: previous.requestId,
      changes: compareContents(await loadApprovedContents(db, previous.requestId), contents),
    },
    sinceLevels: waits ? compareContents(contents, await loadLiveContents(db, requestId)) : [],
  };
}

/** The request of this id, or the newest one of the case of this id. @throws Refusal `NotFound` */
export async function resolveRequest(context: CommandContext, id: string): Promise<RequestRecord> {
  if (id.includes('#')) return openRequest(context, id);
  const newest = byRevision(await loadRequests(context.db, { caseId: id })).at(-1);
  if (newest) return newest;
  throw new Refusal('NotFound', `there is no approval request of ${id}`, { caseId: id });
}

function refuse(finding: RuleFinding | undefined, requestId: string): void {
  if (finding) throw new Refusal(finding.code, finding.message, { requestId });
}

/** A case that has ended takes no decision, and content that is not what the request was raised over neither. */
async function requireWaiting({ db }: CommandContext, request: RequestRecord): Promise<void> {
  const { caseId, requestId } = request;
  if (request.state === 'released' || request.state === 'rejected')
    throw new Refusal('ApprovalNotOpen', `${requestId} is ${request.state}`, { requestId });
  if ((await loadCase(db, caseId)).closedOn !== null)
    throw new Refusal('CaseClosed', `${caseId} has ended`, { caseId });
  if ((await liveSha256(db, requestId)) !== request.contentSha256)
    throw new Refusal('ApprovalContentChanged', `${requestId}: what would be paid is not what was raised`, {
      requestId,
    });
}

/** @throws Refusal `PayeeDiffers` as the database would, for the first payment */
async function requirePayees({ db }: CommandContext, requestId: string): Promise<void> {
  const [first, ...more] = await loadDifferingPayees(db, requestId);
  if (!first) return;
  throw new Refusal(
    'PayeeDiffers',
    `${first.paymentId} would go to ${first.approved}; the register of the day says ${first.registered}`,
    { requestId, payments: [first, ...more].map(({ paymentId }) => paymentId), rule: '新医保发〔2025〕50号 六(三)' },
  );
}

/** Whether a decision would be taken; nothing is recorded. @throws Refusal as the decision itself would */
export async function checkDecide(context: CommandContext, command: DecideCommand): Promise<RequestRecord> {
  const request = await openRequest(context, command.requestId);
  const level = command.level ?? nextLevel(request)?.level ?? request.levels.at(-1)!.level;
  const capacity = await decidingCapacity(context, request, command.person, level);
  const { requestId, decision, reason = '', contentSha256 = request.contentSha256 } = command;
  const { payeesConfirmed = false } = command;
  const input = { requestId, ...capacity, decision, level, contentSha256, reason, payeesConfirmed };
  refuse(checkDecision(request, input), requestId);
  await requireWaiting(context, request);
  return request;
}

/** Whether a release would be taken; nothing is recorded. @throws Refusal as the release itself would */
export async function checkCashierRelease(context: CommandContext, command: ReleaseCommand): Promise<RequestRecord> {
  const request = await openRequest(context, command.requestId);
  const { requestId, person, contentSha256 = request.contentSha256 } = command;
  const capacity = await releasingCapacity(context, request, person);
  refuse(checkRelease(request, { requestId, ...capacity, contentSha256 }), requestId);
  await requireWaiting(context, request);
  if (!command.holdDiffering) await requirePayees(context, requestId);
  return request;
}
