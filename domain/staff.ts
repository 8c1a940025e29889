import type { PlainDate } from './plain-date';

/** A role for a time, in one's own name or for somebody on leave; open ends where the dates are left out. */
export interface RoleTerm {
  role: string;
  from?: PlainDate;
  to?: PlainDate;
  /** The one on leave whose role it is (请假代理); the person's own where left out. */
  actingFor?: string;
}

/** Somebody of the staff: with terms, or with the same dates for all roles as a region folder has them. */
export interface Approver {
  person: string;
  roles: readonly string[];
  from?: PlainDate;
  to?: PlainDate;
  /** Where given, these alone count. */
  terms?: readonly RoleTerm[];
}

/** Who takes a step, and in whose name. */
export interface Capacity {
  person: string;
  actingFor?: string;
}

function termsOf({ roles, from, to, terms }: Approver): readonly RoleTerm[] {
  return terms ?? roles.map((role) => ({ role, ...(from ? { from } : {}), ...(to ? { to } : {}) }));
}

/** In whose names somebody has a role on a day: their own first. */
export function capacities(staff: Approver, role: string, on: PlainDate): Capacity[] {
  const { person } = staff;
  return termsOf(staff)
    .filter((term) => term.role === role && (term.from ?? on) <= on && on <= (term.to ?? on))
    .map(({ actingFor }) => (actingFor === undefined ? { person } : { person, actingFor }))
    .sort((a, b) => Number(a.actingFor !== undefined) - Number(b.actingFor !== undefined));
}

/** Whether somebody has a role on a day, in their own name or for somebody on leave. */
export function hasRole(staff: Approver, role: string, on: PlainDate): boolean {
  return capacities(staff, role, on).length > 0;
}

/** The people whom an act stands for: whoever acts, and whoever they stand in for. */
export function namesOf({ person, actingFor }: Capacity): string[] {
  return actingFor === undefined ? [person] : [person, actingFor];
}

/** `650500-02 for 650500-05`. */
export function capacityText(capacity: Capacity): string {
  return namesOf(capacity).join(' for ');
}

/** `cashier 2026-03-02 – …`, with the one on leave where it is their role. */
export function termText({ role, from, to, actingFor }: RoleTerm): string {
  const dates = from || to ? ` ${from ?? '…'} – ${to ?? '…'}` : '';
  return `${role}${actingFor === undefined ? '' : ` for ${actingFor}`}${dates}`;
}
