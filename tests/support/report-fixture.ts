import { formatYuan, multiply, splitInProportion, yuan } from '../../domain/money';
import { addDays, dayOfWeek, lastDayOf, period, plainDate } from '../../domain/plain-date';
import type { CalendarDay, RegionInput, ReportInput } from '../../rehearsal/report';
import type { PoolAmounts, PrepaymentRow, ReturnRow, Summary, TimelineRow } from '../../rehearsal/summary';

/**
 * A made-up year of a made-up region for the tests of the report page: 14 institutions (示例), three pools that run out one after
 * the other, late, missing and corrected returns. Its totals were added up by hand in `tests/unit/report.test.ts`.
 */
const INSTITUTIONS: readonly [
  id: string,
  name: string,
  base: string,
  ratio: string,
  amount: string,
  pools: string[],
][] = [
  ['H65040100001', '示例市人民医院', '24000000.00', '0.6', '14400000.00', ['14400000.00', '0.00', '0.00']],
  ['H65040100002', '示例市中医医院', '9600000.00', '0.6', '5760000.00', ['5760000.00', '0.00', '0.00']],
  ['H65040100003', '示例市妇幼保健院', '12345678.91', '0.5', '6172839.46', ['6172839.46', '0.00', '0.00']],
  ['H65040100004', '示例区人民医院', '8000000.00', '0.5', '4000000.00', ['3667160.54', '332839.46', '0.00']],
  ['H65040100005', '示例县人民医院', '6400000.00', '0.5', '3200000.00', ['0.00', '3200000.00', '0.00']],
  ['H65040100006', '示例县中医医院', '5200000.00', '0.5', '2600000.00', ['0.00', '2600000.00', '0.00']],
  ['H65040100007', '示例县第二人民医院', '4800000.00', '0.6', '2880000.00', ['0.00', '2880000.00', '0.00']],
  ['H65040100008', '示例医共体总院', '3600000.00', '0.5', '1800000.00', ['0.00', '1800000.00', '0.00']],
  ['H65040100009', '示例市传染病医院', '2400000.00', '0.5', '1200000.00', ['0.00', '1187160.54', '12839.46']],
  ['H65040100010', '示例镇中心卫生院', '1800000.00', '0.5', '900000.00', ['0.00', '0.00', '900000.00']],
  ['H65040100011', '示例乡卫生院', '1200000.00', '0.5', '600000.00', ['0.00', '0.00', '600000.00']],
  ['H65040100012', '示例康复医院', '900000.00', '0.5', '450000.00', ['0.00', '0.00', '450000.00']],
  ['H65040100013', '示例社区卫生服务中心', '640000.00', '0.5', '320000.00', ['0.00', '0.00', '320000.00']],
  ['P65040100014', '示例药店', '0.26', '0.5', '0.13', ['0.00', '0.00', '0.13']],
];

/** Last working days of 2026's months, from the State Council's notice. */
const MOVES: Readonly<Record<string, string>> = {
  '2026-04': '2026-04-30',
  '2026-05': '2026-05-29',
  '2026-06': '2026-06-30',
  '2026-07': '2026-07-31',
  '2026-08': '2026-08-31',
  '2026-09': '2026-09-30',
  '2026-10': '2026-10-30',
  '2026-11': '2026-11-30',
};
const PERIODS = Object.keys(MOVES);

type Exception = Pick<ReturnRow, 'receivedOn' | 'state' | 'toFundOn'>;
const EXCEPTIONS: Readonly<Record<string, Exception>> = {
  'H65040100005 2026-05': { receivedOn: '2026-05-31', state: 'late', toFundOn: '2026-06-30' },
  'H65040100007 2026-06': { receivedOn: '2026-08-10', state: 'missing', toFundOn: '2026-08-31' },
  'H65040100007 2026-07': { receivedOn: '2026-07-28', state: 'late', toFundOn: '2026-07-31' },
  'H65040100010 2026-09': { receivedOn: null, state: 'missing', toFundOn: null },
  'H65040100012 2026-10': { receivedOn: '2026-10-22', state: 'late', toFundOn: '2026-10-30' },
  'H65040100013 2026-11': { receivedOn: null, state: 'missing', toFundOn: null },
};

