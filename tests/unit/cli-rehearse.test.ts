import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interrupted } from '../../operator/cli/interrupted';
import type { Output } from '../../operator/cli/output';
import { keyFiguresOf } from '../../operator/cli/rehearsal-summary';
import { monthLines, notableLines } from '../../operator/cli/start-story';
import { period } from '../../domain/plain-date';
import type { RehearsalResult, RehearseOptions } from '../../rehearsal/rehearse';
import type { FiscalTransfer } from '../../rehearsal/result/fund';
import type { Summary, TimelineRow } from '../../rehearsal/summary';
import { cli, dataOf } from '../support/cli';

const NO_POOLS = { employee: '0.00', resident: '0.00', 'employee-large': '0.00' };

const prepayment = (institution: string, amount: string, disbursedOn: string | null) => ({
  institution,
  base: '1.00',
  ratio: '0.5',
  amount,
  pools: NO_POOLS,
  disbursedOn,
});

function returned(
  period: string,
  amount: string,
  state: 'on-time' | 'late' | 'missing',
  receivedOn: string | null,
  toFundOn: string | null,
): Summary['returns'][number] {
  const institution = 'H65010000001';
  return {
    institution,
    period,
    dueOn: `${period}-20`,
    amount,
    pools: NO_POOLS,
    fromUnused: '0.00',
    receivedOn,
    state,
    toFundOn,
  };
}

function summaryOf(region: string, change: Partial<Summary> = {}): Summary {
  return {
    policies: [{ id: 'xinjiang-2025-50', version: '1', sha256: 'a'.repeat(64) }],
    region,
    from: '2026-01',
    to: '2026-12',
    calendar: { source: '国办发明电〔2025〕7号', provisional: false },
    prepayments: [prepayment('H65010000001', '1000.00', '2026-03-02'), prepayment('H65010000002', '500.00', null)],
    returns: [
      returned('2026-04', '100.00', 'on-time', '2026-04-15', '2026-04-30'),
      returned('2026-05', '100.00', 'late', '2026-05-31', '2026-06-30'),
      returned('2026-06', '100.00', 'missing', null, null),
    ],
    rejectedLines: [],
    lines: { accepted: '0.00', settled: '0.00', open: '0.00', disputed: '0.00' },
    statements: [],
    payments: [],
    breaches: [],
    enterpriseCases: [],
    alerts: [{ kind: 'return-late', case: `return/${region}/2026-05`, on: '2026-05-21' }],
    eligibility: [],
    preallocations: [],
    settlements: [],
    clearings: [],
    balances: [
      { book: 'fund', account: 'fund/advance/vbp/employee/H65010000001/2026', balance: '700.00' },
      { book: 'fund', account: 'fund/advance/vbp/resident/H65010000001/2026', balance: '100.00' },
      { book: 'fund', account: 'fund/cash/employee', balance: '9999.00' },
    ],
    invariants: [
      { name: 'books sum to zero', ok: true, detail: '2 books' },
      { name: 'chain intact', ok: true, detail: '7 journals' },
    ],
    ...change,
  };
}

const broken = (region: string): Summary =>
  summaryOf(region, { invariants: [{ name: 'chain intact', ok: false, detail: 'journal 4 differs' }] });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'settle 预演 '));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Played {
  rehearse: (options: RehearseOptions) => Promise<RehearsalResult>;
  options: () => RehearseOptions;
  stopped: () => boolean;
  env: NodeJS.ProcessEnv;
}

function playing(summaries: Summary[], more: Partial<RehearsalResult> = {}): Played {
  let given: RehearseOptions | undefined;
  let stopped = false;
  return {
    rehearse: async (options) => {
      given = options;
      options.progress({ kind: 'phase', message: 'opening the books' });
      for (const month of [1, 6, 12])
        options.progress({ kind: 'day', region: 'all', date: `2026-${month}-01`, done: month, total: 12 });
      options.progress({ kind: 'note', message: 'a note' });
      const stop = async () => void (stopped = true);
      const ok = summaries.every(({ invariants }) => invariants.every((each) => each.ok));
      return { summaries, timelines: [], transfers: [], files: [], durationMs: 2_345, ok, stop, ...more };
    },
    options: () => given!,
    stopped: () => stopped,
    env: { SETTLE_DATA: directory },
  };
}

