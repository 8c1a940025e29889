import { Exact } from '../money';
import type { FundPolicy, Policy, PrepaymentPolicy, WindowPolicy } from './schema';

/** A finding about values that are right one by one and wrong together; `path` is the key to blame. */
export interface Finding {
  path: (string | number)[];
  message: string;
}

/** What the schema cannot see: order of days and months, years that overlap or leave a gap, repeated names. */
export function crossCheck(policy: Policy): Finding[] {
  const { from, to } = policy.effective;
  return [
    ...finding(to !== undefined && to < from, ['effective', 'to'], `${to} is before ${from}`),
    ...checkLevels(policy),
    ...(policy.prepayment ? checkPrepayment(policy.prepayment) : []),
    ...(policy.window ? checkWindow(policy.window) : []),
    ...(policy.fund ? checkFund(policy.fund) : []),
  ];
}

function finding(wrong: boolean, path: (string | number)[], message: string): Finding[] {
  return wrong ? [{ path, message }] : [];
}

function repeated<Item>(items: readonly Item[]): Item | undefined {
  return items.find((item, index) => items.indexOf(item) !== index);
}

function checkLevels(policy: Policy): Finding[] {
  const twice = repeated(policy.approval.levels.map(({ level }) => level));
  return finding(twice !== undefined, ['approval', 'levels'], `the level ${twice} is named twice`);
}

function checkPrepayment(prepayment: PrepaymentPolicy): Finding[] {
  const pool = repeated(prepayment.poolOrder);
  const category = repeated(prepayment.base.categories);
  return [
    ...finding(pool !== undefined, ['prepayment', 'poolOrder'], `the pool ${pool} is named twice`),
    ...finding(category !== undefined, ['prepayment', 'base', 'categories'], `${category} is named twice`),
    ...prepayment.schedules.flatMap((_, index) => checkSchedule(prepayment, index)),
  ];
}

function checkSchedule(prepayment: PrepaymentPolicy, index: number): Finding[] {
  const schedule = prepayment.schedules[index]!;
  const at = ['prepayment', 'schedules', index];
  const { from, to } = schedule.years;
  const before = prepayment.schedules[index - 1]?.years;
  const months = [schedule.disbursement.month, ...(schedule.monthlyReturns?.months ?? []), schedule.finalReturn.month];
  const unordered = months.findIndex((month, position) => position > 0 && month <= months[position - 1]!);
  const key = unordered === months.length - 1 ? ['finalReturn', 'month'] : ['monthlyReturns', 'months'];
  return [
    ...finding(to !== undefined && to < from, [...at, 'years'], `the years end (${to}) before they begin (${from})`),
    ...(before ? checkSuccession([...at, 'years'], before.to, from) : []),
    ...finding(
      unordered > 0,
      [...at, ...key],
      `month ${months[unordered]} does not come after ${months[unordered - 1]}`,
    ),
  ];
}

function checkSuccession(path: (string | number)[], lastYear: number | undefined, from: number): Finding[] {
  if (lastYear === undefined || lastYear >= from) {
    return [{ path, message: `the years overlap: the schedule before holds until ${lastYear ?? 'further notice'}` }];
  }
  return finding(lastYear + 1 < from, path, `gap: no schedule holds from ${lastYear + 1} to ${from - 1}`);
}

function checkWindow(window: WindowPolicy): Finding[] {
  const { application, confirmation } = window;
  return [
    ...finding(
      application.toDay < application.fromDay,
      ['window', 'application', 'toDay'],
      `applications end on day ${application.toDay} and begin on day ${application.fromDay}`,
    ),
    ...finding(
      confirmation.fromDay <= application.toDay,
      ['window', 'confirmation', 'fromDay'],
      `confirming begins on day ${confirmation.fromDay}, while applications run to day ${application.toDay}`,
    ),
    ...finding(
      confirmation.toDay < confirmation.fromDay,
      ['window', 'confirmation', 'toDay'],
      `confirming ends on day ${confirmation.toDay} and begins on day ${confirmation.fromDay}`,
    ),
  ];
}

function checkFund(fund: FundPolicy): Finding[] {
  const { ratio, ratioMinimum } = fund.preallocation;
  return [
    ...finding(
      new Exact(ratio).lessThan(ratioMinimum),
      ['fund', 'preallocation', 'ratio'],
      `${ratio} is under the policy's minimum of ${ratioMinimum}`,
    ),
    ...finding(
      fund.settlement.payWorkingDays < fund.settlement.reviewWorkingDays,
      ['fund', 'settlement', 'payWorkingDays'],
      `payment is due (${fund.settlement.payWorkingDays}) before the review (${fund.settlement.reviewWorkingDays})`,
    ),
  ];
}
