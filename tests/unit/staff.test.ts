import { assignPeople, findPeople, mayStandIn, stepsLeft } from '../../domain/approval';
import { plainDate } from '../../domain/plain-date';
import { capacities, capacityText, hasRole, type Approver } from '../../domain/staff';
import { refusalOf } from '../support/refusal';

const DAY = plainDate('2026-03-02');
const LEVELS = [
  { level: 'first-review', role: 'officer' },
  { level: 'second-review', role: 'business-head' },
];
const STEPS = stepsLeft({ levels: LEVELS, decisions: [] });

const own = (person: string, ...roles: string[]): Approver => ({ person, roles });
/** Somebody who has a role for another one only. */
const forAnother = (person: string, role: string, actingFor: string, ...roles: string[]): Approver => ({
  person,
  roles,
  terms: [...roles.map((each) => ({ role: each })), { role, actingFor }],
});

describe('capacities', () => {
  it('are those of the day, one’s own first', () => {
    const person: Approver = {
      person: 'a',
      roles: ['officer'],
      terms: [
        { role: 'finance', actingFor: 'b', from: DAY, to: DAY },
        { role: 'finance', to: DAY },
        { role: 'officer', from: plainDate('2026-03-03') },
      ],
    };
    expect(capacities(person, 'finance', DAY)).toEqual([{ person: 'a' }, { person: 'a', actingFor: 'b' }]);
    expect(hasRole(person, 'officer', DAY)).toBe(false);
    expect(hasRole(person, 'finance', plainDate('2026-03-03'))).toBe(false);
    expect(capacities(person, 'finance', DAY).map(capacityText)).toEqual(['a', 'a for b']);
  });
});

describe('different people for the steps', () => {
  it('are found where only one order of them works', () => {
    const staff = [own('both', 'officer', 'business-head'), own('officer', 'officer'), own('cashier', 'cashier')];
    expect(assignPeople(LEVELS, staff, DAY)).toEqual({ approvers: ['officer', 'both'], cashier: 'cashier' });
  });

  it('with a delegate where the one on leave is not needed elsewhere', () => {
    const staff = [
      own('officer', 'officer'),
      forAnother('delegate', 'business-head', 'head'),
      own('cashier', 'cashier'),
    ];
    expect(findPeople(STEPS, staff, DAY)).toEqual({
      people: [{ person: 'officer' }, { person: 'delegate', actingFor: 'head' }, { person: 'cashier' }],
    });
  });

  it.each<{ is: string; staff: Approver[]; preparedBy?: string; missing: string }>([
    {
      is: 'the delegate is the only officer',
      staff: [forAnother('officer', 'business-head', 'head', 'officer'), own('cashier', 'cashier')],
      missing: 'business-head',
    },
    {
      is: 'the one on leave is the only officer too',
      staff: [own('head', 'officer'), forAnother('delegate', 'business-head', 'head'), own('cashier', 'cashier')],
      missing: 'business-head',
    },
    {
      is: 'the one on leave prepared it',
      staff: [own('officer', 'officer'), forAnother('delegate', 'business-head', 'head'), own('cashier', 'cashier')],
      preparedBy: 'head',
      missing: 'business-head',
    },
    {
      is: 'the cashier’s delegate is an approver that is needed',
      staff: [own('officer', 'officer'), forAnother('head', 'cashier', 'cashier', 'business-head')],
      missing: 'cashier',
    },
  ])('are not found where $is', ({ staff, preparedBy, missing }) => {
    const refusal = refusalOf(() => assignPeople(LEVELS, staff, DAY, preparedBy === undefined ? {} : { preparedBy }));
    expect(refusal).toMatchObject({ code: 'ApprovalImpossible', details: { role: missing } });
  });

  it('nor by a delegate who did something else on the case, in an earlier request', () => {
    const staff = [
      own('officer', 'officer'),
      forAnother('delegate', 'business-head', 'head'),
      own('cashier', 'cashier'),
    ];
    const again = [{ person: 'delegate', step: 'second-review' }];
    expect(findPeople(STEPS, staff, DAY, { acts: again })).toHaveProperty('people');
    const acts = [...again, { person: 'delegate', step: 'operator' }];
    expect(mayStandIn(acts, { person: 'delegate' }, 'second-review')).toBe(false);
    expect(findPeople(STEPS, staff, DAY, { acts })).toEqual({ missing: STEPS[1] });
  });

  it('are found in a big office at once, and missed at once', () => {
    const officers = Array.from({ length: 500 }, (_, index) => own(`o${index}`, 'officer', 'business-head'));
    expect(findPeople(STEPS, [...officers, own('cashier', 'cashier')], DAY)).toHaveProperty('people');
    expect(findPeople(STEPS, officers, DAY)).toHaveProperty('missing.role', 'cashier');
  });
});
