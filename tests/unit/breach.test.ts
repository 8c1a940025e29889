import {
  breachStanding,
  checkBreachAct,
  daysAfterNotice,
  nextLook,
  watchedDays,
  windowBreach,
} from '../../domain/breach';
import { Phase } from '../../domain/business-time';
import { createCalendar } from '../../domain/calendar';
import { period, plainDate } from '../../domain/plain-date';
import { noticeDate } from '../../domain/policy';
import { returnState } from '../../domain/return-plan';
import { publishedPolicy, publishedYears } from '../support/published';

// 新医保发〔2025〕50号 五(一), DESIGN 5.5: days counted by hand on the State Council's calendar of 2026.

const { breach, window } = publishedPolicy('xinjiang-2025-50').policy;
const calendar = createCalendar(publishedYears());
const days = (month: string) => daysAfterNotice(breach!, noticeDate(breach!, period(month), calendar), calendar);

describe('the days of a breach', () => {
  it.each([
    // March's breaches: 1 April is a working day; the Tomb-Sweeping days 4–6 April are off.
    ['2026-03', '2026-04-01', '2026-04-16', '2026-05-01'],
    // Labour Day 1–5 May: the first working day is the 6th, and Saturday the 9th is made up.
    ['2026-04', '2026-05-06', '2026-05-19', '2026-06-01'],
    ['2026-06', '2026-07-01', '2026-07-15', '2026-08-01'],
    ['2026-07', '2026-08-03', '2026-08-17', '2026-09-01'],
    // National Day 1–7 October: the 8th is the first working day, Saturday the 10th is made up.
    ['2026-09', '2026-10-08', '2026-10-21', '2026-11-01'],
  ])('of %s: notice on %s, deadline %s, suspension from %s', (month, noticeOn, deadline, suspendsOn) => {
    expect(days(month)).toEqual({ noticeOn, deadline, suspendsOn });
  });

  it('the last day of confirming is the 20th, be it a Saturday (2026-06-20) or a working Sunday (2026-09-20)', () => {
    expect(watchedDays(window!, period('2026-06')).confirmationTo).toBe('2026-06-20');
    expect(watchedDays(window!, period('2026-09')).confirmationTo).toBe('2026-09-20');
  });

  it('a return of May that comes on Sunday 2026-05-31, after the last working day, is late and no breach', () => {
    const may = { period: period('2026-05'), dueOn: plainDate('2026-05-20') };
    expect(watchedDays(window!, may.period).returnTo).toBe('2026-05-31');
    expect(returnState(may, plainDate('2026-05-31'))).toBe('late');
    expect(returnState(may, plainDate('2026-06-01'))).toBe('missing');
  });
});

describe('the kind of a window’s breach', () => {
  it.each([
    [{ payableLines: 0, refusedUnfunded: true, hasStatement: false }, undefined],
    [{ payableLines: 3, refusedUnfunded: false, hasStatement: false }, 'late-reconciliation'],
    [{ payableLines: 3, refusedUnfunded: true, hasStatement: false }, 'not-settled'],
    [{ payableLines: 3, refusedUnfunded: true, hasStatement: true }, 'late-reconciliation'],
    [{ payableLines: 3, refusedUnfunded: false, hasStatement: true }, 'late-reconciliation'],
  ] as const)('%o is %s', (conduct, kind) => {
    expect(windowBreach(conduct)).toBe(kind);
  });
});

describe('how a breach stands that is noticed on 2026-08-03', () => {
  const standing = (correctedOn: string | null, on: string) =>
    breachStanding(
      { ...days('2026-07'), correctedOn: correctedOn === null ? null : plainDate(correctedOn) },
      plainDate(on),
    );
  const never = { suspendedFrom: null, resumedOn: null };

  it.each([
    // Corrected the day after the month ended: noticed all the same, and closed.
    ['2026-08-01', '2026-08-03', { state: 'closed', ...never }],
    [null, '2026-08-31', { state: 'noticed', ...never }],
    // On the deadline's day, after it, and on the last day before the suspension: never suspended.
    ['2026-08-17', '2026-12-31', { state: 'closed', ...never }],
    ['2026-08-18', '2026-12-31', { state: 'closed', ...never }],
    ['2026-08-31', '2026-12-31', { state: 'closed', ...never }],
    [null, '2026-09-01', { state: 'suspended', suspendedFrom: '2026-09-01', resumedOn: null }],
    // On the first day of the suspension: suspended from 00:00, and resumed that day.
    ['2026-09-01', '2026-09-01', { state: 'resumed', suspendedFrom: '2026-09-01', resumedOn: '2026-09-01' }],
    ['2026-09-10', '2026-12-31', { state: 'resumed', suspendedFrom: '2026-09-01', resumedOn: '2026-09-10' }],
    // What comes after the day that is asked for has not happened yet.
    ['2026-09-10', '2026-09-09', { state: 'suspended', suspendedFrom: '2026-09-01', resumedOn: null }],
    ['2026-08-17', '2026-08-16', { state: 'noticed', ...never }],
  ])('corrected on %s it is at the end of %s %o', (correctedOn, on, expected) => {
    expect(standing(correctedOn, on)).toEqual(expected);
  });

  it('looks when the deadline has passed, when the suspension begins, and then on the 1st of each month', () => {
    const looks = ['2026-08-03', '2026-08-17', '2026-08-18', '2026-09-01', '2026-10-01'].map((day) =>
      nextLook(days('2026-07'), plainDate(day)),
    );
    expect(looks).toEqual([
      { date: '2026-08-18', phase: Phase.Deadline },
      { date: '2026-08-18', phase: Phase.Deadline },
      { date: '2026-09-01', phase: Phase.Deadline },
      { date: '2026-10-01', phase: Phase.Monitoring },
      { date: '2026-11-01', phase: Phase.Monitoring },
    ]);
  });
});

describe('what an officer records', () => {
  const today = plainDate('2026-08-10');
  const open = { correctedOn: null, exemptedOn: null };
  const said = { evidence: '示例：核查记录', on: today };

  it('is taken while the breach is open', () => {
    expect(checkBreachAct(open, said, { today })).toBeUndefined();
  });

  it.each([
    ['EvidenceMissing', open, { ...said, evidence: ' ' }, {}],
    ['OutsideWindow', open, { ...said, on: plainDate('2026-08-11') }, {}],
    ['CaseStateInvalid', { ...open, correctedOn: today }, said, {}],
    ['CaseStateInvalid', { ...open, exemptedOn: today }, said, {}],
    ['CaseStateInvalid', open, said, { exemptable: false }],
  ] as const)('is refused with %s', (code, facts, act, more) => {
    expect(checkBreachAct(facts, act, { today, ...more })).toMatchObject({ code });
  });
});
