import { period, plainDate } from '../../domain/plain-date';
import {
  citeRule,
  correctionDeadline,
  createPolicyBook,
  disbursementDate,
  fundDates,
  listPolicyValues,
  majorViolationFrom,
  noticeDate,
  parsePolicy,
  policiesOfRegion,
  suspensionDate,
  windowDates,
  type PolicyFile,
  type PolicyFinding,
} from '../../domain/policy';
import {
  fixturePolicy,
  fixtureText,
  publishedCalendar,
  publishedPolicy,
  publishedPolicyText,
} from '../support/published';
import { refusalOf } from '../support/refusal';

const calendar = publishedCalendar();
const xinjiang = publishedPolicy('xinjiang-2025-50');
const suqian = publishedPolicy('suqian-2025');
const day = plainDate;

/** The text of Xinjiang's policy with one passage changed; a passage that is not there fails the test. */
function changed(passage: string | RegExp, replacement: string): string {
  const text = publishedPolicyText('xinjiang-2025-50');
  const after = text.replace(passage, replacement);
  if (after === text) throw new Error(`not in the policy: ${passage}`);
  return after;
}

describe("Xinjiang's policy", () => {
  it('has the numbers of its text', () => {
    const { prepayment, window, approval, breach } = xinjiang.policy;
    expect(xinjiang.policy).toMatchObject({
      id: 'xinjiang-2025-50',
      version: '1',
      document: { number: '新医保发〔2025〕50号', issuedOn: '2025-12-23' },
      effective: { from: '2025-12-23' },
    });
    expect(prepayment).toMatchObject({
      base: { yearsBack: 1, categories: ['vbp-national', 'vbp-alliance', 'vbp-provincial'], channel: 'online' },
      ratio: '0.5',
      threeFlowsRatio: '0.6',
      poolOrder: ['employee', 'resident', 'employee-large'],
    });
    expect(window).toMatchObject({
      firstPeriod: '2026-03',
      orderedFrom: '2026-03-01',
      categories: ['vbp-national', 'vbp-alliance', 'negotiated'],
      application: { fromDay: 1, toDay: 5 },
      confirmation: { fromDay: 6, toDay: 20 },
    });
    expect(approval.levels.map(({ level, role }) => [level, role])).toEqual([
      ['first-review', 'officer'],
      ['second-review', 'business-head'],
      ['finance-check', 'finance'],
      ['release-approval', 'director'],
    ]);
    expect(breach).toMatchObject({ noticeWorkingDay: 1, deadlineWorkingDays: 10 });
    expect(xinjiang.policy.fund).toBeUndefined();
  });

  it('disburses on the first working day of March in 2026', () => {
    expect(disbursementDate(xinjiang.policy.prepayment!, 2026, calendar)).toBe('2026-03-02');
  });

  it.each([
    // Calendar only, since the first window is March's: the 20th lies inside the Spring Festival, which ends on Monday the 23rd.
    ['2026-02', '2026-02-24', '2026-02-28'],
    ['2026-03', '2026-03-23', '2026-03-31'],
    ['2026-06', '2026-06-22', '2026-06-30'],
    ['2026-09', '2026-09-21', '2026-09-30'],
    ['2026-10', '2026-10-21', '2026-10-31'],
  ])('forms the batch of %s on %s and pays by %s', (month, batchOn, payBy) => {
    expect(windowDates(xinjiang.policy.window!, period(month), calendar)).toEqual({
      applicationFrom: `${month}-01`,
      applicationTo: `${month}-05`,
      confirmationFrom: `${month}-06`,
      confirmationTo: `${month}-20`,
      batchOn,
      payBy,
    });
  });

  // Notice on 1 June; days 1 to 10 are 2–5, 8–12 and 15 June. Notice on 8 October: 9, 10 (make-up Saturday), 12–16, 19–21.
  it.each([
    ['2026-05', '2026-06-01', '2026-06-15', '2026-07-01'],
    ['2026-09', '2026-10-08', '2026-10-21', '2026-11-01'],
    ['2026-04', '2026-05-06', '2026-05-19', '2026-06-01'],
  ])('notices breaches of %s on %s, waits until %s and suspends from %s', (month, notice, deadline, suspension) => {
    const breach = xinjiang.policy.breach!;
    expect(noticeDate(breach, period(month), calendar)).toBe(notice);
    expect(correctionDeadline(breach, day(notice), calendar)).toBe(deadline);
    expect(suspensionDate(breach, day(deadline))).toBe(suspension);
  });
});

