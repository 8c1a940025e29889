import { monthOf } from '../../rehearsal/report/sections/window-grid';
import type { BreachRow, StatementRow } from '../../rehearsal/summary';
import { count, formatFen, percent } from '../../rehearsal/report/amounts';
import { daysOf } from '../../rehearsal/report/days';
import { readEvent } from '../../rehearsal/report/events';
import { html, raw } from '../../rehearsal/report/html';
import { viewRegion } from '../../rehearsal/report/model';
import { regionFixture } from '../support/report-fixture';

describe('amounts on the page', () => {
  it.each([
    [0n, '0.00'],
    [5n, '0.05'],
    [-5n, '-0.05'],
    [99_999n, '999.99'],
    [100_000n, '1,000.00'],
    [-123_456_789n, '-1,234,567.89'],
    [99_999_999_999_999_999n, '999,999,999,999,999.99'],
  ])('%s fen are %s', (fen, text) => {
    expect(formatFen(fen)).toBe(text);
  });

  it.each([
    ['0.5', '50%'],
    ['0.6', '60%'],
    ['0.555', '55.5%'],
    ['1', '100%'],
    ['0.05', '5%'],
  ])('the ratio %s is %s', (ratio, text) => {
    expect(percent(ratio)).toBe(text);
  });

  it('groups whole numbers', () => {
    expect([0, 999, 1000, 1234567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
  });
});

describe('the template', () => {
  it('escapes text, keeps HTML, joins lists and leaves out nothing-values', () => {
    expect(
      html`<p title="${'"'}">${'<b>'}${raw('<i>')}${[1, html`<u>&amp;</u>`]}${undefined}${null}${false}</p>`.text,
    ).toBe('<p title="&quot;">&lt;b&gt;<i>1<u>&amp;</u></p>');
  });

  it('escapes the quotes of an attribute and the ampersand once', () => {
    expect(html`${`'"&amp;`}`.text).toBe('&#39;&quot;&amp;amp;');
  });
});

describe('reading the timeline', () => {
  const read = (event: string, detail = '', actor = 'somebody') => readEvent({ event, detail, actor });

  it.each([
    ['approved', 'first-review of prepayment/650400/2026#1', { role: 'approved', level: 'first-review' }],
    ['approved', 'release-approval of x', { role: 'approved', level: 'release-approval' }],
    ['rejected', 'finance-check of x: wrong account', { role: 'rejected', level: 'finance-check' }],
    ['released', 'x: 13 payments', { role: 'released', level: undefined }],
    ['prepared', 'x: 13 payments', { role: 'prepared', level: undefined }],
    ['payment-failed', 'x', { role: 'bank-trouble', level: undefined }],
    ['payment-returned', 'x', { role: 'bank-trouble', level: undefined }],
    ['bank-unanswered', 'x', { role: 'bank-trouble', level: undefined }],
    ['operator-retry', 'x', { role: 'operator', level: undefined }],
    ['operator-correct', 'x', { role: 'operator', level: undefined }],
    ['operator-cancel', 'x', { role: 'operator', level: undefined }],
    ['booked', '13 payments', { role: 'paid', level: undefined }],
    ['return-received', '617283.95', { role: 'other', level: undefined }],
    ['no-prepayment', 'H65040100016: no-base', { role: 'other', level: undefined }],
    ['prepayment-not-returned', 'x', { role: 'other', level: undefined }],
  ])('%s (%s) is read as what it is', (event, detail, expected) => {
    expect(read(event, detail)).toEqual(expected);
  });
});

describe('a region as the page sees it', () => {
  it('counts back from the ledger where the report begins in the middle of a year', () => {
    const input = regionFixture();
    input.summary.from = '2026-09';
    input.summary.prepayments = [];
    input.summary.returns = input.summary.returns.filter((row) => row.period >= '2026-09');
    const { flows, totals } = viewRegion(input, 0);
    expect(totals.outstanding).toBe(18_600_000n);
    // By hand: 44,282,839.59 − 6 × 4,428,283.96 + the 90,000.00 of September that never came = 17,803,135.83.
    expect(flows[0]!.outstanding.reduce((a, b) => a + b)).toBe(1_780_313_583n);
  });

  it('calls a return of nothing no return', () => {
    const input = regionFixture();
    Object.assign(input.summary.returns[0]!, {
      amount: '0.00',
      pools: { employee: '0.00', resident: '0.00', 'employee-large': '0.00' },
      receivedOn: null,
      toFundOn: null,
    });
    expect(viewRegion(input, 0).returns[0]!.standing).toBe('none');
  });

  it('puts everything on the day on which it happened', () => {
    const days = daysOf(viewRegion(regionFixture(), 0));
    expect(days.get('2026-03-05')).toEqual([
      { kind: 'disbursed', count: 1, amount: 617_283_946n, who: ['示例市妇幼保健院（示例）'] },
    ]);
    // The missing return of June: not there when the month ends, there on 10 August, moved on the 31st.
    expect(days.get('2026-06-30')!.map(({ kind, count: number }) => [kind, number])).toEqual([
      ['missing', 1],
      ['moved', 14],
    ]);
    expect(days.get('2026-08-10')!.map(({ kind }) => kind)).toEqual(['late', 'resumed']);
    expect(days.get('2026-08-31')).toMatchObject([{ kind: 'moved', count: 15 }]);
    expect([...days.keys()]).toEqual([...days.keys()].sort());
  });
});

describe('an institution’s month', () => {
  const statement = { institution: 'H1', period: '2026-08', net: '1234.00' } as StatementRow;
  // Noticed on 3 August, suspended from 1 September, and resumed on the 10th.
  const breach = {
    institution: 'H1',
    kind: 'prepayment-not-returned',
    period: '2026-07',
    noticeOn: '2026-08-03',
    suspendedFrom: '2026-09-01',
    resumedOn: '2026-09-10',
  } as BreachRow;
  const kind = '当月未返还预付金';

  it.each([
    ['2026-07', { confirmed: [], noticed: [], suspended: [], resumed: [] }],
    ['2026-08', { confirmed: ['1,234.00'], noticed: [kind], suspended: [], resumed: [] }],
    ['2026-09', { confirmed: [], noticed: [], suspended: [kind], resumed: [kind] }],
    ['2026-10', { confirmed: [], noticed: [], suspended: [], resumed: [] }],
  ])('%s', (month, expected) => {
    expect(monthOf(month, [statement], [breach])).toEqual(expected);
  });

  it('is suspended until somebody resumes it, and not in the month on whose first day it was resumed', () => {
    const open = { ...breach, resumedOn: null };
    expect(monthOf('2027-03', [], [open]).suspended).toEqual([kind]);
    expect(monthOf('2026-10', [], [{ ...breach, resumedOn: '2026-10-01' }]).suspended).toEqual([]);
    expect(monthOf('2026-10', [], [{ ...breach, resumedOn: '2026-10-01' }]).resumed).toEqual([kind]);
  });
});
