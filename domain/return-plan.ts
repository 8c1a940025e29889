import type { Calendar } from './calendar';
import { minimum, multiply, splitInProportion, sum } from './money';
import { addMonths, dayInPeriod, lastDayOf, periodOf, type Period, type PlainDate } from './plain-date';
import { periodOfYear, scheduleOf } from './policy/dates';
import type { PrepaymentPolicy } from './policy/schema';
import { poolFen, PREPAYMENT_POOLS, subtractPools, type PoolFen } from './pools';

/** One return of a prepayment, fixed at disbursement as if every return came (新医保发〔2025〕50号 四(一)). */
export interface PlannedReturn {
  /** A return names its period. */
  period: Period;
  /** Last day on which it is on time. */
  dueOn: PlainDate;
  amountFen: bigint;
  /** Adds up to the amount. */
  pools: PoolFen;
}

/**
 * The return plan of one prepayment: each month min(round(amount × share), outstanding), the last month all that is
 * outstanding; months in which nothing is due are left out. Each return is split over the pools in proportion to what
 * they still have outstanding in the plan, so no pool ever gets back more than it gave.
 *
 * @param input `pools` adds up to `amountFen`; `year` is the year of disbursement.
 * @throws Refusal `PolicyNotInForce` for a year without a schedule; RangeError when the pools do not add up.
 */
export function planReturns(input: {
  amountFen: bigint;
  pools: Readonly<PoolFen>;
  policy: PrepaymentPolicy;
  year: number;
  /** Returns due before this day are not in the plan: a part that is disbursed late is returned in what is left of it. */
  notBefore?: PlainDate;
}): PlannedReturn[] {
  const { amountFen, policy, year } = input;
  if (sum(Object.values(input.pools)) !== amountFen) throw new RangeError('the pools do not add up to the amount');
  const { monthlyReturns, finalReturn } = scheduleOf(policy, year);
  const monthlyFen = monthlyReturns ? multiply(amountFen, monthlyReturns.share) : 0n;
  const steps = [
    ...(monthlyReturns?.months ?? []).map((month) => ({ month, dueDay: monthlyReturns!.dueDay, upToFen: monthlyFen })),
    { month: finalReturn.month, dueDay: finalReturn.dueDay, upToFen: amountFen },
  ];

  const plan: PlannedReturn[] = [];
  let outstanding: PoolFen = { ...input.pools };
  for (const { month, dueDay, upToFen } of steps) {
    const isFinal = month === finalReturn.month;
    if (!isFinal && input.notBefore && dayInPeriod(periodOfYear(year, month), dueDay) < input.notBefore) continue;
    const returnFen = minimum(upToFen, sum(Object.values(outstanding)));
    if (returnFen === 0n) continue;
    const pools = splitArrival(returnFen, outstanding);
    const period = periodOfYear(year, month);
    plan.push({ period, dueOn: dayInPeriod(period, dueDay), amountFen: returnFen, pools });
    outstanding = subtractPools(outstanding, pools);
  }
  return plan;
}

/**
 * Splits an arriving amount over the pools in proportion to what each has outstanding.
 *
 * @throws RangeError when more arrives than is outstanding: an excess is the institution's own money.
 */
export function splitArrival(amountFen: bigint, outstandingByPool: Readonly<PoolFen>): PoolFen {
  const outstanding = PREPAYMENT_POOLS.map((pool) => outstandingByPool[pool]);
  if (amountFen > sum(outstanding)) throw new RangeError('more than is outstanding cannot be split over the pools');
  const parts = splitInProportion(amountFen, outstanding);
  return poolFen((pool) => parts[PREPAYMENT_POOLS.indexOf(pool)]!);
}

/** The day on which the agency moves what has arrived on to the fund account: the month's last working day. */
export function moveDate(month: Period, calendar: Calendar): PlainDate {
  return calendar.lastWorkingDayOf(month);
}

/** The day on which money that arrived on a day is moved on: that month's move, or the next month's when it came later. */
export function moveDateOfArrival(arrivedOn: PlainDate, calendar: Calendar): PlainDate {
  const month = periodOf(arrivedOn);
  const thisMonth = moveDate(month, calendar);
  return arrivedOn <= thisMonth ? thisMonth : moveDate(addMonths(month, 1), calendar);
}

export type ReturnState = 'on-time' | 'late' | 'missing';

/**
 * How a return turned out, once its month has ended: late when it arrived after the due day within the month (a warning),
 * missing when it had not arrived when the month ended (a breach), also if it came the day after.
 *
 * @param arrivedOn the day on which the sum of what came reached what was due; undefined while it has not.
 */
export function returnState(
  planned: Pick<PlannedReturn, 'period' | 'dueOn'>,
  arrivedOn: PlainDate | undefined,
): ReturnState {
  if (arrivedOn === undefined || arrivedOn > lastDayOf(planned.period)) return 'missing';
  return arrivedOn > planned.dueOn ? 'late' : 'on-time';
}

/** True when, at the end of `today`, a return that has not arrived is past its due day. */
export function isOverdue(planned: Pick<PlannedReturn, 'dueOn'>, today: PlainDate): boolean {
  return today > planned.dueOn;
}