const YEAR = ['--from', '2026-01', '--to', '2026-12'];

describe('rehearse', () => {
  it('gives its options on, and stops what was started', async () => {
    const played = playing([summaryOf('650100')]);
    const argv = ['rehearse', 'a dir', 'b', ...YEAR, '--policy', 'p', '--policy', 'q.yaml', '--scenario', 's.yaml'];
    const run = await cli([...argv, '--seed', '7', '--out', 'o', '--provisional-calendar', '--documents'], played);
    expect(run.exitCode).toBe(0);
    expect(played.options()).toMatchObject({
      regions: ['a dir', 'b'],
      from: '2026-01',
      to: '2026-12',
      policies: ['p', 'q.yaml'],
      scenario: 's.yaml',
      seed: 7,
      out: 'o',
      provisionalCalendar: true,
      documents: true,
      webUi: false,
      command: expect.stringMatching(/^settle rehearse 'a dir' b --from 2026-01 /) as string,
    });
    expect(played.stopped()).toBe(true);
  });

  it('prints the summary and nothing else with --json; an array where several regions were given', async () => {
    const one = summaryOf('650100');
    const single = await cli(['rehearse', 'a', ...YEAR, '--json'], playing([one]));
    expect(single.exitCode).toBe(0);
    expect(dataOf(single)).toEqual(one);
    const two = [one, summaryOf('650400')];
    expect(dataOf(await cli(['rehearse', 'a', 'b', ...YEAR, '--json'], playing(two)))).toEqual(two);
  });

  it('tells progress in a few plain lines on standard error where that is no terminal', async () => {
    const run = await cli(['rehearse', 'a', ...YEAR, '--json'], playing([summaryOf('650100')]));
    expect(run.stderr).toBe(
      'settle: opening the books\nsettle: 2026-6-01, 50 %\nsettle: 2026-12-01, 100 %\nsettle: a note\n',
    );
  });

  it('prints what people ask for first, regions side by side, and where the files are', async () => {
    const files = [
      { summary: 'o/summary.json', journal: 'o/journal.csv', timeline: 'o/timeline.csv', report: 'o/r.html' },
    ];
    const played = playing([summaryOf('650100'), summaryOf('650400')], { files, report: 'o/report.html' });
    const { stdout } = await cli(['rehearse', 'a', 'b', ...YEAR], played);
    expect(stdout).toMatch(/^ +650100 +650400$/m);
    expect(stdout).toMatch(/prepaid, yuan +1,000\.00 +1,000\.00$/m);
    expect(stdout).toMatch(/returns on time +1 +1$/m);
    expect(stdout).toMatch(/late +1 +1$/m);
    expect(stdout).toMatch(/missing +1 +1$/m);
    expect(stdout).toMatch(/moved to the fund, yuan +200\.00 +200\.00$/m);
    expect(stdout).toMatch(/outstanding, yuan +800\.00 +800\.00$/m);
    expect(stdout).toMatch(/alerts +1 +1$/m);
    expect(stdout).toMatch(/invariants +2\/2 hold +2\/2 hold$/m);
    expect(stdout).toContain('o/summary.json\no/journal.csv\no/timeline.csv\no/report.html\n');
    expect(stdout).not.toContain('\u001b');
  });

  it('ends with 1 and names the invariant that does not hold', async () => {
    const run = await cli(['rehearse', 'a', 'b', ...YEAR], playing([summaryOf('650100'), broken('650400')]));
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/BROKEN +650400 +chain intact: journal 4 differs/);
    expect(await cli(['rehearse', 'a', ...YEAR, '--json'], playing([broken('650400')]))).toMatchObject({ exitCode: 1 });
  });

  it('does not call a run without any invariant a success', async () => {
    const run = await cli(['rehearse', 'a', ...YEAR], playing([summaryOf('650100', { invariants: [] })]));
    expect(run.exitCode).toBe(1);
  });

  it('marks a provisional calendar', async () => {
    const provisional = summaryOf('650100', { calendar: { source: 'provisional: weekends only', provisional: true } });
    const { stdout } = await cli(['rehearse', 'a', ...YEAR], playing([provisional]));
    expect(stdout).toContain('The calendar is provisional');
  });

  it('tells the rehearsal when it is interrupted, and ends with the shell’s exit code', async () => {
    const controller = new AbortController();
    const running = cli(['rehearse', 'a', ...YEAR], {
      env: { SETTLE_DATA: directory },
      stop: controller.signal,
      // As the real one: it takes down what it started, and gives the signal's reason.
      rehearse: ({ stop }) =>
        new Promise<never>((_, reject) => {
          stop?.addEventListener('abort', () => reject(stop.reason as Error));
        }),
    });
    setTimeout(() => controller.abort(new Interrupted(130)), 20);
    expect(await running).toEqual({ exitCode: 130, stdout: '', stderr: 'settle: stopped\n' });
  });
});

