import type { Knex } from 'knex';
import { loadRequests } from '../../db/approvals';
import { loadUnpaid } from '../../db/window-payments';
import { loadApplied, loadConfirmed, loadLineStates, loadPaymentStates, loadRejected } from '../../db/window-totals';
import type { AppliedTotals, ConfirmedTotals, StateTotal } from '../../db/window-totals';
import { loadCalendar } from '../../db/register';
import { fromEpochMs, type BusinessMoment } from '../../domain/business-time';
import { nextLevel } from '../../domain/approval';
import { caseIds } from '../../domain/ids';
import { firstDayOf, type Period, type PlainDate } from '../../domain/plain-date';
import { windowDates, type WindowDates } from '../../domain/policy';
import { Refusal } from '../../domain/refusal';
import { holderOf } from '../../domain/window/holder';
import type { CommandContext } from './context';
import { windowRules } from './window-step';

/** Everything about one settlement window, for whoever wants to know how it stands. */
export interface WindowOverview {
  caseId: string;
  policy: string;
  /** Undefined while the calendar of the year is not published. */
  dates: WindowDates | undefined;
  /** Undefined while the case has not begun. */
  state: string | undefined;
  nextDue: BusinessMoment | null;
  closedOn: PlainDate | null;
  applied: AppliedTotals;
  rejected: { code: string; lines: number }[];
  /** All lines of this window and of those before that are or were open in it. */
  lines: StateTotal[];
  confirmed: ConfirmedTotals;
  payments: StateTotal[];
  /** With whom what is not paid waits. */
  waits: { payments: number; amountFen: bigint; holder: string }[];
  /** What has to happen next, in words. */
  next: string;
}

/** @throws Refusal `NotFound`, `PolicyNotInForce`; `OutsideWindow` for a month before the policy's first */
export async function windowOverview(
  { db }: Pick<CommandContext, 'db'>,
  { region, period }: { region: string; period: Period },
): Promise<WindowOverview> {
  const caseId = caseIds.window(region, period);
  const { window, file } = await windowRules(db, region, period, firstDayOf(period));
  const dates = await datesOf(db, region, period, window);
  const row = await db('settle.cases')
    .where({ case_id: caseId })
    .first<{ state: string; next_due_at: Date | null; closed_on: PlainDate | null } | undefined>(
      'state',
      'next_due_at',
      'closed_on',
    );
  const waits = await waitsOf(db, region, period);
  const state = row?.state;
  return {
    caseId,
    policy: `${file.policy.id}@${file.policy.version}`,
    dates,
    state,
    nextDue: row?.next_due_at ? fromEpochMs(row.next_due_at.getTime()) : null,
    closedOn: row?.closed_on ?? null,
    applied: await loadApplied(db, region, period),
    rejected: await loadRejected(db, region, period),
    lines: await loadLineStates(db, region, period),
    confirmed: await loadConfirmed(db, region, period),
    payments: await loadPaymentStates(db, caseId),
    waits,
    next: nextStep(state, dates, period, waits),
  };
}

async function datesOf(
  db: Knex,
  region: string,
  period: Period,
  window: Parameters<typeof windowDates>[0],
): Promise<WindowDates | undefined> {
  try {
    return windowDates(window, period, await loadCalendar(db, region));
  } catch (error) {
    if (error instanceof Refusal && error.code === 'CalendarNotPublished') return undefined;
    throw error;
  }
}

async function waitsOf(db: Knex, region: string, period: Period): Promise<WindowOverview['waits']> {
  const unpaid = await loadUnpaid(db, region, period);
  return Promise.all(
    unpaid.map(async ({ state, payments, amountFen, requestId }) => {
      const [request] = requestId === null ? [] : await loadRequests(db, { requestId });
      return { payments, amountFen, holder: holderOf(state, request && nextLevel(request)?.level) };
    }),
  );
}

function nextStep(
  state: string | undefined,
  dates: WindowDates | undefined,
  period: Period,
  waits: WindowOverview['waits'],
): string {
  if (state === undefined) return `the case begins on ${firstDayOf(period)}`;
  if (!dates) return 'the State Council notice of the year is imported: settle calendar import';
  switch (state) {
    case 'applications':
      return `enterprises apply until the end of ${dates.applicationTo}: settle applications import`;
    case 'confirmations':
      return `institutions confirm until the end of ${dates.confirmationTo}: settle statements confirm`;
    case 'scheduled':
      return `the payment batch is formed on ${dates.batchOn} at 09:00`;
    case 'settled':
    case 'nothing-to-pay':
      return 'nothing: the window has ended';
    case 'refused':
      return 'the rules ended it; settle history shows why, and the schedule may begin it again';
    default:
      return (
        waits.map(({ payments, holder }) => `${payments} payments: ${holder}`).join('; ') || 'the bank is asked again'
      );
  }
}
