import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createBuiltSystem } from '../support/built-system';
import { dataOf, failureOf, type CliRun } from '../support/cli';

/**
 * A month by hand: nothing but the built command line, on `settle up` with the development clock and the bank simulator.
 * The region is made for it, and every amount below is worked out by hand. 示例.
 */
const REGION = '650421';
const H1 = 'H65042100001';
const H2 = 'H65042100002';
const H3 = 'H65042100003';
const PREPAYMENT = `prepayment/${REGION}/2026`;
const RETURN = `return/${REGION}/2026-04`;
const paymentOf = (institution: string, pool: string): string => `disbursement/${REGION}/2026/${institution}/${pool}`;

/**
 * H1 bought for 100,000.00 and gets 50 %; H2 bought for 60,000.01 with its three flows in one and gets 60 %, which is
 * 36,000.006; H3 does not execute well and gets nothing. 60,000.00 are budgeted in the first pool, so that H2 has 10,000.00
 * from it and 26,000.01 from the second.
 */
const FILES: Record<string, string> = {
  'region.yaml': `# 示例数据 · made-up figures
code: '${REGION}'
name: 示例地区
policies: [xinjiang-2025-50]
funds:
  - { pool: employee, cash: '500000.00', fiscalDeposit: '0.00', prepaymentBudget: '60000.00' }
  - { pool: resident, cash: '300000.00', fiscalDeposit: '0.00', prepaymentBudget: '50000.00' }
  - { pool: employee-large, cash: '0.00', fiscalDeposit: '0.00', prepaymentBudget: '0.00' }
`,
  'institutions.csv': `institution,name,level,three_flows,executes_well,settles_through,account,bank_code
${H1},示例第一医院,三级甲等,false,true,,000065042100000001,000000650421
${H2},示例第二医院,二级甲等,true,true,,000065042100000002,000000650421
${H3},示例第三医院,二级甲等,false,false,,000065042100000003,000000650421
`,
  'enterprises.csv': 'enterprise,name,account,bank_code\n',
  'purchases-2025.csv': `institution,category,channel,amount
${H1},vbp-national,online,100000.00
${H1},other,online,70000.00
${H2},vbp-alliance,online,60000.01
${H3},vbp-provincial,online,20000.00
`,
  'staff.csv': `person,name,roles,from,to
officer,示例甲,officer,2025-01-01,
former,示例乙,officer,2025-01-01,2026-02-27
head,示例丙,officer;business-head,2025-01-01,
finance,示例丁,finance,2025-01-01,
director,示例戊,director;cashier,2025-01-01,
cashier,示例己,cashier,2025-01-01,
accountant,示例庚,accountant,2025-01-01,
operator,示例辛,operator,2025-01-01,
`,
};

/** The first message to the bank breaks off without an answer, and one of its payments is refused. */
const FAULTS = `bank:
  - { kind: disbursement, institution: ${H1}, outcome: rejected }
  - { kind: disbursement, institution: ${H2}, pool: resident, outcome: timeout-paid }
`;

/** What both ends of the test have in common: what there was, and what the two institutions were advanced. */
const OPENING = {
  'fund/opening/employee': '-500000.00',
  'fund/opening/resident': '-300000.00',
  [`supervised/ledger/${H1}/prepayment`]: '-50000.00',
  [`supervised/ledger/${H2}/prepayment`]: '-36000.01',
};

/** Every command is a process of its own. */
jest.setTimeout(300_000);

const system = createBuiltSystem('month');
const folder = join(system.directory, REGION);
const faults = join(system.directory, 'faults.yaml');
const CLOCK = ['--development-clock', '2026-02-28', '--bank-faults', faults];

beforeAll(async () => {
  mkdirSync(folder);
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  writeFileSync(faults, FAULTS);
  expect(await system.up(CLOCK)).toContain('DEVELOPMENT CLOCK: business date 2026-02-28');
});
afterAll(() => system.remove());

const settle = (...argv: string[]): CliRun => system.settle(argv);
const json = <T>(...argv: string[]): T => {
  const run = settle(...argv, '--json');
  expect({ argv, stderr: run.stderr }).toEqual({ argv, stderr: '' });
  return dataOf(run) as T;
};
/** The code with which a command is refused. */
const refused = (...argv: string[]): unknown => failureOf(settle(...argv, '--json')).error.code;
const as = (person: string): string[] => ['--as', person];

interface Payment {
  paymentId: string;
  state: string;
  amount: string;
  paidOn: string | null;
}
const payments = (caseId: string): Payment[] => json<Payment[]>('payments', 'list', '--case', caseId);

