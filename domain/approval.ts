import type { PlainDate } from './plain-date';
import { Refusal, type RefusalCode } from './refusal';

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
  decisions: { level: string; person: string; decision: Decision }[];
}

export interface DecisionInput {
  requestId: string;
  level: string;
  person: string;
  decision: Decision;
  contentSha256: string;
  reason: string;
  /** The payees that the request marks were looked at; without marks it says nothing. */
  payeesConfirmed?: boolean;
}

export interface ReleaseInput {
  requestId: string;
  person: string;
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
  if (input.person === request.preparedBy)
    return { code: 'ApprovalByPreparer', message: `${input.person} prepared ${input.requestId}` };
  if (request.decisions.some(({ person }) => person === input.person))
    return {
      code: 'ApprovalSamePerson',
      message: `${input.person} has decided on another level of ${input.requestId}`,
    };
  if (input.decision === 'reject' && input.reason.trim() === '')
    return { code: 'ReasonMissing', message: `a rejection of ${input.requestId} says why` };
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
  if (input.person === request.preparedBy || request.decisions.some(({ person }) => person === input.person))
    return { code: 'CashierIsApprover', message: `${input.person} prepared or approved ${input.requestId}` };
  return undefined;
}

const CASHIER = 'cashier';

/** Somebody of the staff with the roles of a day; open ends where the dates are left out. */
export interface Approver {
  person: string;
  roles: readonly string[];
  from?: PlainDate;
  to?: PlainDate;
}

export function hasRole(staff: Approver, role: string, on: PlainDate): boolean {
  return staff.roles.includes(role) && (staff.from ?? on) <= on && on <= (staff.to ?? on);
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
export function assignPeople(levels: readonly ApprovalLevel[], staff: readonly Approver[], on: PlainDate): Assignment {
  const roles = [...levels.map(({ role }) => role), CASHIER];
  const personOf: (string | undefined)[] = roles.map(() => undefined);
  // Augmenting paths: whoever stands in a place may move to another one that they can take, so that a new person fits in.
  const place = (index: number, tried: Set<string>): boolean =>
    staff
      .filter((each) => hasRole(each, roles[index]!, on) && !tried.has(each.person))
      .some(({ person }) => {
        tried.add(person);
        const held = personOf.indexOf(person);
        if (held >= 0 && !place(held, tried)) return false;
        personOf[index] = person;
        return true;
      });
  roles.forEach((role, index) => {
    if (place(index, new Set())) return;
    throw new Refusal(
      'ApprovalImpossible',
      `on ${on} no further person has the role ${role}: ${levels.length} levels and the cashier need different people`,
      { rule: '新医保发〔2025〕50号 六(二)', role, on },
    );
  });
  const people = personOf.map((person) => person!);
  return { approvers: people.slice(0, -1), cashier: people.at(-1)! };
}