function poolAmounts(parts: readonly bigint[]): PoolAmounts {
  return {
    employee: formatYuan(parts[0]!),
    resident: formatYuan(parts[1]!),
    'employee-large': formatYuan(parts[2]!),
  };
}

function returnsOf(id: string, amount: bigint, pools: readonly bigint[]): ReturnRow[] {
  let left = [...pools];
  let outstanding = amount;
  return PERIODS.map((month, index) => {
    const due = index < PERIODS.length - 1 ? multiply(amount, '0.1') : outstanding;
    const parts = splitInProportion(due, left);
    left = left.map((part, pool) => part - parts[pool]!);
    outstanding -= due;
    const exception = EXCEPTIONS[`${id} ${month}`];
    return {
      institution: id,
      period: month,
      dueOn: `${month}-20`,
      amount: formatYuan(due),
      pools: poolAmounts(parts),
      fromUnused: month === '2026-11' && !exception ? formatYuan(due) : '0.00',
      ...(exception ?? { receivedOn: `${month}-15`, state: 'on-time' as const, toFundOn: MOVES[month]! }),
    };
  });
}

const HOLIDAYS: readonly [name: string, from: string, to: string][] = [
  ['元旦', '2026-01-01', '2026-01-03'],
  ['春节', '2026-02-15', '2026-02-23'],
  ['清明节', '2026-04-04', '2026-04-06'],
  ['劳动节', '2026-05-01', '2026-05-05'],
  ['端午节', '2026-06-19', '2026-06-21'],
  ['中秋节', '2026-09-25', '2026-09-27'],
  ['国庆节', '2026-10-01', '2026-10-07'],
];
const MAKE_UP = ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'];

export function calendar2026(): CalendarDay[] {
  const days: CalendarDay[] = [];
  for (let day = plainDate('2026-01-01'); day <= '2026-12-31'; day = addDays(day, 1)) {
    const holiday = HOLIDAYS.find(([, from, to]) => day >= from && day <= to);
    const weekend = dayOfWeek(day) >= 6 && !MAKE_UP.includes(day);
    days.push({ date: day, workingDay: !holiday && !weekend, ...(holiday ? { name: holiday[0] } : {}) });
  }
  return days;
}

const OPEN = { H65040100010: '90000.00', H65040100013: '96000.00' } as const;

function balances(): Summary['balances'] {
  const rows: [string, string][] = [
    ['fund/advance/vbp/employee-large/H65040100010/2026', OPEN.H65040100010],
    ['fund/advance/vbp/employee-large/H65040100011/2026', '0.00'],
    ['fund/advance/vbp/employee-large/H65040100013/2026', OPEN.H65040100013],
    ['fund/cash/employee', '60000000.00'],
    ['fund/cash/employee-large', '4814000.00'],
    ['fund/cash/resident', '30000000.00'],
    ['fund/opening/employee', '-60000000.00'],
    ['fund/opening/employee-large', '-5000000.00'],
    ['fund/opening/resident', '-30000000.00'],
    ['supervised/cash', '186000.00'],
    ['supervised/ledger/H65040100010/prepayment', '-90000.00'],
    ['supervised/ledger/H65040100013/prepayment', '-96000.00'],
  ];
  return rows.map(([account, balance]) => ({
    book: account.startsWith('fund/') ? 'fund' : 'supervised',
    account,
    balance,
  }));
}

const INVARIANTS: Summary['invariants'] = [
  ['every book sums to zero', 'fund: 340 entries, 0.00, supervised: 864 entries, 0.00'],
  ['stored balance = sum of entries', '61 accounts'],
  ['supervised cash = ledgers, payables, transit and suspense', 'cash 186000.00 = ledgers 186000.00 + payables 0.00'],
  ['advance outstanding = disbursed − moved back', '186000.00 = 44282839.59 − 44096839.59'],
  ['cash agrees with the bank', '4 accounts, to the fen'],
  ['each released batch has its approvals on its hash', '10 batches'],
  ['chain intact', '602 journals'],
].map(([name, detail]) => ({ name: name!, ok: true, detail: detail! }));

