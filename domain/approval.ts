import type { PlainDate } from './plain-date';
import { Refusal, type RefusalCode } from './refusal';
import { capacities, namesOf, type Approver, type Capacity } from './staff';

export { hasRole } from './staff';

/** One level of approval, in the policy's order (新医保发〔2025〕50号 六(二)). */
export interface ApprovalLevel {
  level: string;
  /** The role that decides on this level. */
  role: string;
}

export type Decision = 'approve' | 'reject';

/** A request as the four levels see it: bound to the SHA-256 of exactly what would be paid. */
export interface ApprovalRequest {
  requestId: string;
  contentSha256: string;
  preparedBy: string;
  levels: ApprovalLevel[];
  /** How many payees every level has to look at; absent where there is none. */
  markedPayees?: number;
  decisions: { level: string; person: string; actingFor?: string; decision: Decision }[];
}

export interface DecisionInput {
  requestId: string;
  level: string;
  person: string;
  /** The one on leave for whom the person decides. */
  actingFor?: string;
  decision: Decision;
  contentSha256: string;
  reason: string;
  /** The payees that the request marks were looked at; without marks it says nothing. */
  payeesConfirmed?: boolean;
}

export interface ReleaseInput {
  requestId: string;
  person: string;
  /** The one on leave for whom the person releases. */
  actingFor?: string;
  contentSha256: string;
  /** Holds payments whose payee is no longer who was approved, and releases the others; else the release is refused. */
  holdDiffering?: boolean;
}

export interface RuleFinding {
  code: RefusalCode;
  message: string;
}

export type RequestState = 'open' | 'approved' | 'rejected';

export function requestState(request: ApprovalRequest): RequestState {
  if (request.decisions.some(({ decision }) => decision === 'reject')) return 'rejected';
  return request.decisions.length === request.levels.length ? 'approved' : 'open';
}

/** The level that decides next; undefined when all have, or one rejected. */
export function nextLevel(request: ApprovalRequest): ApprovalLevel | undefined {
  return requestState(request) === 'open' ? request.levels[request.decisions.length] : undefined;
}

/**
 * What is wrong with a decision, in the order in which the database checks it too: not open, content changed, out of
 * order, by the preparer, the same person twice, a rejection without a reason. Roles are dated data and are checked by
 * the command and by the database.
 */
export function checkDecision(request: ApprovalRequest | undefined, input: DecisionInput): RuleFinding | undefined {
  const next = request && request.requestId === input.requestId ? nextLevel(request) : undefined;
  if (!request || !next) return { code: 'ApprovalNotOpen', message: `${input.requestId} waits for no approval` };
  if (input.contentSha256 !== request.contentSha256)
    return {
      code: 'ApprovalContentChanged',
      message: `${input.requestId}: the content is not what the decision names`,
    };
  if (input.level !== next.level)
    return {
      code: 'ApprovalOutOfOrder',
      message: `${input.requestId} waits for ${next.level}, not for ${input.level}`,
    };
  // Whoever stands in for somebody takes the place of both: a delegation is no way round 四级四人.
  const names = namesOf(input);
  if (names.includes(request.preparedBy))
    return { code: 'ApprovalByPreparer', message: `${request.preparedBy} prepared ${input.requestId}` };
  const again = decidedBy(request).find((person) => names.includes(person));
  if (again !== undefined)
    return {
      code: 'ApprovalSamePerson',
      message: `${again} has decided on another level of ${input.requestId}`,
    };
  if (input.decision === 'reject' && input.reason.trim() === '')
    return { code: 'ReasonMissing', message: `a rejection of ${input.requestId} says why` };
  if (input.decision === 'approve' && request.markedPayees && !input.payeesConfirmed)
    return {
      code: 'PayeesUnconfirmed',
      message: `${input.requestId} marks ${request.markedPayees} payees that the decision does not confirm`,
    };
  return undefined;
}

/** What is wrong with a release: the cashier is neither the preparer nor one of the approvers. */
export function checkRelease(request: ApprovalRequest | undefined, input: ReleaseInput): RuleFinding | undefined {
  if (!request || request.requestId !== input.requestId || requestState(request) === 'rejected')
    return { code: 'ApprovalNotOpen', message: `${input.requestId} waits for no release` };
  if (requestState(request) !== 'approved')
    return { code: 'ApprovalIncomplete', message: `${input.requestId} waits for ${nextLevel(request)!.level}` };
  if (input.contentSha256 !== request.contentSha256)
    return {
      code: 'ApprovalContentChanged',
      message: `${input.requestId}: what would be paid is not what was approved`,
    };
  const acted = namesOf(input).find((each) => each === request.preparedBy || decidedBy(request).includes(each));
  if (acted !== undefined)
    return { code: 'CashierIsApprover', message: `${acted} prepared or approved ${input.requestId}` };
  return undefined;
}

