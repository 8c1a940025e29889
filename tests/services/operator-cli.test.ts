import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import { Phase } from '../../domain/business-time';
import { cli, dataOf, failureOf, type CliRun } from '../support/cli';
import { personOf, regionOf, startTestStage, type TestStage } from '../support/stage';

const A = '650401';
const CASE = `prepayment/${A}/2026`;
const H1 = 'H65040100001';
const H2 = 'H65040100002';
const B = '650402';
const CASE_B = `prepayment/${B}/2026`;
const [B1, B2, B3] = ['H65040200001', 'H65040200002', 'H65040200003'] as const;
const paymentOf = (institution: string): string => `disbursement/${B}/2026/${institution}/employee`;

let stage: TestStage;

/** Half of these is prepaid: 50,000.00 and 25,000.00. */
beforeAll(async () => {
  stage = await startTestStage(
    [
      regionOf(A, [
        { institution: H1, baseFen: 10_000_000n },
        { institution: H2, baseFen: 5_000_000n },
      ]),
      regionOf(B, [
        { institution: B1, baseFen: 10_000_000n },
        { institution: B2, baseFen: 5_000_000n },
        { institution: B3, baseFen: 2_000_000n },
      ]),
    ],
    [
      { kind: 'disbursement', region: B, institution: B1, outcome: 'rejected' },
      { kind: 'disbursement', region: B, institution: B2, outcome: 'rejected' },
      { kind: 'disbursement', region: B, institution: B3, outcome: 'late' },
    ],
  );
  for (const [region, caseId] of [
    [B, CASE_B],
    [A, CASE],
  ] as const) {
    await stage.startPrepayment(region);
    await stage.goTo(caseId, '2026-03-02', Phase.ApprovalsAndBank);
  }
  await stage.approveAndRelease(CASE_B);
}, 180_000);

afterAll(async () => {
  await stage?.stop();
});

const settle = (...argv: string[]): Promise<CliRun> => cli(argv, { running: stage.context });
const as = (role: string): string[] => ['--as', personOf(CASE, role)];
const attempts = async (): Promise<number> =>
  Number((await stage.context.db('settle.decision_attempts').count())[0]!.count);

describe('approvals and release on the command line', () => {
  it('list what waits, and who is asked', async () => {
    const run = await settle('approvals', 'list', '--region', A, '--json');
    expect(run.exitCode).toBe(0);
    expect(dataOf(run)).toMatchObject([
      {
        caseId: CASE,
        state: 'open',
        payments: 2,
        amount: '75000.00',
        next: { step: 'first-review', role: 'officer', people: [{ person: personOf(CASE, 'officer') }] },
      },
    ]);
    expect((await settle('approvals', 'list')).stdout).toContain('75,000.00');
  });

  it('show payees, amounts, the hash, and that nothing changed', async () => {
    const { stdout } = await settle('approvals', 'show', CASE);
    const { contentSha256 } = await stage.request(CASE);
    expect(stdout).toContain(contentSha256);
    expect(stdout).toContain('50,000.00');
    expect(stdout).toContain('25,000.00');
    expect(stdout).toContain(`示例${A}第1医院`);
    expect(stdout).toContain('nothing changed');
  });

  it('a dry run records nothing, and says what would be refused', async () => {
    const before = await attempts();
    expect(await settle('approvals', 'approve', CASE, ...as('officer'), '--dry-run')).toMatchObject({ exitCode: 0 });
    const wrong = await settle('approvals', 'approve', CASE, ...as('director'), '--dry-run', '--json');
    expect(wrong.exitCode).toBe(4);
    expect(failureOf(wrong).error.code).toBe('ApprovalRoleMissing');
    const early = await settle('cashier', 'release', CASE, ...as('cashier'), '--dry-run', '--json');
    expect(failureOf(early).error.code).toBe('ApprovalIncomplete');
    expect(await attempts()).toBe(before);
  });

  it('a refusal has exit code 4 and is recorded', async () => {
    const before = await attempts();
    const run = await settle('approvals', 'approve', CASE, ...as('director'), '--json');
    expect(run.exitCode).toBe(4);
    expect(failureOf(run).error.code).toBe('ApprovalRoleMissing');
    expect(await attempts()).toBe(before + 1);
    expect((await settle('approvals', 'show', CASE)).stdout).toContain('ApprovalRoleMissing');
  });

  it('a rejection raises a new revision, of which the change is shown', async () => {
    const rejected = await settle('approvals', 'reject', CASE, ...as('officer'), '--reason', '示例：金额有误');
    expect(rejected).toMatchObject({ exitCode: 0 });
    expect(rejected.stdout).toContain('is rejected');
    await stage.settle(CASE);
    const shown = dataOf(await settle('approvals', 'show', CASE, '--json'));
    expect(shown).toMatchObject({ revision: 2, sinceRevision: { requestId: `${CASE}#1`, changes: [] } });
  });

  it('four levels and the cashier, each told who is next', async () => {
    const next: string[] = [];
    for (const role of ['officer', 'business-head', 'finance', 'director']) {
      const run = await settle('approvals', 'approve', CASE, ...as(role));
      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
      next.push(/next {2}(\S+)/.exec(run.stdout)![1]!);
    }
    expect(next).toEqual(['second-review', 'finance-check', 'release-approval', 'cashier']);
    expect((await settle('cashier', 'release', CASE, ...as('cashier'), '--dry-run')).stdout).toContain(
      'would be taken',
    );
    const released = await settle('cashier', 'release', CASE, ...as('cashier'));
    expect(released.stdout).toContain('is released');
    await stage.settle(CASE);
    const again = await settle('cashier', 'release', CASE, ...as('cashier'), '--json');
    expect(again.exitCode).toBeGreaterThan(0);
  });
});