const PEOPLE: readonly [level: string, person: string][] = [
  ['first-review', '示例初审员'],
  ['second-review', '示例业务负责人'],
  ['finance-check', '示例财务'],
  ['release-approval', '示例负责人'],
];

function approvals(caseId: string, date: string, time: string, rejectAt?: string): TimelineRow[] {
  const row = (event: string, actor: string, detail: string): TimelineRow => ({
    date,
    time,
    region: '650400',
    case: caseId,
    event,
    actor,
    detail,
  });
  const request = `${caseId}#${rejectAt ? 1 : 2}`;
  const rows = [row('prepared', 'engine', `${request}: 13 payments`)];
  for (const [level, person] of PEOPLE) {
    if (level === rejectAt) {
      rows.push(row('rejected', person, `${level} of ${request}: wrong account`));
      return rows;
    }
    rows.push(row('approved', person, `${level} of ${request}`));
  }
  return [...rows, row('released', '示例出纳', `${request}: 13 payments`)];
}

function timeline(returns: readonly ReturnRow[]): TimelineRow[] {
  const disbursement = 'prepayment/650400/2026';
  const at = (date: string, time: string, id: string, event: string, actor: string, detail: string): TimelineRow => ({
    date,
    time,
    region: '650400',
    case: id,
    event,
    actor,
    detail,
  });
  const third = 'disbursement/650400/2026/H65040100003/employee';
  const rows: TimelineRow[] = [
    at('2026-03-02', '09:00', disbursement, 'opened', 'engine', 'xinjiang-2025-50 version 1'),
    at('2026-03-02', '09:00', disbursement, 'no-prepayment', 'engine', 'H65040100016: not-executing-well'),
    ...approvals(disbursement, '2026-03-02', '14:00'),
    at('2026-03-02', '14:00', disbursement, 'sent', 'engine', '16 payments, 44282839.59'),
    at('2026-03-02', '14:00', disbursement, 'booked', 'bank', '14 payments, 35510000.13'),
    at(
      '2026-03-02',
      '14:00',
      disbursement,
      'payment-failed',
      'bank',
      `${third}, 6172839.46: AC01 account number is wrong`,
    ),
    at(
      '2026-03-02',
      '14:00',
      disbursement,
      'bank-unanswered',
      'bank',
      'M0002: 1 payments are unknown; the bank is asked, nothing is sent again',
    ),
    at('2026-03-03', '09:00', disbursement, 'booked', 'bank', '1 payments, 2600000.00'),
    at(
      '2026-03-05',
      '10:00',
      disbursement,
      'operator-retry',
      '示例操作员',
      `${third}: the bank says that the account is open again`,
    ),
    at('2026-03-05', '14:00', disbursement, 'booked', 'bank', '1 payments, 6172839.46'),
  ];
  for (const month of PERIODS) {
    const id = `return/650400/${month}`;
    for (const one of returns.filter((each) => each.period === month && each.receivedOn === `${month}-15`))
      rows.push(at(`${month}-15`, '10:00', id, 'return-received', one.institution, one.amount));
    if (month === '2026-06') rows.push(...approvals(id, MOVES[month]!, '18:00', 'finance-check'));
    rows.push(...approvals(id, MOVES[month]!, '18:00'));
  }
  return rows;
}

const BREACHES: Summary['breaches'] = [
  {
    institution: 'H65040100007',
    kind: 'prepayment-not-returned',
    period: '2026-06',
    noticeOn: '2026-07-01',
    deadline: '2026-07-15',
    correctedOn: '2026-08-10',
    suspendedFrom: '2026-08-01',
    resumedOn: '2026-08-10',
    state: 'resumed',
  },
  {
    institution: 'H65040100010',
    kind: 'prepayment-not-returned',
    period: '2026-09',
    noticeOn: '2026-10-08',
    deadline: '2026-10-21',
    correctedOn: null,
    suspendedFrom: '2026-11-01',
    resumedOn: null,
    state: 'suspended',
  },
  {
    institution: 'H65040100013',
    kind: 'prepayment-not-returned',
    period: '2026-11',
    noticeOn: '2026-12-01',
    deadline: '2026-12-15',
    correctedOn: null,
    suspendedFrom: null,
    resumedOn: null,
    state: 'noticed',
  },
];

