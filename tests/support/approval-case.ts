import type { Knex } from 'knex';
import { raiseRequest } from '../../db/approvals';
import { openCase } from '../../db/cases';
import { preparePayments, type NewPayment } from '../../db/payments';
import { savePolicy, saveRegion } from '../../db/register';
import { atPhase, Phase } from '../../domain/business-time';
import { plainDate } from '../../domain/plain-date';
import { exampleStaff, type Staff } from '../../domain/region';
import { makeRegion } from '../../rehearsal/made-up-region';
import type { TestDatabase } from './database';
import { publishedPolicy } from './published';

export const REGION = '650500';
export const DAY = plainDate('2026-03-02');
export const AT = atPhase(DAY, Phase.ApprovalsAndBank);

const POLICY = publishedPolicy('xinjiang-2025-50');
export const LEVELS = POLICY.policy.approval.levels.map(({ level, role }) => ({ level, role }));

/** One person a role, and people with more roles than one may use, or roles of other days. */
export const PEOPLE = {
  officer: '650500-officer',
  businessHead: '650500-business-head',
  finance: '650500-finance',
  director: '650500-director',
  cashier: '650500-cashier',
  accountant: '650500-accountant',
  operator: '650500-operator',
  compliance: '650500-compliance',
  /** Officer, business head and cashier in one person. */
  threeHats: '650500-three-hats',
  /** An officer who prepares cases too. */
  preparer: '650500-preparing-officer',
  formerOfficer: '650500-former-officer',
  futureOfficer: '650500-future-officer',
  formerCashier: '650500-former-cashier',
  nobody: '650500-nobody',
} as const;

const STAFF: Staff[] = [
  ...exampleStaff(REGION),
  { person: PEOPLE.threeHats, name: '示例三职', roles: ['officer', 'business-head', 'cashier'] },
  { person: PEOPLE.preparer, name: '示例制单经办', roles: ['officer', 'preparer'] },
  { person: PEOPLE.formerOfficer, name: '示例前经办', roles: ['officer'], to: plainDate('2026-03-01') },
  { person: PEOPLE.futureOfficer, name: '示例后经办', roles: ['officer'], from: plainDate('2026-03-03') },
  { person: PEOPLE.formerCashier, name: '示例前出纳', roles: ['cashier'], to: plainDate('2026-03-01') },
];

/** Writes a small region with its staff and policy, as the owner. */
export async function saveSmallRegion(owner: Knex): Promise<void> {
  await savePolicy(owner, POLICY);
  const region = makeRegion({ code: REGION, institutions: 4 });
  await saveRegion(
    owner,
    { ...region, staff: STAFF, staffIsExample: false },
    { policies: [POLICY.policy.id], provisionalCalendar: false },
  );
}

let cases = 0;

/** Ids that no other test of the file has. */
export async function newCase(app: Knex): Promise<string> {
  cases += 1;
  const caseId = `prepayment/${REGION}/${3_000 + cases}`;
  await openCase(app, { caseId, region: REGION, kind: 'prepayment', period: '2026', policy: POLICY, at: AT });
  return caseId;
}

export function paymentOf(caseId: string, number: number, amountFen = 1_000n): NewPayment {
  return {
    paymentId: `${caseId}/payment-${number}`,
    kind: 'disbursement',
    period: '2026',
    institution: `H6505000000${number}`,
    pool: 'employee',
    advanceYear: 2026,
    amountFen,
    debtorAccount: '650500-FUND-EMPLOYEE',
    payee: { name: '示例监管账户', account: '650500-SUPERVISED', bankCode: '650500000000' },
  };
}

export interface RaisedCase {
  caseId: string;
  requestId: string;
  contentSha256: string;
  paymentIds: string[];
}

/** A case of its own with two payments and an open request, raised as the application does it. */
export async function raiseCase(app: Knex, preparedBy = 'engine'): Promise<RaisedCase> {
  const caseId = await newCase(app);
  const requestId = `${caseId}#1`;
  const payments = [paymentOf(caseId, 1), paymentOf(caseId, 2, 2_000n)];
  await preparePayments(app, { region: REGION, caseId, requestId, payments, at: AT });
  await raiseRequest(app, {
    requestId,
    caseId,
    revision: 1,
    subject: 'prepayment',
    preparedBy,
    at: AT,
    levels: LEVELS,
  });
  const row = await app('settle.approval_requests').where({ request_id: requestId }).first('content_sha256');
  return { caseId, requestId, contentSha256: row.content_sha256, paymentIds: payments.map((each) => each.paymentId) };
}

export interface RawDecision {
  levelNo: number;
  level: string;
  person: string;
  decision: string;
  contentSha256: string;
  reason: string;
  on: string;
}

const APPROVERS = [PEOPLE.officer, PEOPLE.businessHead, PEOPLE.finance, PEOPLE.director];

/** The decision that the next level would rightly take. */
export function rightDecision(raised: RaisedCase, levelNo: number): RawDecision {
  return {
    levelNo,
    level: LEVELS[levelNo - 1]!.level,
    person: APPROVERS[levelNo - 1]!,
    decision: 'approve',
    contentSha256: raised.contentSha256,
    reason: '',
    on: DAY,
  };
}

/** A decision as raw SQL writes it, past every command and workflow. */
export async function rawDecision(db: Knex, requestId: string, decision: RawDecision): Promise<void> {
  const { levelNo, level, person, contentSha256, reason, on } = decision;
  await db.raw(
    `insert into settle.approval_decisions
       (request_id, level_no, level, person, decision, content_sha256, reason, decided_on, at_time)
     values (?, ?, ?, ?, ?, ?, ?, ?, '14:00')`,
    [requestId, levelNo, level, person, decision.decision, contentSha256, reason, on],
  );
}

export async function approveLevels(db: Knex, raised: RaisedCase, levels = LEVELS.length): Promise<void> {
  for (let levelNo = 1; levelNo <= levels; levelNo += 1)
    await rawDecision(db, raised.requestId, rightDecision(raised, levelNo));
}

export async function rawRelease(
  db: Knex,
  raised: RaisedCase,
  changes: { person?: string; contentSha256?: string; on?: string } = {},
): Promise<void> {
  await db.raw(
    `insert into settle.releases (request_id, person, content_sha256, released_on, at_time) values (?, ?, ?, ?, '14:00')`,
    [
      raised.requestId,
      changes.person ?? PEOPLE.cashier,
      changes.contentSha256 ?? raised.contentSha256,
      changes.on ?? DAY,
    ],
  );
}

/** Everything that a refused step must leave as it was. */
export async function storedOf({ app }: Pick<TestDatabase, 'app'>, { caseId, requestId }: RaisedCase): Promise<object> {
  const of = (table: string, where: object): Knex.QueryBuilder => app(`settle.${table}`).where(where).orderBy(1);
  const payments = app('settle.payments').where({ case_id: caseId }).select('payment_id');
  return {
    requests: await of('approval_requests', { case_id: caseId }),
    items: await app('settle.approval_items').where({ request_id: requestId }).orderBy('payment_id'),
    decisions: await app('settle.approval_decisions').where({ request_id: requestId }).orderBy('level_no'),
    releases: await of('releases', { request_id: requestId }),
    payments: await of('payments', { case_id: caseId }),
    states: await app('settle.payment_states').whereIn('payment_id', payments).orderBy(['payment_id', 'seq']),
    attempts: await app('settle.payment_attempts').whereIn('payment_id', payments).orderBy('end_to_end_id'),
  };
}
