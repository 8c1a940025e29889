import type { Knex } from 'knex';
import { caseIds } from '../domain/ids';
import { addDays, addMonths, firstDayOf, lastDayOf, periodOf, type PlainDate } from '../domain/plain-date';
import { Refusal } from '../domain/refusal';
import { moveDate } from '../domain/return-plan';
import { addAlert } from './cases';
import { awaitedPrepayment } from './due-cases';
import { loadReturns, type ReturnRecord } from './prepayments';
import { loadCalendar } from './register';

/** How long a month that was missed waits for its receipts to be recorded. The month that goes on begins after it. */
const RECEIPTS_WITHIN_DAYS = 3;

export interface MissedMonth {
  region: string;
  firstOfMonth: PlainDate;
  today: PlainDate;
  /** The day on which this month was first asked for. */
  since: PlainDate;
}

/**
 * What the cases of a month wait for before they begin, where months are caught up; undefined when they may begin. So that the
 * books become those of a year without a gap, the order is by data, whatever the moment at which things are caught up:
 *
 * - the year's prepayment, which is to go out before anything of it comes back;
 * - the earlier month's move to the fund account, which takes what arrived up to its own day;
 * - receipts: the returns that fell due while nothing ran are recorded first, three days at most. After that the month begins with what
 *   is recorded, and what is recorded later is moved with the next month that begins. Only the first month of a gap waits.
 */
export async function awaitedByMonth(db: Knex, month: MissedMonth): Promise<string | undefined> {
  const prepayment = await awaitedPrepayment(db, month.region, month.firstOfMonth, month.today);
  return prepayment ?? (await earlierMove(db, month)) ?? (await awaitedReceipts(db, month));
}

/** A return case of an earlier month that has not made up its move yet. One that waits for a calendar is not waited for. */
async function earlierMove(db: Knex, { region, firstOfMonth }: MissedMonth): Promise<string | undefined> {
  const row = await db('settle.cases as c')
    .where({ 'c.region': region, 'c.kind': 'return' })
    .where('c.period', '<', periodOf(firstOfMonth))
    .whereNull('c.closed_on')
    .whereNot('c.state', 'calendar')
    .whereNotExists(db('settle.approval_requests as r').whereRaw('r.case_id = c.case_id').select(db.raw('1')))
    .orderBy('c.period')
    .first<{ case_id: string } | undefined>('c.case_id');
  return row?.case_id;
}

async function awaitedReceipts(db: Knex, month: MissedMonth): Promise<string | undefined> {
  const { region, firstOfMonth, today, since } = month;
  if (today >= addDays(since, RECEIPTS_WITHIN_DAYS) || !(await isMissed(db, month))) return undefined;
  const caseId = caseIds.prepaymentReturn(region, periodOf(firstOfMonth));
  if (await openedOn(db, caseId)) return undefined;
  if (await isCaughtUp(db, region, firstOfMonth)) return undefined;
  const open = await notRecorded(db, month);
  const [first] = open;
  if (!first) return undefined;
  await addAlert(db, {
    caseId: caseIds.prepayment(region, first.year),
    kind: 'receipts-awaited',
    on: since,
    detail: `${open.length} returns from ${first.period} on are not recorded; the months that were missed begin without them on ${addDays(since, RECEIPTS_WITHIN_DAYS)}`,
  });
  return `receipts/${region}/${first.period}`;
}

/** The day of its move lies behind: what was recorded by then is not known any more. */
async function isMissed(db: Knex, { region, firstOfMonth, today }: MissedMonth): Promise<boolean> {
  try {
    return moveDate(periodOf(firstOfMonth), await loadCalendar(db, region)) < today;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'CalendarNotPublished') return false;
    throw error;
  }
}

/** The month before was caught up itself: its wait was for this month's receipts too. */
async function isCaughtUp(db: Knex, region: string, firstOfMonth: PlainDate): Promise<boolean> {
  const before = addMonths(periodOf(firstOfMonth), -1);
  const opened = await openedOn(db, caseIds.prepaymentReturn(region, before));
  return opened !== undefined && opened > lastDayOf(before);
}

async function openedOn(db: Knex, caseId: string): Promise<PlainDate | undefined> {
  const row = await db('settle.cases')
    .where({ case_id: caseId })
    .first<{ opened_on: PlainDate } | undefined>('opened_on');
  return row?.opened_on;
}

/** Returns from this month on that are due by now, and of which nobody has recorded all, the oldest first. */
async function notRecorded(db: Knex, { region, firstOfMonth, today }: MissedMonth): Promise<ReturnRecord[]> {
  const returns = await loadReturns(db, { region });
  return returns
    .filter(
      ({ period, dueOn, completeOn }) => firstDayOf(period) >= firstOfMonth && dueOn < today && completeOn === null,
    )
    .sort((left, right) => (left.period < right.period ? -1 : left.period > right.period ? 1 : 0));
}
