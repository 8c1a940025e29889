import { loadRequests, type RequestRecord } from '../../db/approvals';
import { loadPayments, type PaymentRecord } from '../../db/payments';
import { loadStaff } from '../../db/register';
import { assignPeople, hasRole, type Assignment } from '../../domain/approval';
import type { Phase, DuePoint } from '../../domain/business-time';
import { parseCaseId } from '../../domain/ids';
import { addDays, type PlainDate } from '../../domain/plain-date';
import type { Pool } from '../../domain/pools';
import { NEVER, type ApprovalScript, type BankScript, type Scenario } from '../../domain/scenario';
import { confirmTransfer } from '../../operator/commands/confirm-transfer';
import { actOnPayments, decide, release } from '../../operator/commands/decisions';
import type { CommandContext } from '../../operator/commands/context';
import { inChunks } from '../../operator/in-chunks';
import { barrierMs, momentOf } from '../../domain/due-points';
import { payingPhase } from '../points';
import type { SeededOrder } from '../seeded-order';
import type { TimeMachine } from '../../operator/virtual-time/time-machine';
import type { Actors } from './actors';

/** Requests that are dealt with at the same time. */
const DESKS = 6;

export interface AgencyActorOptions {
  context: CommandContext;
  machine: TimeMachine;
  scenario: Scenario;
  regions: readonly string[];
  order: SeededOrder;
}

/** Approvers and cashier: they decide on the day they are asked, or as the scenario has it (DESIGN 8). */
export function createApprovers({ context, machine, scenario, regions, order }: AgencyActorOptions): Actors {
  const { db } = context;
  const rejections: ApprovalScript[] = [...scenario.approvals];
  /** The day from which a case that was rejected is approved; `null` is never. */
  const approvedFrom = new Map<string, PlainDate | null>();

  /** Requests that somebody handles, and from which day. */
  async function waiting(): Promise<{ request: RequestRecord; from?: PlainDate }[]> {
    const requests = await loadRequests(db, { states: ['open', 'approved'], regions });
    const each = requests.map(async (request) => {
      const from = request.state === 'approved' ? await confirmedFrom(request) : approvedFrom.get(request.caseId);
      return from === null ? [] : [{ request, ...(from === undefined ? {} : { from }) }];
    });
    return (await Promise.all(each)).flat();
  }

  /** The day from which the finance department confirms what a request transfers; `null` is never. */
  async function confirmedFrom({ caseId, requestId }: RequestRecord): Promise<PlainDate | null | undefined> {
    const of = parseCaseId(caseId);
    const days = of?.kind === 'fund' ? scenario.transfers[of.period] : undefined;
    if (approvedFrom.get(caseId) === null || !days) return approvedFrom.get(caseId);
    const scripted = (await unconfirmed(requestId)).flatMap((pool) => days[pool] ?? []);
    return scripted.includes(NEVER) ? null : (scripted.sort().at(-1) as PlainDate | undefined);
  }

  const unconfirmed = (requestId: string): Promise<Pool[]> =>
    db('settle.fiscal_transfers').where({ request_id: requestId }).whereNull('confirmed_on').pluck('pool');

  async function assignment(request: RequestRecord, on: PlainDate): Promise<Assignment> {
    const staff = await loadStaff(db, request.region);
    return assignPeople(
      request.levels,
      staff.filter(({ person }) => person !== request.preparedBy),
      on,
    );
  }

  /** Takes a request through the levels that are left and the release, or up to the level that rejects it. */
  async function handle(request: RequestRecord, point: DuePoint): Promise<void> {
    const { caseId, requestId } = request;
    const people = await assignment(request, point.date);
    await machine.advance(caseId, barrierMs(point));
    for (let index = request.decisions.length; index < request.levels.length; index += 1) {
      const { level } = request.levels[index]!;
      const person = people.approvers[index]!;
      const script = rejections.find((each) => each.case === caseId && each.level === level);
      if (script) {
        rejections.splice(rejections.indexOf(script), 1);
        approvedFrom.set(caseId, script.thenApproveOn ?? null);
        await decide(context, { requestId, person, decision: 'reject', reason: script.reason });
        await machine.settle(caseId);
        return;
      }
      await decide(context, { requestId, person, decision: 'approve', payeesConfirmed: true });
    }
    if (await confirmed(request, people, point)) await release(context, { requestId, person: people.cashier });
    await machine.settle(caseId);
  }

  /** The finance department confirms transfers from the fiscal deposit the same day, or as the scenario has it; false where it does not. */
  async function confirmed(request: RequestRecord, people: Assignment, { date }: DuePoint) {
    const { caseId, requestId, region } = request;
    if ((await unconfirmed(requestId)).length === 0) return true;
    const from = await confirmedFrom(request);
    if (from === null || (from !== undefined && from > date)) return false;
    const person = (await loadStaff(db, region)).find(
      (each) => hasRole(each, 'finance', date) && !people.approvers.includes(each.person),
    )?.person;
    if (person) await confirmTransfer(context, { requestId, person, evidence: '示例：财政部门拨款凭证' });
    else approvedFrom.set(caseId, null);
    return person !== undefined;
  }

  return {
    async act(point) {
      const now = (await waiting())
        .filter(({ request, from = point.date }) => phaseOf(request.caseId) === point.phase && from <= point.date)
        .map(({ request }) => request);
      // Cases do not see each other here, and an agency has more than one desk.
      await inChunks(order.shuffle(`approvals/${momentOf(point)}`, now), DESKS, (request) => handle(request, point));
      return now.length > 0;
    },
    async nextPoints(after) {
      return (await waiting()).map(({ request, from = after.date }) => {
        const date = from > after.date ? from : after.date;
        return nextAt({ date, phase: phaseOf(request.caseId) }, after);
      });
    },
  };
}

