import chineseDays from 'chinese-days';
import { addMonths, period, periodsBetween } from '../../domain/plain-date';
import { fundDates } from '../../domain/policy';
import { publishedCalendar, publishedPolicy } from '../support/published';
import { refusalOf } from '../support/refusal';

// 次月20个工作日, 15个工作日内审核, 每月10日前 (宿迁 2025-06-13 三): against a table that is counted from another source than ours.

const fund = publishedPolicy('suqian-2025').policy.fund!;
const calendar = publishedCalendar();
const DAY_MS = 86_400_000;

/** Working days from a day on, by plain enumeration of the other source. */
function workingDays(from: string, count: number): string[] {
  const days: string[] = [];
  for (let ms = Date.parse(`${from}T00:00:00Z`); days.length < count; ms += DAY_MS) {
    const date = new Date(ms).toISOString().slice(0, 10);
    if (chineseDays.isWorkday(date)) days.push(date);
  }
  return days;
}

it.each(periodsBetween(period('2024-01'), period('2026-11')))(
  'the claims of %s are reviewed by working day 15 and paid by working day 20 of the next month; paid ahead by the 10th or the next working day',
  (month) => {
    const table = workingDays(`${addMonths(month, 1)}-01`, 20);
    expect(fundDates(fund, month, calendar)).toEqual({
      preallocationStartsOn: workingDays(`${month}-01`, 1)[0],
      preallocationDueOn: workingDays(`${month}-10`, 1)[0],
      reviewDueOn: table[14],
      payDueOn: table[19],
    });
  },
);

// Counted by hand on the calendar of 国办发明电〔2025〕7号. The 10ths of January, May and, as a make-up Saturday that stays, October.
it.each([
  ['2025-12', '2025-12-10', '2026-01-22', '2026-01-29'],
  ['2026-01', '2026-01-12', '2026-02-27', '2026-03-05'],
  ['2026-02', '2026-02-10', '2026-03-20', '2026-03-27'],
  ['2026-03', '2026-03-10', '2026-04-22', '2026-04-29'],
  ['2026-04', '2026-04-10', '2026-05-25', '2026-06-01'],
  ['2026-05', '2026-05-11', '2026-06-22', '2026-06-29'],
  ['2026-09', '2026-09-10', '2026-10-27', '2026-11-03'],
  ['2026-10', '2026-10-10', '2026-11-20', '2026-11-27'],
])('%s: paid ahead by %s, reviewed by %s, paid by %s', (month, ahead, review, pay) => {
  expect(fundDates(fund, period(month), calendar)).toMatchObject({
    preallocationDueOn: ahead,
    reviewDueOn: review,
    payDueOn: pay,
  });
});

it('the claims of December 2026 have no dates until the calendar of 2027 is published', () => {
  expect(refusalOf(() => fundDates(fund, period('2026-12'), calendar))).toMatchObject({ code: 'CalendarNotPublished' });
});