const SHA = '9f2c41d07be8a5563f10c2d94e7a8b61d3f5c07e92a1b4486cd0e7f3152a9b80';

/** A summary in which nothing happened. */
export function emptySummary(): Summary {
  return {
    policies: [{ id: 'xinjiang-2025-50', version: '1', sha256: SHA }],
    region: '650400',
    from: '2026-01',
    to: '2026-12',
    calendar: { source: '国务院办公厅关于2026年部分节假日安排的通知', provisional: false },
    prepayments: [],
    returns: [],
    rejectedLines: [],
    lines: { accepted: '0.00', settled: '0.00', open: '0.00', disputed: '0.00' },
    statements: [],
    payments: [],
    breaches: [],
    enterpriseCases: [],
    alerts: [],
    eligibility: [],
    preallocations: [],
    settlements: [],
    clearings: [],
    balances: [],
    invariants: [],
  };
}

export function regionFixture(): RegionInput {
  const prepayments: PrepaymentRow[] = INSTITUTIONS.map(([institution, , base, ratio, amount, pools]) => ({
    institution,
    base,
    ratio,
    amount,
    pools: poolAmounts(pools.map(yuan)),
    disbursedOn:
      institution === 'H65040100003' ? '2026-03-05' : institution === 'H65040100006' ? '2026-03-03' : '2026-03-02',
  }));
  const returns = INSTITUTIONS.flatMap(([id, , , , amount, pools]) => returnsOf(id, yuan(amount), pools.map(yuan)));
  const summary: Summary = {
    ...emptySummary(),
    prepayments,
    returns,
    breaches: structuredClone(BREACHES),
    alerts: [
      { kind: 'bank-unreachable', case: 'prepayment/650400/2026', on: '2026-03-02' },
      ...Object.keys(EXCEPTIONS).map((key) => {
        const month = key.slice(-7);
        return { kind: 'return-late', case: `return/650400/${month}`, on: `${month}-21` };
      }),
    ],
    balances: balances(),
    invariants: structuredClone(INVARIANTS),
  };
  const names = Object.fromEntries(INSTITUTIONS.map(([id, name]) => [id, `${name}（示例）`]));
  names['H65040100015'] = '示例医共体成员卫生院（示例）';
  names['H65040100016'] = '示例执行不符合医院（示例）';
  return {
    summary,
    timeline: timeline(returns),
    transfers: [],
    names,
    regionName: '示例市',
    calendar: calendar2026(),
    documents: { 'xinjiang-2025-50': { number: '新医保发〔2025〕50号' } },
  };
}

export function reportFixture(): ReportInput {
  return {
    regions: [regionFixture()],
    generatedFrom: {
      command: 'settle rehearse sample/650400 --from 2026-01 --to 2026-12',
      seed: 1,
      scenario: 'scenario.yaml',
    },
  };
}

/** A region of many institutions with a whole year of returns; every 50th is late or missing once. */
export function largeReport(institutions: number): ReportInput {
  const report = reportFixture();
  const region = report.regions[0]!;
  const { summary } = region;
  const template = summary.prepayments[2]!;
  const ids = Array.from({ length: institutions }, (_, index) => `H6504${String(index + 1).padStart(8, '0')}`);
  summary.prepayments = ids.map((institution) => ({ ...template, institution }));
  summary.returns = ids.flatMap((id, index) =>
    returnsOf(id, yuan(template.amount), [yuan(template.amount), 0n, 0n]).map((row) => {
      if (index % 50 !== 0 || row.period !== PERIODS[(index / 50) % 8]) return row;
      const late = index % 100 === 0;
      return {
        ...row,
        state: late ? ('late' as const) : ('missing' as const),
        receivedOn: late ? lastDayOf(period(row.period)) : null,
        toFundOn: null,
      };
    }),
  );
  region.names = Object.fromEntries(ids.map((id, index) => [id, `示例医疗机构第${index + 1}号（示例）`]));
  region.timeline = timeline(summary.returns);
  summary.balances = ids.flatMap((id) => [
    { book: 'fund' as const, account: `fund/advance/vbp/employee/${id}/2026`, balance: '0.00' },
    { book: 'supervised' as const, account: `supervised/ledger/${id}/own`, balance: '-1000.00' },
    { book: 'supervised' as const, account: `supervised/ledger/${id}/prepayment`, balance: '0.00' },
  ]);
  return report;
}

