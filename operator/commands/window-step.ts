import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { addEvents, policyStamp, type CaseEvent } from '../../db/cases';
import { policyWith } from '../../db/region-policy';
import { loadInstitutions, loadPolicyBook, loadStaff } from '../../db/register';
import { hasRole } from '../../domain/approval';
import type { BusinessMoment } from '../../domain/business-time';
import { caseIds } from '../../domain/ids';
import type { PolicyStamp } from '../../domain/ledger';
import { dayInPeriod, periodOf, type Period, type PlainDate } from '../../domain/plain-date';
import { citeRule, type PolicyFile, type WindowPolicy } from '../../domain/policy';
import { settlementBodies } from '../../domain/prepayment';
import { Refusal, type RefusalCode } from '../../domain/refusal';

/** What every step of a window needs to know of the rules: the version that the window's case began under. */
export interface WindowRules {
  window: WindowPolicy;
  stamp: PolicyStamp;
  file: PolicyFile;
}

/** @throws Refusal `PolicyNotInForce`; `OutsideWindow` for a month before the policy's first */
export async function windowRules(db: Knex, region: string, period: Period, on: PlainDate): Promise<WindowRules> {
  const begun = await db('settle.cases')
    .where({ case_id: caseIds.window(region, period) })
    .first<{ policy_id: string; policy_version: string } | undefined>('policy_id', 'policy_version');
  const file = begun
    ? (await loadPolicyBook(db)).get(begun.policy_id, begun.policy_version)
    : await policyWith(db, region, 'window', on);
  const window = file.policy.window!;
  if (period < window.firstPeriod)
    throw new Refusal(
      'OutsideWindow',
      `${region} has no settlement window ${period}: the first is ${window.firstPeriod}`,
      {
        rule: citeRule(file, 'window.firstPeriod'),
      },
    );
  return { window, stamp: policyStamp(file), file };
}

/** What is said of a month is said when it has begun. @throws Refusal `OutsideWindow` */
export function requireBegun(period: Period, on: PlainDate, subject: string, caseId?: string): void {
  if (period <= periodOf(on)) return;
  throw new Refusal('OutsideWindow', `${subject}: ${period} has not begun on ${on}`, caseId ? { caseId } : {});
}

/** Confirming, disputing and taking back are possible on the same days of the window's month. @throws Refusal `OutsideWindow` */
export function requireConfirmationOpen({ window, file }: WindowRules, period: Period, at: BusinessMoment): void {
  const from = dayInPeriod(period, window.confirmation.fromDay);
  const to = dayInPeriod(period, window.confirmation.toDay);
  if (from <= at.date && at.date <= to) return;
  throw new Refusal(
    'OutsideWindow',
    `window ${period} is open to institutions from ${from} to ${to}, not on ${at.date}`,
    {
      rule: citeRule(file, 'window.confirmation.toDay'),
      from,
      to,
    },
  );
}

/** The settlement bodies of a region, or those that are named. @throws Refusal `NotFound`, `NotSettlementBody` */
export async function settlingBodies(db: Knex, region: string, named?: readonly string[]): Promise<string[]> {
  const bodies = settlementBodies(await loadInstitutions(db, region));
  for (const institution of named ?? []) {
    const body = bodies.get(institution);
    if (body === undefined)
      throw new Refusal('NotFound', `${institution} is not an institution of ${region}`, { institution });
    if (body !== institution)
      throw new Refusal('NotSettlementBody', `${institution} settles through ${body}, which confirms for it`, {
        institution,
        body,
        rule: '新医保发〔2025〕50号 四(一)',
      });
  }
  return [...new Set(named ?? bodies.values())].sort();
}

/** Who acted, where each institution did for itself. */
export const THEMSELVES = 'institutions';

/** Who may speak for institutions, and who may record what they paid in, besides they themselves. */
export const SPEAKERS = { roles: ['officer', 'operator'], code: 'SpeakerRoleMissing' } as const;
export const RECORDERS = { roles: ['accountant', 'operator'], code: 'RecorderRoleMissing' } as const;

/**
 * An institution acts for itself; staff do so in its stead where they have the role on this day.
 *
 * @param person left out where each institution acts for itself
 * @throws Refusal `PersonUnknown`, and the code of the roles
 */
export async function requireStandIn(
  db: Knex,
  { region, person, bodies, on }: { region: string; person?: string; bodies: readonly string[]; on: PlainDate },
  { roles, code }: { roles: readonly string[]; code: RefusalCode },
): Promise<void> {
  if (person === undefined || bodies.every((body) => body === person)) return;
  await requireAnyRole(db, { region, person, on }, { roles, code });
}

/** @throws Refusal `PersonUnknown`, and the code of the roles */
export async function requireAnyRole(
  db: Knex,
  { region, person, on }: { region: string; person: string; on: PlainDate },
  { roles, code }: { roles: readonly string[]; code: RefusalCode },
): Promise<void> {
  const staff = (await loadStaff(db, region)).find((each) => each.person === person);
  if (!staff) throw new Refusal('PersonUnknown', `${person} is not on the staff list of ${region}`, { person });
  if (!roles.some((role) => hasRole(staff, role, on)))
    throw new Refusal(code, `${person} is neither ${roles.join(' nor ')} on ${on}`, { person });
}

/** What a command's content is compared by when its key comes again. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** Tells it in the story of the window's case, once that has begun. */
export async function tellWindow(
  trx: Knex,
  caseId: string,
  at: BusinessMoment,
  events: readonly CaseEvent[],
): Promise<void> {
  if (await trx('settle.cases').where({ case_id: caseId }).first('case_id')) await addEvents(trx, caseId, at, events);
}
