import { Phase } from '../../domain/business-time';
import { cli, dataOf, failureOf, type CliRun } from '../support/cli';
import { personOf, regionOf, startTestStage, type TestStage } from '../support/stage';

const A = '650401';
const CASE = `prepayment/${A}/2026`;
const H1 = 'H65040100001';
const H2 = 'H65040100002';

let stage: TestStage;

/** Half of these is prepaid: 50,000.00 and 25,000.00. */
beforeAll(async () => {
  stage = await startTestStage(
    [
      regionOf(A, [
        { institution: H1, baseFen: 10_000_000n },
        { institution: H2, baseFen: 5_000_000n },
      ]),
    ],
    [],
  );
  await stage.startPrepayment(A);
  await stage.goTo(CASE, '2026-03-02', Phase.ApprovalsAndBank);
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
    const run = await settle('approvals', 'list', '--json');
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