/** The same region with what the later parts of the engine add: windows, payments, enterprises and monthly funds. */
export function fullReport(): ReportInput {
  const report = reportFixture();
  const { summary, names } = report.regions[0]!;
  const institution = 'H65040100001';
  names['E0001'] = '示例医药配送公司（示例）';
  summary.lines = { accepted: '1500000.00', settled: '1200000.00', open: '250000.00', disputed: '50000.00' };
  summary.rejectedLines = [{ period: '2026-04', line: 'L000009', code: 'after-cutoff' }];
  summary.statements = [
    {
      institution,
      period: '2026-04',
      gross: '900000.00',
      credits: '-100000.00',
      net: '800000.00',
      fromPrepayment: '700000.00',
      fromOwn: '100000.00',
      topUp: '60000.00',
      confirmedOn: '2026-04-10',
      paidOn: '2026-04-21',
    },
    {
      institution,
      period: '2026-05',
      gross: '400000.00',
      credits: '0.00',
      net: '400000.00',
      fromPrepayment: '400000.00',
      fromOwn: '0.00',
      topUp: '0.00',
      confirmedOn: '2026-05-10',
      paidOn: null,
    },
  ];
  summary.payments = [
    {
      institution,
      enterprise: 'E0001',
      period: '2026-04',
      amount: '800000.00',
      state: 'succeeded',
      attempts: 2,
      paidOn: '2026-04-27',
    },
    {
      institution,
      enterprise: 'E0001',
      period: '2026-05',
      amount: '400000.00',
      state: 'held',
      attempts: 0,
      paidOn: null,
    },
  ];
  summary.enterpriseCases = [
    {
      enterprise: 'E0001',
      kind: 'risk-warning',
      period: '2026-05',
      openedOn: '2026-06-01',
      deadline: null,
      closedOn: null,
      state: 'warned',
    },
  ];
  summary.eligibility = [{ institution, period: '2026-04', eligible: false, failed: ['score'] }];
  summary.preallocations = [
    { institution, pool: 'employee', period: '2026-04', amount: '250000.00', paidOn: '2026-04-09' },
  ];
  summary.settlements = [
    {
      institution,
      pool: 'employee',
      period: '2026-04',
      payable: '310000.00',
      preallocated: '250000.00',
      carriedIn: '0.00',
      paid: '0.00',
      held: '60000.00',
      released: '60000.00',
      carriedOut: '0.00',
      reviewedOn: '2026-05-22',
      paidOn: null,
      releasedOn: '2026-06-24',
    },
  ];
  report.regions[0]!.transfers = [
    {
      period: period('2026-04'),
      pool: 'resident',
      amount: '20000.50',
      confirmedBy: '650400-finance-department',
      evidence: '示例财〔2026〕8号',
      state: 'succeeded',
      bookedOn: '2026-05-21',
    },
    {
      period: period('2026-05'),
      pool: 'employee',
      amount: '7.00',
      confirmedBy: null,
      evidence: null,
      state: 'prepared',
      bookedOn: null,
    },
  ];
  summary.clearings = [
    {
      institution,
      pool: 'employee',
      quarter: '2026-Q2',
      payable: '310000.00',
      preallocated: '250000.00',
      paid: '0.00',
      held: '60000.00',
      carriedOut: '0.00',
      signedOn: '2026-07-24',
    },
  ];
  return report;
}