describe("Suqian's policy", () => {
  it('has the numbers of its text, and no prepayment or window', () => {
    expect(suqian.policy.fund).toMatchObject({
      eligibility: { scoreMinimum: 80, majorViolationYears: 2 },
      preallocation: { ratio: '0.30', ratioMinimum: '0.30', dueDay: 10, dueDayMoves: 'next-working-day' },
      settlement: { reviewWorkingDays: 15, payWorkingDays: 20 },
      clearingEveryMonths: 3,
    });
    expect(suqian.policy.effective.from).toBe('2025-06-13');
    expect(suqian.policy.prepayment).toBeUndefined();
    expect(suqian.policy.window).toBeUndefined();
  });

  // January's claims: February 2026 has 16 working days, so day 20 is 5 March; day 15 is 27 February.
  it.each([
    ['2026-01', '2026-01-04', '2026-01-12', '2026-02-27', '2026-03-05'],
    ['2026-05', '2026-05-06', '2026-05-11', '2026-06-22', '2026-06-29'],
    ['2026-10', '2026-10-08', '2026-10-10', '2026-11-20', '2026-11-27'],
  ])('of %s pre-allocates from %s to %s, reviews by %s and pays by %s', (month, starts, due, review, pay) => {
    expect(fundDates(suqian.policy.fund!, period(month), calendar)).toEqual({
      preallocationStartsOn: starts,
      preallocationDueOn: due,
      reviewDueOn: review,
      payDueOn: pay,
    });
  });

  it('looks back two years for major violations', () => {
    expect(majorViolationFrom(suqian.policy.fund!, period('2026-03'))).toBe('2024-03-01');
  });
});

describe('a third, made-up scheme', () => {
  const { policy } = fixturePolicy('third-scheme.yaml');

  it('is expressible as a file alone', () => {
    expect(policy.prepayment).toMatchObject({ ratio: '0.3' });
    expect(policy.prepayment!.threeFlowsRatio).toBeUndefined();
    expect(policy.approval.levels).toHaveLength(3);
    expect(disbursementDate(policy.prepayment!, 2026, calendar)).toBe('2026-02-04');
  });

  // Ten working days after 8 April 2026 (a Wednesday): 9, 10, 13–17, 20–22. Five after 6 May: 7, 8, 9, 11, 12.
  it('has dates of its own', () => {
    expect(windowDates(policy.window!, period('2026-04'), calendar)).toEqual({
      applicationFrom: '2026-04-01',
      applicationTo: '2026-04-03',
      confirmationFrom: '2026-04-04',
      confirmationTo: '2026-04-08',
      batchOn: '2026-04-09',
      payBy: '2026-04-22',
    });
    expect(correctionDeadline(policy.breach!, day('2026-05-06'), calendar)).toBe('2026-05-12');
  });
});

