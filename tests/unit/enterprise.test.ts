import {
  checkEnterpriseAct,
  enterpriseStanding,
  enterpriseSuspension,
  interviewDeadline,
  lowRates,
  supplyRates,
  type EnterpriseFacts,
} from '../../domain/enterprise';
import { createCalendar } from '../../domain/calendar';
import { caseIds, parseCaseId } from '../../domain/ids';
import { period, plainDate } from '../../domain/plain-date';
import { publishedPolicy, publishedYears } from '../support/published';

// 新医保发〔2025〕50号 五(二), DESIGN 5.6.

const policy = publishedPolicy('xinjiang-2025-50').policy.enterprise!;
const figures = (orders: number, responded: number, ordered: string, delivered: string) => ({
  orders,
  responded,
  orderedQuantity: ordered,
  deliveredQuantity: delivered,
});

describe('response and delivery rates', () => {
  it.each([
    [figures(100, 80, '1000', '800'), { response: '0.8000', delivery: '0.8000' }, []],
    [figures(100, 79, '1000', '1000'), { response: '0.7900', delivery: '1.0000' }, ['response']],
    [figures(3, 3, '3', '2'), { response: '1.0000', delivery: '0.6666' }, ['delivery']],
    // One part in ten thousand below: shown below the threshold, never as the threshold.
    [figures(100, 80, '12345.6789', '9876.5431'), { response: '0.8000', delivery: '0.7999' }, ['delivery']],
    [figures(0, 0, '0', '0'), { response: null, delivery: null }, []],
    [figures(10, 0, '10', '0'), { response: '0.0000', delivery: '0.0000' }, ['response', 'delivery']],
  ])('of %o are %o, below the least: %s', (row, rates, low) => {
    expect(supplyRates(row)).toEqual(rates);
    expect(lowRates(row, policy)).toEqual(low);
  });
});

const INTERVIEW: EnterpriseFacts = {
  kind: 'interview',
  openedOn: plainDate('2026-08-03'),
  deadline: plainDate('2026-08-17'),
  refusedOn: null,
  suspendedFrom: null,
  performedOn: null,
  exemptedOn: null,
};

describe('an interview', () => {
  it('that begins on 2026-08-03 has ten working days: until 2026-08-17', () => {
    expect(interviewDeadline(policy, INTERVIEW.openedOn, createCalendar(publishedYears()))).toBe('2026-08-17');
  });

  it.each([
    ['2026-08-05', '2026-08-18'],
    ['2026-08-17', '2026-08-18'],
    ['2026-08-20', '2026-08-21'],
  ])('whose refusal is found on %s suspends from %s', (refusedOn, from) => {
    expect(enterpriseSuspension(INTERVIEW.deadline!, plainDate(refusedOn))).toBe(from);
  });

  it.each([
    [null, null, '2026-12-31', { state: 'open', closedOn: null }],
    [null, '2026-08-10', '2026-12-31', { state: 'closed', closedOn: '2026-08-10' }],
    ['2026-08-18', null, '2026-08-17', { state: 'open', closedOn: null }],
    ['2026-08-18', null, '2026-08-18', { state: 'suspended', closedOn: null }],
    ['2026-08-18', '2026-08-17', '2026-12-31', { state: 'closed', closedOn: '2026-08-17' }],
    ['2026-08-18', '2026-08-18', '2026-12-31', { state: 'resumed', closedOn: '2026-08-18' }],
    ['2026-08-18', '2026-09-03', '2026-09-02', { state: 'suspended', closedOn: null }],
    ['2026-08-18', '2026-09-03', '2026-09-03', { state: 'resumed', closedOn: '2026-09-03' }],
  ])('suspended from %s and performing on %s is at the end of %s %o', (from, performedOn, on, expected) => {
    const facts = {
      ...INTERVIEW,
      suspendedFrom: from === null ? null : plainDate(from),
      performedOn: performedOn === null ? null : plainDate(performedOn),
    };
    expect(enterpriseStanding(facts, plainDate(on))).toEqual(expected);
  });

  it('a risk warning is closed on the day on which it begins', () => {
    expect(enterpriseStanding({ ...INTERVIEW, kind: 'risk-warning' }, plainDate('2026-08-03'))).toEqual({
      state: 'closed',
      closedOn: '2026-08-03',
    });
  });
});

describe('what an officer records', () => {
  const today = plainDate('2026-08-20');
  const said = { evidence: '示例：认定书', on: today };
  const open = { ...INTERVIEW, steps: [] };
  const refused = { ...open, refusedOn: plainDate('2026-08-17'), suspendedFrom: plainDate('2026-08-18') };

  it.each([
    ['refused', open],
    ['performed', refused],
    ['exempted', open],
    ['recorded', refused],
    ['administration', { ...refused, steps: ['recorded'] as const }],
    ['region', { ...refused, steps: ['recorded', 'administration', 'public'] as const }],
  ] as const)('%s is taken', (act, facts) => {
    expect(checkEnterpriseAct(facts, act, said, today)).toBeUndefined();
  });

  it('performed is taken on the day of the refusal', () => {
    expect(checkEnterpriseAct(refused, 'performed', { ...said, on: plainDate('2026-08-17') }, today)).toBeUndefined();
  });

  it.each([
    ['EvidenceMissing', 'refused', open, { ...said, evidence: '' }],
    ['OutsideWindow', 'performed', refused, { ...said, on: plainDate('2026-08-21') }],
    ['OutsideWindow', 'performed', refused, { ...said, on: plainDate('2026-08-02') }],
    // The refusal was found on 08-17: performed on the 16th is before it, on the 17th is not.
    ['OutsideWindow', 'performed', refused, { ...said, on: plainDate('2026-08-16') }],
    ['CaseStateInvalid', 'refused', refused, said],
    ['CaseStateInvalid', 'refused', { ...open, performedOn: today }, said],
    ['CaseStateInvalid', 'performed', { ...open, exemptedOn: today }, said],
    ['CaseStateInvalid', 'administration', { ...open, steps: [] }, said],
    ['CaseStateInvalid', 'public', { ...refused, steps: ['recorded'] as const }, said],
    [
      'CaseStateInvalid',
      'region',
      { ...refused, steps: ['recorded', 'administration', 'public', 'region'] as const },
      said,
    ],
  ] as const)('is refused with %s: %s', (code, act, facts, record) => {
    expect(checkEnterpriseAct(facts, act, record, today)).toMatchObject({ code });
  });
});

it('an enterprise that several regions know has cases of its own in each', () => {
  const july = period('2026-07');
  expect(caseIds.enterprise('E6501', 'interview', july)).toBe('enterprise/E6501/interview/2026-07');
  const shared = caseIds.enterprise('E6501', 'interview', july, '650500');
  expect(shared).toBe('enterprise/E6501@650500/interview/2026-07');
  expect(parseCaseId(shared)).toEqual({
    kind: 'enterprise',
    enterprise: 'E6501',
    region: '650500',
    finding: 'interview',
    period: '2026-07',
  });
  expect(parseCaseId('enterprise/E6501@nowhere/interview/2026-07')).toBeUndefined();
});
