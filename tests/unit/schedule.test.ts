import { period, plainDate } from '../../domain/plain-date';
import { backfillRange, monthBegunAt, monthsToBackfill, runDueAt } from '../../domain/schedule';

describe('the month that a scheduled start belongs to is the one where the agencies are', () => {
  it.each([
    ['1 April there is 31 March UTC', '2026-03-31T16:00:00.000Z', '2026-04-01'],
    ['a millisecond earlier is March', '2026-03-31T15:59:59.999Z', '2026-03-01'],
    ['the year turns at 16:00 UTC', '2026-12-31T16:00:00.000Z', '2027-01-01'],
    ['the afternoon of New Year’s Eve is the old year', '2026-12-31T15:59:00.000Z', '2026-12-01'],
    ['29 February of a leap year', '2028-02-29T15:59:00.000Z', '2028-02-01'],
    ['a trigger in the middle of a month', '2026-05-17T03:20:00.000Z', '2026-05-01'],
  ])('%s', (_what, moment, first) => {
    expect(monthBegunAt(Date.parse(moment))).toBe(first);
  });

  it('and the run of a month is due at its first minute there', () => {
    expect(new Date(runDueAt(period('2026-04'))).toISOString()).toBe('2026-03-31T16:00:00.000Z');
    expect(monthBegunAt(runDueAt(period('2026-04')))).toBe('2026-04-01');
  });
});

describe('a backfill', () => {
  it('spans the runs of its months and no other', () => {
    const { startMs, endMs } = backfillRange(period('2026-04'), period('2026-07'));
    const within = (month: string): boolean => {
      const due = runDueAt(period(month));
      return due > startMs && due < endMs;
    };
    expect(['2026-03', '2026-04', '2026-05', '2026-06', '2026-07', '2026-08'].filter(within)).toEqual([
      '2026-04',
      '2026-05',
      '2026-06',
      '2026-07',
    ]);
  });

  it('leaves out months that have not begun', () => {
    const [from, to] = [period('2026-10'), period('2027-02')];
    expect(monthsToBackfill(from, to, plainDate('2026-12-01'))).toEqual(['2026-10', '2026-11', '2026-12']);
    expect(monthsToBackfill(from, to, plainDate('2026-11-30'))).toEqual(['2026-10', '2026-11']);
    expect(monthsToBackfill(from, to, plainDate('2026-09-30'))).toEqual([]);
  });
});