/** The bank answers while the command that sent has returned. */
async function untilStates(caseId: string, expected: Record<string, string>): Promise<void> {
  const states = (): Record<string, string> =>
    Object.fromEntries(payments(caseId).map(({ paymentId, state }) => [paymentId, state]));
  const deadline = performance.now() + 30_000;
  while (JSON.stringify(states()) !== JSON.stringify(expected) && performance.now() < deadline) await pause(300);
  expect(states()).toEqual(expected);
}

const balances = (on: string): Record<string, string> =>
  Object.fromEntries(
    json<{ accounts: { account: string; balance: string }[] }>('ledger', 'balances', '--on', on)
      .accounts.filter(({ balance }) => balance !== '0.00')
      .map(({ account, balance }) => [account, balance]),
  );

interface Advanced {
  now: { date: string; time: string };
  events: { at: { date: string; time: string }; caseId: string; event: string; detail: string }[];
  failed: unknown[];
}
const advance = (to: string): Advanced => json<Advanced>('clock', 'advance', '--to', to);

it('a region comes in on the day that the clock shows, and nothing goes by the real one', () => {
  expect(json('clock', 'show')).toMatchObject({ now: { date: '2026-02-28' }, beganOn: '2026-02-28' });
  expect(json('import', folder)).toMatchObject({ region: REGION, opened: 2 });
  expect(json<unknown[]>('ledger', 'journal', '--on', '2026-02-28')).not.toEqual([]);
  expect(json<unknown[]>('schedules', 'list')).toEqual([]);
  expect(refused('schedules', 'trigger')).toBe('DevelopmentClockOn');
  expect(refused('schedules', 'backfill', '--from', '2026-01', '--to', '2026-02')).toBe('DevelopmentClockOn');
});

it('the books of a development clock are refused beside a real bank', () => {
  const { ownerUrl, temporalAddress, namespace, bankUrl } = system.state();
  const run = system.settle(['status', '--json'], {
    DATABASE_URL: ownerUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
    SETTLE_BANK_URL: bankUrl,
  });
  expect(failureOf(run).error.code).toBe('DevelopmentClockForbidden');
});

it('the first working day of March prepares the prepayment', () => {
  const { now, events, failed } = advance('2026-03-02');
  expect(now).toMatchObject({ date: '2026-03-02' });
  expect(failed).toEqual([]);
  // Other kinds of case begin in the same month.
  const own = events.filter(({ caseId }) => caseId === PREPAYMENT);
  expect(own.map(({ at, event, detail }) => [at.date, at.time, event, detail])).toEqual([
    ['2026-03-01', '00:00', 'opened', 'xinjiang-2025-50 version 1'],
    ['2026-03-02', '09:00', 'no-prepayment', `${H3}: not-executing-well`],
    ['2026-03-02', '09:00', 'prepared', `${PREPAYMENT}#1: 3 payments, 86000.01`],
  ]);
  expect(refused('clock', 'advance', '--to', '2026-03-01')).toBe('ClockBackwards');
  expect(refused('clock', 'advance', '--to', '2026-03-02')).toBe('ClockBackwards');
});

it('four people approve, each in turn and each once', () => {
  const approve = (person: string): string[] => ['approvals', 'approve', PREPAYMENT, ...as(person)];
  const refusals = [
    // Wrong people, the wrong day, the wrong order.
    refused(...approve('finance')),
    refused(...approve('former')),
    refused(...approve('nobody')),
    refused('cashier', 'release', PREPAYMENT, ...as('cashier')),
  ];
  expect(refusals).toEqual(['ApprovalRoleMissing', 'ApprovalRoleMissing', 'PersonUnknown', 'ApprovalIncomplete']);
  expect(json(...approve('officer'))).toMatchObject({ state: 'open', next: { step: 'second-review' } });
  expect(refused(...approve('officer'))).toBe('ApprovalRoleMissing');
  expect(json(...approve('head'))).toMatchObject({ state: 'open', next: { step: 'finance-check' } });
  expect(json(...approve('finance'))).toMatchObject({ state: 'open', next: { step: 'release-approval' } });
  expect(json(...approve('director'))).toMatchObject({ state: 'approved', next: { step: 'cashier release' } });
  expect(refused(...approve('director'))).toBe('ApprovalNotOpen');
});