describe('citations', () => {
  it.each([xinjiang, suqian, fixturePolicy('third-scheme.yaml')])('cover every value of $fileName', (file) => {
    const values = listPolicyValues(file);
    for (const { clause, interpretation } of values) expect(clause ?? interpretation).toBeTruthy();
    const leaves = (node: unknown): number =>
      typeof node !== 'object' || node === null
        ? 1
        : Object.values(node).reduce<number>((total, child) => total + leaves(child), 0);
    const { id, version, document, effective, ...cited } = file.policy;
    expect([id, version, document.title, effective.from].every(Boolean)).toBe(true);
    expect(values.reduce((total, { value }) => total + leaves(value), 0)).toBe(leaves(cited));
  });

  it('name the document and the clause, or the interpretation', () => {
    expect(citeRule(xinjiang, 'prepayment.ratio')).toBe('新医保发〔2025〕50号 四(一)');
    expect(citeRule(xinjiang, 'approval.levels')).toBe('新医保发〔2025〕50号 六(二)');
    expect(citeRule(xinjiang, 'window.confirmation.fromDay')).toMatch(/^新医保发〔2025〕50号 \(interpretation: /);
    expect(citeRule(suqian, 'fund.settlement.payWorkingDays')).toBe('宿迁市推进医保基金即时结算工作实施方案 三(一)');
    expect(citeRule(xinjiang, 'no.such.path')).toBe('新医保发〔2025〕50号');
  });
});

describe('a policy file is refused', () => {
  const RATIO = /^ {2}ratio: .*$/m;
  it.each<[string, string, string, RegExp]>([
    ['an unknown key', changed(RATIO, "$&\n  bonus: { value: '0.1', clause: x }"), 'prepayment.bonus', /unknown key/],
    ['an unknown section', changed(/$/, 'lottery: 1\n'), 'lottery', /unknown key/],
    [
      'an unknown key beside a value',
      changed(RATIO, "  ratio: { value: '0.5', clause: x, unit: y }"),
      'prepayment.ratio.unit',
      /unknown key/,
    ],
    ['a missing value', changed(RATIO, ''), 'prepayment.ratio', /a value is written as/],
    ['a missing clause', changed(RATIO, "  ratio: { value: '0.5' }"), 'prepayment.ratio', /cites nothing/],
    ['an empty clause', changed(RATIO, "  ratio: { value: '0.5', clause: '' }"), 'prepayment.ratio.clause', /./],
    ['a plain value', changed(RATIO, "  ratio: '0.5'"), 'prepayment.ratio', /a value is written as/],
    ['a ratio over 1', changed(RATIO, "  ratio: { value: '1.5', clause: x }"), 'prepayment.ratio.value', /from 0 to 1/],
    ['a ratio as a float', changed(RATIO, '  ratio: { value: 0.5, clause: x }'), 'prepayment.ratio.value', /in quotes/],
    [
      'an unknown pool',
      changed('[employee, resident, employee-large]', '[employee, lottery]'),
      'prepayment.poolOrder.value.1',
      /./,
    ],
    [
      'a pool twice',
      changed('[employee, resident, employee-large]', '[employee, employee]'),
      'prepayment.poolOrder',
      /twice/,
    ],
    ['a date that is none', changed('from: 2025-12-23', 'from: 2025-02-30'), 'effective.from', /not a date/],
    [
      'dates that end before they begin',
      changed('from: 2025-12-23', 'from: 2025-12-23\n  to: 2025-12-22'),
      'effective.to',
      /before/,
    ],
    ['a version as a number', changed("version: '1'", 'version: 1'), 'version', /in quotes/],
    ['an id with blanks', changed('id: xinjiang-2025-50', 'id: Xin Jiang'), 'id', /lower-case/],
    [
      'day 32',
      changed(/value: 5\n {6}clause: 四\(二\)/, 'value: 32\n      clause: x'),
      'window.application.toDay.value',
      /./,
    ],
    ['years that overlap', changed('{ from: 2027 }', '{ from: 2026 }'), 'prepayment.schedules.1.years', /overlap/],
    [
      'years with a gap',
      changed('{ from: 2027 }', '{ from: 2029 }'),
      'prepayment.schedules.1.years',
      /gap.*2027 to 2028/,
    ],
    [
      'years that end before they begin',
      changed('from: 2026, to: 2026', 'from: 2026, to: 2025'),
      'prepayment.schedules.0.years',
      /end/,
    ],
    [
      'a final return too early',
      changed('month: { value: 11', 'month: { value: 9'),
      'prepayment.schedules.0.finalReturn.month',
      /month 9/,
    ],
    [
      'returns out of order',
      changed('[4, 5, 6, 7', '[4, 6, 5, 7'),
      'prepayment.schedules.0.monthlyReturns.months',
      /month 5/,
    ],
    ['a level twice', changed('level: second-review', 'level: first-review'), 'approval.levels', /twice/],
    ['an unknown role', changed('role: director', 'role: king'), 'approval.levels.value.3.role', /./],
    ['no approval', changed(/^approval:[\s\S]*?(?=^breach:)/m, ''), 'approval', /missing/],
  ])('with %s, naming file, line and key', (_, text, key, message) => {
    const refusal = refusalOf(() => parsePolicy(text, 'x.yaml', ''));
    expect(refusal.code).toBe('PolicyInvalid');
    const findings = refusal.details.findings as PolicyFinding[];
    const finding = findings.find((candidate) => candidate.key === key);
    expect(findings.map((candidate) => candidate.key)).toContain(key);
    expect(finding!.message).toMatch(message);
    expect(finding!.line).toBeGreaterThan(0);
    expect(refusal.message).toMatch(/^x\.yaml:\d+: /);
    expect(refusal.details.place).toMatchObject({ file: 'x.yaml', column: findings[0]!.key });
  });

  it('with the line on which the key stands', () => {
    const text = changed(RATIO, "  ratio: { value: '1.5', clause: x }");
    const line = text.split('\n').findIndex((candidate) => candidate.includes("'1.5'")) + 1;
    expect(refusalOf(() => parsePolicy(text, 'x.yaml', '')).details.place).toMatchObject({ line });
  });

  it.each([
    ['a key twice', 'id: a\nid: b\n', 2],
    ['broken YAML', 'id: [a\nversion: 1\n', 2],
    ['nothing', '', 1],
    ['a list', '- 1\n', 1],
  ])('with %s', (_, text, line) => {
    const refusal = refusalOf(() => parsePolicy(text, 'x.yaml', ''));
    expect(refusal.code).toBe('PolicyInvalid');
    expect(refusal.details.place).toMatchObject({ file: 'x.yaml', line });
  });

  it.each([
    [
      'applications that end before they begin',
      'fromDay: { value: 1, clause: 三(二) }',
      'fromDay: { value: 4, clause: x }',
      'window.application.toDay',
    ],
    [
      'confirming before applications close',
      'fromDay: { value: 4, clause: 三(二) }',
      'fromDay: { value: 3, clause: x }',
      'window.confirmation.fromDay',
    ],
    [
      'confirming that ends before it begins',
      'toDay: { value: 8, clause: 三(二) }',
      'toDay: { value: 2, clause: x }',
      'window.confirmation.toDay',
    ],
  ])('with %s', (_, passage, replacement, key) => {
    const text = fixtureText('third-scheme.yaml').replace(passage, replacement);
    expect(refusalOf(() => parsePolicy(text, 'x.yaml', '')).details.place).toMatchObject({ column: key });
  });

  it.each([
    ['a ratio under its minimum', "value: '0.30'", "value: '0.29'", 'fund.preallocation.ratio'],
    [
      'payment due before the review',
      'value: 20, clause: 三(一)',
      'value: 14, clause: x',
      'fund.settlement.payWorkingDays',
    ],
  ])('with %s', (_, passage, replacement, key) => {
    const text = publishedPolicyText('suqian-2025').replace(passage, replacement);
    expect(refusalOf(() => parsePolicy(text, 'x.yaml', '')).details.place).toMatchObject({ column: key });
  });
});

describe('the policy book', () => {
  function version(number: string, from: string, to?: string, id = 'xinjiang-2025-50'): PolicyFile {
    const effective = { from: day(from), ...(to === undefined ? {} : { to: day(to) }) };
    return {
      ...xinjiang,
      fileName: `${id}-${number}.yaml`,
      policy: { ...xinjiang.policy, id, version: number, effective },
    };
  }

  it('gives the version in force on a day, mid-year included', () => {
    const book = createPolicyBook([version('2', '2026-07-15'), version('1', '2025-12-23'), suqian]);
    expect(book.inForce('xinjiang-2025-50', day('2025-12-23')).policy.version).toBe('1');
    expect(book.inForce('xinjiang-2025-50', day('2026-07-14')).policy.version).toBe('1');
    expect(book.inForce('xinjiang-2025-50', day('2026-07-15')).policy.version).toBe('2');
    expect(book.inForce('xinjiang-2025-50', day('2040-01-01')).policy.version).toBe('2');
    expect(book.get('xinjiang-2025-50', '1').policy.effective.from).toBe('2025-12-23');
    expect(book.list().map(({ policy }) => `${policy.id} ${policy.version}`)).toEqual([
      'suqian-2025 1',
      'xinjiang-2025-50 1',
      'xinjiang-2025-50 2',
    ]);
  });

  it('takes versions that follow each other to the day', () => {
    const book = createPolicyBook([version('1', '2025-12-23', '2026-06-30'), version('2', '2026-07-01', '2026-12-31')]);
    expect(book.inForce('xinjiang-2025-50', day('2026-06-30')).policy.version).toBe('1');
    expect(book.inForce('xinjiang-2025-50', day('2026-12-31')).policy.version).toBe('2');
  });

  it.each([
    ['overlap', [version('1', '2025-12-23', '2026-07-01'), version('2', '2026-07-01')], /overlaps/],
    ['begin on one day', [version('1', '2025-12-23'), version('2', '2025-12-23')], /overlaps/],
    ['leave a gap', [version('1', '2025-12-23', '2026-06-29'), version('2', '2026-07-01')], /gap/],
    ['are one version twice', [version('1', '2025-12-23'), version('1', '2026-07-01')], /version 1 is also in/],
  ])('refuses versions that %s, naming both files', (_, files, message) => {
    const refusal = refusalOf(() => createPolicyBook(files));
    expect(refusal.code).toBe('PolicyInvalid');
    expect(refusal.message).toMatch(message);
    for (const { fileName } of files) expect(refusal.message).toContain(fileName);
    expect(refusal.details.place).toMatchObject({ column: expect.stringMatching(/effective\.from|version/) });
  });

  it.each<[string, () => unknown, string]>([
    ['an unknown id', () => createPolicyBook([xinjiang]).inForce('no-such', day('2026-01-01')), 'PolicyUnknown'],
    ['an unknown version', () => createPolicyBook([xinjiang]).get('xinjiang-2025-50', '9'), 'PolicyUnknown'],
    [
      'a day before the first',
      () => createPolicyBook([xinjiang]).inForce('xinjiang-2025-50', day('2025-12-22')),
      'PolicyNotInForce',
    ],
    [
      'a day after the last',
      () => createPolicyBook([version('1', '2025-12-23', '2026-12-31')]).inForce('xinjiang-2025-50', day('2027-01-01')),
      'PolicyNotInForce',
    ],
  ])('refuses %s', (_, call, code) => {
    expect(refusalOf(call).code).toBe(code);
  });
});

it.each([
  [{ policies: ['third-scheme-example'], hasPurchases: true, hasClaims: true }, ['third-scheme-example']],
  [{ hasPurchases: true, hasClaims: false }, ['xinjiang-2025-50']],
  [{ hasPurchases: false, hasClaims: true }, ['suqian-2025']],
  [{ hasPurchases: true, hasClaims: true }, ['xinjiang-2025-50', 'suqian-2025']],
  [{ hasPurchases: false, hasClaims: false }, []],
])('a region with %j runs %j', (region, ids) => {
  expect(policiesOfRegion(region)).toEqual(ids);
});