/** Operators: they send again what the scenario says, on its day. */
export function createOperators({ context, machine, scenario, regions, order }: AgencyActorOptions): Actors {
  const { db } = context;
  const scripts = scenario.bank.filter(({ retryOn }) => retryOn !== undefined);

  async function stranded(): Promise<{ payment: PaymentRecord; retryOn: PlainDate }[]> {
    if (scripts.length === 0) return [];
    const payments = await loadPayments(db, { states: ['failed', 'returned'] });
    return payments
      .filter(({ region, attempt }) => regions.includes(region) && attempt === 1)
      .flatMap((payment) => {
        const script = scripts.find((each) => appliesTo(each, payment));
        return script ? [{ payment, retryOn: script.retryOn! }] : [];
      });
  }

  async function retry(caseId: string, payments: readonly PaymentRecord[], point: DuePoint): Promise<void> {
    const staff = await loadStaff(db, payments[0]!.region);
    const operator = staff.find((each) => hasRole(each, 'operator', point.date));
    if (!operator) return;
    await machine.advance(caseId, barrierMs(point));
    await actOnPayments(context, {
      caseId,
      person: operator.person,
      action: 'retry',
      paymentIds: payments.map(({ paymentId }) => paymentId),
      reason: '示例：核对无误，重新发送',
    });
    await machine.settle(caseId);
  }

  return {
    async act(point) {
      const due = (await stranded()).filter(
        ({ payment, retryOn }) => phaseOf(payment.caseId) === point.phase && retryOn <= point.date,
      );
      const cases = [...new Set(due.map(({ payment }) => payment.caseId))].sort();
      await inChunks(order.shuffle(`retries/${momentOf(point)}`, cases), DESKS, (caseId) =>
        retry(
          caseId,
          due.map(({ payment }) => payment).filter((payment) => payment.caseId === caseId),
          point,
        ),
      );
      return due.length > 0;
    },
    async nextPoints(after) {
      return (await stranded()).map(({ payment, retryOn }) =>
        nextAt({ date: retryOn > after.date ? retryOn : after.date, phase: phaseOf(payment.caseId) }, after),
      );
    },
  };
}

function phaseOf(caseId: string): Phase {
  return payingPhase(parseCaseId(caseId)?.kind ?? '');
}

/** The point itself, or the same phase of the next day when it is not ahead. */
function nextAt(point: DuePoint, after: DuePoint): DuePoint {
  const ahead = point.date > after.date || point.phase > after.phase;
  return ahead ? point : { date: addDays(point.date, 1), phase: point.phase };
}

function appliesTo(script: BankScript, payment: PaymentRecord): boolean {
  const agrees = (scripted: string | undefined, actual: string | undefined): boolean =>
    scripted === undefined || scripted === actual;
  return (
    script.kind === payment.kind &&
    agrees(script.period, payment.period) &&
    agrees(script.institution, payment.institution) &&
    agrees(script.enterprise, payment.enterprise) &&
    agrees(script.pool, payment.pool)
  );
}