it('a cashier who did not approve releases, once; what the bank left open turns out paid', async () => {
  const release = (person: string): string[] => ['cashier', 'release', PREPAYMENT, ...as(person)];
  expect(refused(...release('director'))).toBe('CashierIsApprover');
  expect(json(...release('cashier'))).toMatchObject({ state: 'released' });
  await untilStates(PREPAYMENT, {
    [paymentOf(H1, 'employee')]: 'failed',
    [paymentOf(H2, 'employee')]: 'succeeded',
    [paymentOf(H2, 'resident')]: 'succeeded',
  });
  expect(refused(...release('cashier'))).toBe('ApprovalNotOpen');
  const { changes } = json<{ changes: { from: string; to: string }[] }>('payments', 'show', paymentOf(H2, 'resident'));
  // Told in the order in which it happened: each state follows from the one before.
  expect(changes.map(({ from, to }) => `${from} → ${to}`)).toEqual([
    'new → prepared',
    'prepared → approved',
    'approved → released',
    'released → sent',
    'sent → unknown',
    'unknown → succeeded',
  ]);
});

it('an operator sends again what was rejected, and nothing else', async () => {
  const retry = (payment: string, person: string): string[] => [
    ...['payments', 'retry', payment, '--reason', '示例：账户已核对'],
    ...as(person),
  ];
  expect(refused(...retry(paymentOf(H1, 'employee'), 'cashier'))).toBe('OperatorRoleMissing');
  expect(refused(...retry(paymentOf(H2, 'employee'), 'operator'))).toBe('PaymentStateInvalid');
  expect(json(...retry(paymentOf(H1, 'employee'), 'operator'))).toMatchObject({
    cases: [{ next: 'sent to the bank' }],
  });
  await untilStates(PREPAYMENT, {
    [paymentOf(H1, 'employee')]: 'succeeded',
    [paymentOf(H2, 'employee')]: 'succeeded',
    [paymentOf(H2, 'resident')]: 'succeeded',
  });
  expect(payments(PREPAYMENT).map(({ amount, paidOn }) => [amount, paidOn])).toEqual([
    ['50000.00', '2026-03-02'],
    ['10000.00', '2026-03-02'],
    ['26000.01', '2026-03-02'],
  ]);
});

it('goes on after a stop, with the same clock and no other', async () => {
  await system.stop();
  await expect(system.up()).rejects.toThrow('DevelopmentClockOn');
  expect(await system.up(CLOCK)).toContain('DEVELOPMENT CLOCK: business date 2026-03-02');
  expect(advance('2026-03-03T14:00').events).toContainEqual(
    expect.objectContaining({ caseId: PREPAYMENT, event: 'closed', detail: 'settled' }),
  );
});

it('the day agrees with the bank, and the accountant signs it', () => {
  const day = ['--date', '2026-03-02', ...as('accountant')];
  expect(json('reconcile', 'run', ...day)).toMatchObject({ open: [] });
  expect(json('reconcile', 'sign-off', ...day)).toMatchObject({ date: '2026-03-02', person: 'accountant' });
  expect(balances('2026-03-02')).toEqual({
    ...OPENING,
    'fund/cash/employee': '440000.00',
    'fund/cash/resident': '273999.99',
    [`fund/advance/vbp/employee/${H1}/2026`]: '50000.00',
    [`fund/advance/vbp/employee/${H2}/2026`]: '10000.00',
    [`fund/advance/vbp/resident/${H2}/2026`]: '26000.01',
    'supervised/cash': '86000.01',
  });
});