describe('the figures of a region', () => {
  it('count what was disbursed, by state, and take what is outstanding from the ledger', () => {
    expect(keyFiguresOf(summaryOf('650100'))).toEqual({
      region: '650100',
      prepayments: 1,
      prepaidFen: 100_000n,
      returns: { 'on-time': 1, late: 1, missing: 1 },
      toFundFen: 20_000n,
      outstandingFen: 80_000n,
      statements: 0,
      confirmedFen: 0n,
      payments: 0,
      paidFen: 0n,
      rejectedLines: 0,
      openFen: 0n,
      disputedFen: 0n,
      breaches: { notices: 0, suspended: 0, resumed: 0, open: 0 },
      enterpriseCases: 0,
      alerts: 1,
      holding: 2,
      invariants: 2,
    });
  });
});

describe('the figures of a region with settlement windows', () => {
  const windows: Pick<Summary, 'statements' | 'payments' | 'rejectedLines'> = {
    statements: [
      {
        institution: 'H65010200001',
        period: '2026-04',
        gross: '220.00',
        credits: '-20.00',
        net: '200.00',
        fromPrepayment: '150.00',
        fromOwn: '50.00',
        topUp: '0.00',
        confirmedOn: '2026-04-10',
        paidOn: null,
      },
    ],
    payments: [
      {
        institution: 'H65010200001',
        enterprise: 'E0001',
        period: '2026-04',
        amount: '130.00',
        state: 'succeeded',
        attempts: 1,
        paidOn: '2026-05-06',
      },
      {
        institution: 'H65010200001',
        enterprise: 'E0003',
        period: '2026-04',
        amount: '70.00',
        state: 'held',
        attempts: 0,
        paidOn: null,
      },
    ],
    rejectedLines: [{ period: '2026-04', line: 'L1', code: 'conflict' }],
  };
  const summary = { ...summaryOf('650100'), ...windows };

  it('count what was confirmed and what has arrived', () => {
    expect(keyFiguresOf(summary)).toMatchObject({
      statements: 1,
      confirmedFen: 20_000n,
      payments: 1,
      paidFen: 13_000n,
      rejectedLines: 1,
    });
  });

  it('stand in the months in which they were confirmed and paid', () => {
    const lines = monthLines([summary]).map((line) => line.split(/\s{2,}/));
    expect(lines.find(([month]) => month === '2026-04')).toEqual(expect.arrayContaining(['200.00', '·']));
    expect(lines.find(([month]) => month === '2026-05')).toEqual(expect.arrayContaining(['130.00']));
  });
});