describe('payments on the command line', () => {
  const operator = ['--as', `${B}-operator`, '--reason', '示例：核对无误'];
  const states = async (): Promise<string[]> => (await stage.payments(CASE_B)).map(({ state }) => state);

  it('are listed by state and shown with payee and history', async () => {
    expect(await states()).toEqual(['failed', 'failed', 'sent']);
    const failed = dataOf(await settle('payments', 'list', '--state', 'failed', '--json'));
    expect(failed).toMatchObject([
      { paymentId: paymentOf(B1), amount: '50000.00' },
      { paymentId: paymentOf(B2), amount: '25000.00' },
    ]);
    expect((await settle('payments', 'list', '--region', B)).stdout).toContain('3 payments, 85,000.00 yuan');
    const { stdout } = await settle('payments', 'show', paymentOf(B1));
    expect(stdout).toContain(`示例${B}第1医院`);
    expect(stdout).toContain('sent → failed');
  });

  it('several at once are shown first, and nothing is done', async () => {
    const before = await attempts();
    const run = await settle('payments', 'retry', '--case', CASE_B, ...operator);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('retry: 2 payments, 75,000.00 yuan; nothing was done, --yes does it');
    expect(await states()).toEqual(['failed', 'failed', 'sent']);
    expect(await attempts()).toBe(before);
  });

  it('a reason and a person are needed, and the role', async () => {
    expect((await settle('payments', 'retry', paymentOf(B1), '--as', `${B}-operator`)).exitCode).toBe(2);
    expect((await settle('payments', 'retry', paymentOf(B1), '--reason', '示例')).exitCode).toBe(2);
    const wrong = await settle(
      'payments',
      'retry',
      paymentOf(B1),
      '--as',
      `${B}-cashier`,
      '--reason',
      '示例',
      '--json',
    );
    expect(wrong.exitCode).toBe(4);
    expect(failureOf(wrong).error.code).toBe('OperatorRoleMissing');
    const sent = await settle('payments', 'retry', paymentOf(B3), ...operator, '--dry-run', '--json');
    expect(failureOf(sent).error.code).toBe('PaymentStateInvalid');
  });

  it('one is retried, one gets its right account through approval, one is asked about', async () => {
    const retried = await settle('payments', 'retry', paymentOf(B1), ...operator);
    expect(retried).toMatchObject({ exitCode: 0, stderr: '' });
    await stage.settle(CASE_B);
    const account = ['--account', '0000650402999'];
    const corrected = await settle('payments', 'correct-account', paymentOf(B2), ...account, ...operator);
    expect(corrected.stdout).toContain(`approval of ${CASE_B}#2`);
    const shown = (await settle('approvals', 'show', CASE_B)).stdout;
    expect(shown).toContain('0000650402999');
    expect(await settle('payments', 'ask', '--case', CASE_B, ...operator)).toMatchObject({ exitCode: 0 });
    await stage.settle(CASE_B);
    expect(await states()).toEqual(['succeeded', 'prepared', 'sent']);
    await stage.approveAndRelease(CASE_B);
    expect((await stage.payments(CASE_B))[1]).toMatchObject({
      state: 'succeeded',
      payee: { account: '0000650402999' },
    });
  });

  it('asking where nothing is with the bank is refused', async () => {
    const run = await settle('payments', 'ask', paymentOf(B1), ...operator, '--dry-run', '--json');
    expect(failureOf(run).error.code).toBe('PaymentStateInvalid');
  });
});