/** 10 % are due in April: 5,000.00, and 3,600.00 of 36,000.01, which are 1,000.00 and 2,600.00 by what each pool gave. */
it('returns are recorded as they come: in two parts, and late', () => {
  advance('2026-04-15');
  const payIn = (institution: string, amount: string, receipt: string): unknown =>
    json('simulator', 'pay-in', '--institution', institution, '--amount', amount, '--receipt', receipt);
  const record = (receipt: string, change: Record<string, string> = {}): string[] => [
    ...['returns', 'record', '--receipt', receipt],
    ...Object.entries({
      '--institution': H1,
      '--period': '2026-04',
      '--amount': '3000.00',
      '--received-on': '2026-04-15',
      '--as': 'accountant',
      ...change,
    }).flat(),
  ];
  // The bank books the same receipt once.
  payIn(H1, '3000.00', 'R-1');
  payIn(H1, '3000.00', 'R-1');
  expect(json(...record('R-1'))).toMatchObject({ counted: '3000.00', stillDue: '2000.00' });
  expect(json(...record('R-1'))).toMatchObject({ counted: '3000.00', stillDue: '2000.00' });
  expect(refused(...record('R-1', { '--amount': '3000.01' }))).toBe('IdempotencyConflict');
  expect(refused(...record('R-2', { '--as': 'cashier' }))).toBe('RecorderRoleMissing');
  expect(refused(...record('R-2', { '--period': '2026-03' }))).toBe('ReturnNotDue');
  expect(refused(...record('R-2', { '--received-on': '2026-04-16' }))).toBe('OutsideWindow');

  advance('2026-04-20');
  payIn(H1, '2000.00', 'R-2');
  expect(json(...record('R-2', { '--amount': '2000.00', '--received-on': '2026-04-20' }))).toMatchObject({
    counted: '2000.00',
    stillDue: '0.00',
  });
  expect(advance('2026-04-22').events.filter(({ caseId }) => caseId === RETURN)).toMatchObject([
    {
      at: { date: '2026-04-21', time: '00:00' },
      event: 'return-late',
      detail: `${H2}: 3600.00 of 3600.00 has not come`,
    },
  ]);
  payIn(H2, '3600.00', 'R-3');
  expect(
    json(...record('R-3', { '--institution': H2, '--amount': '3600.00', '--received-on': '2026-04-22' })),
  ).toMatchObject({ counted: '3600.00', stillDue: '0.00' });
});

it('what arrived moves to the fund on the last working day, approved and released in the evening', async () => {
  const moved = advance('2026-04-30T18:00');
  expect(moved.now.time.slice(0, 3)).toBe('18:');
  expect(moved.events).toMatchObject([
    { at: { date: '2026-04-30', time: '18:00' }, event: 'prepared', detail: `${RETURN}#1: 3 payments, 8600.00` },
  ]);
  for (const person of ['officer', 'head', 'finance', 'director'])
    expect(settle('approvals', 'approve', RETURN, ...as(person))).toMatchObject({ exitCode: 0, stderr: '' });
  expect(settle('cashier', 'release', RETURN, ...as('cashier'))).toMatchObject({ exitCode: 0, stderr: '' });
  const move = (institution: string, pool: string): string =>
    `agency-return/${REGION}/2026-04/${institution}/${pool}/2026`;
  await untilStates(RETURN, {
    [move(H1, 'employee')]: 'succeeded',
    [move(H2, 'employee')]: 'succeeded',
    [move(H2, 'resident')]: 'succeeded',
  });
  expect(payments(RETURN).map(({ amount, paidOn }) => [amount, paidOn])).toEqual([
    ['5000.00', '2026-04-30'],
    ['1000.00', '2026-04-30'],
    ['2600.00', '2026-04-30'],
  ]);
});

it('the books of the month are as worked out by hand, agree with the bank, and every invariant holds', () => {
  const { events, failed } = advance('2026-05-01');
  expect(failed).toEqual([]);
  // Everything came within its month: late is no breach.
  expect(events.filter(({ event }) => event === 'prepayment-not-returned')).toEqual([]);
  for (const day of ['2026-04-15', '2026-04-22', '2026-04-30'])
    expect(json('reconcile', 'run', '--date', day, ...as('accountant'))).toMatchObject({ open: [] });
  expect(balances('2026-05-01')).toEqual({
    ...OPENING,
    'fund/cash/employee': '446000.00',
    'fund/cash/resident': '276599.99',
    [`fund/advance/vbp/employee/${H1}/2026`]: '45000.00',
    [`fund/advance/vbp/employee/${H2}/2026`]: '9000.00',
    [`fund/advance/vbp/resident/${H2}/2026`]: '23400.01',
    'supervised/cash': '86000.01',
  });
  expect(json('verify')).toMatchObject({ ok: true });
});

it('the history of a case tells who did what, refusals included, and what Temporal did', () => {
  const { entries } = json<{ entries: { source: string; what: string; actor: string; detail: string }[] }>(
    'history',
    PREPAYMENT,
  );
  const told = entries.map(({ source, what, actor }) => `${source}: ${what} (${actor})`);
  for (const expected of [
    'event: prepared (engine)',
    'attempt: approve ApprovalRoleMissing (former)',
    'attempt: approve accepted (director)',
    'attempt: release CashierIsApprover (director)',
    'attempt: release accepted (cashier)',
    'payment: 1 sent → unknown (bank)',
    'payment: 1 unknown → succeeded (bank)',
    'attempt: retry accepted (operator)',
    'temporal: completed (temporal)',
  ])
    expect(told).toContain(expected);
  expect(settle('status').stdout).toContain('DEVELOPMENT CLOCK');
});