describe('the figures of a region with breaches', () => {
  const breach = (change: Partial<Summary['breaches'][number]>): Summary['breaches'][number] => ({
    institution: 'H65010200001',
    kind: 'late-reconciliation',
    period: '2026-05',
    noticeOn: '2026-06-01',
    deadline: '2026-06-15',
    correctedOn: null,
    suspendedFrom: null,
    resumedOn: null,
    state: 'noticed',
    ...change,
  });
  const summary = summaryOf('650100', {
    breaches: [
      breach({ state: 'closed', correctedOn: '2026-06-10' }),
      breach({ state: 'suspended', suspendedFrom: '2026-07-01' }),
      breach({ state: 'resumed', suspendedFrom: '2026-07-01', resumedOn: '2026-07-09', correctedOn: '2026-07-09' }),
      breach({}),
    ],
    lines: { accepted: '10.00', settled: '4.00', open: '5.00', disputed: '1.00' },
    rejectedLines: [{ period: '2026-04', line: 'L1', code: 'conflict' }],
  });

  it('count notices by what became of them, and show the lines that are left', async () => {
    const { stdout } = await cli(['rehearse', 'a', 'b', ...YEAR], playing([summary, summaryOf('650400')]));
    expect(stdout).toMatch(/breach notices +4 +0$/m);
    expect(stdout).toMatch(/suspended +2 +0$/m);
    expect(stdout).toMatch(/resumed +1 +0$/m);
    expect(stdout).toMatch(/not corrected yet +2 +0$/m);
    expect(stdout).toMatch(/lines open, yuan +5\.00 +0\.00$/m);
    expect(stdout).toMatch(/lines disputed, yuan +1\.00 +0\.00$/m);
    expect(stdout).not.toContain('enterprise cases');
  });
});

describe('the months of a region with monthly funds', () => {
  const settlement = (period: string, change: Partial<Summary['settlements'][number]>) => ({
    institution: 'H32130000001',
    pool: 'employee',
    period,
    payable: '0.00',
    preallocated: '0.00',
    carriedIn: '0.00',
    paid: '0.00',
    held: '0.00',
    released: '0.00',
    carriedOut: '0.00',
    reviewedOn: null,
    paidOn: null,
    releasedOn: null,
    ...change,
  });
  const ahead = (period: string) => {
    return { institution: 'H32130000001', pool: 'employee', period, amount: '300.00', paidOn: null };
  };
  const clearing = (pool: string): Summary['clearings'][number] => ({
    institution: 'H32130000001',
    pool,
    quarter: '2026-Q1',
    payable: '1200.00',
    preallocated: '900.00',
    paid: '450.00',
    held: '0.00',
    carriedOut: '-150.00',
    signedOn: '2026-04-16',
  });
  // February: 1000 claimed less 300 ahead. March: 150 claimed less 300 ahead is carried on, so the year's end carries 150.
  const summary = summaryOf('321300', {
    prepayments: [],
    returns: [],
    preallocations: [ahead('2026-02'), ahead('2026-03'), ahead('2026-04')],
    settlements: [
      settlement('2026-02', { payable: '1000.00', preallocated: '300.00', paid: '700.00', paidOn: '2026-03-24' }),
      settlement('2026-02', { pool: 'resident', payable: '50.00', paid: '50.00' }),
      settlement('2026-03', { payable: '150.00', preallocated: '300.00', carriedOut: '-150.00' }),
    ],
    clearings: [clearing('employee'), clearing('resident')],
  });
  const transfer: FiscalTransfer = {
    period: period('2026-03'),
    pool: 'resident',
    amount: '20.50',
    confirmedBy: '321300-finance-department',
    evidence: '示例财〔2026〕8号',
    state: 'succeeded',
    bookedOn: '2026-04-21',
  };
  // One that has not arrived is no money of the pool yet.
  const transfers = [[transfer, { ...transfer, state: 'sent', bookedOn: null }]];

  it('stand below the figures, with transfers and clearings, and without columns that have no amount', async () => {
    const { stdout } = await cli(['rehearse', 'a', ...YEAR], playing([summary], { transfers }));
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows).toContainEqual([
      '月 month',
      '预拨 advanced',
      '应付 payable',
      '支付 paid',
      '结转 carried',
      '拨款 transfer',
      '清算 clearing',
    ]);
    expect(rows).toContainEqual(['2026-02', '300.00', '1,050.00', '750.00', '·', '·']);
    expect(rows).toContainEqual(['2026-03', '300.00', '150.00', '·', '-150.00', '20.50', 'Q1 signed 2026-04-16']);
    expect(rows).toContainEqual(['2026-04', '300.00', '·', '·', '·', '·', 'Q2 not signed yet']);
    expect(rows).toContainEqual(['合计 total', '900.00', '1,200.00', '750.00', '-150.00', '20.50']);
    expect(stdout).not.toContain('prepayments');
  });
});