describe('cases and their history', () => {
  it('are listed by what is asked', async () => {
    const ids = async (...argv: string[]): Promise<string[]> =>
      (dataOf(await settle('cases', 'list', '--json', ...argv)) as { caseId: string }[]).map(({ caseId }) => caseId);
    expect(await ids('--region', A)).toEqual([CASE]);
    expect(await ids('--kind', 'return')).toEqual([]);
    expect(await ids('--open')).toContain(CASE_B);
    expect((await settle('cases', 'list')).stdout).toContain(CASE_B);
  });

  it('tell events, attempts, payments and Temporal’s steps in one order', async () => {
    const story = dataOf(await settle('history', CASE_B, '--json')) as {
      temporalKept: boolean;
      entries: { date: string; time: string; source: string; what: string }[];
    };
    expect(story.temporalKept).toBe(true);
    expect(new Set(story.entries.map(({ source }) => source))).toEqual(
      new Set(['attempt', 'event', 'payment', 'temporal']),
    );
    const moments = story.entries.map(({ date, time }) => `${date} ${time}`);
    expect(moments).toEqual([...moments].sort());
    // Temporal's times are the case's business times: its timer was due at nine on the first working day.
    expect(story.entries.find(({ what }) => what === 'timer fired')).toMatchObject({
      date: '2026-03-02',
      time: expect.stringMatching(/^09:/),
    });
    expect(story.entries.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'retry accepted',
        'retry OperatorRoleMissing',
        '1 failed → released',
        'update askBankNow',
      ]),
    );
  });

  it('without Temporal’s part the story is the same otherwise', async () => {
    const { client } = stage.context;
    const gone = {
      getHandle: () => ({ fetchHistory: async () => Promise.reject(new WorkflowNotFoundError('', CASE_B, '')) }),
    };
    const forgotten = { ...stage.context, client: { ...client, workflow: gone } as unknown as typeof client };
    const run = await cli(['history', CASE_B], { running: forgotten });
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('Temporal keeps nothing of this case any more');
    expect(run.stdout).toContain('failed → released');
  });
});

describe('returns on the command line', () => {
  const accountant = ['--region', A, '--as', personOf(CASE, 'accountant')];
  const folder = mkdtempSync(join(tmpdir(), 'settle-returns-'));
  const fileOf = (...rows: string[]): string => {
    const path = join(folder, 'receipts.csv');
    writeFileSync(path, ['receipt,institution,period,amount,received_on', ...rows, ''].join('\n'));
    return path;
  };
  const receipts = async (): Promise<number> =>
    Number((await stage.context.db('settle.return_receipts').count())[0]!.count);
  beforeAll(() => stage.setClock('2026-04-15', Phase.PeopleAct));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are listed: a tenth of what was prepaid is due each month', async () => {
    const rows = dataOf(await settle('returns', 'list', '--region', A, '--period', '2026-04', '--json'));
    expect(rows).toMatchObject([
      { institution: H1, dueOn: '2026-04-20', amount: '5000.00', received: '0.00', state: 'open' },
      { institution: H2, amount: '2500.00' },
    ]);
  });

  it('a dry run says what would count and records nothing', async () => {
    const row = ['--receipt', '示例-1', '--institution', H1, '--period', '2026-04', '--amount', '4000.00'];
    const command = ['returns', 'record', ...row, '--received-on', '2026-04-15', ...accountant];
    const dry = await settle(...command, '--dry-run');
    expect(dry.stdout).toContain('4,000.00 counts for 2026-04; nothing was recorded');
    expect(await receipts()).toBe(0);
    const run = await settle(...command);
    expect(run.stdout).toContain('1,000.00 is still due');
    expect(await receipts()).toBe(1);
  });

  it('a file: right rows go in, every other one is named; the same file again changes nothing', async () => {
    const path = fileOf(
      `示例-2,${H1},2026-04,1500.00,2026-04-15`,
      `示例-3,${H2},2026-04,many,2026-04-15`,
      `示例-4,${H2},2027-05,10.00,2026-04-15`,
      `示例-5,${H2},2026-04,2500.00,2026-04-16`,
      `示例-6,${H2},2026-04,2500.00,2026-04-14`,
    );
    const dry = await settle('returns', 'import', path, ...accountant, '--dry-run', '--json');
    const run = await settle('returns', 'import', path, ...accountant, '--json');
    const refused = [
      { line: 3, code: 'amount' },
      { line: 4, code: 'ReturnNotDue' },
      { line: 5, code: 'OutsideWindow' },
    ];
    // 1,000.00 was still due: the rest of 1,500.00 is the institution's own money.
    const recorded = [
      { line: 2, counted: '1000.00', excess: '500.00', stillDue: '0.00' },
      { line: 6, counted: '2500.00', excess: '0.00', stillDue: '0.00' },
    ];
    expect(dry).toMatchObject({ exitCode: 3 });
    expect(dataOf(dry)).toMatchObject({ dryRun: true, recorded, refused });
    expect(run).toMatchObject({ exitCode: 3 });
    expect(dataOf(run)).toMatchObject({ dryRun: false, recorded, refused });
    expect(await receipts()).toBe(3);
    expect(await settle('returns', 'import', path, ...accountant)).toMatchObject({ exitCode: 3 });
    expect(await receipts()).toBe(3);
  });

  it('only who has the role records', async () => {
    const path = fileOf();
    const run = await settle('returns', 'import', path, '--region', A, '--as', personOf(CASE, 'director'), '--json');
    expect(run.exitCode).toBe(4);
    expect(failureOf(run).error.code).toBe('RecorderRoleMissing');
  });
});

