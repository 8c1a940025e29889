import { createHttpBank } from '../../activities/bank/http-bank';
import { Phase } from '../../domain/business-time';
import { plainDate } from '../../domain/plain-date';
import { agencyAccounts } from '../../db/register';
import { cli, dataOf, failureOf, type CliRun } from '../support/cli';
import { personOf, regionOf, startTestStage, type TestStage } from '../support/stage';

// A day's reconciliation as an accountant does it, against the statements of the simulator (DESIGN 5.4, 6).

const REGION = '650402';
const CASE = `prepayment/${REGION}/2026`;
const DAY = '2026-03-02';
const BODIES = ['H65040200001', 'H65040200002'];

let stage: TestStage;
beforeAll(async () => {
  stage = await startTestStage([
    regionOf(
      REGION,
      BODIES.map((institution) => ({ institution, baseFen: 10_000_000n })),
    ),
  ]);
  await stage.startPrepayment(REGION);
  await stage.goTo(CASE, DAY, Phase.ApprovalsAndBank);
  await stage.approveAndRelease(CASE);
  // One fen that nobody expects, on the day of the disbursement.
  await stage.stage.bank.credit([
    {
      id: 'odd',
      account: agencyAccounts.supervised(REGION),
      amountFen: 1n,
      bookedOn: plainDate(DAY),
      payerName: '示例来款人',
    },
  ]);
  stage.setClock('2026-03-03', Phase.PeopleAct);
}, 180_000);
afterAll(() => stage?.stop());

const settle = (...argv: string[]): Promise<CliRun> =>
  cli(['reconcile', ...argv], {
    running: {
      ...stage.context,
      connectBank: () => createHttpBank({ baseUrl: stage.stage.bankUrl, timeoutMs: 15_000, log: stage.context.log }),
    },
    env: { SETTLE_PERSON: personOf(CASE, 'accountant') },
  });

describe('reconcile', () => {
  it('refuses a sign-off of a day that nobody has reconciled', async () => {
    const run = await settle('sign-off', '--json');
    expect(run.exitCode).toBe(4);
    expect(failureOf(run).error).toMatchObject({ code: 'ReconciliationOpen' });
  });

  it('run: both sides of both payments match, and the fen that nobody expects is the bank’s only', async () => {
    const run = await settle('run', '--json');
    expect(run.exitCode).toBe(3);
    expect(dataOf(run)).toMatchObject({
      region: REGION,
      date: DAY,
      counts: { matched: 4, 'bank-only': 1, 'ledger-only': 0, 'amount-differs': 0, 'payee-differs': 0 },
      open: [{ class: 'bank-only', account: 'supervised/cash', bankAmount: '0.01', ledgerAmount: null }],
    });
    // 100,000.00 × 50 % each.
    const { accounts } = dataOf(run) as { accounts: object[] };
    expect(accounts).toContainEqual({
      account: 'supervised/cash',
      bankAccount: agencyAccounts.supervised(REGION),
      bankClosing: '100000.01',
      ledgerClosing: '100000.00',
    });
    const { stdout } = await settle('run', '--date', DAY);
    expect(stdout).toMatch(/balances differ[^]*reconcile close EXCEPTION/);
  });

  it('list, close and sign-off: with a reason, by the accountant, once', async () => {
    const listed = await settle('list', '--json');
    const [{ exception }] = dataOf(listed) as [{ exception: string }];
    expect((await settle('list')).stdout).toContain('示例来款人');
    expect(await settle('close', exception)).toMatchObject({ exitCode: 2 });
    expect(await settle('close', 'x', '--reason', 'y')).toMatchObject({ exitCode: 2 });

    const early = await settle('sign-off', '--date', DAY, '--json');
    expect(failureOf(early).error).toMatchObject({ code: 'ReconciliationOpen' });
    const cashier = await settle('close', exception, '--reason', 'x', '--as', personOf(CASE, 'cashier'), '--json');
    expect(failureOf(cashier).error).toMatchObject({ code: 'AccountantRoleMissing' });

    expect((await settle('close', exception, '--reason', '示例：误入款')).stdout).toContain('is closed by');
    expect((await settle('list')).stdout).toContain('no exception');
    expect((await settle('list', '--all')).stdout).toContain('closed: 示例：误入款');

    const signed = await settle('sign-off', '--date', DAY);
    expect(signed).toMatchObject({ exitCode: 0 });
    expect(signed.stdout).toContain(`next  settle reconcile run --date 2026-03-03`);
    expect(await settle('sign-off', '--date', DAY)).toMatchObject({ exitCode: 1 });
  });

  it('a day on which nothing moved has nothing open', async () => {
    const run = await settle('run', '--date', '2026-03-03', '--json');
    expect(run.exitCode).toBe(0);
    expect(dataOf(run)).toMatchObject({ counts: { matched: 0, 'bank-only': 0 }, open: [] });
  });
});