describe('start', () => {
  const happened = (date: string, event: string, detail: string): TimelineRow => ({
    date,
    time: '14:00',
    region: '650100',
    case: 'return/650100/2026-05',
    event,
    actor: 'engine',
    detail,
  });
  const timelines = [
    [
      happened('2026-03-02', 'approved', 'first-review'),
      happened('2026-03-02', 'payment-failed', 'D1, 5.00: AC04'),
      happened('2026-05-21', 'return-late', 'H1: 1.00'),
      happened('2026-05-21', 'return-late', 'H2: 2.00'),
    ],
  ];
  const withFiles = (summary: Summary): Played => {
    return playing([summary], { timelines, report: 'out/report.html', webUiUrl: 'http://127.0.0.1:8233' });
  };

  it('--once rehearses the sample with its scenario, tells the year, and ends', async () => {
    const played = withFiles(summaryOf('650100'));
    const { exitCode, stdout } = await cli(['start', '--once'], played);
    expect(exitCode).toBe(0);
    expect(played.options()).toMatchObject({ from: '2026-01', to: '2026-12', webUi: false, keepUp: false });
    expect(played.options().regions.map((path) => path.slice(-6))).toEqual(['650100', '650400', '650500']);
    expect(played.options().scenario).toMatch(/rehearsal.sample.scenario\.yaml$/);
    expect(stdout).toMatch(/^2026-03 +1,000\.00 +· +·$/m);
    expect(stdout).toMatch(/^2026-05 +· +100\.00 +· +1 due, 1 late$/m);
    expect(stdout).toMatch(/^2026-06 +· +· +100\.00 +1 due, 1 missing$/m);
    expect(stdout).toMatch(/^2026-03-02 +650100 +支付失败 +Payment failed +D1, 5\.00: AC04$/m);
    expect(stdout).toMatch(/^2026-05-21 .*H1: 1\.00; H2: 2\.00$/m);
    expect(stdout).not.toContain('first-review');
    expect(stdout).toContain('Every invariant holds. One year in 2.3 s.');
    expect(stdout).toContain('out/report.html');
    expect(stdout).not.toContain('Ctrl-C');
    expect(played.stopped()).toBe(true);
  });

  it('without --once keeps the Web UI up until somebody ends it, which is no failure', async () => {
    const controller = new AbortController();
    const played = withFiles(summaryOf('650100'));
    const running = cli(['start'], { ...played, stop: controller.signal });
    const ended = await Promise.race([
      running.then(() => true),
      new Promise((resolve) => setTimeout(resolve, 200, false)),
    ]);
    expect(ended).toBe(false);
    expect(played.stopped()).toBe(false);
    controller.abort(new Interrupted(130));
    const { exitCode, stdout } = await running;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('http://127.0.0.1:8233');
    expect(played.options()).toMatchObject({ webUi: true, keepUp: true });
    expect(played.stopped()).toBe(true);
  });

  it('ends with 1 when an invariant is broken', async () => {
    const { exitCode, stdout } = await cli(['start', '--once'], withFiles(broken('650100')));
    expect(exitCode).toBe(1);
    expect(stdout).toContain('An invariant is broken');
  });
});

describe('what did not go by itself', () => {
  it('names three of those that one reason holds for, each once, and counts the others', () => {
    const row = (detail: string): TimelineRow => ({
      date: '2026-08-21',
      time: '14:00',
      region: '650500',
      case: 'window/650500/2026-08',
      event: 'payment-held',
      actor: 'engine',
      detail,
    });
    const [line, ...more] = notableLines([['A', 'B', 'B', 'C', 'D', 'E'].map(row)], {
      paint: (_, text) => text,
    } as Output);
    expect(more).toEqual([]);
    expect(line).toMatch(/^2026-08-21 {2}650500 .* A; B; C; and 2 more$/);
  });
});
