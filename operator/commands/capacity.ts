import { loadActs, type RequestRecord } from '../../db/approvals';
import { loadStaff } from '../../db/register';
import { mayStandIn, RELEASE_STEP, type CaseAct } from '../../domain/approval';
import { Refusal, type RefusalCode } from '../../domain/refusal';
import { capacities, namesOf, type Capacity } from '../../domain/staff';
import type { CommandContext } from './context';
import { requireAnyRole } from './window-step';

type Looking = Pick<CommandContext, 'db' | 'clock'>;

/** In whose names a person has a role today. @throws Refusal `PersonUnknown`, and the code of the role */
async function capacitiesOf(
  { db, clock }: Looking,
  region: string,
  person: string,
  role: string,
  code: RefusalCode,
): Promise<Capacity[]> {
  const staff = (await loadStaff(db, region)).find((each) => each.person === person);
  if (!staff) throw new Refusal('PersonUnknown', `${person} is not on the staff list of ${region}`, { person });
  const { date } = clock.now();
  const found = capacities(staff, role, date);
  if (found.length > 0) return found;
  throw new Refusal(code, `${person} has not the role ${role} on ${date}`, { person, role });
}

/** Refuses somebody who has not the role on this day. @throws Refusal `PersonUnknown`, and the code of the role */
export async function requireRole(
  context: Looking,
  { region }: { region: string },
  person: string,
  role: string,
  code: RefusalCode,
): Promise<void> {
  await capacitiesOf(context, region, person, role, code);
}

/**
 * In whose name somebody decides a level: their own where they have the role, else that of one on leave.
 * @throws Refusal `PersonUnknown`, `ApprovalRoleMissing`; `ApprovalSamePerson` to a delegate who has acted on the case
 */
export async function decidingCapacity(
  context: Looking,
  request: RequestRecord,
  person: string,
  level: string,
): Promise<Capacity> {
  const role = request.levels.find((each) => each.level === level)?.role ?? '';
  const found = await capacitiesOf(context, request.region, person, role, 'ApprovalRoleMissing');
  return chosen(context, request, found, level, 'ApprovalSamePerson');
}

/** @throws Refusal `PersonUnknown`, `CashierRoleMissing`; `CashierIsApprover` to a delegate who has acted on the case */
export async function releasingCapacity(context: Looking, request: RequestRecord, person: string): Promise<Capacity> {
  const found = await capacitiesOf(context, request.region, person, 'cashier', 'CashierRoleMissing');
  return chosen(context, request, found, RELEASE_STEP, 'CashierIsApprover');
}

async function chosen(
  { db }: Looking,
  request: RequestRecord,
  found: readonly Capacity[],
  step: string,
  code: RefusalCode,
): Promise<Capacity> {
  const [first] = found;
  if (first!.actingFor === undefined) return first!;
  const acts = await loadActs(db, request.caseId);
  if (!mayStandIn(acts, first!, step))
    throw new Refusal(
      code,
      `${first!.person} has acted on ${request.caseId}: another person stands in for ${first!.actingFor}`,
      { rule: '新医保发〔2025〕50号 六(二)', requestId: request.requestId },
    );
  return found.find((each) => isFree(request, each)) ?? first!;
}

/** Neither the one who acts nor the one on leave has taken a step of the request. */
function isFree(request: RequestRecord, capacity: Capacity): boolean {
  const taken = [request.preparedBy, ...request.decisions.flatMap(namesOf)];
  return namesOf(capacity).every((name) => !taken.includes(name));
}

/** Who could take a step of a request today, with the names of both where somebody stands in. */
export async function whoCould(
  { db, clock }: Looking,
  request: RequestRecord,
  { step, role }: { step: string; role: string },
): Promise<{ person: string; name: string; actingFor?: string }[]> {
  const acts: CaseAct[] = await loadActs(db, request.caseId);
  const { date } = clock.now();
  return (await loadStaff(db, request.region)).flatMap((staff) => {
    const [capacity] = capacities(staff, role, date).filter(
      (each) => isFree(request, each) && (each.actingFor === undefined || mayStandIn(acts, each, step)),
    );
    return capacity ? [{ name: staff.name, ...capacity }] : [];
  });
}

/** Who watches over institutions and enterprises (新医保发〔2025〕50号 五). */
const WATCHERS = { roles: ['officer', 'compliance'], code: 'OfficerRoleMissing' } as const;

/** Refuses who is neither officer nor compliance officer today. @throws Refusal `PersonUnknown`, `OfficerRoleMissing` */
export async function requireWatcher({ db, clock }: Looking, region: string, person: string): Promise<void> {
  await requireAnyRole(db, { region, person, on: clock.now().date }, WATCHERS);
}
