import pino from 'pino';
import { createDisbursementActivities } from '../../activities/prepayment/disbursement';
import { postJournals } from '../../db/ledger';
import { changePayments } from '../../db/payments';
import { AT, newCase, REGION, saveSmallRegion } from '../support/approval-case';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { journal, refusalOf, transfer } from '../support/ledger';

// A region with both schemes prepays and settles months from the same accounts (新医保发〔2025〕50号 四(一); 宿迁 2025-06-13 四).

const CASH = 10n ** 13n;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await saveSmallRegion(database.owner);
}, 60_000);
afterAll(() => database.drop());

describe('a prepayment from an account out of which a month is being paid', () => {
  it('takes only what is left when that is paid', async () => {
    await postJournals(
      database.app,
      REGION,
      ['employee', 'resident', 'employee-large'].map((pool) =>
        journal(`opening/${pool}`, 'opening', [transfer(`fund/cash/${pool}`, `fund/opening/${pool}`, CASH)]),
      ),
    );
    const [fund, caseId] = [await newCase(database.app), await newCase(database.app)];
    const account = await database
      .app('settle.funds')
      .where({ region: REGION, pool: 'employee' })
      .first<{ account: string }>('account');
    const { institution } = await database
      .app('settle.institutions')
      .where({ region: REGION })
      .whereNot({ account: '' })
      .first<{ institution: string }>('institution');
    const paymentId = `fund/${REGION}/2026-01/${institution}/employee/settlement`;
    await database.app('settle.payments').insert({
      payment_id: paymentId,
      region: REGION,
      case_id: fund,
      kind: 'fund',
      period: '2026-01',
      institution,
      pool: 'employee',
      // Almost everything: one fen is left.
      amount_fen: CASH - 1n,
      debtor_account: account.account,
      payee_name: '示例',
      payee_account: '1',
      payee_bank_code: '1',
      request_id: `${fund}#1`,
    });
    await changePayments(database.app, [paymentId], { to: 'prepared', at: AT, actor: 'engine' });
    const prepare = () =>
      createDisbursementActivities({
        db: database.app,
        bank: {} as never,
        log: pino({ level: 'silent' }),
        heartbeat: () => undefined,
      }).prepareDisbursement({ caseId, at: AT, revision: 1 });
    expect(await refusalOf(prepare())).toBe('LedgerInsufficient');
    await changePayments(database.app, [paymentId], { to: 'cancelled', at: AT, actor: 'engine' });
    expect(await prepare()).toMatchObject({ requestId: `${caseId}#1` });
  });
});