function decidedBy(request: ApprovalRequest): string[] {
  return request.decisions.flatMap(namesOf);
}

const CASHIER = 'cashier';

/** One act on a case: which person, at which level, or `preparation`, `release`, `operator`. */
export interface CaseAct {
  person: string;
  step: string;
}

export const RELEASE_STEP = 'release';

/** Nobody who did one step of a case does another one for somebody on leave, in a later revision neither. */
export function mayStandIn(acts: readonly CaseAct[], { person }: Capacity, step: string): boolean {
  return acts.every((act) => act.person !== person || act.step === step);
}

/** A step that somebody has to take, and the role that it needs. */
export interface Step {
  step: string;
  role: string;
}

/** The steps of a request that nobody has taken, the release included. */
export function stepsLeft(request: Pick<ApprovalRequest, 'levels' | 'decisions'>): Step[] {
  const levels = request.levels.slice(request.decisions.length).map(({ level, role }) => ({ step: level, role }));
  return [...levels, { step: RELEASE_STEP, role: CASHIER }];
}

/** What was done already, so that other people do what is left. */
export interface Taken {
  preparedBy?: string;
  decisions?: ApprovalRequest['decisions'];
  acts?: readonly CaseAct[];
}

/**
 * Different people for the steps on a day, in the order of the steps; or the first step for which there is nobody further.
 * Who stands in for somebody on leave uses up both.
 */
export function findPeople(
  steps: readonly Step[],
  staff: readonly Approver[],
  on: PlainDate,
  { preparedBy, decisions = [], acts = [] }: Taken = {},
): { people: Capacity[] } | { missing: Step } {
  const used = new Set([...(preparedBy === undefined ? [] : [preparedBy]), ...decisions.flatMap(namesOf)]);
  // The other steps use up two people each at most, so that more candidates than these are never needed.
  const enough = 2 * steps.length;
  const candidates = steps.map(({ step, role }) => {
    const all = staff
      .flatMap((each) => capacities(each, role, on))
      .filter((each) => namesOf(each).every((name) => !used.has(name)));
    const own = all.filter(({ actingFor }) => actingFor === undefined);
    const standingIn = all.filter((each) => each.actingFor !== undefined && mayStandIn(acts, each, step));
    return [...own.slice(0, enough), ...standingIn.slice(0, enough)];
  });
  for (let count = 1; count <= steps.length; count += 1)
    if (!choose(candidates.slice(0, count), used)) return { missing: steps[count - 1]! };
  return { people: choose(candidates, used)! };
}

function choose(candidates: readonly Capacity[][], used: ReadonlySet<string>): Capacity[] | undefined {
  const [first, ...rest] = candidates;
  if (!first) return [];
  for (const each of first) {
    const names = namesOf(each);
    if (names.some((name) => used.has(name))) continue;
    const others = choose(rest, new Set([...used, ...names]));
    if (others) return [each, ...others];
  }
  return undefined;
}

/** Different people for the levels, in their order, and for the release. */
export interface Assignment {
  approvers: string[];
  cashier: string;
}

/**
 * Finds different people who can decide every level and release on a day: no case is raised that nobody could approve.
 *
 * @throws Refusal `ApprovalImpossible` naming the role that no further person could take.
 */
export function assignPeople(
  levels: readonly ApprovalLevel[],
  staff: readonly Approver[],
  on: PlainDate,
  taken: Taken = {},
): Assignment {
  const found = findPeople(stepsLeft({ levels: [...levels], decisions: [] }), staff, on, taken);
  if ('missing' in found) {
    const { role } = found.missing;
    throw new Refusal(
      'ApprovalImpossible',
      `on ${on} no further person has the role ${role}: ${levels.length} levels and the cashier need different people`,
      { rule: '新医保发〔2025〕50号 六(二)', role, on },
    );
  }
  const people = found.people.map(({ person }) => person);
  return { approvers: people.slice(0, -1), cashier: people.at(-1)! };
}