describe('the books on the command line', () => {
  const accounts = async (...argv: string[]): Promise<Record<string, string>> => {
    const { accounts } = dataOf(await settle('ledger', 'balances', '--region', A, ...argv, '--json')) as {
      accounts: { account: string; balance: string }[];
    };
    return Object.fromEntries(accounts.map(({ account, balance }) => [account, balance]));
  };

  it('have the balances of any day', async () => {
    expect(await accounts('--on', '2026-02-28')).not.toHaveProperty('supervised/cash');
    expect(await accounts('--on', '2026-03-31')).toMatchObject({
      'supervised/cash': '75000.00',
      [`supervised/ledger/${H1}/prepayment`]: '-50000.00',
    });
    // 4,000.00 and 1,500.00 of the first, 2,500.00 of the second.
    expect(await accounts()).toMatchObject({
      'supervised/cash': '83000.00',
      [`supervised/ledger/${H1}/returning`]: '-5000.00',
      [`supervised/ledger/${H1}/own`]: '-500.00',
    });
  });

  it('show what moved an account, and the journal of a day', async () => {
    const shown = dataOf(
      await settle('ledger', 'account', `supervised/ledger/${H1}/returning`, '--region', A, '--json'),
    );
    expect(shown).toMatchObject({ balance: '-5000.00', entries: [{ credit: '4000.00' }, { credit: '1000.00' }] });
    const before = ['--region', A, '--on', '2026-03-31', '--json'];
    expect(dataOf(await settle('ledger', 'account', 'supervised/cash', ...before))).toMatchObject({
      balance: '75000.00',
    });
    const { stdout } = await settle('ledger', 'journal', '--region', A, '--on', '2026-04-15');
    expect(stdout).toContain('return-excess');
    expect((await settle('ledger', 'account', 'supervised/nothing', '--region', A)).exitCode).toBe(1);
    expect((await settle('ledger', 'balances')).exitCode).toBe(2);
  });

  it('are exported with timeline and attempts', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'settle-export-'));
    const run = await settle('export', dir, '--region', A, '--from', '2026-03', '--to', '2026-04', '--json');
    expect(run.exitCode).toBe(0);
    const read = (name: string): string => readFileSync(join(dir, name), 'utf8');
    expect(read('balances.csv')).toContain('2026-04-30,supervised,supervised/cash,83000.00');
    expect(read('attempts.csv')).toContain('ApprovalRoleMissing');
    expect(read('journal.csv')).toContain(',4000.00');
    expect(read('timeline.csv')).toContain(CASE);
    rmSync(dir, { recursive: true });
  });
});

describe('staff on the command line', () => {
  it('is listed by role and day', async () => {
    const people = dataOf(
      await settle('staff', 'list', '--region', A, '--role', 'cashier', '--on', '2026-03-02', '--json'),
    );
    expect(people).toMatchObject([{ person: personOf(CASE, 'cashier'), roles: ['cashier'] }]);
    expect((await settle('staff', 'list', '--region', A)).stdout).toContain(personOf(CASE, 'director'));
  });
});
